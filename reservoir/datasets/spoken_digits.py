"""The Free Spoken Digit Dataset: which digit was said? 2000 clips of four speakers."""

from __future__ import annotations

import numpy as np
from sklearn.utils import Bunch

from reservoir.datasets.data_files import locate

_DESCRIPTION = """\
Free Spoken Digit Dataset

2000 recordings of the digits 0 to 9 by four English speakers (george, jackson, nicolas, theo), 50 per digit and
speaker, at 8 kHz, trimmed of silence. In the official split the repetitions 0 to 4 are the test set.

Creators: Zohar Jackson, Cesar Souza, Jason Flaks, Yuxin Pan, Hereman Nicolas, Adhish Thite.
Source:   https://github.com/Jakobovski/free-spoken-digit-dataset, https://doi.org/10.5281/zenodo.1342401
Licence:  Creative Commons Attribution-ShareAlike 4.0 International (CC BY-SA 4.0),
          https://creativecommons.org/licenses/by-sa/4.0/
Changes:  four of the six speakers; the recordings were joined into one compressed NumPy file.
"""


def fetch_spoken_digits() -> Bunch:
    """The Free Spoken Digit Dataset: 2000 recordings of ten digits by four speakers.

    The file ``fsdd/fsdd.npz`` is looked for and checked as `reservoir.datasets` says.

    Returns
    -------
    data : Bunch
        With the attributes

        - X : list of 2000 float64 arrays of shape (T_i, 1), the 16-bit samples divided by 32768, in [-1, 1)
        - y : int64 array of shape (2000,), digits 0 to 9
        - speaker : array of str of shape (2000,)
        - repetition : int64 array of shape (2000,), 0 to 49 within a digit and speaker
        - is_test : bool array of shape (2000,), the official test set (repetitions 0 to 4)
        - sampling_rate : int, 8000 samples per second
        - target_names : list of 10 strings
        - DESCR : str, with credit and licence

    Raises
    ------
    DatasetNotFoundError, ImportError, ValueError
        If the file is not found, pooch is missing for a download, or the checksum wrong.

    References
    ----------
    .. [1] Z. Jackson, C. Souza, J. Flaks, Y. Pan, H. Nicolas, A. Thite (2018). Free Spoken Digit Dataset,
       v1.0.8. https://doi.org/10.5281/zenodo.1342401

    Examples
    --------
    >>> from reservoir.datasets import fetch_spoken_digits
    >>> digits = fetch_spoken_digits()    # doctest: +SKIP
    >>> len(digits.X), int(digits.is_test.sum())    # doctest: +SKIP
    (2000, 200)
    """
    with np.load(locate("fsdd/fsdd.npz"), allow_pickle=False) as stored:
        samples = (stored["audio"] / 32768.0)[:, np.newaxis]
        return Bunch(
            X=np.split(samples, stored["offsets"][1:-1]),
            y=stored["label"].astype(np.int64),
            speaker=stored["speaker"],
            repetition=stored["index"].astype(np.int64),
            is_test=stored["is_test"],
            sampling_rate=int(stored["rate"]),
            target_names=[str(digit) for digit in range(10)],
            DESCR=_DESCRIPTION,
        )
