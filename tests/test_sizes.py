"""What does not fit is refused before it begins, by the name of its parameter; what fits is not."""

import time
import tracemalloc
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.stats import uniform

from reservoir import DeepEchoState, EchoState, LiquidState, datasets, probes, simulate, sizes
from reservoir import topologies as families
from reservoir.batch.run import _at_most
from reservoir.circuits import (
    GraphCircuit,
    MaassColumn,
    PotjansDiesmann,
    RandomCircuit,
    ScaleFreeCircuit,
    SmallWorldCircuit,
    TwoWayPowerLawCircuit,
)
from reservoir.memory import WORTH_ASKING
from reservoir.model_selection.settings import read_candidates
from reservoir.readouts import ParallelPerceptronRegressor, RecursiveLeastSquares
from reservoir.rnn import RNNRegressor
from reservoir.sizes import TooLargeError
from reservoir.spikes import GaussianReceptiveFields, SpikeTrains
from reservoir.systems.rate_runs import close_loop, weights_of
from reservoir.systems.stimuli import _STEP_SECONDS, _UNIT_SECONDS, check_steps
from tests.loops import looped

RNG = np.random.default_rng(0)
SERIES = RNG.normal(size=(200, 1))
SMALL = EchoState(5, random_state=0).fit(SERIES)
FORECASTER = looped(EchoState(5, random_state=0), washout=5).fit(SERIES)
UNIT = GraphCircuit(1, graph=families.Cycle()).draw(RNG)
QUIET = partial(SpikeTrains, np.zeros(0), np.zeros(0, int), 1)


def draw(topology, n_units):
    return topology.draw(n_units, np.random.default_rng(0))


def search(n_iter, **distributions):
    return read_candidates(SimpleNamespace(n_iter=n_iter, param_distributions=distributions, random_state=0))


def close(n_steps):
    return close_loop(weights_of(SMALL), np.zeros((1, 5)), np.zeros(1), np.zeros(5), [0.5], n_steps)


