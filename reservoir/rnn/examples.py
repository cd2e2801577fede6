"""Sequences with targets, as training takes them: whole, in part, packed, and cut into pieces."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
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

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def scored(self) -> np.ndarray:
        """The targets that count."""
        if self.pooling is not None:
            return self.targets
        steps = np.arange(len(self.rows)) - np.repeat(self.offsets[:-1], np.diff(self.offsets))
        return self.targets[steps >= self.washout]

    def take(self, chosen: np.ndarray) -> Examples:
        """The sequences with these numbers."""
        pieces = [np.arange(self.offsets[i], self.offsets[i + 1]) for i in chosen]
        rows = np.concatenate(pieces)
        offsets = np.concatenate([[0], np.cumsum([len(piece) for piece in pieces])])
        targets = self.targets[rows if self.pooling is None else chosen]
        return Examples(self.rows[rows], offsets, targets, self.pooling, self.washout)

    def cut_tail(self, n_rows: int) -> tuple[Examples, Examples]:
        """One series as its head to learn from, and as the whole of which only the tail is scored."""
        kept = len(self.rows) - n_rows
        head = Examples(self.rows[:kept], np.array([0, kept]), self.targets[:kept], None, self.washout)
        return head, Examples(self.rows, self.offsets, self.targets, None, kept)


class BatchPiece(NamedTuple):
    """Consecutive steps of a batch."""

    packing: Packing
    rows: np.ndarray  # (n_rows, n_features)
    targets: np.ndarray
    scored: np.ndarray  # (n_rows,), whether the target of a row counts


class Batch:
    """Packed examples."""

    def __init__(self, examples: Examples):
        self.packing = Packing.of(np.diff(examples.offsets))
        places = self.packing.places(examples.offsets[:-1])
        self.rows, self.pooling = examples.rows[places], examples.pooling
        self.targets = examples.targets[places if self.pooling is None else self.packing.order]
        self.scored = self.packing.step >= examples.washout

    def pieces(self, truncation: int | str | None = None) -> Iterator[BatchPiece]:
        """Pieces of so many steps, of about equal length ("auto"), or the whole."""
        for first, last in pieces(len(self.packing.starts) - 1, truncation):
            packing = self.packing.cut(first, last)
            rows = slice(self.packing.starts[first], self.packing.starts[first] + packing.starts[-1])
            targets = self.targets[rows] if self.pooling is None else self.targets
            yield BatchPiece(packing, self.rows[rows], targets, self.scored[rows])
