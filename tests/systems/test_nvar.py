"""Functions of the last rows: their columns are those of plain NumPy, and maps of polynomials are found exactly."""

from itertools import combinations_with_replacement

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from reservoir import EchoState, ReservoirRegressor
from reservoir.estimator_checks import check_sequence_estimator
from reservoir.model_selection import ReservoirSearchCV, WarmTimeSeriesSplit
from reservoir.models.forecasting import closed_loop
from reservoir.probes import diagnose, memory_capacity
from reservoir.readouts import RidgeReadout
from reservoir.systems import NVAR, Delays
from tests.loops import looped

RNG = np.random.default_rng(5)
X = RNG.uniform(-1, 1, size=(40, 2))
RAGGED = [X[:1], X[:7], X[3:30]]
LORENZ = (17.67715816276679, 12.931379185960404, 43.91404334248268)


def late(rows, lags):
    """The rows so many steps back side by side; the first one stands for what was before."""
    return np.hstack([rows[np.maximum(np.arange(len(rows)) - lag, 0)] for lag in lags])


def products(numbers, degrees):
    """All products of these degrees, with `combinations_with_replacement` in order."""
    terms = [term for q in degrees for term in combinations_with_replacement(range(numbers.shape[1]), q)]
    return np.stack([np.prod(numbers[:, term], axis=1) for term in terms], axis=1)


def chebyshev(numbers, degrees):
    """The same of Chebyshev polynomials: what occurs a times stands for T_a."""
    terms = [term for q in degrees for term in combinations_with_replacement(range(numbers.shape[1]), q)]
    polynomials = [np.polynomial.chebyshev.Chebyshev.basis(a) for a in range(max(degrees) + 1)]
    return np.stack(
        [np.prod([polynomials[term.count(i)](numbers[:, i]) for i in set(term)], axis=0) for term in terms], axis=1
    )


@pytest.mark.parametrize("settings, lags, degrees", [
    ({}, [0, 1], [1, 2]), ({"delays": 3, "stride": 4, "degree": 3}, [0, 4, 8], [1, 2, 3]),
    ({"delays": [5, 0], "degree": [3, 1]}, [5, 0], [1, 3]), ({"delays": 1, "degree": [4]}, [0], [4]),
    ({"delays": [2, 3], "degree": 1, "stride": 2}, [4, 6], [1]),
])  # fmt: skip
@pytest.mark.parametrize("features", ["polynomial", "chebyshev"])
def test_columns_are_those_of_the_definition(settings, lags, degrees, features):
    system = NVAR(features=features, **settings).fit(RAGGED)
    rows = np.concatenate(RAGGED)
    low, high = rows.min(axis=0), rows.max(axis=0)
    for own, found in zip(RAGGED, system.transform(RAGGED), strict=True):
        if features == "polynomial":
            expected = products(late(own, lags), degrees)
        else:
            expected = chebyshev(late(2 * (own - low) / (high - low) - 1, lags), degrees)
        np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-12)
    assert system.get_feature_names_out().shape == (expected.shape[1],)


def test_chebyshev_polynomials_span_what_products_do():
    """Least squares cannot tell the bases apart."""
    y = np.sin(3 * X[:, 0]) * X[:, 1]
    fits = [
        ReservoirRegressor(NVAR(2, 3, features=features), RidgeReadout(0.0), include_input=False, washout=1).fit(X, y)
        for features in ("polynomial", "chebyshev")
    ]
    np.testing.assert_allclose(fits[0].predict(X), fits[1].predict(X), rtol=1e-6, atol=1e-8)


def test_random_features_make_a_gaussian_kernel():
    """The mean product of two columns over the draws, to five standard errors of 20000 draws."""
    n, width = 20_000, 0.7
    system = NVAR(2, features="random", n_random=n, width=width, random_state=0).fit(X)
    states, numbers = system.transform(X[:8]), late(X[:8], [0, 1])
    distances = ((numbers[:, None] - numbers) ** 2).sum(axis=2)
    assert np.abs(2 * states @ states.T / n - np.exp(-distances / width**2 / 2)).max() < 5 / np.sqrt(n)
    assert NVAR(features="random", n_random=3).fit(X[:, [0] * 9]).transform(X[:, [0] * 9]).shape == (40, 3)


def test_delays_are_earlier_rows():
    assert np.array_equal(Delays([3, 0], stride=2).fit_transform(X), late(X, [6, 0]))
    assert np.array_equal(Delays(3).fit_transform(X), NVAR(3, 1).fit_transform(X))
    capacity = memory_capacity(Delays(6), n_steps=3000, n_delays=20, washout=10, random_state=0)
    assert capacity.total == pytest.approx(6, abs=0.2)


