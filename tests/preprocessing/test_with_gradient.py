"""Channels and their gradients, against differences by hand."""

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import make_pipeline

from reservoir import EchoState, ReservoirClassifier, ReservoirRegressor
from reservoir.preprocessing import SequenceScaler, WithGradient

RNG = np.random.default_rng(2)
RAGGED = [RNG.normal(size=(n, 2)) for n in (1, 2, 3, 20)]


def naive(rows):
    found = np.zeros_like(rows)
    for t in range(len(rows)):
        before, after = max(t - 1, 0), min(t + 1, len(rows) - 1)
        if after > before:
            found[t] = (rows[after] - rows[before]) / (after - before)
    return np.hstack([rows, found])


def test_every_container():
    part = WithGradient().fit(RAGGED)
    for own, rows in zip(part.transform(RAGGED), RAGGED, strict=True):
        np.testing.assert_allclose(own, naive(rows), rtol=1e-13, atol=1e-15)
        assert np.array_equal(part.transform(rows), own)
    stack = RNG.normal(size=(3, 5, 2))
    assert np.array_equal(part.transform(stack), np.stack(part.transform(list(stack))))


def test_gaps_have_no_gradient_and_the_pieces_their_own():
    rows = RNG.normal(size=(9, 2))
    rows[4, 1] = np.nan
    found = WithGradient().fit_transform(rows)
    assert np.isnan(found[4]).all()
    np.testing.assert_allclose(found[:4], naive(rows[:4]))
    np.testing.assert_allclose(found[5:], naive(rows[5:]))
    gone = WithGradient().fit_transform(np.full((3, 1), np.nan))
    assert gone.shape == (3, 2) and np.isnan(gone).all()


def test_tables_keep_index_and_names():
    index = pd.date_range("2020", periods=6, freq="D")
    table = pd.DataFrame(RNG.normal(size=(6, 2)), index=index, columns=["a", "b"])
    part = WithGradient().set_output(transform="pandas").fit(table)
    for found in (part.transform(table), part.transform([table])[0]):
        assert list(found.columns) == ["a", "b", "a_gradient", "b_gradient"] and (found.index == index).all()


@pytest.mark.parametrize("X", [RAGGED, RNG.normal(size=(4, 6, 2))])
def test_before_a_model(X):
    for model, y in ((ReservoirClassifier, list("abab")), (ReservoirRegressor, [1.0, 2.0, 3.0, 4.0])):
        options = {"pooling": "mean"} if model is ReservoirRegressor else {}
        steps = make_pipeline(WithGradient(), SequenceScaler(), model(EchoState(10, random_state=0), **options))
        assert len(steps.fit(X, y).predict(X)) == 4
        assert steps[-1].n_features_in_ == 4
