"""How small differences of state move through the fitted rate systems: products with their Jacobian.

`tangent_of` knows a reservoir of leaky units by its fitted weights, and layers of such, and tries what it knows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np


def _tanh_slope(heard: np.ndarray) -> np.ndarray:
    return 1 - np.tanh(heard) ** 2


def _logistic_slope(heard: np.ndarray) -> np.ndarray:
    return (1 - np.tanh(heard / 2) ** 2) / 4


SLOPES: dict[str, Callable] = {
    "tanh": _tanh_slope,
    "identity": np.ones_like,
    "relu": lambda heard: (heard > 0).astype(np.float64),
    "logistic": _logistic_slope,
}
"""Derivative of every activation by its name."""


class LeakyLayer(NamedTuple):
    """Leaky units: what they hear, h = W x + V u + b, and how a difference moves, (1 - leak) dx + leak f'(h) dh."""

    W: Any  # array or csr_array (n_units, n_units)
    V: np.ndarray  # (n_units, n_heard)
    bias: np.ndarray  # (n_units,)
    leak: np.ndarray  # (n_units,)
    slope: Callable

    @property
    def n_units(self) -> int:
        return len(self.bias)

    def slopes(self, before: np.ndarray, heard: np.ndarray) -> np.ndarray:
        """leak f'(h) (n_rows, n_units) for the states before each row, and what came in with it (n_rows, n_heard)."""
        return self.leak * self.slope((self.W @ before.T).T + heard @ self.V.T + self.bias)

    def move(self, slopes: np.ndarray, states: np.ndarray, heard: np.ndarray | None) -> np.ndarray:
        """Differences of state (n_units, k) after a row with these slopes (n_units,)."""
        total = self.W @ states
        if heard is not None:
            total += self.V[:, : len(heard)] @ heard
        return (1 - self.leak)[:, None] * states + slopes[:, None] * total


class Tangent(NamedTuple):
    """Layers of leaky units, of which each hears the layer below, the input, or both; a single one is a reservoir."""

    layers: list[LeakyLayer]
    stacked: bool
    input_to_all: bool

    @property
    def n_units(self) -> int:
        return sum(layer.n_units for layer in self.layers)

    @property
    def _columns(self) -> list[slice]:
        ends = list(accumulate(layer.n_units for layer in self.layers))
        return [slice(end - layer.n_units, end) for layer, end in zip(self.layers, ends, strict=True)]

    def slopes(self, before: np.ndarray, after: np.ndarray, inputs: np.ndarray) -> np.ndarray:
        """Slopes (n_rows, n_units) of all layers, from the states before and after every row, and the rows."""
        found, below = [], None
        for layer, columns in zip(self.layers, self._columns, strict=True):
            found.append(layer.slopes(before[:, columns], self._heard(below, inputs, axis=1)))
            below = after[:, columns]
        return np.concatenate(found, axis=1)

    def move(self, slopes: np.ndarray, states: np.ndarray, inputs: np.ndarray | None = None) -> np.ndarray:
        """Differences of state (n_units, k) after a row, from those before and those of the input (n_features, k)."""
        moved, below = [], None
        for layer, columns in zip(self.layers, self._columns, strict=True):
            below = layer.move(slopes[columns], states[columns], self._heard(below, inputs, axis=0))
            moved.append(below)
        return moved[0] if len(moved) == 1 else np.concatenate(moved)

    def _heard(self, below: np.ndarray | None, inputs: np.ndarray | None, axis: int) -> Any:
        """What a layer hears, where `below` are the states of the layer below; None for differences that are zero."""
        if below is None or not self.stacked:
            return inputs
        joined = self.input_to_all and inputs is not None
        return np.concatenate([below, inputs], axis=axis) if joined else below


def tangent_of(system: Any) -> Tangent | None:
    """The tangent of a fitted rate system, or None where its Jacobian is not known."""
    parts = [_layer_of(layer) for layer in getattr(system, "layers_", [system])]
    layers = [part for part in parts if part is not None]
    if len(layers) < len(parts):
        return None
    stacked = getattr(system, "arrangement", "stacked") == "stacked"
    tangent = Tangent(layers, stacked, getattr(system, "input_to_all", False))
    return tangent if _holds(tangent, system) else None


def _holds(tangent: Tangent, system: Any) -> bool:
    """Whether a small difference moves so: a class with the same weights may run by another equation."""
    rng = np.random.default_rng(0)
    row = rng.uniform(-1, 1, size=(1, tangent.layers[0].V.shape[1]))
    state, direction = rng.uniform(-0.5, 0.5, size=(2, tangent.n_units))
    size = 1e-3 if system.run(row)[1].dtype == np.float32 else 1e-5
    high, middle, low = (system.run(row, state + step * direction)[1] for step in (size, 0.0, -size))
    found = (high.astype(np.float64) - low) / (2 * size)
    expected = tangent.move(tangent.slopes(state[None], middle[None], row)[0], direction[:, None])[:, 0]
    return bool(np.linalg.norm(found - expected) <= 0.05 * np.linalg.norm(expected) + 1e-3)


def _layer_of(system: Any) -> LeakyLayer | None:
    known = all(hasattr(system, name) for name in ("W_", "W_in_", "bias_", "leak", "activation"))
    if not known or not isinstance(system.activation, str) or system.activation not in SLOPES:
        return None
    bias = np.asarray(system.bias_, dtype=np.float64)
    W = system.W_ if isinstance(system.W_, np.ndarray) else system.W_.tocsr()
    leak = np.broadcast_to(np.asarray(system.leak, dtype=np.float64), bias.shape)
    V = np.asarray(system.W_in_, dtype=np.float64)
    return LeakyLayer(W.astype(np.float64), V, bias, leak, SLOPES[system.activation])


def blocks(n_rows: int, n_units: int) -> Iterator[slice]:
    """Pieces of the rows that keep the memory of their slopes small."""
    size = max(1, 2_000_000 // n_units)
    return (slice(first, min(first + size, n_rows)) for first in range(0, n_rows, size))
