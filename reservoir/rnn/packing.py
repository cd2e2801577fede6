"""Ragged sequences as rows that are adjacent step by step, the longest sequence first, without padding.

Step t is the rows starts[t]:starts[t + 1]. Row s of a step belongs to the s-th longest sequence, so the sequences that
have ended are missing at the end, and a step never has more rows than the step before.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Packing:
    """How sequences of given lengths are packed."""

    order: np.ndarray  # (n_sequences,), which sequence is the s-th longest
    lengths: np.ndarray  # (n_sequences,), descending
    starts: np.ndarray  # (n_steps + 1,)
    step: np.ndarray  # (n_rows,), step of a packed row
    member: np.ndarray  # (n_rows,), its s

    @classmethod
    def of(cls, lengths: np.ndarray) -> Packing:
        """The packing of sequences of these lengths, each at least 1; equal ones stay in their order."""
        order = np.argsort(-lengths, kind="stable")
        descending = lengths[order]
        sizes = np.searchsorted(-descending, -np.arange(descending[0]), side="left")
        starts = np.concatenate([[0], np.cumsum(sizes)])
        step = np.repeat(np.arange(len(sizes)), sizes)
        return cls(order, descending, starts, step, np.arange(starts[-1]) - starts[step])

    def places(self, offsets: np.ndarray) -> np.ndarray:
        """Where each packed row stands in rows where sequence i begins at offsets[i]."""
        return offsets[self.order][self.member] + self.step

    def mirrored(self) -> np.ndarray:
        """For each packed row the one that takes its place when every sequence is read from its end."""
        return self.starts[self.lengths[self.member] - 1 - self.step] + self.member

    def last_rows(self) -> np.ndarray:
        """The packed row of the last step of each sequence (n_sequences,)."""
        return self.starts[self.lengths - 1] + np.arange(len(self.lengths))

    def cut(self, first: int, last: int) -> Packing:
        """The steps first:last alone, of the sequences that are running at `first`."""
        starts = self.starts[first : last + 1]
        rows = slice(starts[0], starts[-1])
        running = slice(0, starts[1] - starts[0])
        lengths = np.minimum(self.lengths[running], last) - first
        return Packing(self.order[running], lengths, starts - starts[0], self.step[rows] - first, self.member[rows])
