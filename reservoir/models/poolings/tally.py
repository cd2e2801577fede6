"""What can be counted of rows that come in blocks: how many lie above thresholds, the largest, the sums, the last.

Shares, maximum, mean and last row of a sequence need no more, so that one compiled pass serves all of them, and the
rows of a sequence are never held together. Counts are whole numbers and sums are made row by row, so that the answer
has the same bits however the rows are cut.
"""

from __future__ import annotations

import copy
from typing import NamedTuple, Self

import numpy as np

from reservoir.compilation import kernel

_STRIPE = 256  # columns whose thresholds and counts stay in the nearest cache


NO_THRESHOLDS = np.zeros((0, 0))


class Asks(NamedTuple):
    """What a pooling asks of the rows of a sequence that it need not see together."""

    thresholds: np.ndarray = NO_THRESHOLDS  # (n_thresholds, n_columns)
    highest: bool = False
    sums: bool = False
    last: bool = False


class Counts(NamedTuple):
    """What has been counted of the rows of a sequence."""

    n_rows: int
    above: np.ndarray  # (n_thresholds, n_columns) of int, rows above each threshold
    highest: np.ndarray  # (n_columns,), or empty where nobody asked
    sums: np.ndarray  # the same, in float64
    last: np.ndarray  # the last row (n_columns,), or empty


class Tally:
    """Counts of the rows of one sequence after the other, whose columns may come in parts; it may go on from some."""

    def __init__(self, asks: Asks, begun: Counts | None = None):
        self._asks, self._begun = asks, begun
        self._n_rows = 0
        self._thresholds: list[np.ndarray] = []  # of each part
        self._counted: list[tuple[np.ndarray, ...]] = []
        self._last: tuple[np.ndarray, ...] = ()
        if begun is not None:
            _check_answers(asks, begun)

    def add(self, *parts: np.ndarray) -> None:
        """Count a block of rows (n_rows, n_columns), or of parts that stand side by side."""
        if not self._n_rows:
            self._begin(parts)
        for rows, thresholds, counted in zip(parts, self._thresholds, self._counted, strict=True):
            backwards = rows.strides[0] < 0  # as `Reversed` has left them
            forwards = np.ascontiguousarray(rows[::-1] if backwards else rows)
            count_rows(forwards, backwards, thresholds, *counted)
        self._n_rows += len(parts[0])
        if self._asks.last:
            self._last = tuple(rows[-1] for rows in parts)

    def take(self) -> Counts:
        """The counts of a sequence; the next block begins another one."""
        counts = self._joint()
        self._n_rows = 0
        return counts

    def so_far(self) -> Counts | None:
        """The counts of the rows until now, of a sequence that goes on; None before the first."""
        if not self._n_rows:
            return self._begun
        counts = copy.deepcopy(self._joint())
        return counts._replace(above=counts.above.astype(np.int64))

    def twin(self) -> Self:
        """Another that goes on from here."""
        other = copy.copy(self)
        other._counted = copy.deepcopy(self._counted)
        return other

    def _joint(self) -> Counts:
        above, highest, sums = (_joined(parts) for parts in zip(*self._counted, strict=True))
        return Counts(self._n_rows, above, highest, sums, _joined(self._last) if self._last else np.zeros(0))

    def _begin(self, parts: tuple[np.ndarray, ...]) -> None:
        """Counts of nothing, in whole numbers as wide as those that are compared."""
        widths, asks = [rows.shape[1] for rows in parts], self._asks
        if [thresholds.shape[1] for thresholds in self._thresholds] != widths:
            self._thresholds = self._split(widths)
        self._counted = [
            (
                np.zeros(thresholds.shape, f"i{rows.itemsize}"),
                np.full(rows.shape[1] * asks.highest, -np.inf, rows.dtype),
                np.zeros(rows.shape[1] * asks.sums),
            )
            for rows, thresholds in zip(parts, self._thresholds, strict=True)
        ]
        if self._begun is not None:
            self._go_on(self._begun, np.cumsum(widths)[:-1])
            self._begun = None

    def _go_on(self, begun: Counts, edges: np.ndarray) -> None:
        """Put what was counted before in the place of nothing."""
        for place, counted in enumerate((begun.above, begun.highest, begun.sums)):
            given = np.split(counted, edges if counted.size else [0] * len(edges), axis=-1)
            own = [parts[place] for parts in self._counted]
            if [one.shape for one in own] != [one.shape for one in given]:
                raise ValueError("What was counted does not fit the rows that come.")
            for mine, before in zip(own, given, strict=True):
                mine[...] = before
        self._n_rows = begun.n_rows

    def _split(self, widths: list[int]) -> list[np.ndarray]:
        """The thresholds of parts of so many columns."""
        thresholds, n_columns = self._asks.thresholds, sum(widths)
        if not len(thresholds):
            return [np.zeros((0, width)) for width in widths]
        if thresholds.shape[1] != n_columns:
            raise ValueError(f"The pooling has learnt {thresholds.shape[1]} columns. Got {n_columns}.")
        return [np.ascontiguousarray(own) for own in np.split(thresholds, np.cumsum(widths)[:-1], axis=1)]


def _joined(parts: tuple[np.ndarray, ...]) -> np.ndarray:
    """The columns of all parts."""
    return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=-1)


def _check_answers(asks: Asks, counts: Counts) -> None:
    """Refuse counts that do not answer what is asked."""
    n_thresholds, fits = len(asks.thresholds), counts.above.ndim == 2 and counts.n_rows > 0
    shape = asks.thresholds.shape if n_thresholds else (0, np.shape(counts.above)[-1])
    vectors = zip(counts[2:], asks[1:], strict=True)
    if not fits or counts.above.shape != shape or any(one.size != shape[1] * asked for one, asked in vectors):
        raise ValueError("What was counted is not what the pooling asks for.")


@kernel()
def count_rows(rows, backwards, thresholds, above, highest, sums):
    """Add what `rows` (n_rows, n_columns) count to the counts, a stripe of columns after the other.

    Three rows at once, since reading and writing a count takes longer than the comparison. Sums are made from the first
    row to the last, or `backwards`.
    """
    n_rows, n_columns = rows.shape
    start, step = (n_rows - 1, -1) if backwards else (0, 1)
    for first in range(0, n_columns, _STRIPE):
        last = min(first + _STRIPE, n_columns)
        most, total = highest[first:last], sums[first:last]
        for t in range(0, n_rows - 2, 3):
            place = start + step * t
            a, b, c = rows[place, first:last], rows[place + step, first:last], rows[place + 2 * step, first:last]
            for k in range(thresholds.shape[0]):
                add_above(a, b, c, thresholds[k, first:last], above[k, first:last])
            for i in range(most.size):
                most[i] = max(most[i], max(a[i], max(b[i], c[i])))
            for i in range(total.size):
                total[i] = total[i] + a[i] + b[i] + c[i]
        for t in range(n_rows - n_rows % 3, n_rows):
            a = rows[start + step * t, first:last]
            for k in range(thresholds.shape[0]):
                threshold, count = thresholds[k, first:last], above[k, first:last]
                for i in range(a.size):
                    count[i] += a[i] > threshold[i]
            for i in range(most.size):
                most[i] = max(most[i], a[i])
            for i in range(total.size):
                total[i] += a[i]


@kernel()
def add_above(a, b, c, threshold, count):
    """Count in how many of three rows (n,) each number is above its threshold."""
    one, none = count.dtype.type(1), count.dtype.type(0)
    for i in range(a.size):
        least = threshold[i]
        count[i] += (one if a[i] > least else none) + (one if b[i] > least else none) + (one if c[i] > least else none)
