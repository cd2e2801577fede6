"""Scores of intervals and quantiles."""

from __future__ import annotations

import numpy as np

from reservoir.metrics.reading import read_pair
from reservoir.parts import SequenceData
from reservoir.validation import check_real, parameter_error


def interval_coverage(y_true: SequenceData, lower: SequenceData, upper: SequenceData) -> float:
    """The share of all entries that lie within their interval, ends included.

        mean(lower <= y_true <= upper)

    Parameters
    ----------
    y_true, lower, upper : array (T,) or (T, K), equal shapes
        Bounds may be infinite; NaN holds nothing.

    Raises
    ------
    ValueError
        For arrays of different shapes, and a `y_true` with NaN or infinity.

    Examples
    --------
    >>> interval_coverage([1.0, 2.0, 3.0, 4.0], [0.0, 0.0, 0.0, 0.0], [3.0, 3.0, 3.0, 3.0])
    0.75
    """
    true, low = read_pair("interval_coverage", y_true, lower, "lower")
    _, high = read_pair("interval_coverage", y_true, upper, "upper")
    return float(np.mean((low <= true) & (true <= high)))


def pinball_loss(y_true: SequenceData, y_quantile: SequenceData, *, quantile: float) -> float:
    """The loss that the true quantile makes smallest, over all entries.

        mean(max(quantile e, (quantile - 1) e)),   e = y_true - y_quantile

    With a quantile of 1/2 it is half of the mean absolute error.

    Parameters
    ----------
    y_true, y_quantile : array (T,) or (T, K), equal shapes
        Infinite quantiles give an infinite loss.
    quantile : float in (0, 1)

    Raises
    ------
    ValueError
        For arrays of different shapes, NaN, a `y_true` that is infinite, and a quantile outside (0, 1).

    References
    ----------
    Koenker and Bassett 1978, Regression quantiles, Econometrica 46(1):33-50, doi:10.2307/1913643.

    Examples
    --------
    >>> pinball_loss([1.0, 1.0], [0.0, 2.0], quantile=0.9)
    0.5
    """
    owner = "pinball_loss"
    true, found = read_pair(owner, y_true, y_quantile, "y_quantile")
    if np.isnan(found).any():
        raise parameter_error(owner, "y_quantile", "without NaN", y_quantile)
    share = check_real(owner, "quantile", quantile, 0, 1, closed="neither")
    errors = true - found
    return float(np.mean(np.maximum(share * errors, (share - 1) * errors)))
