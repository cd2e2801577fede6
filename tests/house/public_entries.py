"""Every public name, with arguments that work and what to do with it; `test_public_entries.py` walks over them.

A new export needs one entry here, of the kind that fits: keyword arguments that make it small and quick, and a function
that asks it and returns all numbers it answers.
"""

import hashlib
import importlib
import tempfile
from dataclasses import dataclass
from typing import Any

import networkx as nx
import numpy as np

import reservoir
import spiking
from reservoir import EchoState, LiquidState, circuits, datasets, metrics, neurons, plotting, probes
from reservoir.batch import run_batch
from reservoir.circuits import MaassColumn
from reservoir.model_selection import WarmTimeSeriesSplit
from reservoir.neurons import rate
from reservoir.readouts import RidgeReadout
from reservoir.rnn import RNNRegressor
from reservoir.spikes import SpikeTrains
from tests.batch.batch_tasks import plain

T, F = 12, 2
TASKS = {"size": [1, 2], "number": [3]}
X = np.random.default_rng(3).uniform(size=(T, F))
Y, LABELS = X[:, 0] + 1, np.array(list("ab" * (T // 2)))
ROWS, STACK = X, np.stack([X, X[::-1], X])
SERIES = np.random.default_rng(4).uniform(size=(80, 1))
SYSTEM = EchoState(6, random_state=0)
COLUMN = MaassColumn((2, 2, 2), weight_scale=3.0).draw(np.random.default_rng(0))
TRAINS = SpikeTrains(np.arange(0.001, 0.02, 0.002), np.zeros(10, int), 1, 0.02)
SYNAPSES = {"pre": [0, 1], "post": [1, 0], "weight": [1e-9, -2e-9], "delay": 1e-3, "time_constant": 3e-3}
PAIR = {"probability": 0.3, "weight": 3e-8, "delay": 1e-3, "time_constant": 3e-3, "U": 0.5, "D": 1.1, "F": 0.05}

# Names that a user does not call: errors and warnings, and records that only the library makes. Files to be read have
# tests of their own, and so have displays, which are made by their ``from_...`` methods.
NOT_CALLED = {
    *("reservoir.load", "reservoir.persistence.describe"),
    *(f"reservoir.plotting.{name}" for name in plotting.__all__),
    *(f"reservoir.probes.{name}" for name in probes.__all__ if name[0].isupper()),
    *("reservoir.batch.Failure", "reservoir.batch.Study", "reservoir.batch.TaskError"),
    *("reservoir.datasets.DatasetNotFoundError", "reservoir.models.DivergenceWarning"),
    *("reservoir.rnn.cells.Cell", "reservoir.rnn.cells.Steps"),
    *("reservoir.systems.Recording", "reservoir.plasticity.Rule", "reservoir.plasticity.Scaling"),
    *(f"reservoir.datasets.{name}" for name in datasets.__all__ if name.startswith("fetch_")),  # of the network
}


@dataclass
class Entry:
    """A public callable: keyword arguments that work, what takes data, and how its numbers are asked for."""

    arguments: dict[str, Any]
    ask: Any  # (made, X) -> the numbers; `made` is what the call gave, fitted where there is `fit`
    X: Any = None
    y: Any = None
    fit: Any = None  # (made, X, y)
    slow: bool = False  # more than some 20 ms
    fixed: tuple = ()  # arguments that are left as they are

    def make(self, name):
        """The object or answer of the name, fitted where there is `fit`."""
        made = CALLS.get(name, object_of(name))(**self.arguments)
        if self.fit is not None:
            self.fit(made, self.X, self.y)
        return made


def numbers(answer):
    """All arrays of numbers in what a call answers."""
    if hasattr(answer, "toarray") or isinstance(answer, str | bytes | type | None):
        return [answer.toarray()] if hasattr(answer, "toarray") else []
    if isinstance(answer, np.ndarray) and answer.dtype.kind in "OUS":
        return [found for member in answer if answer.dtype == object for found in numbers(member)]
    if isinstance(answer, np.ndarray | np.generic | int | float | complex):
        return [np.asarray(answer)]
    if isinstance(answer, dict):
        return [found for value in answer.values() for found in numbers(value)]
    if isinstance(answer, list | tuple):
        return [found for value in answer for found in numbers(value)]
    return numbers(dict(vars(answer))) if hasattr(answer, "__dict__") else []


def itself(made, X=None):
    return numbers(made)


def fits(system, X, y):
    system.fit(X)


def fits_targets(model, X, y):
    model.fit(X, y)


def states(system, X):
    found = system.run(X)[0]
    assert len(found) == len(X)
    return numbers(found)


def predictions(model, X):
    found = model.predict(X)
    assert len(found) == len(X)
    decided = model.decision_function(X) if hasattr(model, "decision_function") else 0.0
    return numbers([found, decided])


def system(X=X, **arguments):
    return Entry(arguments, states, X, None, fits)


def model(X, y, **arguments):
    return Entry(arguments, predictions, X, y, fits_targets)


def chosen(search, X):
    return predictions(search, X) if hasattr(search, "predict") else numbers(search.cv_results_["mean_test_score"])


# What a part is put into


def topology(spectral_radius=0.9, **arguments):
    def ask(part, X):
        return states(EchoState(6, topology=part, spectral_radius=spectral_radius, random_state=0).fit(ROWS), ROWS)

    return Entry(arguments, ask)


def drawn(part, X):
    return numbers(part.draw(np.random.default_rng(0), n_inputs=2))


def generator(**arguments):
    return Entry(arguments, drawn)


def neuron(**arguments):
    return Entry(arguments, lambda part, X: numbers(simulated(reservoir.simulate, neuron=part)))


def rate_unit(**arguments):
    return Entry(arguments, lambda part, X: states(EchoState(6, unit=part, random_state=0).fit(ROWS), ROWS))


def simulated(simulate, **arguments):
    return simulate(**{"circuit": COLUMN, "spikes": TRAINS, "record": "voltages", "random_state": 0} | arguments)


def encoder(X=X, **arguments):
    small = MaassColumn((2, 2, 2))

    def ask(part, X):
        return states(LiquidState(small, encoder=part, random_state=0).fit(X), X)

    return Entry(arguments, ask, X)


def trace(**arguments):
    return Entry(arguments, lambda part, X: numbers(part.filter(TRAINS, 0.005, 4)))


def pooling(**arguments):
    return Entry(arguments, lambda part, X: numbers(part.pool(ROWS)))


def cell(**arguments):
    def ask(part, _):
        with_times = np.c_[X, np.arange(len(X))]
        return predictions(RNNRegressor(part, 3, max_iter=1, random_state=0).fit(with_times, Y), with_times)

    return Entry(arguments, ask)


def rule(**arguments):
    def ask(part, X):
        answer = simulated(spiking.simulate, plasticity={"recurrent": part}, record="weights", codegen="numpy")
        return numbers(answer.circuit.recurrent.weight)

    return Entry(arguments, ask, slow=True)


def function(*, slow=False, fixed=(), **arguments):
    return Entry(arguments, itself, slow=slow, fixed=fixed)


def logistic_map(x):
    return 3.9 * x * (1 - x)


def slope_of_the_map(x):
    return np.diag(3.9 - 7.8 * np.asarray(x))


def saved(model):
    """What comes out of a file after it was written."""
    with tempfile.TemporaryDirectory() as folder:
        reservoir.save(model, f"{folder}/model")
        return reservoir.load(f"{folder}/model").get_params()


def in_a_folder(**arguments):
    """`run_batch` in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        study = run_batch(store=folder, **arguments)
        return list(study.results())


def forecasts(model, X):
    return numbers([model.forecast(4), model.forecast(4, context=X)])


ONLINE = {"n_epochs": 1}
TRAINED = {"hidden_layer_sizes": 3, "max_iter": 2, "random_state": 0}
FEW = {"n_sequences": 3, "random_state": 0}
SPARSE = {"n_units": 12, "n_synapses_per_unit": 2.0}

ENTRIES: dict[str, Entry] = {
    # Systems and models
    "reservoir.EchoState": system(n_units=6, random_state=0),
    "reservoir.DeepEchoState": system(layer=EchoState(4), n_layers=2, random_state=0),
    "reservoir.LiquidState": system(circuit=MaassColumn((2, 2, 2)), random_state=0),
    "reservoir.ReservoirRegressor": model(X, Y, reservoir=SYSTEM),
    "reservoir.ReservoirClassifier": model(STACK, LABELS[:3], reservoir=SYSTEM),
    "reservoir.ReservoirForecaster": Entry({"reservoir": SYSTEM, "washout": 2}, forecasts, X, None, fits),
    "reservoir.simulate": function(circuit=COLUMN, spikes=TRAINS, random_state=0),
    "reservoir.systems.EchoStateLanes": Entry(
        {"reservoir": SYSTEM, "settings": [{"leak": 0.5}]},
        lambda lanes, X: numbers(list(lanes.blocks(X))), X, None, fits,
    ),
    # Readouts and networks
    "reservoir.readouts.RidgeReadout": model(X, Y),
    "reservoir.readouts.RecursiveLeastSquares": model(X, Y),
    "reservoir.readouts.Force": model(X, Y),
    "reservoir.readouts.LeastMeanSquares": model(X, Y, **ONLINE),
    "reservoir.readouts.BackpropagationDecorrelation": model(X, Y, **ONLINE),
    "reservoir.readouts.ParallelPerceptronRegressor": model(X, Y, n_perceptrons=5, random_state=0, **ONLINE),
    "reservoir.readouts.ParallelPerceptronClassifier": model(X, LABELS, n_perceptrons=5, random_state=0, **ONLINE),
    "reservoir.rnn.RNNRegressor": model(X, Y, **TRAINED),
    "reservoir.rnn.RNNClassifier": model(STACK, LABELS[:3], **TRAINED),
    **{f"reservoir.rnn.cells.{name}": cell() for name in ("EUNN", "GRU", "IRNN", "LSTM", "UGRNN", "Elman", "Unitary")},
    "reservoir.rnn.cells.Householder": cell(n_reflections=2),
    "reservoir.rnn.cells.PhasedLSTM": cell(),
    # Parts
    **{f"reservoir.topologies.{name}": topology() for name in ("Cycle", "Hadamard", "Orthogonal", "Permutation")},
    **{f"reservoir.topologies.{name}": topology() for name in ("Bernoulli", "DoubleCycle")},
    "reservoir.topologies.ExcitatoryInhibitory": topology(density=0.5),
    "reservoir.topologies.DelayLine": topology(spectral_radius=None),
    "reservoir.topologies.Blocks": topology(n_blocks=2),
    "reservoir.topologies.CirculantGraph": topology(in_degree=3),
    "reservoir.topologies.CycleWithJumps": topology(jump=2),
    "reservoir.topologies.Graph": topology(graph=nx.cycle_graph(6)),
    "reservoir.topologies.Random": topology(in_degree=3),
    "reservoir.topologies.ScaleFree": topology(n_links=2),
    "reservoir.topologies.SmallWorld": topology(n_neighbours=2),
    "reservoir.topologies.CirculantMatrix": function(weights=np.ones((2, 5)), offsets=[0, 3]),
    "reservoir.topologies.HadamardMatrix": function(signs=np.ones((2, 4)), order=[1, 0, 3, 2]),
    "reservoir.topologies.largest_singular_value": function(matrix=np.diag([1.0, 2.0, 3.0])),
    "reservoir.topologies.spectral_radius": function(matrix=np.diag([1.0, 2.0, 3.0])),
    "reservoir.circuits.MaassColumn": generator(shape=(2, 2, 3)),
    "reservoir.circuits.PotjansDiesmann": Entry({"scale": 0.001}, drawn, fixed=("scale",)),
    **{f"reservoir.circuits.{name}Circuit": generator(**SPARSE) for name in ("Random", "ScaleFree", "SmallWorld")},
    "reservoir.circuits.TwoWayPowerLawCircuit": generator(**SPARSE),
    "reservoir.circuits.damaged": function(circuit=COLUMN, fraction=0.5, fixed=("rng",)),
    "reservoir.circuits.Projection": function(**SYNAPSES),
    "reservoir.circuits.Circuit": function(
        excitatory=[True, False], recurrent=circuits.Projection(**SYNAPSES),
        inputs=circuits.Projection([0], [1], 1e-9, 0.0, 3e-3), n_inputs=1,
    ),
    "reservoir.circuits.PoissonBackground": function(rate=[100.0, 50.0], weight=1e-9, time_constant=1e-3),
    "reservoir.circuits.PairStatistics": function(**PAIR),
    "reservoir.circuits.SynapseStatistics": function(
        **dict.fromkeys(("EE", "EI", "IE", "II"), circuits.PairStatistics(**PAIR)),
        input_to_excitatory=1e-8, input_to_inhibitory=1e-8, input_time_constant=3e-3,
    ),
    **{f"reservoir.neurons.{name}": neuron() for name in neurons.__all__},
    **{f"reservoir.neurons.rate.{name}": rate_unit() for name in rate.__all__},
    **{f"reservoir.spikes.{name}": trace() for name in ("Alpha", "Counts", "Exponential")},
    **{f"reservoir.spikes.{name}": encoder() for name in ("Current", "Latency", "Poisson", "SendOnDelta")},
    "reservoir.spikes.GaussianReceptiveFields": encoder(n_fields=3),
    "reservoir.spikes.Raster": encoder(np.random.default_rng(0).integers(0, 3, (T, F)).astype(float)),
    "reservoir.spikes.SpikeTrains": function(times=[0.1, 0.2], units=[0, 1], n_units=2, duration=0.5),
    **{f"reservoir.models.{name}": pooling() for name in ("Last", "Max", "Mean", "ModelSpace", "Segments", "Weighted")},
    # Learning in Brian2
    "spiking.simulate": function(slow=True, circuit=COLUMN, spikes=TRAINS, random_state=0, codegen="numpy"),
    "spiking.warm_up": function(slow=True, circuit=COLUMN),
    "spiking.Microcircuit": Entry(
        {"circuit": MaassColumn((2, 2, 2)), "random_state": 0, "codegen": "numpy"}, states, X[:3], None, fits, slow=True
    ),
    **{f"reservoir.plasticity.{name}STDP": rule() for name in ("", "Inhibitory", "Release", "Reward", "Triplet")},
    "reservoir.plasticity.Normalised": rule(),
    # Data, scores and questions
    **{f"reservoir.datasets.make_{name}": function(**FEW, length=12) for name in ("adding", "temporal_order")},
    "reservoir.datasets.make_copy_memory": function(**FEW, delay=3),
    "reservoir.datasets.make_embedded_reber": function(**FEW),
    "reservoir.datasets.make_frequency_discrimination": function(**FEW),
    "reservoir.datasets.make_lorenz": function(n_steps=10, discard=0, random_state=0, slow=True),
    "reservoir.datasets.make_mackey_glass": function(n_steps=10, discard=0, random_state=0),
    "reservoir.datasets.make_multitask": function(n_trials=2, duration=0.1, random_state=0),
    "reservoir.datasets.make_narma": function(n_steps=20, discard=0, random_state=0),
    "reservoir.datasets.load_japanese_vowels": function(slow=True),
    "reservoir.datasets.load_pixel_digits": function(slow=True),
    "reservoir.metrics.nrmse": function(y_true=Y, y_pred=Y[::-1]),
    "reservoir.metrics.valid_prediction_time": function(y_true=Y, y_pred=Y[::-1]),
    "reservoir.metrics.frame_accuracy": function(y_true=np.eye(3), y_pred=np.ones((3, 3))),
    "reservoir.metrics.frame_negative_log_likelihood": function(y_true=np.eye(3), y_proba=np.full((3, 3), 0.4)),
    "reservoir.metrics.copy_recall": function(y_true=[0, 0, 2, 1], y_pred=[0, 0, 2, 2]),
    **{
        f"reservoir.probes.{name}": function(slow=True, system=SYSTEM, n_streams=4, n_steps=5, random_state=0)
        for name in ("kernel_rank", "generalisation_rank")
    },
    "reservoir.probes.separation": function(slow=True, system=SYSTEM, n_pairs=3, n_steps=5, random_state=0),
    "reservoir.probes.controllability_rank": function(W=np.diag([0.5, 0.2]), w_in=np.ones((2, 1))),
    "reservoir.probes.closed_loop_exponents": function(
        forecaster=reservoir.ReservoirForecaster(SYSTEM, washout=2).fit(SERIES), n_exponents=1, n_steps=20, discard=5
    ),
    "reservoir.probes.diagnose": function(system=SYSTEM, X=SERIES, warn=False),
    "reservoir.probes.echo_state_index": function(system=SYSTEM, X=SERIES),
    "reservoir.probes.information_processing_capacity": function(
        slow=True, system=SYSTEM, max_degree=2, n_delays=3, n_steps=200, washout=5, random_state=0
    ),
    "reservoir.probes.lyapunov_exponent": function(system=SYSTEM, X=SERIES, washout=5),
    "reservoir.probes.lyapunov_spectrum": function(
        function=logistic_map, jacobian=slope_of_the_map, start=[0.3], n_steps=50, discard=5
    ),
    "reservoir.probes.washout_estimate": function(system=SYSTEM, X=SERIES),
    "reservoir.probes.memory_capacity": function(system=SYSTEM, n_delays=5, n_steps=40, washout=5, random_state=0),
    # Searches, batches and files
    "reservoir.save": function(model=EchoState(6, random_state=0).fit(X), fixed=("path",)),
    "reservoir.model_selection.ReservoirSearchCV": Entry(
        {
            "estimator": reservoir.ReservoirRegressor(SYSTEM, RidgeReadout()),
            "param_distributions": {"reservoir__leak": [0.3, 0.9]},
            "cv": WarmTimeSeriesSplit(2, warmup=2),
        },
        chosen, X, Y, fits_targets, slow=True, fixed=("n_jobs", "client", "store", "verbose"),
    ),
    "reservoir.model_selection.WarmTimeSeriesSplit": Entry(
        {"n_splits": 2, "warmup": 2}, lambda splits, X: numbers([list(pair) for pair in splits.split(X)]), X
    ),
    "reservoir.model_selection.sequence_scorer": Entry(
        {"scoring": "r2"}, lambda score, X: numbers(score(reservoir.ReservoirRegressor(SYSTEM).fit(X, Y), X, Y)), X,
        fixed=("scoring",),
    ),
    "reservoir.models.fit_in_parts": Entry(
        {"model": reservoir.ReservoirRegressor(SYSTEM), "parts": [([X], [Y]), ([X], [Y])], "n_jobs": 1},
        lambda fitted, X: predictions(fitted, X), X, slow=True, fixed=("n_jobs", "client", "folder", "setup"),
    ),
    "reservoir.batch.run_batch": Entry(
        {"func": plain, "tasks": TASKS, "n_jobs": 1, "progress": False}, itself, slow=True,
        fixed=("n_jobs", "client", "store", "setup", "func", "timeout"),
    ),
    "reservoir.estimator_checks.check_sequence_estimator": function(
        estimator=SYSTEM, slow=True, fixed=("estimator", "n_features", "random_state", "tolerance")
    ),
}  # fmt: skip
OPEN_MODULES = (metrics,)
"""Modules whose functions are public without `__all__`."""

ALSO_PUBLIC = ("reservoir.estimator_checks.check_sequence_estimator",)
CALLS: dict[str, Any] = {
    "reservoir.batch.run_batch": in_a_folder,
    "reservoir.save": saved,
    "reservoir.circuits.damaged": lambda **arguments: circuits.damaged(rng=np.random.default_rng(0), **arguments),
}
"""What is called instead of the name itself."""


def object_of(name):
    """What a full name means."""
    module, _, attribute = name.rpartition(".")
    return getattr(importlib.import_module(module), attribute)


def run(name):
    """The numbers that the entry itself answers."""
    entry = ENTRIES[name]
    return entry.ask(entry.make(name), entry.X)


def digest(name):
    """The bits of the numbers that the entry itself answers, in short."""
    content = hashlib.sha256()
    for array in run(name):
        content.update(repr((array.dtype.str, array.shape)).encode() + array.tobytes())
    return content.hexdigest()[:16]
