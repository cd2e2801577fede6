"""The gated recurrent unit, in both of its forms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from reservoir.compilation import kernel
from reservoir.neurons.activations import TANH
from reservoir.rnn import gates as gates_module
from reservoir.rnn import row_products, squashing
from reservoir.rnn.cells import cell
from reservoir.rnn.cells.cell import Arrays, Cell, State, Steps, mask_gradient, mask_state
from reservoir.rnn.gates import mix, unmix
from reservoir.rnn.initialisation import glorot, orthogonal
from reservoir.rnn.row_products import add_row_products, sum_over_rows
from reservoir.rnn.squashing import logistic, tanh
from reservoir.validation import Parameters

_FILES = (gates_module.__file__, *squashing.FILES, row_products.__file__, cell.__file__)


@kernel(*_FILES, fastmath={"contract", "nsz"})
def _forward_after(weights, bias, gates, starts, mask, h, outputs, previous, before, heard):
    """Turn the drive in `gates` into reset, update and candidate, and move `h` on.

    `previous` takes the state that was fed back, `before` the state itself, `heard` what the reset gate multiplies.
    """
    n = h.shape[1]
    product = np.empty((len(h), 3 * n), gates.dtype)
    for t in range(starts.size - 1):
        first, last = starts[t], starts[t + 1]
        mask_state(h, mask, previous[first:last])
        for s in range(last - first):
            row = product[s]
            for j in range(3 * n):
                row[j] = bias[j]
        add_row_products(previous[first:last], weights, product[: last - first])
        for s in range(last - first):
            row, added, kept = gates[first + s], product[s], heard[first + s]
            reset, candidate, inner = row[:n], row[2 * n :], added[2 * n :]
            for j in range(2 * n):
                row[j] += added[j]
            logistic(row[: 2 * n])
            for j in range(n):
                kept[j] = inner[j]
                candidate[j] += reset[j] * inner[j]
            tanh(candidate)
            mix(row[n : 2 * n], candidate, h[s], before[first + s], outputs[first + s])


@kernel(*_FILES, fastmath={"contract", "nsz"})
def _backward_after(transposed, gates, starts, mask, before, heard, d_outputs, d_h, d_recurrent):
    """Turn the gates into the gradients of the drive; `d_recurrent` takes those of the product with the state."""
    n = d_h.shape[1]
    carried = np.empty_like(d_h)
    for t in range(starts.size - 2, -1, -1):
        first, last = starts[t], starts[t + 1]
        for s in range(last - first):
            row, d_row, kept = gates[first + s], d_recurrent[first + s], heard[first + s]
            reset, candidate, d_inner = row[:n], row[2 * n :], d_row[2 * n :]
            unmix(TANH, row[n : 2 * n], candidate, before[first + s], d_outputs[first + s], d_h[s])
            for j in range(n):
                r, d = reset[j], candidate[j]
                d_inner[j] = d * r
                reset[j] = d * kept[j] * (r - r * r)
            for j in range(2 * n):
                d_row[j] = row[j]
            along, d_state = carried[s], d_h[s]
            for j in range(n):
                along[j] = d_state[j]
                d_state[j] = 0
        d_states = d_h[: last - first]
        add_row_products(d_recurrent[first:last], transposed, d_states)
        mask_gradient(mask, d_states)
        for s in range(last - first):
            along, d_state = carried[s], d_h[s]
            for j in range(n):
                d_state[j] += along[j]


@kernel(*_FILES, fastmath={"contract", "nsz"})
def _forward_before(weights, candidate_weights, gates, starts, mask, h, outputs, previous, before, reset_states):
    """The same where the reset gate acts on the state; `reset_states` takes reset * state."""
    n = h.shape[1]
    product = np.empty((len(h), 2 * n), gates.dtype)
    inner = np.empty((len(h), n), gates.dtype)
    for t in range(starts.size - 1):
        first, last = starts[t], starts[t + 1]
        size = last - first
        mask_state(h, mask, previous[first:last])
        product[:size] = 0
        inner[:size] = 0
        add_row_products(previous[first:last], weights, product[:size])
        for s in range(size):
            row, added, fed, kept = gates[first + s], product[s], previous[first + s], reset_states[first + s]
            for j in range(2 * n):
                row[j] += added[j]
            logistic(row[: 2 * n])
            reset = row[:n]
            for j in range(n):
                kept[j] = reset[j] * fed[j]
        add_row_products(reset_states[first:last], candidate_weights, inner[:size])
        for s in range(size):
            row, added = gates[first + s], inner[s]
            candidate = row[2 * n :]
            for j in range(n):
                candidate[j] += added[j]
            tanh(candidate)
            mix(row[n : 2 * n], candidate, h[s], before[first + s], outputs[first + s])


@kernel(*_FILES, fastmath={"contract", "nsz"})
def _backward_before(transposed, candidate_transposed, gates, starts, mask, previous, before, d_outputs, d_h):
    """Turn the gates into the gradients of the drive."""
    n = d_h.shape[1]
    carried, d_reset = np.empty_like(d_h), np.empty_like(d_h)
    d_candidates, d_gates = np.empty_like(d_h), np.empty((len(d_h), 2 * n), d_h.dtype)
    for t in range(starts.size - 2, -1, -1):
        first, last = starts[t], starts[t + 1]
        size = last - first
        for s in range(size):
            row = gates[first + s]
            candidate, d_candidate, sums = row[2 * n :], d_candidates[s], d_reset[s]
            unmix(TANH, row[n : 2 * n], candidate, before[first + s], d_outputs[first + s], d_h[s])
            for j in range(n):
                d_candidate[j] = candidate[j]
                sums[j] = 0
        add_row_products(d_candidates[:size], candidate_transposed, d_reset[:size])
        for s in range(size):
            row, fed, sums, along, d_state = gates[first + s], previous[first + s], d_reset[s], carried[s], d_h[s]
            reset, d_gate = row[:n], d_gates[s]
            for j in range(n):
                along[j] = d_state[j]
            for j in range(n):
                r, d = reset[j], sums[j]
                d_state[j] = d * r
                reset[j] = d * fed[j] * (r - r * r)
            for j in range(2 * n):
                d_gate[j] = row[j]
        add_row_products(d_gates[:size], transposed, d_h[:size])
        mask_gradient(mask, d_h[:size])
        for s in range(size):
            along, d_state = carried[s], d_h[s]
            for j in range(n):
                d_state[j] += along[j]


@dataclass(eq=False, repr=False)
class GRU(Cell):
    """The gated recurrent unit.

        r, z = s(W x + U h + b)
        n = tanh(W_n x + b_n + r * (U_n h + b_u))      with reset_after
        n = tanh(W_n x + b_n + U_n (r * h))            without
        h' = z * h + (1 - z) * n

    with the logistic function s and one matrix block per gate, in the order r, z, n. Each block of W starts uniform
    (Glorot), each block of U orthogonal, biases at zero.

    Parameters
    ----------
    reset_after : bool, default True
        Whether the reset gate acts after the product with the state, which takes one product per step, or before it, as
        in the first publication, which takes two.

    Raises
    ------
    ValueError
        For an option that is neither True nor False, when an estimator with this cell is fitted.

    References
    ----------
    Cho, van Merrienboer, Gulcehre, Bahdanau, Bougares, Schwenk, Bengio 2014, Learning phrase representations using RNN
    encoder-decoder for statistical machine translation, EMNLP 2014:1724-1734, doi:10.3115/v1/D14-1179.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.rnn.cells import GRU
    >>> parameters = GRU(reset_after=False).draw(3, 5, np.random.default_rng(0))
    >>> {name: array.shape for name, array in parameters.items()}  # doctest: +NORMALIZE_WHITESPACE
    {'input_weights': (3, 15), 'bias': (15,), 'recurrent_weights': (5, 10), 'candidate_weights': (5, 5)}
    """

    reset_after: bool = True

    name = "gru"

    def check(self) -> None:
        """Refuse what is no flag."""
        Parameters(self).flag("reset_after")

    def n_drive(self, n_units: int) -> int:
        """Three blocks."""
        return 3 * n_units

    def draw(self, n_inputs: int, n_units: int, rng: np.random.Generator) -> Arrays:
        """See the class."""
        parameters = {"input_weights": glorot(rng, n_inputs, n_units, 3), "bias": np.zeros(3 * n_units)}
        blocks = orthogonal(rng, n_units, 3)
        if self.reset_after:
            return parameters | {"recurrent_weights": blocks, "recurrent_bias": np.zeros(n_units)}
        return parameters | {
            "recurrent_weights": blocks[:, : 2 * n_units],
            "candidate_weights": blocks[:, 2 * n_units :],
        }

    def forward(self, parameters: Arrays, drive: np.ndarray, steps: Steps, state: State) -> tuple[np.ndarray, Any]:
        """See `Cell.forward`."""
        (h,) = state
        outputs, previous, before, kept = (np.empty((len(drive), h.shape[1]), drive.dtype) for _ in range(4))
        rows = drive, steps.starts, steps.recurrent_mask, h, outputs, previous, before, kept
        weights = parameters["recurrent_weights"]
        if self.reset_after:
            bias = parameters["recurrent_bias"]
            _forward_after(weights, np.concatenate([np.zeros(2 * len(bias), bias.dtype), bias]), *rows)
        else:
            _forward_before(weights, parameters["candidate_weights"], *rows)
        return outputs, (drive, previous, before, kept)

    def backward(
        self, parameters: Arrays, tape: Any, steps: Steps, d_outputs: np.ndarray, d_state: State
    ) -> tuple[np.ndarray, Arrays]:
        """See `Cell.backward`."""
        (gates, previous, before, kept), (d_h,) = tape, d_state
        transposed, n = np.ascontiguousarray(parameters["recurrent_weights"].T), d_h.shape[1]
        rows = gates, steps.starts, steps.recurrent_mask
        if self.reset_after:
            d_recurrent = np.empty_like(gates)
            _backward_after(transposed, *rows, before, kept, d_outputs, d_h, d_recurrent)
            d_bias = d_recurrent[:, 2 * n :].sum(axis=0)
            return gates, {"recurrent_weights": sum_over_rows(previous, d_recurrent), "recurrent_bias": d_bias}
        candidate_transposed = np.ascontiguousarray(parameters["candidate_weights"].T)
        _backward_before(transposed, candidate_transposed, *rows, previous, before, d_outputs, d_h)
        d_gates, d_candidate = gates[:, : 2 * n], gates[:, 2 * n :]
        return gates, {
            "recurrent_weights": sum_over_rows(previous, d_gates),
            "candidate_weights": sum_over_rows(kept, d_candidate),
        }
