"""The adding problem is its definition, and its chance the stated one."""

import numpy as np
import pytest
from scipy.stats import chisquare, kstest
from sklearn.linear_model import LinearRegression

from reservoir.datasets import (
    make_adding,
)
from tests.datasets.samples import within


@pytest.mark.parametrize("length", [2, 3, 10, 101])
def test_the_modern_adding_problem_is_its_definition(length):
    X, y = make_adding(200, length, random_state=0)
    assert X.shape == (200, length, 2)
    for x, target in zip(X, y, strict=True):
        marked = [t for t in range(length) if x[t, 1] == 1]
        assert len(marked) == 2 and marked[0] < length // 2 <= marked[1]
        assert set(x[:, 1]) <= {0, 1} and target == pytest.approx(x[marked[0], 0] + x[marked[1], 0])
    if length == 10:
        rows = make_adding(5000, length, random_state=1)[0][:, :, 1].sum(axis=0)
        assert chisquare(rows).pvalue > 1e-3
        assert kstest(X[:, :, 0].ravel(), "uniform").pvalue > 1e-3


def test_chance_and_the_best_linear_answer_of_the_modern_adding_problem():
    X, y = make_adding(40000, 10, random_state=3)
    assert within((y - 1) ** 2, 1 / 6)
    halves = X.reshape(2, 20000, 20)
    linear = LinearRegression().fit(halves[0], y[:20000])
    assert within((linear.predict(halves[1]) - y[20000:]) ** 2, 1 / 6 - 1 / 30)


@pytest.mark.parametrize("length", [20, 25, 100])
def test_the_original_adding_problem_is_its_definition(length):
    X, y = make_adding(3000, length, version="1997", random_state=0)
    lengths = np.array([len(x) for x in X])
    assert lengths.min() == length and lengths.max() == length + length // 10
    firsts = np.zeros(10)
    for x, target in zip(X, y, strict=True):
        marked = np.flatnonzero(x[:, 1] == 1)
        assert len(marked) == 2 and marked[0] < 10 and marked[1] < length // 2
        negative = set(np.flatnonzero(x[:, 1] == -1))
        assert negative == {0, len(x) - 1} - set(marked)
        assert x[0, 0] == 0 or 0 not in marked
        assert target == pytest.approx(0.5 + (x[marked[0], 0] + x[marked[1], 0]) / 4)
        firsts[marked[0]] += marked[1] >= 10
    numbers = np.concatenate([x[1:, 0] for x in X])
    assert kstest(numbers, "uniform", (-1, 2)).pvalue > 1e-3
    if length == 100:  # where the second mark is behind the first ten rows, the first is uniform among them
        assert chisquare(firsts).pvalue > 1e-3


def test_chance_of_the_original_adding_problem():
    X, y = make_adding(20000, 100, version="1997", random_state=4)
    p = 0.1 + 0.9 / 49
    assert within([x[0, 1] == 1 for x in X], p)
    assert within((y - 0.5) ** 2, (2 - p) / 48)
    assert round((2 - p) / 48, 4) == 0.0392
    assert within(np.abs(y - 0.5) < 0.04, 0.1536 + 0.0064 * p)
