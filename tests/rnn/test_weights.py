"""Missing targets and weights of recurrent networks: the loss is the weighted mean over what counts."""

import numpy as np
import pytest

from reservoir.rnn import RNNClassifier, RNNRegressor
from reservoir.rnn.cells import CELLS
from reservoir.rnn.examples import Batch, Examples
from reservoir.rnn.gradients import Gradient
from reservoir.rnn.losses import LOSSES
from reservoir.rnn.recurrent_network import RecurrentNetwork
from tests.sequence_cases import LENGTHS, RAGGED, STACK, F, N, same_bits, step_values

RNG = np.random.default_rng(2)
WHOLE = {"solver": "sgd", "learning_rate_init": 0.1, "momentum": 0.0, "max_iter": 4, "tol": None, "dtype": "float64"}
WHOLE |= {"batch_size": 50, "shuffle": False, "truncation": None, "random_state": 0, "max_gradient_norm": None}
LABELS = np.array(["a", "b", "a", "b", "a"])


def targets_of(loss, n):
    return RNG.integers(0, 3, n) if loss == "cross_entropy" else RNG.uniform(size=(n, 3))


@pytest.mark.parametrize("name", LOSSES)
def test_weighted_losses(name):
    """Whole weights are repeated rows; the gradient is that of the loss; the constant is the best one."""
    loss, outputs, targets = LOSSES[name], RNG.normal(size=(7, 3)), targets_of(name, 7)
    times = np.array([1, 3, 2, 1, 4, 1, 2])
    value, gradient = loss.of(outputs, targets, times.astype(float))
    repeated = loss.of(np.repeat(outputs, times, axis=0), np.repeat(targets, times, axis=0))
    assert value == pytest.approx(repeated[0], rel=1e-12)
    assert loss.of_a_constant(targets, times) == pytest.approx(loss.of_a_constant(np.repeat(targets, times, axis=0)))
    weights = RNG.uniform(size=7)
    gradient = loss.of(outputs, targets, weights)[1]
    for place in np.ndindex(outputs.shape):
        step = np.zeros_like(outputs)
        step[place] = 1e-6
        slope = (loss.of(outputs + step, targets, weights)[0] - loss.of(outputs - step, targets, weights)[0]) / 2e-6
        assert gradient[place] == pytest.approx(slope, abs=1e-8)


@pytest.mark.parametrize(("loss", "pooling"), [("squared", None), ("cross_entropy", "last"), ("bernoulli", "mean")])
def test_the_gradient_of_a_weighted_batch(loss, pooling):
    """With respect to every parameter, by differences; rows that weigh nothing among them."""
    rows, offsets = np.concatenate(RAGGED), np.concatenate([[0], np.cumsum(LENGTHS)])
    n = len(rows) if pooling is None else N
    weights = RNG.uniform(0.1, 2, size=n)
    weights[::3] = 0.0 if pooling is None else 0.5
    piece = next(Batch(Examples(rows, offsets, targets_of(loss, n), pooling, 2, weights)).pieces())
    network = RecurrentNetwork(CELLS["gru"](), (3,), False, F, 3, np.random.default_rng(0), np.dtype("float64"))

    def value():
        return Gradient(network, pooling, LOSSES[loss]).of(piece, None, None)[0]

    gradient = Gradient(network, pooling, LOSSES[loss]).of(piece, None, None)[2]
    for k in range(network.vector.size):
        before = network.vector[k]
        slopes = []
        for step in (1e-6, -1e-6):
            network.vector[k] = before + step
            slopes.append(value())
        network.vector[k] = before
        assert gradient[k] == pytest.approx((slopes[0] - slopes[1]) / 2e-6, abs=1e-7)


def test_whole_weights_are_repeated_sequences():
    """In one batch without shuffling: the same steps of descent."""
    y, times = step_values("list"), np.array([1, 2, 0, 3, 1])
    weighted = RNNRegressor("elman", 4, **WHOLE).fit(RAGGED, y, sample_weight=times)
    order = np.repeat(np.arange(N), times)
    repeated = RNNRegressor("elman", 4, **WHOLE)
    # a batch of 50 holds them all; rows of longer sequences count more, as they do without weights
    repeated.fit([RAGGED[k] for k in order], [y[k] for k in order])
    np.testing.assert_allclose(weighted.loss_curve_, repeated.loss_curve_, rtol=1e-10)
    np.testing.assert_allclose(np.concatenate(weighted.predict(RAGGED)), np.concatenate(repeated.predict(RAGGED)))
    assert weighted.score(RAGGED, y, sample_weight=times) == pytest.approx(
        repeated.score([RAGGED[k] for k in order], [y[k] for k in order])
    )


