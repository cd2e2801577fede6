"""The spectral radius and the largest singular value of any weight matrix, the same bits for the same matrix."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse
from scipy.linalg import eigvalsh_tridiagonal
from scipy.sparse.linalg import ArpackNoConvergence, LinearOperator, eigs, eigsh, splu

from reservoir.derived import remembered
from reservoir.parts import Matrix, Numbers
from reservoir.threads import one_blas_thread
from reservoir.validation import real_array

_DENSE_LIMIT = 256
_FALLBACK_LIMIT = 5000
_LAW_LIMIT = 10_000
_LAW_DEGREE = 4


@remembered
def spectral_radius(matrix: Matrix | Numbers) -> float:
    """Largest modulus of an eigenvalue of a square matrix (n, n).

    Where it has a closed form, that is used: a `HadamardMatrix`, and a `CirculantMatrix` all of whose weights of
    an offset are equal. Any other matrix, dense, sparse or structured, falls into strongly connected
    components, and its spectrum is the union of theirs. So a nilpotent wiring (a delay line, any feed-forward
    order) has exactly radius 0, and no component of a disconnected reservoir is overlooked. Per component: a lone unit
    gives its own weight; a single cycle of m units the m-th root of the product of its weights; a tridiagonal matrix
    whose pairs of opposite weights have one sign (a delay line with feedback) is similar to a symmetric one; up to
    256 units all eigenvalues are computed; above that ARPACK finds the six largest to a relative 1e-6 from
    a fixed start vector (one alone is unreliable, since eigenvalues of nearly equal modulus compete); where it
    does not converge, as for an orthogonal matrix, all eigenvalues are computed for up to 5000 units.

    A topology may know better: its own ``spectral_radius(matrix)`` is used by `EchoState` where it has one.

    Raises ValueError for a matrix that is not square, and where no method converges.

    Examples
    --------
    >>> import numpy as np
    >>> spectral_radius(np.array([[0.0, 2.0], [2.0, 0.0]]))
    2.0
    >>> spectral_radius(np.triu(np.ones((5, 5)), k=1))
    0.0
    """
    known = matrix.radius_in_closed_form() if hasattr(matrix, "radius_in_closed_form") else None
    if known is not None:
        return known
    rows = as_sparse(matrix)
    if rows.shape[0] != rows.shape[1]:
        raise ValueError(f"The spectral radius needs a square matrix. Got shape {rows.shape}.")
    _, labels = sparse.csgraph.connected_components(rows, connection="strong")
    sizes = np.bincount(labels)
    radius, cycles = _cycles(rows, labels, sizes)
    order = np.argsort(labels, kind="stable")
    stops = np.cumsum(sizes)
    with one_blas_thread():
        for label in np.flatnonzero((sizes > 1) & ~cycles):
            units = order[stops[label] - sizes[label] : stops[label]]
            part = rows if len(units) == len(labels) else rows[units][:, units]
            radius = max(radius, _component_radius(part))
    return radius


def random_spectral_radius(matrix: Any) -> float:
    """Spectral radius of a matrix of independent random weights of mean zero (n, n), computed or by the circular law.

    Up to 10,000 units, and with fewer than 4 connections per unit, this is `spectral_radius`. Above, it is

        radius = sqrt(sum of squared weights / n),

    to which the radius tends for large n when every unit has the same number of connections on average. ARPACK takes
    minutes there. Measured against the computed radius for `Random`, `Bernoulli` and `CirculantGraph`: at n = 5,000
    (4, 5, 10 and 30 connections per unit, 5 seeds each) the law is 1.3 % too small on average, 2.6 % at worst;
    at n = 20,000 (`Random` and `CirculantGraph`, 10 connections, one seed each) 0.4 and 0.5 %. It does not hold for
    lattices, hubs or weights of one sign: `SmallWorld`, `ScaleFree` and `ExcitatoryInhibitory` do not use it.

    References
    ----------
    Tao, Vu, Krishnapur 2010, Random matrices: Universality of ESDs and the circular law, Annals of Probability
    38(5):2023-2065, doi:10.1214/10-AOP534.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.topologies import Random
    >>> W = Random(in_degree=12).draw(20_000, np.random.default_rng(0))
    >>> round(random_spectral_radius(W), 1)  # 12 weights of variance 1/3 per unit
    2.0
    """
    n = matrix.shape[0]
    if n <= _LAW_LIMIT or matrix.nnz < _LAW_DEGREE * n:
        return spectral_radius(matrix)
    values = matrix.weights if hasattr(matrix, "weights") else matrix.data
    return float(np.sqrt(np.square(values).sum() / n))


@remembered
def perron_root(matrix: Matrix | Numbers) -> float:
    """Spectral radius of a strongly connected matrix (n, n) without negative weights, to rounding.

    The iteration of Noda solves (radius - W) y = x by sparse factors and takes the greatest (W x)_i / x_i for the
    next radius; it falls towards the root, in the end quadratically. It pays where the factors stay
    sparse, as for a ring with short connections.

    Examples
    --------
    >>> from reservoir.topologies import CycleWithJumps
    >>> W = CycleWithJumps(jump=2, jump_weight=0.5).draw(100, None)
    >>> round(perron_root(W), 6)  # the root of r**2 = 1 + r
    1.618034
    """
    rows = as_sparse(matrix)
    x = np.ones(rows.shape[0])
    radius = np.inf
    for _ in range(100):
        ratios = (rows @ x) / x
        before, radius = radius, ratios.max()
        if radius >= before * (1 - 1e-14) or radius - ratios.min() <= 1e-14 * radius:
            break
        shifted = sparse.csc_array(radius * (1 + 1e-14) * sparse.eye_array(len(x)) - rows)
        x = np.abs(splu(shifted).solve(x))
        x /= x.max()
    return float(min(radius, before))


@remembered
def largest_singular_value(matrix: Matrix | Numbers) -> float:
    """Largest singular value of a matrix (n, m), the norm by which it can stretch a state.

    A reservoir of tanh units whose W has one below 1 forgets its start for every input. Where there is a closed form,
    that is used: a `HadamardMatrix`, a `CirculantMatrix` with equal weights along every offset, and any matrix with
    at most one weight per row and per column (a permutation, a cycle, a delay line). Otherwise all singular values of
    a dense copy are computed where one side has up to 256 entries; above that ARPACK finds the four largest, to
    a relative 1e-10, from a fixed start vector; where it does not converge they are computed for up to 5000.

    Raises ValueError where no method converges.

    Examples
    --------
    >>> import numpy as np
    >>> largest_singular_value(np.array([[0.0, 3.0], [1.0, 0.0]]))
    3.0
    """
    known = matrix.norm_in_closed_form() if hasattr(matrix, "norm_in_closed_form") else None
    if known is not None:
        return known
    rows = as_sparse(matrix)
    if not rows.nnz:
        return 0.0
    if np.diff(rows.indptr).max() <= 1 and np.bincount(rows.indices).max() <= 1:
        return float(np.abs(rows.data).max())
    with one_blas_thread():
        return _norm(rows)


def as_sparse(matrix: Matrix | Numbers) -> sparse.csr_array:
    """Dense, sparse or structured matrix as CSR in float64, without stored zeros."""
    if hasattr(matrix, "tocsr"):
        rows = sparse.csr_array(matrix.tocsr(), dtype=np.float64, copy=True)
    else:
        numbers = real_array(matrix)
        if numbers is None or numbers.ndim != 2 or not np.isfinite(numbers).all():
            raise ValueError(f"A weight matrix must be a finite real array (n, m). Got {matrix!r}.")
        rows = sparse.csr_array(numbers)
    rows.sum_duplicates()
    rows.eliminate_zeros()
    return rows


def _cycles(rows: sparse.csr_array, labels: np.ndarray, sizes: np.ndarray) -> tuple[float, np.ndarray]:
    """The radius of lone units and single cycles, and which components are cycles (n_components,)."""
    receivers = np.repeat(np.arange(len(labels)), np.diff(rows.indptr))
    home = labels[receivers]
    inside = home == labels[rows.indices]
    counts = np.bincount(home[inside], minlength=len(sizes))
    logs = np.bincount(home[inside], np.log(np.abs(rows.data[inside])), minlength=len(sizes))
    cycles = (sizes > 1) & (counts == sizes)  # strongly connected with one connection per unit
    radius = np.exp(logs[cycles] / sizes[cycles]).max(initial=0.0)
    lone = sizes[labels] == 1
    return float(max(radius, np.abs(rows.diagonal()[lone]).max(initial=0.0))), cycles


def _component_radius(rows: sparse.csr_array) -> float:
    n = rows.shape[0]
    known = _tridiagonal_radius(rows)
    if known is not None:
        return known
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


def _tridiagonal_radius(rows: sparse.csr_array) -> float | None:
    """Radius of a tridiagonal matrix that is similar to a symmetric one, or to i times one; else None."""
    n = rows.shape[0]
    receivers = np.repeat(np.arange(n), np.diff(rows.indptr))
    if np.abs(receivers - rows.indices).max() > 1:
        return None
    diagonal, products = rows.diagonal(), rows.diagonal(1) * rows.diagonal(-1)
    if not ((products > 0).all() or ((products < 0).all() and not diagonal.any())):
        return None
    sides = np.sqrt(np.abs(products))
    ends = [eigvalsh_tridiagonal(diagonal, sides, select="i", select_range=(i, i))[0] for i in (0, n - 1)]
    return float(np.abs(ends).max())


def _norm(rows: sparse.csr_array) -> float:
    smaller = min(rows.shape)
    if smaller <= _DENSE_LIMIT:
        return float(np.linalg.norm(rows.toarray(), 2))
    if rows.shape[0] < rows.shape[1]:
        rows = sparse.csr_array(rows.T)
    columns = sparse.csr_array(rows.T)
    squared = LinearOperator((smaller, smaller), matvec=lambda x: columns @ (rows @ x), dtype=np.float64)
    start = np.random.default_rng(0).standard_normal(smaller)
    try:
        values = eigsh(squared, k=4, ncv=60, v0=start, maxiter=100, tol=2e-10, return_eigenvectors=False)
        return float(np.sqrt(values.max()))
    except ArpackNoConvergence as error:
        if smaller <= _FALLBACK_LIMIT:
            return float(np.linalg.norm(rows.toarray(), 2))
        raise ValueError(f"The largest singular value of a matrix of shape {rows.shape} did not converge.") from error
