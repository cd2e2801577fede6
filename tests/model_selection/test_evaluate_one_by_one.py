"""Candidates that share nothing, or fail, are fitted one by one."""

import numpy as np
import pytest
from sklearn.exceptions import FitFailedWarning
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from reservoir import DeepEchoState, EchoState, ReservoirRegressor
from reservoir.datasets import make_mackey_glass
from reservoir.model_selection import ReservoirSearchCV, evaluation
from reservoir.readouts import RidgeReadout
from tests.loops import looped
from tests.model_selection.search_cases import (
    WARM,
    X,
    Y,
    assert_same,
    regressor,
    system,
)

SLOW = {
    "forecaster": (
        looped(system(), RidgeReadout(1e-4), washout=40),
        {"readout__alpha": [1e-5, 1e-4, 1e-3], "reservoir__leak": [0.8, 1.0]},
        make_mackey_glass(360), None, WARM,
    ),
    "pipeline": (
        make_pipeline(StandardScaler(), regressor()),
        {"reservoirregressor__readout__alpha": [1e-3, 1e-6], "standardscaler__with_mean": [True, False]}, X, Y, WARM,
    ),
    "any readout": (regressor().set_params(readout=Ridge()), {"readout__alpha": [0.1, 1e-3]}, X, Y, WARM),
    "blocked": (regressor(), {"readout__alpha": ["blocked", 1e-3]}, X, Y, WARM),
    "deep": (
        ReservoirRegressor(DeepEchoState(EchoState(8), 2, random_state=0), washout=5),
        {"readout__alpha": [1e-6, 1e-3], "reservoir__n_layers": [1, 2]}, X, Y, WARM,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", SLOW)
@pytest.mark.filterwarnings("ignore:The best alpha of RidgeReadout lies at an edge")
def test_what_cannot_be_shared_is_fitted_one_by_one(case, monkeypatch):
    estimator, grid, data, target, cv = SLOW[case]
    scoring = None if target is None else cv.scorer()
    calls = []
    original = evaluation.evaluate_one_by_one
    monkeypatch.setattr(evaluation, "evaluate_one_by_one", lambda *a: calls.append(1) or original(*a))
    ours = ReservoirSearchCV(estimator, grid, cv=cv).fit(data, target)
    assert calls
    assert_same(ours, GridSearchCV(estimator, grid, cv=cv, scoring=scoring).fit(data, target))
    if case == "forecaster":
        np.testing.assert_array_equal(ours.forecast(5), ours.best_estimator_.forecast(5))
        assert not hasattr(ours, "predict")


def test_candidates_that_fail_get_the_score_for_errors():
    grid = {"reservoir__leak": [0.5, 7.0, 1.0], "readout__alpha": [1e-3, 1e-6]}
    with pytest.warns(FitFailedWarning, match="6 fits or scores"):
        search = ReservoirSearchCV(regressor(), grid, cv=WARM).fit(X, Y)
    failed = np.array([p["reservoir__leak"] == 7.0 for p in search.cv_results_["params"]])
    np.testing.assert_array_equal(np.isnan(search.cv_results_["mean_test_score"]), failed)
    assert search.best_params_["reservoir__leak"] != 7.0
    assert (search.cv_results_["rank_test_score"][failed] == 5).all()
    with pytest.raises(ValueError, match="The 'leak' parameter of EchoState must be"):
        ReservoirSearchCV(regressor(), grid, cv=WARM, error_score="raise").fit(X, Y)
    with pytest.raises(ValueError, match="All 3 fits or scores"):
        ReservoirSearchCV(regressor(), {"reservoir__leak": [7.0]}, cv=WARM).fit(X, Y)
