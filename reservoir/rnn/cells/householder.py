"""The orthogonal network of Householder reflections."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from reservoir.compilation import kernel
from reservoir.neurons import activations
from reservoir.neurons.activations import TANH, activate
from reservoir.rnn import row_products
from reservoir.rnn.cells import cell
from reservoir.rnn.cells.cell import Arrays, Cell, State, Steps, mask_gradient, mask_state
from reservoir.rnn.initialisation import glorot
from reservoir.rnn.row_products import add_row_products
from reservoir.validation import Parameters

_FILES = (*activations.FILES, row_products.__file__, cell.__file__)
_SLOPES = {"leaky_relu": 0.1, "relu": 0.0, "tanh": 1.0}  # below zero; 1 stands for tanh


@kernel(*activations.FILES)
def _squash(slope, row):
    if slope == 1:
        activate(TANH, row)
    else:
        for j in range(row.size):
            row[j] = row[j] if row[j] > 0 else row[j] * slope


@kernel(fastmath={"contract", "nsz"})
def _through_squash(slope, output, d_output, d_state, d_row):
    """d_row = (d_output + d_state) f', by the value of f; `d_state` becomes d_row too."""
    if slope == 1:
        for j in range(output.size):
            d_row[j] = (d_output[j] + d_state[j]) * (1 - output[j] * output[j])
    else:
        for j in range(output.size):
            d = d_output[j] + d_state[j]
            d_row[j] = d if output[j] > 0 else d * slope
    for j in range(output.size):
        d_state[j] = d_row[j]


@kernel(*_FILES)
def _forward(into, out_of, slope, outputs, starts, mask, h, previous, inner):
    """Turn the drive in `outputs` into states and move `h` on; `previous` takes what was fed back.

    The transition is I + into out_of; `inner` takes the product of what was fed back with `into`.
    """
    for t in range(starts.size - 1):
        first, last = starts[t], starts[t + 1]
        mask_state(h, mask, previous[first:last])
        add_row_products(previous[first:last], into, inner[first:last])
        add_row_products(inner[first:last], out_of, outputs[first:last])
        for s in range(last - first):
            row, fed, state = outputs[first + s], previous[first + s], h[s]
            for j in range(row.size):
                row[j] += fed[j]
            _squash(slope, row)
            for j in range(row.size):
                state[j] = row[j]


@kernel(*_FILES)
def _backward(into, out_of, slope, outputs, starts, mask, d_outputs, d_h, d_drive, d_inner):
    """The same backwards, with the transition I + into out_of of the transpose."""
    for t in range(starts.size - 2, -1, -1):
        first, last = starts[t], starts[t + 1]
        for s in range(last - first):
            _through_squash(slope, outputs[first + s], d_outputs[first + s], d_h[s], d_drive[first + s])
        add_row_products(d_drive[first:last], into, d_inner[first:last])
        add_row_products(d_inner[first:last], out_of, d_h[: last - first])
        mask_gradient(mask, d_h[: last - first])


