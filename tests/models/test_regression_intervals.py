"""Intervals of a regressor, against a naive twin and what they promise."""

import numpy as np
import pandas as pd
import pytest

from reservoir import EchoState, ReservoirRegressor, load, save
from reservoir.models import CoverageWarning, fit_in_parts
from reservoir.readouts import RidgeReadout


def regressor(**options):
    return ReservoirRegressor(EchoState(10, random_state=0), RidgeReadout(1e-2), **{"washout": 5} | options)


def data(seed, n_rows, n_outputs=2):
    rng = np.random.default_rng(seed)
    X = rng.uniform(-0.5, 0.5, size=(n_rows, 1))
    return X, X[:, [0] * n_outputs] + rng.standard_t(3, size=(n_rows, n_outputs)) * np.arange(1, n_outputs + 1)


def test_rows_of_a_series_are_covered_and_the_width_is_that_of_a_naive_twin():
    X, y = data(0, 1205)
    model = regressor().fit(X, y)
    prediction, lower, upper = model.predict_interval(data(1, 4000)[0], 0.8)
    np.testing.assert_array_equal(prediction, model.predict(data(1, 4000)[0]))
    covered = (lower <= data(1, 4000)[1]) & (data(1, 4000)[1] <= upper)
    assert covered.mean(axis=0) == pytest.approx([0.8, 0.8], abs=0.06)  # 4 deviations of 400 held-out rows, nearly
    twin = regressor().fit(X[:805], y[:805])  # two thirds of the rows after the washout
    errors = np.sort(np.abs(y - twin.predict(X))[805:], axis=0)
    place = int(np.ceil((len(errors) + 1) * 0.8))
    np.testing.assert_allclose(upper - prediction, np.broadcast_to(errors[place - 1], upper.shape))


@pytest.mark.parametrize("pooling", [None, "mean"])
def test_of_several_sequences_every_third_is_held_out(pooling):
    rng = np.random.default_rng(2)
    X = [rng.uniform(-0.5, 0.5, size=(length, 1)) for length in rng.integers(10, 14, size=60)]
    y = [member[:, 0] + rng.normal(size=len(member)) for member in X] if pooling is None else rng.normal(size=60)
    prediction, lower, upper = regressor(pooling=pooling).fit(X, y).predict_interval(X)
    learnt = np.arange(60) % 3 < 2
    of = [[one for one, kept in zip(values, learnt, strict=True) if kept] for values in (X, y)]
    twin = regressor(pooling=pooling).fit(of[0], of[1] if pooling is None else np.array(of[1]))
    answers = twin.predict(X)
    held_out = [k for k in range(60) if not learnt[k]]
    missed = np.concatenate([np.atleast_1d(answers[k] - y[k])[0 if pooling else 5 :] for k in held_out])
    width = np.sort(np.abs(missed))[int(np.ceil((len(missed) + 1) * 0.9)) - 1]
    ends = (upper[0] - prediction[0], prediction[1] - lower[1])
    for one in ends:
        np.testing.assert_allclose(one, width * np.ones_like(one))


def test_targets_that_are_missing_do_not_count_and_files_carry_what_is_needed(tmp_path):
    X, y = data(3, 400, 1)
    gaps = y[:, 0].copy()
    gaps[np.arange(400) % 7 == 3] = np.nan
    model = regressor().fit(X, gaps)
    prediction, lower, upper = model.predict_interval(X)
    assert prediction.shape == lower.shape == upper.shape == (400,) and np.isfinite(upper).all()
    save(model, tmp_path / "model")
    np.testing.assert_array_equal(load(tmp_path / "model").predict_interval(X)[2], upper)
    X[:], gaps[:] = 0, 0  # the arrays of the user
    np.testing.assert_array_equal(model.predict_interval(data(3, 400, 1)[0])[2], upper)


def test_tables_keep_their_index():
    X, y = data(4, 200)
    index = pd.date_range("2024", periods=200, freq="h")
    tables = pd.DataFrame(X, index=index), pd.DataFrame(y, index=index, columns=["a", "b"])
    found = regressor().set_output(transform="pandas").fit(*tables).predict_interval(tables[0])
    for part in found:
        assert list(part.columns) == ["a", "b"] and part.index.equals(index)
    assert (found[2] > found[1]).all(axis=None)


def test_too_few_targets_give_an_infinite_bound_and_a_warning():
    X, y = data(5, 25)
    with pytest.warns(CoverageWarning, match="7 targets that the readout had not learnt are too few"):
        _, lower, upper = regressor(washout=6).fit(X, y).predict_interval(X)
    assert (upper == np.inf).all() and (lower == -np.inf).all()
    with pytest.raises(ValueError, match="'coverage' parameter of predict_interval"):
        regressor().fit(X, y).predict_interval(X, 1.0)
    parts = fit_in_parts(regressor(), [([X], [y]), ([X], [y])], n_jobs=1)
    with pytest.raises(ValueError, match="that was trained by `fit`"):
        parts.predict_interval(X)


@pytest.mark.parametrize("options", [{}, {"pooling": "mean"}, {"gaps": "split"}])
def test_of_several_members_the_copies_answer_together(options):
    """The width is what the mean of copies misses, each of which has learnt two thirds of the sequences."""
    rng = np.random.default_rng(4)
    X = [rng.uniform(-0.5, 0.5, size=(30, 1)) for _ in range(30)]
    y = rng.normal(size=30) if "pooling" in options else [x[:, 0] + rng.normal(size=30) for x in X]
    model = regressor(n_members=3, **options).fit(X, y)
    before = [member.readout_.coef_.copy() for member in model.members_]
    prediction, _, upper = model.predict_interval(X)
    learnt = [k for k in range(30) if k % 3 < 2]
    twin = regressor(n_members=3, **options).fit([X[k] for k in learnt], np.array([y[k] for k in learnt]))
    answers = twin.predict(X)
    missed = np.concatenate([np.ravel(answers[k] - y[k])[0 if "pooling" in options else 5 :] for k in range(2, 30, 3)])
    width = np.sort(np.abs(missed))[int(np.ceil((len(missed) + 1) * 0.9)) - 1]
    np.testing.assert_allclose(np.ravel(upper[0] - prediction[0]), width)
    for member, coef in zip(model.members_, before, strict=True):
        np.testing.assert_array_equal(member.readout_.coef_, coef)


def test_of_two_series_the_last_third_of_each_is_held_out():
    (X, y), (X2, y2) = data(5, 305, 1), data(6, 155, 1)
    model = regressor().fit([X, X2], [y, y2])
    prediction, _, upper = model.predict_interval([X, X2])
    twin = regressor().fit([X[:205], X2[:105]], [y[:205], y2[:105]])
    missed = np.concatenate([y[205:] - twin.predict([X])[0][205:], y2[105:] - twin.predict([X2])[0][105:]])
    width = np.sort(np.abs(missed), axis=0)[int(np.ceil((len(missed) + 1) * 0.9)) - 1]
    for own, end in zip(prediction, upper, strict=True):
        np.testing.assert_allclose(end - own, np.broadcast_to(width, own.shape))
