"""Rows of the past and functions of them, as the loops take them: what moves in place of units is a memory of rows.

`DelayedWeights` stands in the place of `RateWeights`. Its state holds the rows before the present one, the newest
first; the states that come out are functions of the rows that stand `lags` steps back, which `expand` finds by type.
"""

from __future__ import annotations

from itertools import accumulate
from math import comb
from typing import Any, NamedTuple

import numpy as np
from numba.extending import overload

from reservoir.compilation import kernel
from reservoir.neurons.products import Sparse

_NO_WEIGHTS = Sparse(np.empty((0, 8)), np.empty((0, 8), np.uint16), np.zeros(1, np.int64), np.empty((0, 8), np.int64))


class Plain(NamedTuple):
    """The rows themselves."""

    n_columns: int


class Products(NamedTuple):
    """Products of polynomials of the numbers of the rows: x^a, or of Chebyshev T_a((x - centre) / half_width)."""

    centres: np.ndarray  # (n_numbers,)
    half_widths: np.ndarray  # (n_numbers,)
    chebyshev: bool
    starts: np.ndarray  # (degree + 1, n_numbers + 1), where products of a degree begin whose first number is i or later
    chosen: np.ndarray  # (n_degrees,), the degrees that come out


class Cosines(NamedTuple):
    """cos(projection z + phases) of the numbers z of the rows."""

    projection: np.ndarray  # (n_numbers, n_columns)
    phases: np.ndarray  # (n_columns,)


def products_of(degrees: list[int], centres: np.ndarray, half_widths: np.ndarray, chebyshev: bool) -> Products:
    """All products of these total degrees, degree after degree, each in the order of its numbers."""
    n_numbers = len(centres)
    sizes = [1, *(comb(n_numbers + q - 1, q) for q in range(1, max(degrees) + 1))]
    starts = np.zeros((len(sizes), n_numbers + 1), np.int64)
    for q, end in enumerate(accumulate(sizes)):
        if q:
            starts[q] = [end - comb(n_numbers - i + q - 1, q) for i in range(n_numbers)] + [end]
    return Products(centres, half_widths, chebyshev, starts, np.array(degrees))


@kernel()
def _expand_plain(functions, numbers, out):
    for i in range(numbers.size):
        out[i] = numbers[i]


@kernel()
def _expand_products(functions, numbers, out):
    starts, chosen, n = functions.starts, functions.chosen, numbers.size
    top = len(starts) - 1
    factors, found = np.empty((top + 1, n)), np.empty(starts[top, n])
    found[0] = 1.0
    for i in range(n):
        x = (numbers[i] - functions.centres[i]) / functions.half_widths[i]
        factors[0, i], factors[1, i] = 1.0, x
        for a in range(2, top + 1):
            factors[a, i] = x * factors[a - 1, i]
            if functions.chebyshev:
                factors[a, i] += factors[a, i] - factors[a - 2, i]
    for degree in range(1, top + 1):
        place = starts[degree, 0]
        for i in range(n):
            found[place] = factors[degree, i]
            place += 1
            for power in range(degree - 1, 0, -1):  # numbers behind i make up the rest of the degree
                rest, factor = degree - power, factors[power, i]
                others = found[starts[rest, i + 1] : starts[rest, n]]
                own = found[place : place + others.size]
                for k in range(others.size):
                    own[k] = factor * others[k]
                place += others.size
    place = 0
    for degree in chosen:
        own = found[starts[degree, 0] : starts[degree, n]]
        for k in range(own.size):
            out[place + k] = own[k]
        place += own.size


@kernel()
def _expand_cosines(functions, numbers, out):
    phases = functions.phases
    for i in range(phases.size):
        out[i] = phases[i]
    for j in range(numbers.size):
        row, x = functions.projection[j], numbers[j]
        for i in range(phases.size):
            out[i] += row[i] * x
    for i in range(phases.size):
        out[i] = np.cos(out[i])


_EXPANSIONS: dict[type, Any] = {Plain: _expand_plain, Products: _expand_products, Cosines: _expand_cosines}


def expand(functions: Any, numbers: np.ndarray, out: np.ndarray) -> None:
    """Write the functions of numbers (n_numbers,) to the head of `out`."""
    _EXPANSIONS[type(functions)](functions, numbers, out)


@overload(expand)
def _typed_expand(functions, numbers, out):
    found = _EXPANSIONS.get(getattr(functions, "instance_class", type(None)))
    return None if found is None else lambda functions, numbers, out: found(functions, numbers, out)


class DelayedCells(NamedTuple):
    """What a step makes of the row that is heard, and of those before it."""

    n_channels: int
    lags: np.ndarray  # (n_lags,), how many steps back the rows stand that are seen; 0 is the present one
    functions: Any

    @staticmethod
    @kernel()
    def step(cells, state, heard, scratch):
        """One step, see `unit.py`; the row (n_channels,) stands at the head of what is heard."""
        n, lags = cells.n_channels, cells.lags
        numbers = np.empty(n * lags.size)
        for k in range(lags.size):
            row = heard if lags[k] == 0 else state[(lags[k] - 1) * n :]
            for j in range(n):
                numbers[k * n + j] = row[j]
        for i in range(state.size - 1, n - 1, -1):
            state[i] = state[i - n]
        for j in range(min(n, state.size)):
            state[j] = heard[j]
        expand(cells.functions, numbers, heard)


class DelayedWeights(NamedTuple):
    """All that the loops need of a memory of rows, in the place of `RateWeights`."""

    matrix: Sparse  # without entries: nothing hears the states
    input_columns: np.ndarray  # (n_features, n_columns), by which the row comes to the head of what is heard
    bias: np.ndarray  # (n_columns,), 0
    cells: DelayedCells
    state_size: int
    delays: None = None

    def rest(self, row: np.ndarray) -> np.ndarray:
        """The state before a first row, which stands for those before it."""
        return np.resize(row, self.state_size).astype(np.float64)


def delayed_weights(cells: DelayedCells, n_columns: int) -> DelayedWeights:
    """The weights of a memory of which so many columns come out, at least as many as there are channels."""
    n = cells.n_channels
    return DelayedWeights(_NO_WEIGHTS, np.eye(n, n_columns), np.zeros(n_columns), cells, n * int(cells.lags.max()))


@kernel()
def expand_rows(cells, rows, states):
    """States (n_rows, n_columns) of rows in order, before which stand as many as the largest lag."""
    n, lags = cells.n_channels, cells.lags
    numbers, reach = np.empty(n * lags.size), len(rows) - len(states)
    for t in range(len(states)):
        for k in range(lags.size):
            row = rows[t + reach - lags[k]]
            for j in range(n):
                numbers[k * n + j] = row[j]
        expand(cells.functions, numbers, states[t])
