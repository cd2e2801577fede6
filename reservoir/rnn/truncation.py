"""Where sequences are cut for truncated backpropagation, so that a long one teaches more than once an epoch."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

PIECE = 100
"""Rows of a piece, about, where `truncation` is "auto"."""

FEW_UPDATES = 10
"""Sequences that give as many updates an epoch as they are stay whole."""


def too_long(lengths: np.ndarray, batch_size: int) -> bool:
    """Whether "auto" cuts sequences of these lengths.

    One series is cut if it is longer than 2 pieces, and several only if they give few updates and one is so long that
    a user will not have cut it himself, 10 pieces.
    """
    few = -(-len(lengths) // batch_size) < FEW_UPDATES
    return few and int(lengths.max()) > PIECE * (2 if len(lengths) == 1 else 10)


def pieces(n_steps: int, truncation: int | str | None) -> Iterator[tuple[int, int]]:
    """First and last step of every piece, where cut at all. Those of "auto" are equally long, but for a step.

    A piece of a few rows would move the parameters as far as any other.
    """
    if truncation == "auto":
        cuts = np.linspace(0, n_steps, max(1, round(n_steps / PIECE)) + 1).astype(int).tolist()
    else:
        cuts = [*range(0, n_steps, n_steps if truncation is None else int(truncation)), n_steps]
    return pairwise(cuts)
