"""Matrices that a topology makes of another one, which is drawn or given."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from reservoir.parts import Topology, check_part
from reservoir.topologies.bernoulli import Bernoulli
from reservoir.validation import Parameters, real_array


def rows_given(part: Any, n_units: int, rng: np.random.Generator) -> sparse.csr_array:
    """The `topology` of a part, drawn or given as a matrix, in rows that the part may change; None is `Bernoulli()`."""
    return in_rows(matrix_given(part, Bernoulli() if part.topology is None else part.topology, n_units, rng))


def matrix_given(part: Any, topology: Any, n_units: int, rng: np.random.Generator) -> Any:
    """The matrix (n_units, n_units) that a topology draws for a part, or that stands in its place; all finite."""
    p = Parameters(part)
    if hasattr(topology, "draw") or isinstance(topology, type):
        check_part(p.owner, "topology", topology, Topology)
        return topology.draw(n_units, rng)
    matrix: Any = topology if hasattr(topology, "tocsr") else real_array(topology)
    values: Any = matrix.tocsr().data if hasattr(matrix, "tocsr") else matrix
    if matrix is None or matrix.shape != (n_units, n_units) or not np.isfinite(values).all():
        raise p.error("topology", f"None, a topology, or a finite matrix ({n_units}, {n_units})")
    return matrix


def in_rows(matrix: Any) -> sparse.csr_array:
    """A copy of a matrix of any kind."""
    rows = matrix.tocsr() if hasattr(matrix, "tocsr") else matrix
    return in_order(sparse.csr_array(rows, dtype=np.float64, copy=True))


def in_order(rows: sparse.csr_array) -> sparse.csr_array:
    """The same matrix without zeros, in order, with 32-bit indices."""
    rows.sum_duplicates()
    rows.eliminate_zeros()
    rows.indices, rows.indptr = rows.indices.astype(np.int32), rows.indptr.astype(np.int32)
    return rows
