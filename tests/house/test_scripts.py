"""Every example and every study runs to its end and draws its picture."""

import os
import subprocess
import sys

import matplotlib.pyplot as plt
import numpy as np
import pytest

from tests.house.scripts import EXAMPLES, STUDIES, load

ALL = sorted([*EXAMPLES.glob("*.py"), *STUDIES.glob("*.py")])
# What makes some of them short; the others have tests of their own, and the long profile runs all as they are.
SHORT = {
    "separation": {"N_PAIRS": 3},
    "summed_networks": {"SIZES": (1, 3), "N_NETWORKS": 6},
    "triplet": {"RATES": np.array([1.0, 50.0])},
    "warm_evaluation": {"WARMUPS": [0, 100]},
}


@pytest.mark.parametrize("name", SHORT)
def test_in_short(name, tmp_path, monkeypatch):
    script = load(EXAMPLES, name)
    monkeypatch.chdir(tmp_path)
    for constant, value in SHORT[name].items():
        monkeypatch.setattr(script, constant, value)
    script.main()
    plt.close("all")
    assert list(tmp_path.glob("*.png"))


@pytest.mark.long
@pytest.mark.parametrize("path", ALL, ids=lambda path: path.name)
def test_script(path, tmp_path, shared_data):
    if "optuna" in path.name:
        pytest.importorskip("optuna")
    environment = {**os.environ, "RESERVOIR_DATA": str(shared_data)}
    run = subprocess.run([sys.executable, path], cwd=tmp_path, capture_output=True, text=True, env=environment)
    assert run.returncode == 0, run.stderr
    assert list(tmp_path.glob("*.png"))
