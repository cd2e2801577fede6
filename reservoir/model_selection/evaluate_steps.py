"""A target for every step: one pass over the runs learns for all folds, a second one answers to all folds."""

from __future__ import annotations

import copy
import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from reservoir.model_selection.candidate_states import CandidateStates
from reservoir.model_selection.folds import CrossValidation, ReadFold
from reservoir.model_selection.results import TaskResult
from reservoir.model_selection.shared_runs import Prefix, shared_runs, training_rows
from reservoir.model_selection.sharing import CannotShareError, ConfiguredModel, solve_penalties
from reservoir.models.base import penalties_told, readout_features, reservoir_of
from reservoir.models.precomputed import PrecomputedAnswers, with_attributes, with_inference, with_readout
from reservoir.readouts import RidgeReadout
from reservoir.sequences import Sequences, joined
from reservoir.threads import spread

_ROWS_AT_ONCE = 512
_KEPT_BYTES = 2**28


class StepEvaluation:
    """Models with a `RidgeReadout`, scored on every fold."""

    def __init__(
        self, cv: CrossValidation, models: list[ConfiguredModel], folds: list[ReadFold], everything: Sequences
    ):
        if not all(configured.solved_from_record for configured in models):
            raise CannotShareError
        self._cv, self._folds, self._model = cv, folds, models[0].model
        noisy = any(reservoir_of(configured.model).noise > 0 for configured in models)
        training = shared_runs(everything, [fold.train for fold, _, _ in folds], numbered=noisy)
        self._training_rows = training_rows(folds, training.prefixes, self._model.washout)
        wanted = [(number, part) for number in range(len(folds)) for part in cv.scored_parts]
        scored = shared_runs(everything, [getattr(folds[number].fold, part) for number, part in wanted], numbered=False)
        self._parts = [_ScoredPart(*own, prefixes) for own, prefixes in zip(wanted, scored.prefixes, strict=True)]
        self._runs = {"training": training, "scored": scored}
        self._same_runs = everything.kind != "series" and not noisy
        self._n_answers = max(len(configured.readouts) for configured in models) * _n_outputs(folds[0])
        self._n_units = reservoir_of(self._model).n_units

    def bytes_per_model(self) -> int:
        """Memory that a configuration needs."""
        n_records = len({own.folds for parts in self._training_rows.values() for own in parts}) + len(self._folds)
        n_rows = sum(part.n_rows for part in self._parts)
        return 8 * (n_records * (self._n_units + 10) ** 2 + n_rows * self._n_answers)

    def run(self, models: list[ConfiguredModel], states: CandidateStates, result: TaskResult) -> None:
        """Fill in the scores of these models."""
        start = time.perf_counter()
        blocks = self._blocks(states, len(models))
        records = self._learn(models, blocks)
        work = float(len(models) * len(self._folds) * (self._n_units + 10) ** 3)
        spread(_Record.settle, records.values(), work)
        pairs = list(itertools.product(range(len(models)), range(len(self._folds))))
        solved = iter(spread(partial(self._solve, models, records), pairs, work))
        readouts = [list(itertools.islice(solved, len(self._folds))) for _ in models]
        del records
        fitted = time.perf_counter()
        answers = self._answer(readouts, blocks)
        for lane, configured in enumerate(models):
            self._score(configured, readouts[lane], [own[lane] for own in answers], result)
        positions = slice(models[0].positions.start, models[-1].positions.stop)
        n_fits = (positions.stop - positions.start) * len(self._folds)
        result.fit_seconds[positions] = (fitted - start) / n_fits
        result.score_seconds[positions] = (time.perf_counter() - fitted) / n_fits

    def _blocks(self, states: CandidateStates, n_models: int) -> Callable[..., Any]:
        """A function from a phase ("training" or "scored") and a run to its blocks of states.

        Where both phases go over the same runs, and there is room, states are kept from the first for the second.
        """
        n_rows = sum(map(len, self._runs["training"].rows))
        keep = self._same_runs and 8 * n_rows * states.n_units * n_models <= _KEPT_BYTES
        kept: dict[int, list[Any]] = {}

        def blocks(phase: str, run: int) -> Any:
            if run in kept:
                return kept[run]
            runs = self._runs[phase]
            found = states.blocks(runs.rows[run], phase == "training", runs.trials[run])
            return kept.setdefault(run, list(found)) if keep else found

        return blocks

    def _learn(self, models: list[ConfiguredModel], blocks: Callable[..., Any]) -> dict[tuple[Any, ...], _Record]:
        """{(lane, kind of record, folds): record}."""
        kinds = [{readout.record_kind(): readout for readout in configured.readouts} for configured in models]
        records: dict[tuple[Any, ...], _Record] = {}
        for run, parts in self._training_rows.items():
            last = max(own.stop for own in parts)
            for first, states in _until(last, blocks("training", run)):
                teach = partial(self._teach, records, kinds, run, first, states)
                spread(teach, range(len(models)), float(states[0].size) * states[0].shape[1] * len(models))
        return records

    def _teach(
        self,
        records: dict[tuple[Any, ...], _Record],
        kinds: list[dict[str, RidgeReadout]],
        run: int,
        first: int,
        states: Sequence[np.ndarray],
        lane: int,
    ) -> None:
        """Let the records of a lane learn a block of a run, for every part of it that folds learn from."""
        inputs = self._runs["training"].rows[run]
        for own in self._training_rows[run]:
            start, stop = max(own.start, first), min(own.stop, first + len(states[0]))
            if start >= stop:
                continue
            targets = own.targets[start - own.start : stop - own.start]
            features = self._features(states[lane][start - first : stop - first], inputs[start:stop])
            for kind, readout in kinds[lane].items():
                key = lane, kind, own.folds
                if key not in records:
                    records[key] = _Record(copy.copy(readout))
                records[key].add(features, targets)

    def _solve(
        self, models: list[ConfiguredModel], records: dict[tuple[Any, ...], _Record], pair: tuple[int, int]
    ) -> list[RidgeReadout]:
        """Solved readouts of a lane and a fold, one per candidate."""
        lane, number = pair

        def taught(readout: RidgeReadout) -> RidgeReadout:
            for (owner, kind, folds), record in records.items():
                if owner == lane and kind == readout.record_kind() and number in folds:
                    readout.add_record(record.taken())
            return readout

        with penalties_told(models[lane].model):
            return solve_penalties(models[lane].readouts, taught)

    def _answer(self, readouts: list[list[list[RidgeReadout]]], blocks: Callable[..., Any]) -> list[list[np.ndarray]]:
        """For every scored part and model the answers (n_rows, n_candidates * n_outputs) of its readouts."""
        stacked = [[_stacked(candidates) for candidates in folds] for folds in readouts]
        answers = [[np.empty((part.n_rows, len(folds[part.fold].coef_))) for folds in stacked] for part in self._parts]
        for run, users in _users(self._parts).items():
            inputs = self._runs["scored"].rows[run]
            for first, states in _until(max(length for _, _, length in users), blocks("scored", run)):
                ask = partial(self._ask, stacked, answers, users, inputs, first, states)
                spread(ask, range(len(stacked)), float(states[0].size) * len(stacked) * len(users))
        return answers

    def _ask(
        self,
        stacked: list[list[RidgeReadout]],
        answers: list[list[np.ndarray]],
        users: list[tuple[int, int, int]],
        inputs: np.ndarray,
        first: int,
        states: Sequence[np.ndarray],
        lane: int,
    ) -> None:
        """Put the answers of a lane to a block of a run in their places."""
        features = self._features(states[lane], inputs[first : first + len(states[lane])])
        for part, offset, length in users:
            n = min(len(features), length - first)
            if n > 0:
                rows = slice(offset + first, offset + first + n)
                answers[part][lane][rows] = stacked[lane][self._parts[part].fold].predict(features[:n])

    def _score(
        self, configured: ConfiguredModel, readouts: list[Any], answers: list[np.ndarray], result: TaskResult
    ) -> None:
        for part, values in zip(self._parts, answers, strict=True):
            fold = self._folds[part.fold]
            X, y = fold.fold.data(part.name)
            model = with_attributes(configured.model, fold.training.attributes)
            columns = values.reshape(len(values), len(configured.positions), -1)
            for k, position in enumerate(configured.positions):
                readout = readouts[part.fold][k]
                own = columns[:, k, 0] if np.ndim(readout.coef_) == 1 else columns[:, k]
                answering = with_inference(model, PrecomputedAnswers(X, fold.sequences(part.name), own))
                fitted = with_readout(answering, readout, readout.alpha)
                result.scores[part.name][:, position, part.fold] = self._cv.scores(fitted, X, y)

    def _features(self, states: np.ndarray, inputs: np.ndarray) -> np.ndarray:
        return readout_features(states, inputs, self._model.include_input)


