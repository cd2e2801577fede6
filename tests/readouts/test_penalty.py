"""The choice of the ridge penalty against naive loops, and what each solver can still resolve."""

import itertools
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import LinAlgWarning
from sklearn.linear_model import Ridge

from reservoir.readouts import RidgeReadout, penalty
from reservoir.readouts.blocks import thinned
from reservoir.readouts.candidates import DEFAULT_ALPHAS, PenaltyWarning
from reservoir.readouts.moments import Moments
from tests import oracles

ALPHAS = np.logspace(-3, 3, 7)


def problem(seed, n_rows=80, n_features=6, n_outputs=2, noise=1.0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_rows, n_features)) @ rng.normal(size=(n_features, n_features)) + 2
    return X, X @ rng.normal(size=(n_features, n_outputs)) + noise * rng.normal(size=(n_rows, n_outputs))


def naive_gcv(X, y, alpha, fit_intercept):
    """n |y - H y|^2 / (n - trace H)^2, with the hat matrix written out."""
    n = len(X)
    centre = np.eye(n) - np.full((n, n), 1 / n) if fit_intercept else np.eye(n)
    Xc = centre @ X
    hat = Xc @ np.linalg.solve(Xc.T @ Xc + alpha * np.eye(X.shape[1]), Xc.T) + (np.eye(n) - centre)
    return n * ((y - hat @ y) ** 2).sum(axis=0) / (n - np.trace(hat)) ** 2


def quiet_fit(readout, X, y):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PenaltyWarning)
        return readout.fit(X, y)


@given(seed=st.integers(0, 2**32), solver=st.sampled_from(["gram", "qr"]), fit_intercept=st.booleans())
def test_gcv_equals_the_naive_loop(seed, solver, fit_intercept):
    X, y = problem(seed)
    readout = quiet_fit(RidgeReadout("gcv", alphas=ALPHAS, solver=solver, fit_intercept=fit_intercept), X, y)
    scores = np.array([naive_gcv(X, y, alpha, fit_intercept) for alpha in ALPHAS])
    found = readout._record.factorised().generalised_cross_validation(ALPHAS)
    np.testing.assert_allclose(found, scores, rtol=1e-6)
    np.testing.assert_array_equal(np.broadcast_to(readout.alpha_, 2), ALPHAS[scores.argmin(axis=0)])
    for k, alpha in enumerate(np.broadcast_to(readout.alpha_, 2)):
        expected = Ridge(alpha, fit_intercept=fit_intercept, solver="svd").fit(X, y[:, k])
        np.testing.assert_allclose(readout.predict(X)[:, k], expected.predict(X), rtol=1e-6, atol=1e-6)


@given(seed=st.integers(0, 2**32), decade=st.integers(-4, 4), solver=st.sampled_from(["gram", "qr"]))
def test_gcv_counts_rows_whatever_they_weigh(seed, decade, solver):
    """The hat matrix of weighted rows written out, and alphas that go with a common factor of the weights."""
    X, y = problem(seed, n_rows=50, n_outputs=1)
    weights = np.random.default_rng(seed).uniform(0.2, 2, 50) * (np.arange(50) % 5 > 0)
    kept, roots = weights > 0, np.sqrt(weights[weights > 0])[:, None]
    A, b = roots * np.c_[np.ones(kept.sum()), X[kept]], roots * y[kept]
    scores = []
    for alpha in ALPHAS:
        hat = A @ np.linalg.solve(A.T @ A + np.diag([0.0] + [alpha] * X.shape[1]), A.T)
        scores.append(kept.sum() * ((b - hat @ b) ** 2).sum() / (kept.sum() - np.trace(hat)) ** 2)
    factor = 10.0**decade
    readout = RidgeReadout("gcv", alphas=ALPHAS * factor, solver=solver)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PenaltyWarning)
        readout.fit(X, y[:, 0], sample_weight=factor * weights)
    found = readout._record.factorised().generalised_cross_validation(ALPHAS * factor)
    np.testing.assert_allclose(found[:, 0] / factor, scores, rtol=1e-6)
    assert readout.alpha_ == (ALPHAS * factor)[np.argmin(scores)]


