"""A search in one line: what it finds forecasts rows that it has not seen."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.linear_model import Ridge

from reservoir import EchoState, ReservoirForecaster, load, save
from reservoir.model_selection import backtest, tune, tuning
from reservoir.model_selection.reservoir_judges import Tried, judge_of
from reservoir.model_selection.tuning import read_one_series
from reservoir.models import BaselineWarning
from reservoir.models.forecasting.candidates import Candidate, is_auto
from reservoir.models.forecasting.chosen import ChosenReadout
from reservoir.models.forecasting.origins import forecasts_from
from reservoir.readouts import RidgeReadout
from reservoir.validation import InvalidParameterError
from tests.loops import looped
from tests.models.forecasting.test_choice import naive_score

SERIES = np.sin(np.arange(240) / 4) * np.sin(np.arange(240) / 17) + 0.05 * np.random.default_rng(0).normal(size=240)


@pytest.fixture(autouse=True)
def _few_reservoirs(monkeypatch):
    monkeypatch.setattr(tuning, "_MORE", tuning._MORE[6:9])
    monkeypatch.setattr(tuning, "_LATER", {"bias_scaling": (0.3,), "leak": (1.78,)})


pytestmark = pytest.mark.filterwarnings("ignore::reservoir.models.BaselineWarning")


def forecaster(**options):
    return looped(EchoState(20, random_state=0), **{"washout": 20} | options)


def choosing(n_units=12, **options):
    """A forecaster that has something to choose, and not too much."""
    known = {"season": None, "transform": None, "strategy": "recursive", "horizon": 4}
    return ReservoirForecaster(EchoState(n_units, input_scaling=5.0, random_state=0), **known | options)


def henon(n_rows):
    x = np.full(n_rows + 100, 0.1)
    for t in range(2, len(x)):
        x[t] = 1 - 1.4 * x[t - 1] ** 2 + 0.3 * x[t - 2]
    return x[100:, None]


def errors_on(model, series, first, n_steps):
    """Absolute errors from every row after the first on."""
    origins = np.arange(first, len(series) - n_steps)
    return np.abs(series[origins[:, None] + np.arange(n_steps)] - forecasts_from(model, series, origins, n_steps))


def test_it_is_better_than_a_bad_start_on_rows_that_it_has_not_seen():
    series, bad = henon(300), choosing(30)
    found = tune(bad, series[:200], budget=600, horizon=4)
    assert np.median(errors_on(found, series, 200, 4)) < 0.5 * np.median(
        errors_on(bad.fit(series[:200]), series, 200, 4)
    )
    again = tune(bad, series[:200], budget=600, horizon=4)
    np.testing.assert_array_equal(found.forecast(5), again.forecast(5))


def test_its_parameters_tell_what_it_found(tmp_path):
    series = henon(160)
    found = tune(choosing(), series, budget=600)
    twin = clone(found).fit(series)
    np.testing.assert_array_equal(twin.forecast(6), found.forecast(6))
    kept = {name: value for name, value in found.chosen_.items() if name not in ("score", "scores")}
    assert twin.chosen_.items() <= kept.items() and not any(
        is_auto(value) for name, value in twin.get_params().items() if name not in ("washout", "bounds")
    )
    found.set_params(n_members=2).fit(series)
    save(found, tmp_path / "found.zip")
    np.testing.assert_array_equal(load(tmp_path / "found.zip").forecast(6), found.forecast(6))


@pytest.mark.parametrize("model", [choosing(n_members=2), choosing(lags=0, target="values"), forecaster(n_members=2)])
def test_the_model_itself_is_the_answer_where_there_is_no_time(model):
    found, itself = tune(model, SERIES[:150, None], budget=1e-9), clone(model).fit(SERIES[:150, None])
    np.testing.assert_array_equal(found.forecast(5), itself.forecast(5))
    assert vars(found).get("chosen_") == vars(itself).get("chosen_")  # the same folds and the same scores
    assert len(found._members()) == model.n_members


def test_what_is_better_must_be_better_by_the_score_of_the_choice():
    series = henon(150)
    found, itself = tune(choosing(), series, budget=600), choosing().fit(series)
    assert found.chosen_["score"] < itself.chosen_["score"]
    assert found.chosen_["error_of_last_value"] == itself.chosen_["error_of_last_value"]


def test_readouts_learn_all_rows_of_a_fold_that_a_model_of_these_rows_learns():
    series, size = henon(150), max(15, 2 * 4)
    found, itself = tune(choosing(30, target="values"), series, budget=600), choosing(30, target="values").fit(series)
    assert found.chosen_["states"] and found.lags < itself.chosen_["lags"]
    washout = (150 - 3 * size) // 10
    assert found.chosen_["score"] == pytest.approx(naive_score(found, series, 4, found.lags, washout), abs=1e-3)


def test_what_is_given_stays():
    columns = np.column_stack([SERIES, np.cos(np.arange(240) / 4)])[:150]
    model = forecaster(readout=Ridge(0.1), exogenous=[1], scaling="standard")
    found = tune(model, columns, budget=0.3, horizon=5)
    assert isinstance(found.readout_, Ridge) and found.exogenous == [1] and found.scaling == "standard"
    assert found.get_params()["reservoir__n_units"] == 20 and np.isfinite(backtest(found, columns, 5).scores()["mae"])
    given = {"target": "values", "exogenous": [1], "season": [25.0]}
    found = tune(choosing(**given), columns, budget=0.3, horizon=5)
    assert {name: found.get_params()[name] for name in given} == given and found.readout.target == "values"
    assert found.reservoir_.n_units == 12 and found.horizon == 5


def test_the_penalty_of_a_ridge_readout_is_found():
    found = tune(forecaster(readout=RidgeReadout(1e3)), SERIES[:150, None], budget=600, horizon=5)
    assert found.get_params()["readout__alpha"] < 10


class OnlyCalm(EchoState):
    """A reservoir that does not take every leak."""

    def fit(self, X, y=None):
        if self.leak != 1.0:
            raise InvalidParameterError("The 'leak' parameter of OnlyCalm must be 1.")
        return super().fit(X, y)


def test_settings_that_a_reservoir_refuses_are_left_out():
    model = choosing(6).set_params(reservoir=OnlyCalm(6, random_state=0), lags=2)
    found = tune(model, henon(80), budget=600)
    assert found.reservoir.leak == 1.0


def test_losing_to_the_last_value_is_said():
    steps = np.repeat(np.random.default_rng(2).normal(size=(12, 1)), 20, axis=0)
    with pytest.warns(BaselineWarning, match="the last value"):
        tune(choosing(30, target="values", lags=0, strategy="direct", horizon=8, transform="auto"), steps, budget=1e-9)


def test_a_reservoir_without_a_seed_gets_one():
    model = ReservoirForecaster(EchoState(5), lags=1, season=None, transform=None, strategy="recursive")
    one, other = (tune(model, henon(80), budget=1e-9) for _ in range(2))
    np.testing.assert_array_equal(one.forecast(3), other.forecast(3))
    assert one.reservoir.random_state == 0 and model.reservoir.random_state is None


def test_pieces_between_gaps():
    series = henon(160)
    series[70:74] = np.nan
    found = tune(choosing(5, gaps="split", lags=2), series, budget=0.2)
    assert np.isfinite(found.forecast(3)).all()


def test_settings_move_around_the_best_reservoir_where_no_state_is_best():
    without = Candidate(None, (), 0.0, 2, False, "values", "recursive", 1.0)
    first = Tried(-9.0, {}, without, np.zeros(1))
    judge, pool = SimpleNamespace(reservoir=EchoState(leak=0.7), n_features=1, first=first), [first]
    for settings in tuning._settings(judge, 600, pool):
        near = settings.get("leak") == 0.1 and settings.get("spectral_radius") == 0.4
        pool.append(Tried(-float(near), settings, without._replace(states=1.0), np.zeros(1)))
    moved = pool[-1].settings  # the last move is one of the leak
    assert moved["leak"] == pytest.approx(1.78 * 0.1) and moved["spectral_radius"] == 0.4


def test_states_must_be_worth_more_than_the_best_of_many_is_by_chance():
    walk = np.cumsum(np.random.default_rng(0).normal(size=(150, 1)), axis=0)
    asked, sequences = read_one_series("tune", choosing(6), walk)
    judge = judge_of(asked, walk, sequences)
    assert not judge.first.sees_states
    seeing = judge.first.readout._replace(states=1.0)
    near, better = (judge.first._replace(score=judge.first.score - gain, readout=seeing) for gain in (0.2, 0.4))
    assert tuning._best(judge, [judge.first, near]) is judge.first
    assert tuning._best(judge, [judge.first, near, better]) is better


def test_the_final_round_asks_other_seeds():
    series = henon(500)
    asked, sequences = read_one_series("tune", choosing(6, lags=1), series)
    judge = judge_of(asked, series, sequences)
    draws = [judge.drawn({"leak": 0.5}, seed) for seed in range(3)]
    assert len({draw.random_state for draw in draws}) == 3 and {draw.leak for draw in draws} == {0.5}
    first, *others = (judge.tried({}, seed, judge.tried({})[0].readout) for seed in range(2))
    assert [one.readout for one in first] == [one.readout for one in others[0]]
    assert [one.score for one in first] != [one.score for one in others[0]]


def test_a_table_with_an_index():
    table = pd.DataFrame({"a": SERIES[:120]}, index=pd.date_range("2024", periods=120, freq="h"))
    found = tune(choosing(5, season="calendar", lags=1), table, budget=0.1, horizon=3)
    assert found.season == "calendar" and found.forecast(3).index[0] == table.index[-1] + table.index.freq


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"readout": ChosenReadout(-1.0)}, "'alpha' parameter of ChosenReadout"),
        ({"readout": ChosenReadout(target="rows")}, "'target' parameter of ChosenReadout"),
        ({"readout": ChosenReadout(target="differences"), "lags": 0}, "'lags' parameter of ReservoirForecaster"),
        ({"readout": ChosenReadout(), "include_input": False}, "'readout' parameter of ReservoirForecaster"),
    ],
)
def test_what_a_chosen_readout_cannot_be(options, match):
    with pytest.raises(ValueError, match=match):
        choosing(5, **options).fit(SERIES[:60, None])


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"budget": 0}, "'budget'"),
        ({"horizon": 0}, "'horizon'"),
    ],
)
def test_bad_requests(options, match):
    with pytest.raises(ValueError, match=f"{match}.* of tune"):
        tune(forecaster(), SERIES[:, None], **{"budget": 1e-9} | options)
    with pytest.raises(ValueError, match="'series' parameter of tune"):
        tune(forecaster(), [SERIES[:, None]] * 2)