# By id: owner, parameter, call of one size, a size that is refused, one that is not
CASES = {
    "echo state": ("EchoState", "n_units", lambda n: EchoState(n).fit(SERIES), 10**7, 10**5),
    "states": ("EchoState", "n_units", lambda n: SMALL.transform(np.zeros((n, 1))), 4 * 10**6, 10**5),
    "deep": ("DeepEchoState", "n_layers", lambda n: DeepEchoState(SMALL, n).fit(SERIES), 10**6, 200),
    "ensemble": (
        "ReservoirForecaster",
        "n_members",
        lambda n: looped(EchoState(5), n_members=n, washout=5).fit(SERIES),
        10**6,
        20,
    ),
    "forecast": ("forecast", "n_steps", lambda n: FORECASTER.forecast(n), 10**8, 10**4),
    "closed loop": ("close_loop", "n_steps", close, 10**8, 10**5),
    "voltages": ("simulate", "record", lambda n: simulate(UNIT, QUIET(n / 1e4), record="voltages"), 10**8, 10**5),
    "raster": ("binned", "step", lambda n: QUIET(1.0).binned(1 / n), 10**8, 10**5),
    "fields": (
        "GaussianReceptiveFields",
        "n_fields",
        lambda n: GaussianReceptiveFields(n, low=-9, high=9).fit(SERIES).encode(SERIES, 0.01),
        10**6,
        10**3,
    ),
    "graph circuit": ("GraphCircuit", "n_units", lambda n: GraphCircuit(n).draw(RNG), 10**7, 2000),
    "column": ("MaassColumn", "lam", lambda n: MaassColumn((n, 9, 9), 1e3).draw(RNG), 500, 5),
    "random": ("RandomCircuit", "n_units", lambda n: RandomCircuit(n, 9).draw(RNG), 10**6, 10**4),
    "scale free": ("ScaleFreeCircuit", "n_units", lambda n: ScaleFreeCircuit(n, 9).draw(RNG), 10**6, 1000),
    "small world": ("SmallWorldCircuit", "n_units", lambda n: SmallWorldCircuit(n, 9).draw(RNG), 10**6, 1000),
    "power law": ("TwoWayPowerLawCircuit", "n_units", lambda n: TwoWayPowerLawCircuit(n, 9).draw(RNG), 10**6, 500),
    "cortex": ("PotjansDiesmann", "scale", lambda n: PotjansDiesmann(n / 1e4, synapse_scale=1.0).draw(RNG), 9000, 100),
    "input channels": ("draw", "n_inputs", lambda n: GraphCircuit(100).draw(RNG, n_inputs=n), 10**6, 1000),
    "perceptrons": (
        "ParallelPerceptronRegressor",
        "n_perceptrons",
        lambda n: ParallelPerceptronRegressor(n).partial_fit(np.full((1, 9), 0.1), [0.5]),
        10**8,
        10**3,
    ),
    "grid": ("SimpleNamespace", "param_distributions", lambda n: search(None, a=range(n), b=range(n)), 2000, 50),
    "search": ("SimpleNamespace", "n_iter", lambda n: search(n, a=uniform(0, 1)), 10**7, 300),
    "narma": ("make_narma", "n_steps", datasets.make_narma, 10**8, 10**4),
    "narma, discard": ("make_narma", "discard", lambda n: datasets.make_narma(1, discard=n), 10**8, 10**4),
    "Mackey-Glass": ("make_mackey_glass", "n_steps", datasets.make_mackey_glass, 10**8, 10**3),
    "Mackey-Glass, tau": ("make_mackey_glass", "tau", lambda n: datasets.make_mackey_glass(5, tau=n), 10**7, 10**3),
    "Lorenz": ("make_lorenz", "n_steps", datasets.make_lorenz, 10**8, 300),
    "copy": ("make_copy_memory", "n_sequences", lambda n: datasets.make_copy_memory(n, delay=9), 10**6, 100),
    "copy, delay": ("make_copy_memory", "delay", lambda n: datasets.make_copy_memory(2, delay=n), 10**7, 10**4),
    "dt": (
        "make_mackey_glass",
        "dt",
        lambda n: datasets.make_mackey_glass(5, dt=1 / n, discard=5),
        10**7,
        500,
    ),
    "counts": ("counts", "n_units", lambda n: SpikeTrains([0.1], [0], n, 1.0).counts(), 10**9, 10**5),
    "adding": ("make_adding", "n_sequences", lambda n: datasets.make_adding(n, length=50), 10**6, 100),
    "Reber": ("make_embedded_reber", "n_sequences", datasets.make_embedded_reber, 10**6, 100),
    "order": ("make_temporal_order", "n_sequences", lambda n: datasets.make_temporal_order(n, length=50), 10**6, 100),
    "frequency": ("make_frequency_discrimination", "n_sequences", datasets.make_frequency_discrimination, 10**7, 100),
    "multitask": ("make_multitask", "n_trials", lambda n: datasets.make_multitask(n, duration=1, step=0.01), 10**6, 20),
    "delays": ("memory_capacity", "n_delays", lambda n: probes.memory_capacity(SMALL, n_delays=n), 10**4, 200),
    "steps": ("memory_capacity", "n_steps", lambda n: probes.memory_capacity(SMALL, n_steps=n), 10**7, 10**4),
    "processing": (
        "information_processing_capacity",
        "n_steps",
        lambda n: probes.information_processing_capacity(SMALL, 1, n_steps=n),
        10**7,
        10**3,
    ),
    "kernel rank": ("kernel_rank", "n_streams", lambda n: probes.kernel_rank(SMALL, n_streams=n), 10**7, 200),
    "kernel rank, rows": ("kernel_rank", "n_steps", lambda n: probes.kernel_rank(SMALL, n_steps=n), 10**8, 10**4),
    "separation": ("separation", "n_pairs", lambda n: probes.separation(SMALL, [0.5], n_pairs=n), 10**7, 50),
    "starts": ("echo_state_index", "n_starts", lambda n: probes.echo_state_index(SMALL, SERIES, n_starts=n), 10**5, 9),
    "exponents": (
        "closed_loop_exponents",
        "n_steps",
        lambda n: probes.closed_loop_exponents(FORECASTER, n_steps=n, n_exponents=1),
        10**8,
        10**3,
    ),
}
FAMILIES = {
    "Bernoulli": families.Bernoulli(0.5),
    "Blocks": families.Blocks(3, 0.9, 0.5),
    "CirculantGraph": families.CirculantGraph(10**4),
    "Cycle": families.Cycle(),
    "CycleWithJumps": families.CycleWithJumps(7),
    "DelayLine": families.DelayLine(),
    "DoubleCycle": families.DoubleCycle(0.5),
    "ExcitatoryInhibitory": families.ExcitatoryInhibitory(density=0.5),
    "Hadamard": families.Hadamard(),
    "Orthogonal": families.Orthogonal(),
    "Permutation": families.Permutation(),
    "Random": families.Random(10**4),
    "ScaleFree": families.ScaleFree(9),
    "SmallWorld": families.SmallWorld(99),
}
CASES |= {name: (f"{name}.draw", "n_units", partial(draw, family), 2 * 10**7, 900) for name, family in FAMILIES.items()}
FITTED = np.zeros((20, 300))


def train(cell, n_units):
    RNNRegressor(cell, n_units, max_iter=1, tol=None, random_state=0).fit(FITTED, FITTED[:, 0])


CASES |= {
    cell: ("recurrent networks", "hidden_layer_sizes", partial(train, cell), 2 * 10**5, 30)
    for cell in ("elman", "irnn", "lstm", "gru", "ugrnn", "unitary", "householder", "eunn")
}
EVERY = pytest.mark.parametrize("name", CASES)


