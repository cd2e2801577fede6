"""What a function does has a digest: another code, closure or state is another one, the same in any process."""

import dataclasses
import functools
import importlib
import os
import subprocess
import sys
import textwrap
import threading
import types
from pathlib import Path

import numba
import numpy as np
import pytest

from reservoir.batch import run_batch
from reservoir.batch.code_identity import code_identity
from tests.batch.batch_tasks import plain, trouble


def defined(text, name="f", module="notebook", **world):
    """What a cell of a notebook defines under a name."""
    held = {"__name__": module, **world}
    exec(textwrap.dedent(text), held)
    return held[name]


def closure(gain):
    return lambda task, random_state: {"v": task["x"] * gain}


class Simulation:
    """An object that can be called, and has a method."""

    def __init__(self, gain):
        self.gain = gain

    def __call__(self, task, *, random_state):
        return {"v": task["x"] * self.gain}

    def method(self, task, *, random_state):
        return self(task, random_state=random_state)


def default(gain):
    def f(task, *, random_state, gain=gain):
        return {"v": task["x"] * gain}

    return f


def wrapped(gain):
    inner = closure(gain)

    @functools.wraps(inner)
    def f(task, *, random_state):
        return inner(task, random_state)

    return f


def with_attribute(gain):
    func = defined(CODE % "f.gain")
    func.gain = gain
    return func


def in_module(gain):
    helper = types.ModuleType("own_helper")
    exec(f"def scaled(x): return x * {gain}", vars(helper))
    return defined("def f(task, *, random_state): return {'v': h.scaled(task['x'])}", h=helper)


def module_in_closure(gain):
    """As where a function imports its module and returns another function."""
    helper = types.ModuleType("own_helper")
    exec(f"def scaled(x): return x * {gain}", vars(helper))

    def f(task, *, random_state):
        return {"v": helper.scaled(task["x"])}

    return f


def of_an_installed_module(factory):
    """A function that another module than the user's has made, but does not hold."""

    def make(gain):
        func = factory(gain)
        func.__module__ = "numpy"
        return func

    return make


class Gauge:
    """An object that pickle refuses, and that travels all the same."""

    def __init__(self, gain):
        self.scaled = lambda x: gain * x


def closure_of(function, value):
    """A function that captures a value."""
    return lambda task, random_state: {"v": task["x"] * function(value)}


def with_class(gain):
    text = f"""
    class Part:
        gain = {gain}
        def act(self, x): return self.gain * x
    def f(task, *, random_state): return {{"v": Part().act(task["x"])}}
    """
    return defined(text)


def of_class(gain):
    """A class whose methods need no object."""

    class Part:
        held = gain

        @classmethod
        def of_class(cls, task, *, random_state):
            return {"v": task["x"] * cls.held}

        @staticmethod
        def of_nothing(task, *, random_state):
            return {"v": task["x"] * gain}

    return Part


def cached(gain):
    """A function that keeps what it has given."""
    scaled = functools.lru_cache(lambda x: gain * x)
    return lambda task, random_state: {"v": scaled(task["x"])}


def dispatched(gain):
    """A function of a library that looks up the user's by type."""
    scaled = functools.singledispatch(lambda x: None)
    scaled.register(int, lambda x: gain * x)
    return lambda task, random_state: {"v": scaled(task["x"])}


class Slotted:
    """An object without a dictionary."""

    __slots__ = ("gain",)

    def __init__(self, gain):
        self.gain = gain

    def __call__(self, task, *, random_state):
        return {"v": task["x"] * self.gain}


@dataclasses.dataclass(frozen=True)
class Data:
    """The same as a record."""

    gain: int

    def __call__(self, task, *, random_state):
        return {"v": task["x"] * self.gain}