def test_small_weights_hide_no_lost_rank():
    X, y = problem(0, n_rows=40)
    with pytest.warns(LinAlgWarning, match="The rank of the rows is 6 of 7"):
        RidgeReadout(0).fit(np.c_[X, X[:, 0]], y, sample_weight=0.01)


@given(seed=st.integers(0, 2**32), n_features=st.integers(1, 40), n_rows=st.integers(2, 60), digits=st.integers(0, 4))
def test_tridiagonal_path_equals_eigenvectors(seed, n_features, n_rows, digits):
    """Eigenvectors give the same, also with fewer rows than features."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_rows, n_features)) * np.logspace(0, -digits, n_features)
    X, y = X @ np.linalg.qr(rng.normal(size=(n_features, n_features)))[0], rng.normal(size=(n_rows, 2))
    record = RidgeReadout(1.0, solver="gram").fit(X, y)._record
    fast, slow = record.factorised(), record.principal()
    scores = slow.generalised_cross_validation(ALPHAS)
    found = fast.generalised_cross_validation(ALPHAS)
    np.testing.assert_allclose(found, scores, rtol=1e-5)  # two rows leave almost nothing free
    path, ends = slow.path(ALPHAS), np.array([1e-3, 1e3])
    np.testing.assert_allclose(fast.path(ALPHAS), path, rtol=0, atol=1e-9 * np.abs(path).max())
    for k, alpha in enumerate(ALPHAS):
        np.testing.assert_allclose(path[:, k], slow.coefficients(np.full(2, alpha)), rtol=0, atol=1e-12)
    expected = slow.coefficients(ends)
    np.testing.assert_allclose(fast.coefficients(ends), expected, rtol=0, atol=1e-9 * np.abs(expected).max())


@given(seed=st.integers(0, 2**32), solver=st.sampled_from(["gram", "qr"]), flat=st.booleans())
def test_solve_path_equals_single_fits(seed, solver, flat):
    X, y = problem(seed)
    y = y[:, 0] if flat else y
    readout = RidgeReadout(solver=solver).fit(X, y)
    before = readout.coef_.copy()
    path = readout.solve_path(ALPHAS)
    np.testing.assert_array_equal(readout.coef_, before)
    for found, alpha in zip(path, ALPHAS, strict=True):
        expected = RidgeReadout(alpha, solver=solver).fit(X, y)
        assert found.alpha == found.alpha_ == alpha and found.coef_.shape == expected.coef_.shape
        np.testing.assert_allclose(found.predict(X), expected.predict(X), rtol=1e-8, atol=1e-8)
    with pytest.raises(ValueError, match="The 'alpha' parameter of RidgeReadout must be"):
        readout.solve_path([0.0, 1.0])


def test_below_rounding_the_unknown_directions_are_left_out():
    """A penalty that drowns in the rounding of products of rank 3."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(50, 3)) @ rng.normal(size=(3, 12)), rng.normal(size=(50, 2))
    record = RidgeReadout(1.0, solver="gram").fit(X, y)._record
    path = record.factorised().path(np.array([1e-18]))[:, 0]
    expected = np.linalg.pinv(X - X.mean(axis=0), rcond=1e-6) @ (y - y.mean(axis=0))
    np.testing.assert_allclose(path, expected, rtol=0, atol=1e-10)
    np.testing.assert_allclose(record.coefficients(np.full(2, 1e-18)), expected, rtol=0, atol=1e-10)


@pytest.mark.parametrize("n_penalties", [1, 3, 4])
def test_few_chosen_penalties_are_solved_for_as_many_are(n_penalties):
    """A chosen penalty of each target, equal ones together, gives what the factorisation gives."""
    X, y = problem(0, n_rows=60)
    chosen = np.resize(np.logspace(-2, 1, n_penalties), 6)
    record = RidgeReadout(1.0, solver="gram").fit(X, np.column_stack([y, y**2, y**3]))._record
    expected = record.principal().coefficients(chosen)
    np.testing.assert_allclose(record.coefficients(chosen), expected, rtol=0, atol=1e-9 * np.abs(expected).max())
    assert record.trace == pytest.approx(record.principal().trace)


