"""Sequences with targets, as training takes them: whole, in part, packed, and cut into pieces."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from reservoir.rnn.packing import Packing
from reservoir.rnn.truncation import pieces


@dataclass(frozen=True)
class Examples:
    """Sequences with their targets. Sequence i is rows[offsets[i]:offsets[i + 1]]."""

    rows: np.ndarray  # (n_rows, n_features), float64
    offsets: np.ndarray  # (n_sequences + 1,)
    targets: np.ndarray  # (n_rows, ...) or (n_sequences, ...)
    pooling: str | None  # None is a target for every row
    washout: int  # rows at the head of a sequence whose targets do not count
    weights: np.ndarray | None = None  # of the targets, 0 for rows that do not count; None: all count alike

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def scored(self) -> tuple[np.ndarray, np.ndarray | None]:
        """The targets that count, and their weights."""
        if self.pooling is not None:
            return self.targets, self.weights
        steps = np.arange(len(self.rows)) - np.repeat(self.offsets[:-1], np.diff(self.offsets))
        kept = (steps >= self.washout) & counting(self.weights, len(steps))
        return self.targets[kept], None if self.weights is None else self.weights[kept]

    def counted(self) -> Examples:
        """The sequences in which something counts."""
        if self.weights is None:
            return self
        steps = np.arange(len(self.rows)) - np.repeat(self.offsets[:-1], np.diff(self.offsets))
        after = np.where(steps >= self.washout, self.weights, 0.0) if self.pooling is None else self.weights
        totals = after if self.pooling is not None else np.add.reduceat(after, self.offsets[:-1])
        found = self if totals.all() else self.take(np.flatnonzero(totals))
        alike = found.weights is not None and (found.weights == 1).all()
        return replace(found, weights=None) if alike else found

    def take(self, chosen: np.ndarray) -> Examples:
        """The sequences with these numbers."""
        pieces = [np.arange(self.offsets[i], self.offsets[i + 1]) for i in chosen]
        rows = np.concatenate(pieces)
        offsets = np.concatenate([[0], np.cumsum([len(piece) for piece in pieces])])
        places = rows if self.pooling is None else chosen
        weights = None if self.weights is None else self.weights[places]
        return Examples(self.rows[rows], offsets, self.targets[places], self.pooling, self.washout, weights)

    def cut_tail(self, n_rows: int) -> tuple[Examples, Examples]:
        """One series as its head to learn from, and as the whole of which only the tail is scored."""
        kept = len(self.rows) - n_rows
        own = None if self.weights is None else self.weights[:kept]
        head = Examples(self.rows[:kept], np.array([0, kept]), self.targets[:kept], None, self.washout, own)
        return head, Examples(self.rows, self.offsets, self.targets, None, kept, self.weights)


def counting(weights: np.ndarray | None, n_rows: int) -> np.ndarray:
    """Which of so many rows weigh anything."""
    return np.ones(n_rows, dtype=bool) if weights is None else weights > 0


class BatchPiece(NamedTuple):
    """Consecutive steps of a batch."""

    packing: Packing
    rows: np.ndarray  # (n_rows, n_features)
    targets: np.ndarray
    scored: np.ndarray  # (n_rows,), whether the target of a row counts
    weights: np.ndarray | None = None  # of the targets

    def of(self, chosen: slice, per_row: bool) -> BatchPiece:
        """Every so many sequences alone; targets are `per_row` or one for each sequence."""
        mine = np.isin(self.packing.member, np.arange(len(self.packing.lengths))[chosen])
        own = mine if per_row else chosen
        weights = None if self.weights is None else self.weights[own]
        packing = Packing.of(self.packing.lengths[chosen])
        return BatchPiece(packing, self.rows[mine], self.targets[own], self.scored[mine], weights)


class Batch:
    """Packed examples."""

    def __init__(self, examples: Examples):
        self.packing = Packing.of(np.diff(examples.offsets))
        places = self.packing.places(examples.offsets[:-1])
        self.rows, self.pooling = examples.rows[places], examples.pooling
        own = places if self.pooling is None else self.packing.order
        self.targets = examples.targets[own]
        self.weights = None if examples.weights is None else examples.weights[own]
        self.scored = self.packing.step >= examples.washout
        if self.pooling is None:
            self.scored &= counting(self.weights, len(self.scored))

    def pieces(self, truncation: int | str | None = None) -> Iterator[BatchPiece]:
        """Pieces of so many steps, of about equal length ("auto"), or the whole."""
        for first, last in pieces(len(self.packing.starts) - 1, truncation):
            packing = self.packing.cut(first, last)
            rows = slice(self.packing.starts[first], self.packing.starts[first] + packing.starts[-1])
            own = rows if self.pooling is None else slice(None)
            weights = None if self.weights is None else self.weights[own]
            yield BatchPiece(packing, self.rows[rows], self.targets[own], self.scored[rows], weights)
