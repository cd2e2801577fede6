"""The gradient of a minibatch from parts of its sequences is that of the whole, from any number of threads."""

import numpy as np
import pytest

from reservoir import threads
from reservoir.rnn import RNNRegressor, gradients
from reservoir.rnn.examples import Batch
from reservoir.rnn.gradients import Gradient
from reservoir.rnn.losses import LOSSES
from tests.rnn.recurrent_oracles import cells
from tests.rnn.test_cells import all_cells, examples_of, network_of

MASKED = [None, (0.2, 0.3, 0.4)]


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    """Parts of two sequences, however little work they are."""
    monkeypatch.setattr(gradients, "_LEAST_SEQUENCES", 2)
    monkeypatch.setattr(gradients, "_LEAST_WORK", 1)
    monkeypatch.setattr(threads, "LEAST_WORK", 1)


def check(network, piece, pooling, loss, masks=None, state=None):
    whole = Gradient(network, pooling, LOSSES[loss]).of(piece, masks, state)
    parts = Gradient(network, pooling, LOSSES[loss]).spread(piece, masks, state)
    assert parts[1] == pytest.approx(whole[1], rel=1e-14)
    assert parts[0] == pytest.approx(whole[0], rel=1e-12)
    np.testing.assert_allclose(parts[2], whole[2], rtol=1e-9, atol=1e-13)
    assert np.array_equal(parts[3], whole[3])  # what happens to a sequence does not hang on the others


@all_cells
@pytest.mark.parametrize("rates", MASKED)
def test_parts_are_the_whole(cell, rates):
    network, batch = network_of(cell), Batch(examples_of(washout=2))
    masks = None if rates is None else network.draw_masks(rates, 5, np.random.default_rng(0))
    state = None
    for piece in batch.pieces(4):
        n_running = len(piece.packing.lengths)
        masks = masks if masks is None else masks.of(slice(n_running))
        state = state if state is None else state[:n_running]
        if piece.scored.any():
            check(network, piece, None, "squared", masks, state)
        state = Gradient(network, None, LOSSES["squared"]).of(piece, masks, state)[3]


@pytest.mark.parametrize("pooling", ["last", "mean"])
@pytest.mark.parametrize("loss", ["squared", "bernoulli", "cross_entropy"])
def test_one_target_a_sequence(pooling, loss):
    network = network_of(cells()[0], sizes=(4, 3), bidirectional=True)
    (piece,) = Batch(examples_of(loss, pooling)).pieces()
    check(network, piece, pooling, loss)


@pytest.mark.parametrize("pooling", [None, "last"])
def test_weights(pooling):
    network, examples = network_of(cells()[0]), examples_of(pooling=pooling)
    weights = np.random.default_rng(1).uniform(0.1, 3.0, len(examples.targets))
    if pooling is None:
        weights[:15] = 0.0  # of the two first sequences nothing counts
    batch = Batch(type(examples)(*[*vars(examples).values()][:-1], weights))
    check(network, next(batch.pieces()), pooling, "squared")


def test_any_number_of_threads(monkeypatch):
    rng = np.random.default_rng(0)
    X = [rng.normal(size=(4 + k % 5, 2)) for k in range(12)]
    y = [np.cumsum(x[:, :1], axis=0) for x in X]
    options = {
        "hidden_layer_sizes": 5,
        "batch_size": 9,
        "variational_dropout": 0.1,
        "max_iter": 3,
        "tol": None,
        "random_state": 0,
    }
    found = []
    for n_threads in (1, 2, 3, 4, 7):
        monkeypatch.setattr(threads, "limit", lambda n_threads=n_threads: n_threads)
        found.append(np.concatenate(RNNRegressor("lstm", **options).fit(X, y).predict(X)).tobytes())
    assert len(set(found)) == 1
