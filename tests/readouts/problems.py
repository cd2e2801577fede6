"""Data that online readouts learn from, and one of each kind of them."""

import numpy as np

from reservoir import readouts
from reservoir.readouts import (
    BackpropagationDecorrelation,
    Force,
    LeastMeanSquares,
    ParallelPerceptronRegressor,
    RecursiveLeastSquares,
)
from reservoir.readouts.online import OnlineRegressor

LINEAR = [
    RecursiveLeastSquares(),
    RecursiveLeastSquares(0.97, 0.1, fit_intercept=False),
    Force(),
    LeastMeanSquares(),
    LeastMeanSquares(0.01, normalized=False, fit_intercept=False),
    BackpropagationDecorrelation(),
    BackpropagationDecorrelation(dt=0.4, output_feedback=False),
    BackpropagationDecorrelation(dt=0.4, fit_intercept=False),
]
"""Each online readout of the room as it comes, and some with other parameters."""
_ONLINE = [part for part in map(vars(readouts).get, readouts.__all__) if issubclass(part, OnlineRegressor)]
LINEAR += [part() for part in _ONLINE if part not in {type(one) for one in LINEAR}]


REGRESSORS = [*LINEAR, ParallelPerceptronRegressor(20, output_range=(-3, 3), n_epochs=1, shuffle=False, random_state=0)]


def problem(seed=0, n_rows=150, n_features=7, n_outputs=2):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_rows, n_features)) @ rng.normal(size=(n_features, n_features)) / 3 + 0.5
    return X, np.tanh(X @ rng.normal(size=(n_features, n_outputs))) + 0.1 * rng.normal(size=(n_rows, n_outputs))


def with_constant(X, constant=1.0):
    return np.column_stack([X, np.full(len(X), constant)])


def weights_of(readout):
    return np.column_stack([readout.coef_, readout.intercept_])
