"""Japanese Vowels: who of nine speakers said it? 640 short ragged series, bundled with the library."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import numpy as np
from sklearn.utils import Bunch

from reservoir.validation import check_flag

_DESCRIPTION = """\
Japanese Vowels

Nine male speakers say the two Japanese vowels /ae/ one after the other. Each utterance is a series of 7 to 29
steps with 12 LPC cepstrum coefficients per step. The task is to name the speaker. 270 training utterances (30 per
speaker), 370 test utterances (24 to 88 per speaker).

Creators: Mineichi Kudo, Jun Toyama, Masaru Shimbo.
Source:   UCI Machine Learning Repository, https://doi.org/10.24432/C5NS47
Licence:  Creative Commons Attribution 4.0 International (CC BY 4.0),
          https://creativecommons.org/licenses/by/4.0/
Changes:  the values are unchanged; the text files were joined into one compressed NumPy file.

M. Kudo, J. Toyama, M. Shimbo (1999). Multidimensional curve classification using passing-through regions.
Pattern Recognition Letters 20(11-13), 1103-1111. https://doi.org/10.1016/S0167-8655(99)00077-X
"""


def load_japanese_vowels(*, return_X_y: bool = False) -> Any:
    """The Japanese Vowels data: 640 utterances of nine speakers, with the official split.

    The file is bundled; nothing is downloaded. Data by M. Kudo, J. Toyama and M. Shimbo [1]_, [2]_, licence
    CC BY 4.0.

    Parameters
    ----------
    return_X_y : bool, default=False
        Whether to return ``(X_train, X_test, y_train, y_test)``, in the order of ``train_test_split``.

    Returns
    -------
    data : Bunch
        With the attributes

        - X_train : list of 270 float64 arrays of shape (T_i, 12), 7 <= T_i <= 26, time before features
        - y_train : int64 array of shape (270,), speakers 0 to 8
        - X_test : list of 370 float64 arrays of shape (T_i, 12), 7 <= T_i <= 29
        - y_test : int64 array of shape (370,)
        - target_names : list of 9 strings, the speakers as the source numbers them
        - feature_names : list of 12 strings
        - DESCR : str, with credit and licence

    Raises
    ------
    ValueError
        If `return_X_y` is not a bool.

    References
    ----------
    .. [1] M. Kudo, J. Toyama, M. Shimbo (1999). Multidimensional curve classification using passing-through
       regions. Pattern Recognition Letters 20(11-13), 1103-1111.
       https://doi.org/10.1016/S0167-8655(99)00077-X
    .. [2] UCI Machine Learning Repository. https://doi.org/10.24432/C5NS47

    Examples
    --------
    >>> from reservoir.datasets import load_japanese_vowels
    >>> vowels = load_japanese_vowels()
    >>> len(vowels.X_train), len(vowels.X_test), vowels.X_train[0].shape
    (270, 370, (20, 12))
    """
    return_X_y = check_flag("load_japanese_vowels", "return_X_y", return_X_y)
    resource = files("reservoir.datasets").joinpath("japanese_vowels.npz")
    with resource.open("rb") as file, np.load(file, allow_pickle=False) as stored:
        X_train, X_test = (_split(stored, part) for part in ("train", "test"))
        y_train, y_test = (stored[f"y_{part}"].astype(np.int64) for part in ("train", "test"))
        target_names = stored["classes"].tolist()
    if return_X_y:
        return X_train, X_test, y_train, y_test
    return Bunch(
        X_train=X_train,
        y_train=y_train,
        X_test=X_test,
        y_test=y_test,
        target_names=target_names,
        feature_names=[f"cepstrum_{i}" for i in range(1, 13)],
        DESCR=_DESCRIPTION,
    )


def _split(stored: Any, part: str) -> list[np.ndarray]:
    """Concatenated rows -> one array per sequence."""
    return np.split(stored[f"X_{part}_flat"], np.cumsum(stored[f"lengths_{part}"])[:-1])
