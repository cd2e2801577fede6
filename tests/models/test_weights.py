"""Missing targets and weights of models: what the readout learns is what it would learn from the rows that count."""

import warnings

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import clone
from sklearn.linear_model import Lasso, LogisticRegression, Ridge
from sklearn.metrics import r2_score
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline

from reservoir import ReservoirClassifier, ReservoirRegressor
from reservoir.model_selection import ReservoirSearchCV, WarmTimeSeriesSplit, sequence_scorer
from reservoir.models import fit_in_parts
from reservoir.preprocessing import SequenceScaler
from reservoir.readouts import RecursiveLeastSquares, RidgeReadout
from reservoir.topologies import Cycle
from tests.sequence_cases import DATA, LENGTHS, RAGGED, STACK, N, T, same_bits, small, step_values

SYSTEM = small(topology=Cycle())
WASHOUT = 2


def joined(kind, values):
    return np.asarray(values) if kind == "series" else np.concatenate(list(values))


def features_of(model, kind):
    """What its readout sees of every row, and which rows come after the washout."""
    X = DATA[kind]
    states = joined(kind, model.reservoir_.transform(X))
    lengths = {"series": [T], "stack": [T] * N, "list": LENGTHS}[kind]
    late = np.concatenate([np.arange(length) >= WASHOUT for length in lengths])
    return np.hstack([states, joined(kind, X)]), late


def some_unknown(kind, *tail):
    """Targets of which every third row is NaN, and the whole of sequence 1."""
    values = step_values(kind, *tail)
    for member in [values] if kind == "series" else values:
        member[::3] = np.nan
    if kind != "series":
        values[1][:] = np.nan
    return values


def weights_for(kind):
    rng = np.random.default_rng(5)
    return [rng.integers(0, 4, length) for length in LENGTHS] if kind == "list" else rng.integers(
        0, 4, DATA[kind].shape[:-1]
    )  # fmt: skip


@pytest.mark.parametrize("kind", DATA)
@pytest.mark.parametrize("tail", [(), (2,)])
@pytest.mark.parametrize("readout", [RidgeReadout(1e-3), Ridge(1e-3), RecursiveLeastSquares()], ids=repr)
def test_rows_without_a_target_are_heard_and_not_learnt(kind, tail, readout):
    y = some_unknown(kind, *tail)
    model = ReservoirRegressor(SYSTEM, readout, washout=WASHOUT).fit(DATA[kind], y)
    features, late = features_of(model, kind)
    targets = joined(kind, y)
    known = late & ~np.isnan(targets.reshape(len(targets), -1)).any(axis=1)
    by_hand = sklearn.base.clone(readout).fit(features[known], targets[known])
    np.testing.assert_allclose(model.readout_.coef_, by_hand.coef_, rtol=1e-9, atol=1e-12)
    answers = joined(kind, model.predict(DATA[kind]))
    assert np.isfinite(answers).all()
    assert np.isclose(model.score(DATA[kind], y), r2_score(targets[known], answers[known]))


@pytest.mark.parametrize("kind", DATA)
def test_a_weight_of_nothing_is_a_missing_target(kind):
    y, unknown = step_values(kind), some_unknown(kind)
    weights = [~np.isnan(member) for member in unknown] if kind == "list" else ~np.isnan(unknown)
    missing = ReservoirRegressor(SYSTEM, washout=WASHOUT).fit(DATA[kind], unknown)
    weightless = ReservoirRegressor(SYSTEM, washout=WASHOUT).fit(DATA[kind], y, sample_weight=weights)
    assert same_bits(missing.predict(DATA[kind]), weightless.predict(DATA[kind]))
    assert np.isclose(missing.score(DATA[kind], unknown), weightless.score(DATA[kind], y, sample_weight=weights))


@pytest.mark.parametrize("kind", DATA)
@pytest.mark.parametrize("readout", [RidgeReadout(1e-3), Ridge(1e-3)], ids=repr)
def test_whole_weights_are_repeated_rows(kind, readout):
    y, weights = step_values(kind), weights_for(kind)
    model = ReservoirRegressor(SYSTEM, readout, washout=WASHOUT).fit(DATA[kind], y, sample_weight=weights)
    features, late = features_of(model, kind)
    times = joined(kind, weights) * late
    by_hand = sklearn.base.clone(readout).fit(np.repeat(features, times, axis=0), np.repeat(joined(kind, y), times))
    np.testing.assert_allclose(model.readout_.coef_, by_hand.coef_, rtol=1e-8, atol=1e-11)
    answers = joined(kind, model.predict(DATA[kind]))
    expected = r2_score(np.repeat(joined(kind, y), times), np.repeat(answers, times))
    assert np.isclose(model.score(DATA[kind], y, sample_weight=weights), expected)


