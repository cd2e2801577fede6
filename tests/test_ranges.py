"""Ranges of channels, and what lies beyond."""

import numpy as np
import pytest

from reservoir.ranges import covering, first_beyond, ranges_of, read_bounds, widths_of

RANGES = np.array([[0.0, 2.0], [-1.0, 1.0]])


def test_ranges():
    rows = np.array([[0.0, 1.0], [2.0, -1.0], [1.0, 0.0]])
    np.testing.assert_array_equal(ranges_of(rows, np.array([0, 3])), [RANGES])
    np.testing.assert_array_equal(ranges_of(rows, np.array([0, 1, 3]))[1], [[1, 2], [-1, 0]])
    np.testing.assert_array_equal(covering(RANGES, RANGES + np.array([[1], [-3]])), [[0, 3], [-4, 1]])


def test_a_constant_channel_is_as_wide_as_large():
    flat = np.array([[5.0, 5.0], [0.0, 0.0], [-3.0, -3.0], [1e9, 1e9 + 1], [101000.0, 102000.0]])
    np.testing.assert_array_equal(widths_of(flat), [5, 1, 3, 1e9 + 1, 1000])


@pytest.mark.parametrize("value, found", [
    (8.0, None), (8.01, (1, 0)), (-6.0, None), (-6.01, (1, 0)), (np.nan, (1, 0)), (np.inf, (1, 0)),
])  # fmt: skip
def test_first_beyond(value, found):
    assert first_beyond(np.array([[1.0, 0.0], [value, 0.0], [99.0, 99.0]])[:2], RANGES, 3) == found
    rows = np.array([[1.0, 0.0], [1.0, 99.0]])
    assert first_beyond(rows, RANGES, 3) == (1, 1)
    assert first_beyond(rows, RANGES, np.array([3, 50])) is None
    assert first_beyond(np.stack([rows * 0, rows]), np.stack([RANGES, RANGES]), 3) == (1, 1, 1)
    assert first_beyond(np.stack([rows, rows]), np.stack([RANGES + 99, RANGES]), 3) == (0, 0, 0)


def test_bounds():
    np.testing.assert_array_equal(read_bounds("A", None, 2), [[-np.inf, np.inf]] * 2)
    np.testing.assert_array_equal(read_bounds("A", (0, np.inf), 2), [[0, np.inf]] * 2)
    np.testing.assert_array_equal(read_bounds("A", [(0, 1), (2, 3)], 2), [[0, 1], [2, 3]])
    assert read_bounds("A", "training", 2, RANGES) is RANGES
    for bad in ((1, 0), (1, 1), (0, np.nan), 3, (0, 1, 2), [(0, 1)] * 3, "data", [("a", "b")] * 2, {}):
        with pytest.raises(ValueError, match=r"The 'bounds' parameter of A must be None, 'auto', 'training', a pair"):
            read_bounds("A", bad, 2, RANGES)
    with pytest.raises(ValueError, match="must be None, a pair"):
        read_bounds("A", "training", 2)
