"""Regression alone: the output anew in closed form, and probabilities of bits."""

import copy
import pickle

import numpy as np
import pytest

from reservoir.readouts import RidgeReadout
from tests.rnn.small_networks import SUMS, X, small, targets_of


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
