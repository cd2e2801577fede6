"""The logistic map of an interval."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from reservoir.datasets.system import Equation, Known
from reservoir.datasets.trajectories import Start, iterate
from reservoir.docstrings import documented_with
from reservoir.parts import Numbers, Seed
from reservoir.validation import check_real


def _map(state: np.ndarray, r: float) -> np.ndarray:
    return r * state * (1 - state)


def _jacobian(state: np.ndarray, r: float) -> np.ndarray:
    return np.diag(r * (1 - 2 * state))


_EQUATION = Equation(
    "logistic", "May 1976, doi:10.1038/261459a0",
    {(3.9,): Known(0.4960, 1.0), (4.0,): Known(math.log(2), 1.0)},
    _map, _jacobian, is_map=True,
)  # fmt: skip
_START = Start((0.3,), (0.01,), (0.99,))


@documented_with(iterate)
def make_logistic(
    n_steps: int = 2000,
    *,
    r: float = 3.9,
    x0: Numbers | None = None,
    discard: int = 1000,
    random_state: Seed = None,
    return_system: bool = False,
) -> Any:
    """Iteration of the logistic map, which doubles its periods on the way to chaos.

    ::

        x' = r x (1 - x)

    Parameters
    ----------
    r : float, default=3.9
        Rate of growth, in [0, 4]; chaotic from 3.57 on, but for windows of periods. The exponent at 4 is log 2.
    x0 : array-like of shape (1,), default=None
        Start. None is 0.3, or with a `random_state` a number drawn uniformly from [0.01, 0.99].

    Returns
    -------
    x : ndarray of shape (n_steps, 1)
        Series, within [0, 1] where the start is.

    References
    ----------
    .. [1] R. M. May (1976). Simple mathematical models with very complicated dynamics. Nature 261, 459-467.
       https://doi.org/10.1038/261459a0

    Examples
    --------
    >>> from reservoir.datasets import make_logistic
    >>> make_logistic(3, r=4.0, discard=0).round(4).ravel().tolist()
    [0.3, 0.84, 0.5376]
    """
    parameters = {"r": check_real("make_logistic", "r", r, 0, 4)}
    return iterate(
        _EQUATION, "make_logistic", _START, parameters, n_steps=n_steps, discard=discard, x0=x0,
        random_state=random_state, return_system=return_system,
    )  # fmt: skip
