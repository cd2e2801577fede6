"""Ensembles of regressors and classifiers against models of the same seeds that are fitted one by one."""

import gc
import weakref

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression, Perceptron, Ridge, RidgeClassifier
from sklearn.multiclass import OutputCodeClassifier
from sklearn.pipeline import make_pipeline
from threadpoolctl import threadpool_limits

from reservoir import DeepEchoState, EchoState, ReservoirClassifier, ReservoirRegressor, load, save
from reservoir.model_selection import ReservoirSearchCV, WarmTimeSeriesSplit
from reservoir.models import fit_in_parts
from reservoir.neurons.rate import EdgeOfStability
from reservoir.preprocessing import SequenceScaler
from reservoir.readouts import RidgeReadout
from reservoir.systems import ensembles
from reservoir.topologies import Orthogonal

RNG = np.random.default_rng(0)
SERIES = RNG.normal(size=(200, 2))
TARGET = np.roll(SERIES[:, 0], 1) * SERIES[:, 1]
RECORDINGS = [
    RNG.normal(size=(n, 2)) + np.outer(np.linspace(0, k % 3, n), [1, -1]) for k, n in enumerate([20, 25, 30] * 4)
]
LABELS = np.array(["a", "b", "c"] * 4)
RESERVOIRS = {
    "plain": EchoState(20, bias_scaling=0.3, random_state=1),
    "deep": DeepEchoState(EchoState(10), 2, random_state=1),
    "noise": EchoState(20, noise=0.1, random_state=1),
    "dense": EchoState(20, topology=Orthogonal(), random_state=1),
    "float32": EchoState(20, dtype="float32", random_state=1),
    "unit": EchoState(20, unit=EdgeOfStability(), random_state=1),
    "unseeded": EchoState(20),
}


def regressor(reservoir="plain", readout=None, **options):
    readout = RidgeReadout(1e-3) if readout is None else readout
    return ReservoirRegressor(RESERVOIRS[reservoir], readout, n_members=3, **options)


def singles(model, *data):
    """Models of the seeds of the members, fitted one by one."""
    found = []
    for member in model.members_:
        assert member.n_members == 1
        found.append(clone(model).set_params(n_members=1, reservoir=member.reservoir).fit(*data))
    return found


@pytest.mark.parametrize("reservoir", RESERVOIRS)
@pytest.mark.parametrize("options", [{}, {"washout": 20, "include_input": False}, {"readout": Ridge(1e-3)}])
def test_predictions_are_the_mean(reservoir, options):
    model = regressor(reservoir, **options).fit(SERIES, TARGET)
    alone = singles(model, SERIES, TARGET)
    tolerance = 1e-5 if reservoir == "float32" else 1e-11
    mean = np.mean([one.predict(SERIES) for one in alone], axis=0)
    np.testing.assert_allclose(model.predict(SERIES), mean, rtol=0, atol=tolerance)
    own = np.mean([one.predict(SERIES) for one in model.members_], axis=0)
    np.testing.assert_allclose(own, mean, rtol=0, atol=tolerance)
    assert np.std([one.predict(SERIES) for one in alone], axis=0).max() > 1e-6
    np.testing.assert_array_equal(clone(model).fit(SERIES, TARGET).predict(SERIES).shape, mean.shape)


@pytest.mark.parametrize("reservoir", ["plain", "deep", "noise", "dense"])
def test_several_series_and_runs_in_pieces(reservoir):
    X = [SERIES[:80], SERIES[80:]]
    y = [np.stack([TARGET, -TARGET], axis=1)[:80], np.stack([TARGET, -TARGET], axis=1)[80:]]
    model = regressor(reservoir).fit(X, y)
    mean = [np.mean(own, axis=0) for own in zip(*(one.predict(X) for one in singles(model, X, y)), strict=True)]
    for found, wanted in zip(model.predict(X), mean, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-11)
    whole, end = model.run(X[1])
    first, state = model.run(X[1][:50])
    rest, final = model.run(X[1][50:], state)
    np.testing.assert_array_equal(np.concatenate([first, rest]), whole)
    np.testing.assert_array_equal(final, end)
    heads, states = model.run([one[:30] for one in X])
    tails, _ = model.run([one[30:] for one in X], states)
    np.testing.assert_array_equal(np.concatenate([heads[1], tails[1]]), model.predict(X)[1])


@pytest.mark.parametrize("pooling", ["mean", "last", "segments", "model_space"])
@pytest.mark.parametrize("readout", [RidgeReadout(1e-3), LogisticRegression(), RidgeClassifier()], ids=str)
def test_labels_go_by_the_mean(pooling, readout):
    model = ReservoirClassifier(RESERVOIRS["plain"], readout, pooling=pooling, n_members=3, include_input=True)
    model.fit(RECORDINGS, LABELS)
    alone = singles(model, RECORDINGS, LABELS)
    scores = np.mean([one.decision_function(RECORDINGS) for one in alone], axis=0)
    np.testing.assert_allclose(model.decision_function(RECORDINGS), scores, atol=1e-6)
    if isinstance(readout, LogisticRegression):
        scores = np.mean([one.predict_proba(RECORDINGS) for one in alone], axis=0)
        np.testing.assert_allclose(model.predict_proba(RECORDINGS), scores, atol=1e-6)
    np.testing.assert_array_equal(model.predict(RECORDINGS), model.classes_[scores.argmax(axis=1)])
    assert 0 <= model.score(RECORDINGS, LABELS) <= 1


