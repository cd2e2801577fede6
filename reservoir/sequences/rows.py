"""Sequences as rows with offsets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any

import numpy as np

from reservoir.sequences.containers import hint_at_axes


@dataclass(frozen=True)
class Sequences:
    """Sequences as concatenated rows (n_rows, n_features); sequence i is rows[offsets[i]:offsets[i + 1]].

    Where the sequences hold more than their rows, as spike trains do their times, `whole` are the sequences themselves.
    """

    rows: np.ndarray
    offsets: np.ndarray
    kind: str
    whole: list[np.ndarray] | None = None

    @classmethod
    def of_members(cls, members: list[np.ndarray]) -> Sequences:
        """A ragged list of series (T_i, F) that have been checked."""
        more = any(hasattr(member, "trains") for member in members)
        rows = np.concatenate(list(map(np.asarray, members)))
        return cls.of_lengths(rows, list(map(len, members)), members if more else None)

    @classmethod
    def of_lengths(cls, rows: np.ndarray, lengths: list[int], whole: list[np.ndarray] | None = None) -> Sequences:
        """The same of rows that stand one after the other."""
        return cls(rows, np.array([0, *accumulate(lengths)], np.int64), "list", whole)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def lengths(self) -> np.ndarray:
        """Number of rows of each sequence (n_sequences,)."""
        lengths: np.ndarray = self.offsets[1:] - self.offsets[:-1]
        return lengths

    def split(self, rows: np.ndarray) -> list[np.ndarray]:
        """Views of `rows` (n_rows, ...), one per sequence."""
        return [rows[first:last] for first, last in pairwise(self.offsets.tolist())]

    def members(self) -> list[np.ndarray]:
        """The sequences themselves, as views (T_i, n_features)."""
        return self.split(self.rows) if self.whole is None else self.whole

    def pack(self, rows: np.ndarray) -> Any:
        """`rows` (n_rows, ...) in the kind of container that came in."""
        if self.kind == "series":
            return rows
        if self.kind == "stack":
            return rows.reshape(len(self), -1, *rows.shape[1:])
        return self.split(rows)

    def check_lengths(self, n_rows: int, owner: str, washout: int, more: str = "") -> None:
        """Refuse a sequence of fewer than `n_rows` rows, which `owner` needs because of its `washout`, and `more`."""
        short = np.flatnonzero(self.lengths < n_rows)
        if short.size:
            which = "X" if self.kind == "series" else f"Sequence {short[0]} of X"
            raise ValueError(
                f"{which} has {self.lengths[short[0]]} sample(s), but {owner} with washout={washout}{more} needs at "
                f"least {n_rows} rows in every sequence.{self.hint(self.rows.shape[1] >= n_rows)}"
            )

    def hint(self, transposed: bool) -> str:
        """What an error adds where the axes of X seem to be the other way round, or nothing."""
        return hint_at_axes(self.lengths[0], self.rows.shape[1]) if transposed else ""


def joined(parts: Sequence[np.ndarray]) -> np.ndarray:
    """The parts, row after row, as one array; a single one is not copied."""
    return parts[0] if len(parts) == 1 else np.concatenate(parts)
