"""Data, models and grids for the tests of the search, and what it means that two searches agree."""

import numpy as np
import pytest

from reservoir import EchoState, ReservoirClassifier, ReservoirRegressor
from reservoir.datasets import make_narma
from reservoir.model_selection import WarmTimeSeriesSplit
from reservoir.readouts import RidgeReadout

X, Y = make_narma(360, random_state=0)
TWO = np.column_stack([Y, np.roll(Y, 1)])
STEP_LABELS = np.where(Y > np.median(Y), "high", "low")
RNG = np.random.default_rng(1)
NAMES = np.array(["a", "b", "c"] * 8)
LIST = [RNG.normal(size=(RNG.integers(12, 25), 2)) + 0.5 * "abc".index(name) for name in NAMES]
STACK = np.stack([x[:12] for x in LIST])
SUMS = [np.cumsum(x, axis=0) / 10 for x in LIST]
WARM = WarmTimeSeriesSplit(3, warmup=40)
# Some lanes, one system of its own (an array of leaks), penalties for both kinds of record.
LANES = {
    "reservoir__spectral_radius": [0.4, 0.7],
    "reservoir__leak": [0.6, 1.0],
    "reservoir__input_scaling": [0.3, 0.8],
    "readout__alpha": [1e-9, 1e-3],
}
FEW = {"reservoir__leak": [0.7, np.linspace(0.5, 1.0, 15)], "washout": [4, 8], "readout__alpha": [1e-6, 1e-2]}
GROUP = {"reservoir__spectral_radius": list(np.linspace(0.1, 0.8, 18)), "readout__alpha": [1e-6, 1e-3]}


def system(**parameters):
    return EchoState(
        15, **{"spectral_radius": 0.6, "input_scaling": 1.0, "bias_scaling": 0.0, "random_state": 0, **parameters}
    )


def regressor(**parameters):
    return ReservoirRegressor(system(), RidgeReadout(), washout=5, **parameters)


def classifier(readout=None, **parameters):
    return ReservoirClassifier(system(), readout or RidgeReadout(1e-3), washout=3, **{"pooling": "mean", **parameters})


def joined(answers):
    return np.concatenate(answers) if isinstance(answers, list) else answers


def scores_of(search):
    return {name: column for name, column in search.cv_results_.items() if "_test_" in name or "seed" in name}


def assert_same(ours, theirs, tolerance=1e-8):
    for name, column in theirs.cv_results_.items():
        if "_test_" in name or "_train_" in name:
            np.testing.assert_allclose(ours.cv_results_[name], column, rtol=tolerance, atol=tolerance, err_msg=name)
        elif name.startswith("param_"):
            assert list(map(str, ours.cv_results_[name])) == list(map(str, column))
        else:
            assert name in ours.cv_results_
    assert ours.cv_results_["params"] is not None and len(ours.cv_results_["params"]) == len(column)
    assert repr(ours.best_params_) == repr(theirs.best_params_)
    assert ours.best_index_ == theirs.best_index_ and ours.n_splits_ == theirs.n_splits_
    assert ours.best_score_ == pytest.approx(theirs.best_score_, rel=tolerance, abs=tolerance)
