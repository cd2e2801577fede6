"""The unit of Euler state networks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse

from reservoir.compilation import kernel
from reservoir.neurons import activations
from reservoir.neurons.activations import activation_of, slope, squash
from reservoir.neurons.rate.unit import RateUnit
from reservoir.parts import Activation
from reservoir.topologies import CirculantMatrix, HadamardMatrix
from reservoir.validation import Parameters


class EulerCells(NamedTuple):
    """Coefficients of one step."""

    size: Any  # of a step, a number of the type of the states
    activation: Any

    @staticmethod
    @kernel(*activations.FILES, forceinline=True)
    def step(cells, state, heard, scratch):
        """One step, see `unit.py`."""
        squash(cells.activation, heard)
        for i in range(heard.size):
            heard[i] = state[i] + cells.size * heard[i]
            state[i] = heard[i]

    @staticmethod
    @kernel(*activations.FILES)
    def tangent(cells, state, heard, moved, driven, scratch):
        """dx' = dx + step f'(h) dh."""
        slope(cells.activation, heard)
        for k in range(len(moved)):
            for i in range(heard.size):
                moved[k, i] += cells.size * heard[i] * driven[k, i]


@dataclass(eq=False, repr=False)
class Euler(RateUnit):
    """Units of an Euler state network, which keep what they hear for a long time.

        x' = x + step f((W - W^T - diffusion I) x + W_in u + b + noise)

    These are Euler steps of a differential equation whose matrix is antisymmetric but for a little diffusion: its
    eigenvalues lie near the imaginary axis, so that the state neither grows nor fades by itself. `EchoState` draws
    and scales W, and this unit makes the matrix of it, of the same structure: circulant, sparse or dense. The paper
    draws all weights from one interval and scales no spectral radius (``spectral_radius=None``). States are not
    bounded: the longer the series and the larger the step, the further they may walk.

    Parameters
    ----------
    step : float > 0, default 0.01
        Size of a step; the default is that of the author's code.
    diffusion : float >= 0, default 0.001
        What is taken from the diagonal; the default is that of the author's code.
    activation : {"tanh", "identity", "relu", "logistic"} or function, default "tanh"
        The function f, or one of one number compiled by ``numba.njit``.

    Raises
    ------
    ValueError
        For a parameter outside its range, and for a `HadamardMatrix`, whose structure has no antisymmetric form.

    References
    ----------
    Gallicchio 2024, Euler State Networks: Non-dissipative Reservoir Computing, Neurocomputing 579:127411,
    doi:10.1016/j.neucom.2024.127411.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir import EchoState
    >>> from reservoir.neurons.rate import Euler
    >>> system = EchoState(20, unit=Euler(step=0.1), random_state=0).fit(np.zeros((1, 1)))
    >>> W = system.W_.toarray()
    >>> bool(np.allclose(W + W.T, -0.002 * np.eye(20)))
    True
    """

    step: float = 0.01
    diffusion: float = 0.001
    activation: Activation = "tanh"

    def recurrent(self, W: Any) -> Any:
        """W - W^T - diffusion I."""
        diffusion = Parameters(self).real("diffusion", 0)
        if isinstance(W, HadamardMatrix):
            raise Parameters(self).error("diffusion", "used with another topology than Hadamard, which has no W - W^T")
        if isinstance(W, CirculantMatrix):
            return _antisymmetric_circulant(W, diffusion)
        if sparse.issparse(W):
            return sparse.csr_array(W - W.T - diffusion * sparse.eye_array(W.shape[0]))
        return np.asfortranarray(W - W.T - diffusion * np.eye(len(W)))

    def cells(self, n_units: int, matrices: dict[str, Any], dtype: np.dtype) -> EulerCells:
        """Coefficients of a step."""
        size = Parameters(self).real("step", 0, closed="neither")
        return EulerCells(dtype.type(size), activation_of(self._checked_activation()))


def _antisymmetric_circulant(W: CirculantMatrix, diffusion: float) -> CirculantMatrix:
    """Offset o of W is offset -o of its transpose, with weights that stand o places further on."""
    pairs = []
    for offset, weights in zip(W.offsets, W.weights, strict=True):
        pairs += [(offset, weights), (-offset, -np.roll(weights, offset))]
    pairs.append((0, np.full(W.shape[0], -diffusion)))
    offsets, places = np.unique([offset % W.shape[0] for offset, _ in pairs], return_inverse=True)
    joined = np.zeros((len(offsets), W.shape[0]))
    np.add.at(joined, places, np.array([weights for _, weights in pairs]))
    return CirculantMatrix(joined, offsets)
