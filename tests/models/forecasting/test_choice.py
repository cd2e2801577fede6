"""What "auto" chooses for a forecaster, against theory and naive twins."""

import numpy as np
import pandas as pd
import pytest

from reservoir import DeepEchoState, EchoState, ReservoirForecaster, load, save
from reservoir.models import BaselineWarning
from reservoir.models.forecasting.origins import forecasts_from
from reservoir.models.forecasting.periods import drifts, found_seasons
from reservoir.readouts import Force, RidgeReadout

AUTO = dict.fromkeys(("target", "lags", "strategy", "season", "transform", "washout"), "auto") | {"scaling": "standard"}
PLAIN = {"target": "values", "lags": 0, "strategy": "recursive", "season": None, "transform": None}
pytestmark = pytest.mark.filterwarnings(
    "ignore::reservoir.models.DivergenceWarning", "ignore::reservoir.models.BaselineWarning"
)


def noise(n_rows, n_channels=1, seed=0):
    return np.random.default_rng(seed).normal(size=(n_rows, n_channels))


def autoregression(n_rows, seed=0):
    """x(t) = 1.6 x(t - 1) - 0.9 x(t - 2) + noise of deviation 1."""
    x = noise(n_rows, seed=seed)
    for t in range(2, n_rows):
        x[t] += 1.6 * x[t - 1] - 0.9 * x[t - 2]
    return x


def seasonal(n_rows, period=12, seed=0):
    t = np.arange(n_rows)[:, None]
    return 20 + 0.05 * t + 3 * np.sin(2 * np.pi * t / period) + 0.2 * noise(n_rows, seed=seed)


def henon(n_rows):
    x = np.full(n_rows + 100, 0.1)
    for t in range(2, len(x)):
        x[t] = 1 - 1.4 * x[t - 1] ** 2 + 0.3 * x[t - 2]
    return x[100:, None]


def small(**options):
    """A forecaster with a reservoir of 30 units, all of whose other parameters are "auto"."""
    reservoir = EchoState(30, input_scaling=0.5, bias_scaling=0.3, random_state=0)
    return ReservoirForecaster(reservoir, **(AUTO | options))


def test_a_random_walk_is_not_worse_than_its_last_value():
    shares = []
    for seed in range(3):
        walk = np.cumsum(noise(160, seed=seed), axis=0)
        model = small(horizon=4).fit(walk[:120])
        errors = np.abs([model.forecast(4, walk[:row]) - walk[row : row + 4] for row in range(120, 156)])
        naive = np.abs([walk[row - 1] - walk[row : row + 4] for row in range(120, 156)])
        shares.append(errors.mean() / naive.mean())
        assert model.chosen_["error"] <= 1.02 * model.chosen_["error_of_last_value"]
    assert np.median(shares) < 1.1


def test_an_autoregression_is_answered_as_well_as_it_can_be():
    x = autoregression(900)
    _, residuals = small(horizon=3).fit(x[:500]).predict_one_step(x[500:])
    assert np.mean(residuals[20:] ** 2) < 1.1


def test_periods_are_found_under_a_trend():
    assert found_seasons([seasonal(240)])[0] == (12.0,)
    assert found_seasons([seasonal(150), seasonal(240, seed=1)])[0] == (12.0,)
    assert found_seasons([noise(400)]) == []
    day_and_week = seasonal(24 * 28, 24) + 2 * np.sin(2 * np.pi * np.arange(24 * 28)[:, None] / 168)
    assert (24.0, 168.0) in found_seasons([day_and_week])
    assert found_seasons([np.ones((50, 2))]) == found_seasons([noise(9)]) == []


def test_drift_is_told_from_noise():
    assert drifts([np.cumsum(noise(200), axis=0)])
    assert not drifts([noise(200)]) and not drifts([np.ones((3, 1))])


def test_a_season_is_seen_and_not_heard():
    y = seasonal(240)
    model = small(season="auto", lags=0).fit(y[:200])
    assert model.chosen_["season"] == [12.0]
    assert model.reservoir_.n_features_in_ == 1 and model.heard(y).shape[1] == 1
    assert np.abs(model.forecast(40) - y[200:]).mean() < 0.4
    np.testing.assert_allclose(model.forecast(30, y[:200]), model.forecast(30), rtol=1e-9)


