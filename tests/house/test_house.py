"""The structure of the house: floors, imports, the size of files, the promise that importing is light."""

import ast
import importlib
import logging
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted([*ROOT.glob("reservoir/**/*.py"), *ROOT.glob("spiking/**/*.py")])


def python(code, **environment):
    """Run code in a fresh process and return what it prints."""
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return run.stdout


def test_import_contracts():
    run = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout


def test_importing_is_light(tmp_path):
    code = """if True:
        import sys, spiking, reservoir.batch, reservoir.datasets, reservoir.model_selection, reservoir.plotting
        from numba.core.dispatcher import Dispatcher
        import gc
        compiled = [d for d in gc.get_objects() if isinstance(d, Dispatcher) and d.signatures
                    and d.py_func.__module__.startswith("reservoir")]
        optional = {"brian2", "matplotlib", "tqdm", "networkx", "pooch", "dask", "sktime", "aeon", "darts"}
        print(compiled, sorted(optional & set(sys.modules)))
    """
    assert python(code, NUMBA_CACHE_DIR=str(tmp_path)).strip() == "[] []"
    assert not list(tmp_path.rglob("*.nb*"))


def test_all_that_is_public_works_without_docstrings():
    """As under ``python -OO``."""
    code = """if True:
        import reservoir.plotting, spiking
        from reservoir.readouts import Force
        print(Force(alpha=2.0), spiking.STDP(A_plus=0.1))
    """
    assert python(code, PYTHONOPTIMIZE="2").strip() == "Force(alpha=2.0) STDP(A_plus=0.1)"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_is_one_idea(path):
    text = path.read_text()
    assert text.count("\n") <= 400
    assert path.stem not in {"utils", "core", "helpers", "common"}
    for node in ast.walk(ast.parse(text)):
        assert not (isinstance(node, ast.ImportFrom) and node.level), "relative import"
        assert not isinstance(node, ast.Assert), "raise an error that says what is wrong"
        if isinstance(node, ast.FunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            assert not body or body[-1].end_lineno - body[0].lineno < 40, f"{node.name} is longer than 40 lines"


def test_the_library_is_silent():
    """No calls of print, and a log that says nothing until a program asks for it."""
    for path in [*ROOT.glob("reservoir/**/*.py"), *ROOT.glob("spiking/**/*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            assert not (isinstance(node, ast.Name) and node.id == "print"), path
            written = isinstance(node, ast.Attribute) and node.attr in ("stdout", "__stdout__")
            assert not written or path.name == "__main__.py" or "std_silent" in ast.unparse(node), path
    for name in ("reservoir", "spiking"):
        importlib.import_module(name)
        assert any(isinstance(handler, logging.NullHandler) for handler in logging.getLogger(name).handlers)


def test_tests_mirror_the_rooms():
    """Whoever edits a file of a room knows the folder of its tests."""
    rooms = {path.parent.name for path in ROOT.glob("reservoir/*/__init__.py")} | {"spiking"}
    folders = {path.parent.name for path in ROOT.glob("tests/*/__init__.py")}
    assert folders == rooms | {"house", "studies"}, "a folder of tests/ bears the name of the room that it tests"
    modules = "|".join(path.stem.strip("_") for path in ROOT.glob("reservoir/*.py") if path.stem != "__init__")
    for path in ROOT.glob("tests/test_*.py"):
        assert re.match(rf"test_({modules})(_|$)", path.stem), f"{path.name} belongs to the folder of its room"
