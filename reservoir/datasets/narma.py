"""NARMA: nonlinear autoregressive moving averages of a random input, a test of memory and nonlinearity."""

from __future__ import annotations

import math
import numbers
from typing import Any, NamedTuple

import numpy as np

from reservoir.parts import Seed
from reservoir.sizes import check_fits, check_series
from reservoir.validation import as_generator, check_flag, check_integer, check_real, parameter_error, real_array

# How often the input is drawn before a divergence is reported.
MAX_DRAWS = 100


class _System(NamedTuple):
    """Coefficients of y(t+1) = g(a y(t) + b y(t) sum y + c u u' + d), with g = tanh where bounded."""

    a: float
    b: float
    c: float
    d: float
    bounded: bool


_SYSTEMS = {
    10: _System(0.3, 0.05, 1.5, 0.1, bounded=False),
    20: _System(0.3, 0.05, 1.5, 0.01, bounded=True),
    30: _System(0.2, 0.04, 1.5, 0.001, bounded=False),
}


def make_narma(
    n_steps: int = 2000,
    *,
    order: int = 10,
    coefficients: tuple[float, float, float, float] | None = None,
    bounded: bool | None = None,
    input_range: tuple[float, float] = (0.0, 0.5),
    discard: int = 200,
    random_state: Seed = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Random input and the answer of a NARMA system of order 10, 20 or 30, or of any other.

    ::

        order 10:  y(t+1) =      .3 y(t) + .05 y(t) sum_{i=0..9}  y(t-i) + 1.5 u(t-9)  u(t) + .1       [1]_
        order 20:  y(t+1) = tanh(.3 y(t) + .05 y(t) sum_{i=0..19} y(t-i) + 1.5 u(t-19) u(t) + .01)     [2]_
        order 30:  y(t+1) =      .2 y(t) + .04 y(t) sum_{i=0..29} y(t-i) + 1.5 u(t-29) u(t) + .001     [3]_

        any order n:  y(t+1) = g(a y(t) + b y(t) sum_{i=0..n-1} y(t-i) + c u(t-n+1) u(t) + d)

    with u(t) independent and uniform in `input_range`, and g the identity, or tanh where it is `bounded`.

    Alignment: row t of ``y`` is the value computed from ``u[..t]``, which the formula calls y(t+1). In rows,
    order 10 is ``y[t] = .3 y[t-1] + .05 y[t-1] sum(y[t-10:t]) + 1.5 u[t-9] u[t] + .1``. Predicting ``y[t]``
    from ``u[..t]`` is therefore causal, and the newest input takes part in it.

    The system starts at rest (y = u = 0 before the first step). The first `discard` steps are computed and
    thrown away.

    Divergence: systems without tanh have no bound, and that of order 10 now and then runs away. A draw in which a value
    is not finite or exceeds 1 in size is rejected as a whole, and a new input is drawn with the same, continuing
    generator, 100 draws at most. With the default input about one draw in 20 of 2200 steps is rejected at order 10, so
    that a series of several hundred thousand steps is out of reach.

    Parameters
    ----------
    n_steps : int, default=2000
        Number of rows, at least 1.
    order : int, default=10
        Number n of past values that take part, at least 1; 10, 20 or 30 where no coefficients are given.
    coefficients : tuple of four floats or None, default=None
        (a, b, c, d). None are those above.
    bounded : bool or None, default=None
        Whether g is tanh. None is as above, and no with coefficients of your own.
    input_range : tuple of two floats, default=(0.0, 0.5)
        Lower and upper bound of the uniform input, low < high.
    discard : int, default=200
        Number of first steps that are thrown away, at least 0.
    random_state : int, Generator, RandomState or None, default=None
        Source of the input; an int gives the same bits at every call.

    Returns
    -------
    u : ndarray of shape (n_steps, 1)
        Input.
    y : ndarray of shape (n_steps,)
        Target.

    Raises
    ------
    ValueError
        If a parameter is out of range, or if the system diverged in each of the 100 draws.

    References
    ----------
    .. [1] A. F. Atiya, A. G. Parlos (2000). New results on recurrent network training: unifying the
       algorithms and accelerating convergence. IEEE Transactions on Neural Networks 11(3), 697-709.
       https://doi.org/10.1109/72.846741
    .. [2] A. Rodan, P. Tino (2011). Minimum complexity echo state network. IEEE Transactions on Neural
       Networks 22(1), 131-144. https://doi.org/10.1109/TNN.2010.2089641
    .. [3] B. Schrauwen, M. Wardermann, D. Verstraeten, J. J. Steil, D. Stroobandt (2008). Improving
       reservoirs using intrinsic plasticity. Neurocomputing 71, 1159-1171.
       https://doi.org/10.1016/j.neucom.2007.12.020

    Examples
    --------
    >>> from reservoir.datasets import make_narma
    >>> u, y = make_narma(500, order=10, random_state=0)
    >>> u.shape, y.shape
    ((500, 1), (500,))
    >>> newest = 0.3 * y[-2] + 0.05 * y[-2] * y[-11:-1].sum() + 1.5 * u[-10, 0] * u[-1, 0] + 0.1
    >>> bool(abs(newest - y[-1]) < 1e-12)
    True
    """
    n_steps = check_integer("make_narma", "n_steps", n_steps, 1)
    discard = check_integer("make_narma", "discard", discard, 0)
    order, system = _read_system(order, coefficients, bounded)
    low, high = _check_range(input_range)
    check_series("make_narma", n_steps, discard, 80.0)
    rng = as_generator("make_narma", random_state)
    for _ in range(MAX_DRAWS):
        u = rng.uniform(low, high, discard + n_steps)
        y = _respond(u, order, system)
        if y is not None:
            return u[discard:, np.newaxis].copy(), y[discard:].copy()
    raise ValueError(
        f"The NARMA system of order {order} diverged in each of {MAX_DRAWS} draws of {discard + n_steps} "
        f"steps with input in [{low:g}, {high:g}]. Take a smaller input_range or a shorter series."
    )


def _read_system(order: Any, coefficients: Any, bounded: Any) -> tuple[int, _System]:
    """The order, and the system of these coefficients or that of the publications."""
    if coefficients is None:
        if not isinstance(order, numbers.Integral) or order not in _SYSTEMS:
            raise parameter_error("make_narma", "order", "10, 20 or 30, or any with coefficients", order)
        system = _SYSTEMS[int(order)]
    else:
        given = real_array(coefficients)
        if given is None or given.shape != (4,) or not np.isfinite(given).all():
            raise parameter_error("make_narma", "coefficients", "None or four finite numbers", coefficients)
        a, b, c, d = given.tolist()
        system = _System(a, b, c, d, bounded=False)
    if bounded is not None:
        system = system._replace(bounded=check_flag("make_narma", "bounded", bounded))
    order = check_integer("make_narma", "order", order, 1)
    check_fits("make_narma", "order", order, 32.0 * order, "the past values")
    return order, system


def _check_range(input_range: Any) -> tuple[float, float]:
    pair = isinstance(input_range, (tuple, list)) or (isinstance(input_range, np.ndarray) and input_range.ndim == 1)
    if not pair or len(input_range) != 2:
        raise parameter_error("make_narma", "input_range", "a pair (low, high) with low < high", input_range)
    low, high = (check_real("make_narma", "input_range", bound) for bound in input_range)
    if not low < high:
        raise parameter_error("make_narma", "input_range", "a pair (low, high) with low < high", input_range)
    return low, high


def _respond(u: np.ndarray, order: int, system: _System) -> np.ndarray | None:
    """The answer to u from rest, or None once it is not finite or above 1 in size."""
    inputs = [0.0] * (order - 1) + u.tolist()
    y = [0.0] * order
    for oldest, newest in zip(inputs, inputs[order - 1 :], strict=False):
        value = system.a * y[-1] + system.b * y[-1] * sum(y[-order:]) + system.c * oldest * newest + system.d
        value = math.tanh(value) if system.bounded else value
        if not abs(value) <= 1.0:
            return None
        y.append(value)
    return np.array(y[order:])
