"""Scores of predictions that scikit-learn lacks."""

from __future__ import annotations

from typing import Any

import numpy as np

from reservoir.validation import check_finite_array, check_real, parameter_error, real_array


def nrmse(y_true: Any, y_pred: Any) -> float:
    """Normalised root mean square error.

        sqrt(sum |y_true - y_pred|^2 / sum |y_true - mean(y_true)|^2)

    0 is perfect; predicting the mean gives 1. All columns count together.

    Parameters
    ----------
    y_true, y_pred : array (T,) or (T, K), equal shapes

    Raises
    ------
    ValueError
        For arrays of different shapes, NaN or infinity, and for a constant `y_true`.

    Examples
    --------
    >>> float(nrmse([0.0, 1.0, 2.0], [1.0, 1.0, 1.0]))
    1.0
    """
    true, predicted = _pair("nrmse", y_true, y_pred)
    if not np.isfinite(predicted).all():
        raise parameter_error("nrmse", "y_pred", "finite", y_pred)
    spread = ((true - true.mean(axis=0)) ** 2).sum()
    if spread == 0:
        raise parameter_error("nrmse", "y_true", "not constant", y_true)
    return float(np.sqrt(((true - predicted) ** 2).sum() / spread))


def valid_prediction_time(
    y_true: Any,
    y_pred: Any,
    *,
    step: float = 1.0,
    lyapunov_exponent: float = 1.0,
    threshold: float = 0.4,
    scale: Any = None,
) -> float:
    """How long a forecast stays close, in Lyapunov times.

    The error of a step is sqrt(mean over columns of ((y_true - y_pred) / scale)^2). The result is the number of steps
    before the first whose error exceeds `threshold` (or is NaN), times step * lyapunov_exponent; the whole length if
    none does.

    Parameters
    ----------
    y_true, y_pred : array (T,) or (T, K), equal shapes
    step : float > 0, default 1.0
        Time between rows.
    lyapunov_exponent : float > 0, default 1.0
        Largest Lyapunov exponent, in the inverse unit of `step`; 1 leaves the time as it is.
    threshold : float > 0, default 0.4
        Papers differ (0.3 to 0.5), so figures with other thresholds do not compare.
    scale : None or array (K,), default None
        Scale of every column, such as the standard deviation of the training data. None is that of `y_true`.

    Raises
    ------
    ValueError
        For arrays of different shapes, a `y_true` with NaN or infinity, and parameters outside their range.

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
    """
    owner = "valid_prediction_time"
    true, predicted = _pair(owner, y_true, y_pred)
    unit = check_real(owner, "step", step, 0, closed="neither")
    unit *= check_real(owner, "lyapunov_exponent", lyapunov_exponent, 0, closed="neither")
    limit = check_real(owner, "threshold", threshold, 0, closed="neither")
    sizes = true.std(axis=0) if scale is None else check_finite_array(owner, "scale", scale, true.shape[1:])
    if not (sizes > 0).all():
        raise parameter_error(owner, "scale", "positive in every column", scale)
    with np.errstate(over="ignore"):
        errors = np.sqrt((((true - predicted) / sizes) ** 2).mean(axis=1))
    lost = np.flatnonzero(~(errors <= limit))
    return float((lost[0] if lost.size else len(true)) * unit)


def _pair(owner: str, y_true: Any, y_pred: Any) -> tuple[np.ndarray, np.ndarray]:
    true, predicted = real_array(y_true), real_array(y_pred)
    if true is None or not true.size or true.ndim > 2 or not np.isfinite(true).all():
        raise parameter_error(owner, "y_true", "a finite array (T,) or (T, K)", y_true)
    if predicted is None or predicted.shape != true.shape:
        raise parameter_error(owner, "y_pred", f"an array of shape {true.shape}", y_pred)
    return true.reshape(len(true), -1), predicted.reshape(len(true), -1)
