"""Poolings against naive NumPy, and in models on ragged lists."""

import tracemalloc

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression, Ridge, RidgeClassifier
from sklearn.model_selection import GridSearchCV, KFold, LeaveOneOut, cross_val_predict
from sklearn.svm import SVC

from reservoir import EchoState, ReservoirClassifier, ReservoirRegressor, memory
from reservoir.estimator_checks import check_sequence_estimator
from reservoir.models import Last, Mean, ModelSpace, Weighted
from reservoir.models.poolings.named import POOLINGS
from reservoir.readouts import RidgeReadout

RNG = np.random.default_rng(5)
RAGGED = [np.sin(np.arange(n) / pace + shift).reshape(-1, 1) for n, pace, shift in zip(
    RNG.integers(15, 60, 24), np.repeat([2, 3, 4], 8), RNG.uniform(0, 6, 24), strict=True)]  # fmt: skip
LABELS = np.repeat(["fast", "middle", "slow"], 8)


def system(n_units=8, **parameters):
    return EchoState(n_units, **{"random_state": 0, "bias_scaling": 0.3, **parameters})


def naive_weighted(rows, rate):
    total, weights = np.zeros(rows.shape[1]), 0.0
    for t, row in enumerate(rows, start=1):
        weight = np.exp(rate * t / len(rows))
        total, weights = total + weight * row, weights + weight
    return total / weights


def naive_model_space(rows, alpha):
    """The penalised sum of squares as one least-squares problem, a column of ones for the intercept."""
    n = rows.shape[1]
    penalty = np.hstack([np.sqrt(alpha) * np.eye(n), np.zeros((n, 1))])
    left = np.vstack([np.hstack([rows[:-1], np.ones((len(rows) - 1, 1))]), penalty])
    right = np.vstack([rows[1:], np.zeros((n, n))])
    solution = np.linalg.lstsq(left, right, rcond=None)[0]
    return np.concatenate([solution[:-1].T.ravel(), solution[-1]])


@pytest.mark.parametrize("n_rows", [1, 2, 7, 40])
@pytest.mark.parametrize("rate", [-2.0, 0.0, 0.5, 3.0, 20])
def test_weighted(n_rows, rate):
    rows = RNG.normal(size=(n_rows, 3))
    np.testing.assert_allclose(Weighted(rate).pool(rows), naive_weighted(rows, rate), rtol=1e-12)


def test_weighted_between_mean_and_last():
    rows = RNG.normal(size=(9, 4))
    np.testing.assert_allclose(Weighted(0).pool(rows), Mean().pool(rows), rtol=1e-14)
    for rate in (1e4, 1e308):
        assert np.array_equal(Weighted(rate).pool(rows), Last().pool(rows))
        assert np.array_equal(Weighted(-rate).pool(rows), rows[0])
    constant = np.full((9, 4), 2.5)
    np.testing.assert_allclose(Weighted().pool(constant), constant[0], rtol=1e-15)


@pytest.mark.parametrize("alpha", [1e-3, 1.0, 50.0])
@pytest.mark.parametrize("n_rows", [2, 3, 5, 6, 7, 60])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_model_space(n_rows, alpha, dtype):
    """For sequences shorter and longer than the number of units."""
    rows = RNG.normal(size=(n_rows, 5)).astype(dtype)
    vector = ModelSpace(alpha).pool(rows)
    assert vector.shape == (30,) and vector.dtype == np.float64
    np.testing.assert_allclose(vector, naive_model_space(rows.astype(float), alpha), rtol=1e-9, atol=1e-11)


def test_model_space_finds_the_rule():
    """States of x' = A x + b give back A and b."""
    matrix = np.array([[0.0, -0.9, 0.1], [0.9, 0.0, 0.0], [0.1, 0.2, 0.5]])
    rows = [RNG.normal(size=3)]
    for _ in range(40):
        rows.append(matrix @ rows[-1] + [0.3, 0.0, -1.0])
    expected = np.concatenate([matrix.ravel(), [0.3, 0.0, -1.0]])
    np.testing.assert_allclose(ModelSpace(1e-12).pool(np.array(rows)), expected, atol=1e-9)


def test_model_space_of_units_that_say_the_same():
    """Copies of a unit: the penalty alone tells them apart, even where it is lost in rounding."""
    unit = RNG.normal(size=(50, 1)) * 1e6
    for alpha in (1e-300, 1e-9, 1e3):
        coef = ModelSpace(alpha).pool(np.hstack([unit, unit]))[:4].reshape(2, 2)
        np.testing.assert_allclose(coef, coef[0, 0], rtol=1e-3)
    constant = np.full((9, 2), 0.7)
    np.testing.assert_allclose(ModelSpace(1e-9).pool(constant), [0, 0, 0, 0, 0.7, 0.7], atol=1e-12)


def test_model_space_leaves_the_rows_alone():
    rows = RNG.normal(size=(9, 3))
    before = rows.copy()
    ModelSpace().pool(rows)
    assert np.array_equal(rows, before)


@pytest.mark.parametrize("include_input", [False, True])
@pytest.mark.parametrize("pooling", POOLINGS)
def test_contract(pooling, include_input):
    """Bit-identical one by one, in a list, in a stack and in any order."""
    for model in (
        ReservoirClassifier(system(), pooling=pooling, include_input=include_input, washout=2),
        ReservoirRegressor(system(dtype="float32"), pooling=pooling, include_input=include_input),
    ):
        check_sequence_estimator(model)


