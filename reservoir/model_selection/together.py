"""Candidates of one shard evaluated together: states once, moments once, penalties from one factorisation."""

from __future__ import annotations

import copy

from reservoir.model_selection.candidates import Configuration
from reservoir.model_selection.lessons import CannotShareError, learners_of, lesson_of
from reservoir.model_selection.pooled import PooledEvaluation
from reservoir.model_selection.problem import Outcome, Problem
from reservoir.model_selection.states import StateSource
from reservoir.model_selection.steps import StepEvaluation
from reservoir.sequences import read_sequences

_MOST_BYTES = 2**30


def evaluate_together(problem: Problem, shard: list[Configuration], seed: int | None, share: float) -> Outcome:
    """The scores that `evaluate_plainly` gives, up to rounding.

    Raises CannotShareError, or the error that a candidate meets, where the candidates are to be evaluated one by one.
    """
    learners = learners_of(problem, shard, seed)
    model = learners[0].model
    lessons = [lesson_of(model, fold) for fold in problem.folds(share)]
    everything = read_sequences(copy.copy(model), problem.X, reset=True)
    per_step = lessons[0].fitted.get("per_step_", getattr(model, "pooling", None) is None)
    kind = StepEvaluation if per_step else PooledEvaluation
    example = everything.rows[:1]
    evaluation = kind(problem, learners, lessons, everything)
    n_at_once = int(_MOST_BYTES // evaluation.bytes_a_learner())
    if n_at_once < 1:
        raise CannotShareError
    outcome = Outcome(problem, learners[-1].places.stop)
    for start in range(0, len(learners), n_at_once):
        part = learners[start : start + n_at_once]
        evaluation.run(part, StateSource([learner.model for learner in part], example), outcome)
    return outcome
