"""What readouts of forecasters see and learn: earlier rows, increments, several rows at once; and the washout."""

import copy

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.linear_model import Ridge

from reservoir import DeepEchoState, EchoState, LiquidState, load, save
from reservoir.model_selection import ReservoirSearchCV, WarmTimeSeriesSplit
from reservoir.neurons.rate import EdgeOfStability, Euler
from reservoir.probes import closed_loop_exponents
from reservoir.readouts import Force, LeastMeanSquares, RecursiveLeastSquares, RidgeReadout
from tests import oracles
from tests.loops import looped
from tests.models.forecasting.test_forecaster_options import ForceOfElsewhere, step_by_step

N_ROWS, N_AHEAD = 200, 24
pytestmark = pytest.mark.filterwarnings("ignore::reservoir.models.DivergenceWarning")  # of what few units learn


@pytest.fixture(scope="module")
def driven():
    """A random walk with a driver that acts on its row, and a wave; columns y, e, wave."""
    rng = np.random.default_rng(0)
    e, y = rng.normal(size=300), np.zeros(300)
    for t in range(1, len(y)):
        y[t] = 0.97 * y[t - 1] + 0.3 * np.tanh(e[t]) + 0.1 * rng.normal()
    return np.column_stack([y, e, np.cos(np.arange(len(y)) / 7)])


def forecaster(reservoir=None, readout=None, **options):
    system = EchoState(20, input_scaling=0.3, bias_scaling=0.3, leak=0.8, random_state=0)
    return looped(reservoir or system, readout or RidgeReadout(1e-2), **{"washout": 10} | options)


def future(driven, model, n_steps=N_AHEAD, start=N_ROWS):
    """What is known of the rows to come: the drivers, and one row of the others."""
    rows = driven[start : start + n_steps].copy()
    free = np.setdiff1d(range(3), model.exogenous)
    kept = rows[5].copy()
    rows[:, free] = np.nan
    rows[5] = kept
    return rows


KINDS = {
    "lags": {"lags": 3},
    "increments": {"target": "increments"},
    "increments of a small feedback": {"target": "increments", "feedback_scaling": 0.3},
    "increments of none": {"target": "increments", "feedback_scaling": 0.0},
    "states and lags alone": {"include_input": False, "lags": 2, "target": "increments"},
    "all": {"lags": 3, "target": "increments", "squared_states": True, "feedback_scaling": 0.5, "exogenous": [1]},
    "ensemble": {"lags": 2, "target": "increments", "n_members": 2, "exogenous": [1]},
}  # fmt: skip


@pytest.mark.parametrize("horizon", [1, 6])
@pytest.mark.parametrize("lead", [0, 1])
@pytest.mark.parametrize("increments", [False, True])
@pytest.mark.parametrize("readout", [RidgeReadout(1e-2), Ridge(1e-2)], ids=["compiled", "step by step"])
def test_forecasts_equal_a_naive_loop_over_time(driven, horizon, lead, increments, readout):
    options = {"strategy": "direct", "horizon": horizon} if horizon > 1 else {}
    options |= {"lags": 4, "target": "increments" if increments else "values"}
    model = forecaster(readout=readout, exogenous=[1], exogenous_lead=lead, **options).fit(driven[:N_ROWS])
    system, columns = model.reservoir_, [0, 2, 1]  # of y before those of e
    ahead = driven[N_ROWS : N_ROWS + N_AHEAD + 1, [1]]
    naive = oracles.driven_forecast(
        system.W_, system.W_in_[:, columns], system.bias_, 0.8, driven[:N_ROWS, [0, 2]], driven[:N_ROWS, [1]], ahead,
        n_steps=N_AHEAD, lead=lead, alpha=1e-2, washout=10, lags=4, increments=increments, horizon=horizon,
    )  # fmt: skip
    observed = np.full((N_AHEAD, 3), np.nan)
    observed[:, 1] = ahead[:-1, 0]
    np.testing.assert_allclose(model.forecast(N_AHEAD, observed=observed), naive, rtol=0, atol=1e-7)


@pytest.mark.parametrize("options", KINDS.values(), ids=KINDS)
def test_the_compiled_loop_equals_the_plain_one(driven, options):
    model = forecaster(**options).fit(driven[:N_ROWS])
    observed = future(driven, model)
    found = model.forecast(N_AHEAD, observed=observed)
    np.testing.assert_allclose(found, step_by_step(model).forecast(N_AHEAD, observed=observed), rtol=0, atol=1e-9)
    np.testing.assert_array_equal(found, model.forecast(N_AHEAD, driven[:N_ROWS], observed=observed))
    alone = model.forecast(N_AHEAD, driven[:50], observed=observed)
    both = model.forecast(N_AHEAD, [driven[:50], driven[9:70]], observed=[observed] * 2)
    np.testing.assert_array_equal(both[0], alone)
    one = clone(model).set_params(strategy="direct", horizon=1).fit(driven[:N_ROWS])
    np.testing.assert_array_equal(one.forecast(N_AHEAD, observed=observed), found)


