"""Long calls, one after the other in a process of their own, each told to a parent that interrupts it.

Short ones come first, so that nothing is compiled any more: what comes while Numba and LLVM call one another is lost
now and then, and has to be said again.

Run as ``python -m tests.house.interrupt_cases NAME ...``. Says ``ready`` before each call, and afterwards
``interrupted``, ``kept`` (training that ends with what it has) or ``finished``, whether the object is as it was before,
and the seconds of processor time that this process and the children it has waited for have used so far.
"""

import faulthandler
import os
import signal
import sys
import tempfile
import time
import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import Ridge
from sklearn.model_selection import KFold

from reservoir import DeepEchoState, EchoState, LiquidState, ReservoirRegressor, simulate
from reservoir.batch import run_batch
from reservoir.circuits import MaassColumn
from reservoir.datasets import make_lorenz, make_mackey_glass, make_narma
from reservoir.model_selection import ReservoirSearchCV
from reservoir.probes import memory_capacity
from reservoir.readouts import Force, LeastMeanSquares, ParallelPerceptronRegressor, RecursiveLeastSquares, RidgeReadout
from reservoir.rnn import RNNRegressor
from reservoir.spikes import SpikeTrains
from reservoir.topologies import Orthogonal
from spiking import STDP, Microcircuit
from spiking import simulate as simulate_in_brian
from tests.loops import looped

HANG, HOUR = 1200, 3600  # seconds
RNG = np.random.default_rng(0)
SHORT = RNG.uniform(-0.5, 0.5, size=(200, 1))
SMALL = EchoState(50, random_state=0)
COLUMN = MaassColumn((3, 3, 3))


def long_series(n_rows):
    return np.resize(SHORT, (n_rows, 1))


def echo_state():
    system, X = EchoState(500, random_state=0).fit(SHORT), long_series(100_000)
    system.run(SHORT)
    return system, lambda: system.run(X)


def small_echo_state():
    system, X = EchoState(3, random_state=0).fit(SHORT), long_series(10**7)
    system.run(SHORT)
    return system, lambda: system.run(X)


def dense_echo_state():
    W = RNG.normal(size=(1500, 1500)) / 40
    system, X = EchoState(1500, topology=W, random_state=0).fit(SHORT), [SHORT[:20]] * 1000
    system.run(X[:2])
    return system, lambda: system.run(X)


def radius(n_units, topology):
    system = EchoState(n_units, topology=topology, random_state=0)
    return system, lambda: system.fit(SHORT)


def deep_echo_state():
    system, X = DeepEchoState(EchoState(200), 5, random_state=0).fit(SHORT), long_series(50_000)
    system.run(SHORT)
    return system, lambda: system.run(X)


def liquid_state():
    system, X = LiquidState(random_state=0).fit(SHORT), long_series(30_000)
    system.transform(SHORT)
    return system, lambda: system.transform(X)


def liquid_simulation():
    circuit = MaassColumn((10, 10, 20)).draw(np.random.default_rng(0), n_inputs=1)
    trains = SpikeTrains(np.arange(0, 200, 0.01), np.zeros(20_000, int), 1, 200.0)
    simulate(circuit, SpikeTrains([0.01], [0], 1, 0.1))
    return circuit, lambda: simulate(circuit, trains)


def liquid_fit():
    system = LiquidState(MaassColumn((40, 40, 40)), random_state=0)
    return system, lambda: system.fit(SHORT)


def regressor_fit():
    model, X = ReservoirRegressor(SMALL).fit(SHORT, SHORT[:, 0]), long_series(10**7)
    return model, lambda: model.fit(X, X[:, 0])


def regressor_predict():
    model, X = ReservoirRegressor(SMALL).fit(SHORT, SHORT[:, 0]), long_series(10**7)
    model.predict(SHORT)
    return model, lambda: model.predict(X)


def forecast():
    model = looped(EchoState(200, random_state=0), washout=10).fit(SHORT)
    model.forecast(10)
    return model, lambda: model.forecast(10**7)


def forecast_step_by_step():
    model = looped(SMALL, Ridge(), washout=10).fit(SHORT)
    model.forecast(10)
    return model, lambda: model.forecast(10**6)


def force_fit():
    model, X = looped(EchoState(500, random_state=0), Force(), washout=10).fit(SHORT), long_series(10**5)
    return model, lambda: model.fit(X)


def ridge_fit():
    readout, X = RidgeReadout(), RNG.normal(size=(20_000, 1200))
    readout.fit(X[:2000], X[:2000, 0])
    return readout, lambda: readout.fit(X, X[:, 0])


def ridge_wide():
    readout, X = RidgeReadout(), RNG.normal(size=(1500, 1500))
    readout.fit(X[:1000, :50], X[:1000, 0])
    return readout, lambda: readout.fit(X, X[:, 0])


def ridge_gcv():
    readout, X = RidgeReadout("gcv"), RNG.normal(size=(1600, 1500))
    readout.fit(X[:1000, :50], X[:1000, 0])
    return readout, lambda: readout.fit(X, X[:, 0])


def online(readout):
    X = RNG.normal(size=(200_000, 300))
    readout.fit(X[:10], X[:10, 0])
    return readout, lambda: readout.fit(X, X[:, 0])


def rnn_fit(n_sequences=64, **more):
    X = RNG.normal(size=(n_sequences, 400, 3))
    model = RNNRegressor("lstm", 64, tol=None, random_state=0, max_iter=1, **more).fit(X[:2], X[:2, :, 0])
    model.set_params(max_iter=10**6)
    return model, lambda: model.fit(X, X[:, :, 0])


def rnn_long_sequence():
    X = RNG.normal(size=(300_000, 3))
    options = {"truncation": None, "tol": None, "random_state": 0, "max_iter": 1}
    model = RNNRegressor("lstm", 64, **options).fit(X[:200], X[:200, 0])
    return model, lambda: model.fit(X, X[:, 0])


