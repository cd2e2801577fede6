"""Products of Legendre polynomials of delayed inputs: an orthonormal family for independent uniform input."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from itertools import combinations_with_replacement, islice

import numpy as np
from scipy.linalg.blas import dsyrk
from scipy.special import eval_legendre

from reservoir.compilation import kernel

_FUNCTIONS_A_BLOCK, _ROWS_A_BLOCK = 128, 1024


def functions(degree: int, longest: int, n_at_once: int = 4096) -> Iterator[np.ndarray]:
    """All products of this degree whose longest delay is `longest`, in arrays (n_functions, degree).

    A function is the sorted delays of its factors: [1, 1, 4] is P_2(u(t - 1)) P_1(u(t - 4)). Of several inputs it is
    their places: of n, the place v stands for the input v modulo n at the delay v // n.
    """
    rest = combinations_with_replacement(range(longest + 1), degree - 1)
    while chosen := list(islice(rest, n_at_once)):
        delays = np.full((len(chosen), degree), longest, dtype=np.int32)
        delays[:, :-1] = np.array(chosen, dtype=np.int32).reshape(len(chosen), degree - 1)
        yield delays


def polynomials(inputs: np.ndarray, max_degree: int) -> np.ndarray:
    """Legendre polynomials of degree 1, 2, ... of inputs in [-1, 1], of variance 1 (max_degree, n_inputs)."""
    return np.array([np.sqrt(2 * n + 1) * eval_legendre(n, inputs) for n in range(1, max_degree + 1)])


class Products:
    """The values of functions at the last n_steps inputs, made in blocks when they are needed.

    Parameters
    ----------
    inputs : array (n_before + n_steps, n_features), in [-1, 1]
    n_steps : int
    max_degree : int
    """

    def __init__(self, inputs: np.ndarray, n_steps: int, max_degree: int):
        self.polynomials = polynomials(inputs.T.ravel(), max_degree)
        self.n_inputs, self.n_features = inputs.shape
        self.n_steps = n_steps

    def values(self, delays: np.ndarray, first: int, last: int) -> np.ndarray:
        """Functions (n_functions, last - first) at these steps; delays below 0 fill a row up and mean nothing."""
        values = np.empty((len(delays), last - first), self.polynomials.dtype)
        origin = self.n_inputs - self.n_steps + first
        _multiply(self.polynomials, delays, self.n_features, self.n_inputs, origin, values)
        return values

    def blocks(self) -> Iterator[tuple[int, int]]:
        """First and last step of the blocks of steps."""
        for first in range(0, self.n_steps, _ROWS_A_BLOCK):
            yield first, min(first + _ROWS_A_BLOCK, self.n_steps)

    def onto(self, basis: np.ndarray, leverage: np.ndarray, delays: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Scalar products (n_functions, n_columns) of functions with orthonormal columns, and sums of their squares.

        The sums (n_functions, n_weights) are weighted with each column of `leverage` (n_steps, n_weights).
        """
        products, sizes = np.zeros((len(delays), basis.shape[1])), np.zeros((len(delays), leverage.shape[1]))
        for start in range(0, len(delays), _FUNCTIONS_A_BLOCK):
            part = slice(start, start + _FUNCTIONS_A_BLOCK)
            for first, last in self.blocks():
                values = self.values(delays[part], first, last)
                products[part] += values @ basis[first:last]
                sizes[part] += np.square(values, out=values) @ leverage[first:last]
        return products, sizes

    def gram(self, delays: np.ndarray) -> np.ndarray:
        """Scalar products (n_functions, n_functions) of functions with one another."""
        products = np.zeros((len(delays), len(delays)), order="F")
        for first, last in self.blocks():
            values = self.values(delays, first, last)
            products = dsyrk(1.0, values.T, beta=1.0, c=products, trans=1, overwrite_c=True)
        for row in range(len(delays)):
            products[row, :row] = products[:row, row]
        return products

    def in_single_precision(self) -> Products:
        """The same in single precision, in half the time."""
        found = copy.copy(self)
        found.polynomials = self.polynomials.astype(np.float32)
        return found


@kernel()
def _multiply(polynomials, delays, n_features, n_inputs, origin, values):
    n_functions, degree = delays.shape
    n_steps = values.shape[1]
    for f in range(n_functions):
        product = values[f]
        factor = 0
        while factor < degree and delays[f, factor] >= 0:
            delay, power = delays[f, factor], 1
            while factor + power < degree and delays[f, factor + power] == delay:
                power += 1
            start = delay % n_features * n_inputs + origin - delay // n_features
            heard = polynomials[power - 1, start : start + n_steps]
            if factor == 0:
                for t in range(n_steps):
                    product[t] = heard[t]
            else:
                for t in range(n_steps):
                    product[t] *= heard[t]
            factor += power
