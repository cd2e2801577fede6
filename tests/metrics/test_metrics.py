"""Scores against their definitions."""

import copy
import json
import pickle

import numpy as np
import pytest
from scipy.stats import bernoulli
from sklearn.metrics import jaccard_score

from reservoir.metrics import copy_recall, frame_accuracy, frame_negative_log_likelihood, nrmse, valid_prediction_time


def test_nrmse():
    rng = np.random.default_rng(0)
    y = rng.normal(size=(50, 3))
    assert nrmse(y, y) == 0
    assert nrmse(y, np.broadcast_to(y.mean(axis=0), y.shape)) == pytest.approx(1)
    assert nrmse(5 * y + 2, 5 * (y + 0.1) + 2) == pytest.approx(nrmse(y, y + 0.1))
    with pytest.raises(ValueError, match="'y_true' parameter of nrmse must be not constant"):
        nrmse(np.ones(4), np.zeros(4))
    with pytest.raises(ValueError, match="'y_pred' parameter of nrmse must be an array of shape"):
        nrmse(y, y[:-1])


@pytest.mark.parametrize("columns", [(), (1,), (3,)])
def test_valid_prediction_time(columns):
    truth = np.random.default_rng(0).normal(size=(100, *columns))
    scale = np.full(columns or (1,), 2.0)
    wrong = truth.copy()
    wrong[60:] += 1.01  # in units of the scale 0.505
    assert valid_prediction_time(truth, wrong, threshold=0.5, scale=scale) == 60
    assert valid_prediction_time(truth, wrong, threshold=0.51, scale=scale) == 100
    wrong[40] = np.nan
    assert valid_prediction_time(truth, wrong, step=0.1, lyapunov_exponent=2.0, scale=scale) == pytest.approx(8)


def test_a_forecast_that_is_valid_to_the_end_gives_a_lower_bound():
    truth = np.sin(np.arange(600) * 0.02)
    unit = {"step": 0.02, "lyapunov_exponent": 0.9}
    whole, reached = (valid_prediction_time(truth, truth + error, **unit) for error in (1e-6, np.arange(600) / 500))
    assert whole == pytest.approx(10.8) and whole.censored
    assert repr(whole) == str(whole) == f"{whole}" == f">= {float(whole)}"
    assert reached < whole and not reached.censored and repr(reached) == repr(float(reached))
    assert valid_prediction_time(truth, np.where(np.arange(600) < 599, truth, 9)).censored is False
    for copied in (pickle.loads(pickle.dumps(whole)), copy.deepcopy(whole)):
        assert copied == whole and copied.censored
    assert json.loads(json.dumps([whole])) == [whole] and np.mean([whole, whole]) == whole and f"{whole:.3g}" == "10.8"
    truth[0] = np.nan
    with pytest.raises(ValueError, match="y_true"):
        valid_prediction_time(truth, truth)


@pytest.mark.parametrize("name", ["step", "lyapunov_exponent", "threshold"])
def test_bad_parameters(name):
    with pytest.raises(ValueError, match=f"'{name}' parameter of valid_prediction_time must be a number > 0"):
        valid_prediction_time(np.arange(3.0), np.arange(3.0), **{name: 0})
    with pytest.raises(ValueError, match="'scale'"):
        valid_prediction_time(np.ones(3), np.ones(3))


def test_masked_values_are_refused():
    """Their hidden numbers would be scored."""
    y = np.arange(6.0)
    masked = np.ma.masked_array(y, y > 4)
    for metric in (nrmse, valid_prediction_time):
        with pytest.raises(ValueError, match=f"y_true of {metric.__name__} has masked values"):
            metric(masked, y)
        with pytest.raises(ValueError, match=f"y_pred of {metric.__name__} has masked values"):
            metric(y, masked)
        assert metric(y, np.ma.masked_array(y)) == metric(y, y)
    roll = np.ma.masked_array(np.zeros((4, 2)), np.eye(4, 2, dtype=bool))
    for true in (roll, [np.zeros((4, 2)), roll]):
        with pytest.raises(ValueError, match="y_true of frame_accuracy has masked values"):
            frame_accuracy(true, true)


def rolls(lengths=(4, 1, 9), n_keys=5):
    """Piano rolls, guesses and probabilities, as ragged lists."""
    rng = np.random.default_rng(0)
    shapes = [(length, n_keys) for length in lengths]
    return [[draw(shape) for shape in shapes] for draw in (coins(rng), coins(rng), rng.random)]