@pytest.mark.parametrize("options", [{"lags": 3}, {"lags": "auto"}, {"lags": 2, "strategy": "direct"}])
def test_what_goes_by_differences_knows_no_level(options):
    """A hundred more in all rows is a hundred more in all answers, wherever the rows it learnt have been."""
    walk = np.cumsum(noise(200), axis=0)
    given = PLAIN | {"target": "differences", "washout": 20, "horizon": 5} | options
    model = ReservoirForecaster(**given).fit(walk[:180])
    assert model.chosen_["target"] == "differences" and not model.chosen_["states"]
    higher = model.forecast(9, walk[:180] + 100)
    np.testing.assert_allclose(higher, model.forecast(9, walk[:180]) + 100, atol=1e-8)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"lags": 0}, "'lags' parameter of ReservoirForecaster must be at least 1"),
        ({"readout": RidgeReadout()}, "'target' parameter of ReservoirForecaster must be .* Got 'differences'"),
        ({"include_input": False}, "'target' parameter of ReservoirForecaster"),
    ],
)
def test_differences_ask_for_rows_that_come_back(options, match):
    with pytest.raises(ValueError, match=match):
        small(target="differences", **options).fit(noise(60))


def test_growth_in_shares_asks_for_the_logarithm():
    growth = np.exp(0.03 * np.arange(150)[:, None] + 0.1 * np.cumsum(noise(150), axis=0))
    assert small(lags=2, strategy="recursive").fit(growth).chosen_["transform"] == "log"
    assert small(lags=2, strategy="recursive").fit(growth - 1).chosen_["transform"] is None  # not all positive


def columns_of(model, z, k):
    """What the readout sees of z (T, 1), row by row: states, and the rows back to k before."""
    states = model.reservoir_.transform(z)
    lagged = [z[np.maximum(np.arange(len(z)) - lag, 0)] for lag in range(k + 1)]
    return np.hstack([model.chosen_["weight_of_states"] * states, *lagged])


def naive_ridge(rows, targets, penalty):
    """Coefficients and intercept of ridge regression with a penalty a row."""
    off, taught = rows - rows.mean(axis=0), targets - targets.mean()
    coef = np.linalg.solve(off.T @ off + penalty * len(rows) * np.eye(rows.shape[1]), off.T @ taught)
    return coef, targets.mean() - rows.mean(axis=0) @ coef


