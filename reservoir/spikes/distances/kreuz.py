"""The SPIKE-distance of Kreuz: how far the spikes around each instant are from those of the other train."""

from __future__ import annotations

import numpy as np

from reservoir.compilation import kernel
from reservoir.docstrings import documented_with
from reservoir.parts import SpikeData
from reservoir.spikes.distances.pairs import pairwise


@documented_with(pairwise)
def spike_distance(trains: SpikeData, others: SpikeData | None = None) -> np.ndarray:
    """SPIKE-distances between spike trains: the mean over time of S, which has no parameter and no time scale.

        S(t) = 2 (S_1 I_2 + S_2 I_1) / (I_1 + I_2)^2,   S_n = (P_n (f_n - t) + F_n (t - p_n)) / I_n

    where p_n and f_n are the spikes of train n before and after t, I_n is the interval between them, and P_n and F_n
    are their distances to the nearest spikes of the other train. 0 for equal trains, in [0, 1]; no metric. Before the
    first spike of a train, and after its last, the interval is the one next to it, or the time to the end of the
    record where that is longer, and the spike that is not seen is as far from the other train as the one that is. A
    train without spikes has one at each end of the record. All are taken to last as long as the longest.

    References
    ----------
    Kreuz, Chicharro, Houghton, Andrzejak, Mormann 2013, Monitoring spike train synchrony, Journal of Neurophysiology
    109(5):1457-1472, doi:10.1152/jn.00873.2012. Mulansky, Kreuz 2016, PySpike, SoftwareX 5:183-189,
    doi:10.1016/j.softx.2016.07.006, whose edges these are.

    Examples
    --------
    >>> from reservoir.spikes import SpikeTrains, spike_distance
    >>> trains = SpikeTrains([0.1, 0.11, 0.3, 0.3], [0, 1, 0, 1], n_units=2, duration=0.5)
    >>> spike_distance(trains).round(3)
    array([[0.   , 0.021],
           [0.021, 0.   ]])
    """
    return pairwise("spike_distance", trains, others, _distance)


@kernel()
def _with_ends(times, duration):
    """The train with the spikes before and after it that are not seen."""
    if times.size == 0:
        return np.array([0.0, 0.0, duration, duration])
    first = times[1] - times[0] if times.size > 1 else 0.0
    last = times[-1] - times[-2] if times.size > 1 else 0.0
    found = np.empty(times.size + 2)
    found[0], found[-1] = min(0.0, times[0] - first), max(duration, times[-1] + last)
    for i in range(times.size):
        found[i + 1] = times[i]
    return found


@kernel()
def _nearest(train, other):
    """Distance of every spike to the other train; the spikes at the ends are as far as their neighbours."""
    found, j = np.empty(train.size), 0
    for i in range(1, train.size - 1):
        while j + 1 < other.size and abs(other[j + 1] - train[i]) <= abs(other[j] - train[i]):
            j += 1
        found[i] = abs(other[j] - train[i])
    found[0], found[-1] = found[1], found[-2]
    return found


@kernel()
def _value(time, a, i, of_a, b, j, of_b):
    """S at this time, between the spikes i and i + 1 of a, j and j + 1 of b."""
    long, short = a[i + 1] - a[i], b[j + 1] - b[j]
    s_a = (of_a[i] * (a[i + 1] - time) + of_a[i + 1] * (time - a[i])) / long
    s_b = (of_b[j] * (b[j + 1] - time) + of_b[j + 1] * (time - b[j])) / short
    return 2 * (s_a * short + s_b * long) / (long + short) ** 2


@kernel()
def _distance(a, b, duration):
    """The mean of S, which is a straight line between neighbouring spikes of both."""
    a, b = _with_ends(a, duration), _with_ends(b, duration)
    of_a, of_b = _nearest(a, b), _nearest(b, a)
    i, j, time, total = 0, 0, 0.0, 0.0
    while time < duration:
        while i + 2 < a.size and a[i + 1] <= time:
            i += 1
        while j + 2 < b.size and b[j + 1] <= time:
            j += 1
        later = min(duration, a[i + 1], b[j + 1])
        both = _value(time, a, i, of_a, b, j, of_b) + _value(later, a, i, of_a, b, j, of_b)
        total += 0.5 * (later - time) * both
        time = later
    return total / duration
