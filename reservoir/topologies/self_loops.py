"""Units that hear themselves beside others."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np
from scipy import sparse

from reservoir.estimators import BaseEstimator
from reservoir.parts import Matrix, Topology
from reservoir.topologies.circulant import CirculantMatrix
from reservoir.topologies.cycle import Cycle
from reservoir.topologies.given import in_order, in_rows, matrix_given
from reservoir.validation import Parameters


@dataclass(eq=False, repr=False)
class SelfLoops(BaseEstimator):
    """A topology whose units hear themselves too, all with the same weight.

        W_ii = weight,   W_ij as in the topology

    Over a cycle or a delay line it makes the self-loop variants of these, whose units keep a part of what they were.
    A `CirculantMatrix` stays one. `EchoState` scales the whole.

    Parameters
    ----------
    topology : None, topology or matrix, default None
        Any part of `reservoir.topologies`, from outside, or weights (n_units, n_units). None is ``Cycle()``.
    weight : float, default 0.1

    Raises
    ------
    ValueError
        For a parameter outside its range, and a matrix of another size.

    References
    ----------
    Elsarraj, Al Qisi, Rodan, Obeid, Sharieh, Faris 2019, Demystifying echo state network with deterministic simple
    topologies, International Journal of Computational Science and Engineering 19(3):407-417.

    Examples
    --------
    >>> from reservoir.topologies import SelfLoops
    >>> SelfLoops(weight=0.5).draw(3, rng=None).toarray()
    array([[0.5, 0. , 1. ],
           [1. , 0.5, 0. ],
           [0. , 1. , 0.5]])
    """

    topology: Topology | Matrix | None = None
    _: KW_ONLY
    weight: float = 0.1

    def draw(self, n_units: int, rng: np.random.Generator) -> CirculantMatrix | sparse.csr_array:
        """A matrix (n_units, n_units); row = receiver."""
        weight, part = Parameters(self).real("weight"), Cycle() if self.topology is None else self.topology
        matrix: Any = matrix_given(self, part, n_units, rng)
        if isinstance(matrix, CirculantMatrix):
            kept = matrix.offsets != 0
            weights = np.vstack([matrix.weights[kept], np.full(n_units, weight)])
            return CirculantMatrix(weights, np.append(matrix.offsets[kept], 0))
        rows = in_rows(matrix).tolil()
        rows.setdiag(weight)
        return in_order(sparse.csr_array(rows))
