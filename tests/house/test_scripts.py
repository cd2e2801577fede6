"""Every example and every study runs to its end and draws its picture."""

import os
import subprocess
import sys

import pytest

from tests.house.scripts import EXAMPLES, STUDIES

QUICK = ("separation", "triplet", "warm_evaluation")  # of some seconds


def cases():
    for path in sorted([*EXAMPLES.glob("*.py"), *STUDIES.glob("*.py")]):
        yield pytest.param(path, id=path.name, marks=() if path.stem in QUICK else pytest.mark.long)


@pytest.mark.parametrize("path", list(cases()))
def test_script(path, tmp_path, shared_data):
    if "optuna" in path.name:
        pytest.importorskip("optuna")
    environment = {**os.environ, "RESERVOIR_DATA": str(shared_data)}
    run = subprocess.run([sys.executable, path], cwd=tmp_path, capture_output=True, text=True, env=environment)
    assert run.returncode == 0, run.stderr
    assert list(tmp_path.glob("*.png"))
