"""The Lorenz-96 system: a ring of sites that advect one another, a model of the weather along one latitude."""

from __future__ import annotations

from typing import Any

import numpy as np

from reservoir.compilation import kernel, rows_per_call
from reservoir.datasets.system import Equation, Known
from reservoir.datasets.trajectories import Start, iterate, read_lengths, whole_steps
from reservoir.docstrings import documented_with
from reservoir.parts import Numbers, Seed
from reservoir.sizes import LONGEST_RUN, check_fits, check_patience
from reservoir.validation import check_flag, check_integer, check_real

_OWNER = "make_lorenz96"
_STEP_SECONDS = 1e-9  # of a site in a step, at the least


def _flow(state: np.ndarray, n_sites: float, forcing: float) -> np.ndarray:
    return (np.roll(state, -1) - np.roll(state, 2)) * np.roll(state, 1) - state + forcing


def _jacobian(state: np.ndarray, n_sites: float, forcing: float) -> np.ndarray:
    one = np.eye(len(state))
    ahead, behind, two_behind = (np.roll(one, shift, axis=0) for shift in (-1, 1, 2))
    differences = np.roll(state, -1) - np.roll(state, 2)
    return np.roll(state, 1)[:, None] * (ahead - two_behind) + differences[:, None] * behind - one


_EQUATION = Equation(
    "Lorenz-96", "Lorenz 1996, ECMWF Seminar on Predictability I, 1-18",
    {(40, 8.0): Known(1.68, 27.1), (40, 10.0): Known(2.33, 29.5)},
    _flow, _jacobian,
)  # fmt: skip


@documented_with(iterate)
def make_lorenz96(
    n_steps: int = 2000,
    *,
    n_sites: int = 40,
    forcing: float = 8.0,
    dt: float = 0.01,
    sample: float = 0.05,
    x0: Numbers | None = None,
    discard: int = 1000,
    random_state: Seed = None,
    return_system: bool = False,
) -> Any:
    """Solution of the Lorenz-96 equations.

    ::

        dx_i/dt = (x_{i+1} - x_{i-2}) x_{i-1} - x_i + F,    i modulo the number of sites

    Integrator: the classical Runge-Kutta method of order 4 with the fixed step `dt`, compiled.

    Parameters
    ----------
    n_sites : int, default=40
        Number of sites, at least 4.
    forcing : float, default=8.0
        F. The state x_i = F is at rest, and loses its stability at 8/9; above 4 or so the ring is chaotic.
    dt : float, default=0.01
        Integration step, > 0.
    sample : float, default=0.05
        Time between two rows, a whole multiple of `dt`; 0.05 stands for six hours of weather.
    x0 : array-like of shape (n_sites,), default=None
        Start. None is F + sin(i^2), or with a `random_state` numbers drawn uniformly from [F - 1, F + 1].
    discard : int, default=1000
        Number of first rows that are thrown away, at least 0. Row t is the state at (discard + t) sample.

    Returns
    -------
    x : ndarray of shape (n_steps, n_sites)
        States.

    References
    ----------
    .. [1] E. N. Lorenz (1996). Predictability: a problem partly solved. Proceedings of the ECMWF Seminar on
       Predictability I, 1-18.

    Examples
    --------
    >>> from reservoir.datasets import make_lorenz96
    >>> series, system = make_lorenz96(100, return_system=True)
    >>> series.shape, system.dt, system.lyapunov_exponent
    ((100, 40), 0.05, 1.68)
    """
    n_sites = check_integer(_OWNER, "n_sites", n_sites, 4)
    check_fits(_OWNER, "n_sites", n_sites, 64.0 * n_sites, "the sites")
    forcing = check_real(_OWNER, "forcing", forcing)
    dt = check_real(_OWNER, "dt", dt, 0, closed="neither")
    stride = whole_steps(_OWNER, "sample", sample, dt)
    n_steps, discard = read_lengths(_OWNER, n_steps, discard, 8.0 * n_sites)
    seconds = _STEP_SECONDS * n_sites * stride * (n_steps + discard)
    check_patience(_OWNER, "dt", dt, seconds, LONGEST_RUN, "so many steps")
    rest, rows = np.full(n_sites, forcing), np.empty((discard + n_steps, n_sites))
    start = Start(rest + np.sin(np.arange(n_sites) ** 2), rest - 1, rest + 1)
    rows[0] = start.read(_OWNER, x0, random_state)
    return_system = check_flag(_OWNER, "return_system", return_system)
    at_once, state = rows_per_call(40 * n_sites), rows[0].copy()
    for row in range(1, len(rows)):
        for first in range(0, stride, at_once):
            _advance(state, forcing, dt, min(at_once, stride - first))
        rows[row] = state
    if not np.isfinite(rows).all():
        raise ValueError(f"The Lorenz-96 equations overflowed at dt={dt:g}. Take a shorter dt.")
    rows = rows[discard:].copy()
    return (rows, _EQUATION.system({"n_sites": n_sites, "forcing": forcing}, sample)) if return_system else rows


@kernel()
def _advance(state, forcing, dt, n_steps):
    """Runge-Kutta steps of the state, in place."""
    n = state.size
    at, slope, total = np.empty(n), np.empty(n), np.empty(n)
    for _ in range(n_steps):
        at[:] = state
        total[:] = 0.0
        for stage in range(4):
            for i in range(n):
                slope[i] = (at[i + 1 if i + 1 < n else 0] - at[i - 2]) * at[i - 1] - at[i] + forcing
            weight = 1.0 if stage == 0 or stage == 3 else 2.0
            share = dt if stage == 2 else 0.5 * dt
            for i in range(n):
                total[i] += weight * slope[i]
                at[i] = state[i] + share * slope[i]
        for i in range(n):
            state[i] += dt / 6.0 * total[i]
