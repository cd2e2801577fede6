"""What the layers of a network share."""

import numpy as np
import pytest

from tests.rnn.small_networks import SUMS, X, small


def test_dropout_masks_stay_through_a_sequence_and_are_absent_afterwards():
    network = small().fit(X, SUMS).network_
    masks = network.draw_masks((0.5, 0.25, 0.0), 4000, np.random.default_rng(0))
    for mask, rate in ((masks.inputs[0], 0.5), (masks.recurrent[0][0], 0.25), (masks.outputs, 0.0)):
        assert set(np.unique(mask)) <= {0.0, np.float32(1 / (1 - rate))}
        assert mask.mean() == pytest.approx(1, abs=0.05)
    model = small(variational_dropout=0.5).fit(X, SUMS)
    assert all(np.array_equal(a, b) for a, b in zip(model.predict(X), model.predict(X), strict=True))
