"""The distance of van Rossum: spike trains through a low-pass, compared as functions."""

from __future__ import annotations

import numpy as np

from reservoir.compilation import kernel
from reservoir.docstrings import documented_with
from reservoir.parts import SpikeData
from reservoir.spikes.distances.pairs import pairwise
from reservoir.validation import check_real


@documented_with(pairwise)
def van_rossum_distance(
    trains: SpikeData, others: SpikeData | None = None, *, time_constant: float = 10e-3
) -> np.ndarray:
    """Distances of van Rossum between spike trains.

        D^2 = 1 / time_constant integral of (f(t) - g(t))^2 dt
        f(t) = sum over spikes s <= t of exp(-(t - s) / time_constant)

    over all times, also after the end of the records. It is a metric; one spike more or less is a distance of
    (1/2)^(1/2), two spikes at the lag d are at (1 - exp(-d / time_constant))^(1/2). Computed in closed form, without a
    grid, in a time that grows with the number of spikes.

    Parameters
    ----------
    time_constant : float > 0, default 10e-3
        Seconds in which f decays to 1/e. Short ones compare times, long ones numbers of spikes.

    References
    ----------
    van Rossum 2001, A novel spike distance, Neural Computation 13(4):751-763, doi:10.1162/089976601300014321.

    Examples
    --------
    >>> from reservoir.spikes import SpikeTrains, van_rossum_distance
    >>> trains = SpikeTrains([0.1, 0.1, 0.2], [0, 1, 1], n_units=2, duration=0.5)
    >>> van_rossum_distance(trains).round(3)
    array([[0.   , 0.707],
           [0.707, 0.   ]])
    """
    owner = "van_rossum_distance"
    tau = check_real(owner, "time_constant", time_constant, 0, closed="neither", unit="second")
    return pairwise(owner, trains, others, lambda a, b, _: _distance(a, b, tau))


@kernel()
def _distance(a, b, tau):
    """Root of the sum of the integrals between neighbouring spikes of both, in which f - g decays from `difference`."""
    i, j, last = 0, 0, 0.0
    difference, square = 0.0, 0.0
    while i < a.size or j < b.size:
        time = min(a[i] if i < a.size else np.inf, b[j] if j < b.size else np.inf)
        lag = (time - last) / tau
        square -= 0.5 * difference * difference * np.expm1(-2 * lag)
        difference *= np.exp(-lag)
        while i < a.size and a[i] == time:
            difference += 1.0
            i += 1
        while j < b.size and b[j] == time:
            difference -= 1.0
            j += 1
        last = time
    return np.sqrt(square + 0.5 * difference * difference)