@pytest.mark.parametrize("readout", [RidgeReadout(1e-3), LogisticRegression(), Perceptron()], ids=str)
def test_two_classes_a_step(readout):
    labels = np.where(TARGET > 0, "up", "down")
    model = ReservoirClassifier(RESERVOIRS["plain"], readout, n_members=3, washout=10).fit(SERIES, labels)
    scores = np.mean([one.decision_function(SERIES) for one in singles(model, SERIES, labels)], axis=0)
    np.testing.assert_allclose(model.decision_function(SERIES), scores, atol=1e-5)
    if not isinstance(readout, LogisticRegression):
        np.testing.assert_array_equal(model.predict(SERIES), np.where(scores > 0, "up", "down"))


def test_gaps_weights_and_missing_targets():
    X, y = SERIES.copy(), TARGET.copy()
    X[90:95], y[20:40] = np.nan, np.nan
    model = regressor(gaps="split", washout=5).fit(X, y, np.linspace(1, 2, 200))
    alone = singles(model, X, y, np.linspace(1, 2, 200))
    np.testing.assert_allclose(model.predict(X), np.mean([one.predict(X) for one in alone], axis=0), atol=1e-11)


def test_the_reservoirs_run_as_one(monkeypatch):
    """One compiled run where one thread works and none has noise, and each by itself otherwise."""
    runs, run = [], ensembles.run_rows
    monkeypatch.setattr(ensembles, "run_rows", lambda *given: runs.append(1) or run(*given))
    with threadpool_limits(1):
        model = regressor().fit(SERIES, TARGET)
        model.predict(SERIES)
        assert len(runs) == 2
        regressor("noise").fit(SERIES, TARGET)
    assert len(runs) == 2


@pytest.mark.parametrize("readout", [RidgeReadout(1e-3), LogisticRegression()], ids=str)
def test_files(tmp_path, readout):
    model = ReservoirClassifier(RESERVOIRS["plain"], readout, n_members=3).fit(RECORDINGS, LABELS)
    save(model, tmp_path / "model")
    loaded = load(tmp_path / "model")
    np.testing.assert_array_equal(loaded.decision_function(RECORDINGS), model.decision_function(RECORDINGS))
    assert len(loaded.members_) == 3 and not hasattr(model.set_params(n_members=1).fit(RECORDINGS, LABELS), "members_")


def test_searches():
    grid = {"n_members": [1, 3], "readout__alpha": [1e-3, 1.0]}
    cv = WarmTimeSeriesSplit(2, warmup=20)
    search = ReservoirSearchCV(regressor(), grid, cv=cv).fit(SERIES, TARGET)
    for place, parameters in enumerate(search.cv_results_["params"]):
        scores = []
        for train, test in cv.split(SERIES, TARGET):
            fitted = regressor().set_params(**parameters).fit(SERIES[train], TARGET[train])
            answer, truth = fitted.predict(SERIES[test])[20:], TARGET[test][20:]
            scores.append(1 - ((answer - truth) ** 2).sum() / ((truth - truth.mean()) ** 2).sum())
        assert search.cv_results_["mean_test_score"][place] == pytest.approx(np.mean(scores))


def test_refusals():
    for n_members in (0, 1.5, "many"):
        with pytest.raises(ValueError, match="The 'n_members' parameter of ReservoirRegressor must be an integer"):
            ReservoirRegressor(n_members=n_members).fit(SERIES, TARGET)
    with pytest.raises(ValueError, match="'n_members' parameter of ReservoirClassifier must be 1 with the readout Out"):
        ReservoirClassifier(EchoState(5), OutputCodeClassifier(LogisticRegression()), n_members=2).fit(
            RECORDINGS, LABELS
        )
    with pytest.raises(ValueError, match="'n_members' parameter of ReservoirRegressor must be 1 in training in parts"):
        fit_in_parts(ReservoirRegressor(n_members=2), [(SERIES, TARGET)], n_jobs=1)
    with pytest.raises(ValueError, match="small enough for the memory"):
        ReservoirRegressor(n_members=10**13).fit(SERIES, TARGET)


def test_members_that_were_fitted_in_a_pipeline_can_be_saved(tmp_path):
    """scikit-learn keeps something of its own in the last step while a pipeline is fitted."""
    X = np.random.default_rng(0).uniform(size=(40, 1))
    steps = make_pipeline(SequenceScaler(), ReservoirRegressor(EchoState(5, random_state=0), n_members=2)).fit(X, X)
    save(steps, tmp_path / "model")
    assert np.array_equal(load(tmp_path / "model").predict(X), steps.predict(X))


class AsksForItsRows(RidgeReadout):
    """Takes rows in, and asks whether anybody still holds them when it solves."""

    def accumulate(self, X, y, sample_weight=None, **options):
        self._seen = weakref.ref(X)
        return super().accumulate(X, y, sample_weight, **options)

    def solve(self):
        gc.collect()
        self.held_ = self._seen() is not None
        del self._seen
        return super().solve()


@pytest.mark.parametrize("n_members", [1, 2])
@pytest.mark.parametrize("goes_on", [False, True])
@pytest.mark.parametrize("weights", [None, np.arange(12.0) > 3])
def test_no_pooled_row_is_held_while_a_readout_solves(n_members, goes_on, weights):
    model = ReservoirClassifier(RESERVOIRS["plain"], AsksForItsRows(), n_members=n_members)
    if goes_on:
        model.partial_fit(RECORDINGS, LABELS, classes=["a", "b", "c"], sample_weight=weights)
    else:
        model.fit(RECORDINGS, LABELS, sample_weight=weights)
    assert not any(member.readout_.held_ for member in model._members())
