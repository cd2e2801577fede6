"""Spikes as rows of numbers, and back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sklearn.base import clone

from reservoir.spikes import Raster, SpikeTrains


@given(arrays.arrays(np.int64, st.tuples(st.integers(1, 20), st.integers(1, 4)), elements=st.integers(0, 9)))
def test_rows_come_back(rows):
    trains = clone(Raster()).fit(rows).encode(rows, 0.01)
    assert trains.duration == pytest.approx(0.01 * len(rows)) and trains.n_units == rows.shape[1]
    np.testing.assert_array_equal(trains.binned(0.01), rows)


def test_spikes_of_a_row_are_spread_evenly():
    trains = Raster().encode(np.array([[0, 4], [2, 0]]), 0.1)
    first, second = trains.to_lists()
    np.testing.assert_allclose(first, [0.125, 0.175])
    np.testing.assert_allclose(second, [0.0125, 0.0375, 0.0625, 0.0875])


def test_binned_counts_every_spike_in_its_piece():
    rng = np.random.default_rng(0)
    trains = SpikeTrains(rng.uniform(0, 1, 300), rng.integers(0, 3, 300), 3, 1.0)
    table = trains.binned(0.07)  # 14 whole pieces
    assert table.shape == (14, 3)
    for piece in range(14):
        inside = (trains.times >= 0.07 * piece) & (trains.times < 0.07 * (piece + 1))
        np.testing.assert_array_equal(table[piece], np.bincount(trains.units[inside], minlength=3))
    with pytest.raises(ValueError, match="'step' parameter of binned must be"):
        trains.binned(2.0)


@pytest.mark.parametrize("rows", [[[0.5]], [[-1]], [[np.nan]], [[20_000]], "a", [1, 2], [["a"]], [[1j]]])
def test_rows_that_are_no_numbers_of_spikes(rows):
    with pytest.raises(ValueError, match="'rows' parameter of Raster must be whole numbers"):
        Raster().encode(rows, 0.01)
