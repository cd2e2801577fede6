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
        cwd=ROOT, env={**os.environ, "NUMBA_DISABLE_JIT": "1"}, capture_output=True, text=True,
    )  # fmt: skip
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


MODELS = """if True:
    import sys, warnings
    import numba, numpy as np
    from reservoir.__main__ import main
    from reservoir import (DeepEchoState, EchoState, LiquidState, ReservoirClassifier, ReservoirForecaster,
        ReservoirRegressor, load, save)
    from reservoir.model_selection import ReservoirSearchCV
    from reservoir.probes import lyapunov_exponent
    from reservoir.readouts import Force, ParallelPerceptronClassifier, RecursiveLeastSquares, RidgeReadout
    from reservoir.rnn import RNNClassifier, RNNRegressor

    @numba.njit
    def soft_sign(x):
        return x / (1 + abs(x))

    X = np.random.default_rng(0).uniform(-1, 1, (40, 2))
    y, labels, lists = np.roll(X[:, 0], 1), X[:, 0] > 0, [X[:20], X[20:]]
    small, network = EchoState(9, bias_scaling=0.2, random_state=0), {"max_iter": 2, "tol": None, "random_state": 0}
    models = {
        "regressor": (ReservoirRegressor(small), X, y),
        "online": (ReservoirRegressor(small, RecursiveLeastSquares()), X, y),
        "own function": (ReservoirRegressor(EchoState(9, activation=soft_sign, random_state=0)), X, y),
        "deep": (ReservoirRegressor(DeepEchoState(small, n_layers=2, random_state=0)), X, y),
        "liquid": (ReservoirRegressor(LiquidState(random_state=0), pooling="mean"), lists, [0.0, 1.0]),
        "classifier": (ReservoirClassifier(small), lists, ["a", "b"]),
        "perceptrons": (ReservoirClassifier(small, ParallelPerceptronClassifier(5, random_state=0)), X, labels),
        "network": (RNNRegressor("gru", 4, dtype="float64", **network), X, y),
        "network of labels": (RNNClassifier("lstm", 4, dtype="float64", **network), lists, ["a", "b"]),
        "search": (ReservoirSearchCV(ReservoirRegressor(small), {"washout": [0, 2]}, cv=2), lists, [y[:20], y[20:]]),
    }
    found = {name: np.asarray(model.fit(data, target).predict(data)) for name, (model, data, target) in models.items()}
    for name, readout in {"forecast": RidgeReadout(1.0), "forced": Force()}.items():
        model = ReservoirForecaster(small, readout, washout=5, n_members=2).fit(X)
        found[name] = model.forecast(5)
    save(model, sys.argv[1] + ".model")
    found["loaded"] = load(sys.argv[1] + ".model").forecast(5)
    found["exponent"] = lyapunov_exponent(small, X, washout=5).exponents
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        lost = ReservoirForecaster(EchoState(9, activation="relu", random_state=0), RidgeReadout(), washout=5).fit(X)
        lost.readout_.coef_ *= 1e9
        found["lost"] = np.nan_to_num(lost.forecast(400)[-1])
    np.savez(sys.argv[1], **found)
    main(["--version"])
"""


def test_every_kind_of_model_runs_without_the_compiler(tmp_path):
    """And the report of a bug says so."""
    answers = []
    for switch in ("0", "1"):
        path, environment = tmp_path / f"answers{switch}.npz", {**os.environ, "NUMBA_DISABLE_JIT": switch}
        command = [sys.executable, "-W", "error", "-c", MODELS, path]
        run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stderr
        assert ("off, by NUMBA_DISABLE_JIT" in run.stdout) == (switch == "1")
        answers.append(dict(np.load(path)))
    compiled, plain = answers
    assert compiled.keys() == plain.keys()
    for name, expected in compiled.items():
        if expected.dtype.kind == "f":
            np.testing.assert_allclose(plain[name], expected, rtol=1e-6, atol=1e-9, err_msg=name)
        else:
            np.testing.assert_array_equal(plain[name], expected, err_msg=name)
