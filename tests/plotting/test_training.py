"""Learning: what is drawn is what was given."""

from types import SimpleNamespace

import numpy as np
import pytest

from reservoir.plotting import (
    TrainingDisplay,
)
from reservoir.readouts import RecursiveLeastSquares
from reservoir.rnn import RNNRegressor
from tests.plotting.displays import lines

RNG = np.random.default_rng(1)


def test_losses_of_a_network():
    X = RNG.uniform(-1, 1, (12, 5, 1))
    fitted = RNNRegressor("gru", 4, max_iter=5, tol=None, early_stopping=True, random_state=0).fit(X, X[:, :, 0])
    display = TrainingDisplay.from_estimator(fitted)
    epochs = np.arange(1, 1 + len(fitted.loss_curve_))
    training, held_out, kept = lines(display.ax_)
    np.testing.assert_array_equal(training.get_xydata(), np.column_stack([epochs, fitted.loss_curve_]))
    np.testing.assert_array_equal(held_out.get_ydata(), -np.array(fitted.validation_scores_))
    assert kept.get_ydata()[0] == -max(fitted.validation_scores_)
    alone = TrainingDisplay.from_estimator(SimpleNamespace(loss_curve_=[1.0], validation_scores_=None))
    assert len(lines(alone.ax_)) == 1 and alone.best is None


@pytest.mark.parametrize("n_outputs", [None, 2])
def test_error_of_a_readout_is_that_of_the_outputs_before_the_update(n_outputs):
    X = RNG.normal(size=(40, 3))
    y = X @ RNG.normal(size=3 if n_outputs is None else (3, n_outputs))
    display = TrainingDisplay.from_readout(RecursiveLeastSquares(), X, y, window=4)
    fresh, errors = RecursiveLeastSquares().partial_fit(X[:1], y[:1]), [np.mean(y[0] ** 2)]
    for row in range(1, 40):
        errors.append(np.mean((fresh.predict(X[row : row + 1])[0] - y[row]) ** 2))
        fresh.partial_fit(X[row : row + 1], y[row : row + 1])
    wanted = [np.sqrt(np.mean(errors[max(0, row - 3) : row + 1])) for row in range(40)]
    np.testing.assert_allclose(lines(display.ax_)[0].get_ydata(), wanted, rtol=1e-6)
