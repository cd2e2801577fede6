"""Where "auto" cuts sequences, and what it leaves alone."""

import numpy as np
import pytest

from reservoir.rnn import RNNRegressor
from reservoir.rnn.truncation import FEW_UPDATES, PIECE, pieces, too_long
from tests.rnn.small_networks import SUMS, X, small, targets_of


@pytest.mark.parametrize("n_steps", [1, 30, 201, 260, 999, 1500, 10_001, 123_457])
def test_pieces_of_auto_are_about_equal(n_steps):
    """None is shorter than the others by more than a step, however the length divides."""
    lengths = [last - first for first, last in pieces(n_steps, "auto")]
    assert sum(lengths) == n_steps and max(lengths) - min(lengths) <= 1
    assert max(lengths) <= 1.5 * PIECE and (min(lengths) > 0.6 * PIECE or len(lengths) == 1)


def test_given_pieces():
    assert list(pieces(7, 3)) == [(0, 3), (3, 6), (6, 7)] and list(pieces(7, None)) == list(pieces(7, 9)) == [(0, 7)]


def test_what_is_short_or_many_stays_whole():
    short, long = np.array([2 * PIECE]), np.array([2 * PIECE + 1])
    assert not too_long(short, 32) and too_long(long, 32)
    assert not too_long(np.repeat(10 * PIECE, 3), 32) and too_long(np.array([10 * PIECE + 1, 5]), 32)
    assert too_long(np.repeat(10**5, FEW_UPDATES - 1), 1) and not too_long(np.repeat(10**5, FEW_UPDATES), 1)


@pytest.mark.parametrize("options", [{}, {"washout": 2}, {"pooling": "mean"}, {"bidirectional": True}], ids=str)
def test_short_sequences_keep_their_bits(options):
    one, other = (small(**options, **more).fit(X, targets_of(small(**options))) for more in ({}, {"truncation": None}))
    assert one.network_.vector.tobytes() == other.network_.vector.tobytes()


def test_one_long_series_teaches_many_times_an_epoch():
    """Also in a list of one, and beside a part that is held out; not from both ends, not pooled."""
    rows = np.random.default_rng(0).uniform(-1, 1, size=(1500, 1))
    y, count = rows[:, 0], {"max_iter": 2, "tol": None, "random_state": 0}
    assert RNNRegressor("gru", 3, **count).fit(rows, y).n_updates_ == 2 * 15
    assert RNNRegressor("gru", 3, **count).fit([rows], [y]).partial_fit(rows, y).n_updates_ == 3 * 15
    assert RNNRegressor("gru", 3, early_stopping=True, **count).fit(rows, y).n_updates_ == 2 * 14
    assert RNNRegressor("gru", 3, truncation=None, **count).fit(rows, y).n_updates_ == 2
    assert RNNRegressor("gru", 3, bidirectional=True, **count).fit(rows, y).n_updates_ == 2
    assert RNNRegressor("gru", 3, pooling="last", **count).fit([rows], y[:1]).n_updates_ == 2


def test_a_default_network_learns_a_long_series():
    """An echo of the input three steps before, which one update an epoch does not teach in as many epochs."""
    rows = np.random.default_rng(1).uniform(-1, 1, size=(1500, 1))
    y = np.roll(rows[:, 0], 3)
    y[:3] = 0
    options = {"max_iter": 60, "tol": None, "learning_rate_init": 0.01, "random_state": 0}
    scores = [RNNRegressor("gru", 16, truncation=cut, **options).fit(rows, y).score(rows, y) for cut in ("auto", None)]
    assert scores[0] > 0.9 and scores[0] > scores[1]


@pytest.mark.parametrize("value", ["Auto", 0, 2.5, True])
def test_refused_truncations(value):
    with pytest.raises(ValueError, match="'truncation' parameter of RNNRegressor must be"):
        small(truncation=value).fit(X, SUMS)