def test_one_weight_for_a_sequence():
    y, weights = step_values("list"), np.array([1.0, 0.0, 2.0, 0.5, 3.0])
    own = [np.full(length, weight) for length, weight in zip(LENGTHS, weights, strict=True)]
    models = [ReservoirRegressor(SYSTEM).fit(RAGGED, y, sample_weight=w) for w in (weights, own, pd.Series(weights))]
    for model in models[1:]:
        assert same_bits(model.predict(RAGGED), models[0].predict(RAGGED))
    square = np.random.default_rng(0).uniform(size=(T, T))[:N]  # as many steps as sequences would be ambiguous
    assert np.isfinite(
        ReservoirRegressor(SYSTEM).fit(STACK, step_values("stack"), square).score(STACK, step_values("stack"))
    )
    pooled = ReservoirRegressor(SYSTEM, RidgeReadout(1e-3), pooling="mean")
    targets = np.array([1.0, np.nan, 0.0, 2.0, 5.0])
    found = pooled.fit(RAGGED, targets, sample_weight=[1, 1, 0, 2, 1]).predict(RAGGED)
    chosen = [0, 3, 3, 4]
    repeated = pooled.fit([RAGGED[k] for k in chosen], targets[chosen]).predict(RAGGED)
    np.testing.assert_allclose(found, repeated, rtol=1e-9)


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA])
def test_sequences_without_a_label(missing):
    y = ["a", missing, "b", "a", "b"]
    model = ReservoirClassifier(SYSTEM).fit(RAGGED, pd.Series(y, dtype=object))
    known = [0, 2, 3, 4]
    expected = ReservoirClassifier(SYSTEM).fit([RAGGED[k] for k in known], [y[k] for k in known])
    np.testing.assert_allclose(model.decision_function(RAGGED), expected.decision_function(RAGGED), rtol=1e-9)
    assert model.classes_.tolist() == ["a", "b"] and model.classes_.dtype == expected.classes_.dtype
    assert model.score(RAGGED, y) == expected.score([RAGGED[k] for k in known], [y[k] for k in known])


def test_steps_without_a_label():
    y = [np.where(np.arange(length) % 3 == 0, 1.0, 0.0) for length in LENGTHS]
    for labels in y:
        labels[1::3] = np.nan
    model = ReservoirClassifier(SYSTEM, LogisticRegression(), include_input=True, washout=WASHOUT).fit(RAGGED, y)
    features, late = features_of(model, "list")
    known = late & ~np.isnan(np.concatenate(y))
    by_hand = LogisticRegression().fit(features[known], np.concatenate(y)[known])
    np.testing.assert_allclose(model.readout_.coef_, by_hand.coef_, rtol=1e-6)
    assert model.classes_.tolist() == [0.0, 1.0]


@pytest.mark.parametrize("readout", [RidgeReadout(0.1), LogisticRegression()], ids=repr)
def test_weights_of_classes(readout):
    y = np.array(["rare", "often", "often", "often", "rare"])
    model = ReservoirClassifier(SYSTEM, readout, pooling="mean", class_weight="balanced").fit(RAGGED, y)
    weights = np.where(y == "rare", 5 / (2 * 2), 5 / (2 * 3))
    plain = ReservoirClassifier(SYSTEM, readout, pooling="mean").fit(RAGGED, y, sample_weight=weights)
    np.testing.assert_allclose(model.decision_function(RAGGED), plain.decision_function(RAGGED), rtol=1e-9)
    named = ReservoirClassifier(SYSTEM, readout, pooling="mean", class_weight={"rare": 1.5}).fit(
        RAGGED, y, sample_weight=[1, 0, 2, 1, 1]
    )
    product = np.where(y == "rare", 1.5, 1.0) * [1, 0, 2, 1, 1]
    plain.fit(RAGGED, y, sample_weight=product)
    np.testing.assert_allclose(named.decision_function(RAGGED), plain.decision_function(RAGGED), rtol=1e-9)
    if isinstance(readout, LogisticRegression):
        pooled = np.stack([rows.mean(axis=0) for rows in model.reservoir_.transform(RAGGED)])
        own = LogisticRegression(class_weight="balanced").fit(pooled, y)
        np.testing.assert_allclose(model.readout_.coef_, own.coef_, rtol=1e-6)


def test_a_balanced_model_counts_what_is_learnt():
    """Steps of the washout and without a label are no part of the balance."""
    y = [np.where(np.arange(length) > 5, "late", "early").astype(object) for length in LENGTHS]
    y[0][:] = None
    model = ReservoirClassifier(SYSTEM, washout=4, class_weight="balanced").fit(RAGGED, y)
    counted = np.concatenate([labels[4:] for labels in y[1:]])
    n_late = (counted == "late").sum()
    own = {"late": len(counted) / (2 * n_late), "early": len(counted) / (2 * (len(counted) - n_late))}
    named = ReservoirClassifier(SYSTEM, washout=4, class_weight=own).fit(RAGGED, y)
    assert same_bits(model.decision_function(RAGGED), named.decision_function(RAGGED))


