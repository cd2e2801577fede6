"""Training of recurrent networks: losses, optimisers, what ends it, and the face of the estimators."""

import copy
import logging
import pickle

import numpy as np
import pytest
from scipy import stats
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, KFold

from reservoir.estimator_checks import check_sequence_estimator
from reservoir.readouts import RidgeReadout
from reservoir.rnn import RNNClassifier, RNNRegressor
from reservoir.rnn.cells import CELLS, LSTM
from reservoir.rnn.descent import Descent
from reservoir.rnn.examples import Examples
from reservoir.rnn.losses import LOSSES
from reservoir.rnn.optimizers import SGD, Adam, RMSProp, clipped
from tests.rnn.recurrent_oracles import TWINS

LENGTHS = (9, 4, 12, 7, 7, 10)
RNG = np.random.default_rng(3)
X = [RNG.uniform(-1, 1, size=(length, 2)) for length in LENGTHS]
SUMS = [np.cumsum(x[:, 0]) for x in X]
LAST = np.array([y[-1] for y in SUMS])
LABELS = [np.where(y > 0, "up", "down") for y in SUMS]


def small(**parameters):
    present = {"cell": "gru", "hidden_layer_sizes": 5, "random_state": 0, "max_iter": 5, "learning_rate_init": 0.01}
    return RNNRegressor(**present | parameters)


def targets_of(model):
    return LAST if model.pooling else SUMS


@pytest.mark.parametrize("name", LOSSES)
def test_the_gradient_of_a_loss(name):
    rng = np.random.default_rng(0)
    outputs = rng.normal(size=(7, 3))
    targets = rng.integers(0, 3, size=7) if name == "cross_entropy" else rng.uniform(size=(7, 3))
    value, gradient = LOSSES[name].of(outputs, targets)
    for index in np.ndindex(outputs.shape):
        step = np.zeros_like(outputs)
        step[index] = 1e-6
        above, below = (LOSSES[name].of(outputs + sign * step, targets)[0] for sign in (1, -1))
        assert gradient[index] == pytest.approx((above - below) / 2e-6, abs=1e-8)
    assert np.isfinite(value)


def test_losses_are_likelihoods():
    rng = np.random.default_rng(0)
    outputs, codes, bits = rng.normal(size=(7, 3)), rng.integers(0, 3, size=7), rng.integers(0, 2, size=(7, 3))
    p = LOSSES["cross_entropy"].answer(outputs)
    expected = -np.mean([stats.multinomial(1, row).logpmf(np.eye(3)[code]) for row, code in zip(p, codes, strict=True)])
    assert LOSSES["cross_entropy"].of(outputs, codes)[0] == pytest.approx(expected)
    expected = -stats.bernoulli(LOSSES["bernoulli"].answer(outputs)).logpmf(bits).sum(axis=1).mean()
    assert LOSSES["bernoulli"].of(outputs, bits)[0] == pytest.approx(expected)


def test_optimizers_follow_their_equations():
    """Two steps of each against the recursions of the papers."""
    g = [np.array([0.5, -2.0]), np.array([1.0, 0.25])]
    x, rate = np.array([1.0, 1.0]), 0.1

    def moved(optimizer):
        parameters = x.copy()
        for gradient in g:
            optimizer.update(parameters, gradient, rate)
        return parameters

    v1 = -rate * g[0]
    v2 = 0.9 * v1 - rate * g[1]
    np.testing.assert_allclose(moved(SGD(2, float, 0.9, False)), x + v1 + v2)
    nesterov = x + (0.9 * v1 - rate * g[0]) + (0.9 * v2 - rate * g[1])
    np.testing.assert_allclose(moved(SGD(2, float, 0.9, True)), nesterov)
    s1 = 0.1 * g[0] ** 2
    s2 = 0.9 * s1 + 0.1 * g[1] ** 2
    expected = x - rate * g[0] / (np.sqrt(s1) + 1e-8) - rate * g[1] / (np.sqrt(s2) + 1e-8)
    np.testing.assert_allclose(moved(RMSProp(2, float, 0.9, 1e-8)), expected)
    m1, w1 = 0.1 * g[0], 0.001 * g[0] ** 2
    m2, w2 = 0.9 * m1 + 0.1 * g[1], 0.999 * w1 + 0.001 * g[1] ** 2
    first = rate * (m1 / 0.1) / (np.sqrt(w1 / 0.001) + 1e-8)
    second = rate * (m2 / (1 - 0.9**2)) / (np.sqrt(w2 / (1 - 0.999**2)) + 1e-8)
    np.testing.assert_allclose(moved(Adam(2, float, 0.9, 0.999, 1e-8)), x - first - second, rtol=1e-10)


