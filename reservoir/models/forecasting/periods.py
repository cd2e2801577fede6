"""What stands out in the training rows: periods, by their autocorrelations, and drift."""

from __future__ import annotations

import numpy as np

_SHORTEST = 12  # rows of a series in which a season is looked for
_LONGEST = 1000  # rows of a season
_CLEAR = 0.5  # autocorrelation of what is held only twice
_MOST_SEASONS = 3
_MOST_SERIES = 40
_DRIFT = 0.3  # share of the variance
_LEAST_VARIANCE = 1e-12


def found_seasons(members: list[np.ndarray]) -> list[tuple[float, ...]]:
    """Seasons of series (n_rows, n_channels), each of one period or two, the likeliest first; none if none stand out.

    Two autocorrelations tell them: of what a parabola leaves of the series, and of its increments. A period is the
    first lag whose peak comes near the highest and shows in both, and beside it a multiple of it that does so better.
    The series hold it three times; or twice, where they hold none three times, and both show it clearly.
    """
    shortest = min(map(len, members))
    if shortest < _SHORTEST:
        return []
    chosen = members[:: -(-len(members) // _MOST_SERIES)]
    noise, third = 2 / np.sqrt(shortest), min(shortest // 3, _LONGEST) + 2
    whole = _autocorrelation([_without_trend(rows) for rows in chosen], min(shortest // 2, _LONGEST) + 1)
    whole_of_changes = _autocorrelation([np.diff(rows, axis=0) for rows in chosen], len(whole) - 1)
    levels, changes = whole[:third], whole_of_changes[:third]
    found = _of_peaks(levels, changes, 0.2 + noise, noise) + _of_peaks(changes, levels, 0.1 + noise, noise)
    found = found or _of_peaks(whole, whole_of_changes, _CLEAR, _CLEAR)
    distinct: list[tuple[int, ...]] = []
    for season in found:
        if not any(_alike(season, other) for other in distinct):
            distinct.append(season)
    return [tuple(map(float, season)) for season in distinct[:_MOST_SEASONS]]


def drifts(members: list[np.ndarray]) -> bool:
    """Whether the means of the quarters of series (n_rows, n_channels) hold a large share of their variance."""
    shares = []
    for rows in members:
        means = np.stack([quarter.mean(axis=0) for quarter in np.array_split(rows, 4) if len(quarter)])
        shares.append(means.var(axis=0) / np.maximum(rows.var(axis=0), _LEAST_VARIANCE))
    return bool(np.median(np.concatenate(shares)) > _DRIFT)


def _without_trend(rows: np.ndarray) -> np.ndarray:
    """What a parabola leaves of every channel."""
    time = np.linspace(-1, 1, len(rows))
    powers = np.column_stack([np.ones(len(rows)), time, time**2])
    return rows - powers @ np.linalg.lstsq(powers, rows, rcond=None)[0]


def _autocorrelation(members: list[np.ndarray], most: int) -> np.ndarray:
    """Autocorrelation (most + 1,) without bias, the median over the channels of all series."""
    found = []
    for rows in members:
        n_rows = len(rows)
        power = np.abs(np.fft.rfft(rows - rows.mean(axis=0), 2 * n_rows, axis=0)) ** 2
        products = np.fft.irfft(power, axis=0)[: most + 1]
        shares = products / np.where(products[0] > 0, products[0], 1)
        found.append(shares * (n_rows / (n_rows - np.arange(most + 1)))[:, None])
    return np.median(np.concatenate(found, axis=1), axis=1)


def _of_peaks(own: np.ndarray, other: np.ndarray, least: float, noise: float) -> list[tuple[int, ...]]:
    """Seasons by the peaks of one autocorrelation, which the other must show too."""
    last = len(own) - 2
    lags = range(2, last + 1)
    peaks = [lag for lag in lags if own[lag - 1] <= own[lag] > own[lag + 1] and own[lag] > least]
    peaks = [lag for lag in peaks if max(other[lag - 1 : lag + 2]) > noise]
    if not peaks:
        return []
    top = max(peaks, key=lambda lag: own[lag])
    first = next(lag for lag in peaks if own[lag] >= 0.7 * own[top])
    found: list[tuple[int, ...]] = [(first,)]
    multiples = [lag for lag in peaks if lag >= 1.9 * first and abs(lag - round(lag / first) * first) <= 1]
    better = [lag for lag in multiples if own[lag] > own[first] + 0.05 and round(lag / first) * first <= last]
    if better:
        highest = max(own[lag] for lag in better)
        longer = next(lag for lag in better if own[lag] >= 0.95 * highest)
        found.append((first, round(longer / first) * first))
    if own[first] < own[top] - 0.05:
        found.append((top,))
    return found


def _alike(season: tuple[int, ...], other: tuple[int, ...]) -> bool:
    """Whether two seasons differ by less than a row or 3 percent."""
    near = max(1, 0.03 * season[0])
    return len(season) == len(other) and all(abs(a - b) <= near for a, b in zip(season, other, strict=True))
