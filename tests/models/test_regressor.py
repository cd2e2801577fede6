"""Regression per step and per sequence: shapes, scores, washout, and searches over every part."""

import copy

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.metrics import r2_score
from sklearn.model_selection import GridSearchCV, KFold, TimeSeriesSplit

from reservoir import ReservoirRegressor
from reservoir.readouts import RidgeReadout
from tests.sequence_cases import (
    DATA,
    RAGGED,
    RNG,
    STACK,
    N,
    after_washout,
    same_bits,
    shapes,
    small,
    step_values,
)


@pytest.mark.parametrize("tail", [(), (1,), (3,)])
@pytest.mark.parametrize("kind", DATA)
@pytest.mark.parametrize("readout", [None, Ridge()])
def test_one_prediction_per_step(kind, tail, readout):
    """Predictions are shaped like y of fit, in the container of X of predict."""
    y = step_values(kind, *tail)
    model = ReservoirRegressor(small(), readout).fit(DATA[kind], y)
    assert shapes(model.predict(DATA[kind])) == shapes(y)
    for other in DATA:
        assert shapes(model.predict(DATA[other])) == shapes(step_values(other, *tail))
    assert np.isfinite(model.score(DATA[kind], y))


@pytest.mark.parametrize("tail", [(), (1,), (3,)])
@pytest.mark.parametrize("kind", ["stack", "list"])
@pytest.mark.parametrize("pooling", ["mean", "last", "max"])
def test_one_prediction_per_sequence(kind, tail, pooling):
    y = RNG.uniform(size=(N, *tail))
    model = ReservoirRegressor(small(), pooling=pooling).fit(DATA[kind], y)
    assert model.predict(DATA[kind]).shape == y.shape
    assert model.predict(STACK[0]).shape == (1, *tail)
    assert model.score(DATA[kind], y) == r2_score(y, model.predict(DATA[kind]))


@pytest.mark.parametrize("kind", DATA)
def test_washout_is_neither_learnt_nor_scored(kind):
    y = step_values(kind)
    X, other = DATA[kind], copy.deepcopy(y)
    for member in [other] if kind == "series" else other:
        member[:4] = 1e3
    model, spoilt = (ReservoirRegressor(small(), washout=4).fit(X, target) for target in (y, other))
    assert same_bits(model.predict(X), spoilt.predict(X))
    assert model.score(X, y) == model.score(X, other)
    truth, said = after_washout(kind, y, 4), after_washout(kind, model.predict(X), 4)
    assert model.score(X, y) == r2_score(truth, said)


@pytest.mark.parametrize("model", [ReservoirRegressor(small(), washout=2), ReservoirRegressor()])
@pytest.mark.parametrize("kind", DATA)
def test_search(model, kind):
    """A search reaches every part, on every container, also of a model made with defaults."""
    grid = {
        "reservoir__spectral_radius": [0.3, 0.9],
        "reservoir__leak": [0.2, 1.0],
        "readout__alpha": [0.1, 9],
    }
    splits = TimeSeriesSplit(2) if kind == "series" else KFold(2)
    search = GridSearchCV(model, grid, cv=splits, error_score="raise").fit(DATA[kind], step_values(kind))
    assert len(set(search.cv_results_["mean_test_score"])) == 8  # every candidate is another model
    best, found = search.best_estimator_, search.best_params_
    assert best.reservoir_.leak == found["reservoir__leak"]
    assert best.readout_.alpha_ == found["readout__alpha"]
    assert best.reservoir_.spectral_radius == found["reservoir__spectral_radius"]
    assert shapes(search.predict(DATA[kind])) == shapes(step_values(kind))


def test_rows_are_answered_many_at_once():
    """Of many sequences by a readout that takes rows by themselves; any other is asked as often as there are."""
    asked = []

    class Counting:
        def predict(self, X):
            asked.append(len(X))
            return super().predict(X)

    for kind in (RidgeReadout, Ridge):
        readout = type("Asked", (Counting, kind), {"__init__": kind.__init__})(1.0)
        model = ReservoirRegressor(small(), readout).fit(RAGGED, step_values("list"))
        asked.clear()
        together = model.predict(RAGGED)
        assert asked == ([sum(map(len, RAGGED))] if kind is RidgeReadout else [*map(len, RAGGED)])
        assert same_bits(together, [model.predict(x) for x in RAGGED])
