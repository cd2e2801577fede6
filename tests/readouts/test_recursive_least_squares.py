"""Recursive least squares against a naive twin, ridge regression and fading least squares."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reservoir import EchoState
from reservoir.readouts import (
    Force,
    RecursiveLeastSquares,
    RidgeReadout,
)
from tests import oracles
from tests.house.test_house import python
from tests.readouts.problems import problem, weights_of, with_constant


@given(seed=st.integers(0, 2**32), alpha=st.floats(1e-4, 1e3))
def test_recursive_least_squares_is_ridge(seed, alpha):
    """The intercept is penalised, so ridge sees a constant feature instead of an intercept."""
    X, y = problem(seed)
    readout = RecursiveLeastSquares(alpha=alpha).fit(X, y)
    ridge = RidgeReadout(alpha, fit_intercept=False).fit(with_constant(X), y)
    np.testing.assert_allclose(readout.predict(X), ridge.predict(with_constant(X)), rtol=0, atol=1e-8)
    correlation = with_constant(X).T @ with_constant(X) + alpha * np.eye(8)
    np.testing.assert_allclose(readout.inverse_correlation_ @ correlation, np.eye(8), rtol=0, atol=1e-7)
    force = Force(alpha, fit_intercept=True).fit(X, y)
    np.testing.assert_array_equal(force.coef_, readout.coef_)


@pytest.mark.parametrize("n_features", [1, 2, 7, 8])
@pytest.mark.parametrize("forgetting", [1.0, 0.99, 0.9])
def test_recursive_least_squares_equals_its_twin(forgetting, n_features):
    X, y = problem(n_features=n_features)
    readout = RecursiveLeastSquares(forgetting, 0.3).fit(X, y)
    weights, P = oracles.recursive_least_squares(with_constant(X), y, 0.3, forgetting)
    np.testing.assert_allclose(weights_of(readout), weights, rtol=0, atol=1e-9)
    np.testing.assert_allclose(readout.inverse_correlation_, P, rtol=1e-8, atol=1e-10)


def test_forgetting_is_least_squares_with_fading_weights():
    X, y = problem(n_rows=2000)
    readout = RecursiveLeastSquares(0.98, fit_intercept=False).fit(X, y)
    roots = 0.98 ** (np.arange(len(X))[::-1, None] / 2)
    expected = np.linalg.lstsq(roots * X, roots * y, rcond=None)[0].T
    np.testing.assert_allclose(readout.coef_, expected, rtol=0, atol=1e-9)


def textbook(X, y, forgetting, alpha):
    """Errors before each update of the equations as they stand, without a guard."""
    P, weights, errors = np.eye(X.shape[1]) / alpha, np.zeros(X.shape[1]), np.empty(len(X))
    for t, (z, target) in enumerate(zip(X, y, strict=True)):
        P /= forgetting
        gain = P @ z / (1 + z @ P @ z)
        errors[t] = target - weights @ z
        weights += errors[t] * gain
        P -= np.outer(gain, z @ P)
        P = (P + P.T) / 2
    return errors


def mean_error(errors):
    return np.sqrt(np.mean(np.square(errors)))


@pytest.mark.parametrize("alpha", [1e2, 1.0, 1e-2, 1e-4, 1e-6])
@pytest.mark.parametrize("scaling", [(1.0, 0.0), (0.1, 0.1)])
def test_another_target_is_followed_as_by_the_textbook_whatever_alpha_is(alpha, scaling):
    """States of a reservoir, most directions of which hardly vary; the target changes in the middle."""
    u = np.random.default_rng(0).uniform(-1, 1, size=(4000, 1))
    X = EchoState(30, input_scaling=scaling[0], bias_scaling=scaling[1], random_state=0).fit_transform(u)
    before, after = np.roll(u[:, 0], 1), np.roll(u[:, 0], 3) / 2 - np.roll(u[:, 0], 1)
    y = np.where(np.arange(4000) < 2000, before, after)
    readout = RecursiveLeastSquares(0.99, alpha, fit_intercept=False)
    errors = y - np.array([readout.step(*row)[0] for row in zip(X, y, strict=True)])
    expected = textbook(X, y, 0.99, alpha)
    for rows in (slice(1000, 2000), slice(2000, 2300), slice(2300, 2600), slice(3000, 4000)):
        assert mean_error(errors[rows]) < 1.5 * mean_error(expected[rows])


def poor(kind, n_rows, rng):
    """Rows that stop to tell five inputs apart."""
    constant, few = np.ones((n_rows, 5)), rng.normal(size=(n_rows, 2)) @ rng.normal(size=(2, 5))
    return {
        "constant": constant, "zero": 0 * constant, "collinear": few, "a dead input": few * [1, 1, 0, 0, 0],
        "dying": constant * 0.9 ** np.arange(n_rows)[:, None],
    }[kind]  # fmt: skip


@pytest.mark.parametrize("kind", ["constant", "zero", "collinear", "a dead input", "dying"])
@pytest.mark.parametrize("forgetting", [0.999, 0.9])
@pytest.mark.parametrize("alpha", [1e-6, 1.0])
def test_forgetting_does_not_wind_up(kind, forgetting, alpha):
    """Rich rows, then a million poor ones with noisy targets, then rich rows of another target."""
    rng = np.random.default_rng(0)
    rich = rng.normal(size=(300, 5))
    readout = RecursiveLeastSquares(forgetting, alpha, fit_intercept=False).fit(rich, rich @ np.ones(5))
    n_rows = 1_000_000 if kind in ("constant", "collinear") else 100_000
    X = poor(kind, n_rows, rng)
    readout.partial_fit(X, X @ np.ones(5) + 0.1 * rng.normal(size=n_rows))
    values = np.linalg.eigvalsh(readout.inverse_correlation_)
    assert values[0] > 0 and values[-1] < 100 * max(1e12 * (1 - forgetting), 1 / alpha)
    assert np.abs(readout.coef_).max() < 100
    readout.partial_fit(rich, rich @ np.arange(5))
    np.testing.assert_allclose(readout.coef_, np.arange(5), atol=1e-3 if forgetting < 0.99 else 3)


@pytest.mark.parametrize("forgetting", [1.0, 0.999])
@pytest.mark.parametrize("alpha", [1.0, 1e-9])
def test_a_million_steps_stay_positive_definite(forgetting, alpha):
    """The features are collinear up to 1e-6."""
    rng = np.random.default_rng(0)
    readout = RecursiveLeastSquares(forgetting, alpha)
    for _ in range(20):
        X = rng.normal(size=(50_000, 3)) @ np.ones((3, 12)) + 1e-6 * rng.normal(size=(50_000, 12))
        readout.partial_fit(X, X.sum(axis=1))
    P = readout.inverse_correlation_
    assert np.isfinite(readout.coef_).all() and np.isfinite(P).all()
    np.testing.assert_allclose(P, P.T, rtol=1e-9)
    assert (readout.memory_["scales"] > 0).all()
    np.testing.assert_allclose(readout.predict(X), X.sum(axis=1), atol=1e-3)


@pytest.mark.long
def test_the_process_that_compiles_gives_the_bits_of_one_that_loads(tmp_path):
    """A kernel that calls another may get one copy of it where both were just compiled, and another from the cache."""
    code = """if True:
        import numpy as np
        from reservoir import kernel_cache
        from reservoir.readouts import RecursiveLeastSquares
        every = kernel_cache._places  # kernels of earlier tests stand beside the package
        kernel_cache._places = lambda *where: (place for place in every(*where) if place.kind == "chosen")
        X = np.random.default_rng(0).normal(size=(3000, 9))
        print(RecursiveLeastSquares(0.99).fit(X, np.tanh(X[:, :2] + X[:, 2:4])).coef_.tobytes().hex())
    """
    compiled, loaded = (python(code, NUMBA_CACHE_DIR=str(tmp_path)) for _ in range(2))
    assert compiled == loaded and list(tmp_path.rglob("*.nbc"))
