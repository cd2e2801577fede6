"""A search in one line: what it finds forecasts rows that it has not seen."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from reservoir import EchoState, ReservoirForecaster
from reservoir.model_selection import backtest, tune
from reservoir.models.forecasting.origins import forecasts_from
from reservoir.readouts import RidgeReadout
from tests.loops import looped

SERIES = np.sin(np.arange(240) / 4) * np.sin(np.arange(240) / 17) + 0.05 * np.random.default_rng(0).normal(size=240)


def forecaster(**options):
    return looped(EchoState(20, random_state=0), **{"washout": 20} | options)


def test_it_is_better_than_a_bad_start_on_rows_that_it_has_not_seen():
    bad = looped(EchoState(10, input_scaling=5.0, bias_scaling=0.0, random_state=0), RidgeReadout(1e-9), washout=20)
    found = tune(bad, SERIES[:180, None], budget=60, horizon=8, n_origins=5)
    origins = np.arange(180, 232)
    truth = SERIES[origins[:, None] + np.arange(8)]
    models = found, bad.fit(SERIES[:180, None])
    errors = [np.abs(truth - forecasts_from(one, SERIES[:, None], origins, 8)[..., 0]) for one in models]
    assert np.median(errors[0]) < 0.7 * np.median(errors[1])
    assert found.n_features_in_ == 1 and found.get_params()["readout__alpha"] > 0
    again = tune(bad, SERIES[:180, None], budget=60, horizon=8, n_origins=5)
    np.testing.assert_array_equal(found.forecast(5), again.forecast(5))


def test_one_candidate_is_tried_whatever_the_budget():
    model = forecaster(n_members=2)
    found = tune(model, SERIES[:, None], budget=1e-9)
    np.testing.assert_array_equal(found.forecast(5), model.fit(SERIES[:, None]).forecast(5))
    assert len(found.members_) == 2


def test_what_is_not_searched_stays():
    columns = np.column_stack([SERIES, np.cos(np.arange(240) / 4)])
    model = forecaster(readout=Ridge(0.1), exogenous=[1], scaling="standard")
    found = tune(model, columns, budget=0.3, horizon=5, n_origins=3)
    assert isinstance(found.readout_, Ridge) and found.exogenous == [1] and found.scaling == "standard"
    assert found.get_params()["reservoir__n_units"] == 20 and np.isfinite(backtest(found, columns, 5).scores()["mae"])


@pytest.mark.filterwarnings("error")  # what is chosen in a fold is not what comes out
@pytest.mark.parametrize("options", [{"lags": 4}, {"strategy": "direct", "season": np.array([25.0]), "lags": 2}])
def test_what_the_model_chooses_is_chosen_once(options):
    model = ReservoirForecaster(EchoState(5, random_state=0), transform=None, **options)
    found = tune(model, SERIES[:120, None], budget=60, horizon=3, n_origins=2)
    assert np.isfinite(backtest(found, SERIES[:120, None], 3, n_origins=3, fit=False).scores()["mae"])
    assert found.get_params()["strategy"] == options.get("strategy", found.get_params()["strategy"])


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"budget": 0}, "'budget'"),
        ({"horizon": 0}, "'horizon'"),
        ({"horizon": 240}, "'horizon'"),
        ({"n_origins": 0}, "'n_o"),
    ],
)
def test_bad_requests(options, match):
    with pytest.raises(ValueError, match=f"{match}.* of tune"):
        tune(forecaster(), SERIES[:, None], **{"budget": 1e-9} | options)
