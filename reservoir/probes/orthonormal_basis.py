"""The directions in which the states of a system really differ."""

from __future__ import annotations

import numpy as np


def precision_of(states: np.ndarray) -> float:
    """Relative rounding error of the type of the states; that of float64 for integers."""
    return float(np.finfo(states.dtype if states.dtype.kind == "f" else float).eps)


def orthonormal_basis(states: np.ndarray, *, centred: bool) -> np.ndarray:
    """Orthonormal columns (n_steps, rank) that span the states, as far as their type tells directions apart.

    With `centred`, they span the states without their means.
    """
    precision = precision_of(states)
    rows = states - states.mean(axis=0, dtype=np.float64) if centred else states.astype(np.float64)
    scale = np.sqrt(np.square(rows).mean(axis=0))
    still = scale <= precision * np.abs(states).max(axis=0)
    q, r = np.linalg.qr(rows[:, ~still] / scale[~still])
    rotation, sizes, _ = np.linalg.svd(r)
    return q @ rotation[:, sizes > precision * max(states.shape) * sizes.max(initial=0.0)]
