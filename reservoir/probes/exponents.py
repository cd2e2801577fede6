"""Lyapunov exponents from the growth of small differences: one record, and the loop that makes it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from reservoir.metrics import kaplan_yorke_dimension

Move: TypeAlias = Callable[[np.ndarray], np.ndarray]
"""How small differences (n, k) move in one step."""
N_SEGMENTS = 20
"""Pieces of time whose scatter gives the standard errors."""


@dataclass(frozen=True)
class LyapunovExponents:
    """Lyapunov exponents, natural logarithms for each unit of time, the largest first."""

    exponents: np.ndarray
    """(n_exponents,); -inf where differences vanish altogether."""
    standard_errors: np.ndarray
    """(n_exponents,), from the scatter of 20 pieces of the time."""

    @property
    def largest(self) -> float:
        """The first exponent."""
        return float(self.exponents[0])

    @property
    def total(self) -> float:
        """Sum of the exponents that were computed."""
        return float(self.exponents.sum())

    @property
    def kaplan_yorke_dimension(self) -> float:
        """See `reservoir.metrics.kaplan_yorke_dimension`.

        NaN where the sum of all those computed is not negative: ask for more of them.
        """
        return kaplan_yorke_dimension(self.exponents) if self.total < 0 else float("nan")


def from_growth(growth: np.ndarray, step: float) -> LyapunovExponents:
    """Exponents from the logarithms of growth (n_pieces, n_exponents) in pieces of `step` units of time each."""
    segments = np.array([part.mean(axis=0) for part in np.array_split(growth, N_SEGMENTS)])
    order = np.argsort(-growth.mean(axis=0), kind="stable")
    with np.errstate(invalid="ignore"):
        errors = segments.std(axis=0, ddof=1) / np.sqrt(N_SEGMENTS)
    return LyapunovExponents(growth.mean(axis=0)[order] / step, errors[order] / step)


def growth_of(moves: Iterable[Move], basis: np.ndarray, interval: int, n_discarded: int) -> np.ndarray:
    """Logarithms of growth (n_pieces, k) of orthonormal differences (n, k), made so again after every `interval` moves.

    The first n_discarded moves only turn the differences; what is left at the end and fills no interval is dropped.
    """
    growth, since, seen = [], 0, 0
    for move in moves:
        basis, since, seen = move(basis), since + 1, seen + 1
        if since == interval or seen == n_discarded:
            basis, triangle = np.linalg.qr(basis)
            if seen > n_discarded:
                growth.append(np.abs(np.diagonal(triangle)))
            since = 0
    with np.errstate(divide="ignore"):
        return np.log(np.array(growth))


def orthonormal(n_rows: int, n_columns: int, rng: np.random.Generator) -> np.ndarray:
    """Random orthonormal columns (n_rows, n_columns)."""
    return np.linalg.qr(rng.standard_normal((n_rows, n_columns)))[0]
