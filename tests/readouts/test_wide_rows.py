"""Fewer rows than features: the same answers as in the record of the features, at the cost of the rows."""

import itertools
import time
import tracemalloc
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import LinAlgWarning
from sklearn.linear_model import Ridge, RidgeCV

from reservoir import memory
from reservoir.persistence import load, save
from reservoir.readouts import RidgeReadout
from reservoir.readouts.wide_rows import WideRows

ALPHAS = np.logspace(-3, 3, 7)
pytestmark = pytest.mark.filterwarnings("ignore::reservoir.readouts.candidates.PenaltyWarning")
shapes = {"n_rows": st.integers(6, 25), "more": st.integers(1, 60), "seed": st.integers(0, 2**32)}
settings = {"solver": st.sampled_from(["gram", "qr"]), "fit_intercept": st.booleans()}


def problem(seed, n_rows, n_features):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_rows, n_features)) + rng.normal(size=n_features) * 3
    return X, X[:, :2] + rng.normal(size=(n_rows, 2)), rng.uniform(0.1, 3, n_rows)


def close(found, expected, tolerance=1e-9):
    np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance * np.abs(expected).max())


@given(**shapes, **settings, alpha=st.floats(1e-3, 1e3))
def test_equals_scikit_learn(n_rows, more, seed, solver, fit_intercept, alpha):
    X, y, weights = problem(seed, n_rows, 2 * n_rows + more)
    ours = RidgeReadout(alpha, solver=solver, fit_intercept=fit_intercept).fit(X, y, weights)
    theirs = Ridge(alpha, fit_intercept=fit_intercept, solver="svd").fit(X, y, weights)
    assert isinstance(ours._record, WideRows)
    close(ours.coef_, theirs.coef_)
    close(ours.predict(X), theirs.predict(X))
    for copy, other in zip(ours.solve_path([alpha, 2 * alpha]), (alpha, 2 * alpha), strict=True):
        close(copy.coef_, Ridge(other, fit_intercept=fit_intercept, solver="svd").fit(X, y, weights).coef_)


@given(**shapes, **settings)
def test_gcv_equals_the_naive_loop(n_rows, more, seed, solver, fit_intercept):
    X, y, _ = problem(seed, n_rows, 2 * n_rows + more)
    readout = RidgeReadout("gcv", alphas=ALPHAS, solver=solver, fit_intercept=fit_intercept).fit(X, y)
    centre = np.eye(n_rows) - fit_intercept / n_rows
    scores = []
    for alpha in ALPHAS:
        Z = centre @ X
        hat = Z @ np.linalg.solve(Z.T @ Z + alpha * np.eye(X.shape[1]), Z.T) + np.eye(n_rows) - centre
        scores.append(n_rows * ((y - hat @ y) ** 2).sum(axis=0) / (n_rows - np.trace(hat)) ** 2)
    found = readout._record.factorised().generalised_cross_validation(ALPHAS)
    np.testing.assert_allclose(found, scores, rtol=1e-5)


@given(**shapes, **settings, whole=st.booleans())
def test_blocked_equals_the_naive_loop(n_rows, more, seed, solver, fit_intercept, whole):
    X, y, _ = problem(seed, n_rows, 2 * n_rows + more)
    numbers = np.arange(n_rows) * 5 // n_rows  # five sequences, where they are told apart
    edges = np.linspace(0, n_rows, 6, dtype=int)
    folds = numbers if whole else np.searchsorted(edges, np.arange(n_rows), side="right")
    readout = RidgeReadout("blocked", alphas=ALPHAS, solver=solver, fit_intercept=fit_intercept)
    readout.fit(X, y, sequence=numbers if whole else None)
    errors = np.zeros((len(ALPHAS), 2))
    scored = np.unique(folds)[0 if whole else 1 :]  # the first block of a series may begin at rest
    for own, (row, alpha) in itertools.product(scored, zip(errors, ALPHAS, strict=True)):
        model = Ridge(alpha, fit_intercept=fit_intercept, solver="svd").fit(X[folds != own], y[folds != own])
        row += ((y[folds == own] - model.predict(X[folds == own])) ** 2).sum(axis=0)
    np.testing.assert_allclose(readout._blocks.errors(ALPHAS), errors, rtol=1e-6)


