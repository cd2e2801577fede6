"""ReservoirSearchCV finds what scikit-learn's searches find, sooner, and survives what they do not."""

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.exceptions import FitFailedWarning, NotFittedError
from sklearn.linear_model import Ridge, RidgeClassifier
from sklearn.metrics import make_scorer, mean_absolute_error
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    RandomizedSearchCV,
    ShuffleSplit,
    StratifiedKFold,
    TimeSeriesSplit,
    cross_val_score,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from reservoir import DeepEchoState, EchoState, ReservoirClassifier, ReservoirForecaster, ReservoirRegressor
from reservoir.datasets import make_mackey_glass, make_narma
from reservoir.model_selection import ReservoirSearchCV, WarmTimeSeriesSplit, sequence_scorer, shards
from reservoir.readouts import RidgeReadout
from reservoir.topologies import Cycle, Random

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
    "readout__alpha": [1e-9, 1e-6, 1e-3],
}
FEW = {"reservoir__leak": [0.7, np.linspace(0.5, 1.0, 15)], "washout": [4, 8], "readout__alpha": [1e-6, 1e-2]}


def system(**parameters):
    return EchoState(15, **{"spectral_radius": 0.6, "random_state": 0, **parameters})


def regressor(**parameters):
    return ReservoirRegressor(system(), RidgeReadout(), washout=5, **parameters)


def classifier(readout=None, **parameters):
    return ReservoirClassifier(system(), readout or RidgeReadout(1e-3), washout=3, **parameters)


def joined(answers):
    return np.concatenate(answers) if isinstance(answers, list) else answers


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


