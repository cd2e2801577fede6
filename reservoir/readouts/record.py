"""What ridge regression keeps of its rows: the joint of `Moments` and `Triangle`."""

from __future__ import annotations

from functools import reduce
from itertools import pairwise
from typing import Protocol, Self

import numpy as np

from reservoir.readouts.penalty import Principal, Tridiagonal


class Record(Protocol):
    """Sums over weighted rows (n_features,) with targets (n_outputs,), of a size that does not grow with the rows.

    Records of two sets of rows make the record of both (`merged`). With ``centred`` the rows count from their mean, so
    that the intercept stays free of the penalty.
    """

    @property
    def weight(self) -> float:
        """Sum of the weights."""

    @property
    def n_rows(self) -> int:
        """Number of rows of a weight > 0."""

    @property
    def centred(self) -> bool:
        """Whether rows and targets count from their means."""

    @property
    def n_features(self) -> int:
        """Number of features."""

    @property
    def n_outputs(self) -> int:
        """Number of targets."""

    @classmethod
    def of_rows(cls, X: np.ndarray, y: np.ndarray, weights: np.ndarray | None, centred: bool) -> Self:
        """Record of one block of rows (n_rows, n_features) with targets (n_rows, n_outputs)."""

    def merged(self, other: Self) -> Self:
        """Record of both sets of rows together."""

    def solve(self, alpha: float) -> np.ndarray | None:
        """Coefficients (n_features, n_outputs) for one penalty; None where rounding spoils them."""

    def intercept(self, coef: np.ndarray) -> np.ndarray:
        """What is left of the means (..., n_outputs) for a coef (n_features, ..., n_outputs)."""

    def factorised(self) -> Principal | Tridiagonal:
        """What solves for every penalty."""

    def principal(self) -> Principal:
        """The rows along their principal directions; what rounding cannot tell from zero is left out."""

    def squared_errors(self, coef: np.ndarray, intercept: np.ndarray) -> np.ndarray:
        """Sums of w (y - coef x - intercept)^2 over these rows (n_alphas, n_outputs)."""


def joined(one: Record | None, other: Record | None) -> Record | None:
    """Record of both sets of rows, where None is no rows."""
    if one is None or other is None:
        return one if other is None else other
    return one.merged(other)


def merged(records: list[Record]) -> Record:
    """Record of all rows together, from the first to the last."""
    return reduce(lambda total, record: total.merged(record), records)


def thinned(blocks: list[Record], most: int) -> list[Record]:
    """The blocks, the smallest neighbours joined as often as it takes to have at most `most`."""
    blocks = list(blocks)
    while len(blocks) > most:
        first = int(np.argmin([one.n_rows + other.n_rows for one, other in pairwise(blocks)]))
        blocks[first : first + 2] = [blocks[first].merged(blocks[first + 1])]
    return blocks


def blocked_errors(blocks: list[Record], alphas: np.ndarray) -> np.ndarray:
    """Squared errors (n_alphas, n_outputs) on every one of two or more blocks by the coefficients of all others."""
    before: list[Record | None] = [None]
    after: list[Record | None] = [None]
    for block, later in zip(blocks[:-1], blocks[:0:-1], strict=True):
        before.append(joined(before[-1], block))
        after.append(joined(later, after[-1]))
    errors = np.zeros((len(alphas), blocks[0].n_outputs))
    for block, head, tail in zip(blocks, before, reversed(after), strict=True):
        others = merged([part for part in (head, tail) if part is not None])
        coef = others.factorised().path(alphas)
        errors += block.squared_errors(coef, others.intercept(coef))
    return errors
