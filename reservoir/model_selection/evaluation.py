"""The candidates of one task, evaluated together: states once, moments once, penalties from one factorisation."""

from __future__ import annotations

import copy
from typing import Any

from reservoir.model_selection.candidate_states import CandidateStates
from reservoir.model_selection.candidates import EvaluationTask
from reservoir.model_selection.evaluate_one_by_one import evaluate_one_by_one
from reservoir.model_selection.evaluate_pooled import PooledEvaluation
from reservoir.model_selection.evaluate_steps import StepEvaluation
from reservoir.model_selection.folds import CrossValidation, read_fold
from reservoir.model_selection.results import TaskResult
from reservoir.model_selection.sharing import CannotShareError, configured_models, models_of
from reservoir.models.precomputed import with_attributes
from reservoir.readouts.candidates import penalty_warnings
from reservoir.sequences import read_sequences
from reservoir.threads import one_blas_thread

_MOST_BYTES = 2**30


def evaluate(cv: CrossValidation, task: EvaluationTask) -> dict[str, Any]:
    """Scores and times of the candidates of a task; see `TaskResult`.

    An error met while candidates are evaluated together is met again, and reported, where they are evaluated one by
    one.
    """
    with one_blas_thread():
        try:
            with penalty_warnings() as edges:
                result = _evaluate_together(cv, task)
        except Exception:
            with penalty_warnings() as edges:
                result = evaluate_one_by_one(cv, task)
    return result.to_dict() | {"penalty_warnings": sorted(str(one.message) for one in edges)}


def _evaluate_together(cv: CrossValidation, task: EvaluationTask) -> TaskResult:
    """The scores that `evaluate_one_by_one` gives, up to rounding.

    Raises CannotShareError, or the error that a candidate meets, where the candidates are to be evaluated one by one.
    """
    if cv.fit_params:  # as weights, with which each fold would have a record of its own
        raise CannotShareError
    unfitted = models_of(cv, task)
    reader = unfitted[0]
    folds = [read_fold(reader, fold) for fold in cv.folds(task.share)]
    if any(fold.training.weights is not None for fold in folds):  # each fold would have a record of its own
        raise CannotShareError
    if not folds[0].training.per_step and hasattr(reader._pooling(), "fit"):
        raise CannotShareError  # every fold has a pooling that learns from its training part alone
    models = configured_models(task, [with_attributes(one, folds[0].training.attributes) for one in unfitted])
    everything = read_sequences(copy.copy(reader), cv.X, reset=True)
    kind = StepEvaluation if folds[0].training.per_step else PooledEvaluation
    evaluation = kind(cv, models, folds, everything)
    n_at_once = int(_MOST_BYTES // evaluation.bytes_per_model())
    if n_at_once < 1:
        raise CannotShareError
    result = TaskResult(cv, task.n_candidates)
    for start in range(0, len(models), n_at_once):
        part = models[start : start + n_at_once]
        states = CandidateStates([configured.model for configured in part], everything.rows[:1])
        evaluation.run(part, states, result)
    return result
