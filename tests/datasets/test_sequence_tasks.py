"""Tasks for recurrent networks: the data obey their definition, and the stated chance levels are those of the data."""

from __future__ import annotations

import inspect
import re

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import chisquare, kstest
from sklearn.linear_model import LinearRegression
from sklearn.metrics import log_loss

from reservoir import EchoState, datasets
from reservoir.datasets import (
    make_adding,
    make_copy_memory,
    make_embedded_reber,
    make_frequency_discrimination,
    make_temporal_order,
)
from reservoir.metrics import copy_recall
from reservoir.sequences import container_kind, read_sequences

TASKS = [
    task
    for task in (getattr(datasets, name) for name in datasets.__all__ if name.startswith("make_"))
    if "n_sequences" in inspect.signature(task).parameters
]
VARIANTS = [
    (make_copy_memory, {"markers": "all"}),
    (make_adding, {"version": "1997"}),
    (make_temporal_order, {"n_relevant": 3}),
    (make_embedded_reber, {"continual": True}),
    (make_frequency_discrimination, {"times": "regular"}),
    (make_frequency_discrimination, {"times": "high_resolution"}),
    *((task, {}) for task in TASKS),
]


@pytest.mark.parametrize(("make", "options"), VARIANTS)
def test_every_task_enters_by_the_one_door(make, options):
    X, y = make(7, random_state=0, **options)
    sequences = read_sequences(EchoState(), X, reset=True)
    kind = container_kind(X, "EchoState")
    assert len(sequences) == (1 if kind == "series" else 7)
    assert len(y) == len(X)
    if np.ndim(y[0]) and kind != "series":  # one target a row
        assert [len(target) for target in y] == sequences.lengths.tolist()


@pytest.mark.parametrize("make", TASKS)
@pytest.mark.parametrize("value", [0, -1, 2.0, True, "3"])
def test_a_number_of_sequences_is_an_integer(make, value):
    message = f"The 'n_sequences' parameter of {make.__name__} must be an integer >= 1. Got {value!r}."
    with pytest.raises(ValueError, match=re.escape(message)):
        make(value)


@pytest.mark.parametrize(
    ("make", "options", "requirement"),
    [
        (make_copy_memory, {"delay": 0}, "an integer >= 1"),
        (make_copy_memory, {"n_items": 0}, "an integer >= 1"),
        (make_copy_memory, {"n_symbols": 1}, "an integer >= 2"),
        (make_copy_memory, {"markers": "none"}, "one of 'one', 'all'"),
        (make_adding, {"length": 1}, "an integer >= 2"),
        (make_adding, {"length": 19, "version": "1997"}, "an integer >= 20"),
        (make_adding, {"version": 1997}, "one of 'modern', '1997'"),
        (make_temporal_order, {"length": 9}, "an integer >= 10"),
        (make_temporal_order, {"n_relevant": 4}, "2 or 3"),
        (make_temporal_order, {"n_relevant": [2]}, "2 or 3"),
        (make_embedded_reber, {"continual": 1}, "True or False"),
        (make_frequency_discrimination, {"times": "random"}, "one of 'asynchronous', 'regular', 'high_resolution'"),
    ],
)
def test_a_bad_parameter_is_named(make, options, requirement):
    name, value = next(iter(options.items()))
    with pytest.raises(ValueError) as caught:
        make(**options)
    assert str(caught.value) == f"The '{name}' parameter of {make.__name__} must be {requirement}. Got {value!r}."


def within(sample, mean, deviations=4):
    """Whether the mean of the sample is the stated one, but for its standard error."""
    sample = np.asarray(sample, dtype=float)
    return abs(sample.mean() - mean) < deviations * sample.std() / np.sqrt(sample.size)


# Copy memory


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


# Adding


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


# Temporal order

WINDOWS = {2: [(10, 20), (50, 60)], 3: [(10, 20), (33, 43), (66, 76)]}


@pytest.mark.parametrize("n_relevant", [2, 3])
def test_temporal_order_is_its_definition(n_relevant):
    X, y = make_temporal_order(4000, n_relevant=n_relevant, random_state=0)
    classes = ["XX", "XY", "YX", "YY"]
    if n_relevant == 3:
        classes = ["XXX", "XXY", "XYX", "XYY", "YXX", "YXY", "YYX", "YYY"]
    rows = []
    for x, label in zip(X, y, strict=True):
        assert (x.sum(axis=1) == 1).all() and 100 <= len(x) <= 110
        string = "".join("EBabcdXY"[column] for column in x.argmax(axis=1))
        assert re.fullmatch(r"E[abcdXY]+B", string)
        assert re.sub("[^XY]", "", string) == classes[label]
        rows.append([match.start() for match in re.finditer("[XY]", string)])
    for positions, (low, high) in zip(np.transpose(rows), WINDOWS[n_relevant], strict=True):
        assert chisquare(np.bincount(positions - low, minlength=high - low + 1)).pvalue > 1e-3
    assert chisquare(np.bincount([len(x) - 100 for x in X], minlength=11)).pvalue > 1e-3
    assert chisquare(np.concatenate(X).sum(axis=0)[2:6]).pvalue > 1e-3


