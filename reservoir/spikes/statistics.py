"""What spike trains are like: how fast, how regular, how variable from trial to trial, how much alike."""

from __future__ import annotations

from typing import Any

import numpy as np

from reservoir.parts import SpikeData
from reservoir.trains import SpikeTrains, read_records
from reservoir.validation import check_flag, check_real


def firing_rates(trains: SpikeData, step: float | None = None) -> np.ndarray:
    """Mean rates, of the whole trials or over time.

        rate = spikes / (trials * seconds)

    Parameters
    ----------
    trains : SpikeTrains, or list of trials
    step : None or float > 0, default None
        Width of a bin, seconds: the rates over time are a histogram of the spikes around the stimulus (PSTH). Whole
        bins of the shortest trial. None: the mean over all time.

    Returns
    -------
    rates : array (n_units,), or (n_bins, n_units) with a step; hertz

    Examples
    --------
    >>> from reservoir.spikes import SpikeTrains, firing_rates
    >>> trials = [SpikeTrains([0.1], [0], 1, 0.5), SpikeTrains([0.1, 0.3], [0, 0], 1, 0.5)]
    >>> firing_rates(trials)
    array([3.])
    >>> firing_rates(trials, step=0.25).ravel()
    array([4., 2.])
    """
    owner = "firing_rates"
    records, _ = read_records(owner, "trains", trains)
    if step is None:
        return np.sum([one.counts() for one in records], axis=0) / sum(one.duration for one in records)
    step = check_real(owner, "step", step, 0, closed="neither", unit="second")
    return _counts(owner, records, step).mean(axis=0) / step


def interspike_intervals(trains: SpikeData) -> list[np.ndarray]:
    """Times between neighbouring spikes of each unit, of all trials one after the other: n_units arrays, seconds.

    No interval reaches from one trial to the next.

    Parameters
    ----------
    trains : SpikeTrains, or list of trials

    Examples
    --------
    >>> from reservoir.spikes import SpikeTrains, interspike_intervals
    >>> interspike_intervals(SpikeTrains([0.125, 0.25, 0.75], [0, 0, 0], 2, 1.0))
    [array([0.125, 0.5  ]), array([], dtype=float64)]
    """
    return _intervals("interspike_intervals", trains)


def interval_variation(trains: SpikeData) -> np.ndarray:
    """Coefficients of variation of the intervals between spikes (n_units,): standard deviation over mean.

    0 for a clock, 1 for a Poisson process, more for bursts. NaN for units with fewer than two intervals. Short records
    make it too small, since long intervals do not fit.

    Parameters
    ----------
    trains : SpikeTrains, or list of trials
        Intervals of all trials count alike, see `interspike_intervals`.

    References
    ----------
    Softky, Koch 1993, The highly irregular firing of cortical cells is inconsistent with temporal integration of random
    EPSPs, Journal of Neuroscience 13(1):334-350, doi:10.1523/JNEUROSCI.13-01-00334.1993.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.spikes import SpikeTrains, interval_variation
    >>> clock = SpikeTrains(np.arange(10) / 16, np.zeros(10, int), n_units=2, duration=1.0)
    >>> interval_variation(clock)
    array([ 0., nan])
    """
    found = _intervals("interval_variation", trains)
    return np.array([of_unit.std() / of_unit.mean() if _vary(of_unit) else np.nan for of_unit in found])


