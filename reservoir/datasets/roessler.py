"""The Roessler system, the simplest continuous chaos."""

from __future__ import annotations

from typing import Any

import numpy as np

from reservoir.datasets.system import Equation, Known
from reservoir.datasets.trajectories import Start, iterate, read_numbers, solve
from reservoir.docstrings import documented_with
from reservoir.parts import Numbers, Seed


def _flow(state: np.ndarray, a: float, b: float, c: float) -> tuple[float, ...]:
    x, y, z = state.tolist()
    return -y - z, x + a * y, b + z * (x - c)


def _jacobian(state: np.ndarray, a: float, b: float, c: float) -> np.ndarray:
    x, _, z = state.tolist()
    return np.array([[0, -1, -1], [1, a, 0], [z, 0, x - c]])


_EQUATION = Equation(
    "Roessler",
    "Roessler 1976, doi:10.1016/0375-9601(76)90101-8",
    {(0.2, 0.2, 5.7): Known(0.0714, 2.0132)},
    _flow,
    _jacobian,
)
_START = Start((1, 1, 0), (-5, -5, 0), (5, 5, 1))


@documented_with(iterate, solve)
def make_roessler(
    n_steps: int = 2000,
    *,
    dt: float = 0.1,
    a: float = 0.2,
    b: float = 0.2,
    c: float = 5.7,
    x0: Numbers | None = None,
    discard: int = 1000,
    rtol: float = 1e-11,
    random_state: Seed = None,
    return_system: bool = False,
) -> Any:
    """Solution of the Roessler equations, which turn slowly out of a spiral and are folded back into it.

    ::

        dx/dt = -y - z
        dy/dt = x + a y
        dz/dt = b + z (x - c)

    Parameters
    ----------
    a, b, c : float, default=0.2, 0.2, 5.7
        Numbers of the equations.

    Returns
    -------
    x : ndarray of shape (n_steps, 3)
        States (x, y, z).

    References
    ----------
    .. [1] O. E. Roessler (1976). An equation for continuous chaos. Physics Letters A 57(5), 397-398.
       https://doi.org/10.1016/0375-9601(76)90101-8

    Examples
    --------
    >>> from reservoir.datasets import make_roessler
    >>> series, system = make_roessler(100, return_system=True)
    >>> series.shape, system.lyapunov_exponent
    ((100, 3), 0.0714)
    """
    return solve(
        _EQUATION, "make_roessler", _START, read_numbers("make_roessler", a=a, b=b, c=c), n_steps=n_steps, dt=dt,
        discard=discard, x0=x0, rtol=rtol, random_state=random_state, return_system=return_system,
    )  # fmt: skip
