"""The main job keeps its promises."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler

from reservoir.datasets import load_japanese_vowels

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


@pytest.fixture(scope="module")
def compare():
    spec = importlib.util.spec_from_file_location("compare", EXAMPLES / "compare.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_main_job_errors(compare):
    """Settings chosen on the training recordings; a small ensemble makes at most 2 errors in the median."""
    X_train, X_test, y_train, y_test = load_japanese_vowels(return_X_y=True)
    scaler = StandardScaler().fit(np.concatenate(X_train))
    data = [scaler.transform(x) for x in X_train], y_train, [scaler.transform(x) for x in X_test], y_test
    model = compare.choose_settings(*data[:2])
    assert 12 <= compare.run_baseline(*data)[0] <= 16
    errors = [compare.run_ensemble(model, range(first, first + 30), *data)[0] for first in (100, 200, 300)]
    assert np.median(errors) <= 2


@pytest.mark.long
@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.py")), ids=lambda path: path.name)
def test_example_runs(path, tmp_path, shared_data):
    if "optuna" in path.name:
        pytest.importorskip("optuna")
    environment = {**os.environ, "RESERVOIR_DATA": str(shared_data)}
    run = subprocess.run([sys.executable, path], cwd=tmp_path, capture_output=True, text=True, env=environment)
    assert run.returncode == 0, run.stderr
    assert list(tmp_path.glob("*.png"))
