"""What all models share: their parts, and the one path from sequences to features."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any, ClassVar, NamedTuple

import numpy as np
from sklearn.base import clone

from reservoir.estimators import BaseEstimator
from reservoir.models.blocks import Block, run_in_blocks
from reservoir.parts import Readout, System, check_part, check_system
from reservoir.readouts import RidgeReadout
from reservoir.readouts.candidates import unasked_candidates
from reservoir.sequences import Sequences, joined
from reservoir.sequences.tables import TabularAnswers
from reservoir.systems import EchoState
from reservoir.threads import one_ahead
from reservoir.validation import Parameters, default_parts_first, not_fitted

_default_reservoir = partial(EchoState, random_state=0)


class TrainingRows(NamedTuple):
    """What a readout learns from at once."""

    features: np.ndarray  # (n_rows, n_columns)
    targets: np.ndarray  # (n_rows,) or (n_rows, n_outputs)
    sequence: np.ndarray | None  # number of the sequence of every row (n_rows,); None: one series in order of time
    weights: np.ndarray | None = None  # (n_rows,), > 0; None: all rows weigh alike


class ReservoirModel(TabularAnswers, BaseEstimator):
    """A reservoir (any system with ``run``) and a readout (any estimator with ``fit`` and ``predict``)."""

    reservoir: System | None
    readout: Readout | None
    washout: int | str
    include_input: bool
    _default_readout: ClassVar[Callable[[], Any]] = RidgeReadout

    def set_params(self, **params: Any) -> ReservoirModel:
        """Set parameters; naming one of a part that is None, ``reservoir__leak``, makes the default part first."""
        return super().set_params(**default_parts_first(self, params, self._default_parts(params)))

    def _default_parts(self, params: Mapping[str, Any]) -> dict[str, Callable[[], Any]]:
        """What makes each part that is None, where these parameters are to be set."""
        return {"reservoir": _default_reservoir, "readout": type(self)._default_readout}

    def _check_parameters(self) -> None:
        p = Parameters(self)
        self._check_washout(p)
        p.flag("include_input")
        if self.reservoir is not None:
            check_system(p.owner, "reservoir", self.reservoir, optional=True)
        if self.readout is not None:
            check_part(p.owner, "readout", self.readout, Readout, optional=True)

    @property
    def _system(self) -> Any:
        """What is run: the fitted reservoir."""
        return self.reservoir_

    @property
    def _washout(self) -> int:
        """Rows at the head of a sequence that do not count."""
        return int(self.washout)

    def _check_washout(self, p: Parameters) -> None:
        p.integer("washout", 0)

    def _make_parts(self, sequences: Sequences) -> None:
        self.reservoir_ = clone(reservoir_of(self))
        self.readout_ = clone(readout_of(self))
        self.reservoir_.fit(sequences.members())

    def _features(self, states: np.ndarray, inputs: np.ndarray) -> np.ndarray:
        return readout_features(states, inputs, self.include_input)

    def _step_blocks(self, sequences: Sequences, targets: np.ndarray, first_trial: int = 0) -> Iterator[TrainingRows]:
        """The rows of every step after the washout, in blocks; sequence k is trial first_trial + k."""

        def see(block: Block, rows: slice) -> np.ndarray:
            return self._features(block.states[rows], block.inputs[rows])

        members = sequences.split(targets)
        return step_blocks(self._system, sequences, members, self._washout, see, first_trial=first_trial)

    def _check_lengths(self, sequences: Sequences) -> None:
        sequences.check_lengths(self._washout + 1, type(self).__name__, self._washout)

    def _check_fitted(self) -> None:
        if not hasattr(self, "readout_"):  # a tenth of the time of `check_is_fitted`, which a search would feel
            raise not_fitted(self)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags


def step_blocks(
    reservoir: Any,
    sequences: Sequences,
    targets: list[np.ndarray],
    head: int,
    see: Callable[[Block, slice], np.ndarray],
    finals: dict[int, Any] | None = None,
    first_trial: int = 0,
) -> Iterator[TrainingRows]:
    """The rows of every sequence that have a target and stand after its `head`, in blocks.

    `see` gives the features of some rows of a block; the final states go to `finals`. Sequence k is trial
    first_trial + k.
    """
    for blocks in run_in_blocks(reservoir, sequences, first_trial=first_trial):
        if finals is not None:
            finals.update((block.sequence, block.final_state) for block in blocks)
        ends = [min(len(b.inputs), len(targets[b.sequence]) - b.first) for b in blocks]
        kept = [(b, slice(max(0, head - b.first), end)) for b, end in zip(blocks, ends, strict=True)]
        kept = [(block, rows) for block, rows in kept if rows.start < rows.stop]
        if kept:
            features = [see(block, rows) for block, rows in kept]
            taught = [targets[b.sequence][b.first + rows.start : b.first + rows.stop] for b, rows in kept]
            numbers = np.repeat([block.sequence for block, _ in kept], list(map(len, taught)))
            yield TrainingRows(joined(features), joined(taught), numbers if len(sequences) > 1 else None)


def reservoir_of(model: Any) -> Any:
    """The system of a model that is given, or the one that None stands for there, which is seeded."""
    return model._default_parts({})["reservoir"]() if model.reservoir is None else model.reservoir


def readout_of(model: Any) -> Any:
    """The readout of a model that is given, or the one that None stands for there."""
    return model._default_parts({})["readout"]() if model.readout is None else model.readout


def penalties_told(model: Any) -> AbstractContextManager[None]:
    """Context that says nothing of penalties at an edge where nobody has asked for the candidates."""
    return unasked_candidates() if model.readout is None else nullcontext()


def readout_features(states: np.ndarray, inputs: np.ndarray, include_input: bool) -> np.ndarray:
    """What a readout sees: states, then inputs if they are included."""
    return np.concatenate([states, inputs], axis=-1) if include_input else states


def teach(readout: Any, rows: TrainingRows) -> None:
    """Let a readout take in a block of rows, and hear of their weights and sequences where that matters."""
    options: dict[str, Any] = {} if rows.weights is None else {"sample_weight": rows.weights}
    if getattr(readout, "tells_sequences_apart", False):
        options["sequence"] = rows.sequence
    readout.accumulate(rows.features, rows.targets, **options)


def fit_readout(readout: Any, blocks: Iterable[TrainingRows], *, ahead: bool = False) -> None:
    """Train a readout: block by block if that is exact, otherwise on all rows at once.

    With `ahead` another thread may make the next block while one is learnt.
    """
    if hasattr(readout, "accumulate"):
        _teach_all(readout, one_ahead(blocks) if ahead else blocks)
        readout.solve()
    else:
        features, targets, _, weights = zip(*blocks, strict=True)
        options = {} if weights[0] is None else {"sample_weight": np.concatenate(weights)}
        readout.fit(joined(features), np.concatenate(targets), **options)


def _teach_all(readout: Any, blocks: Iterable[TrainingRows]) -> None:
    """Let a readout take in all blocks, none of which is held any more when it solves."""
    for rows in blocks:
        teach(readout, rows)