@given(seed=st.integers(0, 2**32), solver=st.sampled_from(["gram", "qr"]), n_rows=st.integers(20, 90))
def test_blocked_equals_the_naive_loop(seed, solver, n_rows):
    X, y = problem(seed, n_rows)
    readout = quiet_fit(RidgeReadout("blocked", alphas=ALPHAS, solver=solver), X, y)
    edges = np.linspace(0, n_rows, 6, dtype=int)  # five blocks, since there are few rows
    errors = np.zeros((len(ALPHAS), 2))
    for start, stop in itertools.pairwise(edges[1:]):  # the first may begin at rest
        others = np.r_[0:start, stop:n_rows]
        for row, alpha in zip(errors, ALPHAS, strict=True):
            model = Ridge(alpha, solver="svd").fit(X[others], y[others])
            row += ((y[start:stop] - model.predict(X[start:stop])) ** 2).sum(axis=0)
    chosen = np.broadcast_to(readout.alpha_, 2)
    for k in range(2):  # two candidates may tie to rounding
        assert errors[list(ALPHAS).index(chosen[k]), k] <= errors[:, k].min() * (1 + 1e-6)


@pytest.mark.parametrize("alpha", ["gcv", "blocked"])
@pytest.mark.parametrize("solver", ["gram", "qr"])
def test_streaming_equals_one_fit(alpha, solver):
    X, y = problem(0, n_rows=900)
    whole = quiet_fit(RidgeReadout(alpha, alphas=ALPHAS, solver=solver), X, y)
    blocks = RidgeReadout(alpha, alphas=ALPHAS, solver=solver)
    merged = []
    for start in range(0, 900, 300):
        blocks.accumulate(X[start : start + 300], y[start : start + 300])
        part = RidgeReadout(alpha, alphas=ALPHAS, solver=solver)
        merged.append(quiet_fit(part, X[start : start + 300], y[start : start + 300]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PenaltyWarning)
        blocks.solve()
        for other in merged[1:]:
            merged[0].merge(other)
    for readout in (blocks, merged[0]):
        if alpha == "gcv":
            np.testing.assert_array_equal(readout.alpha_, whole.alpha_)
        same = RidgeReadout(0.1, solver=solver).fit(X, y).predict(X)
        readout.alpha = 0.1
        np.testing.assert_allclose(readout.solve().predict(X), same, rtol=0, atol=1e-10 * np.abs(y).max())


def test_blocked_is_not_fooled_by_slow_noise():
    """Noise that changes slowly looks like signal to rows taken one by one; blocks tell them apart."""
    rng = np.random.default_rng(0)
    time = np.arange(1500)[:, None]
    features = np.cos(time * rng.uniform(0.001, 0.02, 60) + rng.uniform(0, 6, 60))  # slow features, easy to misuse
    y = features[:, 0] + np.convolve(rng.normal(size=1699), np.ones(200) / 14, mode="valid")
    X, X_new = features[:1000], features[1000:]
    errors = {}
    for alpha in ("gcv", "blocked"):
        readout = quiet_fit(RidgeReadout(alpha), X, y[:1000])
        errors[alpha] = np.mean((readout.predict(X_new) - y[1000:]) ** 2)
    assert errors["blocked"] < errors["gcv"]


def test_qr_resolves_what_products_lose():
    """A penalty far below the square of the smallest singular value relative to the largest."""
    rng = np.random.default_rng(1)
    left, right = (np.linalg.qr(rng.normal(size=(n, 8)))[0] for n in (60, 8))
    X = left * np.logspace(0, -7, 8) @ right.T
    y = X @ rng.normal(size=(8, 1)) + 1e-9 * rng.normal(size=(60, 1))
    coef, _ = oracles.exact_ridge(X, y, 1e-16, digits=60)
    scale = np.abs(coef).max()
    careful = RidgeReadout(1e-16).fit(X, y)
    fast = RidgeReadout(1e-16, solver="gram").fit(X, y)
    assert np.abs(careful.coef_ - coef).max() < 1e-6 * scale
    assert np.abs(fast.coef_ - coef).max() > 1e-4 * scale


def test_auto_takes_qr_for_small_penalties():
    X, y = problem(0)
    kinds = [type(RidgeReadout(alpha).fit(X, y)._record).__name__ for alpha in (1e-12, 1e-6)]
    assert kinds == ["Triangle", "Moments"]


def test_a_solver_cannot_change_between_blocks():
    X, y = problem(0)
    readout = RidgeReadout(1e-3).fit(X, y)
    readout.solver = "qr"
    with pytest.raises(ValueError, match="after the first rows"):
        readout.partial_fit(X, y)
    with pytest.raises(ValueError, match="solver"):
        RidgeReadout(1e-3).fit(X, y).merge(RidgeReadout(1e-3, solver="qr").fit(X, y))


def test_conditioning():
    X, y = problem(3)
    for solver in ("gram", "qr"):
        report = RidgeReadout(0.5, solver=solver).fit(X, y).conditioning()
        sizes = np.linalg.svd(X - X.mean(axis=0), compute_uv=False)
        assert report.condition == pytest.approx(sizes[0] / sizes[-1], rel=1e-6)
        assert (report.rank, report.n_features) == (6, 6)
        np.testing.assert_allclose(report.degrees_of_freedom, (sizes**2 / (sizes**2 + 0.5)).sum(), rtol=1e-9)
        short = RidgeReadout(0.5, solver=solver).fit(X[:4], y[:4]).conditioning()
        assert (short.condition, short.rank) == (np.inf, 3)


def test_warnings():
    X, y = problem(0, noise=0.0)
    with pytest.warns(PenaltyWarning, match="edge"):
        RidgeReadout("gcv").fit(X, y)
    with pytest.warns(LinAlgWarning, match="rank"):
        RidgeReadout(0).fit(X[:, [0, 1, 0]], y)
    RidgeReadout(0).fit(X[:4], y[:4])  # too few rows: the least norm is what one asks for


def test_thinned_joins_neighbours():
    class Part(tuple):
        n_rows = property(len)

        def merged(self, other):
            return Part(self + other)

    parts = [Part([k]) for k in range(9)]
    assert thinned(parts, 5) == [(0, 1), (2, 3), (4, 5), (6, 7), (8,)]
    assert thinned(parts, 9) == parts
    for k in range(9, 1000):  # one row a call: no block outgrows the others
        parts = thinned([*parts, Part([k])], 5)
    assert sum(parts, ()) == tuple(range(1000)) and max(map(len, parts)) < 500
    assert len(DEFAULT_ALPHAS) == 25


def test_blocks_need_no_eigenvalues(monkeypatch):
    """Of the smallest penalties the ends of the spectrum alone decide whether rounding lets them be solved."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 40)) @ np.diag(np.logspace(0, -3, 40))
    y = X[:, 0] + 0.1 * rng.normal(size=300)
    expected = RidgeReadout("blocked").fit(X, y)
    monkeypatch.setattr(penalty, "_diagonalise", None)
    found = RidgeReadout("blocked").fit(X, y)
    np.testing.assert_array_equal(found.coef_, expected.coef_)
    record = Moments.of_rows(X, y[:, None], None, True)
    values = np.linalg.eigvalsh(record.xx)
    np.testing.assert_allclose(record.factorised()._ends, [values[0], values[-1]], rtol=1e-6)


@pytest.mark.parametrize("alpha", ["gcv", "blocked"])
def test_slack_takes_the_largest_penalty_that_is_nearly_as_good(alpha):
    X, y = problem(0)
    errors = []
    for candidate in ALPHAS:
        if alpha == "gcv":
            errors.append(naive_gcv(X, y, candidate, True))
            continue
        own = np.zeros(2)
        for part in np.split(np.arange(80), 5):
            rest = np.setdiff1d(np.arange(80), part)
            model = Ridge(candidate).fit(X[rest], y[rest])
            own += ((model.predict(X[part]) - y[part]) ** 2).sum(axis=0)
        errors.append(own)
    near = np.array(errors) <= 1.1 * np.min(errors, axis=0)
    wanted = [ALPHAS[own].max() for own in near.T]
    found = quiet_fit(RidgeReadout(alpha, alphas=ALPHAS[::-1], slack=0.1), X, y)
    np.testing.assert_array_equal(np.broadcast_to(found.alpha_, 2), wanted)
    assert (found.alpha_ > quiet_fit(RidgeReadout(alpha, alphas=ALPHAS), X, y).alpha_).any()
    with pytest.raises(ValueError, match="The 'slack' parameter of RidgeReadout must be a number >= 0"):
        RidgeReadout(alpha, slack=-0.1).fit(X, y)
