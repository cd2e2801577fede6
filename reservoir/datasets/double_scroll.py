"""The double-scroll circuit, whose flow is odd: a mirrored trajectory is one too."""

from __future__ import annotations

from typing import Any

import numpy as np

from reservoir.datasets.system import Equation, Known
from reservoir.datasets.trajectories import Start, iterate, read_positive, solve
from reservoir.docstrings import documented_with
from reservoir.parts import Numbers, Seed


def _flow(state: np.ndarray, R1: float, R2: float, R4: float, beta: float, I_r: float) -> tuple[float, ...]:
    x, y, z = state.tolist()
    current = (x - y) / R2 + 2 * I_r * float(np.sinh(beta * (x - y)))
    return x / R1 - current, current - z, y - R4 * z


def _jacobian(state: np.ndarray, R1: float, R2: float, R4: float, beta: float, I_r: float) -> np.ndarray:
    slope = 1 / R2 + 2 * I_r * beta * np.cosh(beta * (state[0] - state[1]))
    return np.array([[1 / R1 - slope, slope, 0], [slope, -slope, -1], [0, 1, -R4]])


_EQUATION = Equation(
    "double scroll",
    "Gauthier et al. 2021, doi:10.1038/s41467-021-25801-2",
    {(1.2, 3.44, 0.193, 11.6, 2.25e-5): Known(0.0914, 2.0067)},
    _flow,
    _jacobian,
)
_START = Start((0.38, 0.06, -0.08), (-0.5, -0.2, -0.2), (0.5, 0.2, 0.2))


@documented_with(iterate, solve)
def make_double_scroll(
    n_steps: int = 2000,
    *,
    dt: float = 0.25,
    R1: float = 1.2,
    R2: float = 3.44,
    R4: float = 0.193,
    beta: float = 11.6,
    I_r: float = 2.25e-5,
    x0: Numbers | None = None,
    discard: int = 200,
    rtol: float = 1e-11,
    random_state: Seed = None,
    return_system: bool = False,
) -> Any:
    """Solution of the equations of a double-scroll circuit.

    ::

        dV1/dt = V1 / R1 - g(V1 - V2)         g(V) = V / R2 + 2 I_r sinh(beta V)
        dV2/dt = g(V1 - V2) - I
        dI/dt  = V2 - R4 I

    Its Lyapunov time is 10.9, by two ways of computing it; [1]_ counts in units of 7.8.

    Parameters
    ----------
    R1, R2, R4 : float, default=1.2, 3.44, 0.193
        Resistances, > 0; all numbers here are without unit.
    beta : float, default=11.6
        Steepness of the diodes, > 0.
    I_r : float, default=2.25e-5
        Their reverse current, > 0.
    discard : int, default=200
        Number of first rows that are thrown away, at least 0. Row t is the state at (discard + t) dt.

    Returns
    -------
    x : ndarray of shape (n_steps, 3)
        States (V1, V2, I).

    References
    ----------
    .. [1] D. J. Gauthier, E. Bollt, A. Griffith, W. A. S. Barbosa (2021). Next generation reservoir computing. Nature
       Communications 12, 5564. https://doi.org/10.1038/s41467-021-25801-2

    Examples
    --------
    >>> from reservoir.datasets import make_double_scroll
    >>> series, system = make_double_scroll(100, return_system=True)
    >>> series.shape, system.lyapunov_exponent
    ((100, 3), 0.0914)
    """
    parameters = read_positive("make_double_scroll", R1=R1, R2=R2, R4=R4, beta=beta, I_r=I_r)
    return solve(
        _EQUATION, "make_double_scroll", _START, parameters, n_steps=n_steps, dt=dt, discard=discard, x0=x0,
        rtol=rtol, random_state=random_state, return_system=return_system,
    )  # fmt: skip