@pytest.mark.parametrize("options", [KINDS["lags"], KINDS["increments"], KINDS["ensemble"]], ids=["a", "b", "c"])
@pytest.mark.parametrize("strategy", ["recursive", "direct"])
@pytest.mark.parametrize("system", [
    DeepEchoState(EchoState(8), 2, random_state=0), EchoState(20, noise=1e-3, random_state=0),
    EchoState(20, unit=Euler(), random_state=0), EchoState(20, unit=EdgeOfStability(), random_state=0),
], ids=["deep", "noisy", "Euler", "edge of stability"])  # fmt: skip
def test_any_system_takes_them(driven, options, strategy, system):
    model = forecaster(system, strategy=strategy, horizon=4, **options).fit([driven[:N_ROWS], driven[:90]])
    observed = future(driven, model, 9)
    found = model.forecast(9, observed=[observed] * 2)
    again = model.forecast(9, [driven[:N_ROWS], driven[:90]], observed=[observed] * 2)
    for own, other in zip(found, again, strict=True):
        np.testing.assert_array_equal(own, other)
        assert np.isfinite(own).all()


@pytest.mark.parametrize("strategy", ["recursive", "direct"])
def test_spiking_systems_take_them(driven, strategy):
    system = LiquidState(random_state=0)
    model = forecaster(system, RidgeReadout(1.0), lags=2, target="increments", strategy=strategy, horizon=3, washout=5)
    found = model.fit(driven[:60, :1]).forecast(5)
    np.testing.assert_array_equal(found, model.forecast(5, driven[:60, :1]))


@pytest.mark.parametrize("readout", [RecursiveLeastSquares(alpha=1e-2), LeastMeanSquares(0.5)])
@pytest.mark.parametrize("strategy", ["recursive", "direct"])
def test_online_readouts_take_them(driven, readout, strategy):
    model = forecaster(readout=readout, strategy=strategy, horizon=3, **KINDS["all"]).fit(driven[:N_ROWS])
    observed = future(driven, model)
    found = model.forecast(N_AHEAD, observed=observed)
    np.testing.assert_allclose(found, step_by_step(model).forecast(N_AHEAD, observed=observed), rtol=0, atol=1e-9)


@pytest.mark.parametrize("options", [KINDS["lags"], KINDS["increments"], KINDS["all"]], ids=["lags", "plus", "all"])
def test_compiled_force_equals_the_steps(driven, options):
    system = EchoState(20, leak=0.3, spectral_radius=1.2, random_state=0)
    model = forecaster(system, Force(alpha=0.5, fit_intercept=True), **options)
    series = [driven[:80], driven[100:170]]
    compiled = clone(model).fit(series).readout_
    plain = clone(model).set_params(readout=ForceOfElsewhere()).fit(series).readout_.force
    np.testing.assert_allclose(compiled.coef_, plain.coef_, rtol=0, atol=1e-9)
    np.testing.assert_allclose(compiled.intercept_, plain.intercept_, rtol=0, atol=1e-9)


def test_force_learns_increments_from_what_came_back(driven):
    """With a penalty beyond all that is seen nothing is learnt, and the last true row stays."""
    model = forecaster(readout=Force(alpha=1e15), target="increments", lags=1).fit(driven[:N_ROWS])
    np.testing.assert_allclose(model.forecast(9), np.repeat(driven[N_ROWS - 1 : N_ROWS], 9, axis=0), rtol=0, atol=1e-9)


@pytest.mark.parametrize("options", KINDS.values(), ids=KINDS)
def test_float32_follows_float64(driven, options):
    double, single = (
        forecaster(EchoState(20, dtype=dtype, random_state=0), RidgeReadout(1.0), **options).fit(driven[:N_ROWS])
        for dtype in ("float64", "float32")
    )
    observed = future(driven, double, 10)
    np.testing.assert_allclose(
        single.forecast(10, observed=observed), double.forecast(10, observed=observed), atol=1e-4
    )


# What increments, lags and horizons are


