"""The spectral radius of any weight matrix, the same bits for the same matrix."""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import ArpackNoConvergence, eigs

from reservoir.compilation import one_blas_thread

_DENSE_LIMIT = 256
_FALLBACK_LIMIT = 5000


def spectral_radius(matrix) -> float:
    """Largest modulus of an eigenvalue of a square matrix (n, n).

    The matrix, dense, sparse or structured, falls into strongly connected components, and its spectrum is
    the union of theirs. So a nilpotent wiring (a delay line, any feed-forward order) has exactly radius 0, and no
    component of a disconnected reservoir is overlooked. Per component: a lone unit gives its own weight; a
    single cycle of m units the m-th root of the product of its weights; up to 256 units all eigenvalues are computed;
    above that ARPACK finds the six largest to a relative 1e-6 from a fixed start vector (one alone is unreliable, since
    eigenvalues of nearly equal modulus compete); where it does not converge, as for an orthogonal matrix, all
    eigenvalues are computed for up to 5000 units.

    Raises ValueError for a matrix that is not square, and where no method converges.

    Examples
    --------
    >>> import numpy as np
    >>> spectral_radius(np.array([[0.0, 2.0], [2.0, 0.0]]))
    2.0
    >>> spectral_radius(np.triu(np.ones((5, 5)), k=1))
    0.0
    """
    rows = as_sparse(matrix)
    if rows.shape[0] != rows.shape[1]:
        raise ValueError(f"The spectral radius needs a square matrix. Got shape {rows.shape}.")
    count, labels = sparse.csgraph.connected_components(rows, connection="strong")
    with one_blas_thread():
        if count == 1:
            return _component_radius(rows)
        radius = float(np.abs(rows.diagonal()).max(initial=0.0))
        sizes = np.bincount(labels)
        order = np.argsort(labels, kind="stable")
        stops = np.cumsum(sizes)
        for label in np.flatnonzero(sizes > 1):
            units = order[stops[label] - sizes[label] : stops[label]]
            radius = max(radius, _component_radius(rows[units][:, units]))
    return radius


def as_sparse(matrix) -> sparse.csr_array:
    """Dense, sparse or structured matrix as CSR in float64, without stored zeros."""
    if hasattr(matrix, "tocsr"):
        rows = sparse.csr_array(matrix.tocsr(), dtype=np.float64, copy=True)
    else:
        rows = sparse.csr_array(np.asarray(matrix, dtype=np.float64))
    rows.sum_duplicates()
    rows.eliminate_zeros()
    return rows


def _component_radius(rows: sparse.csr_array) -> float:
    n = rows.shape[0]
    if n == 1:
        return float(abs(rows.toarray()[0, 0]))
    if rows.nnz == n:  # strongly connected with one connection a unit: a cycle
        return float(np.exp(np.log(np.abs(rows.data)).mean()))
    if n <= _DENSE_LIMIT:
        return float(np.abs(np.linalg.eigvals(rows.toarray())).max())
    start = np.random.default_rng(0).standard_normal(n)
    restarts = 50 if n <= _FALLBACK_LIMIT else 500
    try:
        values = eigs(rows, k=6, ncv=120, v0=start, maxiter=restarts, tol=1e-6, return_eigenvectors=False)
        return float(np.abs(values).max())
    except ArpackNoConvergence as error:
        if n <= _FALLBACK_LIMIT:
            return float(np.abs(np.linalg.eigvals(rows.toarray())).max())
        raise ValueError(
            f"The spectral radius of a component of {n} units did not converge. Scale the matrix yourself and "
            "give it with spectral_radius=None."
        ) from error
