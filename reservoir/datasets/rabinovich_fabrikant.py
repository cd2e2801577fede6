"""The Rabinovich-Fabrikant equations of waves in a plasma."""

from __future__ import annotations

from typing import Any

import numpy as np

from reservoir.datasets.system import Equation, Known
from reservoir.datasets.trajectories import Start, iterate, read_numbers, solve
from reservoir.docstrings import documented_with
from reservoir.parts import Numbers, Seed


def _flow(state: np.ndarray, alpha: float, gamma: float) -> tuple[float, ...]:
    x, y, z = state.tolist()
    return y * (z - 1 + x * x) + gamma * x, x * (3 * z + 1 - x * x) + gamma * y, -2 * z * (alpha + x * y)


def _jacobian(state: np.ndarray, alpha: float, gamma: float) -> np.ndarray:
    x, y, z = state.tolist()
    return np.array([
        [2 * x * y + gamma, z - 1 + x * x, y],
        [3 * z + 1 - 3 * x * x, gamma, 3 * x],
        [-2 * y * z, -2 * x * z, -2 * (alpha + x * y)],
    ])  # fmt: skip


_EQUATION = Equation(
    "Rabinovich-Fabrikant",
    "Rabinovich and Fabrikant 1979, Soviet Physics JETP 50, 311-317",
    {(1.1, 0.87): Known(0.2, 2.303)},
    _flow,
    _jacobian,
)
_START = Start((-1, 0, 0.5), (-1.1, -0.1, 0.4), (-0.9, 0.1, 0.6))


@documented_with(iterate, solve)
def make_rabinovich_fabrikant(
    n_steps: int = 2000,
    *,
    dt: float = 0.05,
    alpha: float = 1.1,
    gamma: float = 0.87,
    x0: Numbers | None = None,
    discard: int = 1000,
    rtol: float = 1e-11,
    random_state: Seed = None,
    return_system: bool = False,
) -> Any:
    """Solution of the Rabinovich-Fabrikant equations.

    ::

        dx/dt = y (z - 1 + x^2) + gamma x
        dy/dt = x (3 z + 1 - x^2) + gamma y
        dz/dt = -2 z (alpha + x y)

    Many starts far from the attractor leave every bound, which is an error.

    Parameters
    ----------
    alpha, gamma : float, default=1.1, 0.87

    Returns
    -------
    x : ndarray of shape (n_steps, 3)
        States (x, y, z).

    References
    ----------
    .. [1] M. I. Rabinovich, A. L. Fabrikant (1979). Stochastic self-modulation of waves in nonequilibrium media.
       Soviet Physics JETP 50(2), 311-317.
    .. [2] M.-F. Danca, G. Chen (2004). Bifurcation and chaos in a complex model of dissipative medium. International
       Journal of Bifurcation and Chaos 14(10), 3409-3447. https://doi.org/10.1142/S0218127404011430

    Examples
    --------
    >>> from reservoir.datasets import make_rabinovich_fabrikant
    >>> make_rabinovich_fabrikant(100).shape
    (100, 3)
    """
    parameters = read_numbers("make_rabinovich_fabrikant", alpha=alpha, gamma=gamma)
    return solve(
        _EQUATION, "make_rabinovich_fabrikant", _START, parameters, n_steps=n_steps, dt=dt, discard=discard, x0=x0,
        rtol=rtol, random_state=random_state, return_system=return_system,
    )  # fmt: skip
