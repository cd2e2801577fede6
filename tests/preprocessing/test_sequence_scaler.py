"""Scaled sequences: a plain twin, every container, folds that learn their own scale, tables and files."""

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import KFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from reservoir import ReservoirClassifier, ReservoirRegressor, load, save
from reservoir.model_selection import ReservoirSearchCV, WarmTimeSeriesSplit
from reservoir.preprocessing import SequenceScaler
from reservoir.readouts import RidgeReadout
from reservoir.rnn import RNNRegressor
from tests.loops import looped
from tests.sequence_cases import DATA, RAGGED, STACK, same_bits, small, step_values

SCALES, PLACES = np.array([300.0, 1e-6]), np.array([1000.0, -3.0])


def moved(kind):
    """The data of a container about 1000 and in millionths."""
    return [member * SCALES + PLACES for member in DATA[kind]] if kind == "list" else DATA[kind] * SCALES + PLACES


def plain_scaler(members, targets=None):
    """The naive twin: scaled members by means and deviations of all rows."""
    rows = np.concatenate(members)
    mean = [sum(column) / len(rows) for column in rows.T]
    deviation = [np.sqrt(sum((x - m) ** 2 for x in column) / len(rows)) for column, m in zip(rows.T, mean, strict=True)]
    scaled = [(member - mean) / [d if d > 0 else 1.0 for d in deviation] for member in members]
    return scaled, mean, deviation


def members_of(kind, values):
    return [values] if kind == "series" else list(values)


@pytest.mark.parametrize("kind", DATA)
def test_the_twin(kind):
    X = moved(kind)
    scaler = SequenceScaler().fit(X)
    scaled, mean, deviation = plain_scaler(members_of(kind, X))
    np.testing.assert_allclose(scaler.mean_, mean, rtol=1e-13)
    np.testing.assert_allclose(scaler.scale_, deviation, rtol=1e-9)
    answers = scaler.transform(X)
    assert type(answers) is type(X)
    for found, expected in zip(members_of(kind, answers), scaled, strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-8)
    back = scaler.inverse_transform(answers)
    for found, given in zip(members_of(kind, back), members_of(kind, X), strict=True):
        np.testing.assert_allclose(found, given, rtol=1e-14)


@pytest.mark.parametrize("options", [{}, {"with_mean": False}, {"with_std": False}])
def test_as_scikit_learns_own_on_the_rows(options):
    X = moved("list")
    X[1][2, 0] = X[3][0, 1] = np.nan
    X = [np.column_stack([member, np.full(len(member), 0.1)]) for member in X]
    rows = np.concatenate(X)
    own, theirs = SequenceScaler(**options).fit(X), StandardScaler(**options).fit(rows)
    np.testing.assert_allclose(np.concatenate(own.transform(X)), theirs.transform(rows), atol=1e-9)
    assert np.isnan(own.transform(X)[1][2, 0]) and own.scale_[2] == 1.0
    assert own.n_samples_seen_.tolist() == [len(rows) - 1, len(rows) - 1, len(rows)]


def test_parts_are_the_whole():
    X = moved("list")
    whole, parts = SequenceScaler().fit(X), SequenceScaler()
    for member in X:
        parts.partial_fit(member)
    np.testing.assert_allclose(parts.mean_, whole.mean_, rtol=1e-14)
    np.testing.assert_allclose(parts.scale_, whole.scale_, rtol=1e-9)
    assert parts.fit(X[0]).n_samples_seen_[0] == len(X[0])  # fit begins anew


def test_a_channel_that_does_not_vary_is_not_divided():
    for level in (0.0, 0.1, -1e9, 1e99):
        X = np.column_stack([np.full(30, level), np.arange(30.0)])
        np.testing.assert_array_equal(SequenceScaler().fit_transform(X)[:, 0], 0.0)
    never = SequenceScaler().fit_transform(np.column_stack([np.full(30, np.nan), np.arange(30.0)]))
    assert np.isnan(never[:, 0]).all() and np.isfinite(never[:, 1]).all()


@pytest.mark.parametrize("kind", DATA)
def test_a_model_behind_it_hears_scaled_rows(kind):
    X, y = moved(kind), step_values(kind)
    readout = RidgeReadout(1e-3)
    piped = make_pipeline(SequenceScaler(), ReservoirRegressor(small(), readout)).fit(X, y)
    by_hand = SequenceScaler().fit_transform(X)
    assert same_bits(piped.predict(X), ReservoirRegressor(small(), readout).fit(by_hand, y).predict(by_hand))
    assert np.isclose(piped.score(X, y), piped[-1].score(by_hand, y))


