"""A seed gives the same bits for any number of jobs, in any process, and whatever seeds Python's own hashes."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest
from joblib import parallel_config

import spiking
from reservoir import EchoState, LiquidState, ReservoirRegressor
from reservoir.batch import run_batch
from reservoir.circuits import MaassColumn
from reservoir.model_selection import ReservoirSearchCV, WarmTimeSeriesSplit
from reservoir.models import fit_in_parts
from reservoir.readouts import RidgeReadout
from spiking import STDP, Microcircuit
from tests.batch.batch_tasks import plain
from tests.house.entries import COLUMN, TRAINS, numbers
from tests.house.public_entries import ENTRIES, digest
from tests.loops import looped

ROOT = Path(__file__).resolve().parents[2]
RNG = np.random.default_rng(0)
X = RNG.uniform(-1, 1, (120, 2))
Y = np.roll(X[:, 0], 2)
RAGGED = [X[:50], X[20:], X[:30]]


def search(n_jobs):
    grid = {"reservoir__leak": [0.3, 0.6, 1.0], "reservoir__spectral_radius": [0.5, 0.9], "readout__alpha": [1e-3, 1.0]}
    model = ReservoirRegressor(EchoState(30, noise=0.01), RidgeReadout())
    cv = WarmTimeSeriesSplit(3, warmup=10)
    found = ReservoirSearchCV(model, grid, cv=cv, n_seeds=2, n_jobs=n_jobs, random_state=0).fit(X, Y)
    table = {name: column for name, column in found.cv_results_.items() if "time" not in name and name[:5] != "param"}
    return [table, found.predict(X)]


def parts(n_jobs):
    model = ReservoirRegressor(EchoState(30, random_state=0, noise=0.01), washout=5)
    return fit_in_parts(model, [(X, Y), (X[::-1], Y), (X, -Y)], n_jobs=n_jobs).predict(X)


def batch(n_jobs):
    with tempfile.TemporaryDirectory() as store:
        return run_batch(plain, {"size": [3, 40], "number": [1, 2, 3]}, store=store, n_jobs=n_jobs).results()


def microcircuit(n_jobs):
    system = Microcircuit(
        MaassColumn((2, 2, 2), weight_scale=3.0), plasticity={"recurrent": STDP()}, random_state=0, n_jobs=n_jobs
    )
    return system.fit([x[:4] for x in RAGGED]).transform([x[:4] for x in RAGGED])


def simulations(n_jobs):
    answers = spiking.simulate(COLUMN, [TRAINS] * 3, record="voltages", random_state=0, n_jobs=n_jobs)
    return [[answer.spikes.times, answer.voltages] for answer in answers]


def fits_by_joblib(n_jobs):
    """What takes no n_jobs of its own does not see the workers of scikit-learn."""
    with parallel_config(n_jobs=n_jobs):
        liquid = LiquidState(MaassColumn((2, 2, 2)), random_state=0).fit(RAGGED).transform(RAGGED)
        members = looped(EchoState(10, random_state=0), washout=5, n_members=3).fit(X).forecast(10)
        return [liquid, members]


@pytest.mark.parametrize("work", [search, parts, batch, microcircuit, simulations, fits_by_joblib])
def test_the_number_of_jobs_changes_nothing(work):
    one, two = numbers(work(1)), numbers(work(2))
    assert len(one) == len(two) > 0
    for alone, together in zip(one, two, strict=True):
        assert alone.dtype == together.dtype and alone.tobytes() == together.tobytes()


QUICK = [name for name in ENTRIES if not ENTRIES[name].slow]
PROGRAM = f"""if True:
    from tests.house.public_entries import digest
    for name in {QUICK!r}:
        print(name, digest(name))
"""


def test_a_fresh_process_gives_the_same_bits():
    environment = {**os.environ, "PYTHONHASHSEED": "1"}
    run = subprocess.run([sys.executable, "-c", PROGRAM], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert dict(line.split() for line in run.stdout.splitlines()) == {name: digest(name) for name in QUICK}


def test_the_global_seed_is_neither_read_nor_changed():
    for name in QUICK:
        np.random.seed(1)  # noqa: NPY002
        before, first = np.random.get_state()[1].copy(), digest(name)  # noqa: NPY002
        np.testing.assert_array_equal(np.random.get_state()[1], before, err_msg=name)  # noqa: NPY002
        np.random.seed(2)  # noqa: NPY002
        assert digest(name) == first, name
