"""Where a program turns warnings into errors, everything still works: in its own process and in those of workers."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
README = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
SPIKING = """
import numpy as np
import spiking
from reservoir import LiquidState
from reservoir.circuits import MaassColumn
from reservoir.spikes import SpikeTrains
column = MaassColumn((2, 2, 2), weight_scale=3.0)
trains = SpikeTrains([0.001, 0.004], [0, 0], 1, 0.02)
learning = {"plasticity": {"recurrent": spiking.STDP()}}
spiking.simulate(column.draw(np.random.default_rng(0)), trains, random_state=0, codegen="numpy", **learning)
spiking.Microcircuit(column, random_state=0, n_jobs=2, **learning).fit([np.ones((2, 1))] * 2)
LiquidState(column).fit_transform(np.eye(3))
"""
SEARCH = """
import numpy as np
from reservoir import EchoState, ReservoirRegressor
from reservoir.model_selection import ReservoirSearchCV, WarmTimeSeriesSplit
X = np.random.default_rng(0).uniform(size=(200, 1))
model = ReservoirRegressor(EchoState(20, random_state=0))
search = ReservoirSearchCV(model, {"reservoir__leak": [0.5, 1.0]}, cv=WarmTimeSeriesSplit(2, warmup=20), n_jobs=2)
print(search.fit(X, np.roll(X[:, 0], 1)).best_params_)
"""
MODULES = [
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for package in ("reservoir", "spiking")
    for path in sorted((ROOT / package).rglob("*.py"))
    if not path.stem.startswith("__") and path.stem not in ("sktime", "aeon", "darts")  # they import a library
]
IMPORTS = f"""
import importlib
for name in {MODULES!r}:
    importlib.import_module(name)
"""
CASES = {"every import": IMPORTS, "spiking": SPIKING, "search": SEARCH} | {
    f"README {k}": code for k, code in enumerate(README) if ".csv" not in code
}


PROGRAM = f"""
for name, code in {CASES!r}.items():
    exec(compile(code, name, "exec"), {{"__name__": "__main__"}})
"""


def test_warnings_are_errors():
    """One after the other in a fresh process; a traceback names the case as its file."""
    environment = {**os.environ, "PYTHONWARNINGS": "error"}
    command = [sys.executable, "-W", "error", "-c", PROGRAM]
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert not run.stderr