def rnn_predict():
    X = RNG.normal(size=(1_000_000, 3))
    model = RNNRegressor("lstm", 64, tol=None, random_state=0, max_iter=1).fit(X[:200], X[:200, 0])
    model.predict(X[:200])
    return model, lambda: model.predict(X)


def capacity():
    system = EchoState(1000, random_state=0).fit(SHORT)
    memory_capacity(SMALL, random_state=0)
    return system, lambda: memory_capacity(system, random_state=0)


def search(**more):
    model = ReservoirRegressor(EchoState(200, random_state=0), washout=10)
    X = long_series(20_000)
    found = ReservoirSearchCV(
        model, {"reservoir__spectral_radius": np.linspace(0.1, 1, 200).tolist()}, cv=KFold(3), **more
    )
    ReservoirSearchCV(model, {"reservoir__spectral_radius": [0.5, 0.6]}, cv=KFold(3)).fit(X[:200], X[:200, 0])
    return found, lambda: found.fit(X, X[:, 0])


def nap(task, *, random_state):
    time.sleep(task["seconds"])
    return {"value": 1}


def batch(n_jobs):
    folder = tempfile.TemporaryDirectory()
    return folder, lambda: run_batch(
        nap, {"seconds": [HOUR + k for k in range(4)]}, store=folder.name, n_jobs=n_jobs, progress=False
    )


def brian(codegen, seconds):
    circuit = COLUMN.draw(np.random.default_rng(0), n_inputs=1)
    trains = SpikeTrains(np.arange(0, seconds, 0.01), np.zeros(round(seconds * 100), int), 1, float(seconds))
    simulate_in_brian(circuit, SpikeTrains([0.01], [0], 1, 0.1), codegen="numpy")
    return circuit, lambda: simulate_in_brian(circuit, trains, codegen=codegen)


def microcircuit():
    system = Microcircuit(COLUMN, plasticity={"recurrent": STDP()}, random_state=0, codegen="numpy", twin=False)
    system.fit(SHORT[:10])
    return system, lambda: system.fit(long_series(20_000))


def liquid_that_learns():
    system = LiquidState(COLUMN, plasticity={"recurrent": STDP()}, random_state=0).fit(SHORT[:10])
    return system, lambda: system.fit(long_series(20_000))


def mackey_glass():
    make_mackey_glass(10)
    return None, lambda: make_mackey_glass(10**7)


def lorenz():
    make_lorenz(10)
    return None, lambda: make_lorenz(10**7)


def narma():
    make_narma(10, random_state=0)
    return None, lambda: make_narma(10**7, random_state=0)


CASES = {
    "EchoState, 500 units": echo_state,
    "EchoState, 3 units": small_echo_state,
    "EchoState, dense": dense_echo_state,
    "EchoState.fit, dense": lambda: radius(3000, RNG.normal(size=(3000, 3000))),
    "EchoState.fit, orthogonal": lambda: radius(2500, Orthogonal()),
    "DeepEchoState": deep_echo_state,
    "LiquidState": liquid_state,
    "LiquidState.fit": liquid_fit,
    "simulate": liquid_simulation,
    "regressor fit": regressor_fit,
    "regressor predict": regressor_predict,
    "forecast": forecast,
    "forecast step by step": forecast_step_by_step,
    "FORCE": force_fit,
    "ridge, long": ridge_fit,
    "ridge, wide": ridge_wide,
    "ridge, gcv": ridge_gcv,
    "RecursiveLeastSquares": lambda: online(RecursiveLeastSquares()),
    "LeastMeanSquares": lambda: online(LeastMeanSquares(n_epochs=1000)),
    "ParallelPerceptron": lambda: online(ParallelPerceptronRegressor()),
    "RNN, epochs": lambda: rnn_fit(4),
    "RNN, one epoch": lambda: rnn_fit(20_000),
    "RNN, one batch": lambda: rnn_fit(2000, batch_size=2000),
    "RNN, one sequence": rnn_long_sequence,
    "RNN predict": rnn_predict,
    "memory_capacity": capacity,
    "search": search,
    "search, 2 jobs": lambda: search(n_jobs=2),
    "run_batch, 1 job": lambda: batch(1),
    "run_batch, 2 jobs": lambda: batch(2),
    "Brian2, numpy": lambda: brian("numpy", 60),
    "Brian2, standalone build": lambda: brian("standalone", 1000),
    "Brian2, cython build": lambda: brian("cython", 1000),
    "Microcircuit learning": microcircuit,
    "LiquidState learning": liquid_that_learns,
    "make_mackey_glass": mackey_glass,
    "make_lorenz": lorenz,
    "make_narma": narma,
}


def attributes(subject):
    return dict(vars(subject)) if hasattr(subject, "get_params") else {}


def told(caught):
    return any(issubclass(one.category, ConvergenceWarning) for one in caught)


def end_of(call, subject, caught):
    """How calls, one after the other for a minute of work at most, end, and whether the last changed nothing."""
    before, end, start = attributes(subject), "finished", time.process_time()
    try:
        while not told(caught) and time.process_time() < start + 60:
            before = attributes(subject)
            call()
        end = "kept" if told(caught) else end
    except KeyboardInterrupt:
        end = "interrupted"
    after = attributes(subject)
    return end, before.keys() == after.keys() and all(after[key] is before[key] for key in before)


def main(names):
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a parent in the background may have it ignored
    for name in names:
        faulthandler.dump_traceback_later(HANG, exit=True)
        subject, call = CASES[name]()
        print("ready", flush=True)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            end = end_of(call, subject, caught)
        print(*end, sum(os.times()[:4]), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
