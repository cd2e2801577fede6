"""How long a forecast stays valid."""

from __future__ import annotations

import math
from typing import Protocol

import numpy as np

from reservoir.metrics.reading import read_pair
from reservoir.parts import Numbers, SequenceData, check_part
from reservoir.validation import check_finite_array, check_real, parameter_error


class ChaoticSystem(Protocol):
    """What is known of the system of a series, as `reservoir.datasets.System` holds it."""

    @property
    def dt(self) -> float: ...

    @property
    def lyapunov_exponent(self) -> float | None: ...


class ValidTime(float):
    """A valid prediction time: a number, which knows whether it is one or only a lower bound.

    Attributes
    ----------
    censored : bool
        True: the forecast was valid in every row that was given, so that it is at least this; ">= 7.2" in print.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.metrics import valid_prediction_time
    >>> truth = np.sin(np.arange(100.0))
    >>> valid_prediction_time(truth, truth, step=0.1)
    >= 10.0
    """

    censored: bool

    def __new__(cls, value: float, censored: bool = False) -> ValidTime:
        time = super().__new__(cls, value)
        time.censored = bool(censored)
        return time

    def __reduce__(self) -> tuple[type[ValidTime], tuple[float, bool]]:
        return ValidTime, (float(self), self.censored)

    def __repr__(self) -> str:
        return f"{'>= ' * self.censored}{float(self)!r}"


def valid_prediction_time(
    y_true: SequenceData,
    y_pred: SequenceData,
    *,
    step: float | None = None,
    lyapunov_exponent: float | None = None,
    threshold: float = 0.4,
    scale: Numbers | None = None,
    system: ChaoticSystem | None = None,
) -> ValidTime:
    """How long a forecast stays close, in Lyapunov times.

    The error of a step is sqrt(mean over columns of ((y_true - y_pred) / scale)^2). The result is the number of steps
    before the first whose error exceeds `threshold` (or is NaN), times step * lyapunov_exponent. If none does, it is
    the whole length, which is a lower bound only: then it is `censored`, and a mean of such times is too small.

    Parameters
    ----------
    y_true, y_pred : array (T,) or (T, K), equal shapes
    step : None or float > 0, default None
        Time between rows. None is that of the `system`, or 1.
    lyapunov_exponent : None or float > 0, default None
        Largest Lyapunov exponent, in the inverse unit of `step`. None is that of the `system`, or 1, which leaves the
        time as it is.
    threshold : float > 0, default 0.4
        Papers differ (0.3 to 0.5), so figures with other thresholds do not compare.
    scale : None or array (K,), default None
        Scale of every column, such as the standard deviation of the training data. None is that of `y_true`.
    system : None or `reservoir.datasets.System`, default None
        What ``make_lorenz(return_system=True)`` and its like give beside a series: its `dt` and `lyapunov_exponent`
        count where these are not given.

    Returns
    -------
    ValidTime
        A float with the attribute `censored`.

    Raises
    ------
    ValueError
        For arrays of different shapes, a `y_true` with NaN or infinity, parameters outside their range, and a
        `system` whose exponent is not known, or not above 0.

    References
    ----------
    Vlachas et al. 2020, Backpropagation algorithms and reservoir computing in recurrent neural networks for the
    forecasting of complex spatiotemporal dynamics, Neural Networks 126:191-217, doi:10.1016/j.neunet.2020.02.016.

    Examples
    --------
    >>> import numpy as np
    >>> truth = np.sin(np.arange(100.0))
    >>> valid_prediction_time(truth, np.where(np.arange(100) < 30, truth, 5.0), step=0.1)
    3.0
    >>> valid_prediction_time(truth, truth, step=0.1).censored
    True
    >>> from reservoir.datasets import make_lorenz
    >>> series, lorenz = make_lorenz(400, return_system=True)
    >>> round(valid_prediction_time(series, np.where(np.arange(400)[:, None] < 50, series, 0.0), system=lorenz), 2)
    0.91
    """
    owner = "valid_prediction_time"
    true, predicted = read_pair(owner, y_true, y_pred)
    unit = lyapunov_unit(owner, step, lyapunov_exponent, system)
    limit = check_real(owner, "threshold", threshold, 0, closed="neither")
    sizes = true.std(axis=0) if scale is None else check_finite_array(owner, "scale", scale, true.shape[1:])
    if not (sizes > 0).all():
        raise parameter_error(owner, "scale", "positive in every column", scale)
    with np.errstate(over="ignore"):
        errors = np.sqrt((((true - predicted) / sizes) ** 2).mean(axis=1))
    lost = np.flatnonzero(~(errors <= limit))
    return ValidTime((lost[0] if lost.size else len(true)) * unit, censored=not lost.size)


def lyapunov_unit(
    owner: str, step: float | None, lyapunov_exponent: float | None, system: ChaoticSystem | None = None
) -> float:
    """Lyapunov times, or units of time without an exponent, between two rows."""
    if system is not None:
        check_part(owner, "system", system, ChaoticSystem)
        step = system.dt if step is None else step
        if lyapunov_exponent is None:
            lyapunov_exponent = system.lyapunov_exponent
            if lyapunov_exponent is None or not lyapunov_exponent > 0:
                wanted = "one whose Lyapunov exponent is known and above 0, or given beside lyapunov_exponent"
                raise parameter_error(owner, "system", wanted, system)
    given = {"step": step, "lyapunov_exponent": lyapunov_exponent}
    known = {name: value for name, value in given.items() if value is not None}
    return math.prod(check_real(owner, name, value, 0, closed="neither") for name, value in known.items())
