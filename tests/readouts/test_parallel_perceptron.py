"""Parallel perceptrons against a naive twin, and what one alone cannot learn."""

import numpy as np
import pytest
from sklearn.base import clone

from reservoir.readouts import (
    ParallelPerceptronClassifier,
    ParallelPerceptronRegressor,
)
from tests import oracles
from tests.readouts.problems import problem, with_constant


@pytest.mark.parametrize("adapt_every", [None, 40])
def test_parallel_perceptrons_equal_their_twin(adapt_every):
    X, y = problem()
    y = np.clip(y, -1, 1)
    settings = {"mu": 0.7, "margin": 0.1, "learning_rate": 0.02}
    readout = ParallelPerceptronRegressor(
        20, epsilon=0.2, rho=13.0, output_range=(-1, 1), adapt_every=adapt_every, random_state=5, **settings
    ).partial_fit(X, y)
    first = np.random.default_rng(5).normal(size=(2, 20, 8))
    first /= np.linalg.norm(first, axis=2, keepdims=True)
    for k in range(2):
        weights, margin, rate = oracles.parallel_perceptron(
            with_constant(X, -1), y[:, k], first[k], 13.0, 0.2, 0.7, 0.1, 0.02, adapt_every
        )
        ours = np.column_stack([readout.coef_[k], -readout.intercept_[k]])
        np.testing.assert_allclose(ours, weights, rtol=0, atol=1e-9)
        assert readout.margin_[k] == pytest.approx(margin) and readout.learning_rate_[k] == pytest.approx(rate)
        votes = np.where(with_constant(X, -1) @ weights.T >= 0, 1, -1).sum(axis=1)
        np.testing.assert_allclose(readout.predict(X)[:, k], np.clip(votes / 13, -1, 1), atol=1e-12)


def test_parallel_perceptrons_tune_their_margin_and_rate():
    X, y = problem(n_rows=1000, n_outputs=1)
    readout = ParallelPerceptronRegressor(random_state=0, margin=0.0).fit(X, y[:, 0])
    assert readout.margin_[0] > 0 and 1e-5 <= readout.learning_rate_[0] <= 0.1
    heard = X @ readout.coef_[0].T + readout.intercept_[0]
    n_near = (np.abs(heard) < readout.margin_[0]).sum(axis=1).mean()
    wanted = readout.epsilon * readout._rho()
    assert 0.3 * wanted < n_near < 4 * wanted


def test_parallel_perceptrons_learn_what_one_cannot():
    X = np.random.default_rng(0).uniform(-1, 1, size=(600, 2))
    labels = np.where(X[:, 0] * X[:, 1] > 0, "same", "other")
    assert ParallelPerceptronClassifier(random_state=0).fit(X, labels).score(X, labels) > 0.9
    readout = ParallelPerceptronRegressor(random_state=0).fit(X, np.sin(3 * X[:, 0]))
    assert readout.score(X, np.sin(3 * X[:, 0])) > 0.8


def test_parallel_perceptron_classifier_in_pieces():
    X, y = problem(n_outputs=1)
    labels = np.digitize(y[:, 0], [-0.3, 0.3])
    whole = ParallelPerceptronClassifier(n_epochs=1, shuffle=False, random_state=0).fit(X, labels)
    blocks = clone(whole).partial_fit(X[:40], labels[:40], classes=[0, 1, 2]).partial_fit(X[40:], labels[40:])
    np.testing.assert_array_equal(blocks.decision_function(X), whole.decision_function(X))
    with pytest.raises(ValueError, match="not among the classes"):
        blocks.partial_fit(X, labels + 1)
    with pytest.raises(ValueError, match="'classes' parameter of partial_fit"):
        clone(whole).partial_fit(X, labels)
    np.testing.assert_array_equal(blocks.decision_function(X), whole.decision_function(X))
