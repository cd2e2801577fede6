"""Forecasts: what is drawn is what was given."""

import numpy as np
import pandas as pd
import pytest

from reservoir import EchoState
from reservoir.metrics import valid_prediction_time
from reservoir.model_selection import ReservoirSearchCV, WarmTimeSeriesSplit
from reservoir.plotting import (
    ForecastDisplay,
)
from tests.loops import looped
from tests.plotting.displays import FORECAST, MAKERS, TRUTH, lines

RNG = np.random.default_rng(1)


def test_lines_are_the_data():
    display = MAKERS["ForecastDisplay"]()
    *panels, bottom = display.axes_
    lyapunov_times = np.arange(1, 201) * 0.1 * 0.9
    for panel, true, predicted in zip(panels, TRUTH.T, FORECAST.T, strict=True):
        for label, values in (("truth", true), ("forecast", predicted)):
            np.testing.assert_allclose(lines(panel, label)[0].get_xydata(), np.column_stack([lyapunov_times, values]))
    errors = np.sqrt(np.mean(((TRUTH - FORECAST) / TRUTH.std(axis=0)) ** 2, axis=1))
    np.testing.assert_allclose(lines(bottom)[0].get_ydata(), errors, rtol=1e-12)
    assert bottom.get_yscale() == "log" and bottom.get_xlabel() == "time ahead (Lyapunov times)"


def test_the_valid_time_is_that_of_the_metric_and_ends_where_the_curve_crosses():
    display = MAKERS["ForecastDisplay"]()
    valid = valid_prediction_time(TRUTH, FORECAST, step=0.1, lyapunov_exponent=0.9)
    assert [
        line.get_xdata()[0]
        for panel in display.axes_
        for line in lines(panel)
        if line.get_label().startswith("valid for")
    ] == [valid] * 3
    curve = lines(display.axes_[-1])[0]
    after = curve.get_xdata() > valid + 1e-9
    assert (curve.get_ydata()[~after] <= 0.4).all() and curve.get_ydata()[after][0] > 0.4


def test_a_forecaster_with_exogenous_channels():
    X = pd.DataFrame({"wave": np.sin(np.arange(400) / 5), "drive": np.cos(np.arange(400) / 7)})
    model = looped(EchoState(50, random_state=1), exogenous=["drive"]).fit(X[:300])
    display = ForecastDisplay.from_estimator(model, X[300:], unit="s")
    observed = X[300:].to_numpy(copy=True)
    observed[:, 0] = np.nan
    np.testing.assert_array_equal(display.y_pred, model.forecast(100, observed=observed))
    assert [panel.get_ylabel() for panel in display.axes_] == ["wave", "error"]
    np.testing.assert_array_equal(display.y_true, X[300:][["wave"]])


def test_a_forecast_that_is_lost_and_one_without_errors():
    lost = FORECAST.copy()
    lost[50:] = 1e80
    lost[90:] = np.nan
    display = ForecastDisplay.from_predictions(TRUTH, lost)
    display.figure_.canvas.draw()
    assert np.abs(display.ax_.get_ylim()).max() < 2 and display.axes_[-1].get_ylim()[1] < 1e4
    perfect = ForecastDisplay.from_predictions(TRUTH, TRUTH)
    perfect.figure_.canvas.draw()
    assert perfect.valid_time == len(TRUTH)


def test_a_forecast_that_is_valid_to_the_end_is_not_drawn_as_one_that_fails_there():
    display = ForecastDisplay.from_predictions(TRUTH, TRUTH + 1e-9, step=0.02, lyapunov_exponent=0.9)
    (legend,) = [panel.get_legend() for panel in display.axes_ if panel.get_legend() is not None]
    assert "valid to the end, 3.6 Lyapunov times or more" in [text.get_text() for text in legend.get_texts()]
    for panel in display.axes_:
        (line,) = [line for line in panel.get_lines() if line.get_label().startswith("valid")]
        assert len(line.get_xdata()) == 0 and panel.get_xlim() == (0, pytest.approx(3.6))
    assert display.valid_time.censored