@pytest.fixture
def only_together(monkeypatch):
    """Nothing may fall back to fitting one by one."""

    def refuse(*_):
        raise AssertionError("fell back")

    monkeypatch.setattr(shards, "evaluate_plainly", refuse)


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
    "labels a step": (classifier(), LANES, X, STEP_LABELS, WARM, WARM.scorer("accuracy")),
    "list, targets a step": (regressor(), LANES, LIST, SUMS, KFold(4), sequence_scorer("r2", warmup=2)),
    "list, shuffled folds": (regressor(), LANES, LIST, SUMS, ShuffleSplit(3, random_state=0), None),
    "stack, targets a step": (regressor(), FEW, STACK, STACK[:, :, 0] ** 2, KFold(3), None),
    "stack, noise": (
        regressor().set_params(reservoir__noise=0.1), LANES, STACK, STACK[:, :, 0] ** 2, KFold(3), None,
    ),
    "labels a sequence": (classifier(), LANES, LIST, NAMES, StratifiedKFold(4), None),
    "log loss": (classifier(RidgeClassifier()), FEW, LIST, NAMES, StratifiedKFold(4), "balanced_accuracy"),
    "pooled": (
        regressor(pooling="mean"), {**LANES, "pooling": ["last"]}, LIST, [s.sum() for s in SUMS], KFold(4), "r2",
    ),
    "two classes": (classifier(), LANES, STACK, NAMES == "a", StratifiedKFold(4), "roc_auc"),
    "any readout, pooled": (
        regressor(pooling="max").set_params(readout=Ridge()), LANES, LIST, [s.sum() for s in SUMS], KFold(4), "r2",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
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


SLOW = {
    "forecaster": (
        ReservoirForecaster(system(), RidgeReadout(1e-4), washout=40),
        {"readout__alpha": [1e-5, 1e-4, 1e-3], "reservoir__leak": [0.8, 1.0]},
        make_mackey_glass(360), None, WARM,
    ),
    "pipeline": (
        make_pipeline(StandardScaler(), regressor()),
        {"reservoirregressor__readout__alpha": [1e-3, 1e-6], "standardscaler__with_mean": [True, False]}, X, Y, WARM,
    ),
    "any readout": (regressor().set_params(readout=Ridge()), {"readout__alpha": [0.1, 1e-3]}, X, Y, WARM),
    "blocked": (regressor(), {"readout__alpha": ["blocked", 1e-3]}, X, Y, WARM),
    "deep": (
        ReservoirRegressor(DeepEchoState(EchoState(8), 2, random_state=0), washout=5),
        {"readout__alpha": [1e-6, 1e-3], "reservoir__n_layers": [1, 2]}, X, Y, WARM,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", SLOW)
@pytest.mark.filterwarnings("ignore:The best alpha lies at the edge")
def test_what_cannot_be_shared_is_fitted_one_by_one(case, monkeypatch):
    estimator, grid, data, target, cv = SLOW[case]
    scoring = None if target is None else cv.scorer()
    calls = []
    original = shards.evaluate_plainly
    monkeypatch.setattr(shards, "evaluate_plainly", lambda *a: calls.append(1) or original(*a))
    ours = ReservoirSearchCV(estimator, grid, cv=cv).fit(data, target)
    assert calls
    assert_same(ours, GridSearchCV(estimator, grid, cv=cv, scoring=scoring).fit(data, target))
    if case == "forecaster":
        np.testing.assert_array_equal(ours.forecast(5), ours.best_estimator_.forecast(5))
        assert not hasattr(ours, "predict")


def test_equals_random_search(only_together):
    space = {"reservoir__leak": stats.uniform(0.3, 0.7), "readout__alpha": stats.loguniform(1e-6, 1e-2)}
    options = {"cv": WARM, "scoring": WARM.scorer(), "random_state": 3}
    theirs = RandomizedSearchCV(regressor(), space, n_iter=7, **options).fit(X, Y)
    assert_same(ReservoirSearchCV(regressor(), space, n_iter=7, **options).fit(X, Y), theirs)


def test_classes_that_a_fold_has_not_seen(only_together):
    """The first fold sees two of three labels; its targets are others than those of later folds."""
    labels = np.digitize(np.arange(len(Y)) + 40 * np.sin(np.arange(len(Y))), [90, 200])
    ours = ReservoirSearchCV(classifier(), LANES, cv=WARM).fit(X, labels)
    assert_same(ours, GridSearchCV(classifier(), LANES, cv=WARM, scoring=WARM.scorer()).fit(X, labels))


def test_several_metrics(only_together):
    scoring = {"r2": "r2", "mae": make_scorer(mean_absolute_error, greater_is_better=False)}
    theirs = {"r2": WARM.scorer("r2"), "mae": scoring["mae"]}
    ours = ReservoirSearchCV(regressor(), LANES, cv=WARM, scoring=scoring, refit="mae").fit(X, Y)
    assert_same(ours, GridSearchCV(regressor(), LANES, cv=WARM, scoring=theirs, refit="mae").fit(X, Y))
    assert ours.score(X, Y) == ours.scorer_["mae"](ours.best_estimator_, X, Y)
    with pytest.raises(ValueError, match="The 'refit' parameter of ReservoirSearchCV must be"):
        ReservoirSearchCV(regressor(), LANES, cv=WARM, scoring=["r2"]).fit(X, Y)


def test_refit_may_choose():
    worst = ReservoirSearchCV(regressor(), LANES, cv=WARM, refit=lambda results: results["rank_test_score"].argmax())
    worst.fit(X, Y)
    assert worst.cv_results_["rank_test_score"][worst.best_index_] == 24
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


def test_a_name_scores_lists_with_targets_a_step():
    ours = ReservoirSearchCV(regressor(), {"washout": [2]}, cv=KFold(3), scoring="r2").fit(LIST, SUMS)
    model = regressor().set_params(washout=2)
    expected = cross_val_score(model, LIST, SUMS, cv=KFold(3), scoring=sequence_scorer("r2"))
    scores = [ours.cv_results_[f"split{fold}_test_score"][0] for fold in range(3)]
    np.testing.assert_allclose(scores, expected, atol=1e-10)


# Seeds, jobs, store


def test_seeds_are_averaged_and_their_spread_is_told():
    search = ReservoirSearchCV(regressor(), LANES, cv=WARM, n_seeds=3, random_state=5).fit(X, Y)
    table, by_seed = search.cv_results_, []
    for number, seed in enumerate(search.seeds_):
        model = regressor().set_params(reservoir__random_state=seed)
        single = GridSearchCV(model, LANES, cv=WARM, scoring=WARM.scorer()).fit(X, Y)
        by_seed.append(single.cv_results_["mean_test_score"])
        np.testing.assert_allclose(table[f"seed{number}_test_score"], by_seed[-1], atol=1e-8)
    np.testing.assert_allclose(table["mean_test_score"], np.mean(by_seed, axis=0), atol=1e-8)
    np.testing.assert_allclose(table["std_seed_score"], np.std(by_seed, axis=0), atol=1e-8)
    assert table["std_seed_score"].min() > 0
    assert search.best_estimator_.reservoir.random_state == search.seeds_[0]
    again = ReservoirSearchCV(regressor(), LANES, cv=WARM, n_seeds=3, random_state=5).fit(X, Y)
    assert again.seeds_ == search.seeds_


def test_an_unseeded_reservoir_is_drawn_once():
    model = regressor().set_params(reservoir__random_state=None)
    grid = {"reservoir__input_scaling": [0.5, 0.5, 0.5], "reservoir__n_units": [15]}
    search = ReservoirSearchCV(model, grid, cv=WARM, random_state=1).fit(X, Y)
    assert np.ptp(search.cv_results_["mean_test_score"]) < 1e-12 and len(search.seeds_) == 1


GROUP = {"reservoir__spectral_radius": list(np.linspace(0.1, 0.8, 18)), "readout__alpha": [1e-6, 1e-3]}


def scores_of(search):
    return {name: column for name, column in search.cv_results_.items() if "_test_" in name or "seed" in name}


@pytest.mark.parametrize("store", [False, True])
def test_the_same_bits_for_any_number_of_jobs(store, tmp_path):
    found = []
    for n_jobs in (None, 2):
        where = {"store": tmp_path / str(n_jobs)} if store else {}
        search = ReservoirSearchCV(regressor(), GROUP, cv=WARM, n_seeds=2, random_state=0, n_jobs=n_jobs, **where)
        found.append(scores_of(search.fit(X, Y)))
    for name, column in found[0].items():
        np.testing.assert_array_equal(column, found[1][name])


def test_a_search_resumes_from_its_store(tmp_path):
    search = ReservoirSearchCV(regressor(), GROUP, cv=WARM, store=tmp_path / "store", verbose=1)
    first = scores_of(search.fit(X, Y))
    files = sorted((tmp_path / "store").glob("??/*.done"))
    assert len(files) == 2  # 18 configurations are two shards
    files[0].unlink()
    before = files[1].stat().st_mtime_ns
    again = scores_of(clone(search).fit(X, Y))
    assert len(sorted((tmp_path / "store").glob("??/*.done"))) == 2 and files[1].stat().st_mtime_ns == before
    for name, column in first.items():
        np.testing.assert_array_equal(column, again[name])
    clone(search).fit(X, Y + 1e-3)  # other data are another search
    assert len(sorted((tmp_path / "store").glob("??/*.done"))) == 4


def test_a_store_needs_parts_that_can_be_pickled(tmp_path):
    search = ReservoirSearchCV(regressor(), GROUP, cv=WARM, scoring=lambda model, X, y: 0.0, store=tmp_path / "s")
    with pytest.raises(ValueError, match="The 'store' parameter of ReservoirSearchCV must be"):
        search.fit(X, Y)


# Pruning


def test_pruning_keeps_the_best_of_clear_cases(only_together):
    grid = {
        "reservoir__input_scaling": [0.0, 1e-6, 1e-5, 0.5],
        "reservoir__leak": [0.05, 1.0],
        "readout__alpha": [1e-6, 1],
    }
    model = ReservoirRegressor(system(), RidgeReadout(), washout=0, include_input=False)
    series = make_mackey_glass(1001)
    data, cv = (series[:-1], series[1:, 0]), WarmTimeSeriesSplit(3, warmup=50)
    full = ReservoirSearchCV(model, grid, cv=cv).fit(*data)
    pruned = ReservoirSearchCV(model, grid, cv=cv, pruning=2).fit(*data)
    assert pruned.best_params_ == full.best_params_
    shares = pruned.cv_results_["training_share"]
    assert sorted(set(shares)) == [0.5, 1.0] and (shares == 1).sum() == 8
    ranks = pruned.cv_results_["rank_test_score"]
    assert ranks[shares == 1].max() < ranks[shares < 1].min()
    kept = shares == 1
    scores = [search.cv_results_["mean_test_score"][kept] for search in (pruned, full)]
    np.testing.assert_allclose(*scores, rtol=1e-8)
    assert "training_share" not in full.cv_results_


def test_pruning_of_sequences_takes_them_evenly():
    grid = {"reservoir__input_scaling": [0.0, 0.3, 0.5, 0.8]}
    data = LIST * 2, np.concatenate([NAMES, NAMES])
    search = ReservoirSearchCV(classifier(), grid, cv=StratifiedKFold(3), pruning=2).fit(*data)
    assert set(search.cv_results_["training_share"]) == {0.5, 1.0}
    assert search.best_params_["reservoir__input_scaling"] > 0


# Errors and conventions


def test_candidates_that_fail_get_the_score_for_errors():
    grid = {"reservoir__leak": [0.5, 7.0, 1.0], "readout__alpha": [1e-3, 1e-6]}
    with pytest.warns(FitFailedWarning, match="6 fits or scores"):
        search = ReservoirSearchCV(regressor(), grid, cv=WARM).fit(X, Y)
    failed = np.array([p["reservoir__leak"] == 7.0 for p in search.cv_results_["params"]])
    np.testing.assert_array_equal(np.isnan(search.cv_results_["mean_test_score"]), failed)
    assert search.best_params_["reservoir__leak"] != 7.0
    assert (search.cv_results_["rank_test_score"][failed] == 5).all()
    with pytest.raises(ValueError, match="The 'leak' parameter of EchoState must be"):
        ReservoirSearchCV(regressor(), grid, cv=WARM, error_score="raise").fit(X, Y)
    with pytest.raises(ValueError, match="All 3 fits or scores"):
        ReservoirSearchCV(regressor(), {"reservoir__leak": [7.0]}, cv=WARM).fit(X, Y)


def test_a_scorer_that_looks_elsewhere_gets_a_fitted_model():
    """A scorer that asks for other data than the fold's cannot be served from known answers."""

    def scorer(model, X, y):
        return float(np.mean(model.predict(X[5:])) + model.reservoir_.n_units)

    ours = ReservoirSearchCV(regressor(), FEW, cv=WARM, scoring=scorer).fit(X, Y)
    assert_same(ours, GridSearchCV(regressor(), FEW, cv=WARM, scoring=scorer).fit(X, Y))


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


def test_seeds_are_named_once():
    grid = {"reservoir__random_state": [0, 1]}
    with pytest.raises(ValueError, match="The 'n_seeds' parameter of ReservoirSearchCV must be None, since the candid"):
        ReservoirSearchCV(regressor(), grid, cv=WARM, n_seeds=2).fit(X, Y)
    assert_same(
        ReservoirSearchCV(regressor(), grid, cv=WARM).fit(X, Y),
        GridSearchCV(regressor(), grid, cv=WARM, scoring=WARM.scorer()).fit(X, Y),
    )


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
