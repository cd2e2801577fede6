"""Recurrent networks that are given the data to validate on."""

import numpy as np
import pytest

from reservoir.rnn import RNNClassifier
from tests.rnn.test_rnn_training import LABELS, SUMS, X, small, targets_of


@pytest.mark.parametrize("options", [{}, {"pooling": "mean"}, {"washout": 2, "variational_dropout": 0.3}], ids=str)
def test_a_given_validation_set_decides_and_teaches_nothing(options):
    """Training is that of the epochs before the best, whatever is held out, and the score is minus the loss there."""
    held = {"X_val": [-2 * x for x in X[:4]], "y_val": [-2 * y for y in targets_of(small(**options))[:4]]}
    settings = {"learning_rate_init": 0.1, "random_state": 1, "tol": 0.0} | options
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


@pytest.mark.parametrize("labels", [LABELS, [labels[-1] for labels in LABELS]], ids=["steps", "sequences"])
def test_a_classifier_takes_a_validation_set(labels):
    model = RNNClassifier("gru", 5, early_stopping=True, max_iter=8, learning_rate_init=0.05, random_state=0)
    model.fit(X, labels, X_val=X[2:], y_val=labels[2:])
    codes = [np.searchsorted(model.classes_, label) for label in labels[2:]]
    chosen = [
        np.take_along_axis(np.atleast_2d(p), np.reshape(code, (-1, 1)), axis=1).ravel()
        for p, code in zip(model.predict_proba(X[2:]), codes, strict=True)
    ]
    assert max(model.validation_scores_) == pytest.approx(np.mean(np.log(np.concatenate(chosen))), rel=1e-4)
    with pytest.raises(ValueError, match=r"not in classes_.*'level'"):
        model.fit(X, labels, X_val=X[:1], y_val=[np.full(9, "level") if model.per_step_ else "level"])


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