def test_clipping_keeps_the_direction():
    gradient = np.array([3.0, 4.0])
    shorter, norm = clipped(gradient, 1.0)
    np.testing.assert_allclose(shorter, gradient / 5)
    assert norm == 5.0
    assert clipped(gradient, 5.0)[0] is gradient and clipped(gradient, None)[0] is gradient


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("options", [{}, {"pooling": "last"}, {"bidirectional": True}, {"truncation": 4}], ids=str)
def test_the_loss_goes_down(cell, options):
    model = RNNRegressor(TWINS[cell].awake or cell, 8, max_iter=40, learning_rate_init=0.01, random_state=0, **options)
    model.fit(X, targets_of(model))
    assert model.loss_curve_[-1] < 0.5 * model.loss_curve_[0]
    assert model.n_iter_ == len(model.loss_curve_) and model.best_loss_ == min(model.loss_curve_)


@pytest.mark.parametrize("solver", ["sgd", "rmsprop", "adam"])
@pytest.mark.parametrize("schedule", ["constant", "invscaling", "adaptive"])
def test_solvers_and_schedules(solver, schedule):
    model = small(solver=solver, learning_rate=schedule, learning_rate_init=0.02, power_t=0.1, max_iter=30)
    assert model.fit(X, SUMS).loss_curve_[-1] < model.loss_curve_[0]


def test_an_adaptive_rate_falls_instead_of_stopping():
    stubborn = {"tol": 10.0, "n_iter_no_change": 2, "max_iter": 50}
    assert small(**stubborn).fit(X, SUMS).n_iter_ == 3
    model = small(learning_rate="adaptive", **stubborn).fit(X, SUMS)
    assert model._descent.rate < 0.01 / 5**5 and model.n_iter_ > 10


@pytest.mark.parametrize(
    "model",
    [
        small(),
        small(loss="squared", pooling="mean"),
        small(bidirectional=True),
        small(hidden_layer_sizes=(4, 3), truncation=3, variational_dropout=(0.1, 0.2, 0.3), washout=2),
        RNNClassifier("elman", 4, max_iter=3),
        RNNClassifier(LSTM(peepholes=True), (4, 2), pooling="mean", max_iter=3, dtype="float64"),
    ],
    ids=lambda model: repr(model).replace("\n", ""),
)
def test_data_contract(model):
    check_sequence_estimator(model)


def test_a_penalty_pulls_weights_and_leaves_biases():
    free, bound = (small(alpha=alpha, max_iter=60).fit(X, SUMS) for alpha in (0.0, 10.0))
    sizes = [[np.abs(model.parameters_[name]).max() for model in (free, bound)] for name in free.parameters_]
    for name, (without, penalised) in zip(free.parameters_, sizes, strict=True):
        assert not name.endswith("weights") or penalised < without


def test_the_same_seed_gives_the_same_bits():
    one, other = (small(variational_dropout=0.2, batch_size=2, early_stopping=True).fit(X, SUMS) for _ in range(2))
    assert one.network_.vector.tobytes() == other.network_.vector.tobytes()
    assert one.loss_curve_ == other.loss_curve_


