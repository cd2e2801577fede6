"""Means with intervals, and the differences of two systems that ran on the same seeds."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from scipy import special

LEVEL = 0.95


class Interval(NamedTuple):
    """A mean, or ratio of means, and the ends of its 95 % interval."""

    middle: float
    low: float
    high: float

    def excludes(self, value: float) -> bool:
        """Whether the value lies outside."""
        return not self.low <= value <= self.high


def student(values: Any) -> Interval:
    """Mean and Student's t interval: mean -+ t(n - 1) s / sqrt(n)."""
    values = np.asarray(values, dtype=float)
    middle, n = values.mean(), len(values)
    if n < 2 or not np.isfinite(values).all():
        return Interval(float(middle), -np.inf, np.inf)
    half = special.stdtrit(n - 1, (1 + LEVEL) / 2) * values.std(ddof=1) / np.sqrt(n)
    return Interval(float(middle), float(middle - half), float(middle + half))


def loss(worse: Any, better: Any, scale: str, direction: str) -> Interval:
    """How much one system loses to another over the same seeds, from the differences seed by seed.

    With the scale "difference" it is the mean difference, 0 being a tie; with "ratio" the geometric mean of the ratios,
    1 being a tie, from the interval of the logarithms.
    """
    worse, better = np.asarray(worse, dtype=float), np.asarray(better, dtype=float)
    sign = 1 if direction == "lower" else -1
    if scale == "difference":
        return student(sign * (worse - better))
    with np.errstate(divide="ignore", invalid="ignore"):
        found = student(sign * (np.log(worse) - np.log(better)))
    return Interval(*(float(np.exp(end)) for end in found))


TIES = {"difference": 0.0, "ratio": 1.0}
