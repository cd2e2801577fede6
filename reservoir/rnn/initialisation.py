"""Random weights at the start of training.

References
----------
Glorot and Bengio 2010, Understanding the difficulty of training deep feedforward neural networks, Proceedings of
Machine Learning Research 9:249-256.
Saxe, McClelland, Ganguli 2014, Exact solutions to the nonlinear dynamics of learning in deep linear neural networks,
International Conference on Learning Representations, doi:10.48550/arXiv.1312.6120.
"""

from __future__ import annotations

import numpy as np
from scipy import linalg

from reservoir.sizes import check_fits


def glorot(rng: np.random.Generator, n_in: int, n_out: int, n_blocks: int = 1) -> np.ndarray:
    """Uniform weights (n_in, n_blocks * n_out) within sqrt(6 / (n_in + n_out)), which counts one block."""
    _check_layer(n_out, n_in * n_blocks * n_out)
    limit = np.sqrt(6.0 / (n_in + n_out))
    return rng.uniform(-limit, limit, size=(n_in, n_blocks * n_out))


def orthogonal(rng: np.random.Generator, n_units: int, n_blocks: int = 1) -> np.ndarray:
    """Uniformly distributed orthogonal matrices side by side, (n_units, n_blocks * n_units)."""
    _check_layer(n_units, n_blocks * n_units**2)
    blocks = []
    for _ in range(n_blocks):
        q, r = linalg.qr(rng.standard_normal((n_units, n_units)))
        blocks.append(q * np.where(np.diag(r) < 0, -1.0, 1.0))
    return np.concatenate(blocks, axis=1)


def identity(n_units: int) -> np.ndarray:
    """The matrix (n_units, n_units) that hands every state on."""
    _check_layer(n_units, n_units**2)
    return np.eye(n_units)


def _check_layer(n_units: int, n_weights: int) -> None:
    """Refuse a layer whose weights do not fit into the memory twice, as drawn and in the vector of all."""
    what = f"the {n_weights:.3g} weights of a layer"
    check_fits("recurrent networks", "hidden_layer_sizes", n_units, 16.0 * n_weights, what)
