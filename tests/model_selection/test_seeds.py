"""Searches over several draws of a reservoir."""

import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV

from reservoir.model_selection import ReservoirSearchCV
from tests.model_selection.search_cases import LANES, WARM, X, Y, assert_same, regressor


def test_seeds_are_averaged_and_their_spread_is_told():
    search = ReservoirSearchCV(regressor(), LANES, cv=WARM, n_seeds=3, random_state=5).fit(X, Y)
    table, by_seed = search.cv_results_, []
    for number, seed in enumerate(search.seeds_):
        model = regressor().set_params(reservoir__random_state=seed)
        single = GridSearchCV(model, LANES, cv=WARM, scoring=WARM.scorer()).fit(X, Y)
        by_seed.append(single.cv_results_["mean_test_score"])
        np.testing.assert_allclose(table[f"seed{number}_test_score"], by_seed[-1], atol=1e-8)
    np.testing.assert_allclose(table["mean_test_score"], np.mean(by_seed, axis=0), atol=1e-8)
    np.testing.assert_allclose(table["std_seed_score"], np.std(by_seed, axis=0), atol=1e-8)
    assert table["std_seed_score"].min() > 0
    assert search.best_estimator_.reservoir.random_state == search.seeds_[0]
    again = ReservoirSearchCV(regressor(), LANES, cv=WARM, n_seeds=3, random_state=5).fit(X, Y)
    assert again.seeds_ == search.seeds_


def test_an_unseeded_reservoir_is_drawn_once():
    model = regressor().set_params(reservoir__random_state=None)
    grid = {"reservoir__input_scaling": [0.5, 0.5, 0.5], "reservoir__n_units": [15]}
    search = ReservoirSearchCV(model, grid, cv=WARM, random_state=1).fit(X, Y)
    assert np.ptp(search.cv_results_["mean_test_score"]) < 1e-12 and len(search.seeds_) == 1


def test_seeds_are_named_once():
    grid = {"reservoir__random_state": [0, 1]}
    with pytest.raises(ValueError, match="The 'n_seeds' parameter of ReservoirSearchCV must be None, since the candid"):
        ReservoirSearchCV(regressor(), grid, cv=WARM, n_seeds=2).fit(X, Y)
    assert_same(
        ReservoirSearchCV(regressor(), grid, cv=WARM).fit(X, Y),
        GridSearchCV(regressor(), grid, cv=WARM, scoring=WARM.scorer()).fit(X, Y),
    )
