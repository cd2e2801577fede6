"""Targets that do not fit the sequences are refused with a reason."""

import numpy as np
import pytest
from sklearn.exceptions import DataConversionWarning

from reservoir import ReservoirClassifier, ReservoirRegressor
from tests.sequence_cases import LENGTHS, RAGGED, STACK, N, T, same_bits, small, step_values


def odd_member(members, index, value):
    return [value if i == index else member for i, member in enumerate(members)]


VALUES, LENGTH_LABELS = step_values("list", 2), [np.zeros(length, int) for length in LENGTHS]
REGRESSORS = {
    "length of a member": (RAGGED, odd_member(VALUES, 3, VALUES[3][1:]), "Member 3 of y"),
    "outputs of a member": (RAGGED, odd_member(VALUES, 2, VALUES[2][:, :1]), "member 2"),
    "depth of a member": (RAGGED, odd_member(VALUES, 2, VALUES[2][:, 0]), "member 2"),
    "NaN in an output": (RAGGED, odd_member(VALUES, 1, VALUES[1] * [1, np.nan]), r"in others \(row 0 of sequence 1\)"),
    "NaN alone": (STACK[0], np.full(T, np.nan), "there is no target"),
    "infinity": (STACK[0], np.full(T, np.inf), "infinity"),
    "number of members": (RAGGED, VALUES[:-1], "Got 4 for 5 sequences"),
    "one per sequence": (RAGGED, np.arange(5.0), "one number per sequence"),
    "length of a series": (STACK[0], np.zeros(T - 1), r"\[12, 11\]"),
    "too deep": (STACK[0], np.zeros((T, 2, 2)), "y of ReservoirRegressor"),
    "no target": (STACK[0], None, "requires y to be passed"),
}
CLASSIFIERS = {
    "no label": (STACK, None, "requires y to be passed"),
    "indicators": (STACK, np.eye(N)[:, :3], "labels, not indicators"),
    "indicators for a list": (RAGGED, np.eye(N), "labels, not indicators"),
    "one label for one series": (STACK[0], "a", r"\[X\]"),
    "continuous": (STACK, np.linspace(0.1, 0.9, N), "continuous"),
    "two types": (STACK, np.array(["a", 1, 2, "b", 3], dtype=object), "y"),
    "None alone": (STACK, [None] * N, "there is no label"),
    "length of a member": (RAGGED, odd_member(LENGTH_LABELS, 4, np.zeros(3, int)), "Member 4 of y"),
}


@pytest.mark.parametrize("X, y, text", REGRESSORS.values(), ids=REGRESSORS)
def test_target_is_refused(X, y, text):
    with pytest.raises(ValueError, match=text):
        ReservoirRegressor(small()).fit(X, y)
    fitted = ReservoirRegressor(small()).fit(RAGGED, step_values("list"))
    with pytest.raises(ValueError, match=text):
        fitted.score(X, y)


@pytest.mark.parametrize("X, y, text", CLASSIFIERS.values(), ids=CLASSIFIERS)
def test_label_is_refused(X, y, text):
    with pytest.raises(ValueError, match=text):
        ReservoirClassifier(small()).fit(X, y)


def test_pooled_target_is_refused():
    for y, text in [(np.zeros(N - 1), "inconsistent"), (step_values("stack", 1), "y of ReservoirRegressor")]:
        with pytest.raises(ValueError, match=text):
            ReservoirRegressor(small(), pooling="mean").fit(STACK, y)
    with pytest.raises(ValueError, match=r"wrap it, \[X\]"):
        ReservoirRegressor(small(), pooling="mean").fit(STACK[0], np.zeros(T))


@pytest.mark.parametrize("y", [np.array([[0], [1], [0], [1], [1]]), np.ones((N, T, 1), dtype=int)])
def test_column_of_labels_warns(y):
    with pytest.warns(DataConversionWarning):
        model = ReservoirClassifier(small()).fit(STACK, y)
    assert same_bits(model.predict(STACK), ReservoirClassifier(small()).fit(STACK, y[..., 0]).predict(STACK))
