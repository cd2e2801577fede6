"""Which readouts compiled loops may answer for."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from reservoir import EchoState
from reservoir.readouts import (
    BackpropagationDecorrelation,
    Force,
    LeastMeanSquares,
    RecursiveLeastSquares,
    RidgeReadout,
)
from reservoir.readouts.linear import is_linear, learns_by_least_squares
from tests.loops import looped


class LogLink(LeastMeanSquares):
    """Least mean squares on log y."""

    def fit(self, X, y):
        return super().fit(X, np.log(y))

    def accumulate(self, X, y):
        return super().accumulate(X, np.log(y))

    def predict(self, X):
        return np.exp(super().predict(X))


class Doubled(RidgeReadout):
    """Twice the answer."""

    def predict(self, X):
        return 2 * super().predict(X)


class Careful(RecursiveLeastSquares):
    """Learns half as much."""

    def step(self, x, target):
        output = super().step(x, target)
        return 0.5 * output


def test_who_answers_linearly():
    assert all(map(is_linear, (RidgeReadout(), LeastMeanSquares(), RecursiveLeastSquares(), Force())))
    assert not any(map(is_linear, (LogLink(), Doubled(), Ridge(), BackpropagationDecorrelation())))
    assert learns_by_least_squares(Force()) and learns_by_least_squares(RecursiveLeastSquares())
    assert not learns_by_least_squares(Careful()) and not learns_by_least_squares(LeastMeanSquares())


@pytest.mark.parametrize("readout", [LogLink(), Doubled(), BackpropagationDecorrelation(dt=1.0, output_feedback=False)])
@pytest.mark.parametrize("n_members", [1, 2])
def test_a_forecast_is_what_predict_answers(readout, n_members):
    series = 2 + np.sin(np.arange(300) / 5).reshape(-1, 1)
    model = looped(EchoState(20, random_state=0), readout, washout=20, n_members=n_members).fit(series)
    answers = []
    for member in getattr(model, "members_", [model]):
        state = member.reservoir_.run(series[:-1])[1]
        seen = np.column_stack([member.reservoir_.run(series[-1:], state)[0], series[-1:]])
        answers.append(np.reshape(member.readout_.predict(seen), (1, 1)))
    np.testing.assert_allclose(model.forecast(1), np.mean(answers, axis=0), rtol=0, atol=1e-12)
