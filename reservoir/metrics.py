"""Scores of predictions that scikit-learn lacks."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import xlog1py, xlogy

from reservoir.parts import Numbers, SequenceData
from reservoir.sequences import n_dimensions, refuse_masked
from reservoir.validation import check_finite_array, check_real, parameter_error, real_array


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
    true, predicted = _pair("nrmse", y_true, y_pred)
    if not np.isfinite(predicted).all():
        raise parameter_error("nrmse", "y_pred", "finite", y_pred)
    spread = ((true - true.mean(axis=0)) ** 2).sum()
    if spread == 0:
        raise parameter_error("nrmse", "y_true", "not constant", y_true)
    return float(np.sqrt(((true - predicted) ** 2).sum() / spread))


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
    step: float = 1.0,
    lyapunov_exponent: float = 1.0,
    threshold: float = 0.4,
    scale: Numbers | None = None,
) -> ValidTime:
    """How long a forecast stays close, in Lyapunov times.

    The error of a step is sqrt(mean over columns of ((y_true - y_pred) / scale)^2). The result is the number of steps
    before the first whose error exceeds `threshold` (or is NaN), times step * lyapunov_exponent. If none does, it is
    the whole length, which is a lower bound only: then it is `censored`, and a mean of such times is too small.

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

    Returns
    -------
    ValidTime
        A float with the attribute `censored`.

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
    >>> valid_prediction_time(truth, truth, step=0.1).censored
    True
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
    return ValidTime((lost[0] if lost.size else len(true)) * unit, censored=not lost.size)


def frame_accuracy(y_true: SequenceData, y_pred: SequenceData) -> float:
    """Accuracy of piano rolls, in which true silence does not count.

        TP / (TP + FP + FN)

    with the true positives, false positives and false negatives of all keys and all frames of all pieces. 1 is perfect,
    and also the result where nothing sounds in either; predicting silence gives 0.

    Parameters
    ----------
    y_true, y_pred : array (T, K), stack (N, T, K) or list of arrays (T_i, K), 0 and 1, of the same lengths

    Raises
    ------
    ValueError
        For other values than 0 and 1, and for different shapes.

    References
    ----------
    Poliner, Ellis 2007, A discriminative model for polyphonic piano transcription, EURASIP Journal on Advances in
    Signal Processing 2007:48317, doi:10.1155/2007/48317.

    Examples
    --------
    >>> frame_accuracy([[1, 1, 0], [0, 0, 0]], [[1, 0, 0], [0, 1, 0]])
    0.3333333333333333
    """
    true, predicted = _frames("frame_accuracy", "y_pred", y_true, y_pred)
    if not np.isin(predicted, (0, 1)).all():
        raise parameter_error("frame_accuracy", "y_pred", "of the values 0 and 1", y_pred)
    sounding = np.count_nonzero(true + predicted)
    return float(true.ravel() @ predicted.ravel() / sounding) if sounding else 1.0


def frame_negative_log_likelihood(y_true: SequenceData, y_proba: SequenceData) -> float:
    """Negative log-likelihood of piano rolls in nats per frame, each key an independent Bernoulli variable.

        -mean over all frames of all pieces of sum_k (y_k log p_k + (1 - y_k) log(1 - p_k))

    0 is perfect; p = 1/2 gives K log 2. It is infinite where a probability of 0 or 1 is wrong. Figures that average
    within each piece first, or over padded frames, do not compare.

    Parameters
    ----------
    y_true : array (T, K), stack (N, T, K) or list of arrays (T_i, K), 0 and 1
    y_proba : the same shapes, in [0, 1]
        Probability that the key sounds.

    Raises
    ------
    ValueError
        For other values of `y_true` than 0 and 1, probabilities outside [0, 1] or NaN, and for different shapes.

    Examples
    --------
    >>> round(frame_negative_log_likelihood([[1, 0], [0, 0]], [[0.5, 0.5], [0, 0]]), 4)    # log 2
    0.6931
    """
    owner = "frame_negative_log_likelihood"
    true, probability = _frames(owner, "y_proba", y_true, y_proba)
    if not ((probability >= 0) & (probability <= 1)).all():
        raise parameter_error(owner, "y_proba", "in [0, 1]", y_proba)
    likelihood = xlogy(true, probability) + xlog1py(1 - true, -probability)
    return float(0.0 - likelihood.sum() / len(likelihood))