@pytest.mark.parametrize(("n_relevant", "counted"), [(2, 3 / 4), (3, 1 / 2)])
def test_chance_and_counting_in_temporal_order(n_relevant, counted):
    X, y = make_temporal_order(4000, 10, n_relevant=n_relevant, random_state=1)
    n_classes = 2**n_relevant
    assert len(set(y)) == n_classes and chisquare(np.bincount(y)).pvalue > 1e-3
    counts = np.array([x[:, 7].sum() for x in X])
    most = sum(np.bincount(y[counts == count]).max() for count in range(n_relevant + 1))
    smallest = counted * len(y)
    assert smallest - 4 * np.sqrt(len(y)) < most < smallest + 4 * np.sqrt(len(y))


@pytest.mark.parametrize("length", [10, 11, 37, 250])
@pytest.mark.parametrize("n_relevant", [2, 3])
def test_temporal_order_scales(length, n_relevant):
    X, _ = make_temporal_order(300, length, n_relevant=n_relevant, random_state=2)
    for x in X:
        assert length <= len(x) <= 1.1 * length
        positions = np.flatnonzero(x[:, 6:].any(axis=1))
        assert len(positions) == n_relevant
        for t, (low, high) in zip(positions, WINDOWS[n_relevant], strict=True):
            assert np.floor(low * length / 100) <= t <= high * length / 100


# Embedded Reber grammar

LATER = "(?:XT*VP)*(?:S|XT*VV)"
REBER = f"B(?:TS*X{LATER}|PT*V(?:V|P{LATER}))E"
EMBEDDED = f"B([TP]){REBER}\\1E"


def text(x):
    return "".join("BTPSXVE"[column] for column in x.argmax(axis=1))


@pytest.fixture(scope="module")
def reber():
    return make_embedded_reber(10000, random_state=0)


def test_reber_strings_are_in_the_language(reber):
    X, y = reber
    assert all((x.sum(axis=1) == 1).all() and x.shape == target.shape for x, target in zip(X, y, strict=True))
    assert all(re.fullmatch(EMBEDDED, text(x) + "E") for x in X)
    assert min(map(len, X)) + 1 == 9
    assert within([len(x) + 1 for x in X], 12)


def test_possible_next_symbols_are_those_that_occur(reber):
    # Witness without a graph: after a prefix that came often, the symbols that have followed it in any string.
    followed, stated = {}, {}
    for x, target in zip(*reber, strict=True):
        string = text(x) + "E"
        for t in range(len(x)):
            prefix = string[: t + 1]
            followed.setdefault(prefix, []).append(string[t + 1])
            stated.setdefault(prefix, set()).add("".join(np.array(list("BTPSXVE"))[target[t] == 1]))
    often = [prefix for prefix, symbols in followed.items() if len(symbols) >= 40]
    assert len(often) > 50
    for prefix in often:
        assert stated[prefix] == {"".join(symbol for symbol in "BTPSXVE" if symbol in followed[prefix])}


def test_both_ways_of_a_branch_are_equally_likely_and_chance_is_the_stated_one(reber):
    X, y = reber
    inputs, targets = np.concatenate([x[1:] for x in X]), np.concatenate([target[:-1] for target in y])
    two = targets.sum(axis=1) == 2
    first = targets.argmax(axis=1)
    assert within(inputs[two, first[two]], 1 / 2)
    sizes = [target.sum() / 7 for target in y]
    assert abs(np.sum(sizes) / sum(map(len, y)) - 18 / 77) < 0.002
    second, last = np.array([(text(x)[1], text(x)[-1]) for x in X]).T
    assert_array_equal(second, last)
    assert within(last == "T", 1 / 2)


