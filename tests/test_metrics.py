"""Scores against their definitions."""

import numpy as np
import pytest

from reservoir.metrics import nrmse, valid_prediction_time


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


@pytest.mark.parametrize("name", ["step", "lyapunov_exponent", "threshold"])
def test_bad_parameters(name):
    with pytest.raises(ValueError, match=f"'{name}' parameter of valid_prediction_time must be a number > 0"):
        valid_prediction_time(np.arange(3.0), np.arange(3.0), **{name: 0})
    with pytest.raises(ValueError, match="'scale'"):
        valid_prediction_time(np.ones(3), np.ones(3))