LAMBDA = "f = lambda task, random_state: {'v': task['x'] * %s}"
CODE = "def f(task, *, random_state): return {'v': task['x'] * %s}"
MAKERS = {
    "closure": closure,
    "object": Simulation,
    "bound method": lambda gain: Simulation(gain).method,
    "partial of a lambda": lambda gain: functools.partial(closure(gain)),
    "default": default,
    "decorated": wrapped,
    "edited": lambda gain: defined(CODE % gain),
    "edited helper": lambda gain: defined(CODE % "g()", g=defined(f"def g(): return {gain}", "g")),
    "helper in a list": lambda gain: defined(CODE % "g[0](1)", g=[lambda x, gain=gain: gain * x]),
    "helper of Numba": lambda gain: defined(CODE % "g()", g=numba.njit(defined(f"def g(): return {gain}", "g"))),
    "global number": lambda gain: defined(CODE % "g", g=gain),
    "global dictionary": lambda gain: defined(CODE % "g['a']", g={"a": gain}),
    "global array": lambda gain: defined(CODE % "int(g[0])", g=np.array([gain])),
    "global object": lambda gain: defined(CODE % "g.gain", g=Simulation(gain)),
    "attribute": with_attribute,
    "global object with a lambda": lambda gain: defined(CODE % "g.scaled(1)", g=Gauge(gain)),
    "object with a lambda": lambda gain: closure_of(lambda gauge: gauge.scaled(1), Gauge(gain)),
    "module in a closure": module_in_closure,
    "closure of an installed module": of_an_installed_module(closure),
    "default of an installed module": of_an_installed_module(default),
    "lambda of an installed module": of_an_installed_module(lambda gain: defined(LAMBDA % gain)),
    "masked array": lambda gain: closure_of(np.ma.sum, np.ma.array([1, 100], mask=[gain == 100, gain == 1])),
    "helper in a module": in_module,
    "class": with_class,
    "class method": lambda gain: of_class(gain).of_class,
    "static method": lambda gain: of_class(gain).of_nothing,
    "cached": cached,
    "dispatched": dispatched,
    "slots": lambda gain: Slotted(gain),
    "dataclass": lambda gain: Data(gain),
    "vectorized": lambda gain: defined(CODE % "int(g(1))", g=np.vectorize(lambda x, gain=gain: gain * x)),
    "partial in a class": lambda gain: functools.partial(Simulation(gain).method),
    "inner function": lambda gain: defined(CODE % f"(lambda: {gain})()"),
    "inner set": lambda gain: defined(CODE % f"max(y for y in (0, {gain}, 5) if y in {{{gain}, 7}})"),
}


@pytest.mark.parametrize("kind", MAKERS)
def test_what_computes_something_else_is_another_function(kind):
    make = MAKERS[kind]
    assert code_identity(make(1)) == code_identity(make(1)) != code_identity(make(100))
    assert make(1)({"x": 2}, random_state=0)["v"] == 2 and make(100)({"x": 2}, random_state=0)["v"] == 200


@pytest.mark.parametrize("kind", ["closure", "object", "bound method", "edited"])
def test_a_store_holds_no_results_of_another_function(kind, tmp_path):
    make, found = MAKERS[kind], []
    for gain in (1, 100, 1):
        study = run_batch(make(gain), {"x": [1, 2]}, store=tmp_path / "store", n_jobs=1, progress=False)
        found.append([result["v"] for result in study.results()])
    assert found == [[1, 2], [100, 200], [1, 2]]
    assert len(list((tmp_path / "store").glob("??/*.done"))) == 4


SCRIPT = """
import sys
from reservoir.batch import run_batch

gain = {gain}

class Neuron:
    def __init__(self, gain):
        self.gain = gain
    def __call__(self, task, *, random_state):
        return task["x"] * self.gain

def simulate(task, *, random_state):
    return {body}

if __name__ == "__main__":
    for func in (simulate, Neuron(gain)):
        print(*run_batch(func, {{"x": [1, 2]}}, store=sys.argv[1], n_jobs=1, progress=False).results())
"""


BOTH_TWICE = """
import runpy, sys
for path in sys.argv[2:]:
    for _ in range(2):
        runpy.run_path(path, run_name="__main__")
"""