def test_targets_at_a_few_steps_alone():
    """A recall task: what came first is asked at the end, and at no other step."""
    rng = np.random.default_rng(0)
    X = rng.choice([-1.0, 1.0], size=(80, 8, 1))
    y = np.full((80, 8), np.nan)
    y[:, 7] = X[:, 2, 0]
    model = ReservoirRegressor(small(topology=Cycle())).fit(X[:60], y[:60])
    assert model.score(X[60:], y[60:]) > 0.9
    everywhere = ReservoirRegressor(small(topology=Cycle())).fit(X[:60], np.repeat(X[:60, 2], 8, axis=1))
    assert everywhere.score(X[60:], y[60:]) < model.score(X[60:], y[60:])


def test_in_parts_and_in_searches():
    X, y = STACK[0], some_unknown("series")
    whole = ReservoirRegressor(SYSTEM, RidgeReadout(1e-3)).fit([X, X[:9]], [y, y[:9]])
    parts = fit_in_parts(ReservoirRegressor(SYSTEM, RidgeReadout(1e-3)), [([X], [y]), ([X[:9]], [y[:9]])], n_jobs=1)
    np.testing.assert_allclose(parts.predict(X), whole.predict(X), rtol=1e-9)
    series = np.sin(np.arange(120) / 5).reshape(-1, 1)
    targets = np.roll(series[:, 0], 2)
    targets[::4] = np.nan
    cv, grid = WarmTimeSeriesSplit(2, warmup=10), {"readout__alpha": [1e-6, 1e-2]}
    model = ReservoirRegressor(SYSTEM, RidgeReadout())
    search = ReservoirSearchCV(model, grid, cv=cv).fit(series, targets)
    by_hand = GridSearchCV(model, grid, cv=cv, scoring=cv.scorer("r2")).fit(series, targets)
    np.testing.assert_allclose(search.cv_results_["mean_test_score"], by_hand.cv_results_["mean_test_score"])
    labels = np.array(["a", "b", None, "b", "a"], dtype=object)
    balanced = ReservoirClassifier(SYSTEM, RidgeReadout(), class_weight="balanced")
    folds = KFold(2, shuffle=True, random_state=1)
    search = ReservoirSearchCV(balanced, grid, cv=folds, scoring=sequence_scorer()).fit(RAGGED, labels)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    with pytest.raises(ValueError, match=r"'class_weight' parameter of ReservoirClassifier must be a dict of weights"):
        fit_in_parts(balanced, [(RAGGED, list("ababa"))], classes=["a", "b"], n_jobs=1)


def unweighted(model, X, y):
    """A scorer that no version of scikit-learn hands weights."""
    return model.score(X, y)


@pytest.mark.filterwarnings("ignore:The scoring .* does not support sample_weight:UserWarning")
@pytest.mark.parametrize("weights", [[1.0, 0.0, 2.0, 0.5, 3.0, 1.0], "per step", 2.0])
def test_weights_in_a_search_are_divided_as_targets(weights):
    """The same as scikit-learn's search, also in a pipeline and of a series; the best one learns with all of them."""
    rng = np.random.default_rng(3)
    X = [rng.normal(size=(length, 1)) for length in (8, 9, 10, 11, 12, 13)]
    y = [x[:, 0] + rng.normal(size=len(x)) for x in X]
    weights = [rng.uniform(size=len(x)) for x in X] if weights == "per step" else weights
    model, grid = ReservoirRegressor(SYSTEM, RidgeReadout()), {"readout__alpha": [1e-6, 1.0]}
    ours = ReservoirSearchCV(model, grid, cv=KFold(3)).fit(X, y, sample_weight=weights)
    theirs = GridSearchCV(model, grid, cv=KFold(3), scoring=unweighted).fit(X, y, sample_weight=weights)
    np.testing.assert_allclose(ours.cv_results_["mean_test_score"], theirs.cv_results_["mean_test_score"])
    best = clone(model).set_params(**ours.best_params_).fit(X, y, sample_weight=weights)
    assert same_bits(ours.predict(X), best.predict(X))
    piped = make_pipeline(SequenceScaler(with_mean=False, with_std=False), model)
    grid = {f"reservoirregressor__{name}": values for name, values in grid.items()}
    own = ReservoirSearchCV(piped, grid, cv=KFold(3)).fit(X, y, reservoirregressor__sample_weight=weights)
    np.testing.assert_allclose(own.cv_results_["mean_test_score"], ours.cv_results_["mean_test_score"])
    if not isinstance(weights, list) or np.ndim(weights[0]):
        joined_up = np.concatenate(X), np.concatenate(y)
        of_rows = weights if isinstance(weights, float) else np.concatenate(weights)
        cv, grid = WarmTimeSeriesSplit(2, warmup=10), {"readout__alpha": [1e-6, 1.0]}
        search = ReservoirSearchCV(model, grid, cv=cv).fit(*joined_up, sample_weight=of_rows)
        by_hand = GridSearchCV(model, grid, cv=cv, scoring=cv.scorer("r2")).fit(*joined_up, sample_weight=of_rows)
        np.testing.assert_allclose(search.cv_results_["mean_test_score"], by_hand.cv_results_["mean_test_score"])


