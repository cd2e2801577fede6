"""A word where features look like steps of time, and none where they do not."""

import warnings

import numpy as np
import pytest
from sklearn.datasets import load_digits

from reservoir import ReservoirClassifier, ReservoirRegressor
from reservoir.datasets import load_japanese_vowels, make_lorenz
from reservoir.rnn import RNNClassifier
from reservoir.sequences import SequenceWarning, from_aeon
from tests.sequence_cases import small

RNG = np.random.default_rng(0)
LABELS = np.repeat([0, 1], 20)
NOISE = RNG.normal(size=(40, 100))
WAVES = np.sin(np.outer(RNG.uniform(0.1, 0.3, 300), np.arange(60))) + RNG.normal(size=(300, 1))
CHANNELS = RNG.normal(size=(40, 6, 100))  # as aeon has them


def fitted(X, y, make=ReservoirClassifier):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return make(small()).fit(X, y)


@pytest.mark.parametrize("X", [NOISE, WAVES, WAVES[:20], np.cumsum(NOISE, axis=1)])
def test_one_recording_a_row(X):
    y = np.arange(len(X)) % 2
    text = rf"one series of {len(X)} steps of {X.shape[1]} features.*X\[\.\.\., None\]"
    for make in (ReservoirClassifier, ReservoirRegressor):
        with pytest.warns(SequenceWarning, match=text):
            make(small()).fit(X, y)
    with pytest.warns(SequenceWarning, match=text):
        RNNClassifier(hidden_layer_sizes=3, max_iter=1, tol=None, random_state=0).fit(X, y)
    assert fitted(X[..., None], y).predict(X[..., None]).shape == (len(X),)
    with pytest.raises(ValueError, match=r"recording a row, give X\[\.\.\., None\]"):
        ReservoirRegressor(small(), pooling="mean").fit(X, y)


@pytest.mark.parametrize("X", [CHANNELS, np.cumsum(CHANNELS, axis=2), np.stack([WAVES[:30]] * 40), CHANNELS[:, :1]])
def test_channels_before_time(X):
    for given in (X, list(X)):
        with pytest.warns(SequenceWarning, match=r"40 series of .* since time stands before features.*from_aeon\(X\)"):
            ReservoirClassifier(small()).fit(given, LABELS)
    fitted(from_aeon(X), LABELS)


def series(n_rows, n_features, seed=0):
    """Channels that go on smoothly, of different sizes."""
    rng = np.random.default_rng(seed)
    steps = rng.normal(size=(n_rows, n_features)) * rng.uniform(0.5, 2, n_features)
    return 0.3 * np.cumsum(steps, axis=0)


def test_what_is_as_it_should_be():
    lorenz = make_lorenz(300)
    for X in (series(300, 3), series(500, 64), series(100, 300), NOISE.T, lorenz, RNG.normal(size=(200, 19))):
        fitted(X, np.arange(len(X)) // 30)
        fitted(X, X[:, 0], ReservoirRegressor)
    digits, labels = load_digits(return_X_y=True)
    fitted(digits, labels)  # rows that are no steps of time at all, as scikit-learn has them
    vowels, _, speakers, _ = load_japanese_vowels(return_X_y=True)
    fitted(vowels, speakers)
    images = digits.reshape(-1, 8, 8)
    fitted(images, labels)
    fitted([series(40, 64, seed) for seed in range(6)], list("ababab"))
    fitted([np.zeros((5, 30))] * 4, list("abab"))  # nothing moves
