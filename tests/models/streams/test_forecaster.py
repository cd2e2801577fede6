"""Forecasters on a stream: answers are those of `forecast` behind all rows so far."""

import copy
import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge

from reservoir import EchoState, ReservoirForecaster, load, save
from reservoir.readouts import Force, RecursiveLeastSquares, RidgeReadout
from tests.loops import looped

pytestmark = pytest.mark.filterwarnings("ignore:The forecast")
TIME = np.arange(260)
SERIES = np.stack([2 + np.sin(TIME / 5), 2 + np.cos(TIME / 7)], axis=1)
SERIES += 0.02 * np.random.default_rng(0).normal(size=SERIES.shape)
FITTED = 200


def forecaster(dtype="float64", **options):
    system = EchoState(20, random_state=0, dtype=dtype, noise=0.001)
    return looped(system, **{"readout": RidgeReadout(1e-2), "washout": 20} | options)


KINDS = {
    "plain": {},
    "float32": {"dtype": "float32", "lags": 2, "scaling": "standard"},
    "increments": {"scaling": "standard", "lags": 3, "target": "increments"},
    "logarithms": {"transform": "log", "scaling": "standard", "squared_states": True, "feedback_scaling": 0.5},
    "without input": {"include_input": False, "lags": 1},
    "bounds": {"bounds": "training"},
    "members": {"n_members": 2, "scaling": "standard"},
    "direct": {"strategy": "direct", "horizon": 3},
    "season": {"season": [31.4], "target": "increments"},
    "ahead": {"exogenous": [1]},
    "beside": {"exogenous": [1], "exogenous_lead": 0, "lags": 2, "season": 31.4},
    "any readout": {"readout": Ridge()},
}


def known(model, k, n_steps=1):
    """What is observed of the rows from k on."""
    if not model.exogenous_.size:
        return None
    return np.where(np.isin([0, 1], model.exogenous_), SERIES[k : k + n_steps], np.nan)


@pytest.mark.parametrize("name", KINDS)
def test_answers_are_those_of_forecast(name):
    model = forecaster(**KINDS[name]).fit(SERIES[:FITTED])
    streams = [model.stream(), model.stream(SERIES[:FITTED])]
    for k in range(FITTED, FITTED + 4):
        expected = model.forecast(1, SERIES[: k + 1], observed=known(model, k + 1))[0]
        for stream in streams:
            assert np.array_equal(stream.step(SERIES[k], known(model, k + 1)), expected)
    last = FITTED + 4
    expected = model.forecast(5, SERIES[:last], observed=known(model, last, 5))
    for stream in streams:
        assert stream.n_heard == last
        assert np.array_equal(stream.forecast(5, known(model, last, 5)), expected)
    stream = streams[0].reset()
    for k in range(30):
        answer = stream.step(SERIES[k], known(model, k + 1))
    assert np.array_equal(answer, model.forecast(1, SERIES[:30], observed=known(model, 30))[0])


@pytest.mark.parametrize("name", KINDS)
def test_all_of_it_is_kept_and_goes_on_bit_for_bit(name, tmp_path):
    options = KINDS[name] | (
        {} if name in ("any readout", "direct") else {"readout": RecursiveLeastSquares(0.99, 1e-2)}
    )
    model = forecaster(**options).fit(SERIES[:FITTED])
    stream = model.stream()
    learns = name not in ("any readout", "direct")
    for k in range(FITTED, FITTED + 3):
        (stream.update if learns else stream.step)(SERIES[k], known(model, k + 1))
    save(stream, tmp_path / "stream")
    copies = [load(tmp_path / "stream"), pickle.loads(pickle.dumps(stream)), copy.copy(stream), copy.deepcopy(stream)]
    for k in range(FITTED + 3, FITTED + 6):
        answers = [(one.update if learns else one.step)(SERIES[k], known(model, k + 1)) for one in (stream, *copies)]
        assert all(np.array_equal(answers[0], one) for one in answers[1:])


@pytest.mark.parametrize("options", [{}, {"lags": 2, "target": "increments", "scaling": "standard"}])
def test_updates_are_those_of_longer_training(options):
    """Recursive least squares on the series and then on its rows to come is that on all of it."""
    readout = {"readout": RecursiveLeastSquares(alpha=1e-2)}
    model = forecaster(**readout, **options | {"scaling": None}).fit(SERIES[:FITTED])
    model.reservoir_ = model.reservoir_.without_noise()
    quiet = forecaster(**readout, **options | {"scaling": None})
    quiet.set_params(reservoir__noise=0.0)
    part, whole = quiet.fit(SERIES[:FITTED]), copy.deepcopy(quiet).fit(SERIES)
    stream = part.stream()
    for row in SERIES[FITTED:]:
        stream.update(row)
    assert stream.model.readout_.coef_ == pytest.approx(whole.readout_.coef_, rel=1e-6, abs=1e-9)
    assert stream.forecast(4) == pytest.approx(whole.forecast(4), rel=1e-6)
    fresh = part.stream().reset()  # the head is not learnt
    for row in SERIES[:20]:
        fresh.update(row)
    assert np.array_equal(fresh.model.readout_.coef_, part.readout_.coef_)


def test_forced_readouts_go_on_with_true_rows():
    model = forecaster(readout=Force()).fit(SERIES[:FITTED])
    stream = model.stream()
    for row in SERIES[FITTED : FITTED + 5]:
        assert np.isfinite(stream.update(row)).all()
    assert not np.array_equal(stream.model.readout_.coef_, model.readout_.coef_)


