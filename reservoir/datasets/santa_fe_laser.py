"""The Santa Fe laser: the measured intensity of a chaotic laser, with sudden collapses."""

from __future__ import annotations

import numpy as np
from sklearn.utils import Bunch

from reservoir.datasets.data_files import SANTA_FE_LASER, locate

_DESCRIPTION = """\
Santa Fe laser (data set A of the Santa Fe time series competition)

The intensity of a far-infrared NH3 laser in a chaotic state, integers 0 to 255, recorded by U. Huebner,
N. B. Abraham and C. O. Weiss. The first 6000 points of the continued series.

Licence: none stated; for that reason the file is not part of the library.
"""


def fetch_santa_fe_laser() -> Bunch:
    """The Santa Fe laser: 6000 measured intensities of a chaotic laser.

    The file ``santafe_laser/santafe_laser_A_1_6000.csv`` is looked for and checked as `reservoir.datasets` says.

    Returns
    -------
    data : Bunch
        With `data`, a float64 array of shape (6000, 1) of whole numbers from 0 to 255 (no physical unit), and `DESCR`,
        a str with credit.

    Raises
    ------
    DatasetNotFoundError, ImportError, ValueError
        If the file is not found or wrong, or pooch is missing for a download.

    References
    ----------
    .. [1] U. Huebner, N. B. Abraham, C. O. Weiss (1989). Dimensions and entropies of chaotic intensity
       pulsations in a single-mode far-infrared NH3 laser. Physical Review A 40, 6354.
    .. [2] A. S. Weigend, N. A. Gershenfeld, eds. (1994). Time series prediction: forecasting the future and
       understanding the past. Addison-Wesley.

    Examples
    --------
    >>> from reservoir.datasets import fetch_santa_fe_laser
    >>> fetch_santa_fe_laser().data[:3].ravel().tolist()    # doctest: +SKIP
    [86.0, 141.0, 95.0]
    """
    series = np.loadtxt(locate(SANTA_FE_LASER), dtype=np.float64)
    return Bunch(data=series[:, np.newaxis], DESCR=_DESCRIPTION)
