"""Every attempt begins with the parameters and the function as they were given."""

import functools
import pickle
from pathlib import Path

import numpy as np
import pytest

from reservoir.batch import run_batch
from reservoir.batch.function_copies import FunctionCopies
from tests.batch.batch_tasks import alike, empty, plain, spoil, spoils

MUTABLE = [
    [1, 2], [], {"a": 1}, {"a": [1, {"b": [2]}]}, [[1], [[2]]], (1, [2], {"a": [3]}), np.array([8.0, 4.0]), np.array(3),
    np.array([1 + 2j]), np.arange(6).reshape(2, 3).T, np.arange(6)[::2], [np.arange(3), {"a": np.ones(2, "f4")}],
    {"a": (np.arange(3), [np.zeros((0, 2))])}, np.array([True, False]),
]  # fmt: skip


def test_a_second_attempt_finds_nothing_of_the_first(tmp_path):
    """For every kind that can be changed: the bits of a run without the failure, one array in several tasks or not."""
    whole = [{"value": value, "number": number} for number, value in enumerate(MUTABLE)]
    shared = np.arange(3.0)
    whole += [{"value": shared, "again": shared, "number": number} for number in (100, 101, 102)]
    tasks = [{**task, "flag": None} for task in whole]
    expected = run_batch(spoils, tasks, store=tmp_path / "calm", n_jobs=1, retries=0).results()
    flagged = [{**task, "flag": str(tmp_path / str(task["number"]))} for task in whole]
    study = run_batch(spoils, flagged, store=tmp_path / "store", n_jobs=1)
    assert set(study.runs().attempts) == {2} and all(Path(task["flag"]).exists() for task in flagged)
    assert not any(map(alike, [task["value"] for task in whole], [result["spoiled"] for result in expected]))
    assert all(map(alike, study.results(), expected))
    assert all(alike(result["spoiled"], shared + 2) for result in expected[-3:])  # one array under two names


def captured(held):
    def func(task, *, random_state):
        spoil(held)
        return held

    return func


def by_default(held):
    def func(task, *, random_state, held=held):
        spoil(held)
        return held

    return func


def inner(held):
    deeper = captured(held)
    return lambda task, random_state: deeper(task, random_state=random_state)


class Holder:
    """An object that can be called, and has a method; both change it."""

    def __init__(self, held):
        self.held = held

    def __call__(self, task, *, random_state):
        spoil(self.held)
        return self.held

    def method(self, task, *, random_state):
        return self(task, random_state=random_state)


def with_attribute(held):
    def func(task, *, random_state):
        return captured(func.held)(task, random_state=random_state)

    func.held = held
    return func


def of_a_notebook(held):
    """A function whose list is a global one."""
    world = {"__name__": "__main__", "held": held, "spoil": spoil}
    exec("def func(task, *, random_state):\n    spoil(held)\n    return held", world)
    return world["func"]


def with_class(held):
    """An object whose class holds the list, in a module that workers do not find."""
    kind = type("Part", (), {"held": held, "__module__": "__main__"})

    def func(task, *, random_state):
        spoil(kind.held)
        return kind().held

    return func


def of_a_generator(held):
    """Random numbers that go on from call to call, where nothing puts them back."""
    rng = np.random.default_rng(0)

    def func(task, *, random_state):
        return [held, rng.random(3)]

    return func


MAKERS = {
    "closure": captured,
    "default": by_default,
    "inner closure": inner,
    "object": Holder,
    "bound method": lambda held: Holder(held).method,
    "partial": lambda held: functools.partial(
        lambda held, task, random_state: captured(held)(task, random_state=0), held
    ),
    "attribute": with_attribute,
    "global": of_a_notebook,
    "class": with_class,
    "generator": of_a_generator,
}


@pytest.mark.parametrize("kind", MAKERS)
def test_what_a_function_holds_is_the_same_for_every_attempt(kind):
    for value in (MUTABLE[3], MUTABLE[11]):
        copies = pickle.loads(pickle.dumps(FunctionCopies(MAKERS[kind](value))))
        found = [copies.next()({}, random_state=0) for _ in range(3)]
        found.append(pickle.loads(pickle.dumps(copies)).load()({}, random_state=0))  # from worker to worker
        assert all(alike(result, found[0]) for result in found) and not alike(found[0], value)


def test_a_function_that_holds_nothing_is_not_copied():
    world = {"__name__": "__main__", "np": np}
    exec("def helper(x):\n    return np.sum(x)\ndef func(task, n=3):\n    return helper(n)", world)
    for func in (plain, empty, world["func"]):
        copies = pickle.loads(pickle.dumps(FunctionCopies(func)))
        assert copies.next() is copies.next()
        assert callable(pickle.loads(pickle.dumps(copies)).load())
    assert copies.next()({}) == 3


def test_a_list_that_a_function_captures(tmp_path):
    """One worker, several tasks, and a failure in the midst."""
    held, flag = [], tmp_path / "flag"

    def count(task, *, random_state):
        held.append(task["number"])
        if task["number"] == 2 and not flag.exists():
            flag.touch()
            raise OSError("once")
        return held

    study = run_batch(count, {"number": range(4)}, store=tmp_path / "store", n_jobs=1)
    assert study.results() == [[0], [1], [2], [3]] and study.runs().attempts.tolist() == [1, 1, 2, 1]
