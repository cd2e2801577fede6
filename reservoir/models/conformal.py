"""What errors on held-out rows say of those to come: quantiles of split conformal prediction.

Errors of n exchangeable cases stand in arrays (n, ...). NaN is a case that is missing, infinity one that is lost.
"""

from __future__ import annotations

import numpy as np
from sklearn.isotonic import isotonic_regression

from reservoir.validation import check_real


class CoverageWarning(UserWarning):
    """There are too few held-out errors for an interval, which is infinite."""


def read_coverage(owner: str, coverage: float) -> float:
    """A coverage in (0, 1)."""
    return check_real(owner, "coverage", coverage, 0, 1, closed="neither")


def bound_of(errors: np.ndarray, coverage: float) -> np.ndarray:
    """Bounds (...) that the error of another case does not pass, with at least this probability.

    The ceil((n + 1) coverage)-th smallest of n errors; infinite where that is more than n.
    """
    counts = np.count_nonzero(~np.isnan(errors), axis=0)
    places = np.ceil((counts + 1) * coverage * (1 - 1e-12)).astype(int)  # 10 * 0.9 is 9
    padded = np.concatenate([np.sort(errors, axis=0), np.full((1, *errors.shape[1:]), np.inf)])
    found = np.take_along_axis(padded, np.minimum(places, len(padded))[None] - 1, axis=0)[0]
    return np.where(places <= counts, found, np.inf)


def quantile_of(errors: np.ndarray, share: float) -> np.ndarray:
    """Bounds (...) below which another signed error lies with this probability; the middle at a half.

    From above for shares beyond a half, and from below for others, so that the pair of s and 1 - s holds 1 - 2 s.
    """
    if share == 0.5:
        known = errors if len(errors) else np.zeros((1, *errors.shape[1:]))
        return np.nanmedian(np.where(np.isnan(known).all(axis=0), 0.0, known), axis=0)
    return bound_of(errors, share) if share > 0.5 else -bound_of(-errors, 1 - share)


def never_narrower(bounds: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Bounds (n_steps, ...) that do not shrink from step to step, nearest to those given by least squares.

    Neighbours that would shrink are pooled, with the weights `counts` (n_steps, ...), their numbers of errors.
    """
    bounds = np.where(np.logical_or.accumulate(np.isinf(bounds), axis=0), np.inf, bounds)
    flat, weights = bounds.reshape(len(bounds), -1), counts.reshape(len(bounds), -1)
    for column, weight in zip(flat.T, weights.T, strict=True):
        known = np.isfinite(column)
        if known.any():
            column[known] = isotonic_regression(column[known], sample_weight=weight[known])
    return flat.reshape(bounds.shape)
