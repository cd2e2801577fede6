"""The spoken digits, from a file on this machine."""

import numpy as np
from numpy.testing import assert_array_equal

from reservoir.datasets import (
    fetch_spoken_digits,
)


def test_spoken_digits(local):
    digits = fetch_spoken_digits()
    assert len(digits.X) == len(digits.y) == len(digits.speaker) == 2000
    assert np.bincount(digits.y).tolist() == [200] * 10
    assert sorted(set(digits.speaker)) == ["george", "jackson", "nicolas", "theo"]
    assert_array_equal(digits.is_test, digits.repetition < 5)
    assert all(x.ndim == 2 and x.shape[1] == 1 and x.dtype == np.float64 for x in digits.X)
    assert all(-1 <= x.min() and x.max() < 1 for x in digits.X)
    assert_array_equal(np.rint(digits.X[0] * 32768), digits.X[0] * 32768)
    assert digits.sampling_rate == 8000 and "CC BY-SA 4.0" in digits.DESCR