@pytest.mark.parametrize("lags", [0, 2])
def test_least_squares_learns_the_same_of_values_and_increments(driven, lags):
    """Where u(t) is seen and nothing is penalised; a penalty then pulls to rest, or to the last row."""
    for alpha, same in ((1e-12, True), (1.0, False)):
        values, increments = (
            forecaster(readout=RidgeReadout(alpha, solver="qr"), target=target, lags=lags)
            .fit(driven[:N_ROWS])
            .forecast(10)
            for target in ("values", "increments")
        )
        assert np.allclose(values, increments, rtol=0, atol=1e-8) == same


@pytest.mark.parametrize("options", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize("strategy", ["recursive", "direct"])
def test_a_strong_penalty_on_increments_is_persistence(driven, options, strategy):
    options = options | {"target": "increments", "strategy": strategy, "horizon": 5}
    model = forecaster(readout=RidgeReadout(1e18, fit_intercept=False), **options).fit(driven[:N_ROWS])
    observed = future(driven, model)
    observed[5, model._feedback.channels] = np.nan
    last = driven[N_ROWS - 1, model._feedback.channels]
    np.testing.assert_allclose(model.forecast(N_AHEAD, observed=observed), np.tile(last, (N_AHEAD, 1)), atol=1e-12)


@pytest.mark.parametrize("target", ["values", "increments"])
def test_direct_coefficients_are_powers_of_those_of_one_step(target):
    """y(t + 1) = A y(t), seen without a reservoir: y(t + k) = A^k y(t)."""
    turn = 0.3
    A = 0.999 * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    rows = [np.array([1.0, 0.5])]
    for _ in range(200):
        rows.append(A @ rows[-1])
    silent = EchoState(3, input_scaling=0.0, bias_scaling=0.0, random_state=0)
    model = forecaster(silent, RidgeReadout(1e-13), strategy="direct", horizon=4, target=target).fit(np.array(rows))
    powers = [np.linalg.matrix_power(A, k) - (target == "increments") * np.eye(2) for k in range(1, 5)]
    np.testing.assert_allclose(model.readout_.coef_[:, 3:], np.vstack(powers), rtol=0, atol=1e-9)


def test_lags_are_the_rows_before():
    """y(t + 1) = y(t - 6), which no state is needed for."""
    rows = np.tile(np.random.default_rng(0).normal(size=(7, 1)), (20, 1))
    silent = EchoState(2, input_scaling=0.0, bias_scaling=0.0, random_state=0)
    model = forecaster(silent, RidgeReadout(1e-12), lags=6, washout=0).fit(rows)
    np.testing.assert_allclose(model.forecast(21), rows[:21], rtol=0, atol=1e-6)


@pytest.mark.parametrize("lead", [0, 1])
@pytest.mark.parametrize("length", [1, 2, 4])
def test_before_a_context_is_what_was_heard_first(driven, length, lead):
    options = {"lags": 5, "exogenous": [1], "exogenous_lead": lead, "washout": 1}
    model = forecaster(**options).fit(driven[:N_ROWS])
    context, observed = driven[:length], driven[length : length + 6]
    heard = context.copy()
    if lead:
        heard[:, 1] = driven[1 : length + 1, 1]
    states = model.reservoir_.run(heard)[0]
    lagged = [heard[max(0, length - 1 - lag)] for lag in range(6)]
    expected = model.readout_.predict(np.concatenate([states[-1], *lagged])[None])[0]
    np.testing.assert_allclose(model.forecast(6, context, observed=observed)[0], expected, rtol=0, atol=1e-12)


def test_a_whole_horizon_stands_before_it_is_heard(driven):
    model = forecaster(strategy="direct", horizon=4, lags=1).fit(driven[:N_ROWS])
    states, inputs = model.reservoir_.run(driven[:N_ROWS])[0], driven[N_ROWS - 2 : N_ROWS][::-1].ravel()
    first = model.readout_.predict(np.concatenate([states[-1], inputs])[None]).reshape(4, 3)
    np.testing.assert_allclose(model.forecast(4), first, rtol=0, atol=1e-12)
    np.testing.assert_array_equal(model.forecast(2), model.forecast(4)[:2])
    after = model.forecast(4, np.vstack([driven[:N_ROWS], first]))
    np.testing.assert_allclose(model.forecast(8)[4:], after, rtol=0, atol=1e-10)


def test_an_observed_row_is_heard_before_the_rows_to_come(driven):
    model = forecaster(strategy="direct", horizon=8).fit(driven[:N_ROWS])
    observed = np.full((8, 3), np.nan)
    observed[2] = driven[N_ROWS + 2]
    free, held = model.forecast(8), model.forecast(8, observed=observed)
    np.testing.assert_array_equal(held[:3], free[:3])
    context = np.vstack([driven[:N_ROWS], free[:2], observed[2]])
    np.testing.assert_allclose(held[3:], model.forecast(5, context), rtol=0, atol=1e-12)


def test_drivers_are_seen_of_all_rows_that_are_answered(driven):
    """The last rows of a forecast that is no multiple of the horizon are answered a horizon before its end."""
    model = forecaster(strategy="direct", horizon=8, exogenous=[1]).fit(driven[:N_ROWS])
    rows = driven[N_ROWS : N_ROWS + 11].copy()
    changed = rows.copy()
    changed[7, 1] += 1.0
    first, other = (model.forecast(8, observed=table[:8]) for table in (rows, changed))
    assert np.abs(first[7] - other[7]).max() > 0.01
    longer = model.forecast(11, observed=np.where([False, True, False], rows, np.nan))
    context = np.vstack([driven[:N_ROWS], np.column_stack([longer[:3, 0], rows[:3, 1], longer[:3, 1]])])
    ahead = np.where([False, True, False], rows[3:], np.nan)
    np.testing.assert_allclose(longer[8:], model.forecast(8, context, observed=ahead)[5:], rtol=0, atol=1e-12)
    with pytest.raises(ValueError, match=r"'n_steps' parameter of forecast must be at least the horizon, 8, .* Got 3"):
        model.forecast(3, observed=rows[:3])


def test_errors_of_training_are_those_of_one_step(driven):
    model = forecaster(strategy="direct", horizon=5, target="increments", lags=2, readout=RidgeReadout(1.0))
    model.fit(driven[:N_ROWS])
    truth, found = driven[10:N_ROWS], []
    for t in range(10, N_ROWS - 4):
        found.append(model.forecast(1, driven[:t])[0] - driven[t])
    assert len(truth) > len(found[1:])
    np.testing.assert_allclose(model.training_errors_, np.sqrt(np.mean(np.square(found[1:]), axis=0)), rtol=1e-9)


# The washout that fits


@pytest.mark.parametrize("n_rows, washout", [(36, 3), (300, 30), (999, 99), (4000, 100), (3, 0)])
def test_a_washout_that_fits_the_length(n_rows, washout):
    series = np.sin(np.arange(n_rows) / 3).reshape(-1, 1)
    model, same = (forecaster(washout=rows).fit(series) for rows in ("auto", washout))
    assert model.washout_ == same.washout_ == washout
    np.testing.assert_array_equal(model.forecast(5), same.forecast(5))
    assert forecaster(washout="auto").fit([series, np.tile(series, (3, 1))]).washout_ == washout


def test_lengths_are_told_with_all_that_asks_for_them(driven):
    forecaster(lags=12).fit(driven[:14])
    with pytest.raises(ValueError, match=r"X has 13 sample.*washout=10, lags=12 needs at least 14 rows"):
        forecaster(lags=12).fit(driven[:13])
    model = forecaster(strategy="direct", horizon=8)
    model.fit(driven[:19])
    with pytest.raises(ValueError, match="with washout=10, horizon=8 needs at least 19 rows"):
        model.fit(driven[:18])
    model = forecaster(washout="auto").fit(driven[:N_ROWS])
    with pytest.raises(ValueError, match="with washout=20 needs at least 20 rows"):
        model.forecast(3, driven[:19])


# Where else they go


@pytest.mark.parametrize("options", [KINDS["all"], KINDS["ensemble"]], ids=["all", "ensemble"])
@pytest.mark.parametrize("strategy", ["recursive", "direct"])
def test_files_keep_them(driven, options, strategy, tmp_path):
    model = forecaster(strategy=strategy, horizon=3, **options | {"washout": "auto"}).fit(driven[:N_ROWS])
    save(model, tmp_path / "model")
    found, observed = load(tmp_path / "model"), future(driven, model)
    np.testing.assert_array_equal(
        found.forecast(N_AHEAD, observed=observed), model.forecast(N_AHEAD, observed=observed)
    )
    short = driven[:50]
    np.testing.assert_array_equal(
        found.forecast(N_AHEAD, short, observed=observed), model.forecast(N_AHEAD, short, observed=observed)
    )


def test_what_was_fitted_counts(driven):
    model = forecaster(**KINDS["all"]).fit(driven[:N_ROWS])
    observed = future(driven, model)
    before = model.forecast(N_AHEAD, observed=observed)
    model.set_params(target="values", lags=0, squared_states=False, include_input=False, strategy="direct", horizon=3)
    np.testing.assert_array_equal(model.forecast(N_AHEAD, observed=observed), before)


def test_tables_go_on(driven):
    index = pd.date_range("2020-01-01", periods=len(driven), freq="h")
    table = pd.DataFrame(driven, index, ["y", "push", "wave"])
    model = forecaster(exogenous=["push"], lags=2, strategy="direct", horizon=4)
    found = model.fit(table[:N_ROWS]).forecast(6, observed=table[["push"]][N_ROWS : N_ROWS + 6])
    assert list(found.columns) == ["y", "wave"] and found.index.equals(index[N_ROWS : N_ROWS + 6])


def test_searches_choose_among_them(driven):
    grid = {"lags": [0, 2], "target": ["values", "increments"], "strategy": ["recursive", "direct"]}
    model, folds = forecaster(horizon=4, washout="auto"), WarmTimeSeriesSplit(2, warmup=20)
    search = ReservoirSearchCV(model, grid, cv=folds, scoring="r2").fit(driven[:, [0, 2]])
    assert len(search.cv_results_["params"]) == 8 and np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert np.isfinite(ReservoirSearchCV(model, {"lags": [0, 1]}, cv=2).fit(driven[:, [0, 2]]).best_score_)


def test_exponents_know_what_is_learnt():
    """A loop that has learned a circle, by whatever it sees, has an exponent of 0; a map of several rows has none."""
    series = np.column_stack([np.sin(np.arange(600) / 5), np.cos(np.arange(600) / 5)])
    for options in ({"lags": 2}, {"target": "increments", "feedback_scaling": 0.5}):
        for include_input in (True, False):
            model = forecaster(readout=RidgeReadout(1e-8), include_input=include_input, **options).fit(series)
            assert abs(closed_loop_exponents(model, 1, n_steps=2000, discard=200).largest) < 2e-3
    for options, text in (({"strategy": "direct", "horizon": 2}, "recursive"), ({"feedback_scaling": 0.0}, "answers")):
        model = forecaster(target="increments", **options).fit(series)
        with pytest.raises(ValueError, match=f"'forecaster' parameter of closed_loop_exponents must be .*{text}"):
            closed_loop_exponents(model, 1, n_steps=100)


@pytest.mark.filterwarnings("ignore:The forecast of ReservoirForecaster settles")
@pytest.mark.parametrize("options", [{"lags": 1}, {"lags": 3}, {"lags": 1, "target": "increments"}])
def test_exponents_are_the_growth_of_a_small_difference(options):
    """Of the last row of a context; the loop settles, and the difference decays at the largest exponent."""
    series = np.cumsum(np.random.default_rng(1).normal(size=(300, 1)), axis=0) / 10
    changed = series.copy()
    changed[-1] += 1e-3
    model = forecaster(readout=RidgeReadout(10.0), washout=20, **options).fit(series)
    gaps = np.abs(model.forecast(300, changed) - model.forecast(300, series))[200:, 0]
    growth = np.polyfit(np.arange(100), np.log(gaps), 1)[0]
    assert closed_loop_exponents(model, 1, n_steps=2000, discard=200).largest == pytest.approx(growth, rel=0.05)


@pytest.mark.parametrize("options, text", [
    ({"target": "second differences"}, "'target' parameter of ReservoirForecaster must be"),
    ({"lags": -1}, "'lags' parameter of ReservoirForecaster must be \"auto\" or an integer >= 0"),
    ({"lags": 1.5}, "'lags' parameter of ReservoirForecaster must be \"auto\" or an integer >= 0"),
    ({"strategy": "both"}, "'strategy' parameter of ReservoirForecaster must be"),
    ({"strategy": "direct"}, "'horizon' parameter of ReservoirForecaster must be an integer >= 1 where"),
    ({"horizon": 0}, "'horizon' parameter of ReservoirForecaster must be None or an integer >= 1. Got 0"),
    ({"washout": "most"}, "'washout' parameter of ReservoirForecaster must be \"auto\" or an integer >= 0"),
    ({"washout": True}, "'washout' parameter of ReservoirForecaster must be \"auto\" or an integer >= 0"),
    ({"readout": Force(), "strategy": "direct", "horizon": 2}, "'strategy' .* must be \"recursive\" for a readout"),
])  # fmt: skip
def test_bad_parameters(driven, options, text):
    model = forecaster().fit(driven[:N_ROWS])
    before = copy.copy(vars(model))
    with pytest.raises(ValueError, match=text):
        model.set_params(**options).fit(driven[:N_ROWS])
    assert all(vars(model)[name] is value for name, value in before.items() if name not in options)