def copy_recall(y_true: SequenceData, y_pred: SequenceData, *, blank: float = 0) -> float:
    """Fraction of the symbols to be recalled that are right: the rows whose true label is not the blank.

    1 is perfect; chance is one over the number of symbols.

    Parameters
    ----------
    y_true, y_pred : array (T,), stack (N, T) or list of arrays (T_i,) of numbers, of the same lengths
        One label per row.
    blank : float, default 0
        Label of the rows that do not count.

    Raises
    ------
    ValueError
        For labels that are no numbers, different shapes, and a `y_true` of blanks.

    References
    ----------
    Arjovsky, Shah, Bengio 2016, Unitary evolution recurrent neural networks, ICML, doi:10.48550/arXiv.1511.06464, for
    the task.

    Examples
    --------
    >>> copy_recall([[0, 0, 0, 7, 6]], [[0, 3, 0, 7, 1]])
    0.5
    """
    blank = check_real("copy_recall", "blank", blank)
    true, predicted = _joined("copy_recall", "y_pred", y_true, y_pred, 1)
    asked = true != blank
    if not asked.any():
        raise parameter_error("copy_recall", "y_true", f"not {blank:g} in every row", y_true)
    return float((true == predicted)[asked].mean())


def _pair(owner: str, y_true: Any, y_pred: Any) -> tuple[np.ndarray, np.ndarray]:
    _refuse_masked(owner, y_true=y_true, y_pred=y_pred)
    true, predicted = real_array(y_true), real_array(y_pred)
    if true is None or not true.size or true.ndim not in (1, 2) or not np.isfinite(true).all():
        raise parameter_error(owner, "y_true", "a finite array (T,) or (T, K)", y_true)
    if predicted is None or predicted.shape != true.shape:
        raise parameter_error(owner, "y_pred", f"an array of shape {true.shape}", y_pred)
    return true.reshape(len(true), -1), predicted.reshape(len(true), -1)


def _frames(owner: str, name: str, y_true: Any, y_pred: Any) -> tuple[np.ndarray, np.ndarray]:
    """Frames (n_frames, K) of true and predicted piano rolls."""
    true, predicted = _joined(owner, name, y_true, y_pred, 2)
    if not np.isin(true, (0, 1)).all():
        raise parameter_error(owner, "y_true", "of the values 0 and 1", y_true)
    return true, predicted


def _joined(owner: str, name: str, y_true: Any, y_pred: Any, depth: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows of all sequences, joined; `depth` is the number of dimensions of one sequence."""
    _refuse_masked(owner, **{"y_true": y_true, name: y_pred})
    true, predicted = _members(y_true, depth), _members(y_pred, depth)
    one = "(T,)" if depth == 1 else "(T, K)"
    if true is None:
        raise parameter_error(owner, "y_true", f"finite numbers {one}, a stack or a list of these", y_true)
    if predicted is None or [part.shape for part in predicted] != [part.shape for part in true]:
        raise parameter_error(owner, name, "finite numbers of the shape of y_true", y_pred)
    return np.concatenate(true), np.concatenate(predicted)


def _members(y: Any, depth: int) -> list[np.ndarray] | None:
    """The sequences of a series, stack or list, or None where they are no finite numbers of equal width."""
    parts = y if n_dimensions(y) > depth or _is_ragged(y, depth) else [y]
    arrays = [real_array(part) for part in parts]
    members = [array for array in arrays if array is not None and array.ndim == depth and np.isfinite(array).all()]
    same_width = len({member.shape[1:] for member in members}) == 1
    return members if len(members) == len(arrays) and same_width and any(member.size for member in members) else None


def _refuse_masked(owner: str, **values: Any) -> None:
    """Refuse masked values, in whatever container."""
    for name, value in values.items():
        for part in value if isinstance(value, list | tuple) else [value]:
            refuse_masked(part, name, owner)


def _is_ragged(y: Any, depth: int) -> bool:
    return isinstance(y, (list, tuple)) and len(y) > 0 and n_dimensions(y[0]) == depth
