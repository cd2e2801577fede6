"""The cycle reservoir with regular jumps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reservoir.estimators import BaseEstimator
from reservoir.topologies.circulant import CirculantMatrix
from reservoir.topologies.drawing import check_weights
from reservoir.topologies.spectrum import perron_root
from reservoir.validation import Parameters, check_integer


@dataclass(eq=False, repr=False)
class CycleWithJumps(BaseEstimator):
    """Cycle reservoir with regular jumps (CRJ): a cycle, and shortcuts both ways between every `jump`-th unit.

        W[i, i - 1] = 1 (unit 0 hears the last one)
        W[i, i + jump] = W[i + jump, i] = jump_weight,   i = 0, jump, ...

    There are floor(n_units / jump) shortcuts. Where `jump` divides n_units the last one ends in unit 0; else it ends
    in the last multiple of `jump` below n_units. Where it divides, the spectral radius is the largest root r
    of r**jump = 1 + 2 jump_weight r**(jump - 1); in all cases it is computed to rounding as the Perron root.

    Parameters
    ----------
    jump : int in [2, n_units / 2), default 3
        Length of a shortcut, in units.
    jump_weight : float > 0, default 0.5
        Weight of a shortcut, where that of the cycle is 1.

    Raises
    ------
    ValueError
        For a jump or weight out of range, thus for fewer than 5 units.

    References
    ----------
    Rodan and Tino 2012, Simple deterministically constructed cycle reservoirs with regular jumps, Neural Computation
    24(7):1822-1852, doi:10.1162/NECO_a_00297.

    Examples
    --------
    >>> from reservoir.topologies import CycleWithJumps
    >>> CycleWithJumps(jump=2, jump_weight=0.5).draw(6, rng=None).toarray()
    array([[0. , 0. , 0.5, 0. , 0.5, 1. ],
           [1. , 0. , 0. , 0. , 0. , 0. ],
           [0.5, 1. , 0. , 0. , 0.5, 0. ],
           [0. , 0. , 1. , 0. , 0. , 0. ],
           [0.5, 0. , 0.5, 1. , 0. , 0. ],
           [0. , 0. , 0. , 0. , 1. , 0. ]])
    """

    jump: int = 3
    jump_weight: float = 0.5

    def draw(self, n_units: int, rng: np.random.Generator | None = None) -> CirculantMatrix:
        """A matrix (n_units, n_units); row = receiver. Nothing is drawn at random."""
        p = Parameters(self)
        check_integer(p.owner, "n_units", n_units, 5)
        jump = p.integer("jump", 2, (n_units - 1) // 2)
        check_weights(self, n_units, 3 * n_units, 16)
        weights = np.zeros((3, n_units))
        weights[0] = 1
        starts = np.arange(n_units // jump) * jump
        ends = (starts + jump) % n_units if n_units % jump == 0 else starts + jump
        weights[1, starts] = weights[2, ends] = p.real("jump_weight", 0, closed="neither")
        return CirculantMatrix(weights, np.array([-1, jump, -jump]))

    def spectral_radius(self, matrix: CirculantMatrix) -> float:
        """Radius of a drawn matrix."""
        return perron_root(matrix)
