"""The Ikeda map of light in a ring."""

from __future__ import annotations

from typing import Any

import numpy as np

from reservoir.datasets.system import Equation, Known
from reservoir.datasets.trajectories import Start, iterate, read_numbers
from reservoir.docstrings import documented_with
from reservoir.parts import Numbers, Seed


def _map(state: np.ndarray, mu: float, loss: float, phase: float, detuning: float) -> tuple[float, ...]:
    z = complex(*state.tolist())
    turned = mu + loss * z * np.exp(1j * (phase - detuning / (1 + abs(z) ** 2)))
    return turned.real, turned.imag


def _jacobian(state: np.ndarray, mu: float, loss: float, phase: float, detuning: float) -> np.ndarray:
    z = complex(*state.tolist())
    size = 1 + abs(z) ** 2
    turn = loss * np.exp(1j * (phase - detuning / size))
    by_real, by_imaginary = (
        turn * (one + 2j * detuning * part * z / size**2) for one, part in ((1, z.real), (1j, z.imag))
    )
    return np.array([[by_real.real, by_imaginary.real], [by_real.imag, by_imaginary.imag]])


_EQUATION = Equation(
    "Ikeda", "Ikeda 1979, doi:10.1016/0030-4018(79)90090-7",
    {(1.0, 0.9, 0.4, 6.0): Known(0.5074, 1.7066), (0.9, 0.9, 0.4, 6.0): Known(0.4207, 1.6663)},
    _map, _jacobian, is_map=True,
)  # fmt: skip
_START = Start((0.1, 0.1), (-0.1, -0.1), (0.1, 0.1))


@documented_with(iterate)
def make_ikeda(
    n_steps: int = 2000,
    *,
    mu: float = 1.0,
    loss: float = 0.9,
    phase: float = 0.4,
    detuning: float = 6.0,
    x0: Numbers | None = None,
    discard: int = 1000,
    random_state: Seed = None,
    return_system: bool = False,
) -> Any:
    """Iteration of the Ikeda map of the complex amplitude of light that goes round in a ring.

    ::

        z' = mu + loss z exp(i (phase - detuning / (1 + |z|^2)))

    Every area shrinks by loss^2. Beyond mu = 1.0027 the attractor is gone: after a while of chaos the light settles at
    a fixed point [2]_.

    Parameters
    ----------
    mu : float, default=1.0
        Amplitude of the light that is let in.
    loss : float, default=0.9
        Share of the amplitude that is left after one turn.
    phase, detuning : float, default=0.4, 6.0
        How far the light is turned.

    Returns
    -------
    x : ndarray of shape (n_steps, 2)
        Real and imaginary part of z.

    References
    ----------
    .. [1] K. Ikeda (1979). Multiple-valued stationary state and its instability of the transmitted light by a ring
       cavity system. Optics Communications 30(2), 257-261. https://doi.org/10.1016/0030-4018(79)90090-7
    .. [2] L.-W. Kong, H.-W. Fan, C. Grebogi, Y.-C. Lai (2021). Machine learning prediction of critical transition and
       system collapse. Physical Review Research 3, 013090. https://doi.org/10.1103/PhysRevResearch.3.013090

    Examples
    --------
    >>> from reservoir.datasets import make_ikeda
    >>> make_ikeda(100, mu=0.95).shape
    (100, 2)
    """
    parameters = read_numbers("make_ikeda", mu=mu, loss=loss, phase=phase, detuning=detuning)
    return iterate(
        _EQUATION, "make_ikeda", _START, parameters, n_steps=n_steps, discard=discard, x0=x0,
        random_state=random_state, return_system=return_system,
    )  # fmt: skip
