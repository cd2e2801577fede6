"""How many directions an input can reach: what a linear reservoir remembers in theory."""

from __future__ import annotations

from typing import Any

import numpy as np

from reservoir.parts import FittedModel, Numbers, System
from reservoir.probes.driven_states import asked
from reservoir.threads import one_blas_thread
from reservoir.validation import check_real, parameter_error, real_array


def controllability_rank(
    W: System | FittedModel | Numbers, w_in: Numbers | None = None, *, tolerance: float | None = None
) -> int:
    """Controllability rank of a linear reservoir, which is its memory capacity in exact arithmetic.

        rank [w, W w, W^2 w, ...],   x(t) = W x(t - 1) + w u(t)

    The state holds the inputs in the directions W^k w, and a reservoir of that many independent directions recovers as
    many independent numbers. The powers themselves underflow, and line up along few directions, long before theory
    is done with them. So the directions are made orthonormal one by one: each new one is W times the last, less its
    part in those before, taken away twice (Arnoldi), until at most the tolerance is left. Each stop is true of
    matrices that differ from these by the tolerance. Many different eigenvalues on a line hide the last direction of
    a *symmetric* W from this, so its rank is counted by eigenvectors: over all groups of equal eigenvalues the rank of
    the couplings V^T w. A group of one input counts once, or not at all where it does not hear; couplings are told
    from zero only down to the tolerance over the distance of the next eigenvalue, as eigenvectors are.

    This is what `memory_capacity` measures of a linear reservoir, as far as float64 tells states apart: its
    capacity for a large random W is far below this rank.

    Parameters
    ----------
    W : array (n_units, n_units), a linear system, or a fitted model with one
        Row = receiver. A system has `W_`, `W_in_` and ``activation="identity"``; its leak a makes of W the matrix
        (1 - a) I + a W, and of w the vector a w. One that is not fitted is left as it is, and a copy fitted; of a
        fitted model the reservoir is asked.
    w_in : array (n_units,) or (n_units, n_features)
        Input weights; None, the default, for a system.
    tolerance : None or float in [0, 1), default None
        Part of the norm of W, or of w, below which a direction counts as rounding. None is n_units times the
        precision of float64.

    Returns
    -------
    rank : int
        From 0 to n_units.

    Raises
    ------
    ValueError
        For matrices that are not finite or do not fit, a system that is not linear, and a tolerance out of range.

    References
    ----------
    Jaeger 2001, Short term memory in echo state networks, GMD Report 152, doi:10.24406/publica-fhg-291107.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.probes import controllability_rank
    >>> cycle = np.roll(np.eye(6), 1, axis=0)
    >>> controllability_rank(cycle, [1, 0, 0, 0, 0, 0]), controllability_rank(cycle, [1, 0, 0, 1, 0, 0])
    (6, 3)
    """
    owner = "controllability_rank"
    matrix, inputs = _matrices(owner, W, w_in)
    n_units = len(matrix)
    if tolerance is None:
        tolerance = n_units * np.finfo(float).eps
    tolerance = check_real(owner, "tolerance", tolerance, 0, 1, closed="left")
    with one_blas_thread():
        matrix, inputs = (array / (np.linalg.norm(array, 2) or 1.0) for array in (matrix, inputs))
        symmetric = np.abs(matrix - matrix.T).max() <= tolerance
        return (_coupled_modes if symmetric else _krylov_dimension)(matrix, inputs, tolerance)


def _matrices(owner: str, W: Any, w_in: Any) -> tuple[np.ndarray, np.ndarray]:
    """W (n_units, n_units) and the input weights (n_units, n_features), given or those of a system."""
    if hasattr(W, "run") or hasattr(W, "reservoir_"):
        return _linear_system(owner, W, w_in)
    matrix, inputs = real_array(W), real_array(w_in)
    if matrix is None or matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or not _good(matrix):
        raise parameter_error(owner, "W", "a finite real square matrix or a linear system", W)
    if inputs is None or inputs.shape[:1] != matrix.shape[:1] or inputs.ndim > 2 or not _good(inputs):
        raise parameter_error(owner, "w_in", f"a finite real array ({len(matrix)},) or ({len(matrix)}, n)", w_in)
    return matrix, inputs.reshape(len(matrix), -1)


def _good(array: np.ndarray) -> bool:
    return array.size > 0 and bool(np.isfinite(array).all())


def _linear_system(owner: str, system: Any, w_in: Any) -> tuple[np.ndarray, np.ndarray]:
    if w_in is not None:
        raise parameter_error(owner, "w_in", "None beside a system", w_in)
    one = asked(owner, system, name="W").unnamed()
    fresh = one.system
    if not hasattr(fresh, "W_") or not hasattr(fresh, "W_in_") or getattr(fresh, "activation", None) != "identity":
        raise parameter_error(owner, "W", "a matrix or a system with W_, W_in_ and activation='identity'", system)
    if (np.asarray(getattr(fresh, "delays_", 1)) != 1).any():
        raise parameter_error(owner, "W", "a system with delay=1, whose state is that of its units alone", system)
    matrix, inputs = real_array(fresh.W_), real_array(fresh.W_in_)
    if matrix is None or inputs is None:
        raise parameter_error(owner, "W", "a system whose W_ and W_in_ are real", system)
    ones = np.ones((2, one.n_features))
    inputs = inputs * (one.heard(ones) - one.heard(0 * ones))[0]  # by how much a channel is heard
    leak = np.broadcast_to(np.asarray(getattr(fresh, "leak", 1.0), dtype=float), len(matrix))
    return np.diag(1 - leak) + leak[:, None] * matrix, leak[:, None] * inputs


def _krylov_dimension(matrix: np.ndarray, inputs: np.ndarray, tolerance: float) -> int:
    """Number of orthonormal directions that the inputs reach through a matrix of norm 1."""
    n_units, rank = len(matrix), 0
    basis, reached = np.empty((n_units, n_units), order="F"), inputs
    while rank < n_units:
        known = basis[:, :rank]
        for _ in range(2):
            reached = reached - known @ (known.T @ reached)
        directions, sizes, _ = np.linalg.svd(reached, full_matrices=False)
        n_fresh = min(int((sizes > tolerance).sum()), n_units - rank)
        if not n_fresh:
            break
        basis[:, rank : rank + n_fresh] = directions[:, :n_fresh]
        reached = matrix @ directions[:, :n_fresh]
        rank += n_fresh
    return rank


def _coupled_modes(matrix: np.ndarray, inputs: np.ndarray, tolerance: float) -> int:
    """Sum over the eigenspaces of a symmetric matrix of norm 1 of the rank with which the inputs reach them."""
    values, vectors = np.linalg.eigh(matrix)
    starts = np.flatnonzero(np.concatenate([[True], np.diff(values) > tolerance]))
    stops = np.append(starts[1:], len(values))
    walls = np.concatenate([[-np.inf], values, [np.inf]])
    rank = 0
    for start, stop in zip(starts, stops, strict=True):
        gap = min(values[start] - walls[start], walls[stop + 1] - values[stop - 1])
        sizes = np.linalg.svd(vectors[:, start:stop].T @ inputs, compute_uv=False)
        rank += int((sizes > tolerance * max(1.0, 1.0 / gap)).sum())
    return rank