def naive_score(model, y, horizon, k, washout=None):
    """The score of what was chosen, refitted for every fold and run step by step; the target is values."""
    z, n_rows = (y - y.mean()) / y.std(), len(y)
    head, size = max(washout or n_rows // 10, k), max(n_rows // 10, min(n_rows // 6, 2 * horizon))
    seen, errors = columns_of(model, z, k), [[] for _ in range(horizon)]
    for end in (n_rows - 3 * size, n_rows - 2 * size, n_rows - size):
        coef, intercept = naive_ridge(seen[head : end - 1], z[head + 1 : end, 0], model.chosen_["penalty"])
        last = min(end + size - 1, n_rows - max(1, min(horizon, size) // 2))
        for row in np.unique(np.linspace(end, last, 10).astype(int)):
            known = z[:row]
            for step in range(min(horizon, n_rows - row)):
                answer = columns_of(model, known, k)[-1] @ coef + intercept
                answer = np.clip(answer, 2 * z.min() - z.max(), 2 * z.max() - z.min())
                errors[step].append(abs(answer - z[row + step, 0]))
                known = np.append(known, [[answer]], axis=0)
    weights = np.arange(1, horizon + 1) ** -0.5
    return np.log(np.array([np.mean(one) for one in errors]) + 1e-6) @ weights / weights.sum()


@pytest.mark.parametrize(("series", "states"), [(autoregression(150), False), (henon(150), True)])
def test_scores_are_those_of_a_naive_refit_for_every_fold(series, states):
    options = {"target": "values", "strategy": "recursive", "season": None, "horizon": 3}
    model = small(**options, lags=2).fit(series)
    chosen = model.chosen_
    assert chosen["states"] == states
    assert chosen["score"] == pytest.approx(naive_score(model, series, 3, 2), abs=1e-6)
    z = (series - series.mean()) / series.std()
    coef, intercept = naive_ridge(columns_of(model, z, 2)[15:-1], z[16:, 0], chosen["penalty"])
    coef[:30] *= chosen["weight_of_states"]
    if not states:
        np.testing.assert_allclose(model.readout_.coef_[0], coef, atol=1e-8)
        np.testing.assert_allclose(model.readout_.intercept_[0], intercept, atol=1e-8)
    answers = model.predict_one_step(series)[0][:, 0]
    np.testing.assert_allclose(
        (answers - series.mean()) / series.std(),
        (
            model.reservoir_.transform(z)[14:-1] @ coef[:30]
            + np.hstack([z[14:-1], z[13:-2], z[12:-3]]) @ coef[30:]
            + intercept
        ),
        atol=1e-6,
    )


def test_rows_of_a_fold_do_not_tell_what_is_learnt_before_it():
    from reservoir.models.forecasting.candidates import folds_of
    from reservoir.models.forecasting.columns import Layout
    from reservoir.models.forecasting.rolling import Trial, moments_of

    none, (fold, *_) = np.zeros(0, dtype=np.int64), folds_of([100], 4, False)
    layout = Layout(0, np.ones(1), np.array([0]), 1.0, 2, {}, none, 1)
    rows = noise(100)
    other = np.where(np.arange(100)[:, None] < fold.ends[0], rows, 9.0)
    found = []
    for series in (rows, other):
        trial = Trial([series], [series], [series], None, None, np.ones(1), 5)
        found.append(moments_of(trial, layout, None, [fold], 4)[0])
    for one, twin in zip(*found, strict=True):
        np.testing.assert_array_equal(one, twin)


def test_channels_that_go_by_themselves_see_no_others():
    y = np.hstack([autoregression(200, seed) for seed in (0, 1)])
    model = small(target="values", strategy="recursive", season=None).fit(y)
    if model.chosen_["own_lags"]:
        beside = model.readout_.coef_[:, 30:].reshape(2, -1, 2)
        assert not beside[0, :, 1].any() and not beside[1, :, 0].any()
    assert set(model.chosen_["scores"]["own"]) == {"True", "False"}


SQUARES = {"squared_states": True, "feedback_scaling": 0.5}


@pytest.mark.parametrize("make, options", [
    (lambda y: y, {"n_members": 2}),
    (lambda y: np.hstack([y, y[::-1]]), SQUARES),
    (lambda y: np.stack([y[:60], y[60:120]]), {}),
    (lambda y: [y[:70], y[70:]], SQUARES),
    (lambda y: pd.DataFrame({"a": y[:, 0]}, index=pd.date_range("2020", periods=len(y), freq="MS")), {"n_members": 2}),
])  # fmt: skip
def test_models_are_saved_with_what_was_chosen(make, options, tmp_path):
    y = make(seasonal(140))
    model = small(season=12, horizon=6, target="increments", **options).fit(y)
    assert np.isfinite(np.asarray(model.forecast(8))).all()
    save(model, tmp_path / "model")
    found = load(tmp_path / "model")
    assert found.chosen_ == model.chosen_
    for one, twin in zip(found.forecast(8), model.forecast(8), strict=True):
        np.testing.assert_array_equal(one, twin)


def test_a_forecast_in_direct_blocks_goes_on_after_its_horizon():
    model = small(strategy="direct", season="auto", horizon=6).fit(seasonal(200))
    assert model.chosen_["horizon"] == 6 and len(model.forecast(20)) == 20
    assert np.abs(model.forecast(20) - seasonal(220)[200:]).mean() < 1


def test_what_is_known_ahead_is_used():
    driver = noise(220, seed=3)
    y = np.zeros((220, 1))
    for t in range(1, 220):
        y[t] = 0.8 * y[t - 1] + driver[t] + 0.05 * noise(1, seed=t)[0]
    table = np.hstack([y, driver])
    for strategy in ("auto", "direct"):
        model = small(exogenous=[1], horizon=3, strategy=strategy).fit(table[:200])
        future = model.forecast(6, observed=np.where([True, False], np.nan, table[200:206]))
        assert np.abs(future - y[200:206]).mean() < 0.2


@pytest.mark.parametrize("n_rows", [8, 12, 36])
def test_short_series_are_enough(n_rows):
    assert np.isfinite(small().fit(seasonal(n_rows)).forecast(5)).all()


def test_a_series_that_is_too_short_is_refused():
    with pytest.raises(
        ValueError, match=r"5 sample\(s\), in which .* cannot choose by rolling origins .* at least 8 rows"
    ):
        small().fit(seasonal(5))


def test_constant_channels_stay_as_they_are():
    model = small().fit(np.hstack([autoregression(80), np.full((80, 1), 7.0)]))
    np.testing.assert_allclose(model.forecast(5)[:, 1], 7.0, atol=1e-9)


@pytest.mark.parametrize("gaps", ["split", "free-run"])
def test_gaps_cut_what_is_learnt(gaps):
    y = seasonal(200)
    y[60] = np.nan
    model = small(gaps=gaps, horizon=4, season=12).fit(y)
    assert np.abs(model.forecast(12) - seasonal(212)[200:]).mean() < 1


@pytest.mark.parametrize("options", [{"lags": 0}, {"strategy": "direct"}, {"n_members": 2}])
def test_many_origins_are_forecasts_one_by_one(options):
    y = seasonal(130)
    model = small(**({"season": 12, "horizon": 3} | options)).fit(y[:100])
    found = forecasts_from(model, y, [40, 101, 120], 5)
    for origin, rows in zip([40, 101, 120], found, strict=True):
        np.testing.assert_allclose(model.forecast(5, y[:origin]), rows, rtol=1e-9)
    np.testing.assert_allclose(model.predict_one_step(y[:80])[0][-1], model.forecast(1, y[:79])[0], rtol=1e-9)


def test_the_calendar_is_given_or_left():
    index = pd.date_range("2024-01-01", periods=24 * 15, freq="h")
    table = pd.DataFrame({"load": seasonal(24 * 15, 24)[:, 0]}, index=index)
    model = small(season="calendar", horizon=6, lags=0).fit(table[:-24])
    assert model.chosen_["season"] == ["calendar"] and model.season_.parts == ["day", "week"]
    assert np.abs(np.asarray(model.forecast(24))[:, 0] - table["load"].to_numpy()[-24:]).mean() < 1


@pytest.mark.parametrize(
    "reservoir", [DeepEchoState(EchoState(10, random_state=0), n_layers=2), EchoState(20, dtype="float32", noise=1e-3)]
)
def test_any_system_may_be_the_reservoir(reservoir):
    model = ReservoirForecaster(reservoir, **(AUTO | {"horizon": 2, "lags": 1, "strategy": "recursive"})).fit(henon(90))
    assert "True" in model.chosen_["scores"]["states"]
    assert np.isfinite(model.forecast(4)).all()


def test_the_reservoir_of_a_forecaster_is_slow_and_else_the_default():
    rows = np.column_stack([henon(60)[:, 0], noise(60, seed=1)[:, 0]])
    numbers = {"spectral_radius": 0.9, "input_scaling": 0.3 / 2**0.5, "bias_scaling": 0.5, "leak": 0.3}
    found, given = (
        ReservoirForecaster(reservoir, lags=2, season=None, strategy="recursive").fit(rows)
        for reservoir in (None, EchoState(300, random_state=0, **numbers))
    )
    assert found.chosen_["score"] == pytest.approx(given.chosen_["score"], rel=1e-12)
    np.testing.assert_allclose(found.reservoir_.W_in_, given.reservoir_.W_in_, rtol=1e-15)


@pytest.mark.parametrize("options", [{"readout": RidgeReadout(1e-4)}, {"readout": Force()}, {"include_input": False}])
def test_where_nothing_can_be_chosen_auto_is_plain(options):
    y, reservoir = seasonal(120), EchoState(20, random_state=0)
    model = ReservoirForecaster(reservoir, **(AUTO | options)).fit(y)
    plain = ReservoirForecaster(reservoir, **(AUTO | PLAIN | options)).fit(y)
    np.testing.assert_array_equal(model.forecast(9), plain.forecast(9))
    assert not hasattr(model, "chosen_")


def test_a_model_whose_parameters_are_given_chooses_nothing():
    model = small().fit(seasonal(60)).set_params(**PLAIN, readout=RidgeReadout()).fit(seasonal(60))
    assert not hasattr(model, "chosen_")


def test_losing_to_the_last_value_is_said():
    steps = np.repeat(noise(12, seed=2), 20, axis=0)
    with pytest.warns(BaselineWarning, match=r"mean error is .* deviations, that of the last value"):
        small(**PLAIN | {"strategy": "direct", "transform": "auto"}, horizon=8).fit(steps)


def test_intervals_and_streams_follow_what_was_chosen():
    """The noise of `seasonal` has a deviation of 0.2, so that 90 % lie within 0.33 of what is best."""
    series = seasonal(420)
    model = small().fit(series[:360])
    _, lower, upper = model.forecast_interval(12)
    widths = upper - lower
    assert 0.4 < np.median(widths) < 1.6
    stream = model.stream()
    answers = [stream.step(row) for row in series[360:]]
    np.testing.assert_array_equal(answers[-1], model.forecast(1, series)[0])


def test_what_is_nearly_exact_is_judged_far_ahead():
    """Sines are known to rounding from two rows; with noise they are not."""
    wave = np.sin(np.arange(700) / 3)[:, None] + np.sin(np.arange(700) / 4.1)[:, None]
    assert small().fit(wave).chosen_["horizon"] == 70
    assert small(horizon=5).fit(wave).chosen_["horizon"] == 5
    assert small().fit(wave + 0.1 * noise(700)).chosen_["horizon"] <= 48
    assert small(strategy="direct", horizon=6).fit(wave).chosen_["strategy"] == "direct"


def test_a_step_is_answered_by_its_last_value():
    """Nothing can beat what stays as it is; the choice says that it takes just that."""
    step = np.r_[np.full(60, 2.0), np.full(40, 5.0)][:, None]
    model = small().fit(step)
    assert model.chosen_["target"] == "differences" and model.chosen_["penalty"] == 1e12
    np.testing.assert_allclose(model.forecast(30), 5.0, rtol=1e-9)
    np.testing.assert_allclose(model.forecast(30, step[:50]), 2.0, rtol=1e-9)
    assert small(target="values").fit(step).chosen_["target"] == "values"
