"""Random numbers that depend on a seed and on data, so that neither batching nor order change them."""

from __future__ import annotations

import hashlib

import numpy as np


def generator_for(seed: int, *arrays: np.ndarray) -> np.random.Generator:
    """Generator of random numbers of a seed and of the bytes of these arrays."""
    digest = hashlib.sha256(b"".join(np.ascontiguousarray(array).tobytes() for array in arrays)).digest()
    return np.random.default_rng(np.random.SeedSequence([seed, int.from_bytes(digest[:16], "little")]))
