"""Which functions of past inputs the states of a system recover, and how much of the states all of them explain."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from reservoir.probes.legendre import Products, functions

_MAX_ITERATIONS, _ACCURACY = 100, 1e-7
_FUNCTIONS_AT_ONCE = 512
_ERROR = 1e-4  # of 1024 products that are summed in single precision, over the lengths of both: 6.1e-5, and conversions
_FUNCTIONS_A_STATE, _MOST_FUNCTIONS = 32, 4096  # of so many the products with one another are made once


class CountedFunctions:
    """The functions that count: their delays, and their products with an orthonormal basis of the states.

    Parameters
    ----------
    products : Products
    basis : array (n_steps, rank)
    floor : float
        Capacity above which a function counts.
    shape : (max_degree, n_delays)
    """

    def __init__(self, products: Products, basis: np.ndarray, floor: float, shape: tuple[int, int]):
        self._products, self._basis, self._floor, self._shape = products, basis, floor, shape
        self._n_places = shape[1] * products.n_features
        self._margin = floor * len(basis) / max(basis.shape[1], 1)
        self._leverage = np.column_stack([np.ones(len(basis)), np.einsum("tj,tj->t", basis, basis)])
        self._rough = products.in_single_precision(), basis.astype(np.float32), np.ones((len(basis), 1), np.float32)
        self.n_tried = 0
        self._delays = [np.zeros((0, shape[0]), np.int32)]
        self._projected: list[np.ndarray] = []
        self._lengths: list[np.ndarray] = []

    def try_degree(self, degree: int, patience: int) -> None:
        """All functions of one degree, up to the longest delay that the patience allows."""
        failed, longest = 0, 0
        while longest < self._n_places and failed < patience:
            levels = self._levels(degree, longest)
            of_levels = np.repeat(np.arange(len(levels)), list(map(len, levels)))
            every = np.concatenate(levels)
            hopeful = np.flatnonzero(self._may_count(every))
            for level, delays in enumerate(levels):
                counts = self._keep(delays[hopeful[of_levels[hopeful] == level] - np.searchsorted(of_levels, level)])
                self.n_tried += len(delays)
                failed, longest = 0 if counts else failed + len(delays), longest + 1
                if failed >= patience:
                    break

    def table(self) -> np.ndarray:
        """Capacity by degree and longest delay, when the functions explain the states together."""
        table, (n_steps, rank) = np.zeros(self._shape), self._basis.shape
        delays = np.concatenate(self._delays)
        if not len(delays):
            return table
        shares = explained(self._products, delays, np.concatenate(self._projected), np.concatenate(self._lengths))
        capacities = shares - (rank - shares.sum()) / (n_steps - len(delays))
        np.add.at(table, ((delays >= 0).sum(axis=1) - 1, delays.max(axis=1) // self._products.n_features), capacities)
        return table

    def _levels(self, degree: int, longest: int) -> list[np.ndarray]:
        """The functions of this longest delay, and of the next ones as long as all of them are few."""
        levels = [np.concatenate(list(functions(degree, longest)))]
        while sum(map(len, levels)) < _FUNCTIONS_AT_ONCE and longest + len(levels) < self._n_places:
            levels.append(np.concatenate(list(functions(degree, longest + len(levels)))))
        return levels

    def _may_count(self, delays: np.ndarray) -> np.ndarray:
        """Which of the functions may be above the floor (n_functions,), told in single precision in half the time."""
        products, basis, ones = self._rough
        projected, sizes = products.onto(basis, ones, delays)
        lengths = np.sqrt(np.square(projected).sum(axis=1) / sizes[:, 0])
        surely_below: np.ndarray = (lengths + np.sqrt(basis.shape[1])) * _ERROR + lengths < np.sqrt(self._floor)
        return ~surely_below

    def _keep(self, delays: np.ndarray) -> bool:
        """Keep those of the functions whose capacity is above the floor, and by the margin above what chance gives."""
        projected, sizes = self._products.onto(self._basis, self._leverage, delays)
        lengths = np.sqrt(sizes[:, 0])
        projected /= lengths[:, None]
        counts = np.square(projected).sum(axis=1) > np.maximum(self._floor, self._margin * sizes[:, 1] / sizes[:, 0])
        filled = np.full((int(counts.sum()), self._shape[0]), -1, np.int32)
        filled[:, : delays.shape[1]] = delays[counts]
        self._delays.append(filled)
        self._projected.append(projected[counts])
        self._lengths.append(lengths[counts])
        return bool(counts.any())


def explained(products: Products, delays: np.ndarray, projected: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """What each function adds to the share of the basis that all explain by least squares (n_functions,).

    By conjugate gradients from zero, a column of the basis for itself: the sum grows to that share from below, so that
    it never exceeds the number of columns. The functions are nearly orthogonal; a few rounds are enough.
    """
    of_pairs = _products_of_pairs(products, delays, lengths, projected.shape[1])
    weights, residual, direction = np.zeros_like(projected), projected.copy(), projected.copy()
    size = first_size = np.square(residual).sum(axis=0)
    for _ in range(_MAX_ITERATIONS):
        image = of_pairs(direction)
        step = size / np.maximum((direction * image).sum(axis=0), np.finfo(float).tiny)
        weights += step * direction
        residual -= step * image
        last_size, size = size, np.square(residual).sum(axis=0)
        if (size <= _ACCURACY**2 * first_size).all():
            break
        direction = residual + size / np.maximum(last_size, np.finfo(float).tiny) * direction
    return (weights * projected).sum(axis=1)


def _products_of_pairs(
    products: Products, delays: np.ndarray, lengths: np.ndarray, n_columns: int
) -> Callable[[np.ndarray], np.ndarray]:
    """What multiplies the scalar products of all functions, made of length 1, with so many columns."""
    if len(delays) <= min(_FUNCTIONS_A_STATE * n_columns, _MOST_FUNCTIONS):
        gram = products.gram(delays)
        gram /= lengths[:, None]
        gram /= lengths
        return lambda columns: gram @ columns

    def multiply(columns: np.ndarray) -> np.ndarray:
        image = np.zeros_like(columns)
        for first, last in products.blocks():
            values = products.values(delays, first, last) / lengths[:, None]
            image += values @ (values.T @ columns)
        return image

    return multiply
