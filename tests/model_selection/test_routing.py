"""Pipelines and searches work with scikit-learn's metadata routing switched on."""

import numpy as np
import pytest
import sklearn
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from reservoir import ReservoirClassifier, ReservoirRegressor
from reservoir.model_selection import ReservoirSearchCV
from reservoir.rnn import RNNClassifier, RNNRegressor
from tests.loops import looped
from tests.model_selection.search_cases import TWO, WARM, Y, system

LABELS = Y > np.median(Y)
NETWORK = {"max_iter": 1, "tol": None, "random_state": 0}
MODELS = {
    "regressor": (ReservoirRegressor(system()), Y), "classifier": (ReservoirClassifier(system()), LABELS),
    "forecaster": (looped(system(), washout=5), None),
    "network": (RNNRegressor(**NETWORK), Y), "network of labels": (RNNClassifier(**NETWORK), LABELS),
}  # fmt: skip
FOLDS = TimeSeriesSplit(2)


@pytest.mark.parametrize("name", MODELS)
def test_the_default_scoring_of_pipelines(name):
    model, y = MODELS[name]
    pipeline = make_pipeline(StandardScaler(), model)
    grid = {"standardscaler__with_mean": [True, False]}
    searches = [(GridSearchCV, {"cv": FOLDS}), (ReservoirSearchCV, {"cv": FOLDS}), (ReservoirSearchCV, {"cv": WARM})]
    found = []
    for routing in (False, True):
        with sklearn.config_context(enable_metadata_routing=routing):
            scores = [cross_val_score(pipeline, TWO, y, cv=FOLDS, error_score="raise")]
            scores += [kind(pipeline, grid, **o).fit(TWO, y).cv_results_["mean_test_score"] for kind, o in searches]
            inner = ReservoirSearchCV(model, {"washout": [5]}, cv=FOLDS)
            scores.append(
                cross_val_score(make_pipeline(StandardScaler(), inner), TWO, y, cv=FOLDS, error_score="raise")
            )
        found.append(scores)
    for off, on in zip(*found, strict=True):
        assert np.isfinite(off).all()
        np.testing.assert_array_equal(off, on)


@pytest.mark.parametrize("name", MODELS)
def test_weights_of_a_score_count_or_are_refused(name):
    model, y = MODELS[name]
    fitted = sklearn.base.clone(model).fit(TWO, y)
    search = ReservoirSearchCV(model, {"washout": [5]}, cv=WARM).fit(TWO, y)
    weights = np.linspace(0.1, 2, len(TWO))
    if hasattr(fitted, "predict"):
        assert fitted.score(TWO, y, sample_weight=weights) != fitted.score(TWO, y)
        assert fitted.score(TWO, y, sample_weight=np.ones(len(TWO))) == pytest.approx(fitted.score(TWO, y))
    for owner in (search,) if hasattr(fitted, "predict") else (fitted, search):
        with pytest.raises(ValueError, match=r"The 'sample_weight' parameter of .* must be None"):
            owner.score(TWO, y, sample_weight=np.ones(len(TWO)))
