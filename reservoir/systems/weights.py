"""From parameters to the weights of a rate reservoir."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from reservoir.neurons.structures import drawn_or_given, draws
from reservoir.parts import InputWeights, Matrix, Numbers, Topology, check_draws
from reservoir.sizes import check_fits
from reservoir.topologies import CirculantMatrix, HadamardMatrix, largest_singular_value, spectral_radius
from reservoir.topologies.drawing import DISTRIBUTIONS, draw_from
from reservoir.topologies.spectrum import as_sparse
from reservoir.validation import InvalidParameterError, Parameters, check_finite_array, parameter_error, real_array

SCALED_BY = ("radius", "effective_radius", "norm")
INPUT_SCALING = 0.3
"""What `input_scaling=None` is for one channel; of several it is divided by the root of their number."""
BIAS_SCALING = 0.5
"""What `bias_scaling=None` is, but beside given input weights."""


def recurrent_weights(
    owner: str,
    topology: Topology | Matrix | Numbers,
    radius: float | None,
    n_units: int,
    rng: np.random.Generator,
    scaled_by: str = "radius",
    leak: np.ndarray | None = None,
) -> Any:
    """Draw or take W (n_units, n_units) and scale one of `SCALED_BY` to the radius, unless that is None.

    The effective radius needs the leak (n_units,).
    """
    matrix = drawn_or_given(owner, "topology", topology, n_units, rng)
    if radius is None:
        return matrix
    if not isinstance(matrix, np.ndarray | HadamardMatrix):
        check_fits(owner, "n_units", n_units, 16.0 * matrix.nnz, f"{matrix.nnz:.3g} weights, scaled")
    if leak is not None and scaled_by == "effective_radius" and (leak < 1).any():
        return _with_effective_radius(owner, matrix, radius, leak)
    own = getattr(topology, "spectral_radius", None) if draws(topology) else None
    measure = largest_singular_value if scaled_by == "norm" else own or spectral_radius
    present = measure(matrix)
    if present <= 1e-12 * _largest(matrix):
        what = "largest singular value" if scaled_by == "norm" else "spectral radius"
        raise InvalidParameterError(
            f"The 'topology' parameter of {owner} gives a matrix of {what} 0, which cannot be scaled "
            f"to {radius:g}. Set spectral_radius=None to use it as given."
        )
    return matrix * (radius / present)


def _with_effective_radius(owner: str, matrix: Any, radius: float, leak: np.ndarray) -> Any:
    """W for which (1 - leak) I + leak W is a multiple of what it is for the matrix, and has this radius.

    With the factor s it is s W + (s - 1) (1 - leak) / leak I.
    """
    rows = sparse.diags_array(1 - leak) + sparse.diags_array(leak) @ as_sparse(matrix)
    factor = radius / spectral_radius(sparse.csr_array(rows))
    diagonal = (factor - 1) * (1 - leak) / leak
    if isinstance(matrix, HadamardMatrix):
        wanted = "a matrix with a diagonal of its own where scaled_by='effective_radius' and units leak"
        raise parameter_error(owner, "topology", wanted, matrix)
    if isinstance(matrix, CirculantMatrix):
        own = matrix.offsets == 0
        weights = np.vstack([matrix.weights[~own] * factor, diagonal + factor * matrix.weights[own].sum(axis=0)])
        return CirculantMatrix(weights, np.append(matrix.offsets[~own], 0))
    if sparse.issparse(matrix):
        return sparse.csr_array(matrix * factor + sparse.diags_array(diagonal))
    return np.asfortranarray(matrix * factor + np.diag(diagonal))


def _largest(matrix: Any) -> float:
    if isinstance(matrix, CirculantMatrix):
        return float(np.abs(matrix.weights).max(initial=0.0))
    if isinstance(matrix, HadamardMatrix):
        return abs(matrix.scale)
    values = matrix.data if sparse.issparse(matrix) else matrix
    return float(np.abs(values).max(initial=0.0))


def check_weight_parameters(p: Parameters) -> None:
    """Refuse names and scalings that are out of range for any data."""
    given, scaling = p.part.input_weights, p.part.input_scaling
    if isinstance(given, str):
        p.choice("input_weights", DISTRIBUTIONS)
    if draws(given):
        check_draws(p.owner, "input_weights", given, InputWeights)
    p.real("input_connectivity", 0, 1, closed="right")
    p.choice("scaled_by", SCALED_BY)
    if scaling is not None and not per_channel(scaling):
        p.real("input_scaling", 0)
    if p.part.bias_scaling is not None:
        p.real("bias_scaling", 0)


def input_weights(system: Any, n_units: int, rng: np.random.Generator, dtype: np.dtype[Any]) -> np.ndarray:
    """W_in (n_units, n_features) of a fitted number of features: given, or drawn; by columns, for the kernels."""
    p, shape, given = Parameters(system), (n_units, system.n_features_in_), system.input_weights
    scalings = input_scalings(system)
    if not are_drawn(given):
        wanted = "None, one of " + ", ".join(map(repr, DISTRIBUTIONS)) + ", a part that draws them or "
        return np.asfortranarray(p.finite_array("input_weights", shape, wanted), dtype=dtype)
    if draws(given):
        part: Any = given
        drawn = check_finite_array(p.owner, "input_weights", part.draw(*shape, rng), shape, "a part that draws ")
    else:
        drawn = draw_from(given or "uniform", shape, rng)
    if system.input_connectivity < 1:
        drawn *= rng.random(shape) < system.input_connectivity
    return np.asfortranarray(drawn * scalings, dtype=dtype)


def are_drawn(weights: Any) -> bool:
    """Whether input weights or biases are drawn, and then scaled, and not given as an array."""
    return isinstance(weights, str | None) or draws(weights)


def per_channel(input_scaling: Any) -> bool:
    """Whether a scaling of the input is one for every channel."""
    return isinstance(input_scaling, list | tuple | np.ndarray)


def input_scalings(system: Any) -> float | np.ndarray:
    """The scale of the input weights of a fitted number of features: a number, or one per channel (n_features,)."""
    n_features, value = system.n_features_in_, system.input_scaling
    if value is None:
        return default_scalings(system, n_features)["input_scaling"]
    if not per_channel(value):
        return float(value)
    scalings = real_array(value)
    if scalings is None or scalings.shape != (n_features,) or not (np.isfinite(scalings) & (scalings >= 0)).all():
        wanted = f"None, a number >= 0, or one for each of the {n_features} channels"
        raise parameter_error(type(system).__name__, "input_scaling", wanted, value)
    return scalings


def biases(system: Any, n_units: int, rng: np.random.Generator, dtype: np.dtype[Any]) -> np.ndarray:
    """b (n_units,), used as given, or uniform in plus or minus the scaling."""
    if system.bias is not None:
        return Parameters(system).finite_array("bias", (n_units,), "None or ").astype(dtype)
    return (draw_from("uniform", n_units, rng) * bias_scaling(system)).astype(dtype)


def bias_scaling(system: Any) -> float:
    """The scale of the biases."""
    value = system.bias_scaling
    return default_scalings(system, system.n_features_in_)["bias_scaling"] if value is None else float(value)


def default_scalings(system: Any, n_features: int) -> dict[str, float]:
    """What None is of the scalings of a system that hears so many features.

    An equation whose input weights are given has no bias that it does not name. A part that draws the input weights has
    a scale of its own.
    """
    given = system.input_weights
    scaling = 1.0 if draws(given) else float(INPUT_SCALING / np.sqrt(n_features))
    return {"input_scaling": scaling, "bias_scaling": BIAS_SCALING if are_drawn(given) else 0.0}
