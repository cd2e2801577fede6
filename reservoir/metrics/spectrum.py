"""How far apart two series are in the frequencies at which they move."""

from __future__ import annotations

import numpy as np
from scipy.signal import welch

from reservoir.metrics.reading import read_clouds
from reservoir.parts import SequenceData
from reservoir.validation import check_integer, check_real, parameter_error, real_array

_OWNER = "spectrum_distance"


def spectrum_distance(
    y_true: SequenceData,
    y_pred: SequenceData,
    *,
    step: float = 1.0,
    band: tuple[float, float] | None = None,
    segment: int = 256,
) -> float:
    """Distance of the power spectra of two series, of any lengths, from 0 to 1.

        mean over columns of sqrt(1 - sum_f sqrt(p_f q_f)),   the Hellinger distance

    of the spectra p and q, each of sum 1 over the frequencies of the band. They are means over segments that overlap by
    half (Welch's method, Hann windows, without the mean of every segment), so that neither their resolution nor
    the band depends on how long the series are. A constant column of `y_pred` has a distance of 1.

    Where a series goes does not count, nor the size of its swings (see `density_distance`). What a good value is,
    the distance of one half of the truth from the other tells.

    Parameters
    ----------
    y_true : array (T,) or (T, K), no column constant
    y_pred : array (S,) or (S, K)
    step : float > 0, default 1.0
        Time between rows.
    band : None or (low, high), default None
        Lowest and highest frequency that count, in cycles per unit of time. None is all, up to 1 / (2 step).
    segment : int >= 8, default 256
        Rows of a segment; that of the shorter series where it has fewer.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        For arrays of other widths, NaN or infinity, fewer than 8 rows, a constant column of `y_true`, parameters out of
        range, and a band with fewer than two frequencies.

    References
    ----------
    Welch 1967, The use of fast Fourier transform for the estimation of power spectra, IEEE Transactions on Audio and
    Electroacoustics 15(2):70-73, doi:10.1109/TAU.1967.1161901.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.metrics import spectrum_distance
    >>> time = np.arange(1000)
    >>> slow, fast = np.sin(0.2 * time), np.sin(0.8 * time)
    >>> spectrum_distance(slow, 3 * slow[300:] + 1) < 0.05, round(spectrum_distance(slow, fast), 2)
    (True, 1.0)
    """
    true, predicted = read_clouds(_OWNER, y_true, y_pred)
    step = check_real(_OWNER, "step", step, 0, closed="neither")
    for name, rows in (("y_true", true), ("y_pred", predicted)):
        if len(rows) < 8:
            raise parameter_error(_OWNER, name, "of at least 8 rows", f"{len(rows)}")
    n_segment = min(check_integer(_OWNER, "segment", segment, 8), len(true), len(predicted))
    kept = _kept(band, step, n_segment)
    return _hellinger([true], [predicted], n_segment, kept)


def spectrum_distance_of_pieces(true: np.ndarray, predicted: np.ndarray) -> float:
    """The same of the mean spectra of finite pieces (n_pieces, T, K), each of which is a segment."""
    return _hellinger(list(true), list(predicted), true.shape[1], _kept(None, 1.0, true.shape[1]))


def _hellinger(true: list[np.ndarray], predicted: list[np.ndarray], n_segment: int, kept: np.ndarray) -> float:
    """The distance of the mean spectra of pieces, over the frequencies that are kept."""
    with np.errstate(under="ignore"):
        p, q = (_shares(_spectrum(pieces, n_segment)[kept]) for pieces in (true, predicted))
        alike = np.sqrt(p * q).sum(axis=0)
    return float(np.sqrt(np.maximum(0.0, 1 - alike)).mean())


def _kept(band: tuple[float, float] | None, step: float, n_segment: int) -> np.ndarray:
    """Which frequencies of a segment count, but for that of its mean."""
    places = np.arange(n_segment // 2 + 1)
    if band is None:
        return places > 0
    ends = real_array(band)
    if ends is None or ends.shape != (2,) or not 0 <= ends[0] < ends[1]:
        raise parameter_error(_OWNER, "band", "None or a pair (low, high) with 0 <= low < high", band)
    frequencies = places / (n_segment * step)
    kept = (places > 0) & (frequencies >= ends[0]) & (frequencies <= ends[1])
    if kept.sum() < 2:
        wanted = f"wider: segments of {n_segment} rows have frequencies {1 / (n_segment * step):.3g} apart"
        raise parameter_error(_OWNER, "band", wanted, band)
    return kept


def _spectrum(pieces: list[np.ndarray], n_segment: int) -> np.ndarray:
    """Mean power (n_frequencies, K) of pieces, in the units of the largest value of every column."""
    largest = np.max([np.abs(rows).max(axis=0) for rows in pieces], axis=0)
    scaled = [rows / np.where(largest > 0, largest, 1.0) for rows in pieces]
    powers = [welch(rows, nperseg=n_segment, axis=0, detrend="constant")[1] for rows in scaled]
    flat = np.all([np.ptp(rows, axis=0) <= 1e-12 for rows in scaled], axis=0)
    return np.where(flat, 0.0, np.mean(powers, axis=0))


def _shares(power: np.ndarray) -> np.ndarray:
    """Columns of sum 1, or of 0 where there is nothing."""
    total = power.sum(axis=0)
    return np.divide(power, total, out=np.zeros_like(power), where=total > 0)