@pytest.mark.parametrize("gaps", ["split", "free-run"])
@pytest.mark.parametrize("n_behind", [2, 40])
def test_histories_may_have_gaps(gaps, n_behind):
    rows = SERIES[:FITTED].copy()
    rows[-n_behind - 2 : -n_behind] = np.nan
    model = forecaster(gaps=gaps, washout=2, lags=3).fit(rows)
    for stream in (model.stream(), model.stream(rows)):
        assert np.array_equal(stream.forecast(3), model.forecast(3, rows))
        answer = stream.step(SERIES[FITTED])
        assert answer == pytest.approx(model.forecast(1, np.vstack([rows, SERIES[FITTED]]))[0], rel=1e-9)


@pytest.mark.parametrize("options", [{}, {"exogenous": [1]}, {"season": 31.4, "n_members": 2}], ids=str)
@pytest.mark.parametrize("gaps", ["split", "free-run"])
def test_rows_may_be_missing(gaps, options):
    model = forecaster(gaps=gaps, washout=2, lags=3, readout=RecursiveLeastSquares(alpha=1e-2), **options).fit(
        SERIES[:FITTED]
    )
    rows = SERIES[: FITTED + 8].copy()
    rows[FITTED + 2 : FITTED + 4, 0] = np.nan
    stream, learning, known_ahead = model.stream(), model.stream(), len(options) == 1 and "exogenous" in options
    for k in range(FITTED, FITTED + 8):
        observed = known(model, k + 1) if known_ahead else None
        answer = stream.step(rows[k], observed)
        before = learning.model.readout_.coef_
        learning.update(rows[k], observed)
        if np.isnan(rows[k]).any():
            assert np.array_equal(learning.model.readout_.coef_, before)
            assert np.isnan(answer).all() == (gaps == "split")
    last = None if not known_ahead else known(model, FITTED + 8)
    assert answer == pytest.approx(model.forecast(1, rows, observed=last)[0], rel=1e-9)
    if gaps == "free-run" and known_ahead:
        with pytest.raises(ValueError, match=r"given for the exogenous|NaN"):
            stream.step([1.0, np.nan], last)
    with pytest.raises(ValueError, match="NaN"):
        forecaster(readout=RidgeReadout()).fit(SERIES).stream().step([1.0, np.nan])


def test_dates_tell_the_phase():
    dates = pd.date_range("2024-01-01", periods=len(SERIES), freq="6h")
    table = pd.DataFrame(SERIES, dates)
    model = forecaster(season="calendar").fit(table[:FITTED])
    stream = model.stream()
    for k in range(FITTED, FITTED + 4):
        answer = stream.step(SERIES[k])
    assert np.array_equal(answer, np.asarray(model.forecast(1, table[: FITTED + 4]))[0])
    with pytest.raises(ValueError, match="calendar"):
        stream.reset()


@pytest.mark.parametrize("name", ["plain", "members"])
@pytest.mark.parametrize(
    "row", [[0.1], 0.1, [0.1, np.nan], np.array([0.1, np.nan]), np.array([1e101, 0.0]), None, "row"]
)
def test_bad_rows_are_refused_and_change_nothing(row, name):
    model = forecaster(**KINDS[name]).fit(SERIES[:FITTED])
    stream, twin = model.stream(), model.stream()
    for call in (stream.step, stream.update):
        with pytest.raises(ValueError, match="ForecasterStream"):
            call(row)
    assert np.array_equal(stream.step(SERIES[FITTED]), twin.step(SERIES[FITTED]))


def test_what_is_known_of_the_next_row_may_be_that_row():
    table = pd.DataFrame(SERIES, columns=["y", "push"])
    model = forecaster(exogenous=["push"]).fit(table[:FITTED])
    later = table.iloc[FITTED + 1].copy()
    later["y"] = np.nan
    expected = model.stream().step(table.iloc[FITTED], later.to_frame().T)
    for observed in (later, later[["push"]], later.to_numpy(), later.tolist()):
        assert np.array_equal(model.stream().step(table.iloc[FITTED], observed), expected)
    with pytest.raises(ValueError, match="observed"):
        model.stream().step(table.iloc[FITTED], [1.0])


def test_what_cannot_be_is_refused():
    ahead = forecaster(exogenous=[1]).fit(SERIES[:FITTED])
    with pytest.raises(ValueError, match="observed"):
        ahead.stream().step(SERIES[FITTED])
    with pytest.raises(ValueError, match="positive"):
        forecaster(transform="log").fit(SERIES[:FITTED]).stream().step([-1.0, 1.0])
    with pytest.raises(ValueError, match="strategy"):
        forecaster(readout=RecursiveLeastSquares(), strategy="direct", horizon=3).fit(SERIES).stream().update(SERIES[0])
    with pytest.raises(ValueError, match="row by row"):
        forecaster(readout=Ridge()).fit(SERIES).stream().update(SERIES[0])
    with pytest.raises(ValueError, match=r"that ReservoirForecaster chose in `fit` does not .*RecursiveLeastSquares"):
        ReservoirForecaster().fit(SERIES[:60]).stream().update(SERIES[0])
    several = forecaster().fit([SERIES, SERIES])
    with pytest.raises(ValueError, match="several in fit"):
        several.stream()
    with pytest.raises(ValueError, match="one series"):
        several.stream([SERIES, SERIES])
    assert several.stream(SERIES).n_heard == len(SERIES)
    with pytest.raises(ValueError, match="no row"):
        several.stream(SERIES).reset().forecast(2)