@pytest.mark.parametrize("system", [
    NVAR(2, 2, stride=2), NVAR(3, 2, features="chebyshev"), NVAR(features="random", n_random=9, random_state=0),
    Delays([0, 5]), ReservoirRegressor(NVAR(), washout=2), looped(NVAR(), RidgeReadout(1.0), washout=3),
], ids=["products", "chebyshev", "random", "delays", "regressor", "forecaster"])  # fmt: skip
def test_contract(system):
    check_sequence_estimator(system)


@pytest.mark.parametrize("system", [NVAR(3, 2, stride=2), Delays([4]), NVAR(2, features="random", random_state=0)])
def test_in_pieces_is_at_once(system):
    system.fit(X)
    whole, final = system.run(X)
    for cut in (1, 3, 20):
        head, between = system.run(X[:cut])
        tail, end = system.run(X[cut:], between)
        assert np.array_equal(np.vstack([head, tail]), whole) and np.array_equal(end, final)


def henon(n_rows):
    rows = [0.1, 0.1]
    while len(rows) < n_rows:
        rows.append(1 - 1.4 * rows[-1] ** 2 + 0.3 * rows[-2])
    return np.array(rows)[:, None]


def plain(reservoir, readout, **options):
    """A forecaster that does what the paper does, and no more."""
    settings = {"include_input": False, "scaling": None, "washout": 0, "target": "increments"}
    return looped(reservoir, readout, **(settings | options))


def test_henons_map_is_found_exactly():
    model = plain(NVAR(2, 2), RidgeReadout(0.0), target="values").fit(henon(300))
    terms = dict(zip(model.reservoir_.get_feature_names_out(), model.readout_.coef_.ravel(), strict=True))
    expected = {"x0": 0.0, "x0(t-1)": 0.3, "x0^2": -1.4, "x0 x0(t-1)": 0.0, "x0(t-1)^2": 0.0}
    assert terms == pytest.approx(expected, abs=1e-8)
    assert np.allclose(model.readout_.intercept_, 1, atol=1e-8)


def test_products_of_linear_data_weigh_nothing():
    rows = [np.array([1.0, -0.5])]
    for _ in range(200):
        rows.append(np.array([[0.9, 0.2], [-0.2, 0.9]]) @ rows[-1] + RNG.normal(size=2) * 0)
    model = plain(NVAR(1, 3), RidgeReadout(0.0), target="values").fit(np.array(rows)[:30])
    coef = model.readout_.coef_
    np.testing.assert_allclose(coef[:, :2], [[0.9, 0.2], [-0.2, 0.9]], atol=1e-8)
    assert np.abs(coef[:, 2:]).max() < 1e-8


@pytest.mark.parametrize("system", [NVAR(2, 2), NVAR([0, 3], 2), NVAR(features="random", n_random=9, random_state=1)])
@pytest.mark.parametrize("options", [
    {}, {"target": "values", "lags": 2, "include_input": True, "scaling": "standard"},
    {"season": 7, "squared_states": True, "feedback_scaling": 0.5, "bounds": (-1.5, 1.5)},
])  # fmt: skip
def test_the_compiled_loop_is_the_loop_step_by_step(system, options, monkeypatch):
    series = henon(120)
    model = plain(system, RidgeReadout(1e-3), **options).fit(series)
    compiled = [model.forecast(6), model.forecast(6, series[:1]), model.forecast(6, series[:5])]
    monkeypatch.setattr(closed_loop, "_weights", lambda systems: None)
    by_steps = [model.forecast(6), model.forecast(6, series[:1]), model.forecast(6, series[:5])]
    np.testing.assert_allclose(compiled, by_steps, rtol=1e-7, atol=1e-9)
    stream = model.stream(series[:50])
    assert np.allclose(stream.step(series[50]), model.forecast(1, series[:51])[0], rtol=1e-9)


def test_a_subclass_with_a_run_of_its_own_is_asked():
    class Doubled(NVAR):
        def run(self, X, state=None):
            states, state = super().run(X, state)
            return [2 * own for own in states] if isinstance(states, list) else 2 * states, state

    own, other = (plain(one, RidgeReadout(1e-9)).fit(henon(80)) for one in (Doubled(), NVAR()))
    assert own.reservoir_.loop_weights is None and other.reservoir_.loop_weights is not None
    np.testing.assert_allclose(own.forecast(3), other.forecast(3), rtol=1e-4)


