"""Backtests are naive loops of forecasts of a model that learnt the rows before the first origin."""

import numpy as np
import pandas as pd
import pytest

from reservoir import EchoState
from reservoir.metrics import mase, owa, smape
from reservoir.model_selection import backtest, tune
from reservoir.readouts import RidgeReadout
from tests.loops import looped

ROWS = np.random.default_rng(0).normal(size=(160, 3)).cumsum(axis=0) * 0.1 + np.sin(np.arange(160) / 5)[:, None]


def forecaster(**options):
    system = EchoState(15, input_scaling=0.1, bias_scaling=0.0, random_state=0)
    return looped(system, RidgeReadout(1e-1), **{"washout": 10} | options)


def test_a_backtest_is_a_naive_loop():
    model = forecaster(exogenous=[2], lags=1)
    found = backtest(model, ROWS, 6, n_origins=4, coverage=0.8, period=5)
    assert found.origins.tolist() == [136, 142, 148, 154] and not hasattr(model, "readout_")
    twin = forecaster(exogenous=[2], lags=1).fit(ROWS[:136])
    for k, origin in enumerate(found.origins):
        known = np.where([False, False, True], ROWS[origin : origin + 6], np.nan)
        forecast, lower, upper = twin.forecast_interval(6, 0.8, ROWS[:origin], observed=known)
        np.testing.assert_array_equal(found.forecasts[k], forecast)
        np.testing.assert_array_equal(found.lower[k], lower)
        np.testing.assert_array_equal(found.upper[k], upper)
        np.testing.assert_array_equal(found.truth[k], ROWS[origin : origin + 6, :2])
        np.testing.assert_array_equal(found.baseline[k], ROWS[origin + np.array([-5, -4, -3, -2, -1, -5]), :2])
    missed = found.truth - found.forecasts
    scores, of_origins = found.scores(), found.scores(by="origin")
    assert scores["rmse"] == pytest.approx(np.sqrt(np.mean(missed**2)))
    np.testing.assert_allclose(found.scores(by="horizon")["mae"], np.abs(missed).mean(axis=(0, 2)))
    np.testing.assert_allclose(
        of_origins["smape"], [smape(*pair) for pair in zip(found.truth, found.forecasts, strict=True)]
    )
    of_channels = found.scores(by="channel")
    one = found.truth[..., 0].ravel(), found.forecasts[..., 0].ravel()
    scale = {"y_train": ROWS[:136, 0], "period": 5}
    assert of_channels["mase"][0] == pytest.approx(mase(*one, **scale))
    assert of_channels["owa"][0] == pytest.approx(owa(*one, y_reference=found.baseline[..., 0].ravel(), **scale))
    assert of_channels["coverage"].mean() == pytest.approx(scores["coverage"])
    assert of_channels.keys() == scores.keys() - {"valid_time", "censored", "density", "spectrum"}
    assert 0 <= scores["density"] < 5 and np.isnan(scores["spectrum"]) and len(of_origins["valid_time"]) == 4


def test_a_table_has_a_row_for_every_number():
    table = pd.DataFrame(ROWS, columns=["a", "b", "c"], index=pd.date_range("2024", periods=160, freq="h"))
    found = backtest(forecaster(), table, 3, n_origins=2, step=10)
    rows = found.to_pandas()
    assert rows.shape == (2 * 3 * 3, 3) and rows.index.names == ["origin", "horizon", "channel"]
    assert rows.loc[(147, 2, "b"), "truth"] == ROWS[148, 1]
    np.testing.assert_allclose(rows["error"], rows["truth"] - rows["forecast"])


def test_a_fitted_model_answers_itself_about_rows_that_it_has_not_seen():
    model = forecaster().fit(ROWS[:100])
    found = backtest(model, ROWS[100:], 4, n_origins=3, fit=False)
    np.testing.assert_array_equal(found.forecasts[1], model.forecast(4, ROWS[100 : 100 + found.origins[1]]))


def test_what_is_valid_to_the_end_is_censored_and_what_is_lost_is_infinite():
    wave = np.sin(np.arange(300) / 5)[:, None]
    scores = backtest(looped(EchoState(50, random_state=0)), wave, 10, n_origins=3).scores()
    assert (scores["valid_time"], scores["censored"]) == (10, 1)
    lost = backtest(forecaster(), ROWS, 4, n_origins=2)
    lost.forecasts[0, 2:] = np.nan
    assert lost.scores()["mae"] == lost.scores()["density"] == np.inf and lost.scores()["spectrum"] == 1
    assert lost.scores(by="origin")["valid_time"][0] <= 2
    assert np.isfinite(lost.scores(by="horizon")["rmse"]).tolist() == [True, True, False, False]


def test_forecasts_that_are_lost_may_live_on_the_right_attractor():
    """A shuffled truth has its density and another spectrum; a constant has neither."""
    wave = (np.sin(np.arange(900) / 5) + np.sin(np.arange(900) / 3))[:, None]
    found = backtest(looped(EchoState(50, random_state=0)), wave, 64, n_origins=5)
    scores = found.scores()
    rows, rng = found.truth.copy(), np.random.default_rng(0)
    found.forecasts[:] = rng.permutation(rows.reshape(-1, 1)).reshape(rows.shape)
    shuffled = found.scores()
    found.forecasts[:] = rows.mean()
    still = found.scores()
    assert scores["density"] < 0.05 and scores["spectrum"] < 0.1
    assert shuffled["density"] < 0.05 and shuffled["spectrum"] > 0.5
    assert still["density"] > 1 and still["spectrum"] == 1


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"horizon": 0}, "'horizon' parameter of backtest"),
        ({"horizon": 159}, "'horizon' parameter of backtest must be at most 158 with 160 rows"),
        ({"n_origins": 100, "step": 5}, "'n_origins' parameter of backtest must be fewer"),
        ({"coverage": 90}, "'coverage' parameter of backtest"),
        ({"fit": 1}, "'fit' parameter of backtest"),
        ({"model": RidgeReadout()}, "'model' parameter of backtest"),
    ],
)
def test_bad_requests(options, match):
    with pytest.raises(ValueError, match=match):
        backtest(**{"model": forecaster(), "series": ROWS, "horizon": 5} | options)
    with pytest.raises(ValueError, match="'by' parameter of scores"):
        backtest(forecaster(), ROWS, 3, n_origins=2).scores(by="row")


def test_a_series_with_gaps_is_refused_where_it_is_held_against_forecasts():
    gappy = np.where(np.arange(160)[:, None] == 70, np.nan, ROWS)
    with pytest.raises(ValueError, match=r"backtest holds forecasts against every row .* the first is row 70"):
        backtest(forecaster(gaps="split"), gappy, 5)
    with pytest.raises(ValueError, match=r"tune with a readout .* the first is row 70"):
        tune(forecaster(gaps="split"), gappy)
