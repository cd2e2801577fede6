"""Errors of predictions, by themselves and beside those of a baseline."""

from __future__ import annotations

import numpy as np

from reservoir.metrics.reading import finite_pair
from reservoir.parts import SequenceData
from reservoir.validation import check_integer, parameter_error, real_array


def nrmse(y_true: SequenceData, y_pred: SequenceData) -> float:
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
    true, predicted = finite_pair("nrmse", y_true, y_pred)
    spread = ((true - true.mean(axis=0)) ** 2).sum()
    if spread == 0:
        raise parameter_error("nrmse", "y_true", "not constant", y_true)
    return float(np.sqrt(((true - predicted) ** 2).sum() / spread))


def smape(y_true: SequenceData, y_pred: SequenceData) -> float:
    """Symmetric mean absolute percentage error, from 0 to 200.

        200 mean(|y_true - y_pred| / (|y_true| + |y_pred|))

    as in the M4 competition; where both are 0 the error is 0. All entries count alike.

    Parameters
    ----------
    y_true, y_pred : array (T,) or (T, K), equal shapes

    Raises
    ------
    ValueError
        For arrays of different shapes, NaN or infinity.

    References
    ----------
    Makridakis, Spiliotis, Assimakopoulos 2020, The M4 Competition, International Journal of Forecasting 36(1):54-74,
    doi:10.1016/j.ijforecast.2019.04.014.

    Examples
    --------
    >>> smape([1.0, 3.0], [3.0, 3.0])
    50.0
    """
    true, predicted = finite_pair("smape", y_true, y_pred)
    errors, sizes = np.abs(true - predicted), np.abs(true) + np.abs(predicted)
    return float(200 * np.mean(np.divide(errors, sizes, out=np.zeros_like(errors), where=sizes > 0)))


def mase(y_true: SequenceData, y_pred: SequenceData, *, y_train: SequenceData, period: int = 1) -> float:
    """Mean absolute error in units of the error of "as one period ago" in the training rows.

        mean over columns of (mean_t |y_true - y_pred| / mean_t |y_train(t) - y_train(t - period)|)

    Parameters
    ----------
    y_true, y_pred : array (T,) or (T, K), equal shapes
    y_train : array (T_train,) or (T_train, K)
        The rows before. More than `period` rows.
    period : int >= 1, default 1
        Rows of a season; 1 compares with the row before.

    Raises
    ------
    ValueError
        For arrays of other shapes, NaN or infinity, and for a `y_train` in which a column repeats itself.

    References
    ----------
    Hyndman and Koehler 2006, Another look at measures of forecast accuracy, International Journal of Forecasting
    22(4):679-688, doi:10.1016/j.ijforecast.2006.03.001.

    Examples
    --------
    >>> mase([5.0, 6.0], [5.0, 8.0], y_train=[1.0, 2.0, 3.0, 4.0])
    1.0
    """
    true, predicted = finite_pair("mase", y_true, y_pred)
    period = check_integer("mase", "period", period, 1)
    train = real_array(y_train)
    wanted = f"more than {period} finite rows of {true.shape[1]} column(s)"
    if train is None or train.ndim not in (1, 2) or len(train) <= period or not np.isfinite(train).all():
        raise parameter_error("mase", "y_train", wanted, y_train)
    train = train.reshape(len(train), -1)
    if train.shape[1] != true.shape[1]:
        raise parameter_error("mase", "y_train", wanted, y_train)
    scales = np.abs(train[period:] - train[:-period]).mean(axis=0)
    if not (scales > 0).all():
        raise parameter_error("mase", "y_train", f"no column that repeats itself after {period} row(s)", y_train)
    return float(np.mean(np.abs(true - predicted).mean(axis=0) / scales))


def owa(
    y_true: SequenceData,
    y_pred: SequenceData,
    *,
    y_reference: SequenceData,
    y_train: SequenceData,
    period: int = 1,
) -> float:
    """Overall weighted average: sMAPE and MASE, each in units of those of a reference forecast.

        (smape(y_pred) / smape(y_reference) + mase(y_pred) / mase(y_reference)) / 2

    Below 1 is better than the reference. The M4 competition takes the last value, after a seasonal adjustment
    ("Naive 2"), and averages both errors over all series before it divides: figures of one series do not compare.

    Parameters
    ----------
    y_true, y_pred, y_reference : array (T,) or (T, K), equal shapes
    y_train, period : as in `mase`

    Raises
    ------
    ValueError
        As `smape` and `mase` do, and for a reference without error.

    References
    ----------
    Makridakis, Spiliotis, Assimakopoulos 2020, The M4 Competition, International Journal of Forecasting 36(1):54-74,
    doi:10.1016/j.ijforecast.2019.04.014.

    Examples
    --------
    >>> owa([4.0, 5.0], [4.0, 5.0], y_reference=[3.0, 3.0], y_train=[1.0, 2.0, 3.0])
    0.0
    """
    finite_pair("owa", y_true, y_pred)
    finite_pair("owa", y_true, y_reference, "y_reference")
    relative = [smape(y_true, y_pred), mase(y_true, y_pred, y_train=y_train, period=period)]
    reference = [smape(y_true, y_reference), mase(y_true, y_reference, y_train=y_train, period=period)]
    if 0 in reference:
        raise parameter_error("owa", "y_reference", "not without error", y_reference)
    return float(np.mean(np.divide(relative, reference)))
