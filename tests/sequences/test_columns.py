"""Columns by name, and rows of which some values are unknown."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator

from reservoir.sequences import read_sequences
from reservoir.sequences.columns import read_channels, read_known

ROWS = np.arange(12.0).reshape(4, 3)
MASK = [[1, 0, 0], [0, 0, 0], [0, 1, 0], [0, 0, 0]]
UNKNOWN = np.where(MASK, np.nan, ROWS)


def fitted(X):
    estimator = BaseEstimator()
    read_sequences(estimator, X, reset=True)
    return estimator


def known(estimator, table):
    return read_known(estimator, "forecast", "observed", table)


def test_masked_missing_and_nan_are_unknown():
    estimator = fitted(ROWS)
    lists = [[None if np.isnan(value) else value for value in row] for row in UNKNOWN.tolist()]
    for table in (UNKNOWN, np.ma.masked_array(ROWS, MASK), np.ma.masked_array(ROWS.astype(int), MASK), lists):
        np.testing.assert_array_equal(known(estimator, table), UNKNOWN)
    assert not np.shares_memory(known(estimator, UNKNOWN), UNKNOWN)
    for table in (ROWS[:, :2], ROWS[0], "abc", ROWS * 1j, np.where(MASK, np.inf, ROWS), [["a"] * 3] * 4):
        assert known(estimator, table) is None


def test_columns_go_by_name():
    pd = pytest.importorskip("pandas")
    estimator = fitted(pd.DataFrame(ROWS, columns=list("abc")))
    whole = pd.DataFrame(UNKNOWN, columns=list("abc"))
    for table in (whole, whole[["c", "a", "b"]], whole.convert_dtypes(), whole.astype(object)):
        np.testing.assert_array_equal(known(estimator, table), UNKNOWN)
    part = known(estimator, whole[["c"]])
    np.testing.assert_array_equal(part[:, 2], UNKNOWN[:, 2])
    assert np.isnan(part[:, :2]).all()
    np.testing.assert_array_equal(known(estimator, UNKNOWN), UNKNOWN)  # an array has no names
    for columns in (["a", "d"], ["a", "a"]):
        with pytest.raises(ValueError, match=r"'observed' parameter of forecast must be a table with columns among"):
            known(estimator, pd.DataFrame(ROWS[:, :2], columns=columns))
    with pytest.raises(ValueError, match="observed of forecast must be in order of time"):
        known(estimator, whole.set_index(pd.date_range("2024", periods=4)[::-1]))


def test_channels_by_number_or_name():
    pd = pytest.importorskip("pandas")
    named, plain = fitted(pd.DataFrame(ROWS, columns=list("abc"))), fitted(ROWS)
    for channels in (["c", "a"], ("c", "a"), np.array(["c", "a"]), pd.Index(["c", "a"]), [2, 0]):
        assert read_channels(named, "exogenous", channels).tolist() == [2, 0]
    assert read_channels(plain, "exogenous", ()).tolist() == []
    for channels in ("c", ["d"], ["a", "a"], ["a", 1], [3], [1, 1], [0.5], np.ma.masked_array([1], [True])):
        with pytest.raises(ValueError, match="'exogenous' parameter of BaseEstimator must be"):
            read_channels(named, "exogenous", channels)
    with pytest.raises(ValueError, match="names if the data of fit have names, or their numbers"):
        read_channels(plain, "exogenous", ["a"])
