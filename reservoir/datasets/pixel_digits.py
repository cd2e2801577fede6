"""Pixel digits: images of handwritten digits, read one pixel at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.datasets import load_digits
from sklearn.utils import Bunch

from reservoir.datasets.data_files import MNIST_SAMPLE, locate
from reservoir.parts import Seed
from reservoir.validation import as_generator, check_flag

_DIGITS = """\
Sequential digits of 64 pixels

1797 images of 8 x 8 pixels, the test set of the Optical Recognition of Handwritten Digits data, written by 13 people.
The file comes with scikit-learn; here its values 0 to 16 are divided by 16, and each image is a series of pixels.

Creators: E. Alpaydin, C. Kaynak.
Source:   UCI Machine Learning Repository, https://doi.org/10.24432/C50P49
Licence:  Creative Commons Attribution 4.0 International (CC BY 4.0),
          https://creativecommons.org/licenses/by/4.0/
"""
_MNIST = """\
Sequential digits of 784 pixels

8000 images of 28 x 28 pixels from the MNIST database. The grey values 0 to 255 are divided by 255, and each image is a
series of pixels.

Creators: Y. LeCun, C. Cortes, C. J. C. Burges.
Licence:  Creative Commons Attribution-ShareAlike 3.0 (CC BY-SA 3.0); for that reason the file is not part of the
          library.
"""


def load_pixel_digits(*, permuted: bool = False, random_state: Seed = 0, return_X_y: bool = False) -> Any:
    """Handwritten digits as series of 64 pixels, row by row or in a random order that is the same for all.

    ``X[i, t] = image i at pixel permutation[t]``, where the pixels of an image are counted row by row. Which digit is
    it? The permuted task takes away the neighbours, so that what belongs together is far apart. The file comes with
    scikit-learn; nothing is downloaded. It has no official split.

    Chance: 183 of 1797, 0.1018, always to answer 3.

    Parameters
    ----------
    permuted : bool, default False
        Whether to shuffle the pixels.
    random_state : None, int, Generator, SeedSequence or RandomState, default 0
        Source of the permutation; not used without one.
    return_X_y : bool, default False
        Whether to return ``(X, y)``.

    Returns
    -------
    data : Bunch
        With the attributes

        - X : float64 array (1797, 64, 1), grey values in [0, 1]
        - y : int64 array (1797,), digits 0 to 9
        - permutation : int64 array (64,), the pixel that is seen at each step
        - DESCR : str, with credit and licence

    Raises
    ------
    ValueError
        For a `permuted` or `return_X_y` that is no bool.

    References
    ----------
    .. [1] E. Alpaydin, C. Kaynak (1998). Optical recognition of handwritten digits. UCI Machine Learning Repository.
       https://doi.org/10.24432/C50P49
    .. [2] Q. V. Le, N. Jaitly, G. E. Hinton (2015). A simple way to initialize recurrent networks of rectified linear
       units, for the two tasks on larger images. https://doi.org/10.48550/arXiv.1504.00941

    Examples
    --------
    >>> from reservoir.datasets import load_pixel_digits
    >>> digits = load_pixel_digits(permuted=True)
    >>> digits.X.shape, digits.y[:5], sorted(digits.permutation) == list(range(64))
    ((1797, 64, 1), array([0, 1, 2, 3, 4]), True)
    """
    images, labels = load_digits(return_X_y=True)
    return _series("load_pixel_digits", images / 16, labels, _DIGITS, permuted, random_state, return_X_y)


def fetch_pixel_digits(*, permuted: bool = False, random_state: Seed = 0, return_X_y: bool = False) -> Any:
    """MNIST digits as series of 784 pixels, row by row or in a random order that is the same for all.

    ``X[i, t] = image i at pixel permutation[t]``, where the pixels of an image are counted row by row. Which digit is
    it? Papers use all 70000 images; this is a sample of 8000, without a split, so that figures do not compare.

    The file ``mnist/mnist_8000.npz`` is looked for and checked as `reservoir.datasets` says.

    Chance: 905 of 8000, 0.1131, always to answer 1.

    Parameters
    ----------
    permuted : bool, default False
        Whether to shuffle the pixels.
    random_state, return_X_y : as in `load_pixel_digits`

    Returns
    -------
    data : Bunch
        With the attributes

        - X : float64 array (8000, 784, 1), grey values in [0, 1], 50 MB
        - y : int64 array (8000,), digits 0 to 9
        - permutation : int64 array (784,), the pixel that is seen at each step
        - DESCR : str, with credit and licence

    Raises
    ------
    DatasetNotFoundError, ImportError, ValueError
        If the file is not found, pooch is missing for a download, or the checksum wrong; for a parameter out of range.

    References
    ----------
    .. [1] Y. LeCun, L. Bottou, Y. Bengio, P. Haffner (1998). Gradient-based learning applied to document recognition.
       Proceedings of the IEEE 86(11), 2278-2324. https://doi.org/10.1109/5.726791
    .. [2] Q. V. Le, N. Jaitly, G. E. Hinton (2015). A simple way to initialize recurrent networks of rectified linear
       units. https://doi.org/10.48550/arXiv.1504.00941

    Examples
    --------
    >>> from reservoir.datasets import fetch_pixel_digits
    >>> fetch_pixel_digits().X.shape    # doctest: +SKIP
    (8000, 784, 1)
    """
    with np.load(locate(MNIST_SAMPLE), allow_pickle=False) as stored:
        images, labels = stored["images"].reshape(-1, 28 * 28) / 255, stored["labels"]
    return _series("fetch_pixel_digits", images, labels, _MNIST, permuted, random_state, return_X_y)


def _series(
    owner: str, images: np.ndarray, labels: np.ndarray, text: str, permuted: Any, random_state: Any, return_X_y: Any
) -> Any:
    permutation = np.arange(images.shape[1])
    if check_flag(owner, "permuted", permuted):
        permutation = as_generator(owner, random_state).permutation(permutation)
    X, y = images[:, permutation, np.newaxis], labels.astype(np.int64)
    if check_flag(owner, "return_X_y", return_X_y):
        return X, y
    return Bunch(X=X, y=y, permutation=permutation, DESCR=text)
