"""The unit of edge-of-stability echo-state networks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from reservoir.compilation import kernel
from reservoir.neurons import activations, products, vectors
from reservoir.neurons.activations import activation_of, slope, squash
from reservoir.neurons.products import add_product
from reservoir.neurons.rate.unit import RateUnit
from reservoir.neurons.structures import compiled_form, drawn_or_given
from reservoir.parts import Activation, Matrix, Numbers, Topology
from reservoir.topologies import Orthogonal
from reservoir.validation import Parameters

_FILES = *activations.FILES, products.__file__, vectors.__file__


class EdgeCells(NamedTuple):
    """Coefficients of one step."""

    beta: Any  # a number of the type of the states
    rest: Any  # 1 - beta, the same
    activation: Any
    matrix: Any  # O, one of the structures of `products`

    @staticmethod
    @kernel(*_FILES)
    def step(cells, state, heard, scratch):
        """One step, see `unit.py`."""
        squash(cells.activation, heard)
        for i in range(heard.size):
            heard[i] *= cells.beta
            state[i] *= cells.rest
        add_product(cells.matrix, state, scratch, heard)
        for i in range(heard.size):
            state[i] = heard[i]

    @staticmethod
    @kernel(*_FILES)
    def tangent(cells, state, heard, moved, driven, scratch):
        """dx' = (1 - beta) O dx + beta f'(h) dh."""
        slope(cells.activation, heard)
        for k in range(len(moved)):
            for i in range(heard.size):
                driven[k, i] *= cells.beta * heard[i]
                moved[k, i] *= cells.rest
            add_product(cells.matrix, moved[k], scratch, driven[k])
            for i in range(heard.size):
                moved[k, i] = driven[k, i]


@dataclass(eq=False, repr=False)
class EdgeOfStability(RateUnit):
    """Units of an edge-of-stability echo-state network (ES2N), with a turn of the state in the place of the leak.

        x' = (1 - beta) O x + beta f(W x + W_in u + b + noise),    O orthogonal

    An orthogonal matrix turns the state and keeps its length, so that the smaller `beta` is, the nearer to 1 all
    eigenvalues of the Jacobian lie, and the longer the memory: at most one input per unit. With ``beta=1`` this is
    the plain echo-state network, with O = I the leaky one of that leak. A cheap O costs hardly more than the leak:
    ``matrix=Permutation()`` or ``Cycle()`` is read once per step, where the dense one takes N^2 multiplications.

    Parameters
    ----------
    beta : float in (0, 1], default 0.05
        Share of the nonlinear part. The default is that of a demonstration of the memory capacity, with 100 units, a
        spectral radius of 0.9 and an input scaling of 0.1.
    matrix : None, topology or matrix (N, N), default None
        O: a part of `reservoir.topologies` that draws orthogonal matrices, or such a matrix. None is ``Orthogonal()``,
        dense and uniform, as in the paper.
    activation : {"tanh", "identity", "relu", "logistic"} or function, default "tanh"
        The function f, or one of one number compiled by ``numba.njit``.

    Raises
    ------
    ValueError
        For a parameter outside its range, and for a matrix that is not orthogonal.

    References
    ----------
    Ceni and Gallicchio 2025, Edge of Stability Echo State Network, IEEE Transactions on Neural Networks and Learning
    Systems 36(4):7555-7564, doi:10.1109/TNNLS.2024.3400045.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir import EchoState
    >>> from reservoir.neurons.rate import EdgeOfStability
    >>> from reservoir.topologies import Permutation
    >>> X = np.sin(np.arange(50)).reshape(-1, 1)
    >>> unit = EdgeOfStability(beta=0.1, matrix=Permutation())
    >>> EchoState(20, unit=unit, random_state=0).fit_transform(X).shape
    (50, 20)
    """

    beta: float = 0.05
    matrix: Topology | Matrix | Numbers | None = None
    activation: Activation = "tanh"

    def draw(self, n_units: int, rng: np.random.Generator) -> dict[str, Any]:
        """The matrix O."""
        given = Orthogonal() if self.matrix is None else self.matrix
        turn = drawn_or_given(type(self).__name__, "matrix", given, n_units, rng)
        # Only orthogonal matrices keep the lengths of all vectors, and others those of random ones with probability 0.
        x = np.random.default_rng(0).standard_normal((n_units, 4))
        lengths = np.linalg.norm(turn @ x, axis=0) / np.linalg.norm(x, axis=0)
        if not (np.abs(lengths - 1) <= 1e-6).all():
            raise Parameters(self).error("matrix", "None or an orthogonal matrix, or a topology that draws one")
        return {"matrix": turn}

    def cells(self, n_units: int, matrices: dict[str, Any], dtype: np.dtype) -> EdgeCells:
        """Coefficients of a step."""
        beta = Parameters(self).real("beta", 0, 1, closed="right")
        form = compiled_form(matrices["matrix"].astype(dtype))
        activation = activation_of(self._checked_activation())
        return EdgeCells(dtype.type(beta), dtype.type(1 - beta), activation, form)
