"""From parameters to the weights of a rate reservoir."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from reservoir.neurons.structures import drawn_or_given, draws
from reservoir.parts import Matrix, Numbers, Topology
from reservoir.sizes import check_fits
from reservoir.topologies import CirculantMatrix, HadamardMatrix, spectral_radius
from reservoir.validation import InvalidParameterError, check_finite_array


def recurrent_weights(
    owner: str, topology: Topology | Matrix | Numbers, radius: float | None, n_units: int, rng: np.random.Generator
) -> Any:
    """Draw or take W (n_units, n_units) and scale it to the spectral radius, unless that is None."""
    matrix = drawn_or_given(owner, "topology", topology, n_units, rng)
    if radius is None:
        return matrix
    if not isinstance(matrix, np.ndarray | HadamardMatrix):
        check_fits(owner, "n_units", n_units, 16.0 * matrix.nnz, f"{matrix.nnz:.3g} weights, scaled")
    own = getattr(topology, "spectral_radius", None) if draws(topology) else None
    present = (own or spectral_radius)(matrix)
    if present <= 1e-12 * _largest(matrix):
        raise InvalidParameterError(
            f"The 'topology' parameter of {owner} gives a matrix of spectral radius 0, which cannot be scaled "
            f"to {radius:g}. Set spectral_radius=None to use it as given."
        )
    return matrix * (radius / present)


def _largest(matrix: Any) -> float:
    if isinstance(matrix, CirculantMatrix):
        return float(np.abs(matrix.weights).max(initial=0.0))
    if isinstance(matrix, HadamardMatrix):
        return abs(matrix.scale)
    values = matrix.data if sparse.issparse(matrix) else matrix
    return float(np.abs(values).max(initial=0.0))


def given_or_drawn(
    owner: str,
    name: str,
    given: Numbers | None,
    shape: tuple[int, ...],
    scaling: float,
    rng: np.random.Generator,
    dtype: np.dtype[Any],
) -> np.ndarray:
    """An array used as given, or uniform in plus or minus the scaling; stored by columns for the kernels."""
    if given is None:
        return np.asfortranarray(rng.uniform(-1, 1, size=shape) * scaling, dtype=dtype)
    return np.asfortranarray(check_finite_array(owner, name, given, shape, "None or "), dtype=dtype)