def _places(n_units: int, n_reflections: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns in a matrix (n_units, m) of the free numbers of the reflections: column k begins in row k."""
    columns, rows = np.triu_indices(min(n_reflections, n_units - 1), 0, n_units)
    return rows, columns


@dataclass(eq=False, repr=False)
class Householder(Cell):
    """The orthogonal network: a simple recurrent network whose recurrent matrix is a product of reflections.

        h' = f(Q h + W x + b),    Q = H_m ... H_2 H_1,    H_k = I - 2 u_k u_k' / (u_k' u_k)

    The first k - 1 numbers of u_k are zero. Q is orthogonal whatever is learnt, and with all n_units - 1 reflections it
    can be any orthogonal matrix of its sign of the determinant. W starts uniform (Glorot), each u_k in a random
    direction, b at zero; the state before the first row is learnt and starts uniform in +-sqrt(3 / (2 n_units)).

    The reflections are gathered as Q = I - V T V', which takes two narrow products per step.

    Parameters
    ----------
    n_reflections : int >= 1, default 16
        The number m. At most n_units - 1 are used: a reflection of one number has nothing to learn.
    activation : "leaky_relu", "relu" or "tanh", default "leaky_relu"
        The function f; the leaky one has the slope 0.1 below zero.

    Raises
    ------
    ValueError
        When an estimator with this cell is fitted: for less than one reflection, and another function f.

    References
    ----------
    Mhammedi, Hellicar, Rahman, Bailey 2017, Efficient orthogonal parametrisation of recurrent neural networks using
    Householder reflections, Proceedings of Machine Learning Research 70:2401-2409, doi:10.48550/arXiv.1612.00188.
    Schreiber and Van Loan 1989, A storage-efficient WY representation for products of Householder transformations,
    SIAM Journal on Scientific and Statistical Computing 10(1):53-57, doi:10.1137/0910005.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.rnn.cells import Householder
    >>> parameters = Householder(n_reflections=2).draw(3, 5, np.random.default_rng(0))
    >>> {name: array.shape for name, array in parameters.items()}
    {'input_weights': (3, 5), 'bias': (5,), 'reflections': (9,), 'initial_state': (5,)}
    """

    n_reflections: int = 16
    activation: str = "leaky_relu"

    name = "householder"

    def check(self) -> None:
        """Refuse options outside their range."""
        p = Parameters(self)
        p.integer("n_reflections", 1)
        p.choice("activation", list(_SLOPES))

    def draw(self, n_inputs: int, n_units: int, rng: np.random.Generator) -> Arrays:
        """See the class."""
        rows, columns = _places(n_units, self.n_reflections)
        normal, limit = rng.standard_normal(rows.size), np.sqrt(1.5 / n_units)
        lengths = np.sqrt(np.bincount(columns, normal**2))
        return {
            "input_weights": glorot(rng, n_inputs, n_units),
            "bias": np.zeros(n_units),
            "reflections": normal / lengths[columns],
            "initial_state": rng.uniform(-limit, limit, size=n_units),
        }

    def forward(self, parameters: Arrays, drive: np.ndarray, steps: Steps, state: State) -> tuple[np.ndarray, Any]:
        """See `Cell.forward`."""
        (h,), factors, dtype = state, self._factors(parameters), drive.dtype
        vectors, _, triangle = factors
        into, out_of = (-vectors @ triangle).astype(dtype), np.ascontiguousarray(vectors.T, dtype=dtype)
        previous, inner = np.empty_like(drive), np.zeros((len(drive), vectors.shape[1]), dtype)
        slope = dtype.type(_SLOPES[self.activation])
        _forward(into, out_of, slope, drive, steps.starts, steps.recurrent_mask, h, previous, inner)
        return drive, (drive, previous, factors)

    def backward(
        self, parameters: Arrays, tape: Any, steps: Steps, d_outputs: np.ndarray, d_state: State
    ) -> tuple[np.ndarray, Arrays]:
        """See `Cell.backward`."""
        (outputs, previous, factors), (d_h,) = tape, d_state
        (vectors, _, triangle), dtype = factors, outputs.dtype
        slope = dtype.type(_SLOPES[self.activation])
        into, out_of = vectors.astype(dtype), np.ascontiguousarray(-triangle.T @ vectors.T, dtype=dtype)
        d_drive, along = np.empty_like(outputs), np.zeros((len(outputs), vectors.shape[1]), dtype)
        _backward(into, out_of, slope, outputs, steps.starts, steps.recurrent_mask, d_outputs, d_h, d_drive, along)
        left, right = previous.T @ along, d_drive.T @ (previous @ into)
        gradient = self._gradient(left.astype(float), right.astype(float), *factors)
        return d_drive, {"reflections": gradient.astype(dtype)}

    def _factors(self, parameters: Arrays) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Vectors of length 1 in columns (n, m), their lengths before (m,), and T, for rows times I - V T V'."""
        n = parameters["bias"].size
        vectors = np.zeros((n, min(self.n_reflections, n - 1)))
        vectors[_places(n, self.n_reflections)] = parameters["reflections"]
        lengths = np.sqrt(np.sum(vectors**2, axis=0))
        vectors /= lengths
        inverse = np.triu(vectors.T @ vectors, 1) + 0.5 * np.eye(len(lengths))
        return vectors, lengths, np.linalg.inv(inverse)

    def _gradient(
        self, left: np.ndarray, right: np.ndarray, vectors: np.ndarray, lengths: np.ndarray, triangle: np.ndarray
    ) -> np.ndarray:
        """Gradient of the free numbers, from G V and G' V for the gradient G of the matrix I - V T V'.

        T is the inverse of the upper triangle of V' V with half its diagonal.
        """
        d_inverse = np.triu(triangle.T @ (vectors.T @ left) @ triangle.T, 1)
        d_vectors = vectors @ (d_inverse + d_inverse.T) - left @ triangle.T - right @ triangle
        d_vectors -= vectors * np.sum(vectors * d_vectors, axis=0)
        return (d_vectors / lengths)[_places(len(vectors), self.n_reflections)]
