"""Does a forecaster that runs by itself live on the attractor of the data?"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from reservoir.metrics.attractor import LEAST_ROWS, attractor_distances
from reservoir.sequences import Sequences, read_sequences

_SEGMENT, _MOST_SEGMENTS = 256, 8


def free_run_distances(model: Any, X: Any) -> dict[str, Any]:
    """The fields of a diagnosis about a free run of a forecaster over the second half of one series X.

    The run is held against the whole series, and for comparison one half of it against the other. None of what is no
    forecaster in a closed loop, hears channels that it does not forecast, or has too few rows.
    """
    nothing = dict.fromkeys(("free_run_density", "free_run_spectrum"))
    lessons = getattr(model, "_lessons", None)
    if not hasattr(model, "forecast") or lessons is None or lessons.ahead.size or np.size(model.exogenous_):
        return nothing
    sequences: Sequences = read_sequences(model, X, reset=False)
    n_segment = min(_SEGMENT, len(sequences.rows) // 4)
    if sequences.kind != "series" or n_segment < LEAST_ROWS:
        return nothing
    n_pieces = min(len(sequences.rows) // (2 * n_segment), _MOST_SEGMENTS)
    n_rows = n_pieces * n_segment
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it diverges is what is told here
        run = np.asarray(model.forecast(n_rows, X[: len(sequences.rows) - n_rows]), dtype=np.float64)
    first, second = (part.reshape(n_pieces, n_segment, -1) for part in np.split(sequences.rows[-2 * n_rows :], 2))
    own = attractor_distances(second, run.reshape(second.shape))
    halves = attractor_distances(second, first)
    if np.isnan([*own, *halves]).any():
        return nothing
    return {name: pair for name, pair in zip(nothing, zip(own, halves, strict=True), strict=True)}
