"""What can be counted of rows that come in blocks: how many lie above thresholds, the largest, the sums.

Shares, maximum and mean of a sequence need no more, so that one compiled pass serves all of them, and the rows of a
sequence are never held together. Counts are whole numbers and sums are made row by row, so that the answer has the same
bits however the rows are cut.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from reservoir.compilation import kernel

_STRIPE = 256  # columns whose thresholds and counts stay in the nearest cache


NO_THRESHOLDS = np.zeros((0, 0))


class Asks(NamedTuple):
    """What a pooling asks of the rows of a sequence that it need not see together."""

    thresholds: np.ndarray = NO_THRESHOLDS  # (n_thresholds, n_columns)
    highest: bool = False
    sums: bool = False


class Counts(NamedTuple):
    """What has been counted of the rows of a sequence."""

    n_rows: int
    above: np.ndarray  # (n_thresholds, n_columns) of int, rows above each threshold
    highest: np.ndarray  # (n_columns,), or empty where nobody asked
    sums: np.ndarray  # the same, in float64


class Tally:
    """Counts of the rows of one sequence after the other."""

    def __init__(self, asks: Asks):
        self._asks = asks
        self._n_rows = 0
        self._counted: tuple[np.ndarray, ...] = ()

    def add(self, rows: np.ndarray) -> None:
        """Count a block of rows (n_rows, n_columns)."""
        if not self._n_rows:
            self._begin(rows)
        rows = np.ascontiguousarray(rows)
        count_rows(rows, *self._counted)
        self._n_rows += len(rows)

    def take(self) -> Counts:
        """The counts of a sequence; the next block begins another one."""
        n_rows, self._n_rows = self._n_rows, 0
        return Counts(n_rows, *self._counted[1:])

    def _begin(self, rows: np.ndarray) -> None:
        """Counts of nothing, in whole numbers as wide as those that are compared."""
        n_columns, dtype, asks = rows.shape[1], rows.dtype, self._asks
        if len(asks.thresholds) and asks.thresholds.shape[1] != n_columns:
            raise ValueError(f"The pooling has learnt {asks.thresholds.shape[1]} columns. Got {n_columns}.")
        thresholds = np.ascontiguousarray(asks.thresholds, dtype)
        above = np.zeros(thresholds.shape, f"i{dtype.itemsize}")
        highest = np.full(n_columns * asks.highest, -np.inf, dtype)
        self._counted = thresholds, above, highest, np.zeros(n_columns * asks.sums)


@kernel()
def count_rows(rows, thresholds, above, highest, sums):
    """Add what `rows` (n_rows, n_columns) count to the counts, a stripe of columns after the other."""
    n_columns = rows.shape[1]
    for first in range(0, n_columns, _STRIPE):
        last = min(first + _STRIPE, n_columns)
        for t in range(rows.shape[0]):
            row = rows[t, first:last]
            for k in range(thresholds.shape[0]):
                threshold, count = thresholds[k, first:last], above[k, first:last]
                for i in range(row.size):
                    count[i] += row[i] > threshold[i]
            if highest.size:
                most = highest[first:last]
                for i in range(row.size):
                    most[i] = max(most[i], row[i])
            if sums.size:
                total = sums[first:last]
                for i in range(row.size):
                    total[i] += row[i]
