"""Forecaster and classifier of aeon, by its own checks and beside the models themselves."""

import numpy as np
import pytest

pytest.importorskip("aeon", reason="`make test-adapters` has an environment with aeon")
from aeon.testing.estimator_checking import check_estimator

from reservoir import EchoState
from reservoir.adapters.aeon import AeonReservoirClassifier, AeonReservoirForecaster
from tests.adapters.cases import N_AHEAD, N_TRAIN, OPTIONS, TIDE, check_classifier, labelled_cases, plain

SERIES = TIDE[:N_TRAIN]


@pytest.mark.parametrize("kind", [AeonReservoirForecaster, AeonReservoirClassifier])
def test_checks_of_aeon(kind):
    results = check_estimator(kind, raise_exceptions=False, verbose=False)
    assert len(results) > 10
    assert not {name: found for name, found in results.items() if found != "PASSED"}


def test_forecasts_are_those_of_the_forecaster():
    """What is chosen is chosen for the horizon of `predict`, one row unless it is given."""
    of_horizon = [plain(TIDE[:, None], horizon=k + 1)[1][:, 0] for k in range(N_AHEAD)]
    model, expected = AeonReservoirForecaster(**OPTIONS), of_horizon[0]
    np.testing.assert_array_equal(model.series_to_series_forecast(SERIES, N_AHEAD), expected)
    np.testing.assert_allclose(model.iterative_forecast(SERIES, N_AHEAD), expected, rtol=1e-6)
    np.testing.assert_array_equal(model.direct_forecast(SERIES, N_AHEAD), [of_horizon[k][k] for k in range(N_AHEAD)])
    assert model.fit(SERIES).predict(SERIES) == expected[0]
    assert AeonReservoirForecaster(**OPTIONS, horizon=3).forecast(SERIES) == of_horizon[2][2]
    with pytest.raises(ValueError, match="cannot handle exogenous variables"):
        model.fit(SERIES, exog=SERIES)


def test_direct_readouts_have_the_horizon():
    options = {"strategy": "direct", "horizon": 4}
    expected = plain(TIDE[:, None], n_ahead=4, **options)[1][-1, 0]
    assert AeonReservoirForecaster(**OPTIONS, **options).forecast(SERIES) == expected


def test_classifier():
    X, y = labelled_cases()
    model = AeonReservoirClassifier(EchoState(10, random_state=0))
    check_classifier(model, X, y)
    ragged = [case[:, : 10 + k % 5] for k, case in enumerate(X)]
    assert set(model.fit(ragged, y).predict(ragged)) == {"a", "b"}
