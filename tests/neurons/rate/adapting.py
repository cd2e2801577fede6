"""A rate unit from outside the package, with a second array of state."""

from typing import Any, NamedTuple

from reservoir.compilation import kernel
from reservoir.neurons.activations import activation_of, slope, squash
from reservoir.neurons.rate.unit import RateUnit
from tests import oracles


class AdaptingCells(NamedTuple):
    """Coefficients of one step."""

    leak: Any
    rate: Any
    activation: Any

    @staticmethod
    @kernel()
    def step(cells, state, heard, scratch):
        n = heard.size
        for i in range(n):
            heard[i] -= state[n + i]
        squash(cells.activation, heard)
        for i in range(n):
            heard[i] = (1 - cells.leak) * state[i] + cells.leak * heard[i]
            state[i] = heard[i]
            state[n + i] += cells.rate * (heard[i] - state[n + i])

    @staticmethod
    @kernel()
    def tangent(cells, state, heard, moved, driven, scratch):
        n = heard.size
        for i in range(n):
            heard[i] -= state[n + i]
        slope(cells.activation, heard)
        for k in range(len(moved)):
            for i in range(n):
                change = cells.leak * heard[i] * (driven[k, i] - moved[k, n + i])
                moved[k, i] = (1 - cells.leak) * moved[k, i] + change
                moved[k, n + i] += cells.rate * (moved[k, i] - moved[k, n + i])


class Adapting(RateUnit):
    """x' = (1 - leak) x + leak f(h - a), a' = a + rate (x' - a)."""

    n_arrays = 2

    def __init__(self, leak=0.8, rate=0.1, activation="tanh"):
        self.leak = leak
        self.rate = rate
        self.activation = activation

    def cells(self, n_units, matrices, dtype):
        return AdaptingCells(dtype.type(self.leak), dtype.type(self.rate), activation_of(self._checked_activation()))


def adapting(unit, W, matrices, state, drive):
    """The twin."""
    heard = W @ state[0] + drive - state[1]
    x = (1 - unit.leak) * state[0] + unit.leak * oracles.ACTIVATIONS[unit.activation](heard)
    return [x, state[1] + unit.rate * (x - state[1])]
