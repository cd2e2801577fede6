"""Trajectories of differential equations and of maps: from where, how far, and in which steps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from scipy.integrate import solve_ivp

from reservoir.datasets.system import Equation
from reservoir.parts import Numbers, Seed
from reservoir.sizes import check_series
from reservoir.validation import as_generator, check_flag, check_integer, check_real, parameter_error

_IN_WORDS = {1: "one finite number", 2: "two finite numbers", 3: "three finite numbers"}
_MOST_EVALUATIONS = 12_000  # of the equation, from one row to the next


class Start(NamedTuple):
    """The usual first state (n,), and the corners of the box from which a random one is drawn."""

    usual: Numbers
    low: Numbers
    high: Numbers

    def read(self, owner: str, x0: Numbers | None, random_state: Seed) -> np.ndarray:
        """The first state (n,): the given one, the usual one, or with a `random_state` one from the box."""
        start = np.array(self.usual, dtype=np.float64)
        if x0 is None and random_state is None:
            return start
        if x0 is None:
            return as_generator(owner, random_state).uniform(self.low, self.high, start.shape)
        try:
            given = np.array(x0, dtype=np.float64)
        except (TypeError, ValueError):
            given = np.empty(0)
        if given.shape != start.shape or not np.isfinite(given).all():
            wanted = _IN_WORDS.get(start.size, f"{start.size} finite numbers")
            raise parameter_error(owner, "x0", f"{wanted} or None", x0)
        return given


def read_lengths(owner: str, n_steps: int, discard: int, n_bytes: float) -> tuple[int, int]:
    """Rows to keep, and rows before these, each of which takes so many bytes."""
    n_steps = check_integer(owner, "n_steps", n_steps, 1)
    discard = check_integer(owner, "discard", discard, 0)
    check_series(owner, n_steps, discard, n_bytes)
    return n_steps, discard


def whole_steps(owner: str, name: str, duration: Any, dt: float) -> int:
    """How many steps of dt the duration has."""
    duration = check_real(owner, name, duration, 0, closed="neither")
    steps = round(duration / dt) if np.isfinite(duration / dt) else 0
    if steps < 1 or abs(steps * dt - duration) > 1e-9 * duration:
        raise parameter_error(owner, name, f"a whole multiple of dt={dt:g}", duration)
    return steps


def iterate(
    equation: Equation,
    owner: str,
    start: Start,
    parameters: Mapping[str, float],
    *,
    n_steps: int,
    discard: int,
    x0: Numbers | None,
    random_state: Seed,
    return_system: bool,
) -> Any:
    """Rows of the iteration of a map, and its system.

    Parameters
    ----------
    n_steps : int, default=2000
        Number of rows, at least 1.
    x0 : array-like, default=None
        Start. None is one near the attractor, or with a `random_state` a point drawn uniformly around it.
    discard : int, default=1000
        Number of first rows that are thrown away, at least 0.
    random_state : int, Generator, RandomState or None, default=None
        Source of the start; not used when `x0` is given.
    return_system : bool, default=False
        Whether to return the pair of the series and its `System`.

    Raises
    ------
    ValueError
        If a parameter is out of range, or the series leaves every bound; of a differential equation also where `dt` is
        too long, so that the steps overflow, or the solver takes more than 1000 of its own for a row.
    """
    state = start.read(owner, x0, random_state)
    n_steps, discard = read_lengths(owner, n_steps, discard, 8.0 * state.size)
    return_system = check_flag(owner, "return_system", return_system)
    system = equation.system(parameters)
    function: Any = system.function
    rows = np.empty((n_steps, state.size))
    with np.errstate(all="ignore"):
        for step in range(-discard, n_steps):
            if step >= 0:
                rows[step] = state
            state = np.asarray(function(state), dtype=np.float64)
    if not np.isfinite(rows).all():
        raise ValueError(f"The series of {owner} leaves every bound. Take other parameters, or another start.")
    return (rows, system) if return_system else rows


def solve(
    equation: Equation,
    owner: str,
    start: Start,
    parameters: Mapping[str, float],
    *,
    n_steps: int,
    dt: float,
    discard: int,
    x0: Numbers | None,
    rtol: float,
    random_state: Seed,
    return_system: bool,
) -> Any:
    """Rows of the solution of a differential equation, and its system.

    Parameters
    ----------
    dt : float
        Time between two rows, > 0; the solver chooses its own steps.
    x0 : array-like of shape (3,), default=None
        Start. None is one near the attractor, or with a `random_state` a point drawn uniformly around it.
    discard : int, default=1000
        Number of first rows that are thrown away, at least 0. Row t is the state at (discard + t) dt.
    rtol : float, default=1e-11
        Relative and absolute tolerance of the solver (``scipy.integrate.solve_ivp`` with the method DOP853, of order
        8, and its dense output), in [1e-13, 1e-3].
    """
    n_steps, discard = read_lengths(owner, n_steps, discard, 16.0)
    dt = check_real(owner, "dt", dt, 0, closed="neither")
    rtol = check_real(owner, "rtol", rtol, 1e-13, 1e-3)
    state = start.read(owner, x0, random_state)
    system = equation.system(parameters, dt)
    rows = _solution(owner, system.function, state, np.arange(discard + n_steps) * dt, n_steps, rtol)
    return (rows, system) if check_flag(owner, "return_system", return_system) else rows


def _solution(owner: str, flow: Any, start: np.ndarray, times: np.ndarray, n_steps: int, rtol: float) -> np.ndarray:
    """The states (n_steps, n) at the last n_steps of the times, the first of which is that of the start."""
    if times.size == 1:
        return start[np.newaxis]
    dt, row, since = float(times[1]), 0.0, 0

    def slope(time: float, state: np.ndarray) -> Any:
        nonlocal row, since
        row, since = (row, since + 1) if time < row + dt else (time, 0)
        if since > _MOST_EVALUATIONS:
            raise parameter_error(owner, "dt", "shorter: a row takes more than 1000 steps of the solver", dt)
        return flow(state)

    options: dict[str, Any] = {"method": "DOP853", "t_eval": times[-n_steps:], "rtol": rtol, "atol": rtol}
    try:
        with np.errstate(all="ignore"):  # the solver's smallest step, and what leaves every bound
            solution = solve_ivp(slope, (0.0, times[-1]), start, **options)
    except ArithmeticError:
        raise ValueError(f"The solution of {owner} leaves every bound.") from None
    if not solution.success or not np.isfinite(solution.y).all():
        raise ValueError(f"The solver of {owner} failed: {solution.message}")
    return np.ascontiguousarray(solution.y.T)


def read_numbers(owner: str, **values: float) -> dict[str, float]:
    """Parameters that may be any number."""
    return {name: check_real(owner, name, value) for name, value in values.items()}


def read_positive(owner: str, **values: float) -> dict[str, float]:
    """Parameters that must be above 0."""
    return {name: check_real(owner, name, value, 0, closed="neither") for name, value in values.items()}
