"""RidgeReadout against an exact solution, scikit-learn, and itself in pieces."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import LinAlgWarning
from sklearn.linear_model import Ridge

from reservoir import EchoState
from reservoir.readouts import RidgeReadout
from tests import oracles


def problem(seed, n_rows=60, n_features=7, n_outputs=2):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_rows, n_features)) @ rng.normal(size=(n_features, n_features)) + 5
    return X, rng.normal(size=(n_rows, n_outputs)) + 3


@given(seed=st.integers(0, 2**32), alpha=st.floats(1e-6, 1e3), fit_intercept=st.booleans())
def test_equals_scikit_learn(seed, alpha, fit_intercept):
    X, y = problem(seed)
    ours = RidgeReadout(alpha, fit_intercept=fit_intercept).fit(X, y)
    theirs = Ridge(alpha, fit_intercept=fit_intercept, solver="svd").fit(X, y)
    np.testing.assert_allclose(ours.predict(X), theirs.predict(X), rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("alpha", [1e-6, 1.0])
def test_equals_the_exact_solution(alpha):
    inputs = np.random.default_rng(1).normal(size=(80, 1))
    states = EchoState(15, bias_scaling=0.3, random_state=0).fit_transform(inputs)
    targets = np.cumsum(inputs, axis=0)
    coef, intercept = oracles.exact_ridge(states, targets, alpha)
    readout = RidgeReadout(alpha).fit(states, targets)
    np.testing.assert_allclose(readout.coef_, coef, rtol=0, atol=1e-8 * np.abs(coef).max())
    np.testing.assert_allclose(readout.intercept_, intercept, rtol=0, atol=1e-8 * np.abs(coef).max())


@given(seed=st.integers(0, 2**32), cuts=st.lists(st.integers(1, 59), max_size=5), order=st.permutations(range(6)))
def test_pieces_in_any_order_equal_one_fit(seed, cuts, order):
    X, y = problem(seed)
    whole = RidgeReadout(1e-3).fit(X, y)
    edges = [0, *sorted(set(cuts)), 60]
    pieces = [slice(a, b) for a, b in itertools.pairwise(edges)]
    pieces = [pieces[i] for i in order if i < len(pieces)]
    blocks = RidgeReadout(1e-3)
    for piece in pieces:
        blocks.partial_fit(X[piece], y[piece])
    merged = RidgeReadout(1e-3).fit(X[pieces[0]], y[pieces[0]])
    for piece in pieces[1:]:
        merged.merge(RidgeReadout(1e-3).fit(X[piece], y[piece]))
    np.testing.assert_allclose(blocks.predict(X), whole.predict(X), atol=1e-10 * np.abs(y).max())
    np.testing.assert_allclose(merged.predict(X), whole.predict(X), atol=1e-10 * np.abs(y).max())


def test_accumulate_waits_for_solve():
    X, y = problem(0)
    readout = RidgeReadout(1.0).accumulate(X[:30], y[:30]).accumulate(X[30:], y[30:])
    assert not hasattr(readout, "coef_")
    np.testing.assert_allclose(readout.solve().coef_, RidgeReadout(1.0).fit(X, y).coef_, rtol=1e-9)


def test_sample_weights_repeat_rows():
    X, y = problem(2)
    counts = np.random.default_rng(0).integers(0, 4, len(X))
    weighted = RidgeReadout(0.1).fit(X, y, sample_weight=counts)
    repeated = RidgeReadout(0.1).fit(np.repeat(X, counts, axis=0), np.repeat(y, counts, axis=0))
    np.testing.assert_allclose(weighted.coef_, repeated.coef_, rtol=1e-9)


def test_without_penalty_the_norm_is_least():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(20, 4)) @ rng.normal(size=(4, 9))  # rank 4
    y = rng.normal(size=20)
    centred = X - X.mean(axis=0)
    expected = np.linalg.pinv(centred, rcond=1e-10) @ (y - y.mean())
    for solver in ("gram", "qr"):
        with pytest.warns(LinAlgWarning, match="rank"):
            readout = RidgeReadout(0, solver=solver).fit(X, y)
        np.testing.assert_allclose(readout.coef_, expected, atol=1e-7)


def test_a_large_mean_costs_no_digits():
    X, y = problem(3)
    near, far = RidgeReadout(0.1).fit(X, y), RidgeReadout(0.1).fit(X + 1e6, y)
    np.testing.assert_allclose(far.coef_, near.coef_, rtol=1e-6)


@pytest.mark.parametrize(
    ("other", "word"),
    [
        (RidgeReadout(2.0), "alpha"),
        (RidgeReadout(1.0, fit_intercept=False), "fit_intercept"),
    ],
)
def test_merge_refuses_other_settings(other, word):
    X, y = problem(0)
    readout = RidgeReadout(1.0).fit(X, y)
    before = readout.predict(X)
    with pytest.raises(ValueError, match=word):
        readout.merge(other.fit(X, y))
    with pytest.raises(ValueError, match="n_features_in_"):
        readout.merge(RidgeReadout(1.0).fit(X[:, :3], y))
    with pytest.raises(ValueError, match="n_outputs"):
        readout.merge(RidgeReadout(1.0).fit(X, y[:, :1]))
    np.testing.assert_array_equal(readout.predict(X), before)


def test_reference_program(shared_data):
    """States and coefficients computed by an independent program."""
    file = np.load(shared_data / "reference_outputs" / "esn_fixed_weights.npz")
    W, W_in, bias, inputs = (file[name] for name in ("W", "Win", "bias", "inputs"))
    system = EchoState(
        len(W), topology=W, spectral_radius=None, input_weights=W_in, bias=bias, leak=float(file["leak"])
    )
    states = system.fit(inputs).transform(inputs)
    np.testing.assert_allclose(states, file["states"], rtol=0, atol=1e-12)
    warm = slice(int(file["warmup"]), None)
    readout = RidgeReadout(float(file["ridge"])).fit(states[warm], file["target"][warm])
    scale = np.abs(file["coef"]).max()
    np.testing.assert_allclose(readout.coef_.T, file["coef"], rtol=0, atol=1e-7 * scale)
    np.testing.assert_allclose(readout.intercept_, file["intercept"], rtol=0, atol=1e-7 * scale)
    coef, intercept = oracles.exact_ridge(states[warm], file["target"][warm], float(file["ridge"]))
    np.testing.assert_allclose(readout.coef_, coef, rtol=0, atol=1e-7 * scale)
    np.testing.assert_allclose(readout.intercept_, intercept, rtol=0, atol=1e-7 * scale)
