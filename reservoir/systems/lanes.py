"""Many configurations of one echo-state reservoir over the same input, at the price of few."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator, clone
from sklearn.utils.validation import check_is_fitted

from reservoir.neurons.activations import ACTIVATIONS
from reservoir.neurons.rate.lanes import LANES, advance_lanes
from reservoir.sequences import read_sequences
from reservoir.systems.echo_state import EchoState
from reservoir.systems.weights import narrowest
from reservoir.validation import check_real, parameter_error, unchanged_on_error

_NAMES = ("spectral_radius", "input_scaling", "bias_scaling", "leak", "noise")
_WORK_A_CALL = 200_000_000


class EchoStateLanes(BaseEstimator):
    """Lanes: configurations of one `EchoState` that share its random draw and differ in scalings.

    One compiled call advances up to 16 lanes and reads the weights once for all of them. The states of a lane equal
    those of ``clone(reservoir).set_params(**settings[l])`` up to rounding (1e-12 in float64 where the dynamics
    contract). Reservoirs of other seeds are other instances.

    Parameters
    ----------
    reservoir : None or EchoState, default None
        What all lanes share. None is ``EchoState(random_state=0)``. `leak` is one number. A structured matrix is
        used in compressed sparse rows, so a `Hadamard` of many units does not belong here.
    settings : sequence of dicts
        For every lane any of `spectral_radius` (a number), `input_scaling`, `bias_scaling`, `leak` and `noise`;
        what is not named is that of `reservoir`.

    Attributes
    ----------
    reservoir_ : EchoState
        The fitted reservoir with all scalings 1.
    n_features_in_ : int

    Raises
    ------
    ValueError
        For unknown names, values outside their range, a `spectral_radius` of None, and unusable data.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.systems import EchoState, EchoStateLanes
    >>> X = np.sin(np.arange(50)).reshape(-1, 1)
    >>> lanes = EchoStateLanes(EchoState(20, random_state=0), [{"leak": 0.2}, {"leak": 0.9}]).fit(X)
    >>> states = np.concatenate([block for _, block in lanes.blocks(X)], axis=1)
    >>> states.shape
    (2, 50, 20)
    >>> single = EchoState(20, leak=0.9, random_state=0).fit_transform(X)
    >>> bool(np.abs(states[1] - single).max() < 1e-12)
    True
    """

    def __init__(self, reservoir: EchoState | None = None, settings: Sequence[Mapping[str, Any]] = ()):
        self.reservoir = reservoir
        self.settings = settings

    @unchanged_on_error
    def fit(self, X: Any, y: Any = None) -> EchoStateLanes:
        """Draw the weights that all lanes share.

        Parameters
        ----------
        X : series (T, F), stack (N, T, F) or list of series (T_i, F)
        y : ignored
        """
        owner = type(self).__name__
        base = EchoState(random_state=0) if self.reservoir is None else self.reservoir
        if not isinstance(base, EchoState) or not isinstance(base.activation, str):
            raise parameter_error(owner, "reservoir", "None or an EchoState with a named activation", base)
        read_sequences(self, X, reset=True)
        if not isinstance(self.settings, list | tuple):
            raise parameter_error(owner, "settings", "a sequence of dicts", self.settings)
        table = np.array([self._lane(owner, base, setting) for setting in self.settings]).reshape(-1, 5)
        if not len(table):
            raise parameter_error(owner, "settings", "a sequence of at least one dict", self.settings)
        unit = {"spectral_radius": 1.0, "input_scaling": 1.0, "bias_scaling": 1.0}
        self.reservoir_ = clone(base).set_params(**unit).fit(X)
        for name, column in (("input_weights", 1), ("bias", 2)):  # given arrays are used as they are
            if getattr(base, name) is not None:
                table[:, column] = 1.0
        self._table, self._joined = table, self._matrix()
        return self

    def blocks(self, X: Any, n_rows: int = 2048) -> Iterator[tuple[int, np.ndarray]]:
        """States of one series in blocks of bounded size.

        Parameters
        ----------
        X : series (T, F)
        n_rows : int >= 1, default 2048
            Rows of a block; with noise also the rows whose bytes seed it.

        Yields
        ------
        first : int
            Position of the first row of the block.
        states : array (n_lanes, at most n_rows, n_units)
        """
        check_is_fitted(self)
        sequences = read_sequences(self, X, reset=False)
        if sequences.kind != "series":
            raise ValueError(f"{type(self).__name__}.blocks takes one series (T, F). Got a {sequences.kind}.")
        dtype, n_units = self.reservoir_.bias_.dtype, len(self.reservoir_.bias_)
        matrix = self._joined
        groups = self._groups(dtype)
        states = [np.zeros((n_units, LANES), dtype) for _ in groups]
        chunk = max(1, _WORK_A_CALL // (LANES * (len(matrix[0]) + 20 * n_units)))
        for first in range(0, len(sequences.rows), n_rows):
            rows = sequences.rows[first : first + n_rows]
            noise = self.reservoir_.standard_noise(rows) if self._table[:, 4].any() else np.zeros((0, n_units), dtype)
            block = np.empty((len(groups) * LANES, len(rows), n_units), dtype)
            for group, (settings, state) in enumerate(zip(groups, states, strict=True)):
                place = block[group * LANES : (group + 1) * LANES]
                for start in range(0, len(rows), chunk):
                    part = slice(start, start + chunk)
                    inputs = rows[part].astype(dtype)
                    code = ACTIVATIONS[self.reservoir_.activation]
                    advance_lanes(*matrix, settings, code, inputs, noise[part], state, place[:, part])
            yield first, block[: len(self._table)]

    def _lane(self, owner: str, base: EchoState, setting: Mapping[str, Any]) -> list[float]:
        if not isinstance(setting, Mapping):
            raise parameter_error(owner, "settings", "a sequence of dicts", self.settings)
        unknown = set(setting) - set(_NAMES)
        if unknown:
            raise parameter_error(owner, "settings", f"dicts with names of {', '.join(_NAMES)}", sorted(unknown))
        values = [setting.get(name, getattr(base, name)) for name in _NAMES]
        values[3] = check_real(owner, "leak", values[3], 0, 1, closed="right")
        return [check_real(owner, name, value, 0) for name, value in zip(_NAMES, values, strict=True)]

    def _matrix(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """[W, W_in, b] in compressed sparse rows, in the order of what a unit hears."""
        parts = self.reservoir_.W_, self.reservoir_.W_in_, self.reservoir_.bias_[:, None]
        rows = [sparse.csr_array(part.tocsr() if hasattr(part, "tocsr") else part) for part in parts]
        joined = sparse.csr_array(sparse.hstack(rows, format="csr"))
        return joined.data, joined.indices.astype(narrowest(joined)), joined.indptr.astype(np.int64)

    def _groups(self, dtype: np.dtype) -> list[np.ndarray]:
        """Settings (5, LANES) of every group; idle lanes repeat the last one."""
        n_lanes = len(self._table)
        padded = self._table[np.minimum(np.arange(-(-n_lanes // LANES) * LANES), n_lanes - 1)]
        return [np.ascontiguousarray(group.T, dtype=dtype) for group in padded.reshape(-1, LANES, 5)]
