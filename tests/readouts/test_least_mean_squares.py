"""Least mean squares against a naive twin."""

import numpy as np
import pytest

from reservoir.readouts import (
    LeastMeanSquares,
)
from tests import oracles
from tests.readouts.problems import problem, weights_of, with_constant


@pytest.mark.parametrize("epsilon", [None, 1e-6, 1.0])
def test_least_mean_squares_equals_its_twin(epsilon):
    X, y = problem()
    parameters = {"normalized": False} if epsilon is None else {"epsilon": epsilon}
    readout = LeastMeanSquares(0.02, **parameters).fit(X, y)
    expected = oracles.least_mean_squares(with_constant(X), y, 0.02, epsilon)
    np.testing.assert_allclose(weights_of(readout), expected, rtol=0, atol=1e-13)


@pytest.mark.parametrize("readout", [LeastMeanSquares(), LeastMeanSquares(0.05, normalized=False)], ids=str)
def test_least_mean_squares_converges(readout):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(4000, 5))
    readout.fit(X, X @ np.arange(5) - 1)
    np.testing.assert_allclose(np.append(readout.coef_, readout.intercept_), [0, 1, 2, 3, 4, -1], atol=1e-9)


def test_least_mean_squares_that_diverges_is_refused():
    X, y = problem(n_rows=2000)
    readout = LeastMeanSquares(0.01, normalized=False).fit(X, y)
    before = readout.predict(X)
    with pytest.raises(ValueError, match="grew beyond every bound"):
        readout.set_params(learning_rate=50.0).partial_fit(X, y)
    np.testing.assert_array_equal(readout.predict(X), before)