def test_warm_start_goes_on():
    """Two fits of 5 epochs are one of 10, bit for bit; without warm_start the second begins anew."""
    whole = small(max_iter=10).fit(X, SUMS)
    halves = small(max_iter=5, warm_start=True).fit(X, SUMS)
    first = halves.loss_curve_
    halves.fit(X, SUMS)
    assert first + halves.loss_curve_ == whole.loss_curve_
    assert halves.network_.vector.tobytes() == whole.network_.vector.tobytes()
    with pytest.raises(ValueError, match="warm_start"):
        halves.fit(X, [np.column_stack([y, y]) for y in SUMS])


def test_partial_fit_is_an_epoch():
    whole, parts = small(max_iter=4).fit(X, SUMS), small()
    for _ in range(4):
        parts.partial_fit(X, SUMS)
    assert parts.loss_curve_ == whole.loss_curve_ and parts.n_iter_ == 4
    assert parts.network_.vector.tobytes() == whole.network_.vector.tobytes()


def test_partial_fit_of_a_classifier_needs_classes():
    model = RNNClassifier("elman", 4, random_state=0)
    with pytest.raises(ValueError, match="'classes' parameter"):
        clone(model).partial_fit(X, LABELS)
    with pytest.raises(ValueError, match="not in classes_"):
        clone(model).partial_fit(X, LABELS, classes=["up", "level"])
    model.partial_fit(X[:1], LABELS[:1], classes=["up", "down", "level"]).partial_fit(X, LABELS)
    assert list(model.classes_) == ["down", "level", "up"] and model.predict_proba(X)[0].shape == (9, 3)


def exploding(after):
    """An epoch that makes the parameters infinite from some epoch on."""
    present, count = Descent.epoch, iter(range(10**6))

    def epoch(self, examples):
        if next(count) >= after:
            self.network.vector[0] = np.inf
        return present(self, examples)

    return epoch


def test_divergence_at_once_is_an_error_that_changes_nothing(monkeypatch):
    monkeypatch.setattr(Descent, "epoch", exploding(0))
    model = small()
    with pytest.raises(ValueError, match=r"RNNRegressor diverged.*learning_rate_init"):
        model.fit(X, SUMS)
    assert vars(model).keys() == vars(small()).keys()


def test_a_rate_that_is_too_large_ends_in_an_error():
    model = RNNRegressor("irnn", 8, solver="sgd", learning_rate_init=1e9, max_gradient_norm=None, random_state=0)
    with pytest.raises(ValueError, match="diverged"):
        model.fit([x * 100 for x in X], SUMS)


def test_divergence_later_keeps_the_best(monkeypatch):
    """Here the best of three epochs is the last, and what it began with is kept."""
    expected = small(max_iter=2).fit(X, SUMS)
    monkeypatch.setattr(Descent, "epoch", exploding(3))
    with pytest.warns(ConvergenceWarning, match="diverged.*best parameters of 3 epochs"):
        model = small(max_iter=9).fit(X, SUMS)
    assert model.network_.vector.tobytes() == expected.network_.vector.tobytes()
    assert np.isfinite(np.concatenate(model.predict(X))).all()


def test_divergence_of_a_fitted_model_leaves_its_parameters(monkeypatch):
    model = small(warm_start=True).fit(X, SUMS)
    before = model.network_.vector.copy()
    monkeypatch.setattr(Descent, "epoch", exploding(0))
    for method in (model.fit, model.partial_fit):
        with pytest.raises(ValueError, match="diverged"):
            method(X, SUMS)
        np.testing.assert_array_equal(model.network_.vector, before)