class _ScoredPart(NamedTuple):
    """The test or training part of a fold, whose answers are wanted."""

    fold: int
    name: str
    prefixes: list[Prefix]

    @property
    def n_rows(self) -> int:
        """Number of rows of all its sequences."""
        return sum(prefix.length for prefix in self.prefixes)


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

    def settle(self) -> None:
        """Learn what waits."""
        if self._waiting:
            self._take()

    def taken(self) -> dict[str, Any]:
        """All that was learned."""
        return self._readout.to_record()

    def _take(self) -> None:
        features, targets = map(joined, zip(*self._waiting, strict=True))
        # The door has seen the data, and `CandidateStates` the states.
        self._readout.accumulate(features, targets, check_input=False)
        self._waiting, self._n_rows = [], 0


def _until(last: int, blocks: Any) -> Iterator[Any]:
    """The blocks that hold rows before `last`; later ones are not computed."""
    for first, states in blocks:
        yield first, states
        if first + len(states[0]) >= last:
            return


def _users(parts: list[_ScoredPart]) -> dict[int, list[tuple[int, int, int]]]:
    """For every run (index of the scored part, position of the run's first row in its answers, length)."""
    found: dict[int, list[tuple[int, int, int]]] = {}
    for index, part in enumerate(parts):
        offset = 0
        for prefix in part.prefixes:
            found.setdefault(prefix.run, []).append((index, offset, prefix.length))
            offset += prefix.length
    return found


def _stacked(readouts: list[RidgeReadout]) -> RidgeReadout:
    """One readout that gives the answers of all."""
    stacked = copy.copy(readouts[0])
    stacked.coef_ = np.concatenate([np.atleast_2d(readout.coef_) for readout in readouts])
    stacked.intercept_ = np.concatenate([np.atleast_1d(readout.intercept_) for readout in readouts])
    return stacked


def _n_outputs(fold: ReadFold) -> int:
    targets = fold.training.targets
    return 1 if targets.ndim == 1 else targets.shape[1]
