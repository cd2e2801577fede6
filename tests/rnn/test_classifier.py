"""Classification alone: labels per sequence and per step, and classes known beforehand."""

import numpy as np
import pytest
from sklearn.base import clone

from reservoir.rnn import RNNClassifier
from tests.rnn.small_networks import LABELS, X


def test_a_classifier_learns_both_depths_of_labels():
    steps = RNNClassifier("gru", 8, max_iter=150, tol=None, learning_rate_init=0.02, random_state=0).fit(X, LABELS)
    assert steps.per_step_ and steps.score(X, LABELS) > 0.9
    assert all(p.shape == (len(x), 2) for p, x in zip(steps.predict_proba(X), X, strict=True))
    ends = [labels[-1] for labels in LABELS]
    whole = clone(steps).fit(X, ends)
    assert not whole.per_step_ and whole.score(X, ends) == 1.0
    np.testing.assert_allclose(whole.predict_proba(X).sum(axis=1), 1)


def test_partial_fit_of_a_classifier_needs_classes():
    model = RNNClassifier("elman", 4, random_state=0)
    with pytest.raises(ValueError, match="'classes' parameter"):
        clone(model).partial_fit(X, LABELS)
    with pytest.raises(ValueError, match="not in classes_"):
        clone(model).partial_fit(X, LABELS, classes=["up", "level"])
    model.partial_fit(X[:1], LABELS[:1], classes=["up", "down", "level"]).partial_fit(X, LABELS)
    assert list(model.classes_) == ["down", "level", "up"] and model.predict_proba(X)[0].shape == (9, 3)


@pytest.mark.parametrize("labels", [LABELS, [labels[-1] for labels in LABELS]], ids=["steps", "sequences"])
def test_a_classifier_takes_a_validation_set(labels):
    model = RNNClassifier("gru", 5, early_stopping=True, max_iter=8, tol=None, learning_rate_init=0.05, random_state=0)
    model.fit(X, labels, X_val=X[2:], y_val=labels[2:])
    codes = [np.searchsorted(model.classes_, label) for label in labels[2:]]
    chosen = [
        np.take_along_axis(np.atleast_2d(p), np.reshape(code, (-1, 1)), axis=1).ravel()
        for p, code in zip(model.predict_proba(X[2:]), codes, strict=True)
    ]
    assert max(model.validation_scores_) == pytest.approx(np.mean(np.log(np.concatenate(chosen))), rel=1e-4)
    with pytest.raises(ValueError, match=r"not in classes_.*'level'"):
        model.fit(X, labels, X_val=X[:1], y_val=[np.full(9, "level") if model.per_step_ else "level"])