@given(**shapes, **settings, weighted=st.booleans())
def test_without_penalty_the_norm_is_least(n_rows, more, seed, solver, fit_intercept, weighted):
    X, y, weights = problem(seed, n_rows, 2 * n_rows + more)
    weights = weights if weighted else np.ones(n_rows)
    roots, shift = np.sqrt(weights)[:, None], fit_intercept * np.average(X, axis=0, weights=weights)
    expected = np.linalg.pinv(roots * (X - shift), rcond=1e-9) @ (
        roots * (y - fit_intercept * np.average(y, axis=0, weights=weights))
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error", LinAlgWarning)  # too few rows: the least norm is what one asks for
        readout = RidgeReadout(0, solver=solver, fit_intercept=fit_intercept).fit(X, y, weights)
    np.testing.assert_allclose(readout.coef_.T, expected, rtol=0, atol=1e-6 * np.abs(expected).max())
    assert readout.conditioning().rank == n_rows - fit_intercept and readout.conditioning().condition == np.inf


@pytest.mark.parametrize("alpha", [1e-3, "gcv", "blocked"])
@pytest.mark.parametrize("solver", ["gram", "qr"])
def test_rows_that_outgrow_the_features_leave_no_trace(alpha, solver):
    """In pieces, merged or by records: wide at first, then tall, with the coefficients of all rows in one call."""
    X, y, _ = problem(0, 90, 80)
    own, numbers = RidgeReadout(alpha, alphas=ALPHAS, solver=solver), np.arange(90)
    whole = RidgeReadout(alpha, alphas=ALPHAS, solver=solver).fit(X, y, sequence=numbers)
    for n in (10, 30, 39, 40, 41, 90):
        pieces = [slice(k, min(k + 9, n)) for k in range(0, n, 9)]
        streamed, merged, added = (RidgeReadout(alpha, alphas=ALPHAS, solver=solver) for _ in range(3))
        for piece in pieces:
            streamed.accumulate(X[piece], y[piece], sequence=numbers[piece])
            part = RidgeReadout(alpha, alphas=ALPHAS, solver=solver)
            part.accumulate(X[piece], y[piece], sequence=numbers[piece])
            added.add_record(part.to_record())
            if piece.start:
                merged.merge(part)
            else:
                merged.accumulate(X[piece], y[piece], sequence=numbers[piece])
        assert isinstance(streamed._record, WideRows) == isinstance(merged._record, WideRows) == (n < 40)
        same = RidgeReadout(0.1, solver=solver).fit(X[:n], y[:n])
        for readout in (streamed, merged, added):
            readout.solve().check_learned()
            if alpha != "blocked" or readout is streamed:
                expected = RidgeReadout(alpha, alphas=ALPHAS, solver=solver).fit(X[:n], y[:n], sequence=numbers[:n])
                close(readout.coef_, expected.coef_)
            close(readout.solve_path([0.1])[0].coef_, same.coef_)
    assert not isinstance(own.fit(X, y, sequence=numbers)._record, WideRows)
    close(own.coef_, whole.coef_)


def test_a_large_mean_costs_no_digits():
    X, y, _ = problem(3, 20, 50)
    near, far = RidgeReadout(0.1).fit(X, y), RidgeReadout(0.1).fit(X + 1e6, y)
    np.testing.assert_allclose(far.coef_, near.coef_, rtol=0, atol=1e-6 * np.abs(near.coef_).max())


@pytest.mark.parametrize("alpha", [1.0, "gcv", "blocked"])
def test_saved_and_learning_on(alpha, tmp_path):
    X, y, _ = problem(0, 30, 70)
    readout = RidgeReadout(alpha, alphas=ALPHAS).fit(X[:20], y[:20])
    save(readout, tmp_path / "readout.zip")
    loaded = load(tmp_path / "readout.zip")
    np.testing.assert_array_equal(loaded.coef_, readout.coef_)
    again = loaded.partial_fit(X[20:], y[20:])
    np.testing.assert_array_equal(again.coef_, readout.partial_fit(X[20:], y[20:]).coef_)


def test_rows_are_kept_apart_from_those_of_the_caller():
    X, y, _ = problem(0, 30, 70)
    expected = RidgeReadout(1.0).fit(X, y).coef_
    readout = RidgeReadout(1.0).accumulate(X, y)
    X[:], y[:] = 0.0, 0.0
    np.testing.assert_array_equal(readout.solve().coef_, expected)


@pytest.mark.parametrize(("alpha", "solver"), [(1.0, "gram"), (1.0, "qr"), ("gcv", "gram"), ("blocked", "gram")])
def test_time_and_memory_are_those_of_the_rows(alpha, solver):
    """60 x 20,000: products of features alone would be 3.2 GB."""
    X, y, _ = problem(0, 60, 20_000)
    RidgeReadout(alpha, alphas=ALPHAS, solver=solver).fit(X[:, :100], y)
    tracemalloc.start()
    before = time.process_time()
    readout = RidgeReadout(alpha, alphas=ALPHAS, solver=solver).fit(X, y)
    seconds, (_, peak) = time.process_time() - before, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 * X.nbytes and seconds < 5
    condition = 1 + np.linalg.norm(X - X.mean(axis=0), 2) ** 2 / np.min(readout.alpha_)  # of the products of rows
    close(readout.coef_, Ridge(readout.alpha_).fit(X, y).coef_, max(1e-9, np.finfo(float).eps * condition))


def test_leave_one_out_chooses_nearly_the_same():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 200)) * np.logspace(0, -1, 200)
    y = X @ rng.normal(size=200) + rng.normal(size=80)
    ours, theirs = RidgeReadout("gcv", alphas=ALPHAS).fit(X, y), RidgeCV(ALPHAS).fit(X, y)
    assert 0.1 <= ours.alpha_ / theirs.alpha_ <= 10


def test_what_does_not_fit_is_refused_before_it_is_taken(monkeypatch):
    monkeypatch.setattr(memory, "free_bytes", lambda: 2.0**28)
    X = np.zeros((9000, 8999))
    tracemalloc.start()
    for rows, number in ((X, "1.3"), (X[:4000], "0.576")):
        with pytest.raises(MemoryError, match=rf"RidgeReadout needs {number} GB for the record of {len(rows)} rows of"):
            RidgeReadout(1.0).accumulate(rows, X[: len(rows), 0], check_input=False)
    assert tracemalloc.get_traced_memory()[1] < 2**27
    tracemalloc.stop()
