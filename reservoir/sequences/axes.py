"""Whether the axes of data are those that are meant: time before features, recordings before time."""

from __future__ import annotations

import numpy as np

from reservoir.sequences.doubts import warn_of_data
from reservoir.sequences.rows import Sequences

MANY = 20  # features, from which on they may be the steps of recordings
_MOST_ROWS = 1000  # rows that are looked at


def warn_of_axes(owner: str, sequences: Sequences, per_step: bool) -> None:
    """Warn where features look like steps of time: of one recording a row, or in a collection of aeon.

    Steps of time are alike to their neighbours. What is told here is a ratio: by how much rows differ from the next,
    over how much features do. Where there are more features than rows, it must not be small; else it must be large.
    """
    length, width = int(sequences.lengths.max()), sequences.rows.shape[1]
    one = sequences.kind == "series"
    if one != per_step or len(sequences.rows) < 2 or not _look_like_steps(sequences, length, width):
        return
    what = f"{length} steps of {width} features"
    if one:
        warn_of_data(
            f"X of {owner} is read as one series of {what}, with a target for every step. If it is a table with one "
            f"recording of {width} steps a row, give X[..., None] (of a table X.to_numpy()[..., None]): {length} "
            "series of one feature, with one target each."
        )
    else:
        warn_of_data(
            f"X of {owner} is read as {len(sequences)} series of {what}, since time stands before features. If "
            "channels stand before time, as in collections of aeon, give reservoir.sequences.from_aeon(X)."
        )


def _look_like_steps(sequences: Sequences, length: int, width: int) -> bool:
    if length == 1 or width < 3 or (width < MANY and width <= length):
        return length == 1 and width >= MANY
    ratio = _roughness(sequences)
    return ratio > 0.8 if width > length else ratio > 2


def _roughness(sequences: Sequences) -> float:
    """How much a row differs from the next, over how much a feature does from the next, on average."""
    rows = sequences.rows[:_MOST_ROWS]
    follows = np.ones(len(rows), dtype=bool)
    starts = sequences.offsets[:-1]
    follows[starts[starts < len(rows)]] = False
    across_rows = np.abs(np.diff(rows, axis=0))[follows[1:]]
    across_features = np.abs(np.diff(rows, axis=1)).mean()
    return float(across_rows.mean() / across_features) if across_rows.size and across_features > 0 else 0.0
