"""The loops that move rate units, whatever the structure of their matrix and their equation.

`advance`, with delays `advance_late`, and for dense matrices `advance_together` are driven by given rows, `close_loop`
by its own linear readout, and `trace` keeps what the tangents need. They find the product W x and the step of the unit
by types, when they are compiled, see `products` and `unit`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from reservoir.compilation import REASSOCIATE, files_of, kernel
from reservoir.neurons import activations, products, vectors
from reservoir.neurons.products import add_columns, add_product
from reservoir.neurons.rate.past import DelayRuns, add_past_product, keep, past_of, recall, respond
from reservoir.neurons.rate.unit import step, tangent
from reservoir.neurons.vectors import STRIPE

FILES = (
    *activations.FILES,
    products.__file__,
    vectors.__file__,
    *files_of(__package__),
)
"""What a kernel that moves units depends on."""


class RateWeights(NamedTuple):
    """All that a step of a fitted reservoir needs."""

    matrix: Any  # one of the structures of `products`
    input_columns: np.ndarray  # (n_features, n_units), W_in transposed
    bias: np.ndarray  # (n_units,)
    cells: Any  # coefficients of the unit
    n_arrays: int = 1  # arrays of state per unit
    delays: DelayRuns | None = None  # None is 1 for all units

    @property
    def n_kept(self) -> int:
        """Steps of which the states are kept."""
        return 1 if self.delays is None else self.delays.longest

    @property
    def state_size(self) -> int:
        """Numbers of state."""
        return self.n_kept * self.n_arrays * self.bias.size


class LinearReadout(NamedTuple):
    """y = coef features + intercept, kept within the bounds, see `collect`."""

    coef: np.ndarray  # (n_outputs, n_columns)
    intercept: np.ndarray  # (n_outputs,)
    n_squared: int  # how many states are seen squared too
    n_unseen: int  # how many of the numbers that are heard are not seen, from the newest on
    bounds: np.ndarray  # (n_rows, n_outputs, 2), lowest and highest answer of every step; the last row goes on


class Feedback(NamedTuple):
    """Which channels of the input come back from the answers, and how large."""

    channels: np.ndarray  # (n_outputs,)
    scaling: float


class Levels(NamedTuple):
    """What answers are added to, where these are increments; without numbers where they are values."""

    present: np.ndarray  # (n_outputs,)
    known: np.ndarray  # (n_steps, n_outputs), what takes the place of the answers; NaN where nothing does


@kernel()
def hear(input_columns, bias, row, noisy, out):
    """out = W_in u + b for the input `row` (n_features,); with `noisy`, `out` (n_units,) comes in holding the noise."""
    if noisy:
        for i in range(out.size):
            out[i] += bias[i]
    else:
        for i in range(out.size):
            out[i] = bias[i]
    for j in range(row.size):
        column, u = input_columns[j], row[j]
        for i in range(out.size):
            out[i] += column[i] * u


@kernel(*FILES)
def advance(weights, rows, offsets, first, last, noisy, finals, states):
    """Fill states[first:last] of concatenated sequences and move their present states on, without delays.

    With `noisy`, `states` (n_rows, n_units) comes in holding the noise; `finals` (n_sequences, state_size) holds the
    state of each sequence before its first row here, then after its last.
    """
    matrix, input_columns, bias, n_units = weights.matrix, weights.input_columns, weights.bias, weights.bias.size
    scratch = np.empty(2 * n_units + STRIPE, bias.dtype)
    sequence = 0
    state = finals[sequence]
    x = state[:n_units]
    for t in range(first, last):
        if t >= offsets[sequence + 1]:
            while t >= offsets[sequence + 1]:
                sequence += 1
            state = finals[sequence]
            x = state[:n_units]
        heard = states[t]
        hear(input_columns, bias, rows[t], noisy, heard)
        add_product(matrix, x, scratch, heard)
        step(weights.cells, state, heard, scratch)


@kernel(*FILES)
def advance_late(weights, rows, offsets, first, last, noisy, finals, states):
    """The same with delays."""
    delays, scratch = weights.delays, np.empty(2 * weights.bias.size + STRIPE, weights.bias.dtype)
    for s in range(len(finals)):
        begin, end, final = max(first, offsets[s]), min(last, offsets[s + 1]), finals[s]
        if begin < end:
            past = past_of(delays, final, end - begin)
            for t in range(begin, end):
                heard = states[t]
                hear(weights.input_columns, weights.bias, rows[t], noisy, heard)
                respond(delays, weights.matrix, weights.cells, past, final, final, scratch, heard)
            keep(delays, past, final)


@kernel(*FILES)
def advance_together(weights, rows, offsets, first, last, noisy, finals, states):
    """The same for a Dense matrix without delays and the steps [first, last) of every sequence, bit for bit.

    A piece of the matrix is used for all sequences while it is near, so that many cost little more than one.
    """
    n_units = weights.bias.size
    scratch = np.empty(2 * n_units + STRIPE, weights.bias.dtype)
    for t in range(first, last):
        running = np.nonzero(offsets[:-1] + t < offsets[1:])[0]
        for s in running:
            hear(weights.input_columns, weights.bias, rows[offsets[s] + t], noisy, states[offsets[s] + t])
        for j in range(0, n_units, 8):
            columns, stop = weights.matrix.transposed[j : j + 8], min(j + 8, n_units)
            for s in running:
                add_columns(columns, finals[s, j:stop], states[offsets[s] + t])
        for s in running:
            step(weights.cells, finals[s], states[offsets[s] + t], scratch)


def advance_for(weights: RateWeights) -> Any:
    """The loop over rows for these weights."""
    return advance if weights.delays is None else advance_late


@kernel()
def collect(state, n_squared, heard, features):
    """features = [state, squares of the first `n_squared` states, heard], as far as there is room for what is heard."""
    n_units = state.size
    for i in range(n_units):
        features[i] = state[i]
    for i in range(n_squared):
        features[n_units + i] = state[i] * state[i]
    for j in range(min(heard.size, features.size - n_units - n_squared)):
        features[n_units + n_squared + j] = heard[j]


@kernel()
def feed_back(outputs, feedback, known, heard):
    """The next input goes before what was heard, of which the oldest is lost.

    It is the `known` values, and the scaled outputs in those of their channels that hold NaN.
    """
    channels, n_features = feedback.channels, known.size
    for i in range(heard.size - 1, n_features - 1, -1):
        heard[i] = heard[i - n_features]
    for i in range(n_features):
        heard[i] = known[i]
    for k in range(channels.size):
        if np.isnan(known[channels[k]]):
            heard[channels[k]] = feedback.scaling * outputs[k]


@kernel()
def move_levels(levels, t, outputs):
    """The levels after step t: what is known of them, and the outputs."""
    for k in range(levels.present.size):
        known = levels.known[t, k]
        levels.present[k] = outputs[k] if np.isnan(known) else known


@kernel(*FILES, fastmath=REASSOCIATE)
def close_loop(weights, readout, feedback, known, levels, state, heard, outputs):
    """Run on the answers of a linear readout: the output of a step is part of the next input, see `feed_back`.

    `heard` is the next input, (n_features,) numbers, and those before it, and `state` (state_size,) the present state;
    both are moved on. `known` is (n_steps, n_features).
    """
    n_units, n_squared, n_levels = weights.bias.size, readout.n_squared, levels.present.size
    row, seen = heard[: known.shape[1]], heard[readout.n_unseen :]
    scratch = np.empty(2 * n_units + STRIPE, state.dtype)
    new = np.empty(n_units, state.dtype)
    features = np.empty(readout.coef.shape[1])
    x, past = state[:n_units], past_of(weights.delays, state, outputs.shape[0])
    for t in range(outputs.shape[0]):
        hear(weights.input_columns, weights.bias, row, False, new)
        respond(weights.delays, weights.matrix, weights.cells, past, state, x, scratch, new)
        collect(new, n_squared, seen, features)
        bounds = readout.bounds[min(t, len(readout.bounds) - 1)]
        for k in range(outputs.shape[1]):
            coef = readout.coef[k]
            total = readout.intercept[k]
            for i in range(features.size):
                total += coef[i] * features[i]
            if n_levels:
                total += levels.present[k]
            if total < bounds[k, 0]:
                total = bounds[k, 0]
            elif total > bounds[k, 1]:
                total = bounds[k, 1]
            outputs[t, k] = total
        move_levels(levels, t, outputs[t])
        feed_back(outputs[t], feedback, known[t], heard)
    keep(weights.delays, past, state)


@kernel(*FILES)
def trace(weights, rows, state, before, heard, after):
    """One sequence: what every step moves, what the units hear then, the new states, and `state`, which is moved on.

    `before` is (n_rows, n_arrays * n_units), `heard` and `after` are (n_rows, n_units).
    """
    n_units = weights.bias.size
    scratch = np.empty(2 * n_units + STRIPE, state.dtype)
    new = np.empty(n_units, state.dtype)
    past = past_of(weights.delays, state, len(rows))
    for t in range(len(rows)):
        old = recall(weights.delays, past, state)
        for i in range(old.size):
            before[t, i] = old[i]
        hear(weights.input_columns, weights.bias, rows[t], False, heard[t])
        add_past_product(weights.matrix, old[:n_units], past, scratch, heard[t])
        for i in range(n_units):
            new[i] = heard[t, i]
        step(weights.cells, old, new, scratch)
        for i in range(n_units):
            after[t, i] = old[i]
    keep(weights.delays, past, state)


@kernel(*FILES)
def move(cells, state, heard, moved, driven):
    """Move differences of the state by one step, see `unit`."""
    scratch = np.empty(2 * heard.size + STRIPE, heard.dtype)
    tangent(cells, state, heard, moved, driven, scratch)