def test_what_weighs_nothing_is_left_out():
    y = step_values("list")
    fewer, whole = [0, 1, 3, 4], [1, 1, 0, 1, 1]
    expected = RNNRegressor("gru", 4, **WHOLE).fit([RAGGED[k] for k in fewer], [y[k] for k in fewer])
    missing = [*y[:2], y[2] * np.nan, *y[3:]]
    for data in ((y, whole), (missing, None)):
        found = RNNRegressor("gru", 4, **WHOLE).fit(RAGGED, *data)
        assert same_bits(found.predict(RAGGED), expected.predict(RAGGED))
    rows = [np.where(np.arange(len(member)) % 2, np.nan, member) for member in y]
    masks = [np.arange(len(member)) % 2 == 0 for member in y]
    models = [RNNRegressor("gru", 4, **WHOLE).fit(RAGGED, *data) for data in ((rows, None), (y, masks))]
    assert same_bits(models[0].predict(RAGGED), models[1].predict(RAGGED))
    assert models[0].score(RAGGED, rows) == pytest.approx(models[1].score(RAGGED, y, sample_weight=masks))
    refitted = models[0].refit_output(RAGGED, rows).predict(RAGGED)
    assert same_bits(refitted, models[1].refit_output(RAGGED, y, sample_weight=masks).predict(RAGGED))


def test_classes():
    options = WHOLE | {"batch_size": 5}
    known = [0, 1, 3, 4]
    labels = np.array(["a", "b", None, "b", "a"], dtype=object)
    found = RNNClassifier("elman", 4, **options).fit(RAGGED, labels)
    expected = RNNClassifier("elman", 4, **options).fit([RAGGED[k] for k in known], labels[known].astype(str))
    assert same_bits(found.predict_proba(RAGGED), expected.predict_proba(RAGGED))
    assert found.score(RAGGED, labels) == expected.score([RAGGED[k] for k in known], labels[known].astype(str))
    balanced = RNNClassifier("elman", 4, class_weight="balanced", **options).fit(RAGGED, LABELS)
    named = RNNClassifier("elman", 4, class_weight={"a": 5 / 6, "b": 5 / 4}, **options).fit(RAGGED, LABELS)
    weights = np.where(LABELS == "a", 5 / 6, 5 / 4)
    weighted = RNNClassifier("elman", 4, **options).fit(RAGGED, LABELS, sample_weight=weights)
    assert same_bits(balanced.predict_proba(RAGGED), named.predict_proba(RAGGED))
    assert same_bits(balanced.predict_proba(RAGGED), weighted.predict_proba(RAGGED))
    once = RNNClassifier("elman", 4, class_weight={"b": 1.5}, **options).partial_fit(RAGGED, LABELS, ["a", "b"])
    again = RNNClassifier("elman", 4, **options)
    again.partial_fit(RAGGED, LABELS, ["a", "b"], sample_weight=np.where(LABELS == "b", 1.5, 1.0))
    assert same_bits(once.predict_proba(RAGGED), again.predict_proba(RAGGED))


def test_early_stopping_holds_out_what_counts():
    y = step_values("stack")
    y[::2, :4] = np.nan
    stopped = RNNRegressor("elman", 4, early_stopping=True, validation_fraction=0.4, max_iter=3, tol=None)
    assert np.isfinite(stopped.fit(STACK, y).validation_scores_).all()
    series = y[1].copy()
    series[-4:] = np.nan
    with pytest.raises(ValueError, match="cannot hold out the last 4 rows: no target counts there"):
        stopped.set_params(validation_fraction=0.3).fit(STACK[0], series)


def test_what_cannot_be_weighed():
    y = step_values("list")
    for weights in ([1, 2], [-1.0, 1, 1, 1, 1], "all"):
        with pytest.raises(ValueError, match=r"'sample_weight' parameter of RNNRegressor must be"):
            RNNRegressor(max_iter=1).fit(RAGGED, y, sample_weight=weights)
    with pytest.raises(ValueError, match="RNNRegressor has nothing to learn from"):
        RNNRegressor(max_iter=1).fit(RAGGED, y, sample_weight=0)
    with pytest.raises(ValueError, match="RNNClassifier has nothing to learn from"):
        RNNClassifier(max_iter=1, class_weight={"a": 0}).fit(RAGGED, LABELS, sample_weight=LABELS == "a")
    with pytest.raises(ValueError, match=r"'class_weight' parameter of RNNClassifier must be None or a dict in"):
        RNNClassifier(class_weight="balanced").partial_fit(RAGGED, LABELS, ["a", "b"])
    with pytest.raises(ValueError, match=r"'class_weight' parameter of RNNClassifier must be None, 'balanced'"):
        RNNClassifier(max_iter=1, class_weight={"c": 2.0}).fit(RAGGED, LABELS)
