"""The leaky-integrator rate unit of echo-state networks.

One step, for a row u of the input:

    x' = (1 - leak) x + leak f(W x + W_in u + b + noise)

Three loops call it: `advance` and, for dense matrices, `advance_together`, driven by given rows, and `close_loop`,
driven by its own linear readout.

References
----------
Jaeger, Lukosevicius, Popovici, Siewert 2007, Optimization and applications of echo state networks with
leaky-integrator neurons, Neural Networks 20(3):335-352, doi:10.1016/j.neunet.2007.04.016.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import FunctionType
from typing import Any, NamedTuple

import numba
import numpy as np

from reservoir.compilation import REASSOCIATE, kernel
from reservoir.neurons import activations, products, vectors
from reservoir.neurons.activations import activate
from reservoir.neurons.products import add_columns, add_product
from reservoir.neurons.vectors import STRIPE


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


@kernel(*activations.FILES)
def settle(leak, code, state, out):
    """Squash what the units have heard, mix it with the old `state`, and make that the state."""
    activate(code, out)
    one = out.dtype.type(1)
    for i in range(out.size):
        out[i] = (one - leak[i]) * state[i] + leak[i] * out[i]
        state[i] = out[i]


@kernel(*activations.FILES, products.__file__, vectors.__file__)
def advance(matrix, input_columns, bias, leak, code, rows, offsets, first, last, noisy, finals, states):
    """Fill states[first:last] of concatenated sequences and move their present states on.

    With `noisy`, `states` (n_rows, n_units) comes in holding the noise; `finals` (n_sequences, n_units) holds the state
    of each sequence before its first row here, then after its last. `input_columns` is W_in transposed (n_features,
    n_units), `leak` one number a unit, `code` names the activation.
    """
    scratch = np.empty(2 * bias.size + STRIPE, bias.dtype)
    sequence = 0
    for t in range(first, last):
        while t >= offsets[sequence + 1]:
            sequence += 1
        hear(input_columns, bias, rows[t], noisy, states[t])
        add_product(matrix, finals[sequence], scratch, states[t])
        settle(leak, code, finals[sequence], states[t])


@kernel(*activations.FILES, products.__file__, vectors.__file__)
def advance_together(matrix, input_columns, bias, leak, code, rows, offsets, first, last, noisy, finals, states):
    """The same for a Dense matrix and the steps [first, last) of every sequence, bit for bit.

    A piece of the matrix is used for all sequences while it is near, so that many cost little more than one.
    """
    for step in range(first, last):
        running = np.nonzero(offsets[:-1] + step < offsets[1:])[0]
        for s in running:
            hear(input_columns, bias, rows[offsets[s] + step], noisy, states[offsets[s] + step])
        for j in range(0, bias.size, 8):
            columns = matrix.transposed[j : j + 8]
            for s in running:
                add_columns(columns, finals[s, j : j + 8], states[offsets[s] + step])
        for s in running:
            settle(leak, code, finals[s], states[offsets[s] + step])


@kernel()
def collect(state, n_squared, row, features):
    """features = [state, squares of the first `n_squared` states, row], as far as there is room for the row."""
    n_units = state.size
    for i in range(n_units):
        features[i] = state[i]
    for i in range(n_squared):
        features[n_units + i] = state[i] * state[i]
    for j in range(min(row.size, features.size - n_units - n_squared)):
        features[n_units + n_squared + j] = row[j]


@kernel()
def feed_back(outputs, scaling, channels, known, row):
    """The next input `row`: the `known` values, and the scaled outputs in those of their channels that hold NaN."""
    row[:] = known
    for k in range(channels.size):
        if np.isnan(known[channels[k]]):
            row[channels[k]] = scaling * outputs[k]


@kernel(*activations.FILES, products.__file__, vectors.__file__, fastmath=REASSOCIATE)
def close_loop(
    matrix, input_columns, bias, leak, code, coef, intercept, n_squared, scaling, channels, known, state, row, outputs
):
    """Run on the answers of a linear readout: the output of a step is part of the next input, see `feed_back`.

    `row` (n_features,) is the next input and `state` (n_units,) the present state; both are moved on. The readout is
    y = coef features + intercept, see `collect`. `known` is (n_steps, n_features).
    """
    scratch = np.empty(2 * state.size + STRIPE, state.dtype)
    new = np.empty(state.size, state.dtype)
    features = np.empty(coef.shape[1])
    for t in range(outputs.shape[0]):
        hear(input_columns, bias, row, False, new)
        add_product(matrix, state, scratch, new)
        settle(leak, code, state, new)
        collect(state, n_squared, row, features)
        for k in range(outputs.shape[1]):
            weights = coef[k]
            total = intercept[k]
            for i in range(features.size):
                total += weights[i] * features[i]
            outputs[t, k] = total
        feed_back(outputs[t], scaling, channels, known[t], row)


class Loops(NamedTuple):
    """The compiled loops for one activation."""

    advance: Any
    advance_together: Any
    close_loop: Any


@functools.lru_cache(maxsize=8)
def loops_for(own: Callable | None = None) -> Loops:
    """The loops for a named activation (None), or compiled anew for a user's `numba.njit` function of one number.

    The latter costs seconds in every process, since Numba cannot keep it on disk.
    """
    if own is None:
        return Loops(advance, advance_together, close_loop)

    compile_anew: Any = numba.njit(nogil=True, error_model="numpy")

    @compile_anew
    def activate_own(code, values):
        for i in range(values.size):
            values[i] = own(values[i])

    scope = {**globals(), "activate": activate_own}
    scope["settle"] = compile_anew(FunctionType(settle.py_func.__code__, scope))
    return Loops(*(compile_anew(FunctionType(loop.py_func.__code__, scope)) for loop in loops_for()))
