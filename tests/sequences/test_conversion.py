"""Converters to and from the axes of aeon."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from reservoir.sequences import from_aeon, to_aeon

SIZES = st.integers(1, 4)


@given(SIZES, SIZES, SIZES)
def test_aeon_and_back(n_cases, n_channels, n_times):
    cases = np.arange(n_cases * n_channels * n_times, dtype=np.float32).reshape(n_cases, n_channels, n_times)
    stack = from_aeon(cases)
    assert stack.dtype == cases.dtype and stack.flags.c_contiguous
    assert all(stack[i, t, c] == cases[i, c, t] for i, c, t in np.ndindex(cases.shape))
    np.testing.assert_array_equal(to_aeon(stack), cases)
    np.testing.assert_array_equal(from_aeon(cases[:, 0]), from_aeon(cases[:, :1]))
    ragged = [case[:, : 1 + k % n_times] for k, case in enumerate(cases)]
    for make in (list, tuple, lambda cases: [pd.DataFrame(case) for case in cases]):
        series = from_aeon(make(ragged))
        assert [one.shape for one in series] == [case.T.shape for case in ragged]
        assert all(map(np.array_equal, to_aeon(series), ragged))
    np.testing.assert_array_equal(to_aeon(cases[0]), cases[:1].swapaxes(1, 2))  # one series


@pytest.mark.parametrize("data", [3, "abc", [], [1, 2], np.zeros(3), np.zeros((1, 1, 1, 1)), [np.zeros((2, 2)), 3]])
@pytest.mark.parametrize("convert", [from_aeon, to_aeon])
def test_what_cannot_be_converted(convert, data):
    with pytest.raises(ValueError, match=convert.__name__):
        convert(data)


@pytest.mark.parametrize("values", [np.full((2, 3, 4), 1j), np.full((2, 3, 4), "a"), np.full((2, 3, 4), {})])
def test_what_holds_no_real_numbers(values):
    for convert in (from_aeon, to_aeon):
        for data in (values, list(values)):
            with pytest.raises(ValueError, match=f"'X' parameter of {convert.__name__} must be of real numbers"):
                convert(data)


def test_sparse_and_nullable_tables():
    table = np.arange(6.0).reshape(2, 3)
    for form in (sparse.csr_array(table), pd.DataFrame(table).convert_dtypes(), pd.DataFrame(table.astype(object))):
        np.testing.assert_array_equal(from_aeon([form])[0], table.T)
        np.testing.assert_array_equal(to_aeon(form), table.T[None])


def test_tables_with_times_as_index_are_sequences_already():
    table = pd.DataFrame(np.zeros((5, 2)), index=pd.date_range("2024", periods=5))
    with pytest.raises(ValueError, match="index of times, so they are sequences as they are"):
        from_aeon([table, table])