class Asked:
    """Free memory that there is always enough of, and what was asked for."""

    def __init__(self):
        self.numbers = []

    def __lt__(self, number):
        self.numbers.append(float(number))
        return False


@EVERY
def test_what_does_not_fit_is_refused_before_it_is_taken(name, monkeypatch):
    owner, parameter, call, large, _ = CASES[name]
    monkeypatch.setattr(sizes, "free_bytes", lambda: float(WORTH_ASKING))
    tracemalloc.start()
    try:
        with pytest.raises(TooLargeError) as caught:
            call(large)
        assert tracemalloc.get_traced_memory()[1] < WORTH_ASKING
    finally:
        tracemalloc.stop()
    start = f"The '{parameter}' parameter of {owner} must be small enough for the memory: "
    assert str(caught.value).startswith(start) and "0.134 GB are free. Got " in str(caught.value)
    assert isinstance(caught.value, ValueError) and isinstance(caught.value, MemoryError)


@EVERY
@pytest.mark.filterwarnings("ignore:The forecast of ReservoirForecaster:UserWarning")
def test_what_is_asked_for_is_needed(name, monkeypatch):
    """No more than is then taken, so that what fits is never refused."""
    *_, call, _, small = CASES[name]
    call(small)  # compiled
    asked = Asked()
    monkeypatch.setattr(sizes, "free_bytes", lambda: asked)
    monkeypatch.setattr(sizes, "WORTH_ASKING", 0)
    tracemalloc.start()
    try:
        kept = call(small)
        taken = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert 0 < max(asked.numbers) <= taken, kept


SLOW = {
    "a long record": (
        "simulate",
        "spikes",
        lambda: simulate(UNIT, QUIET(1e5), dt=1e-8),
        "1e+13 steps of 1 units take 4.75 days",
    ),
    "a long row": (
        "LiquidState",
        "step",
        lambda: LiquidState(UNIT, dt=1e-8, step=1e5).fit(QUIET(1e5)).transform(QUIET(1e5)),
        "1e+13 steps of 1 units",
    ),
    "exponents": (
        "lyapunov_spectrum",
        "n_steps",
        lambda: probes.lyapunov_spectrum(lambda x: x / 2, lambda x: [[0.5]], [0.1], n_steps=10**12),
        "1e+12 steps take 11.6 days",
    ),
}


@pytest.mark.filterwarnings("ignore:The 'step' parameter of LiquidState:reservoir.quantities.PlausibilityWarning")
@pytest.mark.parametrize("name", SLOW)
def test_what_takes_too_long_is_refused(name):
    owner, parameter, call, why = SLOW[name]
    with pytest.raises(TooLargeError) as caught:
        call()
    assert str(caught.value).startswith(f"The '{parameter}' parameter of {owner} must be small enough to end: ")
    assert why in str(caught.value) and "the most is" in str(caught.value)


def test_a_day_of_simulation_and_a_large_column_are_not_too_long():
    """Bounds stay below what is measured: a day of the default column, and a draw of one of 100,000 units."""
    check_steps("simulate", "spikes", None, 86_400 / 1e-4, 135)
    MaassColumn((100, 100, 10))._check_size()
    simulate(UNIT, QUIET(0.1))  # compiled
    start = time.process_time()
    simulate(UNIT, QUIET(10.0))
    assert 10**5 * (_STEP_SECONDS + _UNIT_SECONDS) < 3 * (time.process_time() - start)


def test_a_readout_says_what_its_matrices_need(monkeypatch):
    monkeypatch.setattr("reservoir.memory.free_bytes", lambda: float(WORTH_ASKING))
    with pytest.raises(MemoryError, match=r"RecursiveLeastSquares needs 0.2 GB for the covariance of 5001 inputs"):
        RecursiveLeastSquares().partial_fit(np.zeros((1, 5000)), [0.0])
    for matrix in (draw(families.Cycle(), 5000), draw(families.Hadamard(), 5000)):
        with pytest.raises(MemoryError, match=r"Matrix needs 0.\d GB for the dense matrix, and 0.134 GB are free"):
            matrix.toarray()


def test_processes_are_no_more_than_tasks_and_memory(monkeypatch):
    assert _at_most(10**6, [None] * 3) == 3
    monkeypatch.setattr(sizes, "free_bytes", lambda: float(WORTH_ASKING))
    with pytest.raises(
        TooLargeError, match=r"'n_jobs' parameter of run_batch must be small enough for the memory: 2 GB"
    ):
        _at_most(10**6, [None] * 100)


def test_small_sizes_cost_nothing(monkeypatch):
    """Where little is asked for, nobody looks at the machine."""
    monkeypatch.setattr(sizes, "free_bytes", lambda: 1 / 0)
    SMALL.transform(SERIES)
    FORECASTER.forecast(10)
    datasets.make_narma(50)
