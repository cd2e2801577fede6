"""The whole path of penalties from one factorisation, and the choice of one."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np


class Principal(NamedTuple):
    """Centred rows and targets along their principal directions.

    With singular values s, the coefficients for a penalty alpha are basis (s / (s^2 + alpha) shares).
    """

    sizes: np.ndarray  # singular values (rank,)
    basis: np.ndarray  # right singular vectors (n_features, rank)
    shares: np.ndarray  # targets along the left ones (rank, n_outputs)
    rest: np.ndarray  # squared length of the targets outside (n_outputs,)
    n_features: int
    weight: float
    centred: bool

    def coefficients(self, alpha: np.ndarray) -> np.ndarray:
        """coef (n_features, n_outputs) for one penalty a target (n_outputs,)."""
        return self.basis @ (self.sizes[:, None] / (self.sizes[:, None] ** 2 + alpha) * self.shares)

    def generalised_cross_validation(self, alphas: np.ndarray) -> np.ndarray:
        """Scores (n_alphas, n_outputs), smaller is better.

        V(alpha) = n |y - prediction|^2 / (n - trace(H))^2, where H takes the targets to the predictions (Golub,
        Heath and Wahba 1979, Technometrics 21(2):215-223, doi:10.1080/00401706.1979.10489751).
        """
        kept = self.sizes**2 / (self.sizes**2 + alphas[:, None])
        residual = self.rest + (1 - kept) ** 2 @ self.shares**2
        free = self.weight - self.centred - kept.sum(axis=1)
        return self.weight * residual / np.maximum(free, np.finfo(float).tiny)[:, None] ** 2


def blocked_errors(blocks: list, alphas: np.ndarray) -> np.ndarray:
    """Squared errors (n_alphas, n_outputs) on every block by the coefficients of all other blocks."""
    before: list[Any] = [None]
    after: list[Any] = [None]
    for block, later in zip(blocks[:-1], blocks[:0:-1], strict=True):
        before.append(block if before[-1] is None else before[-1].merged(block))
        after.append(later if after[-1] is None else later.merged(after[-1]))
    errors = np.zeros((len(alphas), blocks[0].n_outputs))
    for block, head, tail in zip(blocks, before, reversed(after), strict=True):
        others = tail if head is None else head if tail is None else head.merged(tail)
        principal = others.principal()
        for row, alpha in zip(errors, alphas, strict=True):
            coef = principal.coefficients(np.full(len(row), alpha))
            row += block.squared_error(coef, others.intercept(coef))
    return errors


def thinned(blocks: list, most: int) -> list:
    """The blocks with neighbours joined in pairs, as often as it takes to have at most `most`."""
    while len(blocks) > most:
        pairs = [blocks[k : k + 2] for k in range(0, len(blocks), 2)]
        blocks = [pair[0] if len(pair) == 1 else pair[0].merged(pair[1]) for pair in pairs]
    return blocks