def coins(rng):
    return lambda shape: rng.integers(0, 2, shape).astype(float)


def test_frame_accuracy():
    true, guess, _ = rolls()
    hits = wrong = 0
    for frames, guesses in zip(true, guess, strict=True):
        for y, p in zip(frames.ravel(), guesses.ravel(), strict=True):
            hits += y == p == 1
            wrong += y != p
    assert frame_accuracy(true, guess) == pytest.approx(hits / (hits + wrong), rel=1e-15)
    joined = [np.concatenate(part) for part in (true, guess)]
    assert frame_accuracy(*joined) == pytest.approx(jaccard_score(joined[0].ravel(), joined[1].ravel()))
    assert frame_accuracy(true, true) == 1 == frame_accuracy(np.zeros((3, 2)), np.zeros((3, 2)))
    assert frame_accuracy(true, [0 * piece for piece in true]) == 0


def test_frame_negative_log_likelihood():
    true, _, probability = rolls()
    expected = sum(
        -bernoulli.logpmf(y, p).sum() for y, p in zip(np.concatenate(true), np.concatenate(probability), strict=True)
    )
    assert frame_negative_log_likelihood(true, probability) == pytest.approx(expected / 14)
    halves = [np.full_like(piece, 0.5) for piece in true]
    assert frame_negative_log_likelihood(true, halves) == pytest.approx(5 * np.log(2))
    assert frame_negative_log_likelihood(true, true) == 0
    assert frame_negative_log_likelihood([[1.0, 0.0]], [[0.0, 0.0]]) == np.inf


def test_copy_recall():
    true, guess = np.array([[0, 0, 3, 1], [0, 0, 2, 2]]), np.array([[3, 0, 3, 2], [0, 1, 2, 0]])
    assert copy_recall(true, guess) == 0.5 and copy_recall(true, true) == 1
    assert copy_recall(true, guess, blank=2) == pytest.approx(3 / 6)
    assert copy_recall([true[0], true[1, 1:]], [guess[0], guess[1, 1:]]) == 0.5
    assert copy_recall(true.ravel(), guess.ravel()) == 0.5


@pytest.mark.parametrize("score", [frame_accuracy, frame_negative_log_likelihood])
def test_the_containers_of_piano_rolls_agree(score):
    true, guess, _ = rolls(lengths=(6, 6))
    value = score(true, guess) if score is frame_accuracy else score(true, [0.2 + 0.5 * piece for piece in guess])
    guess = guess if score is frame_accuracy else [0.2 + 0.5 * piece for piece in guess]
    assert score(np.stack(true), np.stack(guess)) == score(np.concatenate(true), np.concatenate(guess)) == value


ROLL = np.array([[1, 0], [0, 1]])


@pytest.mark.parametrize(
    ("score", "y_true", "other", "message"),
    [
        (frame_accuracy, [1, 0], [1, 0], "'y_true' .* must be finite numbers .T, K., a stack or a list of these"),
        (frame_accuracy, 2 * ROLL, ROLL, "'y_true' .* must be of the values 0 and 1"),
        (frame_accuracy, ROLL, 0.5 * ROLL, "'y_pred' .* must be of the values 0 and 1"),
        (frame_accuracy, [ROLL, ROLL[:1]], [ROLL[:1], ROLL], "'y_pred' .* of the shape of y_true"),
        (frame_accuracy, [ROLL, ROLL[:, :1]], [ROLL, ROLL[:, :1]], "'y_true' .* must be finite numbers"),
        (frame_accuracy, [], [], "'y_true' .* must be finite numbers"),
        (frame_negative_log_likelihood, ROLL, 1.5 * ROLL, r"'y_proba' .* must be in \[0, 1\]"),
        (frame_negative_log_likelihood, ROLL, np.nan * ROLL, "'y_proba' .* must be finite numbers"),
        (frame_negative_log_likelihood, ROLL, ROLL[:1], "'y_proba' .* of the shape of y_true"),
        (copy_recall, [0, 0], [1, 2], "'y_true' .* must be not 0 in every row"),
        (copy_recall, [0, 1], [0, 1, 1], "'y_pred' .* of the shape of y_true"),
        (copy_recall, "ab", [0, 1], "'y_true' .* must be finite numbers .T,., a stack or a list of these"),
    ],
)
def test_bad_scores_are_named(score, y_true, other, message):
    with pytest.raises(ValueError, match=message):
        score(y_true, other)
