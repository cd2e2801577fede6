"""A food chain of three species, which dies out where there is too much food."""

from __future__ import annotations

from typing import Any

import numpy as np

from reservoir.datasets.system import Equation, Known
from reservoir.datasets.trajectories import Start, iterate, read_positive, solve
from reservoir.docstrings import documented_with
from reservoir.parts import Numbers, Seed


def _flow(
    state: np.ndarray, K: float, x_c: float, y_c: float, x_p: float, y_p: float, R_0: float, C_0: float
) -> tuple[float, ...]:
    R, C, P = state.tolist()
    eaten, hunted = R / (R + R_0), C / (C + C_0)
    return (
        R * (1 - R / K) - x_c * y_c * C * eaten,
        x_c * C * (y_c * eaten - 1) - x_p * y_p * P * hunted,
        x_p * P * (y_p * hunted - 1),
    )


def _jacobian(
    state: np.ndarray, K: float, x_c: float, y_c: float, x_p: float, y_p: float, R_0: float, C_0: float
) -> np.ndarray:
    R, C, P = state.tolist()
    eaten, hunted, eats, hunts = R / (R + R_0), C / (C + C_0), R_0 / (R + R_0) ** 2, C_0 / (C + C_0) ** 2
    return np.array([
        [1 - 2 * R / K - x_c * y_c * C * eats, -x_c * y_c * eaten, 0],
        [x_c * y_c * C * eats, x_c * (y_c * eaten - 1) - x_p * y_p * P * hunts, -x_p * y_p * hunted],
        [0, x_p * y_p * P * hunts, x_p * (y_p * hunted - 1)],
    ])  # fmt: skip


_EQUATION = Equation(
    "food chain",
    "McCann and Yodzis 1994, doi:10.1086/285714",
    {(0.98, 0.4, 2.009, 0.08, 2.876, 0.16129, 0.5): Known(0.0080, 2.0205)},
    _flow,
    _jacobian,
)
_START = Start((0.6, 0.35, 0.9), (0.5, 0.3, 0.8), (0.7, 0.4, 1.0))


@documented_with(iterate, solve)
def make_food_chain(
    n_steps: int = 2000,
    *,
    dt: float = 1.0,
    K: float = 0.98,
    x_c: float = 0.4,
    y_c: float = 2.009,
    x_p: float = 0.08,
    y_p: float = 2.876,
    R_0: float = 0.16129,
    C_0: float = 0.5,
    x0: Numbers | None = None,
    discard: int = 1000,
    rtol: float = 1e-11,
    random_state: Seed = None,
    return_system: bool = False,
) -> Any:
    """Solution of the equations of a resource R, its consumers C, and the predators P of these.

    ::

        dR/dt = R (1 - R / K) - x_c y_c C R / (R + R_0)
        dC/dt = x_c C (y_c R / (R + R_0) - 1) - x_p y_p P C / (C + C_0)
        dP/dt = x_p P (y_p C / (C + C_0) - 1)

    Beyond K = 0.99976 the attractor is gone: after a while of chaos the predators die out [2]_.

    Parameters
    ----------
    K : float, default=0.98
        Largest resource, > 0.
    x_c, y_c, x_p, y_p : float, default=0.4, 2.009, 0.08, 2.876
        Metabolism and appetite of consumers and predators, > 0.
    R_0, C_0 : float, default=0.16129, 0.5
        Amounts at which half of the appetite is satisfied, > 0.

    Returns
    -------
    x : ndarray of shape (n_steps, 3)
        States (R, C, P).

    References
    ----------
    .. [1] K. McCann, P. Yodzis (1994). Nonlinear dynamics and population disappearances. The American Naturalist
       144(5), 873-879. https://doi.org/10.1086/285714
    .. [2] L.-W. Kong, H.-W. Fan, C. Grebogi, Y.-C. Lai (2021). Machine learning prediction of critical transition and
       system collapse. Physical Review Research 3, 013090. https://doi.org/10.1103/PhysRevResearch.3.013090

    Examples
    --------
    >>> from reservoir.datasets import make_food_chain
    >>> series, system = make_food_chain(100, return_system=True)
    >>> series.shape, system.parameters["K"]
    ((100, 3), 0.98)
    """
    parameters = read_positive("make_food_chain", K=K, x_c=x_c, y_c=y_c, x_p=x_p, y_p=y_p, R_0=R_0, C_0=C_0)
    return solve(
        _EQUATION, "make_food_chain", _START, parameters, n_steps=n_steps, dt=dt, discard=discard, x0=x0,
        rtol=rtol, random_state=random_state, return_system=return_system,
    )  # fmt: skip
