"""Warm splits, against a state handed over, and inside the tools of scikit-learn."""

import numpy as np
import pandas as pd
import pytest
import sklearn
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import (
    accuracy_score,
    log_loss,
    make_scorer,
    mean_absolute_error,
    r2_score,
    roc_auc_score,
    root_mean_squared_error,
)
from sklearn.model_selection import (
    GridSearchCV,
    RandomizedSearchCV,
    TimeSeriesSplit,
    cross_val_predict,
    cross_val_score,
    cross_validate,
    learning_curve,
    permutation_test_score,
    validation_curve,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from reservoir import ReservoirClassifier
from reservoir.model_selection import WarmTimeSeriesSplit
from tests.loops import looped
from tests.model_selection.warm_cases import CV, LABELS, MODEL, RAGGED, RMSE, SERIES, STACK, X, Y, lists, system


def continued(model, train, first, scored):
    """Predictions for the scored rows by a model that ran on from its first training row, without a break."""
    fitted = clone(model).fit(X[train], Y[train])
    _, state = fitted.run(X[train[0] : first])
    return fitted.run(X[scored], state)[0]


def references(model, cv, metric):
    folds = TimeSeriesSplit(cv.n_splits, max_train_size=cv.max_train_size, test_size=cv.test_size, gap=cv.gap).split(X)
    return [metric(Y[scored], continued(model, train, scored[0], scored)) for train, scored in folds]


def span(start, stop):
    return list(range(start, stop))


SPLITS = {
    "plain": ({"warmup": 2}, [(span(0, 3), span(1, 6)), (span(0, 6), span(4, 9))]),
    "no warmup": ({"warmup": 0}, [(span(0, 3), span(3, 6)), (span(0, 6), span(6, 9))]),
    "all the history": ({"warmup": 3}, [(span(0, 3), span(0, 6)), (span(0, 6), span(3, 9))]),
    "gap": ({"warmup": 2, "gap": 1}, [(span(0, 2), span(1, 6)), (span(0, 5), span(4, 9))]),
    "wide gap": ({"warmup": 1, "gap": 2}, [(span(0, 1), span(2, 6)), (span(0, 4), span(5, 9))]),
    "sizes": (
        {"warmup": 4, "test_size": 1, "max_train_size": 3},
        [(span(4, 7), span(3, 8)), (span(5, 8), span(4, 9))],
    ),
}


@pytest.mark.parametrize("parameters, folds", SPLITS.values(), ids=SPLITS)
def test_exact_indices(parameters, folds):
    cv = WarmTimeSeriesSplit(2, **parameters)
    for rows in (np.zeros((9, 2)), np.zeros((9, 2)).tolist(), pd.DataFrame(np.zeros((9, 2)))):
        assert lists(cv.split(rows)) == folds
    assert cv.get_n_splits() == 2


@given(st.integers(2, 6), st.integers(0, 60), st.integers(0, 20), st.integers(1, 30), st.integers(1, 90))
def test_scored_rows_are_those_of_a_time_series_split(n_splits, warmup, gap, test_size, max_train_size):
    parameters = {"gap": gap, "test_size": test_size, "max_train_size": max_train_size}
    rows = np.zeros((270, 1))
    cv, cold = WarmTimeSeriesSplit(n_splits, warmup=warmup, **parameters), TimeSeriesSplit(n_splits, **parameters)
    if 270 - n_splits * test_size < warmup:
        with pytest.raises(ValueError, match="first scored row"):
            cv.split(rows)
        return
    for (train, test), (cold_train, scored) in zip(cv.split(rows), cold.split(rows), strict=True):
        assert np.array_equal(train, cold_train) and np.array_equal(test[warmup:], scored)
        assert (np.diff(test) == 1).all() and len(test) == warmup + test_size
        assert not set(test[warmup:]) & set(train) and test[warmup] - train[-1] == gap + 1


CONTINUED = {"gap": 17}, {"max_train_size": 70}, {"test_size": 30, "gap": 90}, {}


@pytest.mark.parametrize("parameters", CONTINUED, ids=str)
def test_warm_score_is_that_of_the_continued_state(parameters):
    """Also where the gap is shorter or longer than the warm-up."""
    cv = WarmTimeSeriesSplit(4, warmup=60, **parameters)
    for name, metric in [("r2", r2_score), ("neg_mean_absolute_error", lambda *y: -mean_absolute_error(*y))]:
        scores = cross_val_score(MODEL, X, Y, cv=cv, scoring=cv.scorer(name))
        np.testing.assert_allclose(scores, references(MODEL, cv, metric), rtol=1e-9)


def test_warm_score_from_the_first_row_on_has_the_same_bits():
    """The warm-up of the first fold is all that came before, so that nothing is forgotten."""
    cv = WarmTimeSeriesSplit(2, warmup=200, test_size=100)
    model = clone(MODEL).set_params(reservoir__spectral_radius=0.99)
    assert cross_val_score(model, X, Y, cv=cv, scoring=cv.scorer("r2"))[0] == references(model, cv, r2_score)[0]


def test_cold_score_is_wrong():
    model = clone(MODEL).set_params(washout=60)
    cold = cross_val_score(model, X, Y, cv=TimeSeriesSplit(4), scoring=RMSE)
    warm = cross_val_score(model, X, Y, cv=CV, scoring=CV.scorer(RMSE))
    forgotten = cross_val_score(model, X, Y, cv=CV, scoring=RMSE)
    assert warm.mean() / cold.mean() < 0.05 and warm.mean() / forgotten.mean() < 0.05


def test_cross_validate_with_train_scores_and_several_metrics():
    scoring = {"r2": CV.scorer(), "rmse": CV.scorer(RMSE), "own": CV.scorer(make_scorer(root_mean_squared_error))}
    for n_jobs in (1, 2):
        results = cross_validate(MODEL, X, Y, cv=CV, scoring=scoring, return_train_score=True, n_jobs=n_jobs)
        np.testing.assert_allclose(results["test_r2"], references(MODEL, CV, r2_score), rtol=1e-9)
        np.testing.assert_allclose(results["test_own"], references(MODEL, CV, root_mean_squared_error), rtol=1e-9)
        assert np.array_equal(results["test_rmse"], -results["test_own"])
        for (train, _), score in zip(CV.split(X), results["train_r2"], strict=True):
            fitted = clone(MODEL).fit(X[train], Y[train])
            assert score == r2_score(Y[train][60:], fitted.predict(X[train])[60:])


def test_searches():
    grid = {"reservoir__leak": [0.3, 1.0], "readout__alpha": [1e-8, 1e-2]}
    options = {"cv": CV, "error_score": "raise", "return_train_score": True}
    for search in (
        GridSearchCV(MODEL, grid, scoring=CV.scorer("r2"), n_jobs=2, **options),
        GridSearchCV(MODEL, grid, scoring={"r2": CV.scorer("r2"), "mae": CV.scorer(RMSE)}, refit="r2", **options),
        RandomizedSearchCV(MODEL, grid, n_iter=3, random_state=0, scoring=CV.scorer("r2"), **options),
    ):
        results = search.fit(X, Y).cv_results_
        name = "mean_test_r2" if search.multimetric_ else "mean_test_score"
        for params, score in zip(results["params"], results[name], strict=True):
            candidate = clone(MODEL).set_params(**params)
            assert score == np.mean(cross_val_score(candidate, X, Y, cv=CV, scoring=CV.scorer("r2")))
        assert search.best_params_["readout__alpha"] == 1e-8


def test_curves():
    scoring = CV.scorer("r2")
    sizes, train, test = learning_curve(MODEL, X, Y, cv=CV, scoring=scoring, train_sizes=[70, 80])
    assert sizes.tolist() == [70, 80] and train.shape == (2, 4) and (test > 0.9).all()
    _, test = validation_curve(MODEL, X, Y, param_name="washout", param_range=[0, 20], cv=CV, scoring=scoring)
    assert np.array_equal(test[1], cross_val_score(MODEL, X, Y, cv=CV, scoring=scoring))
    score, chance, _ = permutation_test_score(MODEL, X, Y, cv=CV, scoring=scoring, n_permutations=2, random_state=0)
    assert score == np.mean(test[1]) and (chance < 0.5).all()


@pytest.mark.parametrize("routing", [False, True])
def test_pipeline_frames_and_routing(routing):
    frame = pd.DataFrame(X, index=pd.date_range("2001-01-01", periods=len(X), freq="h"), columns=["x"])
    target = pd.Series(Y, index=frame.index)
    model = make_pipeline(StandardScaler(), MODEL)
    with sklearn.config_context(enable_metadata_routing=routing):
        scores = cross_val_score(model, frame, target, cv=CV, scoring=CV.scorer("r2"))
        named = cross_validate(model, frame, target, cv=CV, scoring={"a": CV.scorer("r2")})
    assert np.array_equal(scores, cross_val_score(model, X, Y, cv=CV, scoring=CV.scorer("r2")))
    assert np.array_equal(scores, named["test_a"]) and (scores > 0.9).all()


@pytest.mark.parametrize("readout", [None, LogisticRegression()])
def test_label_per_step(readout):
    model = ReservoirClassifier(system(), readout, washout=20)
    scoring = {"auc": CV.scorer("roc_auc"), "default": CV.scorer(), "accuracy": CV.scorer("accuracy")}
    if readout is not None:
        scoring["loss"] = CV.scorer("neg_log_loss")
    results = cross_validate(model, X, LABELS, cv=CV, scoring=scoring)
    for fold, (train, test) in enumerate(CV.split(X)):
        fitted, truth = clone(model).fit(X[train], LABELS[train]), LABELS[test][60:]
        answers = fitted.decision_function(X[test])[60:]
        if readout is not None:
            answers = fitted.predict_proba(X[test])[60:]
            assert results["test_loss"][fold] == -log_loss(truth, answers)
            answers = answers[:, 1]
        assert results["test_auc"][fold] == roc_auc_score(truth == "low", answers)
        assert results["test_default"][fold] == accuracy_score(truth, fitted.predict(X[test])[60:])
    assert np.array_equal(results["test_accuracy"], results["test_default"])


def test_forecaster_scores_itself():
    """With warmup == washout the warm-up is the context."""
    cv = WarmTimeSeriesSplit(4, warmup=20)
    model = looped(system(), washout=20)
    scores = cross_val_score(model, SERIES, cv=cv)
    fits = [clone(model).fit(SERIES[train]).score(SERIES[test]) for train, test in cv.split(SERIES)]
    assert np.array_equal(scores, fits)
    longer = WarmTimeSeriesSplit(4, warmup=60)
    for (train, test), score in zip(
        longer.split(SERIES), cross_val_score(model, SERIES, cv=longer, scoring=longer.scorer()), strict=True
    ):
        future = clone(model).fit(SERIES[train]).forecast(len(test) - 60, context=SERIES[test[:60]])
        assert score == pytest.approx(r2_score(SERIES[test[60:]], future), rel=1e-9)


BAD_SPLITS = {
    "too long a warmup": ({"warmup": 100, "n_splits": 4}, X, r"warmup=100 needs 100 rows .* is row 80"),
    "stack": ({}, STACK, "cuts one series; for sequences use KFold. Got a stack of 5"),
    "list": ({}, RAGGED, "cuts one series; for sequences use KFold. Got a list of 5"),
    "1-D": ({}, X[:, 0], "reshape"),
    "too many splits": ({"warmup": 0, "test_size": 200}, X, "Too many splits"),
    **{
        f"{name}={value!r}": ({name: value}, X, f"The '{name}' parameter of WarmTimeSeriesSplit must be an integer >=")
        for name, value in [
            ("warmup", -1), ("warmup", 2.5), ("warmup", True), ("warmup", None), ("gap", -1), ("gap", "a"),
            ("test_size", 0), ("test_size", 0.5), ("max_train_size", -3),
        ]
    },
}  # fmt: skip


@pytest.mark.parametrize("parameters, data, text", BAD_SPLITS.values(), ids=BAD_SPLITS)
def test_split_is_refused(parameters, data, text):
    with pytest.raises(ValueError, match=text):
        WarmTimeSeriesSplit(**parameters).split(data)


def test_overlapping_test_parts_cannot_be_joined():
    with pytest.raises(ValueError, match="partitions"):
        cross_val_predict(MODEL, X, Y, cv=CV)
