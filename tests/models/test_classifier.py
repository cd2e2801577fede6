"""Labels per step and per sequence: types, shapes and scores."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import RidgeClassifier
from sklearn.metrics import accuracy_score
from sklearn.model_selection import GridSearchCV, KFold

from reservoir import ReservoirClassifier
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


def test_search_over_labels():
    grid = {"reservoir__leak": [0.2, 1.0], "readout__alpha": [1e-3, 1.0], "pooling": ["mean", "last"]}
    search = GridSearchCV(ReservoirClassifier(), grid, cv=KFold(2)).fit(RAGGED, list("ababa"))
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def test_probabilities_are_asked_of_a_readout_that_has_them():
    for model in (ReservoirClassifier(small()), ReservoirClassifier(small()).fit(STACK, list("ababa"))):
        with pytest.raises(AttributeError) as caught:
            model.predict_proba(STACK)
        assert "RidgeReadout has no probabilities: ask decision_function" in str(caught.value.__cause__)
