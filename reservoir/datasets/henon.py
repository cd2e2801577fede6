"""The Henon map of the plane."""

from __future__ import annotations

from typing import Any

import numpy as np

from reservoir.datasets.system import Equation, Known
from reservoir.datasets.trajectories import Start, iterate, read_numbers
from reservoir.docstrings import documented_with
from reservoir.parts import Numbers, Seed


def _map(state: np.ndarray, a: float, b: float) -> tuple[float, ...]:
    x, y = state.tolist()
    return 1 - a * x * x + y, b * x


def _jacobian(state: np.ndarray, a: float, b: float) -> np.ndarray:
    return np.array([[-2 * a * state[0], 1], [b, 0]])


_EQUATION = Equation(
    "Henon", "Henon 1976, doi:10.1007/BF01608556", {(1.4, 0.3): Known(0.4193, 1.2583)}, _map, _jacobian, is_map=True
)
_START = Start((0, 0), (-0.1, -0.1), (0.1, 0.1))


@documented_with(iterate)
def make_henon(
    n_steps: int = 2000,
    *,
    a: float = 1.4,
    b: float = 0.3,
    x0: Numbers | None = None,
    discard: int = 1000,
    random_state: Seed = None,
    return_system: bool = False,
) -> Any:
    """Iteration of the Henon map, which folds the plane and shrinks every area by b.

    ::

        x' = 1 - a x^2 + y
        y' = b x

    Parameters
    ----------
    a, b : float, default=1.4, 0.3

    Returns
    -------
    x : ndarray of shape (n_steps, 2)
        States (x, y); the x alone follow x'' = 1 - a x'^2 + b x.

    References
    ----------
    .. [1] M. Henon (1976). A two-dimensional mapping with a strange attractor. Communications in Mathematical Physics
       50, 69-77. https://doi.org/10.1007/BF01608556

    Examples
    --------
    >>> from reservoir.datasets import make_henon
    >>> make_henon(3, discard=0).round(2).tolist()
    [[0.0, 0.0], [1.0, 0.0], [-0.4, 0.3]]
    """
    return iterate(
        _EQUATION, "make_henon", _START, read_numbers("make_henon", a=a, b=b), n_steps=n_steps, discard=discard,
        x0=x0, random_state=random_state, return_system=return_system,
    )  # fmt: skip
