"""The example of polyphonic music: its scores, its systems on made pieces, and the chorales of Bach."""

import numpy as np
import pytest
from scipy import stats
from sklearn.utils import Bunch
from threadpoolctl import threadpool_limits

from reservoir.datasets import fetch_polyphonic_music
from tests.house.scripts import STUDIES, load

N_KEYS, PERIOD = 6, 3


@pytest.fixture(scope="module")
def example():
    return load(STUDIES, "polyphonic_music")


def tunes(n_pieces, seed):
    """Pieces in which two neighbouring keys sound and move up every third frame: the present frame does not tell when.

    The last key never sounds.
    """
    rng = np.random.default_rng(seed)
    places = [rng.integers(N_KEYS) + np.arange(rng.integers(20, 40)) // PERIOD for _ in range(n_pieces)]
    keys = [
        np.eye(N_KEYS - 1)[place % (N_KEYS - 1)] + np.eye(N_KEYS - 1)[(place + 1) % (N_KEYS - 1)] for place in places
    ]
    return [np.pad(roll, ((0, 0), (0, 1))) for roll in keys]


@pytest.fixture(scope="module")
def music():
    return Bunch(train=tunes(40, 0), valid=tunes(10, 1), test=tunes(10, 2))


def test_scores(example):
    """Against the distribution of SciPy, and against sets."""
    rng = np.random.default_rng(0)
    probabilities, rolls = rng.uniform(size=(9, 4)), rng.integers(0, 2, size=(9, 4)).astype(float)
    expected = -stats.bernoulli(probabilities).logpmf(rolls).sum(axis=1).mean()
    assert example.nats(probabilities, rolls) == pytest.approx(expected)
    assert np.isfinite(example.nats(np.float32([[1.0, 0.0]]), np.array([[0.0, 1.0]])))
    said, true = (set(map(tuple, np.argwhere(table > 0.3))) for table in (probabilities, rolls))
    assert example.accuracy(probabilities, rolls, 0.3) == pytest.approx(len(said & true) / len(said | true))


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("LSTM", {"cell": "lstm", "learning_rate_init": 0.02, "batch_size": 4, "max_iter": 40}),
        ("deep ESN", {"n_units": 40, "batch_size": 16, "learning_rate_init": 0.01}),
    ],
)
def test_systems_count_frames(example, music, name, settings):
    """Both do better than any answer that knows the present frame alone, by far."""
    if name == "LSTM":
        settings = settings | {"hidden_layer_sizes": 16, "variational_dropout": 0.0}
    losses, seconds, test, correct = example.evaluate(music, name, 0, settings)
    share = 1 / PERIOD  # of frames after which two of the keys change
    blind = -2 * (share * np.log(share) + (1 - share) * np.log(1 - share))
    assert test < 0.7 * blind and correct > 0.85
    assert min(losses) < 0.7 * blind and losses[0] > min(losses)
    assert len(seconds) == len(losses) and (np.diff(seconds) > 0).all()


@pytest.mark.long
def test_chorales(example, shared_data, monkeypatch):
    """The promise of the example with another seed, for both recurrent networks."""
    monkeypatch.setenv("RESERVOIR_DATA", str(shared_data))
    music = fetch_polyphonic_music(collection="jsb")
    with threadpool_limits(1):
        for name in ("LSTM", "GRU"):
            _, _, test, _ = example.evaluate(music, name, 7, example.SETTINGS["jsb"][name])
            assert test <= 8.60
