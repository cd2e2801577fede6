"""Rows that hold the spikes they count: cut as the record is, and never mistaken for plain numbers."""

import copy
import pickle

import numpy as np
import pytest

from reservoir.sequences.spikes import SpikeRows, spikes_of_rows
from tests.spikes.parts import some_trains

RECORD = some_trains(duration=0.505)


def test_rows_are_counts_and_slices_hold_their_record():
    rows = SpikeRows.of(RECORD, 0.01)
    np.testing.assert_array_equal(rows, RECORD.binned(0.01))
    assert rows.shape == (50, 5) and spikes_of_rows(rows) is RECORD
    part = rows[20:35]
    np.testing.assert_array_equal(part, RECORD.binned(0.01)[20:35])
    np.testing.assert_allclose(spikes_of_rows(part).times, RECORD.window(0.2, 0.35).times, atol=1e-12)
    again = part[5:]
    np.testing.assert_allclose(spikes_of_rows(again).times, RECORD.window(0.25, 0.35).times, atol=1e-12)
    assert spikes_of_rows(rows[:]) is RECORD


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda rows: pickle.loads(pickle.dumps(rows))])
def test_copies_hold_it_too(copied):
    rows = SpikeRows.of(RECORD, 0.01)[3:40]
    other = copied(rows)
    np.testing.assert_array_equal(other, rows)
    assert spikes_of_rows(other) == spikes_of_rows(rows)


def test_what_was_computed_holds_none_and_says_so():
    rows = SpikeRows.of(RECORD, 0.01)
    for other in (rows + 1, rows[::2], rows[:, :2], rows.copy()):
        with pytest.raises(ValueError, match="give the spike trains"):
            spikes_of_rows(other)
    assert spikes_of_rows(np.asarray(rows)) is None and spikes_of_rows(RECORD) is None
