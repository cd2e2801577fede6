"""What systems share whose states are functions of rows of the past: which rows, runs, and states to go on from."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from reservoir.compilation import rows_per_call
from reservoir.estimators import BaseEstimator
from reservoir.foreign_code import inherited
from reservoir.neurons.rate.delayed_rows import DelayedCells, DelayedWeights, delayed_weights, expand_rows
from reservoir.parts import SequenceData, Targets
from reservoir.sequences import Sequences, read_sequences
from reservoir.sizes import check_fits
from reservoir.systems.from_rest import FromRest
from reservoir.threads import spread, still_wanted
from reservoir.trials import State, read_starts
from reservoir.validation import Parameters, real_array, unchanged_on_error

MOST_LAGS = 1_000_000


class RowsOfThePast(FromRest, BaseEstimator):
    """Base of `NVAR` and `Delays`."""

    delays: int | Sequence[int] | np.ndarray
    stride: int
    lags_: np.ndarray

    @unchanged_on_error
    def fit(self, X: SequenceData, y: Targets | None = None) -> Any:
        """Read the number of features of X, and what else the functions need; y is ignored."""
        lags = self._given_lags()
        sequences = read_sequences(self, X, reset=True)
        n_bytes = 16.0 * int(lags.max()) * self.n_features_in_
        check_fits(type(self).__name__, "delays", self.delays, n_bytes, "the rows before")
        self.lags_ = lags
        self._n_features_out = self._learn(sequences, len(lags) * self.n_features_in_)
        return self

    def run(self, X: SequenceData, state: State | None = None) -> tuple[Any, Any]:
        """States from a given state on, and where they end.

        Parameters
        ----------
        X : series (T, F), stack (N, T, F) or list of series (T_i, F)
        state : None, array (n_values,) for a series, (N, n_values) otherwise, as the last call gave it back
            The rows before the first one, the newest first, as many as the largest lag. None: the first row stands for
            all of them, as if the series had stood still before.

        Returns
        -------
        states : as in `transform`
        final_state : array (n_values,) for a series, (N, n_values) otherwise
            Hand it to the next call to continue.
        """
        check_is_fitted(self, "n_features_in_")
        owner, cells, sequences = type(self).__name__, self._cells(), read_sequences(self, X, reset=False)
        shape, n = (self.n_before, self.n_features_in_), len(sequences.rows)
        check_fits(owner, "delays", self.delays, 16.0 * len(sequences) * shape[0] * shape[1], "the rows before")
        finals = read_starts(owner, state, 0, sequences, shape[0] * shape[1], np.float64).values
        if state is None:
            finals = np.tile(sequences.rows[sequences.offsets[:-1]], (1, shape[0])).astype(np.float64)
        check_fits(owner, "delays", self.delays, 8.0 * n * self._n_features_out, f"the states of {n} rows")
        states = np.empty((n, self._n_features_out))

        def move(k: int) -> None:
            own, before = slice(*sequences.offsets[k : k + 2]), finals[k].reshape(shape)[::-1]
            known = np.concatenate([before, sequences.rows[own]])
            _fill(cells, known, states[own])
            finals[k] = known[len(known) - shape[0] :][::-1].ravel()

        spread(move, range(len(sequences)), float(states.size))
        self._check_states(sequences, states)
        return sequences.pack(states), finals[0] if sequences.kind == "series" else finals

    @property
    def any_thread(self) -> bool:
        """Whether it may run in any thread, several times at once."""
        return inherited(self, type(self), "run", "transform")

    @property
    def n_before(self) -> int:
        """How many rows before a row its states are made of."""
        return int((self.lags_ if hasattr(self, "lags_") else self._given_lags()).max())

    @property
    def loop_weights(self) -> DelayedWeights | None:
        """What compiled loops take of the fitted system; None where they cannot run it."""
        if self._n_features_out < self.n_features_in_ or not inherited(self, RowsOfThePast, "run"):
            return None
        return delayed_weights(self._cells(), self._n_features_out)

    def check_learned(self) -> None:
        """Refuse rows that no parameter gives, and a number of columns that is not that of the functions."""
        lags = self.lags_
        if not len(lags) or not 0 <= lags.min() <= lags.max() <= MOST_LAGS**2 or len(set(lags.tolist())) < len(lags):
            raise ValueError(f"it holds a {type(self).__name__} of other rows")
        if not self._fits(len(lags) * self.n_features_in_):
            raise ValueError(f"it holds a {type(self).__name__} whose arrays do not fit together")

    @abstractmethod
    def _fits(self, n_numbers: int) -> bool:
        """Whether what was learnt fits together, for so many numbers."""

    @abstractmethod
    def _learn(self, sequences: Sequences, n_numbers: int) -> int:
        """Learn what the functions of so many numbers need: how many columns they give."""

    @abstractmethod
    def _functions(self) -> Any:
        """The functions, as `expand` takes them."""

    def _cells(self) -> DelayedCells:
        return DelayedCells(self.n_features_in_, self.lags_, self._functions())

    def _given_lags(self) -> np.ndarray:
        """How many rows back the rows stand that are heard (n_lags,)."""
        p, given = Parameters(self), real_array(self.delays)
        stride = p.integer("stride", 1, MOST_LAGS)
        if given is not None and given.ndim == 1 and given.size:
            whole = given.astype(np.int64) if (np.abs(given) <= MOST_LAGS).all() else given
            if (whole == given).all() and whole.min() >= 0 and len(np.unique(whole)) == len(whole):
                return stride * whole
            raise p.error("delays", "an integer >= 1 or different integers >= 0")
        return stride * np.arange(p.integer("delays", 1, MOST_LAGS))

    def _check_states(self, sequences: Sequences, states: np.ndarray) -> None:
        with np.errstate(over="ignore", invalid="ignore"):
            total = states.sum()
        if np.isfinite(total) or np.isfinite(states).all():
            return
        row = int(np.argmin(np.isfinite(states).all(axis=1)))
        index = int(np.searchsorted(sequences.offsets, row, side="right")) - 1
        raise ValueError(
            f"The states of {type(self).__name__} overflow at row {row - sequences.offsets[index]} of sequence "
            f"{index}: bring the input to the order of one, as SequenceScaler does."
        )

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.transformer_tags.preserves_dtype = ["float64"]
        return tags


def _fill(cells: DelayedCells, known: np.ndarray, states: np.ndarray) -> None:
    """The states (n_rows, n_columns) of rows before which there stand others."""
    n_before, chunk = len(known) - len(states), rows_per_call(4 * states.shape[1] + 100)
    for first in range(0, len(states), chunk):
        still_wanted()
        part = states[first : first + chunk]
        expand_rows(cells, known[first : first + n_before + len(part)], part)
