"""The Lorenz-63 system, three coupled equations with a chaotic attractor."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.integrate import solve_ivp

from reservoir.parts import Numbers, Seed
from reservoir.sizes import check_series
from reservoir.validation import as_generator, check_integer, check_real, parameter_error


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
) -> np.ndarray:
    """Solution of the Lorenz equations.

    ::

        dx/dt = sigma (y - x)
        dy/dt = x (rho - z) - y
        dz/dt = x y - beta z

    Integrator: ``scipy.integrate.solve_ivp`` with the method DOP853 (order 8, steps chosen by the error) at
    the relative and absolute tolerance `rtol`; rows come from its dense output. The system is chaotic
    (largest Lyapunov exponent about 0.9 per unit of time), so that two solvers agree point by point only for
    some 15 to 30 units of time; later rows are a true attractor, but not the true orbit.

    Parameters
    ----------
    n_steps : int, default=2000
        Number of rows, at least 1.
    dt : float, default=0.02
        Time between two rows, > 0; the solver chooses its own steps.
    sigma : float, default=10.0
        Prandtl number, > 0.
    rho : float, default=28.0
        Relative Rayleigh number, > 0.
    beta : float, default=8/3
        Geometric factor, > 0.
    x0 : array-like of shape (3,), default=None
        Start. None is (1, 1, 1), or with a `random_state` a point drawn uniformly from the box
        [-10, 10] x [-10, 10] x [10, 30].
    discard : int, default=1000
        Number of first rows that are thrown away, at least 0. Row t is the state at (discard + t) dt.
    rtol : float, default=1e-11
        Tolerance of the solver, in [1e-13, 1e-3].
    random_state : int, Generator, RandomState or None, default=None
        Source of the start; not used when `x0` is given.

    Returns
    -------
    x : ndarray of shape (n_steps, 3)
        States (x, y, z).

    Raises
    ------
    ValueError
        If a parameter is out of range or the solver fails.

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
    owner = "make_lorenz"
    n_steps = check_integer(owner, "n_steps", n_steps, 1)
    discard = check_integer(owner, "discard", discard, 0)
    positive = {"dt": dt, "sigma": sigma, "rho": rho, "beta": beta}
    dt, sigma, rho, beta = (check_real(owner, k, v, 0, closed="neither") for k, v in positive.items())
    rtol = check_real(owner, "rtol", rtol, 1e-13, 1e-3)
    start = _start(x0, random_state)
    check_series(owner, n_steps, discard, 16.0)
    times = np.arange(discard + n_steps) * dt

    def flow(t: float, state: np.ndarray) -> tuple[float, float, float]:
        x, y, z = state.tolist()
        return sigma * (y - x), x * (rho - z) - y, x * y - beta * z

    if times.size == 1:
        return start[np.newaxis]
    options: dict[str, Any] = {"method": "DOP853", "t_eval": times[discard:], "rtol": rtol, "atol": rtol}
    with np.errstate(under="ignore"):  # the solver's smallest step
        solution = solve_ivp(flow, (0.0, times[-1]), start, **options)
    if not solution.success or not np.isfinite(solution.y).all():
        raise ValueError(f"The solver of the Lorenz equations failed: {solution.message}")
    return np.ascontiguousarray(solution.y.T)


def _start(x0: Numbers | None, random_state: Seed) -> np.ndarray:
    if x0 is None and random_state is None:
        return np.ones(3)
    if x0 is None:
        return as_generator("make_lorenz", random_state).uniform((-10, -10, 10), (10, 10, 30))
    try:
        start = np.array(x0, dtype=np.float64)
    except (TypeError, ValueError):
        start = np.empty(0)
    if start.shape != (3,) or not np.isfinite(start).all():
        raise parameter_error("make_lorenz", "x0", "three finite numbers or None", x0)
    return start
