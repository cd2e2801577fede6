"""Sequences cut at the rows in which something is missing."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from reservoir.sequences.rows import Sequences


class Pieces(NamedTuple):
    """The pieces of sequences between their gaps, each of rows that follow one another."""

    sequences: Sequences
    places: np.ndarray  # (n_rows of all pieces,), of these rows among those of the whole sequences
    whole: np.ndarray  # (n_pieces,), the sequence that each is of

    @property
    def last(self) -> np.ndarray:
        """Whether a piece is the last of its sequence (n_pieces,)."""
        return np.append(self.whole[1:] != self.whole[:-1], True)


def pieces_of(sequences: Sequences, *, cut: bool = True) -> Pieces:
    """The pieces between rows with NaN; the sequences themselves where there are none, or they are not to be cut.

    A sequence of gaps alone has no piece.
    """
    numbers, missing = np.arange(len(sequences)), np.isnan(sequences.rows).any(axis=1) if cut else None
    if missing is None or not missing.any():
        return Pieces(sequences, np.arange(len(sequences.rows)), numbers)
    places = np.flatnonzero(~missing)
    owner = np.repeat(numbers, sequences.lengths)[places]
    begins = np.append(True, (np.diff(places) > 1) | (np.diff(owner) > 0))[: len(places)]
    starts = np.flatnonzero(begins)
    return Pieces(Sequences(sequences.rows[places], np.append(starts, len(places)), "list"), places, owner[starts])
