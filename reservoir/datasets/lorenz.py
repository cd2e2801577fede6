"""The Lorenz-63 system, three coupled equations with a chaotic attractor."""

from __future__ import annotations

from typing import Any

import numpy as np

from reservoir.datasets.system import Equation, Known
from reservoir.datasets.trajectories import Start, iterate, read_positive, solve
from reservoir.docstrings import documented_with
from reservoir.parts import Numbers, Seed


def _flow(state: np.ndarray, sigma: float, rho: float, beta: float) -> tuple[float, ...]:
    x, y, z = state.tolist()
    return sigma * (y - x), x * (rho - z) - y, x * y - beta * z


def _jacobian(state: np.ndarray, sigma: float, rho: float, beta: float) -> np.ndarray:
    x, y, z = state.tolist()
    return np.array([[-sigma, sigma, 0], [rho - z, -1, -x], [y, x, -beta]])


_EQUATION = Equation(
    "Lorenz", "Lorenz 1963, doi:10.1175/1520-0469(1963)020<0130:DNF>2.0.CO;2",
    {(10.0, 28.0, 8 / 3): Known(0.9056, 2.062)},
    _flow, _jacobian,
)  # fmt: skip
_START = Start((1, 1, 1), (-10, -10, 10), (10, 10, 30))


@documented_with(iterate, solve)
def make_lorenz(
    n_steps: int = 2000,
    *,
    dt: float = 0.02,
    sigma: float = 10.0,
    rho: float = 28.0,
    beta: float = 8 / 3,
    x0: Numbers | None = None,
    discard: int = 1000,
    rtol: float = 1e-11,
    random_state: Seed = None,
    return_system: bool = False,
) -> Any:
    """Solution of the Lorenz equations.

    ::

        dx/dt = sigma (y - x)
        dy/dt = x (rho - z) - y
        dz/dt = x y - beta z

    The system is chaotic (largest Lyapunov exponent about 0.9 per unit of time), so that two solvers agree point by
    point only for some 15 to 30 units of time; later rows are a true attractor, but not the true orbit.

    Parameters
    ----------
    sigma : float, default=10.0
        Prandtl number, > 0.
    rho : float, default=28.0
        Relative Rayleigh number, > 0.
    beta : float, default=8/3
        Geometric factor, > 0.
    x0 : array-like of shape (3,), default=None
        Start. None is (1, 1, 1), or with a `random_state` a point drawn uniformly from the box
        [-10, 10] x [-10, 10] x [10, 30].

    Returns
    -------
    x : ndarray of shape (n_steps, 3)
        States (x, y, z).

    References
    ----------
    .. [1] E. N. Lorenz (1963). Deterministic nonperiodic flow. Journal of the Atmospheric Sciences 20(2),
       130-141. https://doi.org/10.1175/1520-0469(1963)020<0130:DNF>2.0.CO;2

    Examples
    --------
    >>> from reservoir.datasets import make_lorenz
    >>> make_lorenz(2, x0=(1.0, 1.0, 1.0), discard=0).round(3).tolist()
    [[1.0, 1.0, 1.0], [1.049, 1.524, 0.973]]
    """
    return solve(
        _EQUATION, "make_lorenz", _START, read_positive("make_lorenz", sigma=sigma, rho=rho, beta=beta),
        n_steps=n_steps, dt=dt, discard=discard, x0=x0, rtol=rtol, random_state=random_state,
        return_system=return_system,
    )  # fmt: skip
