"""The unitary evolution network, whose transition is a product of cheap unitary factors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import fft

from reservoir.compilation import kernel
from reservoir.rnn import modrelu as modrelu_module
from reservoir.rnn import row_products
from reservoir.rnn.cells import cell
from reservoir.rnn.cells.cell import Arrays, Cell, State, Steps, mask_gradient, mask_state
from reservoir.rnn.initialisation import glorot
from reservoir.rnn.modrelu import modrelu, modrelu_gradient
from reservoir.rnn.row_products import add_row_products, sum_over_rows
from reservoir.validation import Parameters

_FILES = (modrelu_module.__file__, row_products.__file__, cell.__file__)


@kernel(*_FILES)
def _forward(weights, bias, z, starts, mask, h, previous, outputs):
    """Turn the drive in `z` into what the rectifier sees and move `h` on; `previous` takes what was fed back."""
    for t in range(starts.size - 1):
        first, last = starts[t], starts[t + 1]
        mask_state(h, mask, previous[first:last])
        add_row_products(previous[first:last], weights, z[first:last])
        for s in range(last - first):
            row, state = outputs[first + s], h[s]
            modrelu(z[first + s], bias, row)
            for j in range(row.size):
                state[j] = row[j]


@kernel(*_FILES)
def _backward(transposed, bias, z, starts, mask, d_outputs, d_h, d_bias):
    """Turn `z` into the gradient of the drive."""
    inverse, along = np.empty_like(bias), np.empty_like(bias)
    for t in range(starts.size - 2, -1, -1):
        first, last = starts[t], starts[t + 1]
        for s in range(last - first):
            d_state, d_output = d_h[s], d_outputs[first + s]
            for j in range(d_state.size):
                d_state[j] += d_output[j]
            modrelu_gradient(z[first + s], bias, d_state, d_bias, inverse, along)
            for j in range(d_state.size):
                d_state[j] = 0
        add_row_products(z[first:last], transposed, d_h[: last - first])
        mask_gradient(mask, d_h[: last - first])


def _reflected(rows: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Rows mirrored in the plane across v."""
    return rows - np.outer(rows @ v.conj(), v * (2 / np.vdot(v, v).real))


