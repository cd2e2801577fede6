"""How many dimensions an attractor has."""

from __future__ import annotations

import numpy as np
from scipy.spatial.distance import pdist

from reservoir.metrics.reading import read_rows
from reservoir.parts import Numbers, Seed, SequenceData
from reservoir.validation import as_generator, check_integer, parameter_error, real_array

_OWNER = "correlation_dimension"
_N_RADII = 20


def kaplan_yorke_dimension(exponents: Numbers) -> float:
    """Kaplan-Yorke dimension, the fractal dimension that Lyapunov exponents tell.

        j + (l_1 + ... + l_j) / |l_{j+1}|,   l_1 >= l_2 >= ...

    with the largest j for which the sum is not negative; 0 where the largest exponent is below 0.

    Parameters
    ----------
    exponents : array (n_exponents,)
        Lyapunov exponents in any order and unit. Not all of a system have to be there, but so many of the largest that
        they sum to less than 0.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        For exponents that are no numbers, and where they do not sum to less than 0.

    References
    ----------
    Kaplan, Yorke 1979, Chaotic behavior of multidimensional difference equations, Lecture Notes in Mathematics
    730:204-227, doi:10.1007/BFb0064319.

    Examples
    --------
    >>> from reservoir.metrics import kaplan_yorke_dimension
    >>> round(kaplan_yorke_dimension([0.9056, 0.0, -14.5723]), 3)
    2.062
    """
    owner, given = "kaplan_yorke_dimension", real_array(exponents)
    if given is None or given.ndim != 1 or not given.size or not (given < np.inf).all():
        raise parameter_error(owner, "exponents", "an array of numbers (n_exponents,)", exponents)
    ordered = np.sort(given)[::-1]
    sums = np.cumsum(ordered)
    if sums[-1] >= 0:
        raise parameter_error(owner, "exponents", "so many that they sum to less than 0", exponents)
    j = int(np.argmax(sums < 0))
    return float(j + sums[j - 1] / -ordered[j]) if j else 0.0


def correlation_dimension(
    series: SequenceData,
    *,
    n_delays: int = 1,
    lag: int = 1,
    quantiles: tuple[float, float] = (1e-3, 3e-2),
    exclude: int = 10,
    n_points: int = 3000,
    random_state: Seed = 0,
) -> float:
    """Correlation dimension of an attractor, after Grassberger and Procaccia.

        the slope of log C(r) over log r,   C(r) = share of the pairs of points that are closer than r

    over 20 radii between those of the two quantiles of C. A point is a row, or with `n_delays` several rows side by
    side, by which the attractor of a system is rebuilt from one of its columns.

    It is an estimate: 3000 points tell a dimension below 3 to some 5 per cent, and one above 6 too low. Noise and
    too many delays raise it, too small a lag lowers it.

    Parameters
    ----------
    series : array (T,) or (T, K)
        At least 100 points; columns are taken in their own units.
    n_delays : int >= 1, default 1
        Rows of a point.
    lag : int >= 1, default 1
        Rows from one of these to the next.
    quantiles : (low, high), default (1e-3, 3e-2)
        Shares of the pairs between which the slope is taken, 0 < low < high <= 1.
    exclude : int >= 0, default 10
        Pairs of points that are so many rows apart, or fewer, do not count (Theiler's window): they are close because
        they follow one another.
    n_points : int >= 100, default 3000
        Points that are drawn, where there are more. Time and memory grow with their square.
    random_state : None, int, Generator, SeedSequence or RandomState, default 0
        Source of the draw.

    Returns
    -------
    float
        0 for a fixed point.

    Raises
    ------
    ValueError
        For series with NaN or infinity or too few rows, and parameters out of range.

    References
    ----------
    Grassberger, Procaccia 1983, Measuring the strangeness of strange attractors, Physica D 9(1-2):189-208,
    doi:10.1016/0167-2789(83)90298-1. Theiler 1986, Spurious dimension from correlation algorithms applied to limited
    time-series data, Physical Review A 34(3):2427-2432, doi:10.1103/PhysRevA.34.2427.

    Examples
    --------
    >>> from reservoir.datasets import make_henon
    >>> from reservoir.metrics import correlation_dimension
    >>> bool(1.1 < correlation_dimension(make_henon(3000)) < 1.3)
    True
    """
    rows = read_rows(_OWNER, "series", series)
    n_delays, lag = check_integer(_OWNER, "n_delays", n_delays, 1), check_integer(_OWNER, "lag", lag, 1)
    exclude = check_integer(_OWNER, "exclude", exclude, 0)
    n_points = check_integer(_OWNER, "n_points", n_points, 100, 20_000)
    shares = real_array(quantiles)
    if shares is None or shares.shape != (2,) or not 0 < shares[0] < shares[1] <= 1:
        raise parameter_error(_OWNER, "quantiles", "a pair (low, high) with 0 < low < high <= 1", quantiles)
    n_known = len(rows) - (n_delays - 1) * lag
    if n_known < 100 or n_known <= 2 * exclude:
        wanted = f"of more rows: {max(100, 2 * exclude + 1)} points are needed"
        raise parameter_error(_OWNER, "series", wanted, f"{len(rows)} rows")
    chosen = np.arange(n_known)
    if n_known > n_points:
        chosen = np.sort(as_generator(_OWNER, random_state).choice(n_known, n_points, replace=False))
    points = np.hstack([rows[chosen + k * lag] for k in range(n_delays)])
    return _slope(points, chosen, exclude, shares)


def _slope(points: np.ndarray, chosen: np.ndarray, exclude: int, shares: np.ndarray) -> float:
    """The slope of the correlation sum of points (n_points, n_columns) of these rows."""
    largest = float(np.abs(points).max())
    distances = pdist(points / largest if largest else points)
    distances = np.sort(distances[pdist(chosen[:, None]) > exclude])
    low, high = distances[np.minimum((shares * distances.size).astype(int), distances.size - 1)]
    low = max(low, 1e-12)
    if high <= 2 * low:  # points that lie upon one another, as of a cycle of a few
        return 0.0
    radii = np.geomspace(low, high, _N_RADII)
    counts = np.searchsorted(distances, radii, side="right") / distances.size
    return float(np.polyfit(np.log(radii), np.log(counts), 1)[0])
