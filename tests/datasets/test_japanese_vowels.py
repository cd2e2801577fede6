"""The bundled vowels are those of the source."""

import numpy as np
from numpy.testing import assert_array_equal

from reservoir.datasets import (
    load_japanese_vowels,
)


def test_japanese_vowels_have_the_published_shape():
    vowels = load_japanese_vowels()
    assert (len(vowels.X_train), len(vowels.X_test)) == (270, 370)
    assert np.bincount(vowels.y_train).tolist() == [30] * 9
    assert np.bincount(vowels.y_test).tolist() == [31, 35, 88, 44, 29, 24, 40, 50, 29]
    series = vowels.X_train + vowels.X_test
    assert {x.shape[1] for x in series} == {12} and {x.dtype for x in series} == {np.dtype(np.float64)}
    assert (min(map(len, series)), max(map(len, series))) == (7, 29)
    assert len(vowels.target_names) == 9 and len(vowels.feature_names) == 12
    assert "CC BY 4.0" in vowels.DESCR and "Kudo" in vowels.DESCR
    parts = load_japanese_vowels(return_X_y=True)
    for part, name in zip(parts, ("X_train", "X_test", "y_train", "y_test"), strict=True):
        assert all(map(np.array_equal, part, vowels[name]))


def test_japanese_vowels_are_those_of_the_source(shared_data):
    vowels = load_japanese_vowels()
    with np.load(shared_data / "japanese_vowels" / "JapaneseVowels.npz", allow_pickle=False) as stored:
        for part in ("train", "test"):
            assert_array_equal(np.concatenate(vowels[f"X_{part}"]), stored[f"X_{part}_flat"])
            assert_array_equal([len(x) for x in vowels[f"X_{part}"]], stored[f"lengths_{part}"])
            assert_array_equal(vowels[f"y_{part}"], stored[f"y_{part}"])
