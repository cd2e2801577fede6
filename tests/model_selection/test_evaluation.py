"""Candidates evaluated together get the scores that scikit-learn's search gives them one by one."""

import warnings

import numpy as np
import pytest
from sklearn.linear_model import Ridge, RidgeClassifier
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    ShuffleSplit,
    StratifiedKFold,
    TimeSeriesSplit,
)

from reservoir.model_selection import ReservoirSearchCV, WarmTimeSeriesSplit, sequence_scorer
from reservoir.topologies import Cycle, Random
from tests.model_selection.search_cases import (
    FEW,
    LANES,
    LIST,
    NAMES,
    STACK,
    STEP_LABELS,
    SUMS,
    TWO,
    WARM,
    X,
    Y,
    assert_same,
    classifier,
    joined,
    regressor,
)

CASES = {
    "lanes": (regressor(), LANES, X, Y, WARM, WARM.scorer("r2")),
    "few, own washouts": (regressor(), FEW, X, Y, WARM, WARM.scorer("r2")),
    "two outputs, no input": (regressor(include_input=False), LANES, X, TWO, WARM, WARM.scorer("r2")),
    "own score": (regressor(), LANES, X, Y, TimeSeriesSplit(3), None),
    "a window that slides": (
        regressor(), LANES, X, Y, WarmTimeSeriesSplit(3, warmup=40, max_train_size=100, gap=3), WARM.scorer("r2"),
    ),
    "holes": (regressor(), LANES, X, Y, KFold(3), "neg_mean_absolute_error"),
    "noise": (regressor().set_params(reservoir__noise=0.01), LANES, X, Y, WARM, WARM.scorer("r2")),
    "random graph": (regressor().set_params(reservoir__topology=Random(3)), LANES, X, Y, WARM, WARM.scorer("r2")),
    "penalty chosen": (regressor().set_params(readout__alpha="gcv"), {"washout": [5, 6]}, X, Y, WARM, None),
    "other parts": (
        regressor(), {"reservoir__topology": [Cycle(), None], "reservoir__n_units": [9, 15]}, X, Y, WARM, None,
    ),
    "labels per step": (classifier(), LANES, X, STEP_LABELS, WARM, WARM.scorer("accuracy")),
    "list, targets per step": (regressor(), LANES, LIST, SUMS, KFold(4), sequence_scorer("r2", warmup=2)),
    "list, shuffled folds": (regressor(), LANES, LIST, SUMS, ShuffleSplit(3, random_state=0), None),
    "stack, targets per step": (regressor(), FEW, STACK, STACK[:, :, 0] ** 2, KFold(3), None),
    "stack, noise": (
        regressor().set_params(reservoir__noise=0.1), LANES, STACK, STACK[:, :, 0] ** 2, KFold(3), None,
    ),
    "list, noise in some": (regressor(), {**FEW, "reservoir__noise": [0.0, 0.1]}, LIST, SUMS, KFold(3), None),
    "pooled, noise": (
        regressor(pooling="mean").set_params(reservoir__noise=0.1), FEW, LIST, [s.sum() for s in SUMS], KFold(4), "r2",
    ),
    "labels per sequence": (classifier(), LANES, LIST, NAMES, StratifiedKFold(4), None),
    "log loss": (classifier(RidgeClassifier()), FEW, LIST, NAMES, StratifiedKFold(4), "balanced_accuracy"),
    "pooled": (
        regressor(pooling="mean"), {**LANES, "pooling": ["last"]}, LIST, [s.sum() for s in SUMS], KFold(4), "r2",
    ),
    "two classes": (classifier(), LANES, STACK, NAMES == "a", StratifiedKFold(4), "roc_auc"),
    "any readout, pooled": (
        regressor(pooling="max").set_params(readout=Ridge()), LANES, LIST, [s.sum() for s in SUMS], KFold(4), "r2",
    ),
}  # fmt: skip


ONLY_LONG = ("own score", "holes", "random graph", "list, shuffled folds", "list, noise in some", "log loss", "pooled")


@pytest.mark.parametrize("case", [pytest.param(one, marks=[pytest.mark.long] * (one in ONLY_LONG)) for one in CASES])
def test_equals_grid_search(case, only_together):
    estimator, grid, data, target, cv, scoring = CASES[case]
    options = {"cv": cv, "scoring": scoring, "return_train_score": True}
    ours = ReservoirSearchCV(estimator, grid, **{**options, "scoring": "r2" if scoring == "r2" else scoring})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore" if case == "penalty chosen" else "error")  # the edge of the candidates
        if scoring is None and cv is WARM:
            options["scoring"] = cv.scorer()
        theirs = GridSearchCV(estimator, grid, **options).fit(data, target)
        assert_same(ours.fit(data, target), theirs, 1e-7 if "any readout" in case else 1e-8)  # rounding of BLAS
    np.testing.assert_array_equal(joined(ours.predict(data)), joined(ours.best_estimator_.predict(data)))


def test_classes_that_a_fold_has_not_seen(only_together):
    """The first fold sees two of three labels; its targets are others than those of later folds."""
    labels = np.digitize(np.arange(len(Y)) + 40 * np.sin(np.arange(len(Y))), [90, 200])
    ours = ReservoirSearchCV(classifier(), LANES, cv=WARM).fit(X, labels)
    assert_same(ours, GridSearchCV(classifier(), LANES, cv=WARM, scoring=WARM.scorer()).fit(X, labels))


def test_a_scorer_that_looks_elsewhere_gets_a_fitted_model():
    """A scorer that asks for other data than the fold's cannot be served from known answers."""

    def scorer(model, X, y):
        return float(np.mean(model.predict(X[5:])) + model.reservoir_.n_units)

    ours = ReservoirSearchCV(regressor(), FEW, cv=WARM, scoring=scorer).fit(X, Y)
    assert_same(ours, GridSearchCV(regressor(), FEW, cv=WARM, scoring=scorer).fit(X, Y))
