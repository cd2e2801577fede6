"""A user's own compiled functions: an edit of anything that they reach is seen, and what is ours is left alone."""

import importlib
import os
import shutil
import sys
import textwrap
import timeit
from typing import NamedTuple

import numba
import pytest

from reservoir.foreign_code import code_digest, functions_of, inherited, loop_for
from reservoir.neurons.spiking.circuit_loop import run_circuit
from reservoir.neurons.spiking.lif import LIFCells
from tests.forks import printed

CELLS = """
    from typing import NamedTuple
    import numpy as np
    from numba import njit
    {more}

    class Inner(NamedTuple):
        x: float
        y: float

    class Cells(NamedTuple):
        first: float
        second: float

        @staticmethod
        @njit
        def advance(cells, v):
            return {returned}
"""
HELPED = "def helped(v):\n    return v + {}\n"
FILES = {  # what changes from one text to the next: texts of `cells.py` and of `physics.py`
    "the code itself": [("v + 1", "", ""), ("v + 2", "", "")],
    "an option": [("v", "flag = njit(fastmath=True)(lambda v: v)", ""), ("v", "flag = njit(lambda v: v)", "")],
    "a number": [("v + SPEED", "SPEED = 1.5", ""), ("v + SPEED", "SPEED = 2.5", "")],
    "a number from another file": [("v + SPEED", "from physics import SPEED", f"SPEED = {n}") for n in (1, 2)],
    "a number of a module": [("v + physics.SPEED", "import physics", f"SPEED = {n}") for n in (1, 2)],
    "an array from another file": [
        ("v + SPEED[0]", "from physics import SPEED", f"import numpy\nSPEED = numpy.array([{n}, 7])") for n in (1, 2)
    ],
    "a tuple from another file": [("v + SPEED[0]", "from physics import SPEED", f"SPEED = ({n}, 7)") for n in (1, 2)],
    "a function in another file": [
        ("helped(v)", "from physics import helped", f"from numba import njit\n@njit\n{HELPED.format(n)}")
        for n in (1, 2)
    ],
    "a function of a module": [
        ("physics.helped(v)", "import physics", f"from numba import njit\n@njit\n{HELPED.format(n)}") for n in (1, 2)
    ],
    "an option in another file": [
        ("helped(v)", "from physics import helped",
         f"from numba import njit\n@njit(fastmath={flag})\n{HELPED.format(1)}") for flag in (True, False)
    ],
    "a closure": [
        ("helped(v)", "from physics import make\nhelped = make()",
         f"from numba import njit\ndef make():\n    speed = {n}\n    return njit(lambda v: v + speed)") for n in (1, 2)
    ],
    "a default": [
        ("helped(v)", "from physics import helped",
         f"from numba import njit\n@njit\ndef helped(v, speed={n}):\n    return v + speed") for n in (1, 2)
    ],
    "a default that is computed": [
        ("helped(v)", "from physics import helped",
         f"import os\nfrom numba import njit\nspeed = {n}\n@njit\ndef helped(v, speed=speed):\n    return v + speed")
        for n in (1, 2)
    ],
    "the order of fields of a type inside": [
        ("v", "class More(NamedTuple):\n    x: float\n    y: float", ""),
        ("v", "class More(NamedTuple):\n    y: float\n    x: float", ""),
    ],
    "a type of another file": [
        ("Pair(v, v).x", "from physics import Pair",
         f"from typing import NamedTuple\nclass Pair(NamedTuple):\n    {one}: float\n    {two}: float")
        for one, two in ("xy", "yx")
    ],
}  # fmt: skip
UNTOLD = {
    "a table": ("v + TABLE[0]", "TABLE = {0: 1.0}"),
    "a plain function": ("helped(v)", f"{HELPED.format(1)}"),
    "an array of objects": ("v + TABLE[0]", "TABLE = np.array([object()])"),
}


def write(folder, returned, more="", physics=""):
    """The files of a user."""
    text = textwrap.dedent(CELLS).format(returned=returned, more=more)
    (folder / "cells.py").write_text(text)
    (folder / "physics.py").write_text(physics)


@pytest.fixture
def digest_of(tmp_path, monkeypatch):
    """The digest of `Cells`, in files of these texts, as a new process finds it."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def found(*texts):
        write(tmp_path, *texts)
        for name in ("cells", "physics"):
            monkeypatch.delitem(sys.modules, name, raising=False)
        importlib.invalidate_caches()
        part = importlib.import_module("cells").Cells
        return code_digest([part])

    yield found
    for name in ("cells", "physics"):
        sys.modules.pop(name, None)


@pytest.mark.parametrize("edit", FILES)
def test_every_edit_changes_the_digest_and_nothing_else_does(edit, digest_of):
    before, after = FILES[edit]
    first = digest_of(*before)
    assert first is not None and digest_of(*before) == first
    assert digest_of(*after) not in (first, None)
    assert digest_of(*before) == first


@pytest.mark.parametrize("what", UNTOLD)
def test_what_cannot_be_told_has_no_digest(what, digest_of):
    assert digest_of(*UNTOLD[what]) is None
    assert digest_of("v") is not None


def test_functions_that_call_one_another_end(digest_of):
    physics = """
from numba import njit
@njit
def down(v):
    return v if v < 0 else up(v - 1)
@njit
def up(v):
    return down(v)
