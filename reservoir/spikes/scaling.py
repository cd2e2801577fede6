"""The range of features: learned or given, and the share of it at which a value lies."""

from __future__ import annotations

import numbers
from typing import Any, ClassVar

import numpy as np

from reservoir.estimators import BaseEstimator
from reservoir.quantities import magnitude
from reservoir.sequences import check_magnitude
from reservoir.trainers import one_trainer
from reservoir.validation import Parameters, check_finite_array, check_real, not_fitted, parameter_error, real_array


class Scaled(BaseEstimator):
    """Part that reads every feature as its share of the range from `low` to `high`.

    The share is (value - low) / (high - low), clipped to [0, 1]; that of a constant feature is 0.

    Parameters
    ----------
    low, high : None, float or array (n_features,), default None
        Ends of the range, in the unit of the feature; None learns them from the rows of `fit`.

    Raises
    ------
    ValueError
        For a parameter out of range, and for rows that are not finite.
    """

    learned: ClassVar = {"low_": "reals (f)", "high_": "reals (f)"}
    piecewise = True  # whether rows may be encoded in pieces: False where it changes the spikes
    low: Any
    high: Any

    def n_channels(self, n_features: int) -> int:
        """One channel per feature."""
        return n_features

    @one_trainer
    def fit(self, rows: np.ndarray) -> Any:
        """Learn the range (n_features,), `low_` and `high_`, of rows (n_rows, n_features) where it is not given."""
        p, rows = Parameters(self), self._read(rows)
        low, high = _bound(p, "low", rows.min(axis=0)), _bound(p, "high", rows.max(axis=0))
        if (low > high).any():
            raise p.error("low", f"<= {high}") if self.low is not None else p.error("high", f">= {low}")
        self.low_, self.high_ = low, high
        return self

    def shares(self, rows: np.ndarray) -> np.ndarray:
        """Values (n_rows, n_features) as shares of the range, in [0, 1]."""
        if not hasattr(self, "low_"):
            raise not_fitted(self)
        rows, expected = self._read(rows), len(self.low_)
        if rows.shape[1] != expected:
            raise ValueError(
                f"X has {rows.shape[1]} features, but {type(self).__name__} is expecting {expected} features as input."
            )
        span = self.high_ - self.low_
        clipped = np.clip(rows, self.low_, self.high_) - self.low_
        return np.divide(clipped, span, out=np.zeros_like(clipped), where=span > 0)

    def _read(self, value: Any) -> np.ndarray:
        owner, rows = type(self).__name__, real_array(value)
        if rows is None or rows.ndim != 2 or not rows.size or not np.isfinite(rows).all():
            raise parameter_error(owner, "rows", "a finite array (n_rows, n_features)", value)
        return check_magnitude(rows, "rows", owner)


def read_step(part: BaseEstimator, step: float) -> float:
    """Seconds per row, checked."""
    return check_real(type(part).__name__, "step", step, 0, closed="neither", unit="second")


def _bound(p: Parameters, name: str, learned: np.ndarray) -> np.ndarray:
    """One end of the range as it is given, in the unit of the feature whatever that is, or as it is learned."""
    given = magnitude(getattr(p.part, name))
    if given is None:
        return learned
    if isinstance(given, numbers.Real):
        bound = np.full(learned.shape, check_real(p.owner, name, given))
    else:
        bound = check_finite_array(p.owner, name, given, learned.shape, "None, a number or ")
    return check_magnitude(bound, name, p.owner)
