"""Backpropagation-decorrelation against a naive twin, and where it is something else."""

import numpy as np
import pytest
from sklearn.base import clone

from reservoir.readouts import (
    BackpropagationDecorrelation,
    LeastMeanSquares,
    RidgeReadout,
)
from tests import oracles
from tests.readouts.problems import problem, weights_of, with_constant


@pytest.mark.parametrize("output_feedback", [False, True])
@pytest.mark.parametrize("dt", [1.0, 0.3])
def test_backpropagation_decorrelation_equals_its_twin(dt, output_feedback):
    X, y = problem()
    readout = BackpropagationDecorrelation(0.2, dt=dt, output_feedback=output_feedback, epsilon=0.1).fit(X, y)
    weights, outputs = oracles.backpropagation_decorrelation(with_constant(X), y, 0.2, dt, output_feedback, 0.1)
    np.testing.assert_allclose(weights_of(readout), weights[:, :8], rtol=0, atol=1e-12)
    np.testing.assert_allclose(readout.feedback_, weights[:, 8:], rtol=0, atol=1e-12)
    stepped = clone(readout)
    np.testing.assert_allclose([stepped.step(*pair) for pair in zip(X, y, strict=True)], outputs, rtol=0, atol=1e-12)


def test_backpropagation_decorrelation_is_normalised_least_mean_squares_at_dt_1_only():
    X, y = problem()
    expected = LeastMeanSquares(0.2, epsilon=0.1).fit(X, y).coef_
    near = BackpropagationDecorrelation(0.2, output_feedback=False, epsilon=0.1).fit(X, y)
    far = clone(near).set_params(dt=0.9).fit(X, y)
    np.testing.assert_allclose(near.coef_, expected, rtol=0, atol=1e-13)
    assert near.row_wise and not far.row_wise
    assert np.abs(far.coef_ - expected).max() > 0.01


def test_backpropagation_decorrelation_rests_where_there_is_no_error():
    """Two rows without error change nothing; after an error the row before it still counts."""
    X, _ = problem(n_rows=200)
    teacher = BackpropagationDecorrelation(dt=0.5, output_feedback=False).fit(*problem())
    y = teacher.predict(X)
    student = clone(teacher).fit(*problem())
    student.memory_["outputs"][:] = student.memory_["errors"][:] = 0
    before = student.coef_
    np.testing.assert_allclose(student.partial_fit(X, y).coef_, before, rtol=0, atol=1e-14)
    student.partial_fit(X[:1], y[:1] + 1)
    assert np.abs(student.coef_ - before).max() > 1e-3


def test_backpropagation_decorrelation_learns_units_with_dynamics():
    rng = np.random.default_rng(0)
    X = rng.uniform(-1, 1, size=(20_000, 4))
    teacher = BackpropagationDecorrelation(dt=0.3).fit(X[:500], X[:500, :2])
    y = teacher.predict(X)
    student = BackpropagationDecorrelation(0.3, dt=0.3).fit(X, y)
    errors = [((r.predict(X[:500]) - y[:500]) ** 2).mean() for r in (student, RidgeReadout().fit(X, y))]
    assert errors[0] < 1e-3 * errors[1]
