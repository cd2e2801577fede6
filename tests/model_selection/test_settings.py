"""Any scorer of a search is scored warm, on the rows that the folds ask for."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, log_loss, make_scorer, mean_absolute_error, mean_squared_error, r2_score
from sklearn.model_selection import GridSearchCV, KFold, TimeSeriesSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from reservoir import EchoState
from reservoir.datasets import make_lorenz
from reservoir.metrics import nrmse, valid_prediction_time
from reservoir.model_selection import ReservoirSearchCV, WarmTimeSeriesSplit, sequence_scorer
from reservoir.readouts import RidgeReadout
from tests.loops import looped
from tests.model_selection.search_cases import (
    LIST,
    NAMES,
    STACK,
    STEP_LABELS,
    SUMS,
    WARM,
    X,
    Y,
    classifier,
    joined,
    regressor,
)

ALPHAS = {"readout__alpha": [1e-6, 1e-2, 10.0]}
MAE = make_scorer(mean_absolute_error, greater_is_better=False)


def own_mae(model, X, y):
    return -mean_absolute_error(y, model.predict(X))


def by_hand(model, grid, data, target, folds, metric, warmup):
    """Fold by fold, candidate by candidate: the metric of the joined rows behind the warm-up."""
    scores = []
    for parameters in grid:
        own = []
        for train, test in folds:
            if isinstance(data, list):
                taken = [[part[i] for i in rows] for rows in (train, test) for part in (data, target)]
            else:
                taken = [part[rows] for rows in (train, test) for part in (data, target)]
            said = clone(model).set_params(**parameters).fit(*taken[:2]).predict(taken[2])
            truth = taken[3]
            if np.ndim(taken[2][0]) == 2:
                said, truth = np.concatenate(list(said)), np.concatenate(list(truth))
            own.append(metric(truth[warmup:], said[warmup:]))
        scores.append(np.mean(own))
    return scores


SHAPES = {
    "series": (X, Y, WARM, 40),
    "stack": (STACK, np.stack([s[:12] for s in SUMS]), KFold(3), 0),
    "list": (LIST, SUMS, KFold(3), 0),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("scoring", [MAE, own_mae, {"a": MAE, "b": own_mae, "c": "neg_mean_absolute_error"}])
def test_scorers_of_all_kinds_agree_with_a_loop(shape, scoring):
    data, target, cv, warmup = SHAPES[shape]
    several = isinstance(scoring, dict)
    search = ReservoirSearchCV(regressor(), ALPHAS, cv=cv, scoring=scoring, refit="a" if several else True)
    search.fit(data, target)
    points = [{"readout__alpha": alpha} for alpha in ALPHAS["readout__alpha"]]
    metric = lambda truth, said: -mean_absolute_error(truth, said)  # noqa: E731
    expected = by_hand(regressor(), points, data, target, list(cv.split(data)), metric, warmup)
    for name in scoring if several else ["score"]:
        np.testing.assert_allclose(search.cv_results_[f"mean_test_{name}"], expected, atol=1e-8)
    assert search.best_index_ == int(np.argmax(expected))


def test_default_folds_score_a_metric_warm():
    search = ReservoirSearchCV(regressor(), ALPHAS, cv=2, scoring=make_scorer(nrmse, greater_is_better=False)).fit(X, Y)
    warm = WarmTimeSeriesSplit(2, warmup=100)
    scoring = warm.scorer(make_scorer(nrmse, greater_is_better=False))
    theirs = GridSearchCV(regressor(), ALPHAS, cv=warm, scoring=scoring).fit(X, Y)
    np.testing.assert_allclose(search.cv_results_["mean_test_score"], theirs.cv_results_["mean_test_score"], atol=1e-8)


def test_labels_per_step_are_counted_step_by_step():
    labels = [np.where(s[:, 0] > 0, "up", "down") for s in SUMS]
    for data, target in ((LIST, labels), (STACK, np.stack([own[:12] for own in labels]))):
        search = ReservoirSearchCV(classifier(), {"washout": [3]}, cv=KFold(3), scoring=make_scorer(accuracy_score))
        found = search.fit(data, target).cv_results_["mean_test_score"]
        expected = by_hand(classifier(), [{}], data, target, list(KFold(3).split(data)), accuracy_score, 0)
        np.testing.assert_allclose(found, expected)


def test_probabilities_of_a_metric_are_those_of_the_scored_rows():
    loss = make_scorer(log_loss, greater_is_better=False, response_method="predict_proba", labels=["high", "low"])
    model = classifier(LogisticRegression())
    ours = ReservoirSearchCV(model, {"washout": [3]}, cv=WARM, scoring=loss).fit(X, STEP_LABELS)
    expected = []
    for train, test in WARM.split(X):
        said = clone(model).fit(X[train], STEP_LABELS[train]).predict_proba(X[test])[40:]
        expected.append(-log_loss(STEP_LABELS[test][40:], said, labels=["high", "low"]))
    np.testing.assert_allclose(ours.cv_results_["mean_test_score"], np.mean(expected), atol=1e-8)


def test_one_target_per_sequence_reaches_a_metric_as_it_is():
    search = ReservoirSearchCV(classifier(), {"washout": [2, 3]}, cv=KFold(4), scoring=make_scorer(accuracy_score))
    theirs = GridSearchCV(classifier(), {"washout": [2, 3]}, cv=KFold(4), scoring=make_scorer(accuracy_score))
    found, expected = (s.fit(LIST, NAMES).cv_results_["mean_test_score"] for s in (search, theirs))
    np.testing.assert_array_equal(found, expected)


def test_other_splitters_of_a_series_are_as_in_scikit_learn():
    options = {"cv": TimeSeriesSplit(3), "scoring": {"a": MAE, "b": own_mae}, "refit": "a"}
    ours, theirs = (kind(regressor(), ALPHAS, **options).fit(X, Y) for kind in (ReservoirSearchCV, GridSearchCV))
    for name in ("mean_test_a", "mean_test_b"):
        np.testing.assert_allclose(ours.cv_results_[name], theirs.cv_results_[name], atol=1e-8)


LORENZ = StandardScaler().fit_transform(make_lorenz(700))
SYSTEM = EchoState(60, input_scaling=1.0, bias_scaling=0.0, random_state=0)
FORECASTER = looped(SYSTEM, RidgeReadout(1e-6), washout=20)
FOLDS = WarmTimeSeriesSplit(3, warmup=150, test_size=40)


def forecasts(model, data, cv, warmup):
    """The scored rows of every fold, and what a model says that has heard the rows of the warm-up before."""
    for train, test in cv.split(data):
        context, truth = data[test[:warmup]], data[test[warmup:]]
        fitted = clone(model).fit(data[train])
        yield truth, fitted.set_params(washout=0).forecast(len(truth), context=context)


@pytest.mark.parametrize("washout", [0, 20, 150, 200])
def test_a_forecaster_is_scored_on_the_rows_of_the_fold(washout):
    """Whatever its washout, which says only where learning starts."""
    grid = {"washout": [washout]}
    scoring = {"own": None, "mse": "neg_mean_squared_error", "nrmse": make_scorer(nrmse, greater_is_better=False)}
    search = ReservoirSearchCV(FORECASTER, grid, cv=FOLDS, scoring=scoring, refit=False).fit(LORENZ)
    learnt = clone(FORECASTER).set_params(washout=washout)
    pairs = list(forecasts(learnt, LORENZ, FOLDS, 150))
    metrics = {"own": r2_score, "mse": lambda *p: -mean_squared_error(*p), "nrmse": lambda *p: -nrmse(*p)}
    for name, metric in metrics.items():
        found = [search.cv_results_[f"split{fold}_test_{name}"][0] for fold in range(3)]
        np.testing.assert_allclose(found, [metric(*pair) for pair in pairs], rtol=1e-9)


@pytest.mark.filterwarnings("ignore::reservoir.models.DivergenceWarning")  # of so few rows nothing lasting is learnt
def test_washouts_of_a_forecaster_are_compared_on_one_forecast():
    """Without a word about folds the context is the largest washout, for a series, a list and in a pipeline."""
    grid = {"washout": [10, 100]}
    own = ReservoirSearchCV(FORECASTER, grid).fit(LORENZ)
    cv = WarmTimeSeriesSplit(5, warmup=100)
    for index, parameters in enumerate(own.cv_results_["params"]):
        pairs = list(forecasts(clone(FORECASTER).set_params(**parameters), LORENZ, cv, 100))
        found = [own.cv_results_[f"split{fold}_test_score"][index] for fold in range(5)]
        np.testing.assert_allclose(found, [r2_score(*pair) for pair in pairs], rtol=1e-9)
    pipeline = make_pipeline(StandardScaler(), FORECASTER)
    search = ReservoirSearchCV(pipeline, {f"reservoirforecaster__{n}": v for n, v in grid.items()}, cv=2).fit(LORENZ)
    train, test = next(iter(WarmTimeSeriesSplit(2, warmup=100).split(LORENZ)))
    scaler = StandardScaler().fit(LORENZ[train])
    rows = scaler.transform(LORENZ[test])
    for index, washout in enumerate(grid["washout"]):
        model = clone(FORECASTER).set_params(washout=washout).fit(scaler.transform(LORENZ[train]))
        expected = r2_score(rows[100:], model.forecast(len(rows) - 100, context=rows[:100]))
        np.testing.assert_allclose(search.cv_results_["split0_test_score"][index], expected, rtol=1e-9)
    pieces = [LORENZ[:230], LORENZ[230:450], LORENZ[450:]]
    search = ReservoirSearchCV(FORECASTER, grid, cv=KFold(3)).fit(pieces)
    for index, washout in enumerate(grid["washout"]):
        model = clone(FORECASTER).set_params(washout=washout).fit(pieces[1:])
        expected = r2_score(pieces[0][100:], model.forecast(130, context=pieces[0][:100]))
        np.testing.assert_allclose(search.cv_results_["split0_test_score"][index], expected, rtol=1e-9)


@pytest.mark.parametrize("data", [LORENZ[:60], [LORENZ[:60]] * 2], ids=["series", "list"])
def test_a_washout_that_fits_the_data_asks_for_no_more_rows_than_they_have(data):
    forecaster = looped(EchoState(20, random_state=0), washout="auto", scaling="standard")
    grid = {"reservoir__leak": [0.3, 1.0]}
    search = ReservoirSearchCV(forecaster, grid, cv=2, scoring="log_mae").fit(data)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all() and search.best_estimator_.washout_ == 6


def test_a_callable_sees_the_forecaster_and_all_rows_of_the_fold():
    def time(model, X):
        return valid_prediction_time(X[150:], model.forecast(len(X) - 150, context=X[:150]))

    search = ReservoirSearchCV(FORECASTER, {"washout": [20]}, cv=FOLDS, scoring=time).fit(LORENZ)
    expected = [valid_prediction_time(*pair) for pair in forecasts(FORECASTER, LORENZ, FOLDS, 150)]
    np.testing.assert_allclose(search.best_score_, np.mean(expected))


@pytest.mark.parametrize("scoring", [None, "r2", make_scorer(r2_score)])
def test_score_drops_no_row(scoring):
    search = ReservoirSearchCV(regressor(), ALPHAS, cv=WARM, scoring=scoring).fit(X, Y)
    assert search.score(X[:90], Y[:90]) == r2_score(Y[:90], search.predict(X[:90]))
    search.score(X[:20], Y[:20])  # fewer rows than the warm-up of a fold
    told = ReservoirSearchCV(regressor(), ALPHAS, cv=WARM, scoring=WARM.scorer("r2")).fit(X, Y)
    assert told.score(X[:90], Y[:90]) == r2_score(Y[40:90], told.predict(X[:90])[40:])


def test_score_of_a_forecaster_starts_behind_its_washout():
    for scoring in (None, "r2"):
        search = ReservoirSearchCV(FORECASTER, {"washout": [20]}, cv=FOLDS, scoring=scoring).fit(LORENZ)
        rows = LORENZ[:80]
        expected = r2_score(rows[20:], search.forecast(60, context=rows[:20]))
        assert search.score(rows) == pytest.approx(expected, rel=1e-9)


def test_a_scorer_may_ask_for_other_rows():
    """Only the answers to the X of the call are cut."""
    model = regressor().fit(LIST, SUMS)

    def loop(estimator, X, y):
        assert len(y) == sum(len(x) - 4 for x in X)
        return -mean_absolute_error(y, np.concatenate([estimator.predict(x)[4:] for x in X]))

    said = joined([answer[4:] for answer in model.predict(LIST)])
    expected = -mean_absolute_error(joined([own[4:] for own in SUMS]), said)
    assert sequence_scorer(loop, warmup=4)(model, LIST, SUMS) == pytest.approx(expected, rel=1e-12)


def test_warm_splits_without_their_scorer_are_told():
    splits = list(WARM.split(X))
    with pytest.warns(UserWarning, match="Test rows that are training rows too are scored") as found:
        ReservoirSearchCV(regressor(), ALPHAS, cv=splits, scoring="r2").fit(X, Y)
    assert found[0].filename == __file__
    search = ReservoirSearchCV(regressor(), ALPHAS, cv=splits, scoring=WARM.scorer("r2")).fit(X, Y)
    expected = ReservoirSearchCV(regressor(), ALPHAS, cv=WARM, scoring="r2").fit(X, Y)
    np.testing.assert_array_equal(search.cv_results_["mean_test_score"], expected.cv_results_["mean_test_score"])


def test_pooled_targets_as_wide_as_a_sequence_is_long():
    """A search or a pipeline around a model with a pooling does not hide it."""
    values = np.random.default_rng(0).normal(size=(len(STACK), STACK.shape[1]))
    model = regressor(pooling="mean")
    for outer in (make_pipeline(model), ReservoirSearchCV(model, {"washout": [5]}, cv=KFold(3))):
        fitted = outer.fit(STACK, values)
        assert sequence_scorer("r2", warmup=3)(fitted, STACK, values) == r2_score(values, fitted.predict(STACK))


def test_scorers_that_give_no_number_are_refused():
    for said in ({"a": 1.0}, "1.5", None):
        with pytest.raises(TypeError, match="A scorer must return a number"):
            options = {"cv": WARM, "scoring": lambda model, X, y, said=said: said, "error_score": "raise"}
            ReservoirSearchCV(regressor(), ALPHAS, **options).fit(X, Y)
    with pytest.raises(ValueError, match="a list of names"):
        ReservoirSearchCV(regressor(), ALPHAS, cv=WARM, scoring=[MAE], refit=False).fit(X, Y)


def test_a_table_is_forecast_without_warnings():
    table = pd.DataFrame(LORENZ, columns=["x", "y", "z"])
    for scoring in (None, "r2"):
        named = ReservoirSearchCV(FORECASTER, {"washout": [20]}, cv=FOLDS, scoring=scoring).fit(table)
        plain = ReservoirSearchCV(FORECASTER, {"washout": [20]}, cv=FOLDS, scoring=scoring).fit(LORENZ)
        assert named.best_score_ == plain.best_score_


def test_distributions_ask_for_the_number_of_points():
    """By the word that is missing."""
    for space in (
        {"readout__alpha": stats.loguniform(1e-6, 1e-2)},
        [{"washout": [3]}, {"washout": stats.randint(0, 3)}],
    ):
        with pytest.raises(ValueError, match="'n_iter' parameter of ReservoirSearchCV must be the number of points"):
            ReservoirSearchCV(regressor(), space, cv=WARM).fit(X, Y)