def test_an_interrupt_keeps_the_best(monkeypatch):
    expected, present, count = small(max_iter=1).fit(X, SUMS), Descent.epoch, iter(range(9))

    def epoch(self, examples):
        if next(count) == 2:
            self.network.vector += 1
            raise KeyboardInterrupt
        return present(self, examples)

    monkeypatch.setattr(Descent, "epoch", epoch)
    with pytest.warns(ConvergenceWarning, match="was interrupted"):
        model = small(max_iter=9).fit(X, SUMS)
    assert model.network_.vector.tobytes() == expected.network_.vector.tobytes()
    monkeypatch.setattr(Descent, "epoch", lambda self, examples: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        small().fit(X, SUMS)


def test_early_stopping_keeps_the_best_of_what_it_holds_out():
    model = small(early_stopping=True, validation_fraction=0.3, max_iter=15, learning_rate_init=0.1).fit(X, SUMS)
    assert len(model.validation_scores_) == model.n_iter_
    best = int(np.argmax(model.validation_scores_)) + 1
    again = small(early_stopping=True, validation_fraction=0.3, max_iter=best, learning_rate_init=0.1).fit(X, SUMS)
    assert again.network_.vector.tobytes() == model.network_.vector.tobytes()
    assert small().fit(X, SUMS).validation_scores_ is None


def test_a_single_series_holds_out_its_tail():
    x, y = np.concatenate(X), np.concatenate(SUMS)
    model = small(early_stopping=True, validation_fraction=0.2, max_iter=1, learning_rate_init=1e-9).fit(x, y)
    n = round(0.2 * len(x))
    expected = -0.5 * np.mean((model.predict(x)[-n:] - y[-n:]) ** 2)
    assert model.validation_scores_[0] == pytest.approx(expected, rel=1e-5)
    with pytest.raises(ValueError, match="cannot hold out"):
        small(early_stopping=True).fit(x[:1], y[:1])
    with pytest.raises(ValueError, match="cannot hold out"):
        small(early_stopping=True, pooling="last").fit([x], y[:1])


def test_truncated_training_is_the_whole_where_pieces_are_long():
    whole, cut = small().fit(X, SUMS), small(truncation=max(LENGTHS)).fit(X, SUMS)
    assert whole.network_.vector.tobytes() == cut.network_.vector.tobytes()
    assert small(truncation=3).fit(X, SUMS).n_updates_ == 5 * 4


def test_rows_of_the_washout_teach_nothing():
    other = [np.concatenate([np.full(3, 1e3), y[3:]]) for y in SUMS]
    one, two = (small(washout=3).fit(X, y) for y in (SUMS, other))
    assert one.network_.vector.tobytes() == two.network_.vector.tobytes()
    assert one.score(X, SUMS) == one.score(X, other)


def test_dropout_masks_stay_through_a_sequence_and_are_absent_afterwards():
    network = small().fit(X, SUMS).network_
    masks = network.draw_masks((0.5, 0.25, 0.0), 4000, np.random.default_rng(0))
    for mask, rate in ((masks.inputs[0], 0.5), (masks.recurrent[0][0], 0.25), (masks.outputs, 0.0)):
        assert set(np.unique(mask)) <= {0.0, np.float32(1 / (1 - rate))}
        assert mask.mean() == pytest.approx(1, abs=0.05)
    model = small(variational_dropout=0.5).fit(X, SUMS)
    assert all(np.array_equal(a, b) for a, b in zip(model.predict(X), model.predict(X), strict=True))


@pytest.mark.parametrize("options", [{}, {"pooling": "mean"}, {"washout": 2, "bidirectional": True}], ids=str)
def test_refitting_the_output_is_ridge_on_the_states(options):
    model = small(**options).fit(X, targets_of(small(**options)))
    before = copy.deepcopy(model.network_.vector)
    kept = pickle.loads(pickle.dumps(model))
    y, states = targets_of(model), model.states(X)
    features = np.stack([rows.mean(axis=0) for rows in states]) if model.pooling else None
    features = np.concatenate([rows[model.washout :] for rows in states]) if features is None else features
    joined = y if model.pooling else np.concatenate([rows[model.washout :] for rows in y])
    expected = RidgeReadout(1e-3).fit(features.astype(float), joined)
    model.refit_output(X, y, 1e-3)
    np.testing.assert_allclose(model.parameters_["output.weights"][:, 0], expected.coef_, rtol=1e-3, atol=1e-4)
    assert kept.score(X, y) < model.score(X, y)
    same = [name for name in model.parameters_ if not name.startswith("output")]
    assert all(np.array_equal(model.parameters_[name], kept.network_.views(before)[name]) for name in same)


def test_bernoulli_predicts_probabilities():
    y = [np.column_stack([x[:, 0] > 0, x[:, 1] > 0]).astype(float) for x in X]
    model = small(loss="bernoulli", max_iter=100, learning_rate_init=0.05).fit(X, y)
    probabilities = np.concatenate(model.predict(X))
    assert ((probabilities > 0) & (probabilities < 1)).all() and model.score(X, y) > 0.5
    with pytest.raises(ValueError, match="must lie in"):
        small(loss="bernoulli").fit(X, SUMS)


def test_a_classifier_learns_both_depths_of_labels():
    steps = RNNClassifier("gru", 8, max_iter=150, learning_rate_init=0.02, random_state=0).fit(X, LABELS)
    assert steps.per_step_ and steps.score(X, LABELS) > 0.9
    assert all(p.shape == (len(x), 2) for p, x in zip(steps.predict_proba(X), X, strict=True))
    ends = [labels[-1] for labels in LABELS]
    whole = clone(steps).fit(X, ends)
    assert not whole.per_step_ and whole.score(X, ends) == 1.0
    np.testing.assert_allclose(whole.predict_proba(X).sum(axis=1), 1)


def test_options_of_a_cell_are_reached_by_a_search():
    search = GridSearchCV(
        RNNRegressor("lstm", 3, max_iter=2), {"cell__forget_bias": [0.0, 2.0]}, cv=KFold(2), error_score="raise"
    )
    stack = np.stack([x[:4] for x in X])
    search.fit(stack, np.stack([y[:4] for y in SUMS]))
    assert search.best_params_["cell__forget_bias"] in (0.0, 2.0)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("cell", "lsmt"), ("hidden_layer_sizes", ()), ("hidden_layer_sizes", (3, 0)), ("solver", "lbfgs"),
        ("variational_dropout", 1.0), ("variational_dropout", (0.1, 0.2)), ("truncation", 0), ("pooling", "max"),
        ("max_gradient_norm", 0.0), ("batch_size", 0), ("dtype", "float16"), ("loss", "absolute"), ("washout", -1),
        ("cell", LSTM(forget_gate=False, coupled=True)),
    ],
    ids=str,
)  # fmt: skip
def test_refused_parameters(name, value):
    with pytest.raises(ValueError, match=r"parameter of (RNNRegressor|LSTM) must be"):
        small(**{name: value}).fit(X, SUMS)


