"""Forecasters in units of the user: what is scaled, transformed or seasonal inside is not seen outside."""

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.linear_model import Ridge

from reservoir import ReservoirForecaster, load, save
from reservoir.models import DivergenceWarning
from reservoir.models.forecasting.origins import forecasts_from
from reservoir.probes import closed_loop_exponents, controllability_rank
from reservoir.readouts import Force, RidgeReadout
from reservoir.systems import EchoState
from tests.loops import looped
from tests.sequence_cases import small

RNG = np.random.default_rng(3)
T = 160
PLAIN = np.column_stack([np.sin(np.arange(T) / 4), np.cos(np.arange(T) / 7), RNG.normal(size=T)])
SIZES, PLACES = np.array([300.0, 1e-6, 40.0]), np.array([1000.0, 2e-5, -7.0])
DATA = PLAIN * SIZES + PLACES
KNOWN = np.full((12, 3), np.nan)
KNOWN[:, 2] = RNG.normal(size=12) * 40 - 7
KNOWN[3, 0] = 1100.0
OPTIONS = {
    "plain": {},
    "members": {"n_members": 2},
    "increments and lags": {"target": "increments", "lags": 2},
    "direct": {"strategy": "direct", "horizon": 4, "lags": 1, "target": "increments"},
    "feedback": {"feedback_scaling": 0.5, "squared_states": True, "include_input": False},
    "any readout": {"readout": Ridge(1e-4)},
    "closed": {"readout": Force(alpha=1.0)},
    "lead 0": {"exogenous_lead": 0},
}


def made(**options):
    return looped(**{"reservoir": small(), "readout": RidgeReadout(1e-4), "washout": 20, "exogenous": [2], **options})


