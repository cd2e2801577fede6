"""The update gate RNN: one gate, which is the least that carries a state along."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from reservoir.compilation import kernel
from reservoir.neurons.activations import ACTIVATIONS, activate
from reservoir.rnn import gates as gates_module
from reservoir.rnn import row_products, squashing
from reservoir.rnn.cells import cell
from reservoir.rnn.cells.cell import Arrays, Cell, State, Steps, add_fed_back, mask_state
from reservoir.rnn.gates import mix, unmix
from reservoir.rnn.initialisation import glorot, orthogonal
from reservoir.rnn.row_products import add_row_products, sum_over_rows
from reservoir.rnn.squashing import logistic
from reservoir.validation import Parameters

_FILES = (gates_module.__file__, *squashing.FILES, row_products.__file__, cell.__file__)


@kernel(*_FILES)
def _forward(weights, code, gates, starts, mask, h, outputs, previous, before):
    """Turn the drive in `gates` into gate and candidate, and move `h` on.

    `previous` takes the state that was fed back, `before` the state itself; without a mask they may be one array.
    """
    n = h.shape[1]
    for t in range(starts.size - 1):
        first, last = starts[t], starts[t + 1]
        mask_state(h, mask, previous[first:last])
        add_row_products(previous[first:last], weights, gates[first:last])
        for s in range(last - first):
            row = gates[first + s]
            gate, candidate = row[:n], row[n:]
            logistic(gate)
            activate(code, candidate)
            mix(gate, candidate, h[s], before[first + s], outputs[first + s])


@kernel(*_FILES)
def _backward(transposed, code, gates, starts, mask, before, d_outputs, d_h):
    """Turn the gates into the gradients of the drive, and move `d_h` back."""
    n = d_h.shape[1]
    scratch = np.empty_like(d_h)
    for t in range(starts.size - 2, -1, -1):
        first, last = starts[t], starts[t + 1]
        size = last - first
        for s in range(size):
            row = gates[first + s]
            unmix(code, row[:n], row[n:], before[first + s], d_outputs[first + s], d_h[s])
        add_fed_back(gates[first:last], transposed, mask, scratch[:size], d_h[:size])


@dataclass(eq=False, repr=False)
class UGRNN(Cell):
    """The update gate RNN: the smallest cell with a gate.

        g = s(W x + U h + b)
        c = f(W_c x + U_c h + b_c)
        h' = g * h + (1 - g) * c

    with the logistic function s and one matrix block each, in the order g, c. Each block of W starts uniform (Glorot),
    each block of U orthogonal, biases at zero except that of g. The state before the first row is learnt and starts
    at zero.

    Parameters
    ----------
    activation : "tanh" or "relu", default "tanh"
        The function f.
    gate_bias : float, default 1.0
        Bias of g at the start: a large one makes the cell remember at first. The publication tunes it.

    Raises
    ------
    ValueError
        When an estimator with this cell is fitted: for another function, and a bias that is no finite number.

    References
    ----------
    Collins, Sohl-Dickstein, Sussillo 2017, Capacity and trainability in recurrent neural networks, International
    Conference on Learning Representations, doi:10.48550/arXiv.1611.09913.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.rnn.cells import UGRNN
    >>> parameters = UGRNN().draw(3, 5, np.random.default_rng(0))
    >>> {name: array.shape for name, array in parameters.items()}  # doctest: +NORMALIZE_WHITESPACE
    {'input_weights': (3, 10), 'bias': (10,), 'recurrent_weights': (5, 10), 'initial_state': (5,)}
    """

    activation: str = "tanh"
    gate_bias: float = 1.0

    name = "ugrnn"

    def check(self) -> None:
        """Refuse an unknown activation, and a bias that is no number."""
        p = Parameters(self)
        p.choice("activation", ["tanh", "relu"])
        p.real("gate_bias")

    def n_drive(self, n_units: int) -> int:
        """Two blocks."""
        return 2 * n_units

    def draw(self, n_inputs: int, n_units: int, rng: np.random.Generator) -> Arrays:
        """See the class."""
        return {
            "input_weights": glorot(rng, n_inputs, n_units, 2),
            "bias": np.repeat([float(self.gate_bias), 0.0], n_units),
            "recurrent_weights": orthogonal(rng, n_units, 2),
            "initial_state": np.zeros(n_units),
        }

    def forward(self, parameters: Arrays, drive: np.ndarray, steps: Steps, state: State) -> tuple[np.ndarray, Any]:
        """See `Cell.forward`."""
        (h,), mask = state, steps.recurrent_mask
        outputs, previous = (np.empty((len(drive), h.shape[1]), drive.dtype) for _ in range(2))
        before = np.empty_like(outputs) if len(mask) else previous
        weights, code = parameters["recurrent_weights"], ACTIVATIONS[self.activation]
        _forward(weights, code, drive, steps.starts, mask, h, outputs, previous, before)
        return outputs, (drive, previous, before)

    def backward(
        self, parameters: Arrays, tape: Any, steps: Steps, d_outputs: np.ndarray, d_state: State
    ) -> tuple[np.ndarray, Arrays]:
        """See `Cell.backward`."""
        (gates, previous, before), (d_h,) = tape, d_state
        transposed, code = np.ascontiguousarray(parameters["recurrent_weights"].T), ACTIVATIONS[self.activation]
        _backward(transposed, code, gates, steps.starts, steps.recurrent_mask, before, d_outputs, d_h)
        return gates, {"recurrent_weights": sum_over_rows(previous, gates)}
