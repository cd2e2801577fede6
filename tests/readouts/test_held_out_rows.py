"""Leave-one-out: the errors of as many fits as rows, the penalty of scikit-learn, and pieces that are one fit."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import Ridge, RidgeClassifierCV, RidgeCV

from reservoir import EchoState, ReservoirClassifier, ReservoirRegressor, memory
from reservoir.persistence import load, save
from reservoir.readouts import RidgeReadout
from reservoir.readouts.candidates import PenaltyWarning
from reservoir.readouts.held_out_rows import bytes_to_solve

ALPHAS = np.logspace(-3, 3, 7)
pytestmark = pytest.mark.filterwarnings("ignore::reservoir.readouts.candidates.PenaltyWarning")
settings = {"solver": st.sampled_from(["gram", "qr"]), "fit_intercept": st.booleans(), "weighted": st.booleans()}


def problem(seed, n_rows, n_features, n_outputs=2):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_rows, n_features)) + 3 * rng.normal(size=n_features)
    return X, X[:, :1] + rng.normal(size=(n_rows, n_outputs)) + 5, rng.uniform(0.1, 3, n_rows)


def fitted(X, y, weights, alpha, fit_intercept):
    """Coefficients (n_features + 1, n_outputs), the intercept last, by the normal equations."""
    rows = np.column_stack([X, np.full(len(X), float(fit_intercept))])
    penalties = np.append(np.full(X.shape[1], alpha), float(not fit_intercept))
    return np.linalg.solve(rows.T @ (weights[:, None] * rows) + np.diag(penalties), rows.T @ (weights[:, None] * y))


def errors_of_refits(X, y, weights, fit_intercept):
    """Weighted squared errors about each row by a fit to all others, summed over rows and targets, for every alpha."""
    found = np.zeros(len(ALPHAS))
    for k, alpha in enumerate(ALPHAS):
        for i in range(len(X)):
            others = np.arange(len(X)) != i
            coef = fitted(X[others], y[others], weights[others], alpha, fit_intercept)
            found[k] += weights[i] * ((y[i] - X[i] @ coef[:-1] - coef[-1]) ** 2).sum()
    return found


@pytest.mark.parametrize("shape", [(2, 5), (9, 30), (12, 12), (13, 12), (25, 6), (8, 1)])
@given(seed=st.integers(0, 2**32), **settings)
def test_errors_are_those_of_as_many_fits_as_rows(shape, seed, solver, fit_intercept, weighted):
    X, y, weights = problem(seed, *shape)
    weights = weights if weighted else np.ones(len(X))
    readout = RidgeReadout("loo", alphas=ALPHAS, solver=solver, fit_intercept=fit_intercept).fit(X, y, weights)
    expected = errors_of_refits(X, y, weights, fit_intercept)
    np.testing.assert_allclose(readout._record.factorised().leave_one_out(ALPHAS), expected, rtol=1e-6)
    assert expected[ALPHAS == readout.alpha_] <= expected.min() * (1 + 1e-6)
    model = Ridge(readout.alpha_, fit_intercept=fit_intercept, solver="svd").fit(X, y, weights)
    np.testing.assert_allclose(readout.coef_, model.coef_, rtol=0, atol=1e-8 * np.abs(model.coef_).max())
    np.testing.assert_allclose(readout.intercept_, model.intercept_, rtol=1e-7, atol=1e-7)


@pytest.mark.parametrize("solver", ["gram", "qr"])
@pytest.mark.parametrize("shape", [(12, 40), (30, 5)])
def test_rows_alike_constant_columns_and_a_row_of_its_own(shape, solver):
    """What leaves products of rows or features singular, and a row that no other tells anything about."""
    X, y, weights = problem(0, *shape)
    X[1], X[:, 1] = X[0], 7.0
    X[:, 2] = np.arange(len(X)) == 3
    readout = RidgeReadout("loo", alphas=ALPHAS, solver=solver).fit(X, y, weights)
    expected = errors_of_refits(X, y, weights, True)
    np.testing.assert_allclose(readout._record.factorised().leave_one_out(ALPHAS), expected, rtol=1e-6)


@pytest.mark.parametrize("shape", [(30, 200), (60, 61), (61, 60), (200, 30)])
@pytest.mark.parametrize("weighted", [False, True])
def test_chooses_what_scikit_learn_chooses(shape, weighted):
    X, y, weights = problem(1, *shape, n_outputs=3)
    weights = weights if weighted else None
    ours, theirs = RidgeReadout("loo").fit(X, y, weights), RidgeCV(np.logspace(-1, 7, 17)).fit(X, y, weights)
    assert ours.alpha_ == theirs.alpha_
    np.testing.assert_allclose(ours.coef_, theirs.coef_, rtol=1e-7, atol=1e-9)
    labels = y.argmax(axis=1)
    ours.fit(X, 2.0 * np.eye(3)[labels] - 1.0, weights)
    theirs = RidgeClassifierCV(np.logspace(-1, 7, 17)).fit(X, labels, weights)
    assert ours.alpha_ == theirs.alpha_
    np.testing.assert_allclose(ours.predict(X), theirs.decision_function(X), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("shape", [(24, 70), (70, 24)])
def test_pieces_are_one_fit(shape, tmp_path):
    X, y, weights = problem(2, *shape)
    whole = RidgeReadout("loo", alphas=ALPHAS).fit(X, y, weights)
    streamed, merged, added = (RidgeReadout("loo", alphas=ALPHAS) for _ in range(3))
    for piece in np.array_split(np.arange(len(X)), 4):
        part = RidgeReadout("loo", alphas=ALPHAS).accumulate(X[piece], y[piece], weights[piece])
        streamed.accumulate(X[piece], y[piece], weights[piece])
        added.add_record(part.to_record())
        merged = merged.merge(part) if hasattr(merged, "_record") else part
    save(streamed.solve(), tmp_path / "readout.zip")
    loaded = load(tmp_path / "readout.zip")
    for readout in (streamed, merged, added.solve(), loaded):
        readout.check_learned()
        np.testing.assert_allclose(readout.coef_, whole.coef_, rtol=1e-9)
    np.testing.assert_array_equal(loaded.partial_fit(X[:3], y[:3]).coef_, streamed.partial_fit(X[:3], y[:3]).coef_)


def test_what_weighs_nothing_is_not_there():
    X, y, weights = problem(3, 30, 50)
    weights[::3] = 0.0
    left_out = RidgeReadout("loo", alphas=ALPHAS).fit(X[weights > 0], y[weights > 0], weights[weights > 0])
    np.testing.assert_array_equal(RidgeReadout("loo", alphas=ALPHAS).fit(X, y, weights).coef_, left_out.coef_)
    with pytest.raises(ValueError, match="at least one non-zero"):
        RidgeReadout("loo").fit(X, y, 0 * weights)
    with pytest.raises(ValueError, match="alpha='loo' of RidgeReadout needs at least 2 rows"):
        RidgeReadout("loo").fit(X[:1], y[:1])


@pytest.mark.parametrize("shape", [(20, 60), (60, 20)])
def test_other_penalties_from_the_same_record(shape):
    X, y, weights = problem(4, *shape)
    readout = RidgeReadout("loo", alphas=ALPHAS).fit(X, y, weights)
    for alphas in ([0.1], [0.1, 7.0]):
        for one, alpha in zip(readout.solve_path(alphas), alphas, strict=True):
            expected = RidgeReadout(alpha).fit(X, y, weights)
            np.testing.assert_allclose(one.coef_, expected.coef_, rtol=1e-8)
    same, known = RidgeReadout(readout.alpha_).fit(X, y, weights).conditioning(), readout.conditioning()
    assert known.rank == same.rank
    np.testing.assert_allclose(known.degrees_of_freedom, same.degrees_of_freedom, rtol=1e-8)
    scores = RidgeReadout("gcv", alphas=ALPHAS).fit(X, y, weights)._record.factorised()
    own = readout._record.factorised()
    np.testing.assert_allclose(
        own.generalised_cross_validation(ALPHAS), scores.generalised_cross_validation(ALPHAS), rtol=1e-8
    )
    with pytest.raises(ValueError, match="changed after the first rows"):
        RidgeReadout("gcv").fit(X, y).set_params(alpha="loo").solve()
    with pytest.raises(ValueError, match="changed after the first rows"):
        RidgeReadout("loo").fit(X, y).set_params(alpha="gcv").partial_fit(X, y)


def test_says_where_the_best_penalty_is_at_an_edge():
    X, y, _ = problem(5, 40, 8)
    with pytest.warns(PenaltyWarning, match="upper edge, for 2"):
        RidgeReadout("loo", alphas=[1e-9, 1e-8]).fit(X, y)


def test_a_large_mean_costs_no_digits():
    X, y, _ = problem(6, 20, 50)
    near, far = (RidgeReadout("loo", alphas=ALPHAS).fit(one, y) for one in (X, X + 1e6))
    assert near.alpha_ == far.alpha_
    np.testing.assert_allclose(far.coef_, near.coef_, rtol=0, atol=1e-6 * np.abs(near.coef_).max())


def test_models_choose_by_whole_sequences():
    rng = np.random.default_rng(7)
    X, labels = rng.normal(size=(24, 15, 2)), np.arange(24) % 3
    X += labels[:, None, None] / 2
    weights = rng.uniform(0.5, 2, 24)
    system, theirs = EchoState(30, random_state=0), RidgeClassifierCV(ALPHAS)
    ours = RidgeReadout("loo", alphas=ALPHAS)
    found, expected = (ReservoirClassifier(system, one).fit(X, labels, weights) for one in (ours, theirs))
    assert found.readout_.alpha_ == expected.readout_.alpha_
    np.testing.assert_allclose(found.decision_function(X), expected.decision_function(X), rtol=1e-6, atol=1e-8)
    values = np.column_stack([X.mean(axis=(1, 2)), X[:, -1, 0]])
    model = ReservoirRegressor(system, ours, pooling="mean").fit(X, values, weights)
    again = ReservoirRegressor(system, RidgeCV(ALPHAS), pooling="mean").fit(X, values, weights)
    np.testing.assert_allclose(model.predict(X), again.predict(X), rtol=1e-6, atol=1e-8)


def test_what_does_not_fit_is_refused_before_it_is_taken(monkeypatch):
    monkeypatch.setattr(memory, "free_bytes", lambda: 2.0**28)
    X = np.zeros((4000, 8999))
    with pytest.raises(MemoryError, match=r"RidgeReadout needs 0.992 GB for the record of 4000 rows of"):
        RidgeReadout("loo").accumulate(X, X[:, 0], check_input=False)


@pytest.mark.parametrize("solver", ["gram", "qr"])
@pytest.mark.parametrize("shape", [(300, 1200), (1200, 300), (500, 510), (510, 500)])
def test_no_more_memory_is_taken_than_was_asked_for(shape, solver):
    X = np.random.default_rng(0).normal(size=shape)
    y = np.sign(X[:, :2])
    RidgeReadout("loo", solver=solver).fit(X[:20], y[:20])
    tracemalloc.start()
    readout = RidgeReadout("loo", solver=solver).fit(X, y)
    kept, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert readout.n_features_in_ == shape[1] and kept < 1.1 * X.nbytes
    assert peak < 1.1 * bytes_to_solve(readout.record_kind(), *shape)
    assert bytes_to_solve("gram of rows", 10_000, 6080) < 5 * 8 * 10_000 * 6080
