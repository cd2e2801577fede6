"""The laser, from a file on this machine."""

import numpy as np
from numpy.testing import assert_allclose

from reservoir.datasets import (
    fetch_santa_fe_laser,
)


def test_santa_fe_laser(local):
    series = fetch_santa_fe_laser().data
    assert series.shape == (6000, 1) and series.dtype == np.float64
    assert (series.min(), series.max()) == (series.min().round(), 255)
    error = np.mean(np.diff(series[:, 0]) ** 2) / series.var()
    assert_allclose(error, 0.92, atol=0.03)