def fano_factors(trains: SpikeData, window: float | None = None) -> np.ndarray:
    """Fano factors (n_units,): variance over mean of the number of spikes, over trials, or over windows of one record.

        F = sum over windows of the variance / sum over windows of the mean

    with the unbiased variance over the trials (divided by n_trials - 1), window by window, so that a rate that changes
    with time does not count as variability. Of one record the windows are taken for trials. 1 for a Poisson process, 0
    where all counts are alike. NaN for units without a spike.

    Parameters
    ----------
    trains : SpikeTrains, or list of trials
    window : None or float > 0, default None
        Seconds. None: each trial as a whole, for trials that last equally long; one record needs a window.

    Raises
    ------
    ValueError
        For data that are no spike trains, and for fewer than two counts.

    Examples
    --------
    >>> from reservoir.spikes import SpikeTrains, fano_factors
    >>> trials = [SpikeTrains([0.1] * n, [0] * n, 1, 0.5) for n in (1, 2, 3)]
    >>> fano_factors(trials)
    array([0.5])
    """
    owner = "fano_factors"
    records, many = read_records(owner, "trains", trains)
    if window is None and (not many or len({record.duration for record in records}) > 1):
        window = check_real(owner, "window", window, 0, closed="neither", unit="second")
    counts = np.stack([one.counts() for one in records])[:, None] if window is None else _counts(owner, records, window)
    counts = counts if many else counts.swapaxes(0, 1)
    if len(counts) < 2:
        what = "trials" if many else "windows"
        raise ValueError(f"{owner} needs two {what} or more. Got {len(counts)}.")
    means = counts.mean(axis=0).sum(axis=0)
    return np.divide(counts.var(axis=0, ddof=1).sum(axis=0), means, out=np.full(means.shape, np.nan), where=means > 0)


def spike_correlations(trains: SpikeData, step: float, *, across_trials: bool = False) -> np.ndarray:
    """Correlations between the counts of all units (n_units, n_units), in bins of `step` seconds.

        r_ij = cov(n_i, n_j) / (var(n_i) var(n_j))^1/2

    over the bins of all trials: what two units have in common, stimulus and noise alike. With `across_trials` over the
    deviations from the mean over trials, bin by bin: the noise correlations. NaN for units whose counts do not vary.

    Parameters
    ----------
    trains : SpikeTrains, or list of trials
    step : float > 0
        Seconds; whole bins of the shortest trial.
    across_trials : bool, default False
        Whether what all trials have in common is taken out.

    References
    ----------
    Cohen, Kohn 2011, Measuring and interpreting neuronal correlations, Nature Neuroscience 14(7):811-819,
    doi:10.1038/nn.2842.

    Examples
    --------
    >>> from reservoir.spikes import SpikeTrains, spike_correlations
    >>> trains = SpikeTrains([0.1, 0.1, 0.6], [0, 1, 2], n_units=3, duration=1.0)
    >>> spike_correlations(trains, 0.5)
    array([[ 1.,  1., -1.],
           [ 1.,  1., -1.],
           [-1., -1.,  1.]])
    """
    owner = "spike_correlations"
    records, _ = read_records(owner, "trains", trains)
    if check_flag(owner, "across_trials", across_trials) and len(records) < 2:
        raise ValueError(f"{owner} with across_trials needs two trials or more. Got {len(records)}.")
    counts = _counts(owner, records, step)
    counts = (counts - counts.mean(axis=0) if across_trials else counts).reshape(-1, counts.shape[2])
    centred = counts - counts.mean(axis=0)
    sizes = np.sqrt(np.square(centred).sum(axis=0))
    sizes[sizes <= 1e-9] = np.nan
    found = centred.T @ centred / np.outer(sizes, sizes)
    np.fill_diagonal(found, np.where(np.isnan(sizes), np.nan, 1.0))
    return found


def _intervals(owner: str, trains: Any) -> list[np.ndarray]:
    records, _ = read_records(owner, "trains", trains)
    by_unit = zip(*(record.to_lists() for record in records), strict=True)
    return [np.concatenate([np.diff(times) for times in of_trials]) for of_trials in by_unit]


def _counts(owner: str, records: list[SpikeTrains], step: Any) -> np.ndarray:
    """Spikes in each bin (n_trials, n_bins, n_units), whole bins of the shortest record."""
    shortest = min(record.duration for record in records)
    step = check_real(
        owner, "step" if owner != "fano_factors" else "window", step, 0, shortest, closed="right", unit="second"
    )
    tables = [record.binned(step) for record in records]
    n_bins = min(map(len, tables))
    return np.stack([table[:n_bins] for table in tables])


def _vary(intervals: np.ndarray) -> bool:
    return len(intervals) > 1 and bool(intervals.mean() > 0)
