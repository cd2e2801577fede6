"""Labels per step and per sequence: types, shapes and scores."""

import numpy as np
import pandas as pd
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.metrics import accuracy_score
from sklearn.model_selection import GridSearchCV, KFold

from reservoir import ReservoirClassifier
from reservoir.model_selection import ReservoirSearchCV
from tests.sequence_cases import DATA, RAGGED, STACK, N, T, after_washout, shapes, small, step_values


@pytest.mark.parametrize("readout", [None, RidgeClassifier()])
@pytest.mark.parametrize("kind", DATA)
def test_one_label_per_step(kind, readout):
    numbers = step_values(kind)
    y = [np.where(x > 0.5, "high", "low") for x in numbers]
    y = y if kind == "list" else np.array(y)
    model = ReservoirClassifier(small(), readout, washout=2).fit(DATA[kind], y)
    assert model.per_step_ and list(model.classes_) == ["high", "low"]
    for other in DATA:
        assert shapes(model.predict(DATA[other])) == shapes(step_values(other))
        assert shapes(model.decision_function(DATA[other])) == shapes(step_values(other))
    truth, said = after_washout(kind, y, 2), after_washout(kind, model.predict(DATA[kind]), 2)
    assert model.score(DATA[kind], y) == accuracy_score(truth, said)


LABELS = {
    "strings": np.array(["b", "a", "c", "a", "b"]),
    "integers": np.array([3, 1, 2, 1, 3], dtype=np.uint8),
    "flags": np.array([True, False, False, True, True]),
    "integral floats": np.array([1.0, 2.0, 3.0, 1.0, 2.0]),
    "Series": pd.Series(["b", "a", "c", "a", "b"], index=range(50, 55)),
    "categorical": pd.Series(["b", "a", "c", "a", "b"], index=range(50, 55), dtype="category"),
}


@pytest.mark.parametrize("kind", ["stack", "list"])
@pytest.mark.parametrize("labels", LABELS.values(), ids=LABELS)
def test_one_label_per_sequence(kind, labels):
    model = ReservoirClassifier(small()).fit(DATA[kind], labels)
    answers = model.predict(DATA[kind])
    assert not model.per_step_ and set(model.classes_) == set(labels)
    assert answers.shape == (N,) and answers.dtype == model.classes_.dtype
    assert model.predict(STACK[0]).shape == (1,)
    n_classes = len(model.classes_)
    assert model.decision_function(STACK).shape == ((N,) if n_classes == 2 else (N, n_classes))
    assert model.score(DATA[kind], labels) == np.mean(answers == np.asarray(labels))


@pytest.mark.parametrize("kind", DATA)
def test_one_class_is_predicted(kind):
    y = [np.full(len(x), "a") for x in DATA[kind]] if kind != "series" else np.full(T, "a")
    answers = ReservoirClassifier(small()).fit(DATA[kind], y).predict(DATA[kind])
    assert set(np.concatenate(answers) if kind != "series" else answers) == {"a"}


def test_calibrated_scores_of_stacks_and_lists_are_probabilities():
    rng = np.random.default_rng(0)
    lists = [rng.normal(size=(length, 2)) + (k % 3) for k, length in enumerate([7, 9, 12, 5] * 6)]
    for X, y in ((lists, np.array(list("abc"))[np.arange(24) % 3]), (rng.normal(size=(24, 6, 2)), np.arange(24) % 2)):
        calibrated = CalibratedClassifierCV(ReservoirClassifier(small()), cv=2).fit(X, y, sample_weight=np.ones(24))
        found = calibrated.predict_proba(X)
        np.testing.assert_allclose(found.sum(axis=1), 1.0)
        np.testing.assert_array_equal(calibrated.classes_[found.argmax(axis=1)], calibrated.predict(X))


def test_search_over_labels():
    grid = {"reservoir__leak": [0.2, 1.0], "readout__alpha": [1e-3, 1.0], "pooling": ["mean", "last"]}
    search = GridSearchCV(ReservoirClassifier(preset="classic"), grid, cv=KFold(2)).fit(RAGGED, list("ababa"))
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


@pytest.mark.parametrize("fitted", [False, True])
@pytest.mark.parametrize(
    "wrapped", [lambda model: model, lambda model: ReservoirSearchCV(model, {"washout": [0]}, cv=2)]
)
def test_the_way_to_probabilities_is_told(fitted, wrapped):
    """As the last line that one reads, and `hasattr` is False all the same."""
    model = wrapped(ReservoirClassifier(small()))
    if fitted:
        model.fit(RAGGED, list("abbaa"))
    assert not hasattr(model, "predict_proba")
    with pytest.raises(AttributeError, match=r"its readout RidgeReadout gives no probabilities\..*CalibratedClass"):
        model.predict_proba(RAGGED)
    able = wrapped(ReservoirClassifier(small(), LogisticRegression())).fit(RAGGED, list("abbaa"))
    assert able.predict_proba(RAGGED).shape == (len(RAGGED), 2)