def _reflection_gradient(before: np.ndarray, d_after: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Gradient with respect to v of `_reflected(before, v)`."""
    square, along, d_along = np.vdot(v, v).real, before @ v.conj(), d_after @ v.conj()
    own = 2 * np.vdot(d_along, along).real / square
    return (own * v - d_after.T @ along.conj() - before.T @ d_along.conj()) * (2 / square)


def _as_real(matrix: np.ndarray) -> np.ndarray:
    """The real matrix (2 n, 2 n) that does to rows [real, imaginary] what `matrix` does to complex rows."""
    return np.block([[matrix.real, matrix.imag], [-matrix.imag, matrix.real]])


@dataclass(eq=False, repr=False)
class Unitary(Cell):
    """The unitary evolution network: complex units, whose recurrent matrix is unitary whatever is learnt.

        h' = modrelu(U h + W x + c),    U = D3 R2 F^-1 D2 P R1 F D1

    with the rectifier of `reservoir.rnn.modrelu`, which has a bias b of its own, diagonal matrices D of phases, the
    unitary Fourier transform F, a fixed permutation P, reflections ``R = I - 2 v v* / |v|^2`` by a complex v. Real and
    imaginary parts of h stand side by side: the cell gives out twice as many numbers as it has units.

    Phases start uniform in +-pi, W and v uniform (Glorot), b uniform in +-0.01, c at zero; the state before the first
    row is learnt and starts uniform in +-sqrt(3 / (2 n_units)).

    U is multiplied out once for all rows of a batch, with the fast transform, and each step is one product with it.
    Up to some 64 units that costs about as much as the transforms at every step would, from 256 units on several times
    as much.

    Parameters
    ----------
    permutation_seed : int >= 0, default 0
        Seed of the fixed permutation, the same in all layers of one width.

    Raises
    ------
    ValueError
        For a seed that is no such integer, when an estimator with this cell is fitted.

    References
    ----------
    Arjovsky, Shah, Bengio 2016, Unitary evolution recurrent neural networks, Proceedings of Machine Learning Research
    48:1120-1128, doi:10.48550/arXiv.1511.06464.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.rnn.cells import Unitary
    >>> parameters = Unitary().draw(3, 5, np.random.default_rng(0))
    >>> {name: array.shape for name, array in parameters.items()}  # doctest: +NORMALIZE_WHITESPACE
    {'input_weights': (3, 10), 'bias': (10,), 'phases': (3, 5), 'reflections': (2, 10), 'modulus_bias': (5,),
     'initial_state': (10,)}
    """

    permutation_seed: int = 0

    name = "unitary"

    def check(self) -> None:
        """Refuse what is no seed."""
        Parameters(self).integer("permutation_seed", 0)

    def n_outputs(self, n_units: int) -> int:
        """Real and imaginary parts."""
        return 2 * n_units

    def draw(self, n_inputs: int, n_units: int, rng: np.random.Generator) -> Arrays:
        """See the class."""
        limit = np.sqrt(1.5 / n_units)
        return {
            "input_weights": glorot(rng, n_inputs, 2 * n_units),
            "bias": np.zeros(2 * n_units),
            "phases": rng.uniform(-np.pi, np.pi, size=(3, n_units)),
            "reflections": glorot(rng, 2, 2 * n_units),
            "modulus_bias": rng.uniform(-0.01, 0.01, size=n_units),
            "initial_state": rng.uniform(-limit, limit, size=2 * n_units),
        }

    def forward(self, parameters: Arrays, drive: np.ndarray, steps: Steps, state: State) -> tuple[np.ndarray, Any]:
        """See `Cell.forward`."""
        (h,), matrix = state, self._product(*self._factors(parameters))
        weights = _as_real(matrix).astype(drive.dtype)
        previous, outputs = np.empty_like(drive), np.empty_like(drive)
        _forward(weights, parameters["modulus_bias"], drive, steps.starts, steps.recurrent_mask, h, previous, outputs)
        return outputs, (drive, previous, matrix, weights)

    def backward(
        self, parameters: Arrays, tape: Any, steps: Steps, d_outputs: np.ndarray, d_state: State
    ) -> tuple[np.ndarray, Arrays]:
        """See `Cell.backward`."""
        (z, previous, matrix, weights), (d_h,), bias = tape, d_state, parameters["modulus_bias"]
        transposed, d_bias = np.ascontiguousarray(weights.T), np.zeros_like(bias)
        _backward(transposed, bias, z, steps.starts, steps.recurrent_mask, d_outputs, d_h, d_bias)
        n, d_weights = bias.size, sum_over_rows(previous, z)
        d_matrix = d_weights[:n, :n] + d_weights[n:, n:] + 1j * (d_weights[:n, n:] - d_weights[n:, :n])
        d_phases, d_reflections = self._gradients(matrix, d_matrix.astype(complex), *self._factors(parameters))
        return z, {
            "modulus_bias": d_bias,
            "phases": d_phases.astype(z.dtype),
            "reflections": np.concatenate([d_reflections.real, d_reflections.imag], axis=1).astype(z.dtype),
        }

    def _factors(self, parameters: Arrays) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The diagonals (3, n), the vectors (2, n) across the planes, and the permutation (n,)."""
        n = parameters["modulus_bias"].size
        vectors = parameters["reflections"].astype(float)
        permutation = np.random.default_rng(self.permutation_seed).permutation(n)
        return np.exp(1j * parameters["phases"].astype(float)), vectors[:, :n] + 1j * vectors[:, n:], permutation

    @staticmethod
    def _product(diagonals: np.ndarray, vectors: np.ndarray, permutation: np.ndarray) -> np.ndarray:
        """The matrix (n, n) that rows are multiplied by from the right."""
        rows = _reflected(fft.fft(np.diag(diagonals[0]), norm="ortho"), vectors[0])
        rows = fft.ifft(rows[:, permutation] * diagonals[1], norm="ortho")
        return _reflected(rows, vectors[1]) * diagonals[2]

    @staticmethod
    def _gradients(
        rows: np.ndarray, d_rows: np.ndarray, diagonals: np.ndarray, vectors: np.ndarray, permutation: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Gradients of phases and vectors, undoing `_product` factor by factor, from its value and gradient."""
        d_phases, d_vectors = np.empty(diagonals.shape), np.empty_like(vectors)
        back, inverse = diagonals.conj(), np.argsort(permutation)
        d_phases[2] = np.sum(d_rows * rows.conj(), axis=0).imag
        rows, d_rows = _reflected(rows * back[2], vectors[1]), d_rows * back[2]
        d_vectors[1] = _reflection_gradient(rows, d_rows, vectors[1])
        rows, d_rows = fft.fft(rows, norm="ortho"), fft.fft(_reflected(d_rows, vectors[1]), norm="ortho")
        d_phases[1] = np.sum(d_rows * rows.conj(), axis=0).imag
        rows, d_rows = (rows * back[1])[:, inverse], (d_rows * back[1])[:, inverse]
        rows = _reflected(rows, vectors[0])
        d_vectors[0] = _reflection_gradient(rows, d_rows, vectors[0])
        d_rows = fft.ifft(_reflected(d_rows, vectors[0]), norm="ortho")
        d_phases[0] = (np.diag(d_rows) * back[0]).imag
        return d_phases, d_vectors
