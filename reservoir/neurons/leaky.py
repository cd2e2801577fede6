"""The leaky-integrator rate unit of echo-state networks.

One step, for a row u of the input:

    x' = (1 - leak) x + leak f(W x + W_in u + b + noise)

Two loops call it: `advance`, driven by given rows, and `close_loop`, driven by its own linear readout.

References
----------
Jaeger, Lukosevicius, Popovici, Siewert 2007, Optimization and applications of echo state networks with
leaky-integrator neurons, Neural Networks 20(3):335-352, doi:10.1016/j.neunet.2007.04.016.
"""

from __future__ import annotations

import numpy as np

from reservoir.compilation import REASSOCIATE, kernel
from reservoir.neurons import activations, products
from reservoir.neurons.activations import activate
from reservoir.neurons.products import add_product


@kernel(activations.__file__, products.__file__)
def _step(matrix, input_columns, bias, leak, code, row, x, twice, out):
    """Write the state after `x` (n_units,) for the input `row` (n_features,) to `out` (n_units,).

    `out` holds the noise of this step when it comes in.
    """
    for i in range(out.size):
        out[i] += bias[i]
    for j in range(row.size):
        column, u = input_columns[j], row[j]
        for i in range(out.size):
            out[i] += column[i] * u
    add_product(matrix, x, twice, out)
    activate(code, out)
    one = out.dtype.type(1)
    for i in range(out.size):
        out[i] = (one - leak[i]) * x[i] + leak[i] * out[i]


@kernel(activations.__file__, products.__file__)
def advance(matrix, input_columns, bias, leak, code, rows, offsets, first, last, finals, states):
    """Fill states[first:last] of concatenated sequences and move their present states on.

    `states` (n_rows, n_units) comes in holding the noise; `finals` (n_sequences, n_units) holds the state of each
    sequence before its first row here, then after its last. `input_columns` is W_in transposed (n_features, n_units),
    `leak` one number a unit, `code` names the activation.
    """
    twice = np.empty(2 * bias.size, bias.dtype)
    sequence = 0
    for t in range(first, last):
        while t >= offsets[sequence + 1]:
            sequence += 1
        state = finals[sequence]
        _step(matrix, input_columns, bias, leak, code, rows[t], state, twice, states[t])
        new = states[t]
        for i in range(new.size):
            state[i] = new[i]


@kernel(activations.__file__, products.__file__, fastmath=REASSOCIATE)
def close_loop(matrix, input_columns, bias, leak, code, coef, intercept, state, row, outputs):
    """Run on the readout's own answers: the output of a step is the input of the next.

    `row` (n_features,) is the next input and `state` (n_units,) the present state; both are moved on. The
    readout is y = coef [x, u] + intercept, or coef x + intercept where coef has n_units columns.
    """
    n_units = state.size
    twice = np.empty(2 * n_units, state.dtype)
    new = np.empty(n_units, state.dtype)
    for t in range(outputs.shape[0]):
        new[:] = 0
        _step(matrix, input_columns, bias, leak, code, row, state, twice, new)
        for i in range(n_units):
            state[i] = new[i]
        for k in range(outputs.shape[1]):
            weights = coef[k]
            total = intercept[k]
            for i in range(n_units):
                total += weights[i] * state[i]
            for j in range(weights.size - n_units):
                total += weights[n_units + j] * row[j]
            outputs[t, k] = total
        row[:] = outputs[t]
