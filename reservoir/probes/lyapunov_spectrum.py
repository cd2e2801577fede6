"""Lyapunov exponents of equations that are known."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import numpy as np

from reservoir.parts import Numbers, Seed
from reservoir.probes.exponents import N_SEGMENTS, LyapunovExponents, Move, from_growth, growth_of, orthonormal
from reservoir.sizes import LONGEST_RUN, check_patience
from reservoir.threads import one_blas_thread
from reservoir.validation import as_generator, check_integer, check_real, is_function, parameter_error, real_array

_OWNER = "lyapunov_spectrum"
_STEP_SECONDS = 1e-6  # of a call of the two functions, at the least

Field: TypeAlias = Callable[[np.ndarray], Any]
"""What a state (n,) is taken to: a vector, or a matrix."""


def lyapunov_spectrum(
    function: Field,
    jacobian: Field,
    start: Numbers,
    *,
    dt: float | None = None,
    n_exponents: int | None = None,
    n_steps: int = 10_000,
    discard: int = 1000,
    interval: int = 1,
    random_state: Seed = 0,
) -> LyapunovExponents:
    """Lyapunov exponents of a map or of differential equations, the largest first.

        x' = function(x)          without `dt`, for each step;
        dx/dt = function(x)       with `dt`, for each unit of time.

    Small differences move with the Jacobian along the trajectory, and are made orthonormal again (QR) after every
    `interval` steps. Differential equations and their differences take the same steps of the Runge-Kutta method of
    order 4, so that these are the exact exponents of that method.

    It gives the truth against which `closed_loop_exponents` of a forecaster is held.

    Parameters
    ----------
    function : callable (n,) -> (n,)
    jacobian : callable (n,) -> (n, n)
        Row i holds the derivatives of value i of the function.
    start : array (n,)
    dt : None or float > 0, default None
        Step of the solver. None makes the function a map.
    n_exponents : None or int in [1, n], default None
        None is all n.
    n_steps : int >= 20 * interval, default 10,000
        Steps that count.
    discard : int >= 0, default 1000
        Steps before these, in which trajectory and differences settle.
    interval : int >= 1, default 1
        Steps between two orthonormalisations.
    random_state : None, int, Generator, SeedSequence or RandomState, default 0
        Source of the first differences.

    Returns
    -------
    exponents : LyapunovExponents

    Raises
    ------
    ValueError
        For a parameter outside its range, a function of another shape, and a trajectory that leaves every bound.

    References
    ----------
    Benettin, Galgani, Giorgilli, Strelcyn 1980, doi:10.1007/BF02128236, as for `lyapunov_exponent`.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.probes import lyapunov_spectrum
    >>> logistic = lyapunov_spectrum(lambda x: 4 * x * (1 - x), lambda x: np.diag(4 - 8 * x), [0.3])
    >>> bool(abs(logistic.largest - np.log(2)) < 0.01)
    True
    """
    given = real_array(start)
    if given is None or given.ndim != 1 or not given.size or not np.isfinite(given).all():
        raise parameter_error(_OWNER, "start", "a finite array (n,)", start)
    _check_field("function", function, given, given.shape)
    _check_field("jacobian", jacobian, given, 2 * given.shape)
    wanted = len(given) if n_exponents is None else n_exponents
    n_exponents = check_integer(_OWNER, "n_exponents", wanted, 1, len(given))
    interval = check_integer(_OWNER, "interval", interval, 1)
    n_steps = check_integer(_OWNER, "n_steps", n_steps, N_SEGMENTS * interval)
    discard = check_integer(_OWNER, "discard", discard, 0)
    seconds, what = _STEP_SECONDS * (discard + n_steps), f"{discard + n_steps:.3g} steps"
    name, most = ("n_steps", n_steps) if n_steps >= discard else ("discard", discard)
    check_patience(_OWNER, name, most, seconds, LONGEST_RUN, what)
    if dt is not None:
        dt = check_real(_OWNER, "dt", dt, 0, closed="neither")
    basis = orthonormal(len(given), n_exponents, as_generator(_OWNER, random_state))
    moves = _moves(function, jacobian, given, dt, discard + n_steps)
    with one_blas_thread():
        return from_growth(growth_of(moves, basis, interval, discard), interval * (1.0 if dt is None else dt))


def _check_field(name: str, field: Field, x: np.ndarray, shape: tuple[int, ...]) -> None:
    found = real_array(field(x)) if is_function(field) else None
    if found is None or found.shape != shape:
        raise parameter_error(_OWNER, name, f"a function that takes a state {x.shape} to an array {shape}", field)


def _moves(function: Field, jacobian: Field, x: np.ndarray, dt: float | None, n_steps: int) -> Iterator[Move]:
    """How differences move in each step, along the trajectory from x."""
    for step in range(n_steps):
        with np.errstate(over="ignore", invalid="ignore"):  # what leaves every bound is told below
            if dt is None:
                matrix = np.asarray(jacobian(x), dtype=np.float64)
                x = np.asarray(function(x), dtype=np.float64)
            else:
                x, matrix = _runge_kutta(function, jacobian, x, dt)
        if not (np.isfinite(x).all() and np.isfinite(matrix).all()):
            raise ValueError(f"The trajectory of {_OWNER} leaves every bound at step {step}.")
        yield matrix.__matmul__


def _runge_kutta(function: Field, jacobian: Field, x: np.ndarray, dt: float) -> tuple[np.ndarray, np.ndarray]:
    """The state after dt (n,), and its derivatives by the state before (n, n)."""
    identity = np.eye(len(x))
    slope, turn = np.zeros(len(x)), np.zeros_like(identity)
    change, turned = np.zeros(len(x)), np.zeros_like(identity)
    for share, weight in ((0.0, 1 / 6), (0.5, 1 / 3), (0.5, 1 / 3), (1.0, 1 / 6)):
        at = x + share * dt * slope
        turn = np.asarray(jacobian(at), dtype=np.float64) @ (identity + share * dt * turn)
        slope = np.asarray(function(at), dtype=np.float64)
        change, turned = change + weight * slope, turned + weight * turn
    return x + dt * change, identity + dt * turned
