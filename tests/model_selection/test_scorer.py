"""Scores over the rows of sequences."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import (
    log_loss,
    make_scorer,
    mean_absolute_error,
    r2_score,
    roc_auc_score,
)
from sklearn.model_selection import (
    KFold,
    cross_val_score,
)

from reservoir import EchoState, ReservoirClassifier, ReservoirRegressor
from reservoir.metrics import valid_prediction_time
from reservoir.model_selection import ReservoirSearchCV, WarmTimeSeriesSplit, sequence_scorer
from reservoir.readouts import RidgeReadout
from tests.loops import looped
from tests.model_selection.warm_cases import (
    CV,
    LENGTHS,
    MODEL,
    RAGGED,
    STACK,
    X,
    Y,
    lists,
    step_targets,
    system,
)


@pytest.mark.parametrize("warmup", [0, 3])
@pytest.mark.parametrize("tail", [(), (1,), (2,)])
@pytest.mark.parametrize("kind", ["stack", "list"])
def test_target_per_step_of_many_sequences(kind, tail, warmup):
    """Each step counts once: the rows of all sequences are joined, without the first of each."""
    data, y = (STACK if kind == "stack" else RAGGED), step_targets(kind, *tail)
    model = ReservoirRegressor(system(), RidgeReadout(1.0))
    fitted = clone(model).fit(data, y)
    truth, said = (np.concatenate([row[warmup:] for row in rows]) for rows in (y, fitted.predict(data)))
    assert sequence_scorer(warmup=warmup)(fitted, data, y) == r2_score(truth, said)
    score = sequence_scorer("neg_mean_absolute_error", warmup=warmup)(fitted, data, y)
    assert score == -mean_absolute_error(truth, said)
    scores = cross_val_score(model, data, y, cv=KFold(2), scoring=sequence_scorer(warmup=warmup), error_score="raise")
    assert np.isfinite(scores).all()


@pytest.mark.parametrize("box", [list, tuple, lambda y: np.array(y, dtype=object), pd.Series])
def test_containers_of_labels(box):
    y = [np.where(member > 0.5, "high", "low") for member in step_targets("list")]
    model = ReservoirClassifier(system(), LogisticRegression()).fit(RAGGED, y)
    truth, said = np.concatenate(y), np.concatenate(model.predict_proba(RAGGED))
    assert sequence_scorer("roc_auc")(model, RAGGED, box(y)) == roc_auc_score(truth == "low", said[:, 1])
    assert sequence_scorer("neg_log_loss")(model, RAGGED, box(y)) == -log_loss(truth, said)
    assert sequence_scorer()(model, RAGGED, box(y)) == model.score(RAGGED, y)


def test_column_of_labels_per_step():
    labels = (step_targets("stack") > 0.5).astype(int)
    model = ReservoirClassifier(system()).fit(STACK, labels)
    for name in (None, "roc_auc", "f1"):
        assert sequence_scorer(name)(model, STACK, labels[..., None]) == sequence_scorer(name)(model, STACK, labels)


@pytest.mark.parametrize("data", [STACK, RAGGED], ids=["stack", "list"])
def test_targets_per_sequence_pass_uncut(data):
    labels = np.array(["a", "b", "a", "b", "a"])
    model = ReservoirClassifier(system()).fit(data, labels)
    for box in (np.array, list, pd.Series):
        assert sequence_scorer("accuracy", warmup=4)(model, data, box(labels)) == model.score(data, labels)
    for width in (2, 12):  # 12 is the length of the sequences of the stack
        values = np.random.default_rng(0).uniform(size=(5, width))
        pooled = ReservoirRegressor(system(), pooling="mean").fit(data, values)
        assert sequence_scorer(warmup=4)(pooled, data, values) == r2_score(values, pooled.predict(data))
        frame = pd.DataFrame(values)
        assert sequence_scorer(warmup=4)(pooled, data, frame) == pooled.score(data, values)


def test_own_scorer_sees_the_scored_rows():
    fitted = clone(MODEL).fit(X, Y)

    def rows_and_features(estimator, X, y):
        assert hasattr(estimator, "predict") and not hasattr(estimator, "predict_proba")
        return len(y) + len(estimator.predict(X)) + estimator.n_features_in_

    assert sequence_scorer(rows_and_features, warmup=30)(fitted, X, Y) == 2 * 370 + 1
    with pytest.raises(AttributeError, match="score"):
        sequence_scorer(lambda estimator, X, y: estimator.score(X, y), warmup=30)(fitted, X, Y)


def test_pickling_and_reading():
    fitted = clone(MODEL).fit(X, Y)
    for scorer in (CV.scorer("r2"), sequence_scorer(), sequence_scorer(make_scorer(r2_score), warmup=3)):
        assert pickle.loads(pickle.dumps(scorer))(fitted, X, Y) == scorer(fitted, X, Y)
    again = pickle.loads(pickle.dumps(CV))
    assert lists(again.split(X)) == lists(CV.split(X))
    assert "n_splits=4" in repr(CV) and "warmup=60" in repr(CV)
    assert repr(CV.scorer("r2")) == "sequence_scorer('r2', warmup=60)"


FITTED = ReservoirRegressor(system()).fit(RAGGED, step_targets("list"))
SHORT = [*step_targets("list")[:4], np.zeros(3)]
BAD_CALLS = {
    "no y": (sequence_scorer(), FITTED, RAGGED, None, "y is None"),
    "short sequence": (sequence_scorer(warmup=7), FITTED, RAGGED, step_targets("list"), "of sequence 1 has 7 row"),
    "short member of y": (sequence_scorer(), FITTED, RAGGED, SHORT, r"y of sequence 4 .* shape \(3,\) for 8 rows"),
    "short y": (sequence_scorer(), FITTED, RAGGED[0], np.zeros(11), r"y must have one entry .* \(11,\) for 12 rows"),
    "no default": (sequence_scorer(), looped(), X, Y, "neither a classifier nor a regressor"),
    "no such answer": (sequence_scorer("roc_auc"), FITTED, RAGGED[0], LENGTHS[0] * [1], "predict_proba"),
}


@pytest.mark.parametrize("scorer, model, data, y, text", BAD_CALLS.values(), ids=BAD_CALLS)
def test_call_is_refused(scorer, model, data, y, text):
    with pytest.raises((ValueError, AttributeError), match=text):
        scorer(model, data, y)


def test_bad_scoring():
    for scoring in (3, "r3", ["r2"], {"a": "r2"}):
        with pytest.raises(ValueError, match="The 'scoring' parameter of sequence_scorer must be None, a name of"):
            CV.scorer(scoring)
    with pytest.raises(ValueError, match="make_scorer"):
        sequence_scorer(r2_score)
    for warmup in (-1, True, 2.5, None):
        with pytest.raises(ValueError, match="The 'warmup' parameter of sequence_scorer must be an integer >= 0"):
            sequence_scorer("r2", warmup=warmup)


def test_scores_of_forecasts_by_name():
    series = np.sin(np.arange(300) / 5)[:, None]
    model = looped(EchoState(30, random_state=0), RidgeReadout(), washout=40).fit(series[:200])
    truth, forecast = series[40:240], model.forecast(200, series[:40])
    missed = np.mean(np.abs(truth - forecast)) / np.ptp(series[:200])
    assert sequence_scorer("log_mae", warmup=40)(model, series[:240]) == pytest.approx(-np.log10(missed))
    time = valid_prediction_time(truth, forecast, scale=series[:200].std(axis=0))
    assert sequence_scorer("valid_prediction_time", warmup=40)(model, series[:240]) == time
    cv = WarmTimeSeriesSplit(2, warmup=50)
    search = ReservoirSearchCV(model, {"readout__alpha": [1e-6, 1e6]}, cv=cv, scoring="log_mae").fit(series)
    assert search.best_params_ == {"readout__alpha": 1e-6} and np.isfinite(search.cv_results_["mean_test_score"]).all()
    with pytest.raises(ValueError, match="'log_mae' is one of forecasts"):
        sequence_scorer("log_mae")(ReservoirRegressor().fit(series, series), series, series)
    with pytest.raises(ValueError, match="'log_mae' scores forecasters"):
        ReservoirSearchCV(ReservoirRegressor(), {"washout": [0]}, cv=cv, scoring="log_mae").fit(series, series)


def test_a_lost_forecast_has_the_lowest_score_that_there_is():
    series = np.sin(np.arange(300) / 5)[:, None]
    model = looped(EchoState(30, random_state=0), washout=50).fit(series)
    model.readout_.coef_ = 1e50 * model.readout_.coef_
    assert sequence_scorer("log_mae", warmup=40)(model, series) == -10
    assert sequence_scorer("valid_prediction_time", warmup=40)(model, series) == 0