@pytest.mark.parametrize("labels", [["a", "b", None] * 4, [0.0, 1.0, np.nan] * 4, pd.Series([1, 2, pd.NA] * 4)])
def test_a_search_deals_sequences_without_a_label(labels):
    X = [np.full((5, 1), k % 3 / 2) for k in range(12)]
    model = ReservoirClassifier(SYSTEM, RidgeReadout())
    search = ReservoirSearchCV(model, {"readout__alpha": [1e-6, 1e-2]}, cv=2).fit(X, labels)
    assert search.best_score_ == 1 and len(search.classes_) == 2


def test_weights_through_scikit_learn():
    y, weights = step_values("list"), [1.0, 0.0, 2.0, 0.5, 3.0]
    model = ReservoirRegressor(SYSTEM, RidgeReadout(1e-3))
    expected = model.fit(RAGGED, y, sample_weight=weights).predict(RAGGED)
    piped = make_pipeline(SequenceScaler(with_mean=False, with_std=False), model)
    assert same_bits(piped.fit(RAGGED, y, reservoirregressor__sample_weight=weights).predict(RAGGED), expected)
    folds = KFold(2)
    by_hand = []
    for train, test in folds.split(RAGGED):
        own = [[values[k] for k in train] for values in (RAGGED, y, weights)]
        by_hand.append(model.fit(*own[:2], sample_weight=own[2]).score([RAGGED[k] for k in test], [y[k] for k in test]))
    with sklearn.config_context(enable_metadata_routing=True):
        routed = ReservoirRegressor(SYSTEM, RidgeReadout(1e-3)).set_fit_request(sample_weight=True)
        routed.set_score_request(sample_weight=False)
        found = cross_val_score(routed, RAGGED, y, cv=folds, params={"sample_weight": weights})
        again = make_pipeline(SequenceScaler(with_mean=False, with_std=False), routed)
        assert same_bits(again.fit(RAGGED, y, sample_weight=weights).predict(RAGGED), expected)
    np.testing.assert_allclose(found, by_hand)


def test_what_cannot_be_weighed():
    y = step_values("list")
    for readout in (Lasso(), KNeighborsRegressor(2)):
        model = ReservoirRegressor(SYSTEM, readout)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.fit(RAGGED, y, sample_weight=[1, 0, 1, 1, 0])
    with pytest.raises(ValueError, match="with the readout KNeighborsRegressor, whose fit takes no sample_weight"):
        model.fit(RAGGED, y, sample_weight=[1, 2, 1, 1, 1])
    regressor, classifier = ReservoirRegressor(SYSTEM), ReservoirClassifier(SYSTEM)
    for weights in ([1, 2], [1, -1, 1, 1, 1], [1, np.nan, 1, 1, 1], "some", [np.ones(3)] * 5, np.ones((5, 2)), np.inf):
        with pytest.raises(ValueError, match=r"'sample_weight' parameter of ReservoirRegressor must be"):
            regressor.fit(RAGGED, y, sample_weight=weights)
    with pytest.raises(ValueError, match="ReservoirRegressor has nothing to learn from"):
        regressor.fit(RAGGED, y, sample_weight=0.0)
    late = [np.where(np.arange(len(member)) < 2, member, np.nan) for member in y]
    with pytest.raises(ValueError, match="all targets after the washout are missing"):
        ReservoirRegressor(SYSTEM, washout=2).fit(RAGGED, late)
    for given in ("equal", {"c": 1.0}, {"a": -1.0}, {"a": "b"}, [1, 2]):
        with pytest.raises(
            ValueError, match=r"'class_weight' parameter of ReservoirClassifier must be None, 'balanced'"
        ):
            classifier.set_params(class_weight=given).fit(RAGGED, list("abaab"))


def test_an_error_names_what_was_given():
    classifier = ReservoirClassifier(SYSTEM, RecursiveLeastSquares(), class_weight="balanced")
    with pytest.raises(ValueError, match=r"'class_weight' parameter .* must be None with the readout"):
        classifier.fit(RAGGED, np.arange(len(RAGGED)) % 3 > 0)