def test_a_bidirectional_network_needs_whole_sequences():
    model = small(bidirectional=True).fit(X, SUMS)
    with pytest.raises(ValueError, match="bidirectional"):
        model.run(X, model.run(X)[1])
    with pytest.raises(ValueError, match="bidirectional"):
        small(bidirectional=True, truncation=3).fit(X, SUMS)
    with pytest.raises(ValueError, match="one target per sequence"):
        small(pooling="last", truncation=3).fit(X, LAST)


def test_verbose_shows_epochs(caplog):
    for verbose, n_lines in ((0, 0), (True, 1), (2, 3)):
        with caplog.at_level(logging.INFO, "reservoir.rnn"):
            model = small(verbose=verbose, max_iter=3, early_stopping=True).fit(X, SUMS)
        lines = [record.getMessage() for record in caplog.records]
        assert len(lines) == n_lines
        assert not lines or (f"{model.loss_curve_[2]:.8f}" in lines[-1] and "validation loss" in lines[-1])
        caplog.clear()


def test_examples_keep_sequences_and_targets_together():
    rows, offsets = np.concatenate(X), np.concatenate([[0], np.cumsum(LENGTHS)])
    taken = Examples(rows, offsets, np.concatenate(SUMS), None, 0).take(np.array([4, 0]))
    np.testing.assert_array_equal(taken.rows, np.concatenate([X[4], X[0]]))
    np.testing.assert_array_equal(taken.targets, np.concatenate([SUMS[4], SUMS[0]]))