def test_lorenz_by_the_protocol_of_the_paper():
    """Errors over one Lyapunov time from ten starts: 2.4e-3, with a standard error of 1.1e-3 at most."""
    dt, n_train, n_test = 0.025, 400, round(1.104 / 0.025)

    def slope(t, y):
        return [10 * (y[1] - y[0]), y[0] * (28 - y[2]) - y[1], y[0] * y[1] - 8 / 3 * y[2]]

    starts = [round(warmup / dt) for warmup in range(5, 105, 10)]
    times = dt * np.arange(starts[-1] + n_train + n_test + 2)
    truth = solve_ivp(slope, times[[0, -1]], LORENZ, t_eval=times, method="RK23").y.T
    errors = []
    for first in starts:
        known = truth[: first + n_train + 1 + n_test]
        model = plain(NVAR(2, 2), RidgeReadout(2.5e-6)).fit(truth[first - 1 : first + n_train + 1])
        missed = model.forecast(n_test) - truth[first + n_train + 1 : first + n_train + 1 + n_test]
        errors.append(np.sqrt((missed**2).mean() / known.var(axis=0).sum()))
    assert 2.4e-3 - 2 * 1.1e-3 < np.mean(errors) < 2.4e-3 + 1.1e-3


def test_rows_without_history_are_not_learnt():
    """A first row that fits to nothing changes no coefficient, though no washout was asked for."""
    series = henon(60)
    series[0] = 5.0
    coef = plain(NVAR([0, 3], 2), RidgeReadout(1e-6)).fit(series).readout_.coef_
    later = plain(NVAR([0, 3], 2), RidgeReadout(1e-6), washout=3).fit(series).readout_.coef_
    assert np.array_equal(coef, later)


def test_a_search_reaches_it():
    model = ReservoirRegressor(NVAR(), RidgeReadout(1e-6), washout=1)
    settings = {"reservoir__delays": [1, 2], "reservoir__degree": [1, 2]}
    search = ReservoirSearchCV(model, settings, cv=WarmTimeSeriesSplit(2, warmup=5))
    search.fit(X, np.roll(X[:, 0], 1) * X[:, 1])
    assert search.best_params_ == {"reservoir__delays": 2, "reservoir__degree": 2}


def test_features_explode():
    with pytest.raises(ValueError, match="at most 20000 columns: 20 channels in 3 rows would make 39710"):
        NVAR(3, 3).fit(np.zeros((2, 20)))
    with pytest.raises(ValueError, match="'delays' parameter of NVAR must be low enough"):
        NVAR(30_000, 1).fit(np.zeros((2, 1)))
    with pytest.raises(ValueError, match="states of NVAR overflow at row 1 of sequence 0"):
        NVAR(1, 4).fit(X[:, :1]).run(np.array([[1.0], [1e90]]))


@pytest.mark.parametrize("parameter, values", [
    ("delays", [0, -1, 1.5, [0, 0], [-1], [], "2", [0.5]]), ("degree", [0, 21, [1, 1], [0], "2", 1.5]),
    ("stride", [0, 1.5]), ("features", ["fourier", None]),
])  # fmt: skip
def test_bad_parameters(parameter, values):
    for value in values:
        with pytest.raises(ValueError, match=f"'{parameter}' parameter of NVAR must be"):
            NVAR(**{parameter: value}).fit(X)


def test_chebyshev_of_a_constant_channel():
    found = NVAR(1, 2, features="chebyshev").fit_transform(np.full((4, 1), 3.0))
    assert np.array_equal(found, [[0.0, -1.0]] * 4)


def test_in_front_of_a_reservoir():
    assert EchoState(5, random_state=0).fit_transform(NVAR().fit_transform(X)).shape == (40, 5)


def test_advice_is_about_what_it_has():
    found = diagnose(NVAR(2).fit(henon(200)), henon(200), warn=False)
    assert found.washout_rows == 2 and "raise delays (now 2)" in str(found) and "recurrent" not in str(found)


@pytest.mark.parametrize("system, changes", [
    (NVAR(2, 2), {"degree": 5, "delays": 9, "features": "random"}), (Delays(2), {"delays": [0, 90], "stride": 3}),
    (NVAR(features="chebyshev"), {"features": "polynomial", "stride": 4}),
    (NVAR(features="random", random_state=0), {"features": "polynomial", "degree": 4}),
])  # fmt: skip
def test_what_was_fitted_does_not_hear_of_later_parameters(system, changes):
    """Kernels do not look at bounds."""
    before = system.fit(X).transform(X)
    assert np.array_equal(system.set_params(**changes).transform(X), before)
    assert system.fit(X).transform(X).shape != before.shape or not np.array_equal(system.transform(X), before)