def asked(model, data, observed, **options):
    """A forecast after `fit`, one after a context, and those after a list of these."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DivergenceWarning)
        return [
            model.forecast(12, observed=observed, **options),
            model.forecast(12, data[:90], observed=observed, **options),
            *model.forecast(12, [data[:60], data[20:70]], observed=[observed, observed], **options),
        ]


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_the_model_fitted_by_hand_on_scaled_data(options):
    """Times the deviations, plus the means, of all its training rows."""
    means, deviations = DATA.mean(axis=0), DATA.std(axis=0)
    by_hand = made(**options).fit((DATA - means) / deviations)
    model = made(scaling="standard", **options).fit(DATA)
    expected = asked(by_hand, (DATA - means) / deviations, (KNOWN - means) / deviations)
    for found, own in zip(asked(model, DATA, KNOWN), expected, strict=True):
        np.testing.assert_allclose((found - means[:2]) / deviations[:2], own, rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(model.training_errors_, by_hand.training_errors_ * deviations[:2], rtol=1e-6)
    np.testing.assert_allclose(model.training_range_, np.stack([DATA.min(0), DATA.max(0)], axis=-1)[:2])
    np.testing.assert_allclose(model.heard(DATA), by_hand.heard((DATA - means) / deviations), atol=1e-9)
    assert model.score(DATA) == pytest.approx(by_hand.score((DATA - means) / deviations), rel=1e-6)


@pytest.mark.parametrize(("place", "size"), [(1000.0, 300.0), (0.0, 1e-6), (-1e8, 1.0), (0.0, 1e12)])
def test_data_of_any_size(place, size):
    series = PLAIN[:, :2] * size + place
    model = made(scaling="standard", exogenous=()).fit(series[:120])
    plain = made(scaling="standard", exogenous=()).fit(PLAIN[:120, :2])
    assert np.abs(model.forecast(1) - series[120]).max() < 0.1 * size
    np.testing.assert_allclose((model.forecast(20) - place) / size, plain.forecast(20), atol=1e-5)
    constant = np.column_stack([series[:120, 0], np.full(120, place)])
    np.testing.assert_allclose(
        made(scaling="standard", exogenous=()).fit(constant).forecast(5)[:, 1], place, atol=1e-6 * size
    )


@pytest.mark.parametrize("options", list(OPTIONS.values())[:4], ids=list(OPTIONS)[:4])
def test_logarithms(options):
    """The model fitted by hand on logarithms; exogenous channels may have any sign."""
    data, observed = DATA.copy(), KNOWN.copy()
    levels, known = data.copy(), observed.copy()
    levels[:, :2], known[:, :2] = np.log(data[:, :2]), np.log(observed[:, :2])
    by_hand = made(**options).fit(levels)
    model = made(transform="log", **options).fit(data)
    for found, own in zip(asked(model, data, observed), asked(by_hand, levels, known), strict=True):
        np.testing.assert_allclose(found, np.exp(own), rtol=1e-9)
    both = made(transform="log", scaling="standard", **options).fit(data)
    assert all((found > 0).all() for found in asked(both, data, observed))


def test_errors_of_logarithms_are_those_of_the_data():
    """Against one-step forecasts from every row."""
    series = np.exp(PLAIN[:, :1])
    for target in ("values", "increments"):
        model = made(transform="log", scaling="standard", exogenous=(), target=target).fit(series)
        steps = [model.forecast(1, series[:k])[0] - series[k] for k in range(21, T)]
        np.testing.assert_allclose(model.training_errors_, np.sqrt(np.mean(np.square(steps), axis=0)), rtol=1e-6)


def test_the_parameter_is_no_method():
    """scikit-learn takes what has the attribute `transform` for a transformer."""
    model = made(transform="log")
    assert not hasattr(model, "transform") and not hasattr(ReservoirForecaster, "transform")
    assert clone(model).get_params()["transform"] == "log" and "transform='log'" in repr(model)
    assert model.set_params(transform=None, reservoir__leak=0.5).get_params(deep=False)["transform"] is None
    with pytest.raises(AttributeError, match=r"it is a parameter, get_params\(\)\['transform'\]"):
        _ = model.transform


def test_what_has_no_logarithm():
    table = pd.DataFrame(DATA.copy(), columns=["load", "flow", "wind"])
    table.iloc[31, 1] = 0.0
    with pytest.raises(ValueError, match=r"transform='log' must be positive\. Column 'flow' is 0 at row 31"):
        made(transform="log", exogenous=["wind"]).fit(table)
    model = made(transform="log").fit(DATA)
    for context, observed in ((-DATA[:40], KNOWN), (None, np.abs(KNOWN) * [-1, 1, 1])):
        with pytest.raises(ValueError, match="must be positive"):
            model.forecast(12, context, observed=observed)
    with pytest.raises(ValueError, match=r"The 'bounds' parameter of ReservoirForecaster must be above 0 where"):
        made(transform="log", bounds=(-1.0, 0.0)).fit(DATA)


@pytest.mark.parametrize("options", [{"scaling": "standard"}, {"scaling": "standard", "transform": "log"}])
def test_bounds_ranges_and_warnings_are_in_units_of_the_user(options):
    bounds = np.array([[900.0, 1100.0], [1.95e-5, 2.05e-5]])
    model = made(bounds=bounds, **options).fit(DATA)
    futures = asked(model, DATA, KNOWN)
    for future in futures:
        assert (future >= bounds[:, 0]).all() and (future <= bounds[:, 1]).all()
    assert any((future == bounds[:, 1]).any() or (future == bounds[:, 0]).any() for future in futures)
    observed = KNOWN.copy()
    observed[:, 0] = np.where(np.arange(12) % 2, 5000.0, 1000.0)
    with pytest.warns(DivergenceWarning) as told:
        made(**options).fit(DATA).forecast(12, observed=observed)
    assert any("off by" in str(one.message) or "700 to 1.3e+03" in str(one.message) for one in told)


SEASONAL = np.column_stack([10 + 5 * np.sin(2 * np.pi * np.arange(T) / 12) ** 3, np.cos(np.arange(T) / 5)])
HOURS = pd.date_range("2024-03-04", periods=T, freq="2h")


def seasonal(**options):
    return made(exogenous=(), scaling="standard", **options)


@pytest.mark.parametrize("options", [{}, {"n_members": 2}, {"strategy": "direct", "horizon": 5}, {"lags": 1},
                                     {"exogenous": [1]}, {"exogenous_lead": 0}, {"readout": Ridge(1e-3)}])  # fmt: skip
def test_phases_are_exogenous_channels(options):
    """The model fitted by hand with them; they are not scaled."""
    turns = 2 * np.pi * np.arange(T + 12)[:, None] / 12
    phases = np.hstack([wave(k * turns) for k in range(1, 7) for wave in (np.sin, np.cos)])
    phases = np.delete(phases, -2, axis=1)  # the sine of two rows a turn
    means, deviations = SEASONAL.mean(axis=0), SEASONAL.std(axis=0)
    given = options.get("exogenous", [])
    plain = {**options, "exogenous": [*given, *range(2, 13)]}
    by_hand = made(**plain).fit(np.hstack([(SEASONAL - means) / deviations, phases[:T]]))
    model = made(**{"exogenous": (), **options}, scaling="standard", season=12).fit(SEASONAL)
    known = np.full((10, 2), np.nan)
    known[:, given] = 0.3
    inner = np.hstack([(known - means) / deviations, phases[T : T + 10]])
    outputs = [k for k in (0, 1) if k not in given]
    found = model.forecast(10, observed=known if given else None)
    expected = by_hand.forecast(10, observed=inner) * deviations[outputs] + means[outputs]
    np.testing.assert_allclose(found, expected, rtol=1e-9)
    np.testing.assert_array_equal(model.exogenous_, given)


@pytest.mark.parametrize("season", [12, [12, 5.5], "calendar"])
def test_a_context_with_dates_stands_where_it_stands(season):
    """And goes on as the series of `fit` does; an array begins with the phase of the first row of `fit`."""
    table = pd.DataFrame(SEASONAL[:, :1], index=HOURS, columns=["load"])
    model = seasonal(season=season).fit(table[:120])
    expected = model.forecast(15)
    np.testing.assert_array_equal(model.forecast(15, table[:120]), expected)
    with pytest.warns(UserWarning, match="feature names"):
        np.testing.assert_array_equal(model.forecast(15, SEASONAL[:120, :1]), expected)
    after = model.forecast(15, table[40:120])  # from rest, with the right phase
    np.testing.assert_allclose(after, expected, atol=0.2)
    dated = model.forecast(15, [table[40:120], table[41:120]])
    np.testing.assert_array_equal(dated[0], after)
    assert model.score(table[30:]) > 0.95
    tabular = seasonal(season=season).fit(table[:120]).forecast(15)
    assert tabular.index.equals(HOURS[120:135]) and np.array_equal(tabular, expected)


@pytest.mark.parametrize("options", [{"scaling": "standard", "transform": "log"}, {"season": [12, 7.5]},
                                     {"season": "calendar", "scaling": "standard", "strategy": "direct", "horizon": 4},
                                     {"season": 12, "target": "increments", "lags": 1, "n_members": 2}])  # fmt: skip
def test_many_origins_and_one_step(options):
    """As forecasts from each origin by itself."""
    table = pd.DataFrame(np.abs(SEASONAL) + 1, index=HOURS)
    model = made(exogenous=(), **options).fit(table[:120])
    origins = [25, 90, 120, 160]
    found = forecasts_from(model, table, origins, 7)
    for k, origin in enumerate(origins):
        np.testing.assert_array_equal(found[k], model.forecast(7, table[:origin]))
    answers, residuals = map(np.asarray, model.predict_one_step(table))
    for row in (20, 70, 140):
        np.testing.assert_allclose(answers[row - 20], np.asarray(model.forecast(1, table[:row]))[0], rtol=1e-9)
        np.testing.assert_allclose(residuals[row - 20], table.to_numpy()[row] - answers[row - 20], atol=1e-12)


def test_a_horizon_beyond_the_forecast():
    """Seasons are known as far as is asked, so that any number of rows may be; the first are those of more."""
    model = seasonal(season=12, strategy="direct", horizon=6).fit(SEASONAL)
    np.testing.assert_array_equal(model.forecast(3), model.forecast(14)[:3])
    np.testing.assert_array_equal(model.forecast(7), model.forecast(12)[:7])


@pytest.mark.parametrize(
    "options", [{"scaling": "standard"}, {"transform": "log"}, {"season": [12, 7]}, {"season": "calendar"},
                {"season": 12, "n_members": 2, "scaling": "standard", "transform": "log"}],
)  # fmt: skip
def test_files_keep_units_and_seasons(options, tmp_path):
    table = pd.DataFrame(np.abs(SEASONAL) + 1, index=HOURS)
    model = made(exogenous=(), **options).fit(table)
    save(model, tmp_path / "model")
    found = load(tmp_path / "model")
    np.testing.assert_array_equal(found.forecast(9), model.forecast(9))
    np.testing.assert_array_equal(found.forecast(9, table[13:60]), model.forecast(9, table[13:60]))


def test_probes_of_scaled_loops():
    """Exponents do not depend on units; what a system hears of a channel is its share."""
    plain = made(exogenous=(), washout=20).fit((DATA[:, :1] - DATA[:, :1].mean()) / DATA[:, :1].std())
    scaled = made(exogenous=(), washout=20, scaling="standard").fit(DATA[:, :1])
    found = [closed_loop_exponents(one, n_exponents=2, n_steps=60, discard=30).exponents for one in (plain, scaled)]
    np.testing.assert_allclose(found[0], found[1], atol=1e-6)
    with pytest.raises(ValueError, match="must be one with season=None"):
        closed_loop_exponents(seasonal(season=12).fit(SEASONAL), n_exponents=1, n_steps=30, discard=20)
    linear = looped(EchoState(8, activation="identity", random_state=0), washout=5)
    ranks = [controllability_rank(linear.set_params(scaling=scaling).fit(DATA)) for scaling in (None, "standard")]
    assert ranks[0] == ranks[1]


@pytest.mark.parametrize("options", [{}, {"n_members": 2, "transform": "log"}, {"season": 12}, {"season": "calendar"}])
def test_gaps_split_series(options):
    """As pieces that are cut by hand; forecasts go on behind the last gap."""
    table = pd.DataFrame(np.abs(SEASONAL) + 1, index=HOURS, columns=["load", "wind"])
    broken = table.copy()
    broken.iloc[50:55, 0] = broken.iloc[70, 1] = broken.iloc[90] = np.nan  # the second piece is too short
    given = {"exogenous": (), "scaling": "standard", **options}
    model = made(gaps="split", **given).fit(broken)
    pieces = [table[:50], table[71:90], table[91:]]
    if "season" not in options:  # a piece does not hold a season twice, nor a part of it
        complete, units = broken.dropna(), model.units_
        levels = np.log(broken) if "transform" in options else broken
        np.testing.assert_allclose(units.places, levels.mean(axis=0))  # of all that is known
        by_hand = made(exogenous=(), n_members=options.get("n_members", 1), washout=20)
        by_hand.fit([units.heard(piece.to_numpy()) for piece in (pieces[0], pieces[2])])
        expected = units.given(by_hand.forecast(9, units.heard(pieces[2].to_numpy())))
        np.testing.assert_allclose(model.forecast(9), expected, rtol=1e-8)
        np.testing.assert_allclose(model.training_range_, np.stack([complete.min(), complete.max()], axis=-1))
    np.testing.assert_array_equal(model.forecast(9), model.forecast(9, pieces[2]))
    np.testing.assert_array_equal(model.forecast(9), model.forecast(9, broken))
    np.testing.assert_array_equal(model.forecast(9, [broken, broken[80:]])[1], model.forecast(9))
    whole = made(gaps="split", **given).fit(table).forecast(9)
    np.testing.assert_array_equal(whole, made(**given).fit(table).forecast(9))


@pytest.mark.parametrize("options", [{}, {"scaling": "standard"}, {"transform": "log", "target": "increments"}])
def test_gaps_are_answered_by_the_forecaster(options):
    """By hand: learn from the pieces, answer the gaps, learn from the rows that were known."""
    rows, given = np.abs(SEASONAL) + 1, {"exogenous": (), "readout": RidgeReadout(1e-3), **options}
    broken = rows.copy()
    broken[60:64, 0] = broken[90:93, 1] = broken[130] = np.nan
    model = made(gaps="free-run", **given).fit(broken)
    levels = model.units_.heard(broken)
    plain = {**given, "scaling": None, "transform": None}
    first = made(**plain).fit([levels[:60], levels[64:90], levels[93:130], levels[131:]])
    filled = levels.copy()
    answers = first.forecast(T - 60, levels[:60], observed=levels[60:])
    filled[60:] = np.where(np.isnan(levels[60:]), answers, levels[60:])
    known = ~np.isnan(levels).any(axis=1)
    features = np.hstack([model.reservoir_.transform(filled), filled])[20:-1]
    increments = "target" in options
    targets = filled[21:] - filled[20:-1] * increments
    kept = known[21:] & (known[20:-1] if increments else True)
    by_hand = RidgeReadout(1e-3).fit(features[kept], targets[kept])
    np.testing.assert_allclose(model.readout_.coef_, by_hand.coef_, rtol=1e-5, atol=1e-8)
    np.testing.assert_array_equal(model.forecast(9), model.forecast(9, broken))
    own = model.forecast(T - 60, broken[:60], observed=broken[60:])
    whole = np.concatenate([broken[:60], np.where(np.isnan(broken[60:]), own, broken[60:])])
    np.testing.assert_allclose(model.forecast(9), model.forecast(9, whole), rtol=1e-7)
    without = made(gaps="free-run", **given).fit(rows).forecast(9)
    np.testing.assert_array_equal(without, made(**given).fit(rows).forecast(9))


def test_gaps_answered_by_ensembles_and_behind_late_beginnings():
    table = pd.DataFrame(np.abs(SEASONAL) + 1, index=HOURS)
    broken = table.copy()
    broken.iloc[[5, 70, 159]] = np.nan  # the first piece is too short to begin with, and the last row is a gap
    for options in ({"n_members": 2}, {"season": 12, "lags": 1, "exogenous": [1], "exogenous_lead": 0}):
        if "season" in options:
            broken.iloc[:, 1] = table.iloc[:, 1]
        model = made(**{"exogenous": (), "scaling": "standard", "gaps": "free-run", **options}).fit([broken, table])
        known = np.full((2, 6, 2), np.nan)
        known[..., 1] = 1.5
        observed = known if "season" in options else None
        futures = model.forecast(6, observed=observed)
        again = model.forecast(6, [broken, table], observed=observed)
        assert np.isfinite(futures).all() and all(map(np.array_equal, futures, again))


def test_gaps_that_are_not_answered():
    broken = SEASONAL.copy()
    broken[70] = np.nan
    with pytest.raises(ValueError, match="has gaps in exogenous channels, which gaps='free-run' cannot answer"):
        made(exogenous=[1], gaps="free-run").fit(broken)
    for options in ({"strategy": "direct", "horizon": 3}, {"readout": Force(alpha=1.0)}):
        with pytest.raises(ValueError, match="of ReservoirForecaster must be 'refuse' or 'split'"):
            made(exogenous=(), gaps="free-run", **options).fit(broken)
    broken[::15] = np.nan
    with pytest.raises(ValueError, match="no piece of at least 22 rows between its gaps"):
        made(exogenous=(), gaps="free-run").fit(broken)


def test_gaps_that_cannot_be_split():
    broken = SEASONAL.copy()
    broken[150] = np.nan
    with pytest.raises(ValueError, match="contains NaN at row 150"):
        made(exogenous=()).fit(broken)
    with pytest.raises(ValueError, match="has 9 rows after its last gap, but a forecast goes on from at least 20"):
        made(exogenous=(), gaps="split").fit(broken)
    broken[::10] = np.nan
    with pytest.raises(ValueError, match="has no piece of at least 22 rows between its gaps"):
        made(exogenous=(), gaps="split").fit(broken)


def test_what_is_asked_for_is_checked():
    for options, name in (({"scaling": "robust"}, "scaling"), ({"transform": "sqrt"}, "transform"),
                          ({"season": 1.0}, "season"), ({"season": "weekly"}, "season")):  # fmt: skip
        with pytest.raises(ValueError, match=f"The '{name}' parameter of ReservoirForecaster must be"):
            made(**options).fit(DATA)
