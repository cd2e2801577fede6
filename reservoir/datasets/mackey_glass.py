"""The Mackey-Glass delay differential equation, the oldest forecasting benchmark of echo-state networks."""

from __future__ import annotations

from typing import Any

import numpy as np

from reservoir.compilation import kernel
from reservoir.datasets.system import Equation, Known
from reservoir.datasets.trajectories import whole_steps
from reservoir.parts import Seed
from reservoir.sizes import check_fits, check_series
from reservoir.validation import as_generator, check_flag, check_integer, check_real

# Steps of one kernel call: less than half a second, so that an interrupt is served.
_CHUNK = 1_000_000
_EQUATION = Equation(
    "Mackey-Glass", "Mackey and Glass 1977, doi:10.1126/science.267326",
    {(17.0, 0.2, 0.1, 10.0): Known(0.0051, 2.13), (30.0, 0.2, 0.1, 10.0): Known(0.0069, 3.57)},
)  # fmt: skip


def make_mackey_glass(
    n_steps: int = 2000,
    *,
    tau: float = 17.0,
    beta: float = 0.2,
    gamma: float = 0.1,
    n: float = 10.0,
    dt: float = 0.1,
    sample: float = 1.0,
    discard: int = 1000,
    x0: float = 1.2,
    random_state: Seed = None,
    return_system: bool = False,
) -> Any:
    """Solution of the Mackey-Glass equation, chaotic for a delay of 17 and more.

    ::

        dx/dt = beta x(t - tau) / (1 + x(t - tau)**n) - gamma x(t)

    Integrator: the classical Runge-Kutta method of order 4 with the fixed step `dt`. The delay is a whole
    number of steps. At half steps the delayed value comes from the cubic Hermite polynomial through the
    values and slopes of the two neighbouring steps, x_mid = (x_a + x_b) / 2 + dt (x'_a - x'_b) / 8, so that
    the whole method is of order 4.

    History: x(t) = `x0` for -tau <= t <= 0. With a `random_state` the history is the random smooth function
    ``x0 (1 + .05 sum_{k=1..4} (a_k cos(2 pi k t / tau) + b_k sin(2 pi k t / tau)))`` with a_k and b_k uniform
    in [-1, 1], which does not depend on `dt`. All times are in the unit of `tau`.

    Parameters
    ----------
    n_steps : int, default=2000
        Number of rows, at least 1.
    tau : float, default=17.0
        Delay, a whole multiple of `dt`.
    beta : float, default=0.2
        Rate of production, > 0.
    gamma : float, default=0.1
        Rate of decay, > 0.
    n : float, default=10.0
        Exponent of the feedback, > 0.
    dt : float, default=0.1
        Integration step, > 0.
    sample : float, default=1.0
        Time between two rows, a whole multiple of `dt`.
    discard : int, default=1000
        Number of first rows that are thrown away, at least 0. Row t is x((discard + t) sample).
    x0 : float, default=1.2
        Level of the history, > 0.
    random_state : int, Generator, RandomState or None, default=None
        None gives the constant history and one and the same series; otherwise the history is drawn.
    return_system : bool, default=False
        Whether to return the pair of the series and its `System`.

    Returns
    -------
    x : ndarray of shape (n_steps, 1)
        Series.

    Raises
    ------
    ValueError
        If a parameter is out of range, `tau` or `sample` is no whole multiple of `dt`, or the solution
        overflows because `dt` is too long.

    References
    ----------
    .. [1] M. C. Mackey, L. Glass (1977). Oscillation and chaos in physiological control systems. Science 197,
       287-289. https://doi.org/10.1126/science.267326

    Examples
    --------
    >>> from reservoir.datasets import make_mackey_glass
    >>> make_mackey_glass(3, discard=0).round(3).ravel().tolist()
    [1.2, 1.118, 1.043]
    """
    owner = "make_mackey_glass"
    n_steps = check_integer(owner, "n_steps", n_steps, 1)
    discard = check_integer(owner, "discard", discard, 0)
    positive = {"beta": beta, "gamma": gamma, "n": n, "dt": dt, "x0": x0}
    beta, gamma, n, dt, x0 = (check_real(owner, k, v, 0, closed="neither") for k, v in positive.items())
    return_system = check_flag(owner, "return_system", return_system)
    lag = whole_steps(owner, "tau", tau, dt)
    stride = whole_steps(owner, "sample", sample, dt)
    n_inner = (discard + n_steps - 1) * stride
    if stride > n_steps + discard:
        check_fits(owner, "dt", dt, 16.0 * n_inner, f"{n_inner:.3g} steps of it")
    check_series(owner, n_steps, discard, 16.0 * stride)
    check_fits(owner, "tau", tau, 48.0 * lag, f"a history of {lag:.3g} steps of dt")
    values = np.empty(lag + 1 + n_inner)
    middles = np.empty(lag + n_inner)
    half_steps = _history(np.arange(-2 * lag, 1) * (dt / 2), lag * dt, x0, random_state)
    values[: lag + 1], middles[:lag] = half_steps[::2], half_steps[1::2]
    for start in range(0, n_inner, _CHUNK):
        _integrate(values, middles, lag, start, min(start + _CHUNK, n_inner), dt, beta, gamma, n)
    if not np.isfinite(values).all():
        raise ValueError(f"The Mackey-Glass equation overflowed at dt={dt:g}. Take a shorter dt.")
    rows = values[lag + discard * stride :: stride, np.newaxis].copy()
    parameters = {"tau": float(tau), "beta": beta, "gamma": gamma, "n": n}
    return (rows, _EQUATION.system(parameters, stride * dt)) if return_system else rows


def _history(times: np.ndarray, tau: float, x0: float, random_state: Any) -> np.ndarray:
    if random_state is None:
        return np.full(times.shape, x0)
    amplitudes = as_generator("make_mackey_glass", random_state).uniform(-1, 1, size=(2, 4))
    phases = 2 * np.pi / tau * np.outer(times, np.arange(1, 5))
    return x0 * (1 + 0.05 * (np.cos(phases) @ amplitudes[0] + np.sin(phases) @ amplitudes[1]))


@kernel()
def _integrate(values, middles, lag, start, stop, dt, beta, gamma, n):
    """Runge-Kutta steps start..stop; values[i] is x at (i - lag) dt, middles[i] half a step later."""
    x = values[lag + start]
    production = beta * values[start] / (1.0 + values[start] ** n)
    for i in range(start, stop):
        middle = beta * middles[i] / (1.0 + middles[i] ** n)
        end = beta * values[i + 1] / (1.0 + values[i + 1] ** n)
        k1 = production - gamma * x
        k2 = middle - gamma * (x + 0.5 * dt * k1)
        k3 = middle - gamma * (x + 0.5 * dt * k2)
        k4 = end - gamma * (x + dt * k3)
        advanced = x + dt / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
        slope = end - gamma * advanced
        middles[lag + i] = 0.5 * (x + advanced) + dt / 8.0 * (k1 - slope)
        values[lag + i + 1] = advanced
        x = advanced
        production = end