def folds_by_hand(X, y, model, splits):
    scores = []
    for train, test in splits:
        scaler = SequenceScaler().fit([X[k] for k in train])
        fitted = model.fit(scaler.transform([X[k] for k in train]), [y[k] for k in train])
        scores.append(fitted.score(scaler.transform([X[k] for k in test]), [y[k] for k in test]))
    return scores


@pytest.mark.parametrize("kind", ["list", "stack"])
def test_every_fold_learns_its_own_scale(kind):
    """By scikit-learn's cross-validation and by the search."""
    X, y = moved(kind), step_values(kind)
    X[0][:] += 5000.0  # so that folds differ
    model, cv = ReservoirRegressor(small(), RidgeReadout(1e-3)), KFold(3)
    expected = folds_by_hand(X, y, model, cv.split(np.arange(len(X))))
    piped = make_pipeline(SequenceScaler(), model)
    np.testing.assert_allclose(cross_val_score(piped, X, y, cv=cv), expected)
    search = ReservoirSearchCV(piped, {"reservoirregressor__readout__alpha": [1e-3]}, cv=cv).fit(X, y)
    found = [search.cv_results_[f"split{k}_test_score"][0] for k in range(3)]
    np.testing.assert_allclose(found, expected)
    np.testing.assert_allclose(search.best_estimator_.score(X, y), piped.fit(X, y).score(X, y))


def test_labels_and_networks_and_one_series():
    X = [member * SCALES + PLACES for member in RAGGED]
    piped = make_pipeline(SequenceScaler(), ReservoirClassifier(small()))
    assert len(cross_val_score(piped, X, ["a", "b", "a", "b", "a"], cv=KFold(2))) == 2
    assert len(piped.fit(X, list("abaab")).predict(X)) == 5
    network = RNNRegressor("elman", 4, max_iter=2, tol=None, pooling="last", random_state=0)
    assert make_pipeline(SequenceScaler(), network).fit(X, np.arange(5.0)).predict(X).shape == (5,)
    series = np.sin(np.arange(200) / 7).reshape(-1, 1) * 300 + 1000
    search = ReservoirSearchCV(
        make_pipeline(SequenceScaler(), ReservoirRegressor(small())),
        {"reservoirregressor__reservoir__leak": [0.5, 1.0]}, cv=WarmTimeSeriesSplit(2, warmup=20),
    ).fit(series[:-1], series[1:, 0])  # fmt: skip
    assert search.best_score_ > 0.9
    scaled = make_pipeline(SequenceScaler(), looped(small(), washout=10)).fit(series)
    assert np.abs(scaled[:1].inverse_transform(scaled[-1].forecast(5)) - 1000).max() < 400


def test_tables_stay_tables():
    hours = pd.date_range("2024-01-01", periods=12, freq="h")
    table = pd.DataFrame(STACK[0] * SCALES + PLACES, index=hours, columns=["u", "v"])
    plain, tabular = SequenceScaler().fit(table), SequenceScaler().set_output(transform="pandas").fit(table)
    scaled = tabular.transform(table)
    assert scaled.index.equals(hours) and list(scaled.columns) == ["u", "v"] == list(plain.get_feature_names_out())
    np.testing.assert_array_equal(scaled, plain.transform(table))
    back = tabular.inverse_transform(scaled)
    assert back.index.equals(hours) and np.allclose(back, table, rtol=1e-12)
    many = tabular.transform([table, table[:5]])
    assert [len(one) for one in many] == [12, 5] and many[1].index.equals(hours[:5])
    assert type(plain.transform(table)) is np.ndarray
    with pytest.raises(ValueError, match="feature names"):
        plain.transform(table[["v", "u"]])


def test_what_cannot_be_scaled_is_refused():
    with pytest.raises(ValueError, match=r"The 'with_std' parameter of SequenceScaler must be True or False. Got 1\."):
        SequenceScaler(with_std=1).fit(STACK)
    X = STACK.copy()
    X[1, 0, 0], X[2, 3, 1] = np.nan, np.inf
    with pytest.raises(ValueError, match="contains infinity at row 3, column 1 of sequence 2"):
        SequenceScaler().fit(X)
    scaler = SequenceScaler().fit(STACK)
    with pytest.raises(ValueError, match="infinity"):
        scaler.partial_fit(X)
    np.testing.assert_array_equal(scaler.mean_, SequenceScaler().fit(STACK).mean_)


def test_a_file_keeps_the_scale(tmp_path):
    X = moved("list")
    piped = make_pipeline(SequenceScaler(), ReservoirRegressor(small())).fit(X, step_values("list"))
    save(piped, tmp_path / "model")
    assert same_bits(load(tmp_path / "model").predict(X), piped.predict(X))
