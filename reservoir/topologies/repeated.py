"""Many small reservoirs in one, which do not hear one another."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np
from scipy import sparse

from reservoir.estimators import BaseEstimator
from reservoir.parts import Topology, check_part
from reservoir.topologies.circulant import CirculantMatrix
from reservoir.topologies.cycle import Cycle
from reservoir.topologies.drawing import check_weights
from reservoir.topologies.spectrum import spectral_radius
from reservoir.validation import Parameters, parameter_error, real_array

_ZEROS = 4
"""Entries that a matrix by offsets may have for each weight of one by places, and is still the faster one."""


@dataclass(eq=False, repr=False)
class Repeated(BaseEstimator):
    """Draws of one topology along the diagonal: reservoirs of `length` units that do not hear one another.

        W = diag(W_1, W_2, ...),   W_b drawn by the topology for `length` units

    Units b length ... (b + 1) length - 1 are reservoir b; the last one has the units that are left. Drawn at random the
    reservoirs differ. `EchoState` scales all of them by one number, to the radius of the largest; for a radius of
    each say ``radius`` here and ``spectral_radius=None`` there, and for delay lines, which have none, the latter alone.

    Where units hear few offsets for their number of connections, as in rings, lines and small full blocks, this is a
    `CirculantMatrix` with zeros where two reservoirs meet, which is read fast; all else becomes a sparse matrix.

    Parameters
    ----------
    topology : None or topology, default None
        Any part of `reservoir.topologies`, or from outside. None is ``Cycle()``.
    length : int >= 1, default 10
        Units of a reservoir.
    radius : None, float >= 0 or pair of floats, default None
        Spectral radius of every reservoir, or the range in which it is drawn uniformly for each. None leaves them.

    Raises
    ------
    ValueError
        For a parameter outside its range, and a `radius` for matrices of radius 0.

    References
    ----------
    Gallicchio, Micheli, Pedrelli 2017, Deep reservoir computing: a critical experimental analysis, Neurocomputing
    268:87-99, doi:10.1016/j.neucom.2016.12.089: reservoirs side by side as groups of units.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.topologies import DelayLine, Repeated
    >>> Repeated(DelayLine(), length=2).draw(4, np.random.default_rng(0)).toarray()
    array([[0., 0., 0., 0.],
           [1., 0., 0., 0.],
           [0., 0., 0., 0.],
           [0., 0., 1., 0.]])
    """

    topology: Topology | None = None
    length: int = 10
    _: KW_ONLY
    radius: Any = None

    def draw(self, n_units: int, rng: np.random.Generator) -> CirculantMatrix | sparse.csr_array:
        """A matrix (n_units, n_units); row = receiver."""
        length, (low, high) = Parameters(self).integer("length", 1), self._radii()
        topology = Cycle() if self.topology is None else self.topology
        check_part(type(self).__name__, "topology", topology, Topology)
        check_weights(self, n_units, n_units, 16)
        blocks = []
        for first in range(0, n_units, length):
            block: Any = topology.draw(min(length, n_units - first), rng)
            if self.radius is not None:
                block = self._scaled(block, low if low == high else rng.uniform(low, high))
            blocks.append(block)
        return _with_few_offsets(_diagonal(blocks))

    def _radii(self) -> tuple[float, float]:
        numbers = real_array(0.0 if self.radius is None else self.radius)
        if numbers is not None and numbers.shape in ((), (2,)):
            low, high = np.broadcast_to(numbers, 2).tolist()
            if 0 <= low <= high < np.inf:
                return low, high
        wanted = "None, a number >= 0 or two, the smaller one first"
        raise parameter_error(type(self).__name__, "radius", wanted, self.radius)

    def _scaled(self, block: Any, radius: float) -> Any:
        measure = getattr(self.topology, "spectral_radius", spectral_radius)
        present = measure(block)
        if not present > 0:
            wanted = "None for reservoirs whose spectral radius is 0, which cannot be scaled"
            raise parameter_error(type(self).__name__, "radius", wanted, self.radius)
        return block * (radius / present)


def _with_few_offsets(rows: sparse.csr_array) -> CirculantMatrix | sparse.csr_array:
    """The matrix as it is, or by offsets, which are read several times faster, where it has few for its weights."""
    places, n_units = rows.tocoo(), rows.shape[0]
    offsets, which = np.unique((places.col - places.row) % n_units, return_inverse=True)
    if not len(offsets) or len(offsets) * n_units > _ZEROS * rows.nnz:
        return rows
    weights = np.zeros((len(offsets), n_units))
    weights[which, places.row] = places.data
    return CirculantMatrix(weights, offsets.astype(np.int64))


def _diagonal(blocks: list[Any]) -> sparse.csr_array:
    rows = [sparse.csr_array(block.tocsr() if hasattr(block, "tocsr") else block) for block in blocks]
    found = sparse.csr_array(sparse.block_diag(rows, format="csr"))
    found.eliminate_zeros()
    found.sum_duplicates()
    found.indices, found.indptr = found.indices.astype(np.int32), found.indptr.astype(np.int32)
    return found
