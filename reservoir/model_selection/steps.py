"""A target for every step: one pass over the runs learns for all folds, a second one answers to all folds."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from reservoir.model_selection.lessons import CannotShareError, Learner, Lesson, solved
from reservoir.model_selection.problem import Outcome, Problem
from reservoir.model_selection.runs import Member, pieces_of, runs_of
from reservoir.model_selection.states import StateSource
from reservoir.models.known import answering, with_readout
from reservoir.readouts import RidgeReadout
from reservoir.sequences import Sequences

_ROWS_AT_ONCE = 512
_KEPT_BYTES = 2**28


class _Record:
    """A readout that learns, and rows that wait until they are worth a product of matrices."""

    def __init__(self, readout: RidgeReadout):
        self._readout, self._n_rows = readout, 0
        self._waiting: list[tuple[np.ndarray, np.ndarray]] = []

    def add(self, features: np.ndarray, targets: np.ndarray) -> None:
        self._waiting.append((features, targets))
        self._n_rows += len(features)
        if self._n_rows >= _ROWS_AT_ONCE:
            self._take()

    def taken(self) -> dict:
        """All that was learned."""
        if self._waiting:
            self._take()
        return self._readout.to_record()

    def _take(self) -> None:
        features, targets = zip(*self._waiting, strict=True)
        joined = (
            (features[0], targets[0]) if len(features) == 1 else (np.concatenate(features), np.concatenate(targets))
        )
        self._readout.accumulate(*joined, check_input=False)  # the door has seen the data, `StateSource` the states
        self._waiting, self._n_rows = [], 0


class _Question(NamedTuple):
    """A part of a fold whose answers are wanted."""

    lesson: int
    part: str
    members: list[Member]


class StepEvaluation:
    """Learners with a `RidgeReadout`, scored on every fold."""

    def __init__(self, problem: Problem, learners: list[Learner], lessons: list[Lesson], everything: Sequences):
        if not all(learner.ridge for learner in learners):
            raise CannotShareError
        self._problem, self._lessons, self._model = problem, lessons, learners[0].model
        noisy = any(getattr(learner.model.reservoir, "noise", 0) > 0 for learner in learners)
        self._learnt = runs_of(everything, [lesson.fold.train for lesson in lessons], shared=not noisy)
        self._pieces = pieces_of(lessons, self._learnt.members, self._model.washout)
        asked = [(number, part) for number in range(len(lessons)) for part in problem.parts]
        indices = [getattr(lessons[number].fold, part) for number, part in asked]
        self._asked = runs_of(everything, indices, shared=True)
        parts = zip(asked, self._asked.members, strict=True)
        self._questions = [_Question(*name, members) for name, members in parts]
        self._same_runs = everything.kind != "series" and not noisy
        self._n_answers = max(len(learner.readouts) for learner in learners) * _n_outputs(lessons[0])
        self._n_units = 1 if self._model.reservoir is None else self._model.reservoir.n_units

    def bytes_a_learner(self) -> int:
        """Memory that a configuration needs."""
        n_records = len({piece.folds for pieces in self._pieces.values() for piece in pieces}) + len(self._lessons)
        n_rows = sum(member.length for question in self._questions for member in question.members)
        return 8 * (n_records * (self._n_units + 10) ** 2 + n_rows * self._n_answers)

    def run(self, learners: list[Learner], source: StateSource, outcome: Outcome) -> None:
        """Fill in the scores of these learners."""
        start = time.perf_counter()
        blocks = self._blocks(source, len(learners))
        records = self._learn(learners, blocks)
        readouts = [self._solve(lane, learner, records) for lane, learner in enumerate(learners)]
        del records
        fitted = time.perf_counter()
        answers = self._answer(learners, readouts, blocks)
        for lane, learner in enumerate(learners):
            self._score(learner, readouts[lane], [question[lane] for question in answers], outcome)
        places = slice(learners[0].places.start, learners[-1].places.stop)
        n_parts = (places.stop - places.start) * len(self._lessons)
        outcome.fit_seconds[places] = (fitted - start) / n_parts
        outcome.score_seconds[places] = (time.perf_counter() - fitted) / n_parts

    def _blocks(self, source: StateSource, n_learners: int) -> Callable:
        """A function from a pass ("learn" or "ask") and a run to its blocks of states.

        Where both passes go over the same runs, and there is room, states are kept from the first for the second.
        """
        n_rows = sum(map(len, self._learnt.rows))
        keep = self._same_runs and 8 * n_rows * source.n_units * n_learners <= _KEPT_BYTES
        kept: dict[int, list] = {}

        def blocks(phase: str, run: int) -> Any:
            if run in kept:
                return kept[run]
            rows = (self._learnt if phase == "learn" else self._asked).rows[run]
            found = source.blocks(rows, noisy=phase == "learn")
            return kept.setdefault(run, list(found)) if keep else found

        return blocks

    def _learn(self, learners: list[Learner], blocks: Callable) -> dict:
        """{(lane, kind of record, folds): record}."""
        kinds = [{readout.record_kind(): readout for readout in learner.readouts} for learner in learners]
        records: dict[tuple, _Record] = {}
        for run, pieces in self._pieces.items():
            rows = self._learnt.rows[run]
            last = max(piece.stop for piece in pieces)
            for first, states in _until(last, blocks("learn", run)):
                for piece in pieces:
                    start, stop = max(piece.start, first), min(piece.stop, first + len(states[0]))
                    for lane in range(len(learners)) if start < stop else ():
                        features = self._model._features(states[lane][start - first : stop - first], rows[start:stop])
                        for kind, readout in kinds[lane].items():
                            key = lane, kind, piece.folds
                            if key not in records:
                                records[key] = _Record(copy.copy(readout))
                            records[key].add(features, piece.targets[start - piece.start : stop - piece.start])
        return records

    def _solve(self, lane: int, learner: Learner, records: dict[tuple, _Record]) -> list[list[RidgeReadout]]:
        """Solved readouts, for every fold one a candidate."""
        found = []
        for number in range(len(self._lessons)):

            def taught(readout: RidgeReadout, number: int = number) -> RidgeReadout:
                for (where, kind, folds), record in records.items():
                    if where == lane and kind == readout.record_kind() and number in folds:
                        readout.add_record(record.taken())
                return readout

            found.append(solved(learner.readouts, taught))
        return found

    def _answer(self, learners: list[Learner], readouts: list, blocks: Callable) -> list[list[np.ndarray]]:
        """For every question and learner the answers (n_rows, n_candidates * n_outputs) of its readouts."""
        joined = [[_side_by_side(candidates) for candidates in folds] for folds in readouts]
        answers = [
            [np.empty((sum(m.length for m in q.members), len(folds[q.lesson].coef_))) for folds in joined]
            for q in self._questions
        ]
        for run, users in _users(self._questions).items():
            rows = self._asked.rows[run]
            for first, states in _until(max(length for _, _, length in users), blocks("ask", run)):
                for lane in range(len(learners)):
                    features = self._model._features(states[lane], rows[first : first + len(states[lane])])
                    for question, offset, length in users:
                        n = min(len(features), length - first)
                        if n > 0:
                            place = answers[question][lane][offset + first : offset + first + n]
                            place[:] = joined[lane][self._questions[question].lesson].predict(features[:n])
        return answers

    def _score(self, learner: Learner, readouts: list, answers: list[np.ndarray], outcome: Outcome) -> None:
        for question, values in zip(self._questions, answers, strict=True):
            lesson = self._lessons[question.lesson]
            sequences, X, y = lesson.asked(question.part)
            model = learner.fitted(lesson)
            columns = values.reshape(len(values), len(learner.places), -1)
            for k, place in enumerate(learner.places):
                readout = readouts[question.lesson][k]
                own = columns[:, k, 0] if np.ndim(readout.coef_) == 1 else columns[:, k]
                twin = answering(with_readout(model, readout, readout.alpha), X, sequences, own)
                outcome.scores[question.part][:, place, question.lesson] = self._problem.scores(twin, X, y)


def _until(last: int, blocks: Any) -> Iterator:
    """The blocks that hold rows before `last`; later ones are not computed."""
    for first, states in blocks:
        yield first, states
        if first + len(states[0]) >= last:
            return


def _users(questions: list[_Question]) -> dict[int, list[tuple[int, int, int]]]:
    """For every run (question, position of its first row in the answers, length)."""
    found: dict[int, list[tuple[int, int, int]]] = {}
    for number, question in enumerate(questions):
        offset = 0
        for member in question.members:
            found.setdefault(member.run, []).append((number, offset, member.length))
            offset += member.length
    return found


def _side_by_side(readouts: list[RidgeReadout]) -> RidgeReadout:
    """One readout that gives the answers of all."""
    joined = copy.copy(readouts[0])
    joined.coef_ = np.concatenate([np.atleast_2d(readout.coef_) for readout in readouts])
    joined.intercept_ = np.concatenate([np.atleast_1d(readout.intercept_) for readout in readouts])
    return joined


def _n_outputs(lesson: Lesson) -> int:
    return 1 if lesson.targets.ndim == 1 else lesson.targets.shape[1]
