"""Channels known in advance act on the row that they belong to, or with a lead of 0 on the next one."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.linear_model import Ridge
from sklearn.metrics import r2_score

from reservoir import DeepEchoState, EchoState, load, save
from reservoir.model_selection import ReservoirSearchCV, WarmTimeSeriesSplit
from reservoir.models.forecasting.origins import free_forecasts
from reservoir.probes import closed_loop_exponents, lyapunov_exponent
from reservoir.probes.closed_loop_exponents import loop_of, trajectory
from reservoir.readouts import Force, RidgeReadout
from tests import oracles
from tests.loops import looped

N_ROWS, N_AHEAD = 400, 30


@pytest.fixture(scope="module")
def driven():
    """y(t) = 0.7 y(t - 1) + 0.5 tanh e(t), and a wave; columns y, e, wave."""
    rng = np.random.default_rng(0)
    e, y = rng.normal(size=900), np.zeros(900)
    for t in range(1, len(y)):
        y[t] = 0.7 * y[t - 1] + 0.5 * np.tanh(e[t])
    return np.column_stack([y, e, np.cos(np.arange(len(y)) / 7)])


def shifted(rows):
    """The same rows, each with the driver of the next one."""
    rows = rows.copy()
    rows[:-1, 1] = rows[1:, 1]
    return rows[:-1]


def forecaster(reservoir=None, readout=None, **options):
    system = EchoState(30, input_scaling=0.3, bias_scaling=0.3, leak=0.8, random_state=0)
    options = {"washout": 20, "exogenous": [1]} | options
    return looped(reservoir or system, readout or RidgeReadout(1e-2), **options)


KINDS = {
    "plain": {},
    "states alone": {"include_input": False},
    "squares, scaled": {"squared_states": True, "feedback_scaling": 0.4},
    "two drivers": {"exogenous": [2, 1]},
    "ensemble": {"n_members": 2},
    "noisy": {"reservoir": EchoState(30, noise=1e-3, random_state=0)},
    "deep": {"reservoir": DeepEchoState(EchoState(10), 2, random_state=0)},
    "step by step": {"readout": Ridge(1e-2)},
    "force": {"readout": Force(alpha=0.5)},
    "force, step by step": {"readout": Force(alpha=0.5), "reservoir": DeepEchoState(EchoState(10), 2, random_state=0)},
}


@pytest.mark.parametrize("lead", [0, 1])
@pytest.mark.parametrize("options", [{}, {"readout": Ridge(1e-2)}], ids=["compiled", "step by step"])
def test_forecasts_equal_a_naive_loop_over_time(driven, lead, options):
    model = forecaster(exogenous_lead=lead, **options).fit(driven[:N_ROWS])
    system, future = model.reservoir_, driven[N_ROWS : N_ROWS + N_AHEAD]
    columns = [0, 2, 1]  # of y before those of e
    naive = oracles.driven_forecast(
        system.W_, system.W_in_[:, columns], system.bias_, 0.8, driven[:N_ROWS, [0, 2]], driven[:N_ROWS, [1]],
        future[:, [1]], n_steps=N_AHEAD, lead=lead, alpha=1e-2, washout=20,
    )  # fmt: skip
    observed = np.full_like(future, np.nan)
    observed[:, 1] = future[:, 1]
    np.testing.assert_allclose(model.forecast(N_AHEAD, observed=observed), naive, rtol=0, atol=1e-7)


@pytest.mark.parametrize("options", KINDS.values(), ids=KINDS)
def test_a_lead_is_a_shift_by_hand_to_the_last_bit(driven, options):
    """Of every pair of system and readout, in `fit`, in forecasts that continue it, and after a context."""
    if options.get("exogenous"):
        driven = np.column_stack([driven[:, :2], np.roll(driven[:, 2], 1)])
    own, by_hand = driven, shifted(driven)
    if options.get("exogenous"):
        by_hand[:, 2] = own[1:, 2]
    leading = forecaster(**options).fit(own[:N_ROWS])
    plain = forecaster(**options, exogenous_lead=0).fit(by_hand[:N_ROWS])
    ahead = slice(N_ROWS, N_ROWS + N_AHEAD)
    for context in (slice(0, N_ROWS), slice(150, 250)):
        ahead = slice(context.stop, context.stop + N_AHEAD)
        found = leading.forecast(N_AHEAD, own[context], observed=own[ahead])
        np.testing.assert_array_equal(found, plain.forecast(N_AHEAD, by_hand[context], observed=by_hand[ahead]))
    ahead = slice(N_ROWS, N_ROWS + N_AHEAD)
    found = leading.forecast(N_AHEAD, observed=own[ahead])
    np.testing.assert_array_equal(found, leading.forecast(N_AHEAD, own[:N_ROWS], observed=own[ahead]))
    np.testing.assert_allclose(leading.training_errors_, plain.training_errors_, rtol=1e-12)


def test_series_of_a_list_keep_their_drivers_to_themselves(driven):
    pieces = [driven[:150], driven[150:300], driven[300:400]]
    model = forecaster().fit(pieces)
    longer = [driven[:151], driven[150:301], driven[300:401]]
    by_hand = forecaster(exogenous_lead=0).fit([shifted(piece) for piece in longer])
    np.testing.assert_array_equal(model.readout_.coef_, by_hand.readout_.coef_)
    heard = model.heard(pieces)
    assert [len(rows) for rows in heard] == [149, 149, 99]
    np.testing.assert_array_equal(heard[1], shifted(pieces[1]))
    np.testing.assert_array_equal(model.heard(np.stack(pieces[:2])), heard[:2])


def test_what_is_known_of_a_row_acts_on_it(driven):
    truth = driven[300:N_ROWS, [0]]
    scores = []
    for lead in (0, 1):
        model = forecaster(exogenous=[1, 2], exogenous_lead=lead).fit(driven[:300])
        scores.append(r2_score(truth, model.forecast(100, observed=driven[300:N_ROWS])))
    assert scores[0] < 0.3 < 0.95 < scores[1]
    assert forecaster().exogenous_lead == 1


def test_scores_and_searches_hear_the_drivers(driven):
    model = forecaster(exogenous=[1, 2]).fit(driven[:300])
    plain = forecaster(exogenous=[1, 2], exogenous_lead=0).fit(shift_both(driven)[:300])
    ((truth, future),) = free_forecasts(model, driven[:201])
    ((_, same),) = free_forecasts(plain, shift_both(driven)[:200])
    np.testing.assert_array_equal(future[:-1], same)
    assert model.score(driven[:201]) == pytest.approx(r2_score(truth, future))
    grid, folds = {"exogenous_lead": [0, 1]}, WarmTimeSeriesSplit(3, warmup=40)
    search = ReservoirSearchCV(forecaster(exogenous=[1, 2]), grid, cv=folds, scoring="r2").fit(driven)
    assert search.best_params_ == {"exogenous_lead": 1} and search.best_score_ > 0.9


def shift_both(rows):
    return np.column_stack([rows[:-1, 0], rows[1:, 1], rows[1:, 2]])


def test_exponents_of_a_driven_loop(driven):
    """Under a driver heard a row earlier they are those under the driver that was moved by hand."""
    own, exponents, heard = driven, [], []
    for lead, rows in enumerate([shift_both(own), own]):
        model = forecaster(exogenous=[1, 2], exogenous_lead=lead).fit(rows[:N_ROWS])
        known = rows[N_ROWS : N_ROWS + 400 + lead]  # with a lead the first step is that of the row before
        exponents.append(closed_loop_exponents(model, 1, n_steps=300, discard=100 + lead, observed=known).largest)
        heard.append(trajectory(model, loop_of(model), lead, 400, None, known)[lead:])
    np.testing.assert_array_equal(*heard)
    assert exponents[0] == pytest.approx(exponents[1], rel=0.02)
    model = forecaster(feedback_scaling=0.5).fit(own)
    heard = shifted(own) * [0.5, 1, 0.5]
    found = lyapunov_exponent(model, own, washout=50).largest
    assert found == lyapunov_exponent(model.reservoir_, heard, washout=50).largest


def test_a_saved_model_keeps_its_lead(driven, tmp_path):
    for options in ({}, {"exogenous_lead": 0, "bounds": (-1, np.inf)}, {"n_members": 2, "bounds": "training"}):
        model = forecaster(**options).fit(driven[:N_ROWS])
        save(model, tmp_path / "model")
        found = load(tmp_path / "model")
        observed = driven[N_ROWS : N_ROWS + 9]
        np.testing.assert_array_equal(found.forecast(9, observed=observed), model.forecast(9, observed=observed))
    table = pd.DataFrame(driven, columns=["y", "push", "wave"])
    save(forecaster(exogenous=["push"]).fit(table[:N_ROWS]), tmp_path / "model")
    found = load(tmp_path / "model").forecast(9, observed=table[["push"]][N_ROWS : N_ROWS + 9])
    np.testing.assert_array_equal(found, forecaster().fit(driven[:N_ROWS]).forecast(9, observed=known_only(driven)))


def known_only(driven):
    """The drivers after the training rows."""
    rows = np.full((9, 3), np.nan)
    rows[:, 1] = driven[N_ROWS : N_ROWS + 9, 1]
    return rows


def test_drivers_are_asked_for_in_every_row(driven):
    model, rows = forecaster().fit(driven[:N_ROWS]), driven[N_ROWS : N_ROWS + 5].copy()
    with pytest.raises(ValueError, match=r"'observed' .* the exogenous channels \[1\] in every row. Got .* 1 of 1"):
        model.forecast(1)
    first = model.forecast(5, observed=rows)
    rows[-1, [0, 2]] = 99.0  # not used: there is no step after them
    np.testing.assert_array_equal(model.forecast(5, observed=rows), first)
    rows[-1, 1] = np.nan
    with pytest.raises(ValueError, match="nothing in 1 of 5 rows"):
        model.forecast(5, observed=rows)
    plain = clone(model).set_params(exogenous_lead=0).fit(driven[:N_ROWS])
    assert np.isfinite(plain.forecast(5, observed=rows)).all()


def test_a_lead_is_that_of_fit(driven):
    model, rows = forecaster().fit(driven[:N_ROWS]), driven[N_ROWS : N_ROWS + 5]
    before = model.forecast(5, observed=rows)
    np.testing.assert_array_equal(model.set_params(exogenous_lead=0).forecast(5, observed=rows), before)
