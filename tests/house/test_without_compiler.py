"""Kernels as plain Python: every line runs, no index is out of bounds, and the compiled answers are the same."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from coverage import Coverage

from tests.house import kernel_work

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted([*ROOT.glob("reservoir/**/*.py"), *ROOT.glob("spiking/**/*.py")])
SINGLE, DOUBLE = 2e-6, 1e-12  # differences of rounding, of the largest number; measured are 8e-7 and 5e-15


def kernels(path):
    """Names of the functions that the compiler gets, and where their lines are."""
    for node in ast.walk(ast.parse(path.read_text())):
        decorators = getattr(node, "decorator_list", ()) if isinstance(node, ast.FunctionDef) else ()
        if any(isinstance(found, ast.Call) and ast.unparse(found.func) == "kernel" for found in decorators):
            yield node.name, range(node.body[0].lineno, node.end_lineno + 1)


WITH_KERNELS = [path for path in SOURCES if any(kernels(path))]


@pytest.fixture(scope="module")
def interpreted(tmp_path_factory):
    """The answers of a process without the compiler, and the lines that it ran."""
    folder = tmp_path_factory.mktemp("interpreted")
    options = [f"--rcfile={os.devnull}", f"--data-file={folder / 'lines'}", f"--source={ROOT / 'reservoir'}"]
    command = ["-m", "coverage", "run", *options, "-m", "tests.house.kernel_work", folder / "answers.npz"]
    run = subprocess.run(
        [sys.executable, "-W", "error", *command],
        cwd=ROOT,
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert run.returncode == 0, run.stderr
    lines = Coverage(data_file=folder / "lines", config_file=False)
    lines.load()
    return dict(np.load(folder / "answers.npz")), lines


@pytest.mark.parametrize("path", WITH_KERNELS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_line_of_a_kernel_runs(path, interpreted):
    """A kernel that fails here is not reached by the jobs of `tests.house.kernel_work`: add one."""
    _, statements, _, missing, _ = interpreted[1].analysis2(str(path))
    for name, lines in kernels(path):
        assert set(statements) & set(lines), f"no line of {name} was found"
        never = sorted(set(missing) & set(lines))
        assert not never, f"{name} never runs its lines {never}"


def test_compiled_answers_are_those_of_python(interpreted):
    plain, compiled = interpreted[0], kernel_work.answers()
    assert plain.keys() == compiled.keys()
    for name, expected in plain.items():
        found, scale = compiled[name], np.abs(expected).max()
        assert found.dtype == expected.dtype and found.shape == expected.shape and np.isfinite(expected).all(), name
        tolerance = SINGLE if "float32" in name else DOUBLE
        np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance * scale, err_msg=name)
