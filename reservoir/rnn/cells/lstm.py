"""Long short-term memory, with the variants that became common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from reservoir.compilation import kernel
from reservoir.rnn import row_products, squashing
from reservoir.rnn.cells import cell
from reservoir.rnn.cells.cell import Arrays, Cell, State, Steps, mask_gradient, mask_state
from reservoir.rnn.initialisation import glorot, orthogonal
from reservoir.rnn.row_products import add_row_products, sum_over_rows
from reservoir.rnn.squashing import logistic, tanh
from reservoir.validation import Parameters

_FILES = (*squashing.FILES, row_products.__file__, cell.__file__)
# Which gates stand before the output gate: input and forget, input alone, or forget with input = 1 - forget.
FULL, NO_FORGET, COUPLED = range(3)


@kernel(fastmath={"contract", "nsz"})
def _remember(kind, gates, candidate, c):
    """c = forget * c + input * candidate; `gates` begins with the gates of this kind."""
    n = c.size
    first, second = gates[:n], gates[n : 2 * n]
    if kind == FULL:
        for j in range(n):
            c[j] = second[j] * c[j] + first[j] * candidate[j]
    elif kind == NO_FORGET:
        for j in range(n):
            c[j] = c[j] + first[j] * candidate[j]
    else:
        for j in range(n):
            c[j] = first[j] * c[j] + (1 - first[j]) * candidate[j]


@kernel(fastmath={"contract", "nsz"})
def _look(peepholes, c, gates):
    """Add what each gate sees of the memory: `peepholes` and `gates` hold one block of c.size per gate."""
    for block in range(len(peepholes)):
        weights, gate = peepholes[block], gates[block * c.size : (block + 1) * c.size]
        for j in range(c.size):
            gate[j] += weights[j] * c[j]


@kernel(*_FILES, fastmath={"contract", "nsz"})
def _forward(weights, peepholes, kind, gates, starts, mask, h, c, outputs, previous, before, squashed):
    """Turn the drive in `gates` into gates, and move `h` and `c` on.

    `previous` takes the state that was fed back, `before` the memory before the step, `squashed` its tanh afterwards.
    """
    n = h.shape[1]
    inner = gates.shape[1] - 2 * n  # where the output gate begins
    for t in range(starts.size - 1):
        first, last = starts[t], starts[t + 1]
        mask_state(h, mask, previous[first:last])
        add_row_products(previous[first:last], weights, gates[first:last])
        for s in range(last - first):
            row, memory, state = gates[first + s], c[s], h[s]
            output, candidate = row[inner : inner + n], row[inner + n :]
            old, new, out = before[first + s], squashed[first + s], outputs[first + s]
            for j in range(n):
                old[j] = memory[j]
            tanh(candidate)
            if len(peepholes):
                _look(peepholes[:-1], memory, row)
                logistic(row[:inner])
                _remember(kind, row, candidate, memory)
                _look(peepholes[-1:], memory, output)
                logistic(output)
            else:
                logistic(row[: inner + n])
                _remember(kind, row, candidate, memory)
            for j in range(n):
                new[j] = memory[j]
            tanh(new)
            for j in range(n):
                state[j] = output[j] * new[j]
                out[j] = state[j]


@kernel(fastmath={"contract", "nsz"})
def _through_memory(kind, gates, candidate, old, d_c):
    """Turn the gates before the output gate and the candidate into their gradients, and move `d_c` one step back."""
    n = d_c.size
    first, second = gates[:n], gates[n : 2 * n]
    if kind == COUPLED:
        for j in range(n):
            forget, g, d = first[j], candidate[j], d_c[j]
            first[j] = d * (old[j] - g) * (forget - forget * forget)
            candidate[j] = d * (1 - forget) * (1 - g * g)
            d_c[j] = d * forget
        return
    for j in range(n):
        i, g, d = first[j], candidate[j], d_c[j]
        first[j] = d * g * (i - i * i)
        candidate[j] = d * i * (1 - g * g)
    if kind == FULL:
        for j in range(n):
            forget, d = second[j], d_c[j]
            second[j] = d * old[j] * (forget - forget * forget)
            d_c[j] = d * forget


@kernel(fastmath={"contract", "nsz"})
def _through_peepholes(peepholes, d_gates, c, d_c, d_peepholes):
    """Add what the gradients of the gates say about the memory they saw, and about the peepholes."""
    for block in range(len(peepholes)):
        weights, d_weights = peepholes[block], d_peepholes[block]
        d_gate = d_gates[block * c.size : (block + 1) * c.size]
        for j in range(c.size):
            d_c[j] += weights[j] * d_gate[j]
            d_weights[j] += d_gate[j] * c[j]


@kernel(*_FILES, fastmath={"contract", "nsz"})
def _backward(transposed, peepholes, kind, gates, starts, mask, before, squashed, d_outputs, d_h, d_c, d_peepholes):
    """Turn the gates into the gradients of the drive, and move `d_h` and `d_c` back."""
    n = d_h.shape[1]
    inner = gates.shape[1] - 2 * n
    memory = np.empty(n, gates.dtype)
    for t in range(starts.size - 2, -1, -1):
        first, last = starts[t], starts[t + 1]
        for s in range(last - first):
            row, old, new, d_out = gates[first + s], before[first + s], squashed[first + s], d_outputs[first + s]
            output, candidate, d_state, d_memory = row[inner : inner + n], row[inner + n :], d_h[s], d_c[s]
            if len(peepholes):
                for j in range(n):
                    memory[j] = old[j]
                _remember(kind, row, candidate, memory)
            for j in range(n):
                d, o, squash = d_state[j] + d_out[j], output[j], new[j]
                d_memory[j] += d * o * (1 - squash * squash)
                output[j] = d * squash * (o - o * o)
            if len(peepholes):
                _through_peepholes(peepholes[-1:], output, memory, d_memory, d_peepholes[-1:])
            _through_memory(kind, row, candidate, old, d_memory)
            if len(peepholes):
                _through_peepholes(peepholes[:-1], row, old, d_memory, d_peepholes[:-1])
            for j in range(n):
                d_state[j] = 0
        add_row_products(gates[first:last], transposed, d_h[: last - first])
        mask_gradient(mask, d_h[: last - first])


@dataclass(eq=False, repr=False)
class LSTM(Cell):
    """Long short-term memory.

        i, f, o = s(W x + U h + b),   g = tanh(W_g x + U_g h + b_g)
        c' = f * c + i * g,   h' = o * tanh(c')

    with the logistic function s and one matrix block per gate, in the order i, f, o, g. Each block of W starts uniform
    (Glorot), each block of U orthogonal, biases and peepholes at zero except the bias of f.

    Parameters
    ----------
    forget_gate : bool, default True
        False is the network of 1997, where f = 1.
    forget_bias : float, default 1.0
        Bias of f at the start: a large one makes the cell remember at first.
    peepholes : bool, default False
        Whether i and f also see p * c, and o sees p * c', with one learnt weight per unit.
    coupled : bool, default False
        Whether i = 1 - f. Needs the forget gate.

    Raises
    ------
    ValueError
        For an option that is not as above, when an estimator with this cell is fitted.

    References
    ----------
    Hochreiter and Schmidhuber 1997, Long short-term memory, Neural Computation 9(8):1735-1780,
    doi:10.1162/neco.1997.9.8.1735.
    Gers, Schmidhuber, Cummins 2000, Learning to forget, Neural Computation 12(10):2451-2471,
    doi:10.1162/089976600300015015.
    Gers, Schraudolph, Schmidhuber 2002, Learning precise timing with LSTM recurrent networks, Journal of Machine
    Learning Research 3:115-143.
    Greff, Srivastava, Koutnik, Steunebrink, Schmidhuber 2017, LSTM: a search space odyssey, IEEE Transactions on Neural
    Networks and Learning Systems 28(10):2222-2232, doi:10.1109/TNNLS.2016.2582924, for coupled gates.
    Jozefowicz, Zaremba, Sutskever 2015, An empirical exploration of recurrent network architectures, Proceedings of
    Machine Learning Research 37:2342-2350, for the bias of 1.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.rnn.cells import LSTM
    >>> parameters = LSTM(peepholes=True).draw(3, 5, np.random.default_rng(0))
    >>> {name: array.shape for name, array in parameters.items()}  # doctest: +NORMALIZE_WHITESPACE
    {'input_weights': (3, 20), 'bias': (20,), 'recurrent_weights': (5, 20), 'peephole_weights': (3, 5)}
    """

    forget_gate: bool = True
    forget_bias: float = 1.0
    peepholes: bool = False
    coupled: bool = False

    name = "lstm"

    def check(self) -> None:
        """Refuse options of another kind, and coupled gates without a forget gate."""
        p = Parameters(self)
        for option in ("forget_gate", "peepholes", "coupled"):
            p.flag(option)
        p.real("forget_bias")
        if self.coupled and not self.forget_gate:
            raise p.error("coupled", "False without a forget gate")

    def n_drive(self, n_units: int) -> int:
        """Three or four blocks."""
        return (4 if self._kind() == FULL else 3) * n_units

    def state_widths(self, n_units: int) -> tuple[int, ...]:
        """State h and memory c."""
        return n_units, n_units

    def draw(self, n_inputs: int, n_units: int, rng: np.random.Generator) -> Arrays:
        """See the class."""
        n_blocks = self.n_drive(1)
        parameters = {
            "input_weights": glorot(rng, n_inputs, n_units, n_blocks),
            "bias": np.zeros(n_blocks * n_units),
            "recurrent_weights": orthogonal(rng, n_units, n_blocks),
        }
        forget = {FULL: 1, COUPLED: 0}.get(self._kind())
        if forget is not None:
            parameters["bias"][forget * n_units : (forget + 1) * n_units] = self.forget_bias
        if self.peepholes:
            parameters["peephole_weights"] = np.zeros((n_blocks - 1, n_units))
        return parameters

    def forward(self, parameters: Arrays, drive: np.ndarray, steps: Steps, state: State) -> tuple[np.ndarray, Any]:
        """See `Cell.forward`."""
        h, c = state
        outputs, previous, before, squashed = (np.empty((len(drive), h.shape[1]), drive.dtype) for _ in range(4))
        where = drive, steps.starts, steps.recurrent_mask, h, c, outputs
        weights = parameters["recurrent_weights"], self._peepholes(parameters), self._kind()
        _forward(*weights, *where, previous, before, squashed)
        return outputs, (drive, previous, before, squashed)

    def backward(
        self, parameters: Arrays, tape: Any, steps: Steps, d_outputs: np.ndarray, d_state: State
    ) -> tuple[np.ndarray, Arrays]:
        """See `Cell.backward`."""
        gates, previous, before, squashed = tape
        transposed, peepholes = np.ascontiguousarray(parameters["recurrent_weights"].T), self._peepholes(parameters)
        d_peepholes = np.zeros_like(peepholes)
        rows = gates, steps.starts, steps.recurrent_mask, before, squashed, d_outputs
        _backward(transposed, peepholes, self._kind(), *rows, *d_state, d_peepholes)
        gradients = {"recurrent_weights": sum_over_rows(previous, gates)}
        return gates, gradients | ({"peephole_weights": d_peepholes} if self.peepholes else {})

    def _kind(self) -> int:
        return COUPLED if self.coupled else FULL if self.forget_gate else NO_FORGET

    def _peepholes(self, parameters: Arrays) -> np.ndarray:
        weights = parameters["recurrent_weights"]
        return parameters["peephole_weights"] if self.peepholes else np.empty((0, len(weights)), weights.dtype)
