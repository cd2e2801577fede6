"""Sequences with their targets."""

import numpy as np

from reservoir.rnn.examples import Examples
from tests.rnn.small_networks import LENGTHS, SUMS, X


def test_examples_keep_sequences_and_targets_together():
    rows, offsets = np.concatenate(X), np.concatenate([[0], np.cumsum(LENGTHS)])
    taken = Examples(rows, offsets, np.concatenate(SUMS), None, 0).take(np.array([4, 0]))
    np.testing.assert_array_equal(taken.rows, np.concatenate([X[4], X[0]]))
    np.testing.assert_array_equal(taken.targets, np.concatenate([SUMS[4], SUMS[0]]))
