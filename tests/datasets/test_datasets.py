"""Truths that all data sets share, found by walking the exports."""

import functools
import inspect

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from reservoir import EchoState
from reservoir.datasets import (
    fetch_polyphonic_music,
    load_japanese_vowels,
    load_pixel_digits,
    make_adding,
    make_copy_memory,
    make_embedded_reber,
    make_frequency_discrimination,
    make_lorenz,
    make_mackey_glass,
    make_narma,
    make_temporal_order,
)
from reservoir.sequences import container_kind, read_sequences
from tests.datasets.samples import exported

TASKS = [task for task in exported("make_") if "n_sequences" in inspect.signature(task).parameters]
VARIANTS = [
    (make_copy_memory, {"markers": "all"}),
    (make_adding, {"version": "1997"}),
    (make_temporal_order, {"n_relevant": 3}),
    (make_embedded_reber, {"continual": True}),
    (make_frequency_discrimination, {"times": "regular"}),
    (make_frequency_discrimination, {"times": "high_resolution"}),
    *((task, {}) for task in TASKS),
]


def flat(data):
    """Lists, stacks, series and spike trains alike as one array."""
    if isinstance(data, (tuple, list)):
        return np.concatenate([flat(part) for part in data])
    return np.ravel(data.times if hasattr(data, "times") else data)


def shortened(make):
    """The generator without the rows that go before a series."""
    brief = {"discard": 2} if "discard" in inspect.signature(make).parameters else {}
    return functools.partial(make, **brief)


@pytest.mark.parametrize("make", exported("make_"))
def test_a_seed_gives_the_same_bits_and_another_seed_another_series(make):
    few = shortened(make)
    first = flat(few(12, random_state=3))
    assert_array_equal(first, flat(few(12, random_state=np.random.default_rng(3))))
    assert not np.array_equal(first, flat(few(12, random_state=4)))


@pytest.mark.parametrize("make", exported("make_"))
def test_the_global_seed_is_neither_read_nor_moved(make):
    np.random.seed(0)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    few = shortened(make)
    first = flat(few(12, random_state=1))
    assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002
    np.random.seed(1)  # noqa: NPY002
    assert_array_equal(flat(few(12, random_state=1)), first)


@pytest.mark.parametrize(("make", "options"), VARIANTS)
def test_every_task_enters_by_the_one_door(make, options):
    X, y = make(7, random_state=0, **options)
    sequences = read_sequences(EchoState(), X, reset=True)
    kind = container_kind(X, "EchoState")
    assert len(sequences) == (1 if kind == "series" else 7)
    assert len(y) == len(X)
    if np.ndim(y[0]) and kind != "series":  # one target per row
        assert [len(target) for target in y] == sequences.lengths.tolist()


PAIR = "a pair (low, high) with low < high"


@pytest.mark.parametrize(
    ("make", "name", "value", "requirement"),
    [
        (make_narma, "n_steps", 0, "an integer >= 1"),
        (make_narma, "order", 5, "10, 20 or 30, or any with coefficients"),
        (make_narma, "order", [10], "10, 20 or 30, or any with coefficients"),
        (make_narma, "discard", -1, "an integer >= 0"),
        (make_narma, "input_range", (1, 0), PAIR),
        (make_narma, "input_range", 0.5, PAIR),
        (make_mackey_glass, "n_steps", 2.0, "an integer >= 1"),
        (make_mackey_glass, "tau", 17.05, "a whole multiple of dt=0.1"),
        (make_mackey_glass, "sample", 0.01, "a whole multiple of dt=0.1"),
        (make_mackey_glass, "gamma", 0, "a number > 0"),
        (make_mackey_glass, "x0", np.inf, "a number > 0"),
        (make_lorenz, "dt", -1, "a number > 0"),
        (make_lorenz, "rtol", 1, "in [1e-13, 0.001]"),
        (make_lorenz, "x0", [1, 2], "three finite numbers or None"),
        (make_lorenz, "x0", "abc", "three finite numbers or None"),
        (load_japanese_vowels, "return_X_y", 1, "True or False"),
        (fetch_polyphonic_music, "collection", "muse", "one of 'jsb', 'nottingham'"),
        (load_pixel_digits, "permuted", 1, "True or False"),
        (load_pixel_digits, "return_X_y", 1, "True or False"),
        (make_copy_memory, "delay", 0, "an integer >= 1"),
        (make_copy_memory, "n_items", 0, "an integer >= 1"),
        (make_copy_memory, "n_symbols", 1, "an integer >= 2"),
        (make_copy_memory, "markers", "none", "one of 'one', 'all'"),
        (make_adding, "length", 1, "an integer >= 2"),
        (functools.partial(make_adding, version="1997"), "length", 19, "an integer >= 20"),
        (make_adding, "version", 1997, "one of 'modern', '1997'"),
        (make_temporal_order, "length", 9, "an integer >= 10"),
        (make_temporal_order, "n_relevant", 4, "2 or 3"),
        (make_temporal_order, "n_relevant", [2], "2 or 3"),
        (make_embedded_reber, "continual", 1, "True or False"),
        (make_frequency_discrimination, "times", "random", "one of 'asynchronous', 'regular', 'high_resolution'"),
        *((task, "n_sequences", value, "an integer >= 1") for task in TASKS for value in (0, -1, 2.0, True, "3")),
    ],
)
def test_a_bad_parameter_is_named(make, name, value, requirement):
    with pytest.raises(ValueError) as caught:
        make(**{name: value})
    owner = getattr(make, "func", make).__name__
    assert str(caught.value) == f"The '{name}' parameter of {owner} must be {requirement}. Got {value!r}."
