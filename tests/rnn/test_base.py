"""What regressor and classifier share: data of all kinds, training that goes on, and data to validate on."""

import numpy as np
import pytest

from reservoir.estimator_checks import check_sequence_estimator
from reservoir.rnn import RNNClassifier
from reservoir.rnn.cells import LSTM
from tests.rnn.small_networks import LABELS, LAST, SUMS, X, small, targets_of


@pytest.mark.parametrize(
    "model",
    [
        small(),
        small(loss="squared", pooling="mean"),
        small(bidirectional=True),
        small(hidden_layer_sizes=(4, 3), truncation=3, variational_dropout=(0.1, 0.2, 0.3), washout=2),
        RNNClassifier("elman", 4, max_iter=3, tol=None),
        RNNClassifier(LSTM(peepholes=True), (4, 2), pooling="mean", max_iter=3, tol=None, dtype="float64"),
    ],
    ids=lambda model: repr(model).replace("\n", ""),
)
def test_data_contract(model):
    check_sequence_estimator(model)


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


def test_a_bidirectional_network_needs_whole_sequences():
    model = small(bidirectional=True).fit(X, SUMS)
    with pytest.raises(ValueError, match="bidirectional"):
        model.run(X, model.run(X)[1])
    with pytest.raises(ValueError, match="bidirectional"):
        small(bidirectional=True, truncation=3).fit(X, SUMS)
    with pytest.raises(ValueError, match="one target per sequence"):
        small(pooling="last", truncation=3).fit(X, LAST)


@pytest.mark.parametrize("options", [{}, {"pooling": "mean"}, {"washout": 2, "variational_dropout": 0.3}], ids=str)
def test_a_given_validation_set_decides_and_teaches_nothing(options):
    """Training is that of the epochs before the best, whatever is held out, and the score is minus the loss there."""
    held = {"X_val": [-2 * x for x in X[:4]], "y_val": [-2 * y for y in targets_of(small(**options))[:4]]}
    settings = {"learning_rate_init": 0.1, "random_state": 1} | options
    model = small(early_stopping=True, max_iter=15, **settings).fit(X, targets_of(small(**options)), **held)
    best = int(np.argmax(model.validation_scores_)) + 1
    plain = small(max_iter=best, **settings).fit(X, targets_of(small(**options)))
    assert model.network_.vector.tobytes() == plain.network_.vector.tobytes()
    assert len(model.validation_scores_) == len(model.loss_curve_) >= best
    kept = slice(model.washout, None)
    errors = [
        (p - y)[kept] if model.pooling is None else p - y
        for p, y in zip(model.predict(held["X_val"]), held["y_val"], strict=True)
    ]
    assert max(model.validation_scores_) == pytest.approx(-0.5 * np.mean(np.hstack(errors) ** 2), rel=1e-4)


def test_refused_validation_sets():
    model, pairs = small(early_stopping=True), [np.column_stack([y, y]) for y in SUMS]
    with pytest.raises(ValueError, match="'early_stopping' parameter of RNNRegressor must be True where X_val"):
        small().fit(X, SUMS, X_val=X, y_val=SUMS)
    for held in ({"X_val": X}, {"y_val": SUMS}):
        with pytest.raises(ValueError, match="X_val and y_val together"):
            model.fit(X, SUMS, **held)
    with pytest.raises(ValueError, match="y_val of RNNRegressor must have as many columns as y"):
        model.fit(X, SUMS, X_val=X, y_val=pairs)
    with pytest.raises(ValueError, match=r"X_val and y_val: .*3 features"):
        model.fit(X, SUMS, X_val=[np.ones((4, 3))], y_val=[np.ones(4)])
    with pytest.raises(ValueError, match=r"X_val and y_val: .*must lie in"):
        bits = [(y > 0).astype(float) for y in SUMS]
        small(loss="bernoulli", early_stopping=True).fit(X, bits, X_val=X, y_val=SUMS)
    with pytest.raises(ValueError, match=r"X_val and y_val: .*another depth"):
        RNNClassifier(early_stopping=True).fit(X, LABELS, X_val=X, y_val=["up"] * len(X))
    assert not hasattr(model, "network_")
