"""Seven questions about four spike trains, to be answered at once and all the time."""

from __future__ import annotations

import numpy as np

from reservoir.parts import Seed
from reservoir.sizes import check_largest
from reservoir.trains import SpikeTrains
from reservoir.validation import as_generator, check_integer, check_real

SEGMENT = 0.03  # seconds between two draws of the rates
MAX_RATE = 80.0  # hertz
COINCIDENCE_WINDOW, COINCIDENCE = 0.02, 0.005  # seconds


def make_multitask(
    n_trials: int, duration: float = 1.0, *, step: float = 0.02, random_state: Seed = None
) -> tuple[list[SpikeTrains], list[np.ndarray]]:
    """Four Poisson spike trains per trial and seven functions of their recent past.

    Trains 1 and 2 share a rate, trains 3 and 4 another; both rates are drawn from U[0, 80) Hz anew every 30 ms. With
    r(i..j; a, b) the mean rate of trains i to j from t - a to t - b, over 80 Hz, the targets at time t are::

        f1 = r(1..2; 30 ms, 0)           f3 = r(1..4; 60 ms, 30 ms)
        f2 = r(3..4; 30 ms, 0)           f4 = r(1..4; 150 ms, 0)
        f5 = number of spikes of trains 1 and 3 from t - 20 ms to t that are accompanied there by
             a spike of the other of the two, at most 5 ms away
        f6 = f1 f2                       f7 = 2 f1 - 4 f1**2 + 1.5 (f2 - 0.3)**2

    Row i holds the targets at t = (i + 1) `step`, which depend on the spikes before t alone, as the traces of
    `reservoir.spikes` do. Before time 0 the trains are silent, so that rows before 150 ms are special.

    The library's own choices: means of rates, where the publication speaks of sums that are normalised to 80 Hz; that
    f5 counts the spikes of both trains, and that both spikes of a coincidence lie in its 20 ms; and `step`, for
    which the publication has 30 ms, in time with the rates.

    Parameters
    ----------
    n_trials : int >= 1
        Number of trials.
    duration : float > 0, default 1.0
        Duration of a trial, seconds.
    step : float in (0, duration], default 0.02
        Duration of a row, seconds; as many rows as fit into the duration.
    random_state : None, int, Generator, SeedSequence or RandomState, default None
        Source of rates and spikes.

    Returns
    -------
    trains : list of SpikeTrains of 4 units, one per trial
    targets : list of arrays (n_rows, 7), one per trial

    Raises
    ------
    ValueError
        For no trials, and a step longer than a trial.

    References
    ----------
    Maass, Natschlaeger, Markram 2002, Real-time computing without stable states, Neural Computation 14(11):2531-2560,
    doi:10.1162/089976602760407955. The task is Fig. 2 of the same authors' Computational Models for Generic Cortical
    Microcircuits, draft of June 10, 2003.

    Examples
    --------
    >>> from reservoir.datasets import make_multitask
    >>> trains, targets = make_multitask(3, random_state=0)
    >>> trains[0]
    <SpikeTrains: 183 spikes of 4 units in 1 s>
    >>> len(targets), targets[0].shape
    (3, (50, 7))
    """
    n_trials = check_integer("make_multitask", "n_trials", n_trials, 1)
    duration = check_real("make_multitask", "duration", duration, 0, closed="neither")
    step = check_real("make_multitask", "step", step, 0, duration, closed="right")
    n_rows = duration / step
    check_largest("make_multitask", {"n_trials": n_trials, "duration": n_rows}, 56.0 * n_trials * n_rows, "the targets")
    rng = as_generator("make_multitask", random_state)
    times = np.arange(1, int(duration / step + 1e-6) + 1) * step
    trains = [_draw(duration, rng) for _ in range(n_trials)]
    return trains, [_targets(trial.to_lists(), times) for trial in trains]


def _draw(duration: float, rng: np.random.Generator) -> SpikeTrains:
    rates = rng.uniform(0, MAX_RATE, (int(np.ceil(duration / SEGMENT)), 2))
    counts = rng.poisson(np.repeat(rates, 2, axis=1) * SEGMENT)
    segments, units = np.repeat(np.argwhere(counts), counts[counts > 0], axis=0).T
    times = (segments + rng.random(len(segments))) * SEGMENT
    inside = times < duration
    return SpikeTrains(times[inside], units[inside], 4, duration)


def _targets(trains: list[np.ndarray], times: np.ndarray) -> np.ndarray:
    """f1 to f7 (n_times, 7) of four sorted arrays of spike times."""
    f1, f2 = _rate(trains[:2], times, 0.03), _rate(trains[2:], times, 0.03)
    f3, f4 = _rate(trains, times, 0.06, 0.03), _rate(trains, times, 0.15)
    f5 = [_coincidences(*(_between(trains[i], t - COINCIDENCE_WINDOW, t) for i in (0, 2))) for t in times]
    return np.column_stack([f1, f2, f3, f4, f5, f1 * f2, 2 * f1 - 4 * f1**2 + 1.5 * (f2 - 0.3) ** 2])


def _rate(trains: list[np.ndarray], times: np.ndarray, start: float, stop: float = 0.0) -> np.ndarray:
    """Mean rate from `start` to `stop` seconds before each time, over the largest."""
    counts = [np.searchsorted(train, times - stop) - np.searchsorted(train, times - start) for train in trains]
    return np.sum(counts, axis=0) / (len(trains) * (start - stop) * MAX_RATE)


def _between(train: np.ndarray, start: float, stop: float) -> np.ndarray:
    return train[slice(*np.searchsorted(train, [start, stop]))]


def _coincidences(first: np.ndarray, second: np.ndarray) -> int:
    near = np.abs(first[:, None] - second) <= COINCIDENCE
    return int(near.any(axis=0).sum() + near.any(axis=1).sum())
