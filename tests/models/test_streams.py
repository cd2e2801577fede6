"""Long series: bounded memory, constant work per step."""

import subprocess
import sys

import pytest

CODE = """if True:
    import resource, sys, time
    import numpy as np
    from reservoir import EchoState, ReservoirRegressor
    from reservoir.readouts import LeastMeanSquares, RidgeReadout

    def work_per_step(n_steps, n_units):
        X = np.random.default_rng(0).uniform(-0.5, 0.5, (n_steps, 1))
        model = ReservoirRegressor(EchoState(n_units, random_state=0), readout, washout=100)
        start = time.process_time()
        model.fit(X, np.roll(X[:, 0], 3))
        return (time.process_time() - start) / n_steps

    n_steps, n_units = map(int, sys.argv[1:3])
    readout = {"ridge": RidgeReadout, "lms": LeastMeanSquares}[sys.argv[3]]()
    work_per_step(n_steps // 10, n_units)  # compiles, and fills every buffer
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    short, long = work_per_step(n_steps // 10, n_units), work_per_step(n_steps, n_units)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    print(long / short, grown / 1024)
"""


def ratio_and_growth(n_steps, n_units, readout="ridge"):
    command = [sys.executable, "-c", CODE, str(n_steps), str(n_units), readout]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    return map(float, run.stdout.split())


@pytest.mark.parametrize("readout", ["ridge", "lms"])
def test_states_are_consumed_in_blocks(readout):
    """All states would take 160 MB."""
    _, megabytes = ratio_and_growth(100_000, 200, readout)
    assert megabytes < 40


@pytest.mark.long
def test_a_million_steps():
    """All states would take 4 GB; the series itself takes 16 MB."""
    ratio, megabytes = ratio_and_growth(1_000_000, 500)
    assert megabytes < 120
    assert ratio < 1.5
