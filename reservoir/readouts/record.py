"""What ridge regression keeps of its rows: the joint of `Moments`, `Triangle` and `WideRows`."""

from __future__ import annotations

from functools import reduce
from typing import Protocol, Self

import numpy as np

from reservoir.readouts.penalty import Principal


class Solvable(Protocol):
    """Rows in a form that is solved for a penalty of each target."""

    @property
    def trace(self) -> float:
        """Sum of the squared singular values."""

    def coefficients(self, alpha: np.ndarray) -> np.ndarray:
        """coef (n_features, n_outputs) for one penalty per target (n_outputs,)."""


class Factorised(Solvable, Protocol):
    """Rows in a form that is solved for many penalties."""

    def path(self, alphas: np.ndarray) -> np.ndarray:
        """coef (n_features, n_alphas, n_outputs) for every penalty and target."""

    def generalised_cross_validation(self, alphas: np.ndarray) -> np.ndarray:
        """Scores (n_alphas, n_outputs), smaller is better."""


class Record(Protocol):
    """Sums over weighted rows (n_features,) with targets (n_outputs,), of a size that the features bound.

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

    def merged(self, other: Self) -> Self:
        """Record of both sets of rows together."""

    def solve(self, alpha: float) -> np.ndarray | None:
        """Coefficients (n_features, n_outputs) for one penalty; None where rounding spoils them."""

    def intercept(self, coef: np.ndarray) -> np.ndarray:
        """What is left of the means (..., n_outputs) for a coef (n_features, ..., n_outputs)."""

    def factorised(self) -> Factorised:
        """What solves for every penalty."""

    def principal(self) -> Principal:
        """The rows along their principal directions; what rounding cannot tell from zero is left out."""


class TallRecord(Record, Protocol):
    """A record whose size does not depend on the rows, and which knows how well others predict them."""

    @classmethod
    def of_rows(cls, X: np.ndarray, y: np.ndarray, weights: np.ndarray | None, centred: bool) -> Self:
        """Record of one block of rows (n_rows, n_features) with targets (n_rows, n_outputs)."""

    def squared_errors(self, coef: np.ndarray, intercept: np.ndarray) -> np.ndarray:
        """Sums of w (y - coef x - intercept)^2 over these rows (n_alphas, n_outputs)."""


def check_alike(one: Record, other: Record) -> None:
    """Refuse to make one record of rows of other features or outputs, which NumPy would stretch, or of another mean."""
    widths = [(record.n_features, record.n_outputs) for record in (one, other)]
    if widths[0] != widths[1]:
        mine, theirs = (f"{n_features} features and {n_outputs} outputs" for n_features, n_outputs in widths)
        raise ValueError(f"Records of other rows cannot be merged: of {mine}, and of {theirs}.")
    if one.centred != other.centred:
        raise ValueError("Records with and without an intercept cannot be merged.")


def joined(one: Record | None, other: Record | None) -> Record | None:
    """Record of both sets of rows, where None is no rows."""
    if one is None or other is None:
        return one if other is None else other
    return one.merged(other)


def merged(records: list[Record]) -> Record:
    """Record of all rows together, from the first to the last."""
    return reduce(lambda total, record: total.merged(record), records)
