"""Successive halving over the length of training."""

import numpy as np
from sklearn.model_selection import StratifiedKFold

from reservoir import ReservoirRegressor
from reservoir.datasets import make_mackey_glass
from reservoir.model_selection import ReservoirSearchCV, WarmTimeSeriesSplit
from reservoir.readouts import RidgeReadout
from tests.model_selection.search_cases import (
    LIST,
    NAMES,
    classifier,
    system,
)


def test_pruning_keeps_the_best_of_clear_cases(only_together):
    grid = {
        "reservoir__input_scaling": [0.0, 1e-6, 1e-5, 0.5],
        "reservoir__leak": [0.05, 1.0],
        "readout__alpha": [1e-6, 1],
    }
    model = ReservoirRegressor(system(), RidgeReadout(), washout=0, include_input=False)
    series = make_mackey_glass(1001)
    data, cv = (series[:-1], series[1:, 0]), WarmTimeSeriesSplit(3, warmup=50)
    full = ReservoirSearchCV(model, grid, cv=cv).fit(*data)
    pruned = ReservoirSearchCV(model, grid, cv=cv, pruning=2).fit(*data)
    assert pruned.best_params_ == full.best_params_
    shares = pruned.cv_results_["training_share"]
    assert sorted(set(shares)) == [0.5, 1.0] and (shares == 1).sum() == 8
    ranks = pruned.cv_results_["rank_test_score"]
    assert ranks[shares == 1].max() < ranks[shares < 1].min()
    kept = shares == 1
    scores = [search.cv_results_["mean_test_score"][kept] for search in (pruned, full)]
    np.testing.assert_allclose(*scores, rtol=1e-8)
    assert "training_share" not in full.cv_results_


def test_pruning_of_sequences_takes_them_evenly():
    grid = {"reservoir__input_scaling": [0.0, 0.3, 0.5, 0.8]}
    data = LIST * 2, np.concatenate([NAMES, NAMES])
    search = ReservoirSearchCV(classifier(), grid, cv=StratifiedKFold(3), pruning=2).fit(*data)
    assert set(search.cv_results_["training_share"]) == {0.5, 1.0}
    assert search.best_params_["reservoir__input_scaling"] > 0
