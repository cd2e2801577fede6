"""How small differences of state move through the fitted rate systems: products with their Jacobian.

`tangent_of` knows an `EchoState` by its weights and its unit, whose file says how differences move, and layers of such.
All is computed in float64.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np

from reservoir.neurons.rate import loops
from reservoir.neurons.rate.loops import RateWeights
from reservoir.neurons.rate.past import delays_in_runs
from reservoir.neurons.rate.unit import compiled_for
from reservoir.neurons.structures import delayed_form, joins_delays, lagged_rows
from reservoir.parts import System


class Layer(NamedTuple):
    """A reservoir, whose units hear h = W x + V u + b."""

    W: Any  # array or csr_array (n_units, n_units), or by the states of all steps that are kept
    V: np.ndarray  # (n_units, n_heard)
    weights: RateWeights
    places: np.ndarray | None  # (n_arrays * n_units,) of the state, which a step moves; None is all of it

    @property
    def n_units(self) -> int:
        return self.weights.bias.size

    @property
    def n_values(self) -> int:
        """Size of the state: of some units, and with delays, it is larger than their number."""
        return self.weights.state_size

    def follow(self, rows: np.ndarray, state: np.ndarray) -> tuple[np.ndarray, ...]:
        """For all rows what a step moves (n_rows, n_arrays * n_units), and what the units hear then (n_rows, n_units).

        Then the states after the rows (n_rows, n_units), and the last state (n_values,).
        """
        before = np.empty((len(rows), self.weights.n_arrays * self.n_units))
        heard, after = (np.empty((len(rows), self.n_units)) for _ in range(2))
        final = state.copy()
        rows = np.ascontiguousarray(rows, dtype=np.float64)
        compiled_for(loops.trace, self.weights.cells)(self.weights, rows, final, before, heard, after)
        if not np.isfinite(final).all():
            raise ValueError("The states of the system overflow: its input or its weights are too large.")
        return before, heard, after, final

    def move(self, before: np.ndarray, heard: np.ndarray, states: np.ndarray, inputs: np.ndarray | None) -> np.ndarray:
        """Differences of state (n_values, k) after a row, from those before and those of what comes in."""
        own = states if self.places is None else states[self.places]
        driven = self.W @ (own[: self.n_units] if self.W.shape[1] == self.n_units else states)
        if inputs is not None:
            driven += self.V[:, : len(inputs)] @ inputs
        moved, driven = np.array(own.T, order="C"), np.ascontiguousarray(driven.T)
        compiled_for(loops.move, self.weights.cells)(self.weights.cells, before, heard.copy(), moved, driven)
        return moved.T if self.places is None else np.concatenate([moved.T, states[: -len(own)]])


class Tangent(NamedTuple):
    """Layers, of which each hears the layer below, the input, or both; a single one is a reservoir."""

    layers: list[Layer]
    stacked: bool
    input_to_all: bool

    @property
    def n_values(self) -> int:
        """Size of the state of all layers."""
        return sum(layer.n_values for layer in self.layers)

    @property
    def n_units(self) -> int:
        """Units of all layers, which readouts see."""
        return sum(layer.n_units for layer in self.layers)

    def rest(self) -> np.ndarray:
        """The state before the first row."""
        return np.zeros(self.n_values)

    def follow(self, rows: np.ndarray, state: np.ndarray) -> tuple[list[Any], np.ndarray, np.ndarray]:
        """The system from a state on: a point per row, the states that readouts see (n_rows, n_units), the last state.

        A point is what `move` needs: of every layer the state before the row, and what its units hear then.
        """
        points, seen, finals, below = [], [], [], None
        for layer, start in zip(self.layers, self._split(state), strict=True):
            before, heard, below, final = layer.follow(self._heard(below, rows, axis=1), start)
            points.append(list(zip(before, heard, strict=True)))
            seen.append(below)
            finals.append(final)
        return list(zip(*points, strict=True)), np.concatenate(seen, axis=1), np.concatenate(finals)

    def move(self, point: tuple[Any, ...], states: np.ndarray, inputs: np.ndarray | None = None) -> np.ndarray:
        """Differences of state (n_values, k) after a row, from those before and those of the input (n_features, k)."""
        moved, below = [], None
        for layer, (before, heard), own in zip(self.layers, point, self._split(states), strict=True):
            after = layer.move(before, heard, own, self._heard(below, inputs, axis=0))
            below = after[: layer.n_units]
            moved.append(after)
        return moved[0] if len(moved) == 1 else np.concatenate(moved)

    def seen(self, states: np.ndarray) -> np.ndarray:
        """Of differences of state (n_values, k) those that readouts see (n_units, k)."""
        parts = zip(self.layers, self._split(states), strict=True)
        return np.concatenate([own[: layer.n_units] for layer, own in parts])

    def _split(self, states: np.ndarray) -> list[np.ndarray]:
        """The part of each layer."""
        return np.split(states, list(accumulate(layer.n_values for layer in self.layers))[:-1])

    def _heard(self, below: np.ndarray | None, inputs: np.ndarray | None, axis: int) -> Any:
        """What a layer hears, where `below` are the states of the layer below; None for differences that are zero."""
        if below is None or not self.stacked:
            return inputs
        joined = self.input_to_all and inputs is not None
        return np.concatenate([below, inputs], axis=axis) if joined else below


def tangent_of(system: System) -> Tangent | None:
    """The tangent of a fitted rate system, or None where its Jacobian is not known."""
    if hasattr(system, "layers_") and not getattr(system, "runs_layers", False):
        return None
    parts = [_layer_of(layer) for layer in getattr(system, "layers_", [system])]
    layers = [part for part in parts if part is not None]
    shown = all(layer.unit_.shows_state for layer in getattr(system, "layers_", ()))
    if len(layers) < len(parts) or not shown:
        return None
    stacked = getattr(system, "arrangement", "stacked") == "stacked"
    return Tangent(layers, stacked, getattr(system, "input_to_all", False))


def _layer_of(system: Any) -> Layer | None:
    if not getattr(system, "runs_compiled", False):
        return None
    double, n_units = np.dtype(np.float64), len(system.bias_)
    matrices = {name: matrix.astype(double) for name, matrix in system.unit_matrices_.items()}
    cells = system.unit_.cells(n_units, matrices, double)
    if not hasattr(type(cells), "tangent"):
        return None
    structured, V = system.W_.astype(double), np.asarray(system.W_in_, dtype=double)
    delays, n_arrays = system.delays_, system.unit_.n_arrays
    form, columns = delayed_form(structured, delays, n_arrays), np.ascontiguousarray(V.T)
    weights = RateWeights(form, columns, system.bias_.astype(double), cells, n_arrays, delays_in_runs(delays))
    if weights.delays is None:
        return Layer(_rows(structured), V, weights, None)
    W = lagged_rows(structured, delays, n_arrays) if joins_delays(structured, delays) else _rows(structured)
    size = n_arrays * n_units
    return Layer(W, V, weights, (np.tile(delays, n_arrays) - 1) * size + np.arange(size))


def _rows(matrix: Any) -> Any:
    return matrix if isinstance(matrix, np.ndarray) else matrix.tocsr()


def blocks(n_rows: int, n_units: int) -> Iterator[slice]:
    """Pieces of the rows that keep the memory of their slopes small."""
    size = max(1, 2_000_000 // n_units)
    return (slice(first, min(first + size, n_rows)) for first in range(0, n_rows, size))
