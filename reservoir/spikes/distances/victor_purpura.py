"""The distance of Victor and Purpura: what it costs to make one spike train of another."""

from __future__ import annotations

import numpy as np

from reservoir.compilation import kernel, rows_per_call
from reservoir.docstrings import documented_with
from reservoir.parts import SpikeData
from reservoir.spikes.distances.pairs import pairwise
from reservoir.validation import check_real


@documented_with(pairwise)
def victor_purpura_distance(trains: SpikeData, others: SpikeData | None = None, *, cost: float = 100.0) -> np.ndarray:
    """Distances of Victor and Purpura between spike trains: the least cost of making one of the other.

        1 for a spike that is added or deleted,   cost |d| for a spike that is moved by d seconds

    It is a metric. At cost 0 it is the difference in the numbers of spikes; at a very large cost all spikes count but
    those that coincide. Spikes less than 2 / cost apart are moved, others deleted and added.

    Parameters
    ----------
    cost : float >= 0, default 100.0
        Cost of moving a spike, 1 / second.

    References
    ----------
    Victor, Purpura 1996, Nature and precision of temporal coding in visual cortex: a metric-space analysis, Journal of
    Neurophysiology 76(2):1310-1326, doi:10.1152/jn.1996.76.2.1310.

    Examples
    --------
    >>> from reservoir.spikes import SpikeTrains, victor_purpura_distance
    >>> trains = SpikeTrains([0.1, 0.105, 0.2], [0, 1, 1], n_units=2, duration=0.5)
    >>> victor_purpura_distance(trains)
    array([[0. , 1.5],
           [1.5, 0. ]])
    """
    owner = "victor_purpura_distance"
    cost = check_real(owner, "cost", cost, 0, unit="hertz")
    return pairwise(owner, trains, others, lambda a, b, _: _distance(a, b, cost))


def _distance(a: np.ndarray, b: np.ndarray, cost: float) -> float:
    """The cost, a block of the spikes of `a` at a time."""
    costs, block = np.arange(len(b) + 1.0), rows_per_call(len(b) + 1, "update")
    for first in range(0, len(a), block):
        _advance(a[first : first + block], b, cost, costs)
    return float(costs[-1])


@kernel()
def _advance(a, b, cost, costs):
    """Move `costs` on by the spikes of a: costs[j] is that of making the first j spikes of b from those so far."""
    for i in range(a.size):
        diagonal = costs[0]
        costs[0] += 1.0
        for j in range(b.size):
            moved = diagonal + cost * abs(a[i] - b[j])
            diagonal = costs[j + 1]
            costs[j + 1] = min(moved, min(diagonal, costs[j]) + 1.0)
