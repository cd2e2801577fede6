"""Searches over trials of spike trains: the scores of scikit-learn's search, and rows that the model makes."""

import numpy as np
import pytest
from sklearn.metrics import mean_squared_error
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score

from reservoir import EchoState, LiquidState, ReservoirClassifier, ReservoirRegressor
from reservoir.circuits import MaassColumn
from reservoir.model_selection import ReservoirSearchCV, sequence_scorer
from reservoir.readouts import RidgeReadout
from reservoir.spikes import SpikeTrains

LIQUID = LiquidState(MaassColumn((3, 3, 2)), random_state=0)
CLASSIFIER = ReservoirClassifier(LIQUID, RidgeReadout(1e-3), pooling="mean")
GRID = {"reservoir__circuit__weight_scale": [1.0, 3.0], "readout__alpha": [1e-3, 1.0]}


def trial(rng, rate, duration=0.1):
    n_spikes = rng.poisson(4 * rate * duration)
    return SpikeTrains(np.sort(rng.uniform(0, duration, n_spikes)), rng.integers(0, 4, n_spikes), 4, duration)


@pytest.fixture(scope="module")
def trials():
    rng = np.random.default_rng(0)
    return [trial(rng, rate) for rate in [20, 30] * 8], np.array(["few", "many"] * 8)


def test_scores_are_those_of_any_search(trials):
    X, y = trials
    ours, theirs = (kind(CLASSIFIER, GRID, cv=4).fit(X, y) for kind in (ReservoirSearchCV, GridSearchCV))
    for name in ("mean_test_score", "std_test_score", "rank_test_score"):
        np.testing.assert_array_equal(ours.cv_results_[name], theirs.cv_results_[name])
    assert ours.best_params_ == theirs.best_params_ and ours.n_features_in_ == 4
    np.testing.assert_array_equal(ours.predict(X), theirs.predict(X))
    assert len(set(ours.cv_results_["mean_test_score"])) > 1


def test_a_liquid_may_be_a_candidate(trials):
    X, y = trials
    model = ReservoirClassifier(readout=RidgeReadout(1e-3), pooling="mean")
    search = ReservoirSearchCV(model, {"reservoir": [LIQUID]}, cv=4).fit(X, y)
    assert search.best_score_ == cross_val_score(CLASSIFIER, X, y, cv=4).mean()


def test_seeds_and_halving(trials):
    X, y = trials
    search = ReservoirSearchCV(CLASSIFIER, GRID, cv=KFold(2), n_seeds=2, pruning=2, random_state=0).fit(X * 3, [*y] * 3)
    shares, scores = search.cv_results_["training_share"], search.cv_results_["mean_test_score"]
    assert sorted(set(shares)) == [0.5, 1.0] and len(search.seeds_) == 2 and np.isfinite(scores).all()


@pytest.mark.long
def test_a_store(trials, tmp_path):
    X, y = trials
    kept, again = (ReservoirSearchCV(CLASSIFIER, GRID, cv=2, store=tmp_path / "store").fit(X, y) for _ in range(2))
    here = ReservoirSearchCV(CLASSIFIER, GRID, cv=2).fit(X, y)
    for search in (kept, again):
        np.testing.assert_array_equal(search.cv_results_["mean_test_score"], here.cv_results_["mean_test_score"])


def test_a_target_for_every_row_that_the_model_makes():
    """Rows last the step of the liquid; the first ones are not scored."""
    rng = np.random.default_rng(0)
    X = [trial(rng, 30, duration) for duration in (0.1, 0.12, 0.2, 0.15)]
    y = [one.binned(0.01).sum(axis=1) for one in X]
    model = ReservoirRegressor(LIQUID, RidgeReadout(1e-3))
    scorer = sequence_scorer("neg_mean_squared_error", warmup=3)
    search = ReservoirSearchCV(model, {"readout__alpha": [1e-3, 1.0]}, cv=2, scoring=scorer).fit(X, y)
    for alpha, score in zip([1e-3, 1.0], search.cv_results_["mean_test_score"], strict=True):
        losses = []
        for train, test in KFold(2).split(X):
            fitted = model.set_params(readout__alpha=alpha).fit([X[k] for k in train], [y[k] for k in train])
            found = fitted.predict([X[k] for k in test])
            cut = [np.concatenate([rows[3:] for rows in part]) for part in ([y[k] for k in test], found)]
            losses.append(mean_squared_error(*cut))
        np.testing.assert_allclose(score, -np.mean(losses))
    assert search.score(X, y) == scorer(search, X, y) == scorer(search.best_estimator_, X, y)


def test_what_is_not_divided_or_not_heard_is_refused(trials):
    X, y = trials
    with pytest.raises(
        ValueError, match=r"^X of ReservoirSearchCV must be a list of spike trains, .* Got <SpikeTrains"
    ):
        ReservoirSearchCV(ReservoirRegressor(LIQUID), {"readout__alpha": [1.0]}).fit(X[0], np.zeros(10))
    deaf = ReservoirClassifier(EchoState(20), RidgeReadout(1.0))
    with pytest.raises(ValueError, match="X of ReservoirClassifier is spike trains, which it does not read"):
        ReservoirSearchCV(deaf, {"readout__alpha": [1.0]}, cv=2).fit(X, y)
    with pytest.raises(ValueError, match="X of sequence_scorer is spike trains, which it does not read"):
        sequence_scorer("accuracy")(deaf, X, y)