@pytest.mark.parametrize("options, unit", [
    ({}, "steps"), ({"step": 0.02}, "units of time"), ({"step": 0.02, "unit": "s"}, "s"), ({"unit": "years"}, "years"),
    ({"step": 0.02, "lyapunov_exponent": 0.9}, "Lyapunov times"),
])  # fmt: skip
def test_the_axis_names_the_unit_of_time(options, unit):
    display = ForecastDisplay.from_predictions(TRUTH, FORECAST, **options)
    assert display.axes_[-1].get_xlabel() == f"time ahead ({unit})"


def test_tables_go_by_their_names():
    X = pd.DataFrame({"wave": np.sin(np.arange(400) / 5), "drive": np.cos(np.arange(400) / 7)})
    model = looped(EchoState(50, random_state=1), exogenous=["drive"]).fit(X[:300])
    with pytest.raises(ValueError, match="feature names should match"):
        ForecastDisplay.from_estimator(model, X[300:][["drive", "wave"]])
    search = ReservoirSearchCV(model, {"washout": [30, 50]}, cv=WarmTimeSeriesSplit(2, warmup=50)).fit(X[:300])
    display = ForecastDisplay.from_estimator(search, X[300:])
    assert [panel.get_ylabel() for panel in display.axes_] == ["wave", "error"]
    assert [panel.get_ylabel() for panel in display.plot(channels=["wave"]).axes_] == ["wave", "error"]
    with pytest.raises(ValueError, match=r"'channels' parameter of ForecastDisplay must be .* names among"):
        display.plot(channels=["drive"])


def test_channels_may_be_chosen():
    display = MAKERS["ForecastDisplay"]().plot(channels=[1])
    assert [panel.get_ylabel() for panel in display.axes_] == ["channel 1", "error"]
    many = ForecastDisplay.from_predictions(RNG.normal(size=(30, 9)), RNG.normal(size=(30, 9)))
    assert len(many.axes_) == 7


def test_intervals_are_bands_behind_the_lines():
    X = np.sin(np.arange(400) / 5) + 0.1 * RNG.normal(size=400)
    model = looped(EchoState(20, random_state=1)).fit(X[:360, None])
    display = ForecastDisplay.from_estimator(model, X[360:, None], coverage=0.8)
    forecast, lower, upper = model.forecast_interval(40, 0.8)
    np.testing.assert_array_equal(display.y_pred, forecast)
    (band,) = display.ax_.collections
    corners = band.get_paths()[0].vertices[:, 1]
    assert band.get_label() == "interval" and (corners.min(), corners.max()) == (lower.min(), upper.max())
    assert not MAKERS["ForecastDisplay"]().ax_.collections
    with pytest.raises(ValueError, match="'upper' parameter of ForecastDisplay must be given with lower"):
        ForecastDisplay.from_predictions(TRUTH, FORECAST, lower=TRUTH)
    with pytest.raises(ValueError, match="'lower' parameter of ForecastDisplay must be an array of shape"):
        ForecastDisplay.from_predictions(TRUTH, FORECAST, lower=TRUTH[:-1], upper=TRUTH)


@pytest.mark.parametrize("half, expected", [(0.3, 0.3), (50.0, 2.0), (np.inf, 0.0)])
def test_intervals_are_seen_whole_but_for_very_wide_ones(half, expected):
    true = np.sin(np.linspace(0, 20, 200))
    display = ForecastDisplay.from_predictions(true, true, lower=true - half, upper=true + half)
    low, high = display.axes_[0].get_ylim()
    assert [low, high] == pytest.approx([-1 - expected - 0.5, 1 + expected + 0.5], abs=0.01)


@pytest.mark.parametrize("size", [0.01, 3.0])
def test_the_name_of_the_threshold_stands_on_the_other_side_than_the_curve(size):
    true = np.sin(np.linspace(0, 20, 200))
    panel = ForecastDisplay.from_predictions(true, true + size).axes_[-1]
    (text,) = panel.texts
    assert (text.get_va() == "top") == (size > 0.4)