def test_a_continual_reber_series_is_the_strings_joined():
    X, y = make_embedded_reber(50, random_state=3, continual=True)
    parts, sets = make_embedded_reber(50, random_state=3)
    assert text(X) == "".join(text(x) + "E" for x in parts)
    ends = np.cumsum([len(x) + 1 for x in parts]) - 1
    assert_array_equal(y[ends], np.eye(7)[[0] * 50])
    assert_array_equal(np.delete(y, ends, axis=0), np.concatenate(sets))
    assert (X[1:][y[:-1] == 0] == 0).all()  # what comes next was possible


# Frequency discrimination


def periods_of(X):
    """Period of each wave sampled at steps of 0.1, since x[t+1] + x[t-1] = 2 cos(2 pi 0.1 / period) x[t]."""
    found = []
    for x in X:
        wave = x[:, 0]
        cosine = (wave[2:] + wave[:-2]) @ wave[1:-1] / (2 * wave[1:-1] @ wave[1:-1])
        found.append(2 * np.pi * 0.1 / np.arccos(cosine))
    return np.array(found)


@pytest.fixture(scope="module")
def waves():
    X, y = make_frequency_discrimination(1200, times="high_resolution", random_state=0)
    return X, y, periods_of(X)


def test_the_class_is_whether_the_period_lies_between_5_and_6(waves):
    _, y, periods = waves
    assert_array_equal(y, (periods >= 5) & (periods <= 6))
    assert kstest(periods[y == 1], "uniform", (5, 1)).pvalue > 1e-3
    others = np.log(periods[y == 0])
    low, gap = np.log(5), np.log(6 / 5)
    joined = np.where(others > low, others - gap, others)  # the gap that class 1 leaves is closed
    assert kstest(joined, "uniform", (0, np.log(100) - gap)).pvalue > 1e-3
    assert 1 <= periods.min() < 1.05 and 95 < periods.max() <= 100 * (1 + 1e-6)
    assert abs(y[:600].mean() - y[600:].mean()) < 4 * np.sqrt(0.25 / 300)  # in no order


@pytest.mark.parametrize("times", ["regular", "asynchronous"])
def test_a_seed_gives_the_same_waves_at_other_times(waves, times):
    X, y = make_frequency_discrimination(1200, times=times, random_state=0)
    assert_array_equal(y, waves[1])
    for x, fine, period in zip(X, waves[0], waves[2], strict=True):

        def basis(t, period=period):
            return np.column_stack([np.sin(2 * np.pi * t / period), np.cos(2 * np.pi * t / period)])

        amplitudes = np.linalg.lstsq(basis(fine[:, 1]), fine[:, 0], rcond=None)[0]
        assert_allclose(np.hypot(*amplitudes), 1, atol=1e-5)
        assert_allclose(basis(x[:, 1]) @ amplitudes, x[:, 0], atol=1e-4)


def test_times_are_those_of_the_condition():
    regular, fine, free = (
        make_frequency_discrimination(600, times=times, random_state=5)[0]
        for times in ("regular", "high_resolution", "asynchronous")
    )
    for step, X in ((1.0, regular), (0.1, fine)):
        assert all(np.allclose(np.diff(x[:, 1]), step) for x in X)
        assert all(x[0, 1] >= 0 and x[-1, 1] < 125 for x in X)
        assert 15 / step <= min(map(len, X)) and max(map(len, X)) <= 125 / step
        assert kstest([len(x) * step for x in X], "uniform", (15, 110)).pvalue > 1e-3
    assert all((np.diff(x[:, 1]) > 0).all() and x[0, 1] >= 0 and x[-1, 1] < 125 for x in free)
    assert 15 <= min(map(len, free)) and max(map(len, free)) <= 124
    for sample, exact in zip(free, fine, strict=True):  # the same start and duration
        assert exact[0, 1] <= sample[0, 1] and sample[-1, 1] < exact[-1, 1] + 0.1


def test_chance_and_the_ceiling_of_regular_times():
    y = make_frequency_discrimination(20000, times="regular", random_state=6)[1]
    assert abs(y.mean() - 0.5198) < 4 * np.sqrt(0.0396 / 40000)
    assert round(0.5 + np.log(6 / 5) / (2 * np.log(100)), 4) == 0.5198
    t = 3.7 + np.arange(40)
    for period in (1.2, 1.22, 1.25):
        alias = 1 / (1 - 1 / period)
        assert 5 - 1e-9 <= alias <= 6 + 1e-9
        wave = np.sin(2 * np.pi * t / period + 0.3)
        phase = 2 * np.pi * 3.7 * (1 / period + 1 / alias) + 0.3
        assert_allclose(wave, np.sin(phase - 2 * np.pi * t / alias), atol=1e-9)
    assert round(0.5 * np.log(1.25 / 1.2) / np.log(100) * 100, 2) == 0.44
