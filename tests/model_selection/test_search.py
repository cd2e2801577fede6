"""ReservoirSearchCV finds what scikit-learn's searches find, and keeps their conventions."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse, stats
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.exceptions import NotFittedError
from sklearn.metrics import make_scorer, mean_absolute_error
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    RandomizedSearchCV,
    TimeSeriesSplit,
    cross_val_score,
)

from reservoir import ReservoirRegressor
from reservoir.model_selection import ReservoirSearchCV, WarmTimeSeriesSplit, sequence_scorer
from tests.model_selection.search_cases import LANES, LIST, NAMES, SUMS, WARM, X, Y, assert_same, classifier, regressor


def test_equals_random_search(only_together):
    space = {"reservoir__leak": stats.uniform(0.3, 0.7), "readout__alpha": stats.loguniform(1e-6, 1e-2)}
    options = {"cv": WARM, "scoring": WARM.scorer(), "random_state": 3}
    theirs = RandomizedSearchCV(regressor(), space, n_iter=7, **options).fit(X, Y)
    assert_same(ReservoirSearchCV(regressor(), space, n_iter=7, **options).fit(X, Y), theirs)


def test_several_metrics(only_together):
    scoring = {"r2": "r2", "mae": make_scorer(mean_absolute_error, greater_is_better=False)}
    theirs = {"r2": WARM.scorer("r2"), "mae": WARM.scorer(scoring["mae"])}
    ours = ReservoirSearchCV(regressor(), LANES, cv=WARM, scoring=scoring, refit="mae").fit(X, Y)
    assert_same(ours, GridSearchCV(regressor(), LANES, cv=WARM, scoring=theirs, refit="mae").fit(X, Y))
    assert ours.score(X, Y) == ours.scorer_["mae"](ours.best_estimator_, X, Y)
    with pytest.raises(ValueError, match="The 'refit' parameter of ReservoirSearchCV must be"):
        ReservoirSearchCV(regressor(), LANES, cv=WARM, scoring=["r2"]).fit(X, Y)


def test_refit_is_no_class():
    with pytest.raises(ValueError, match=r"The 'refit' parameter .* or a function"):
        ReservoirSearchCV(regressor(), LANES, cv=WARM, refit=object).fit(X, Y)


def test_refit_may_choose():
    worst = ReservoirSearchCV(regressor(), LANES, cv=WARM, refit=lambda results: results["rank_test_score"].argmax())
    worst.fit(X, Y)
    assert worst.cv_results_["rank_test_score"][worst.best_index_] == 16
    assert worst.best_params_ == worst.cv_results_["params"][worst.best_index_]


def test_a_search_evaluates_warm():
    """Without any word about scoring or folds a series gets warm folds and their scorer."""
    grid = {"reservoir__leak": [0.5, 1.0]}
    cv = WarmTimeSeriesSplit(2, warmup=100)
    ours = ReservoirSearchCV(regressor(), grid, cv=2).fit(X, Y)
    expected = [cross_val_score(clone(regressor()).set_params(**p), X, Y, cv=cv, scoring=cv.scorer()).mean()
                for p in ours.cv_results_["params"]]  # fmt: skip
    np.testing.assert_allclose(ours.cv_results_["mean_test_score"], expected, atol=1e-8)
    assert ReservoirSearchCV(classifier(), grid).fit(LIST, NAMES).n_splits_ == 5


def test_a_name_scores_lists_with_targets_per_step():
    ours = ReservoirSearchCV(regressor(), {"washout": [2]}, cv=KFold(3), scoring="r2").fit(LIST, SUMS)
    model = regressor().set_params(washout=2)
    expected = cross_val_score(model, LIST, SUMS, cv=KFold(3), scoring=sequence_scorer("r2"))
    scores = [ours.cv_results_[f"split{fold}_test_score"][0] for fold in range(3)]
    np.testing.assert_allclose(scores, expected, atol=1e-10)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("estimator", 3), ("param_distributions", {"washout": 3}), ("param_distributions", "x"), ("n_iter", 0),
        ("n_seeds", 0), ("pruning", 1), ("pruning", True), ("n_jobs", 0), ("scoring", "nonsense"), ("scoring", []),
        ("cv", 1), ("cv", "x"), ("client", object()), ("error_score", "ignore"), ("return_train_score", 2),
        ("verbose", -1), ("random_state", "x"),
    ],
)  # fmt: skip
def test_bad_parameters(name, value):
    options = {"estimator": regressor(), "param_distributions": {"washout": [3]}, "cv": WARM, "n_seeds": 1}
    with pytest.raises(ValueError, match=f"The '{name}' parameter of ReservoirSearchCV must be"):
        ReservoirSearchCV(**{**options, name: value}).fit(X, Y)


def test_conventions_of_scikit_learn():
    search = ReservoirSearchCV(regressor(), {"washout": [3, 4]}, cv=WARM)
    assert is_regressor(search) and is_classifier(ReservoirSearchCV(classifier(), {}))
    twin = clone(search).set_params(estimator__readout__alpha=0.5)
    assert twin.get_params()["estimator__readout__alpha"] == 0.5 and search.estimator.readout.alpha == 1e-6
    with pytest.raises(NotFittedError):
        search.predict(X)
    assert not hasattr(search, "predict_proba") and not hasattr(search, "n_features_in_")
    before = repr(search.estimator)
    search.fit(X, Y)
    assert repr(search.estimator) == before and search.n_features_in_ == 1
    assert not hasattr(ReservoirSearchCV(regressor(), {"washout": [3]}, cv=WARM, refit=False).fit(X, Y), "predict")
    outer = TimeSeriesSplit(2, test_size=100)
    nested = [
        cross_val_score(kind(regressor(), {"washout": [3, 9]}, cv=WARM, scoring=WARM.scorer()), X, Y, cv=outer)
        for kind in (ReservoirSearchCV, GridSearchCV)
    ]
    np.testing.assert_allclose(*nested, atol=1e-10)
    labels = ReservoirSearchCV(classifier(), {"washout": [3]}).fit(LIST, NAMES)
    assert labels.classes_.tolist() == ["a", "b", "c"] and labels.score(LIST, NAMES) <= 1
    frame = pd.DataFrame(X, columns=["input"])
    named = ReservoirSearchCV(regressor(), LANES, cv=WARM).fit(frame, pd.Series(Y))
    np.testing.assert_array_equal(named.feature_names_in_, ["input"])
    failing = clone(search).fit(X, Y)
    failing.set_params(n_jobs=0)
    with pytest.raises(ValueError):
        failing.fit(X, Y)
    assert hasattr(failing, "best_estimator_")


def test_a_model_made_with_defaults_is_reached():
    grid = {"reservoir__n_units": [10, 20], "readout__alpha": [1e-3]}
    search = ReservoirSearchCV(ReservoirRegressor(), grid, cv=WARM)
    theirs = GridSearchCV(ReservoirRegressor(), grid, cv=WARM, scoring=WARM.scorer())
    assert_same(search.fit(X, Y), theirs.fit(X, Y))


def test_a_sparse_series_is_refused_in_words():
    with pytest.raises(TypeError, match=r"[Ss]parse data was passed"):
        ReservoirSearchCV(regressor(), LANES, cv=WARM, error_score="raise").fit(sparse.csr_array(X), Y)