@pytest.mark.parametrize("readout", [LogisticRegression(max_iter=1000), RidgeClassifier(), SVC()])
@pytest.mark.parametrize("pooling", [*POOLINGS, ModelSpace(0.1), Weighted(-1.0)], ids=str)
def test_any_classifier_sees_the_pooled_vectors(pooling, readout):
    model = ReservoirClassifier(system(), readout, pooling=pooling, include_input=True).fit(RAGGED, LABELS)
    pool = POOLINGS[pooling]().pool if isinstance(pooling, str) else pooling.pool
    states = model.reservoir_.transform(RAGGED)
    rows = [np.concatenate([pool(x), pool(u)]) for x, u in zip(states, RAGGED, strict=True)]
    alone = clone(readout).fit(rows, LABELS)
    assert np.array_equal(model.predict(RAGGED), alone.predict(rows))


def test_model_space_hears_the_rule_and_not_the_phase():
    """Sines of three periods with random phases and lengths: the mean says little, the model nearly all."""
    errors = {"mean": [], "model_space": []}
    for pooling, found in errors.items():
        for seed in range(3):
            model = ReservoirClassifier(system(20, random_state=seed), RidgeReadout(1e-3), pooling=pooling, washout=5)
            answers = cross_val_predict(model, RAGGED, LABELS, cv=LeaveOneOut())
            found.append(np.mean(answers != LABELS))
    assert 2 * np.median(errors["model_space"]) < np.median(errors["mean"])


@pytest.mark.parametrize("n_features", [1, 3])
def test_number_of_columns(n_features):
    X = [RNG.uniform(size=(length, n_features)) for length in (9, 5, 12)]
    for include_input in (False, True):
        model = ReservoirRegressor(system(6), Ridge(), pooling="model_space", include_input=include_input)
        columns = 6 * 7 + include_input * n_features * (n_features + 1)
        assert model.fit(X, [1.0, 2.0, 3.0]).readout_.n_features_in_ == columns


def test_search_reaches_a_pooling():
    grid = {"pooling__alpha": [1e-2, 1.0]}
    model = ReservoirClassifier(system(), RidgeReadout(), pooling=ModelSpace())
    search = GridSearchCV(model, grid, cv=KFold(3, shuffle=True, random_state=0), error_score="raise")
    assert search.fit(RAGGED, LABELS).best_score_ > 0.8


def test_sequence_is_too_short():
    short = [*RAGGED[:-1], RAGGED[-1][:4]]
    model = ReservoirClassifier(system(), pooling="model_space", washout=3)
    with pytest.raises(ValueError, match=r"at least 2 rows of every sequence after the washout. Got 1 row"):
        model.fit(short, LABELS)
    with pytest.raises(ValueError, match="at least 2 rows"):
        model.fit(RAGGED, LABELS).predict(short)


@pytest.mark.parametrize("part, text", [
    *((ModelSpace(alpha), "'alpha' parameter of ModelSpace must be a number > 0") for alpha in (0, -1, np.nan, "a")),
    *((Weighted(rate), "'rate' parameter of Weighted must be a number") for rate in (np.inf, np.nan, "a", True)),
])  # fmt: skip
def test_bad_parameter(part, text):
    refused(ReservoirClassifier(system(), pooling=part), text)


def refused(model, text):
    """It says why it does not learn, and has not begun to."""
    with pytest.raises(ValueError, match=text):
        model.fit(RAGGED, LABELS)
    assert not hasattr(model, "readout_")


def test_model_space_of_many_units_in_bounded_memory(monkeypatch):
    """300 units give 90,300 numbers: their products would take 65 GB, the rows take 14 MB."""
    rng = np.random.default_rng(0)
    X, y = [rng.normal(size=(60, 1)) for _ in range(20)], np.arange(20) % 3
    model = ReservoirClassifier(EchoState(300, random_state=0), RidgeReadout(1.0), pooling="model_space")
    tracemalloc.start()
    model.fit(X, y)
    assert tracemalloc.get_traced_memory()[1] < 2e8
    tracemalloc.stop()
    rows = np.stack([ModelSpace().pool(model.reservoir_.transform(x)) for x in X])
    expected = Ridge(1.0).fit(rows, 2.0 * np.eye(3)[y] - 1)
    np.testing.assert_allclose(model.readout_.coef_, expected.coef_, rtol=0, atol=1e-9 * np.abs(expected.coef_).max())
    monkeypatch.setattr(memory, "free_bytes", lambda: 2.0**28)
    with pytest.raises(MemoryError, match=r"ReservoirClassifier needs 0.289 GB for 200 pooled rows of 90300 columns"):
        model.fit(X * 10, list(y) * 10)


@pytest.mark.parametrize("name", POOLINGS)
def test_states_in_single_precision_are_summed_in_double(name):
    """A hundred thousand rows, whose sum loses digits in float32; what is pooled is that of the rows in float64."""
    rows = (0.3 + 0.3 * np.random.default_rng(0).uniform(-1, 1, size=(100_000, 3))).astype(np.float32)
    single, double = (POOLINGS[name]().pool(one) for one in (rows, rows.astype(np.float64)))
    np.testing.assert_allclose(single, double, rtol=1e-12)
