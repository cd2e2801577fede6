"""Scores of piano rolls and of symbols to be recalled."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import xlog1py, xlogy

from reservoir.metrics.reading import refuse_masked_values
from reservoir.parts import SequenceData
from reservoir.sequences import n_dimensions
from reservoir.validation import check_real, parameter_error, real_array


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


def _frames(owner: str, name: str, y_true: Any, y_pred: Any) -> tuple[np.ndarray, np.ndarray]:
    """Frames (n_frames, K) of true and predicted piano rolls."""
    true, predicted = _joined(owner, name, y_true, y_pred, 2)
    if not np.isin(true, (0, 1)).all():
        raise parameter_error(owner, "y_true", "of the values 0 and 1", y_true)
    return true, predicted


def _joined(owner: str, name: str, y_true: Any, y_pred: Any, depth: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows of all sequences, joined; `depth` is the number of dimensions of one sequence."""
    refuse_masked_values(owner, **{"y_true": y_true, name: y_pred})
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


def _is_ragged(y: Any, depth: int) -> bool:
    return isinstance(y, (list, tuple)) and len(y) > 0 and n_dimensions(y[0]) == depth
