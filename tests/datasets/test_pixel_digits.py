"""Digits pixel by pixel."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.datasets import load_digits

from reservoir.datasets import (
    fetch_pixel_digits,
    load_pixel_digits,
)


def test_pixel_digits_are_the_images_row_by_row():
    digits = load_pixel_digits()
    images, labels = load_digits(return_X_y=True)
    assert digits.X.shape == (1797, 64, 1)
    assert_array_equal(digits.X[:, :, 0] * 16, images)
    assert_array_equal(digits.y, labels)
    assert digits.permutation.tolist() == list(range(64))
    assert np.bincount(digits.y).max() == np.bincount(digits.y)[3] == 183 and round(183 / 1797, 4) == 0.1018
    assert "CC BY 4.0" in digits.DESCR and "Alpaydin" in digits.DESCR


@pytest.mark.parametrize("load", [load_pixel_digits, fetch_pixel_digits])
def test_one_permutation_serves_all_digits(load, shared_data, monkeypatch):
    monkeypatch.setenv("RESERVOIR_DATA", str(shared_data))
    plain, shuffled = load(), load(permuted=True)
    assert sorted(shuffled.permutation) == plain.permutation.tolist() != shuffled.permutation.tolist()
    assert_array_equal(shuffled.X, plain.X[:, shuffled.permutation])
    assert_array_equal(load(permuted=True).permutation, shuffled.permutation)
    assert not np.array_equal(load(permuted=True, random_state=1).permutation, shuffled.permutation)
    X, y = load(permuted=True, return_X_y=True)
    assert_array_equal(X, shuffled.X)
    assert_array_equal(y, plain.y)
    assert X.dtype == np.float64 and (X.min(), X.max()) == (0, 1) and y.dtype == np.int64


def test_the_fetched_digits_are_those_of_the_file(shared_data, monkeypatch):
    monkeypatch.setenv("RESERVOIR_DATA", str(shared_data))
    digits = fetch_pixel_digits()
    with np.load(shared_data / "mnist" / "mnist_8000.npz", allow_pickle=False) as stored:
        assert_array_equal(np.rint(digits.X * 255).reshape(8000, 28, 28), stored["images"])
        assert_array_equal(digits.y, stored["labels"])
    assert np.bincount(digits.y).max() == np.bincount(digits.y)[1] == 905 and round(905 / 8000, 4) == 0.1131
    assert "CC BY-SA 3.0" in digits.DESCR
