"""Copy memory is its definition, and its chance the stated one."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.stats import chisquare
from sklearn.metrics import log_loss

from reservoir.datasets import (
    make_copy_memory,
)
from reservoir.metrics import copy_recall
from tests.datasets.samples import within


def naive_copy(items, delay, marker, every_row):
    """Rows and targets, symbol by symbol."""
    n = len(items)
    rows, targets = [], []
    for t in range(delay + 2 * n):
        rows.append(items[t] if t < n else marker if t == n + delay - 1 or (every_row and t >= n + delay) else 0)
        targets.append(items[t - n - delay] if t >= n + delay else 0)
    return rows, targets


@pytest.mark.parametrize("markers", ["one", "all"])
@pytest.mark.parametrize(("delay", "n_items", "n_symbols"), [(1, 1, 2), (1, 3, 4), (20, 10, 8), (7, 2, 5)])
def test_copy_memory_is_its_definition(markers, delay, n_items, n_symbols):
    X, y = make_copy_memory(30, delay, n_items=n_items, n_symbols=n_symbols, markers=markers, random_state=0)
    assert X.shape == (30, delay + 2 * n_items, n_symbols + 2) and y.dtype == np.int64
    assert (X.sum(axis=2) == 1).all() and set(np.unique(X)) == {0.0, 1.0}
    symbols = X.argmax(axis=2)
    for i in range(30):
        rows, targets = naive_copy(symbols[i, :n_items].tolist(), delay, n_symbols + 1, markers == "all")
        assert symbols[i].tolist() == rows and y[i].tolist() == targets


def test_the_symbols_of_copy_memory_are_uniform_and_independent():
    items = make_copy_memory(5000, 1, random_state=1)[1][:, -10:]
    assert chisquare(np.bincount(items.ravel())[1:]).pvalue > 1e-3
    pairs = np.bincount(8 * (items[:, :-1].ravel() - 1) + items[:, 1:].ravel() - 1, minlength=64)
    assert chisquare(pairs).pvalue > 1e-3


@pytest.mark.parametrize(("delay", "n_items", "n_symbols"), [(100, 10, 8), (3, 2, 5)])
def test_copy_memory_without_memory_is_at_the_stated_chance(delay, n_items, n_symbols):
    y = make_copy_memory(500, delay, n_items=n_items, n_symbols=n_symbols, random_state=2)[1]
    guess = np.zeros((*y.shape, n_symbols + 1))
    guess[:, : delay + n_items, 0] = 1
    guess[:, delay + n_items :, 1:] = 1 / n_symbols
    loss = log_loss(y.ravel(), guess.reshape(-1, n_symbols + 1), labels=range(n_symbols + 1))
    assert_allclose(loss, n_items * np.log(n_symbols) / (delay + 2 * n_items), rtol=1e-9)
    assert within((y[:, -n_items:] == 1), 1 / n_symbols)
    assert copy_recall(y, np.ones_like(y)) == (y[:, -n_items:] == 1).mean()
