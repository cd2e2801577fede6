"""The simple recurrent network of Elman."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from reservoir.compilation import kernel
from reservoir.neurons import activations
from reservoir.neurons.activations import ACTIVATIONS, RELU, TANH, activate
from reservoir.rnn import row_products
from reservoir.rnn.cells import cell
from reservoir.rnn.cells.cell import Arrays, Cell, State, Steps, mask_gradient, mask_state
from reservoir.rnn.initialisation import glorot, orthogonal
from reservoir.rnn.row_products import add_row_products, sum_over_rows
from reservoir.validation import Parameters

_FILES = (*activations.FILES, row_products.__file__, cell.__file__)


@kernel(*_FILES)
def _forward(weights, code, outputs, starts, mask, h, previous):
    """Turn the drive in `outputs` into states and move `h` on; `previous` takes what was fed back."""
    for t in range(starts.size - 1):
        first, last = starts[t], starts[t + 1]
        mask_state(h, mask, previous[first:last])
        add_row_products(previous[first:last], weights, outputs[first:last])
        for s in range(last - first):
            row, state = outputs[first + s], h[s]
            activate(code, row)
            for j in range(row.size):
                state[j] = row[j]


@kernel(fastmath={"contract", "nsz"})
def _through_activation(code, output, d_output, d_state, d_row):
    """d_row = (d_output + d_state) f', by the value of f; `d_state` is set to zero."""
    if code == TANH:
        for j in range(output.size):
            d_row[j] = (d_output[j] + d_state[j]) * (1 - output[j] * output[j])
    elif code == RELU:
        for j in range(output.size):
            d_row[j] = d_output[j] + d_state[j] if output[j] > 0 else 0
    else:
        for j in range(output.size):
            d_row[j] = (d_output[j] + d_state[j]) * (output[j] - output[j] * output[j])
    for j in range(output.size):
        d_state[j] = 0


@kernel(*_FILES)
def _backward(transposed, code, outputs, starts, mask, d_outputs, d_h, d_drive):
    for t in range(starts.size - 2, -1, -1):
        first, last = starts[t], starts[t + 1]
        for s in range(last - first):
            _through_activation(code, outputs[first + s], d_outputs[first + s], d_h[s], d_drive[first + s])
        add_row_products(d_drive[first:last], transposed, d_h[: last - first])
        mask_gradient(mask, d_h[: last - first])


@dataclass(eq=False, repr=False)
class Elman(Cell):
    """The simple recurrent network: one layer of units that hear their own past.

        h' = f(W x + U h + b)

    W starts uniform (Glorot), U orthogonal, b at zero.

    Parameters
    ----------
    activation : "tanh", "relu" or "logistic", default "tanh"
        The function f.

    Raises
    ------
    ValueError
        For another activation, when an estimator with this cell is fitted.

    References
    ----------
    Elman 1990, Finding structure in time, Cognitive Science 14(2):179-211, doi:10.1207/s15516709cog1402_1.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.rnn.cells import Elman
    >>> parameters = Elman().draw(3, 5, np.random.default_rng(0))
    >>> {name: array.shape for name, array in parameters.items()}
    {'input_weights': (3, 5), 'bias': (5,), 'recurrent_weights': (5, 5)}
    """

    activation: str = "tanh"

    name = "elman"

    def check(self) -> None:
        """Refuse an unknown activation."""
        Parameters(self).choice("activation", ["tanh", "relu", "logistic"])

    def draw(self, n_inputs: int, n_units: int, rng: np.random.Generator) -> Arrays:
        """See the class."""
        return {
            "input_weights": glorot(rng, n_inputs, n_units),
            "bias": np.zeros(n_units),
            "recurrent_weights": orthogonal(rng, n_units),
        }

    def forward(self, parameters: Arrays, drive: np.ndarray, steps: Steps, state: State) -> tuple[np.ndarray, Any]:
        """See `Cell.forward`."""
        previous = np.empty_like(drive)
        code, (h,) = ACTIVATIONS[self.activation], state
        _forward(parameters["recurrent_weights"], code, drive, steps.starts, steps.recurrent_mask, h, previous)
        return drive, (drive, previous)

    def backward(
        self, parameters: Arrays, tape: Any, steps: Steps, d_outputs: np.ndarray, d_state: State
    ) -> tuple[np.ndarray, Arrays]:
        """See `Cell.backward`."""
        (outputs, previous), (d_h,) = tape, d_state
        transposed = np.ascontiguousarray(parameters["recurrent_weights"].T)
        d_drive = np.empty_like(outputs)
        code = ACTIVATIONS[self.activation]
        _backward(transposed, code, outputs, steps.starts, steps.recurrent_mask, d_outputs, d_h, d_drive)
        return d_drive, {"recurrent_weights": sum_over_rows(previous, d_drive)}
