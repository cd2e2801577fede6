"""Early classification: the accuracy on beginnings of sequences, by hand."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin

from reservoir import EchoState, ReservoirClassifier, ReservoirRegressor
from reservoir.model_selection import ReservoirSearchCV
from reservoir.plotting import EarlyClassificationDisplay
from tests.plotting.displays import MAKERS, lines

RNG = np.random.default_rng(0)
Y = np.array(["up", "down"])[np.arange(8) % 2]
X = [np.where(label == "up", 1.0, -1.0) * np.arange(n)[:, None] for label, n in zip(Y, range(6, 14), strict=True)]


class ByTheFourthRow(ClassifierMixin, BaseEstimator):
    """Knows the label once four rows were seen; of stacks it takes stacks alone."""

    def predict(self, X):
        return np.array([("up" if rows[3, 0] > 0 else "down") if len(rows) > 3 else "up" for rows in X])


def test_the_line_is_the_accuracy_on_beginnings():
    shares = [1.0, 0.25, 0.5, 0.5]
    display = EarlyClassificationDisplay.from_estimator(ByTheFourthRow(), X, Y, shares=shares)
    assert display.shares.tolist() == [0.25, 0.5, 1.0]
    known = [np.ceil(share * np.arange(6, 14)) > 3 for share in display.shares]
    assert display.accuracies.tolist() == [np.mean(own | (Y == "up")) for own in known]
    assert display.chance == 0.5
    (line,) = lines(display.ax_, "accuracy")
    assert np.array_equal(line.get_ydata(), display.accuracies)
    assert lines(display.ax_, "most frequent label") and not lines(
        EarlyClassificationDisplay(display.shares, display.accuracies).plot().ax_, "most frequent label"
    )


def test_shares_of_one_length_are_rows_and_stacks_stay_stacks():
    class OfStacks(ByTheFourthRow):
        def predict(self, X):
            assert isinstance(X, np.ndarray) and X.ndim == 3
            seen.append(X.shape[1])
            return super().predict(X)

    seen = []
    display = EarlyClassificationDisplay.from_estimator(OfStacks(), np.stack([rows[:6] for rows in X]), Y)
    assert len(display.shares) == 20 and seen == [int(np.ceil(k * 6 / 20)) for k in range(1, 21)]


def test_models_with_a_washout_and_searches_of_them():
    model = ReservoirClassifier(EchoState(9, random_state=0), pooling="mean", washout=3, preset="classic")
    search = ReservoirSearchCV(model, {"washout": [3]}, cv=2).fit(X, Y)
    for one in (model.fit(X, Y), search):
        display = EarlyClassificationDisplay.from_estimator(one, X, Y, shares=[0.1, 1.0])
        assert display.accuracies[-1] == model.score(X, Y)
        assert display.accuracies[0] == model.score([rows[:4] for rows in X], Y)


def test_labels_that_are_not_known_do_not_count():
    some = np.array([*Y[:6], None, None], dtype=object)
    display = EarlyClassificationDisplay.from_estimator(ByTheFourthRow(), X, some, shares=[0.1])
    assert display.accuracies.tolist() == [0.5] and display.chance == 0.5
    with pytest.raises(ValueError, match="y of EarlyClassificationDisplay"):
        EarlyClassificationDisplay.from_estimator(ByTheFourthRow(), X, Y[:3])


def test_what_answers_numbers_is_refused():
    model = ReservoirRegressor(EchoState(9, random_state=0), preset="classic").fit(X, np.arange(8.0))
    with pytest.raises(ValueError, match=r"'estimator' .* must be a classifier of whole sequences"):
        EarlyClassificationDisplay.from_estimator(model, X, Y)


def test_it_is_drawn_where_it_is_told():
    assert MAKERS["EarlyClassificationDisplay"]().ax_.get_xlabel() == "share of the rows seen"