"""
    assert digest_of("down(v)", "from physics import down", physics) is not None


def test_our_functions_are_reached_by_their_files(digest_of):
    """Compiled ones, and those that Numba compiles from another one, found by types."""
    assert digest_of("expm1(v)", "from reservoir.neurons.exponential import expm1") is not None
    stub = "from reservoir.neurons.spiking.circuit_loop import advance_units"
    assert digest_of("advance_units(cells, 0, v, v, v, v, v)", stub) is not None


class Cells(NamedTuple):
    """Of a module that another process finds."""

    speed: float

    @staticmethod
    @numba.njit
    def advance(cells, v):
        return v + cells.speed


@numba.njit(nogil=True, error_model="numpy")
def loop(cells, v):
    return type(cells).advance(cells, v)


def test_a_compiled_function_counts_without_staticmethod_too():
    class Bare(NamedTuple):
        speed: float
        advance = numba.njit(lambda cells, v: v)

    assert functions_of(Bare) and functions_of(Cells)


def test_the_loop_is_ours_for_ours_and_a_copy_of_it_for_others():
    assert loop_for(run_circuit, LIFCells) is run_circuit
    copy = loop_for(loop, Cells)
    assert copy is loop_for(loop, LIFCells, Cells) is not loop
    assert copy.py_func.__code__ is loop.py_func.__code__ and copy.targetoptions == loop.targetoptions
    assert copy.py_func.__qualname__ == f"loop_{code_digest([Cells])}" and caches(copy)


def caches(compiled):
    return type(compiled._cache).__name__ != "NullCache"


def test_types_that_another_process_does_not_find_are_compiled_anew():
    class Local(NamedTuple):
        speed: float
        advance = Cells.advance

    shadowed = type("Cells", (), {"__module__": __name__})
    ours = type("Local", (), {"__module__": LIFCells.__module__, "__qualname__": "made.<locals>.Local"})
    for part in (Local, shadowed):
        assert code_digest([part]) is not None and not caches(loop_for(loop, Cells, part))
    assert loop_for(loop, ours) is not loop


def test_what_is_replaced_is_not_inherited():
    class Same(dict):
        pass

    class Other(dict):
        def keys(self):
            return super().keys()

    changed = Same()
    changed.keys = lambda: []
    assert [inherited(one, dict, "keys", "items") for one in (Same(), Other(), changed, [])] == [
        True,
        False,
        False,
        False,
    ]


@pytest.mark.parametrize("part", [LIFCells, Cells])
def test_a_call_costs_microseconds(part):
    loop_for(run_circuit, part)
    assert min(timeit.repeat(lambda: loop_for(run_circuit, part), number=1000, repeat=5)) / 1000 < 2e-5


# In processes of their own, with a cache of their own


UNIT = """
    from typing import NamedTuple
    import numpy as np
    from reservoir.compilation import kernel
    from reservoir.neurons import LIF

    class MyCells(NamedTuple):
        threshold: float

        @staticmethod
        @kernel()
        def advance(cells, step, external, currents, noise, state, fired):
            v = state.variables
            n = 0
            for i in range(state.ready.size):
                v[0, i] += {speed}
                if v[0, i] > cells.threshold:
                    v[0, i] = 0.0
                    fired[n] = i
                    n += 1
            return n

    class MyUnit(LIF):
        def initial_state(self, n_units, rng):
            return np.zeros((1, n_units))
        def cells(self, excitatory, time_constants, dt):
            return MyCells(10.5)
"""
RUN = """
    import numpy as np, reservoir
    from name import unit
    from reservoir.circuits import MaassColumn
    from reservoir.foreign_code import loop_for
    from reservoir.neurons.spiking.circuit_loop import run_circuit
    column = MaassColumn((2, 2, 2)).draw(np.random.default_rng(0))
    options = dict(currents=np.zeros((100, 8)), neuron=unit.MyUnit(), record="voltages", random_state=0)
    voltages = reservoir.simulate(column, None, **options).voltages
    print(voltages[4, 0], sum(loop_for(run_circuit, unit.MyCells).stats.cache_hits.values()))
"""


@pytest.fixture
def own_cache(tmp_path):
    """With our kernels, so that these are not compiled again, and without loops for a user's code."""
    folder, digest = tmp_path / "cache", "_" + "[0-9a-f]" * 12
    if os.path.isdir(known := numba.config.CACHE_DIR):
        shutil.copytree(known, folder, ignore=shutil.ignore_patterns("*.part", f"*{digest}{digest}-*"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
@pytest.mark.long  # in short the loops of rate units say it, see tests/neurons/rate/test_own_units.py
@pytest.mark.parametrize("then", [[], [("moved", 2.0)]], ids=["edited", "moved"])
def test_a_unit_that_was_edited_runs_as_it_is_now(then, tmp_path, own_cache):
    """Also where the same text stands in a file of another name; without an edit it is not compiled again."""
    units = [("unit", 1.0), ("unit", 1.0), ("unit", 2.0), *then, ("unit", 1.0)]
    edits = [
        {"unit.py": None, "moved.py": None, "name.py": f"import {name} as unit", f"{name}.py": UNIT.format(speed=speed)}
        for name, speed in units
    ]
    answers = printed(RUN, edits, tmp_path, NUMBA_CACHE_DIR=str(own_cache))
    assert [tuple(map(float, words)) for words in answers] == [
        *((5.0, 0), (5.0, 1), (10.0, 0)),
        *[(10.0, 0)] * len(then),
        (5.0, 1),
    ]
