"""How far forecasts are from the attractor of the truth, also where they are lost."""

from __future__ import annotations

import numpy as np

from reservoir.metrics.density import density_distance
from reservoir.metrics.spectrum import spectrum_distance_of_pieces

LEAST_ROWS = 8
"""Rows of a piece that has a spectrum."""


def attractor_distances(true: np.ndarray, predicted: np.ndarray) -> tuple[float, float]:
    """Distances of the densities and of the spectra of pieces (n_pieces, T, K) of the truth and of forecasts of these.

    Infinity and 1 where a forecast is not finite; NaN where the truth has nothing to compare: a constant column, or for
    the spectrum fewer than 8 rows.
    """
    rows = true.reshape(-1, true.shape[2])
    if not (rows.std(axis=0) > 1e-12 * np.abs(rows).max(axis=0)).all():
        return np.nan, np.nan
    if not np.isfinite(predicted).all():
        return np.inf, 1.0
    density = density_distance(rows, predicted.reshape(rows.shape[0], -1))
    if true.shape[1] < LEAST_ROWS:
        return density, np.nan
    sizes = rows.std(axis=0)
    return density, spectrum_distance_of_pieces(true / sizes, np.clip(predicted / sizes, -1e100, 1e100))
