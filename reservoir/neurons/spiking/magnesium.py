"""The block of conductances by magnesium."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from reservoir.compilation import kernel

BLOCKED_BY, HALF_BLOCKED = -62.0, 3.57
"""Its slope, 1 / volt, and the concentration, millimolar, that halves a conductance at 0 V
(Jahr, Stevens 1990, J. Neurosci. 10:3178, doi:10.1523/JNEUROSCI.10-09-03178.1990)."""


class MagnesiumBlocks(NamedTuple):
    """What magnesium blocks."""

    strength: np.ndarray  # (n_blocks,), at 0 volts: the concentration over that which halves a conductance there
    of: np.ndarray  # (n_conductances,), which block each kind has; -1 for none


@kernel(forceinline=True)
def open_share(strength, v):
    """The share of a conductance that magnesium leaves open at a voltage."""
    return 1.0 / (1.0 + strength * np.exp(BLOCKED_BY * v))


@kernel(forceinline=True)
def unblocked(blocks, v, share):
    """Write the share (n_blocks, n_units) that magnesium leaves of conductances at these voltages."""
    for b in range(share.shape[0]):
        for i in range(v.size):
            share[b, i] = open_share(blocks.strength[b], v[i])
