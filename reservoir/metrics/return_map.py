"""How high a series swings after it has swung so high."""

from __future__ import annotations

import numpy as np

from reservoir.metrics.reading import read_rows
from reservoir.parts import SequenceData
from reservoir.validation import check_channels


def return_map(series: SequenceData, *, channel: int = 0) -> np.ndarray:
    """Return map of a column: pairs of a maximum and the next one.

    Every maximum is that of the parabola through the highest row and its neighbours. Of a flow with strong contraction
    the pairs lie on a curve: a chaotic map of one dimension, as the cusp of the Lorenz equations. `density_distance` of
    two such maps tells how far one is from the other.

    Parameters
    ----------
    series : array (T,) or (T, K)
    channel : int, default 0
        The column.

    Returns
    -------
    pairs : array (n_maxima - 1, 2)
        Empty where there are fewer than two.

    Raises
    ------
    ValueError
        For series with NaN or infinity, and a column that is not there.

    References
    ----------
    Lorenz 1963, Deterministic nonperiodic flow, Journal of the Atmospheric Sciences 20(2):130-141,
    doi:10.1175/1520-0469(1963)020<0130:DNF>2.0.CO;2.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.metrics import return_map
    >>> return_map(np.sin(np.arange(300) / 10)).round(4)
    array([[1., 1.],
           [1., 1.],
           [1., 1.],
           [1., 1.]])
    """
    rows = read_rows("return_map", "series", series)
    (place,) = check_channels("return_map", "channel", np.atleast_1d(channel), rows.shape[1])
    column = rows[:, place]
    before, here, after = column[:-2], column[1:-1], column[2:]
    highest = (here > before) & (here >= after)
    before, here, after = before[highest], here[highest], after[highest]
    tilt = (after - before) / ((here - before) + (here - after))
    maxima = here + tilt * (after - before) / 8
    return np.stack([maxima[:-1], maxima[1:]], axis=1)