def test_two_scripts_with_functions_of_one_name(tmp_path):
    """Each has the same names in `__main__`, and the same file name in another folder, also for the same workers."""
    paths, expected = [], []
    for gain, body in ((1, "task['x'] * gain"), (100, "task['x'] * gain"), (1, "task['x'] + 5")):
        folder = tmp_path / f"{gain}{len(body)}"
        folder.mkdir()
        paths.append(folder / "study.py")
        paths[-1].write_text(SCRIPT.format(gain=gain, body=body))
        expected += 2 * ([f"{gain} {2 * gain}"] * 2 if "*" in body else ["6 7", "1 2"])
    done = subprocess.run(
        [sys.executable, "-c", BOTH_TWICE, str(tmp_path / "store"), *map(str, paths)], capture_output=True, text=True,
        check=True, env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
    )  # fmt: skip
    assert done.stdout.splitlines() == expected
    assert len(list((tmp_path / "store").glob("??/*.done"))) == 10  # two of them share an object


def test_comments_and_places_count_for_nothing():
    one = defined("def f(x):\n    'Text.'\n    return x + 1")
    assert code_identity(one) == code_identity(defined("# said\n\ndef f(x):\n    'Other.'\n    return x + 1  # one"))
    assert code_identity(one) != code_identity(defined("def f(x):\n    return x - 1"))


def test_functions_that_call_each_other():
    text = "def f(n): return n and g(n - 1)\ndef g(n): return n and f(n - %s)"
    assert code_identity(defined(text % 1)) == code_identity(defined(text % 1)) != code_identity(defined(text % 2))


def test_what_cannot_be_told_is_known_by_its_type_where_a_name_finds_it():
    """A lock or a file that a module holds does not travel to workers."""
    text = "import threading, sys\nlock = threading.Lock()\nout = sys.stdout\ndef f(task): return lock, out"
    assert code_identity(defined(text)) == code_identity(defined(text))


def locked():
    """A function that captures what has no content to be told."""
    lock, lines = threading.Lock(), (line for line in "ab")
    return lambda: (lock, lines, None.__class__)


def test_modules_that_a_function_imports_when_it_is_called(tmp_path, monkeypatch):
    """Whether they are imported already or not, and also modules within packages and what they import in turn."""
    monkeypatch.syspath_prepend(tmp_path)
    texts = [
        "import own_part",
        "from own_package import part",
        "from own_package.part import scaled",
        "import own_package.part",
    ]
    found = {}
    for gain in (1, 100, 1):
        for name in [name for name in sys.modules if name.startswith("own_p")]:
            del sys.modules[name]
        (tmp_path / "own_package").mkdir(exist_ok=True)
        (tmp_path / "own_package" / "__init__.py").touch()
        (tmp_path / "own_part.py").write_text(f"gain = {gain}\ndef scaled(x): return gain * x")
        (tmp_path / "own_package" / "part.py").write_text(
            f"def scaled(x):\n    import own_part\n    return own_part.scaled(x)\n# {gain:4}"
        )
        importlib.invalidate_caches()
        sys.dont_write_bytecode, before = True, sys.dont_write_bytecode
        functions = [
            defined(
                f"def f(task):\n    {text}\n    return {text.split()[-1]}{'' if 'scaled' in text else '.scaled'}(task)"
            )
            for text in texts
        ]
        found.setdefault(gain, []).append([*map(code_identity, functions)])
        assert [func(2) for func in functions] == [2 * gain] * 4
        assert [*map(code_identity, functions)] == found[gain][0] == found[gain][-1]
        sys.dont_write_bytecode = before
    assert not set(found[1][0]) & set(found[100][0])


def test_another_process_finds_the_same_digest():
    here = [code_identity(func) for func in (plain, trouble, Simulation(2), Simulation(2).method, closure(3), locked())]
    script = f"""
    from reservoir.batch.code_identity import code_identity as told
    from tests.batch.batch_tasks import plain, trouble
    from {__name__} import Simulation, closure, locked
    print(*map(told, (plain, trouble, Simulation(2), Simulation(2).method, closure(3), locked())))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONHASHSEED": "1"},
    )  # fmt: skip
    assert done.stdout.split() == here
