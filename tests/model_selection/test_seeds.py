"""Searches over several draws of a reservoir."""

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.pipeline import make_pipeline

from reservoir.model_selection import ReservoirSearchCV
from tests.model_selection.search_cases import LANES, TWO, WARM, X, Y, assert_same, regressor, system


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


def seeds_of(model):
    return {name: value for name, value in model.get_params().items() if name.endswith("random_state")}


PIPELINES = {
    "a step before": (make_pipeline(PCA(2), regressor()), {"regressor__washout": [4, 9]}, "reservoirregressor"),
    "a readout behind": (make_pipeline(system(), Ridge()), {"ridge__alpha": [1e-3, 1.0]}, "echostate"),
}


@pytest.mark.parametrize("case", PIPELINES)
def test_seeds_that_are_given_stay(case):
    """A step without a seed gets one; the others keep theirs, and scores are those of scikit-learn's search."""
    model, grid, name = PIPELINES[case]
    grid = {key.replace("regressor__", "reservoirregressor__"): values for key, values in grid.items()}
    search = ReservoirSearchCV(model, grid, cv=KFold(3)).fit(TWO, Y)
    assert_same(search, GridSearchCV(model, grid, cv=KFold(3)).fit(TWO, Y))
    before, after = seeds_of(model), seeds_of(search.best_estimator_)
    assert {key for key in after if after[key] != before[key]} == {key for key in before if before[key] is None}
    assert [after[key] for key in after if name in key] == [0]


def test_every_part_without_a_seed_gets_its_own():
    model = make_pipeline(PCA(2), system(random_state=None), PCA(3), Ridge(random_state=7))
    search = ReservoirSearchCV(model, {"ridge__alpha": [1e-3]}, cv=KFold(3), random_state=1).fit(TWO, Y)
    found = seeds_of(search.best_estimator_)
    assert found["ridge__random_state"] == 7 and found["echostate__random_state"] == search.seeds_[0]
    assert None not in found.values() and len(set(found.values())) == 4
    again = ReservoirSearchCV(model, {"ridge__alpha": [1e-3]}, cv=KFold(3), random_state=1).fit(TWO, Y)
    assert seeds_of(again.best_estimator_) == found


def test_draws_of_the_reservoir_leave_other_seeds_alone():
    model = make_pipeline(PCA(2, random_state=3), regressor(), verbose=False)
    grid = {"reservoirregressor__washout": [5]}
    search = ReservoirSearchCV(model, grid, cv=KFold(3), n_seeds=3, random_state=0).fit(TWO, Y)
    for number, seed in enumerate(search.seeds_):
        single = model.set_params(reservoirregressor__reservoir__random_state=seed)
        expected = GridSearchCV(single, grid, cv=KFold(3)).fit(TWO, Y).best_score_
        assert search.cv_results_[f"seed{number}_test_score"][0] == pytest.approx(expected, rel=1e-8)
    assert search.best_estimator_["pca"].random_state == 3


def test_a_part_that_a_candidate_brings_keeps_its_seed():
    reservoirs = [system(random_state=4), system(random_state=None)]
    search = ReservoirSearchCV(regressor(), {"reservoir": reservoirs * 2}, cv=WARM, random_state=1).fit(X, Y)
    found = search.cv_results_["mean_test_score"]
    for index, seed in enumerate([4, search.seeds_[0]] * 2):
        own = GridSearchCV(regressor(), {"reservoir": [system(random_state=seed)]}, cv=WARM, scoring=WARM.scorer())
        assert found[index] == pytest.approx(own.fit(X, Y).best_score_, rel=1e-8)
