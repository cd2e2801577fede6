"""Lanes that are advanced together, and lanes that are advanced one by one."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from scipy import sparse
from sklearn.base import clone

from reservoir.compilation import rows_per_call
from reservoir.foreign_code import inherited
from reservoir.neurons.rate.lanes import LANES, LaneWeights, advance_lanes
from reservoir.neurons.rate.loops import RateWeights
from reservoir.neurons.rate.unit import RateUnit, compiled_for
from reservoir.neurons.structures import delayed_form, narrowest
from reservoir.sequences import Sequences
from reservoir.systems.echo_state import EchoState
from reservoir.systems.rate_runs import run_rows, weights_of
from reservoir.threads import still_wanted


class Lane(NamedTuple):
    """How a lane scales what all share, and its unit."""

    radius: float
    input_scaling: float
    bias_scaling: float
    noise: float
    unit: Any


class FlatGroup(NamedTuple):
    """`LANES` lanes of units that act each by itself; the weights are read once for all."""

    weights: LaneWeights
    n_units: int

    @property
    def width(self) -> int:
        """Number of lanes, idle ones too."""
        return LANES

    def rest(self, dtype: np.dtype) -> np.ndarray:
        """The state of all lanes before the first row."""
        return np.zeros((self.n_units, LANES), dtype)

    def advance(self, rows: np.ndarray, noise: np.ndarray, state: np.ndarray, states: np.ndarray) -> None:
        """Fill the states (LANES, n_rows, n_units), and move `state` on; `noise` is (n_rows, n_units), or none."""
        chunk = rows_per_call(LANES * (len(self.weights.values) + 20 * self.n_units))
        loop = compiled_for(advance_lanes, self.weights.cells)
        for start in range(0, len(rows), chunk):
            part = slice(start, start + chunk)
            still_wanted()
            loop(self.weights, rows[part].astype(state.dtype), noise[part], state, states[:, part])


class SingleLane(NamedTuple):
    """A lane with weights of its own."""

    weights: RateWeights
    noise: float

    @property
    def width(self) -> int:
        """Number of lanes."""
        return 1

    def rest(self, dtype: np.dtype) -> np.ndarray:
        """The state before the first row."""
        return np.zeros((1, self.weights.state_size), dtype)

    def advance(self, rows: np.ndarray, noise: np.ndarray, state: np.ndarray, states: np.ndarray) -> None:
        """Fill the states (1, n_rows, n_units), and move `state` on; `noise` is (n_rows, n_units), or none."""
        noisy = len(noise) > 0
        if noisy:
            states[0] = noise * noise.dtype.type(self.noise)
        series = Sequences(rows, np.array([0, len(rows)]), "series")
        run_rows(self.weights, series, rows.astype(state.dtype), noisy, state, states[0])


Group = FlatGroup | SingleLane


def grouped(reservoir: EchoState, lanes: list[Lane]) -> list[Group]:
    """The lanes in groups, for a reservoir that is fitted with all scalings 1."""
    unit = reservoir.unit_
    cells = cells_of(reservoir, lanes)
    flat = hasattr(type(cells[0]), "step_lanes") and unit.n_arrays == 1 and weights_of(reservoir).delays is None
    if not flat or _own_matrices(reservoir) or not _differ_in_arrays(cells):
        return _single_lanes(reservoir, lanes, cells)
    n_idle = -len(lanes) % LANES
    lanes, cells = lanes + lanes[-1:] * n_idle, cells + cells[-1:] * n_idle
    matrix = _joined_matrix(reservoir)
    groups: list[Group] = []
    for first in range(0, len(lanes), LANES):
        group = slice(first, first + LANES)
        weights = _flat_weights(matrix, lanes[group], cells[group], reservoir.bias_.dtype)
        groups.append(FlatGroup(weights, len(reservoir.bias_)))
    return groups


def cells_of(reservoir: EchoState, lanes: list[Lane]) -> list[Any]:
    """Coefficients of the unit of every lane."""
    n_units, dtype = len(reservoir.bias_), reservoir.bias_.dtype
    return [lane.unit.cells(n_units, reservoir.unit_matrices_, dtype) for lane in lanes]


def _differ_in_arrays(cells: list[Any]) -> bool:
    """Whether coefficients differ in arrays alone, which can stand side by side; numbers serve all lanes."""
    fields = zip(*cells, strict=True)
    return all(isinstance(values[0], np.ndarray) or all(one == values[0] for one in values) for values in fields)


def _own_matrices(reservoir: EchoState) -> bool:
    """Whether the recurrent matrix of a lane is no multiple of that of another, so that each is drawn."""
    return reservoir.scaled_by == "effective_radius" or not inherited(reservoir.unit_, RateUnit, "recurrent")


def _joined_matrix(reservoir: EchoState) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """[W, W_in, b] in compressed sparse rows, in the order of what a unit hears."""
    parts = reservoir.W_, reservoir.W_in_, reservoir.bias_[:, None]
    rows = [sparse.csr_array(part.tocsr() if hasattr(part, "tocsr") else part) for part in parts]
    joined = sparse.csr_array(sparse.hstack(rows, format="csr"))
    return joined.data, joined.indices.astype(narrowest(joined.shape[1])), joined.indptr.astype(np.int64)


def _flat_weights(matrix: tuple[Any, ...], group: list[Lane], cells: list[Any], dtype: np.dtype[Any]) -> LaneWeights:
    settings = np.ascontiguousarray(np.array([lane[:4] for lane in group]).T, dtype=dtype)
    fields = zip(*cells, strict=True)  # of arrays, what belongs to the lanes of a unit side by side
    joined = [np.stack(values, axis=1).ravel() if isinstance(values[0], np.ndarray) else values[0] for values in fields]
    values, columns, starts = matrix
    return LaneWeights(values, columns, starts, settings, type(cells[0])(*joined))


def _single_lanes(reservoir: EchoState, lanes: list[Lane], cells: list[Any]) -> list[Group]:
    dtype = reservoir.bias_.dtype
    found: list[Group] = []
    forms: dict[tuple[Any, ...], Any] = {}
    shared = weights_of(reservoir)
    for lane, own_cells in zip(lanes, cells, strict=True):
        own = lane.radius, str(lane.unit.get_params(deep=False)) if _own_matrices(reservoir) else ""
        if own not in forms:
            forms[own] = delayed_form(_recurrent(reservoir, lane), reservoir.delays_, shared.n_arrays)
        columns, bias = shared.input_columns * dtype.type(lane.input_scaling), reservoir.bias_
        scaled = shared._replace(input_columns=columns, bias=bias * dtype.type(lane.bias_scaling))
        found.append(SingleLane(scaled._replace(matrix=forms[own], cells=own_cells), lane.noise))
    return found


def _recurrent(reservoir: EchoState, lane: Lane) -> Any:
    """The recurrent matrix of a lane: scaled, or where the unit makes it, drawn anew from the same seed."""
    if not _own_matrices(reservoir):
        return reservoir.W_ * reservoir.bias_.dtype.type(lane.radius)
    other = clone(reservoir).set_params(spectral_radius=lane.radius, unit=lane.unit, leak=1.0, activation="tanh")
    return other.fit(np.zeros((1, reservoir.n_features_in_))).W_
