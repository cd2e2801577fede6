"""What is derived is made once, anew for other sources, and gone with its owner."""

import gc
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from scipy import sparse

from reservoir.derived import Derived, remembered


def test_it_is_made_once_and_anew_for_other_sources():
    derived, owner, made = Derived(), np.ones(3), []

    def make():
        made.append(None)
        return len(made)

    part, other = object(), object()
    sources = (part, b"1"), (part, bytes([49])), (other, b"1")
    assert [derived.get(owner, given, make) for given in sources] == [1, 1, 2]
    assert derived.get(owner, (other, b"2"), make) == 3 and derived.get(owner, (other,), make) == 4
    assert derived.get(np.ones(3), (other,), make) == 5 and derived.get(owner, (other,), make) == 4


def test_it_goes_with_its_owner():
    derived = Derived()
    for _ in range(5):
        derived.get(np.ones(2), (), lambda: np.ones(3))
    gc.collect()
    assert not derived._kept


def test_a_number_is_computed_once_for_equal_bytes():
    asked = []

    @remembered
    def total(matrix):
        asked.append(matrix)
        return float(matrix.sum())

    matrix = np.arange(6.0).reshape(2, 3)
    alike = [matrix, matrix.copy(), sparse.csr_array(matrix), sparse.csr_array(matrix)]
    assert [total(one) for one in alike] == [15.0] * 4 and len(asked) < 4
    asked.clear()
    others = [matrix.T.copy(), matrix.ravel(), matrix.astype(np.float32), matrix.astype(int), matrix + 1e-15]
    assert [total(one) for one in others] == [one.sum() for one in others] and len(asked) == 5
    matrix[0, 0] = 1
    assert total(matrix) == 16


def test_few_numbers_are_kept_and_errors_are_not():
    asked = []

    @remembered
    def number(value):
        asked.append(value)
        return float(value)

    for value in range(1000):
        number(value)
    assert [number(999), number(0)] == [999, 0] and asked[1000:] == [0]
    for _ in range(2):
        with pytest.raises(ValueError, match="could not convert"):
            number("text")
    untold = type("Untold", (), {"__float__": lambda self: 1.0, "__reduce__": None})()
    assert [number(untold), number(untold)] == [1, 1] and asked[1001:] == ["text", "text", untold, untold]


def test_threads_that_remember_at_once():
    squared = remembered(lambda value: float(value) ** 2)
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(squared, [value % 600 for value in range(6000)]))
    assert found == [float(value % 600) ** 2 for value in range(6000)]
