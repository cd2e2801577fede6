"""Every public name, with arguments that work and what to do with it; `test_public_entries.py` walks over them.

A new part of a room in `WALKED` has its entry by that. Any other export needs one entry here, of the kind that fits:
keyword arguments that make it small and quick, and a function that asks it and returns all numbers it answers.
"""

import hashlib
import tempfile

import networkx as nx
import numpy as np
from sklearn.base import ClassifierMixin, RegressorMixin

import reservoir
import spiking
from reservoir import (
    EchoState,
    LiquidState,
    circuits,
    datasets,
    models,
    neurons,
    plasticity,
    plotting,
    probes,
    readouts,
    spikes,
    topologies,
)
from reservoir.batch import run_batch
from reservoir.circuits import MaassColumn
from reservoir.model_selection import WarmTimeSeriesSplit
from reservoir.neurons import rate
from reservoir.readouts import RidgeReadout
from reservoir.rnn import cells
from reservoir.systems import Delays
from tests.batch.batch_tasks import plain
from tests.house.entries import (
    COLUMN,
    LABELS,
    SERIES,
    STACK,
    SYSTEM,
    TRAINS,
    Entry,
    F,
    T,
    X,
    Y,
    cell,
    chosen,
    drawn,
    encoder,
    fits,
    fits_targets,
    function,
    generator,
    itself,
    model,
    neuron,
    numbers,
    of_exports,
    pooling,
    predictions,
    rate_unit,
    rule,
    simulated,
    states,
    system,
    topology,
    trace,
    wiring,
)
from tests.loops import looped

TASKS = {"size": [1, 2], "number": [3]}
SYNAPSES = {"pre": [0, 1], "post": [1, 0], "weight": [1e-9, -2e-9], "delay": 1e-3, "time_constant": 3e-3}
PAIR = {"probability": 0.3, "weight": 3e-8, "delay": 1e-3, "time_constant": 3e-3, "U": 0.5, "D": 1.1, "F": 0.05}

# Names that a user does not call: errors and warnings, and records that only the library makes. Files to be read have
# tests of their own, and so have displays, which are made by their ``from_...`` methods, and the context of a process.
NOT_CALLED = {
    *("reservoir.load", "reservoir.persistence.describe"),
    *(f"reservoir.plotting.{name}" for name in plotting.__all__),
    *(f"reservoir.probes.{name}" for name in probes.__all__ if name[0].isupper()),
    *("reservoir.batch.Failure", "reservoir.batch.Study", "reservoir.batch.TaskError"),
    *(
        "reservoir.datasets.DatasetNotFoundError",
        "reservoir.datasets.System",
        "reservoir.metrics.ValidTime",
        "reservoir.model_selection.Backtest",
    ),
    *(f"reservoir.models.{name}Warning" for name in ("Baseline", "Coverage", "Divergence")),
    *(f"reservoir.models.{name}Stream" for name in ("Regressor", "Classifier", "Sequence", "Forecaster")),
    *("reservoir.rnn.cells.Cell", "reservoir.rnn.cells.Steps"),
    *("reservoir.sequences.SequenceWarning", "spiking.own_process", "reservoir.plasticity.Kernel"),
    *("reservoir.systems.Recording", "reservoir.plasticity.Rule", "reservoir.plasticity.Scaling"),
    *(f"reservoir.datasets.{name}" for name in datasets.__all__ if name.startswith(("fetch_", "read_"))),
    *("reservoir.plasticity.Feedback", "reservoir.plasticity.UnitVariables", "reservoir.plasticity.Later"),
    "spiking.BrianReservoir",  # of a network that no copy can have
    "reservoir.plasticity.ReadoutReward",  # of a fitted readout, by a rule
    *(f"reservoir.datasets.{name}" for name in datasets.__all__ if name.startswith("fetch_")),  # of the network
}


SILENCE = spikes.SpikeTrains([], [], TRAINS.n_units, TRAINS.duration)


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


def damaged(**arguments):
    """`damaged` with the same numbers every time."""
    return circuits.damaged(rng=np.random.default_rng(0), **arguments)


def forecasts(model, X):
    return numbers([model.forecast(4), model.forecast(4, context=X)])


READ = {"n_perceptrons": 5, "n_epochs": 1, "random_state": 0}
TRAINED = {"hidden_layer_sizes": 3, "max_iter": 2, "tol": None, "random_state": 0}
FEW = {"n_sequences": 3, "length": 12, "delay": 3, "n_trials": 2, "duration": 0.1, "n_steps": 20, "discard": 0}
ASKED = {"system": SYSTEM, "X": SERIES, "n_steps": 40, "n_delays": 5, "washout": 5, "warn": False}
SEEDED = {"random_state": 0}
CURRENT = {"weight": 1e-9, "delay": 1e-3, "time_constant": 3e-3}
WIRED = circuits.Connection("a", "a", probability=0.5, **CURRENT)
SPARSE = {"n_units": 12, "n_synapses_per_unit": 2.0, "shape": (2, 2, 3)}

WALKED = {
    **of_exports(topologies, "draw", topology),
    **of_exports(circuits, "draw", generator, **SPARSE),
    **of_exports(neurons, "cells", neuron),
    **of_exports(rate, "cells", rate_unit),
    **of_exports(plasticity, "rule", rule),
    **of_exports(spikes, "n_channels", encoder),
    **of_exports(spikes, "filter", trace),
    **of_exports(models, "pool", pooling, **SEEDED),
    **of_exports(cells, "draw", cell),
    **of_exports(spikes, "function", function, trains=TRAINS, step=0.005, window=0.005),
    **of_exports(readouts, RegressorMixin, model, X, Y, **READ),
    **of_exports(readouts, ClassifierMixin, model, X, LABELS, **READ),
    **of_exports(probes, "function", function, **ASKED, **SEEDED),
    **of_exports(datasets, "function", function, **FEW, **SEEDED),
}
"""The parts of rooms, all asked alike; one that needs other arguments stands below too, and that counts."""

ENTRIES: dict[str, Entry] = {
    **{name: entry for name, entry in WALKED.items() if name not in NOT_CALLED},
    # Systems and models
    "reservoir.EchoState": system(n_units=6, random_state=0),
    "reservoir.DeepEchoState": system(layer=EchoState(4), n_layers=2, random_state=0),
    "reservoir.LiquidState": system(circuit=MaassColumn((2, 2, 2)), random_state=0),
    "reservoir.ReservoirRegressor": model(X, Y, reservoir=SYSTEM),
    "reservoir.ReservoirClassifier": model(STACK, LABELS[:3], reservoir=SYSTEM),
    "reservoir.ReservoirForecaster": Entry(
        {"reservoir": SYSTEM, "readout": RidgeReadout(1.0), "washout": 2}, forecasts, X, None, fits
    ),
    "reservoir.simulate": function(circuit=COLUMN, spikes=TRAINS, random_state=0),
    "reservoir.systems.EchoStateLanes": Entry(
        {"reservoir": SYSTEM, "settings": [{"leak": 0.5}]},
        lambda lanes, X: numbers(list(lanes.blocks(X))), X, None, fits,
    ),
    "reservoir.systems.NVAR": system(),
    "reservoir.systems.Delays": system(),
    "reservoir.systems.Bidirectional": system(system=SYSTEM),
    "reservoir.systems.Chain": system(systems=[SYSTEM, Delays()], feedback=[("delays", "echostate")]),
    "reservoir.systems.Parallel": system(systems=[SYSTEM], feedback=[("echostate", "echostate")]),
    "reservoir.systems.Prepared": system(system=SYSTEM),
    "reservoir.systems.Reversed": system(system=SYSTEM),
    "reservoir.systems.Selected": system(system=SYSTEM, units=[0, 2]),
    "reservoir.systems.SideBySide": system(systems=[("one", SYSTEM), ("two", EchoState(4, leak=0.5, random_state=1))]),
    "reservoir.preprocessing.WithGradient": Entry({}, lambda part, X: numbers(part.transform(X)), X, None, fits),
    "reservoir.preprocessing.SequenceScaler": Entry(
        {}, lambda scaler, X: numbers([scaler.transform(X), scaler.inverse_transform(X)]), X, None, fits
    ),
    # Readouts and networks
    "reservoir.rnn.RNNRegressor": model(X, Y, **TRAINED),
    "reservoir.rnn.RNNClassifier": model(STACK, LABELS[:3], **TRAINED),
    "reservoir.rnn.cells.Householder": cell(n_reflections=2),
    "reservoir.readouts.spiking.Tempotron": Entry(
        {"n_epochs": 2, "random_state": 0},
        lambda made, _: numbers(made.fit([TRAINS, SILENCE], ["a", "b"]).decision_function([TRAINS])),
    ),
    "reservoir.readouts.spiking.ReSuMe": Entry(
        {"n_epochs": 2, "random_state": 0},
        lambda made, _: numbers([made.fit([TRAINS], [TRAINS]).coef_, made.predict([TRAINS])]),
    ),
    # Parts
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
    "reservoir.models.Joined": pooling(poolings=["mean", "last"]),
    "reservoir.topologies.Repeated": topology(topology=topologies.Random(in_degree=2), length=3),
    "reservoir.wiring.BlockInputWeights": wiring("input_weights", block=2),
    "reservoir.wiring.LogUniformDelays": wiring("delay", n_delays=3, reach=1),
    **{
        f"reservoir.wiring.{name}": wiring("input_weights")
        for name in ("ChebyshevInputWeights", "LogisticInputWeights", "NodeInputWeights", "PiSigns")
    },
    "reservoir.wiring.k_means_input_weights": function(X=X, n_units=3, random_state=0),
    "reservoir.circuits.Synapses": Entry(
        {}, lambda part, X: drawn(circuits.GraphCircuit(12, synapses=part), X)
    ),
    "reservoir.circuits.Population": Entry(
        {"n_units": 3}, lambda part, X: drawn(circuits.PopulationCircuit({"a": part}, {"b": WIRED}), X)
    ),
    "reservoir.circuits.Connection": Entry(
        {"source": "a", "target": "a", "in_degree": 2, **CURRENT},
        lambda part, X: drawn(circuits.PopulationCircuit({"a": circuits.Population(4)}, {"b": part}), X),
    ),
    "reservoir.circuits.PopulationCircuit": Entry(
        {"populations": {"a": circuits.Population(4)}, "projections": {"b": WIRED}}, drawn
    ),
    "reservoir.circuits.PotjansDiesmann": Entry({"scale": 0.001}, drawn, fixed=("scale",)),
    "reservoir.circuits.damaged": function(circuit=COLUMN, fraction=0.5, fixed=("rng",), call=damaged),
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
    "reservoir.spikes.GaussianReceptiveFields": encoder(n_fields=3),
    "reservoir.spikes.PoissonReceptiveFields": encoder(n_fields=3),
    "reservoir.spikes.PoissonPopulation": encoder(n_copies=2),
    "reservoir.spikes.Voltages": Entry({}, lambda part, X: states(LiquidState(
        MaassColumn((2, 2, 2)), trace=part, random_state=0).fit(X), X), X),
    "reservoir.spikes.Raster": encoder(np.random.default_rng(0).integers(0, 3, (T, F)).astype(float)),
    "reservoir.systems.CircuitState": function(
        engine="numba", arrays={"u": np.zeros(2)}, dt=1e-4, seed=0, trial=1, step=5, fixed=("engine", "arrays")
    ),
    "reservoir.systems.TrialState": function(values=[0.5, 1.0], trial=3, step=7),
    "reservoir.spikes.SpikeTrains": function(times=[0.1, 0.2], units=[0, 1], n_units=2, duration=0.5),
    # Learning in Brian2
    "spiking.simulate": function(slow=True, circuit=COLUMN, spikes=TRAINS, random_state=0, codegen="numpy"),
    "spiking.Equations": Entry(
        {
            "model": "dv/dt = (I * Mohm - v) / tau : volt\ntau : second", "threshold": "v > 1 * mV",
            "parameters": {"tau": 0.02},
        },
        lambda part, X: numbers(simulated(spiking.simulate, neuron=part, codegen="numpy")), slow=True,
        fixed=("model", "threshold"),
    ),
    "spiking.warm_up": function(slow=True, circuit=COLUMN),
    "spiking.Microcircuit": Entry(
        {"circuit": MaassColumn((2, 2, 2)), "random_state": 0, "codegen": "numpy"}, states, X[:3], None, fits, slow=True
    ),
    # Data, scores and questions
    "reservoir.datasets.make_lorenz": function(n_steps=10, discard=0, random_state=0, slow=True),
    "reservoir.datasets.make_rabinovich_fabrikant": function(n_steps=5, discard=0, random_state=0, slow=True),
    "reservoir.datasets.load_japanese_vowels": function(slow=True),
    "reservoir.datasets.load_pixel_digits": function(slow=True),
    "reservoir.metrics.nrmse": function(y_true=Y, y_pred=Y[::-1]),
    "reservoir.metrics.valid_prediction_time": function(y_true=Y, y_pred=Y[::-1]),
    "reservoir.metrics.frame_accuracy": function(y_true=np.eye(3), y_pred=np.ones((3, 3))),
    "reservoir.metrics.frame_negative_log_likelihood": function(y_true=np.eye(3), y_proba=np.full((3, 3), 0.4)),
    "reservoir.metrics.smape": function(y_true=Y, y_pred=Y[::-1]),
    "reservoir.metrics.mase": function(y_true=Y, y_pred=Y[::-1], y_train=Y),
    "reservoir.metrics.owa": function(y_true=Y, y_pred=Y[::-1], y_reference=Y + 0.1, y_train=Y),
    "reservoir.metrics.interval_coverage": function(y_true=Y, lower=Y - 0.1, upper=Y[::-1]),
    "reservoir.metrics.pinball_loss": function(y_true=Y, y_quantile=Y[::-1], quantile=0.9),
    "reservoir.metrics.density_distance": function(y_true=Y, y_pred=Y[::2], n_samples=5, random_state=0),
    "reservoir.metrics.spectrum_distance": function(y_true=Y, y_pred=Y[::-1]),
    "reservoir.metrics.correlation_dimension": function(series=np.tile(X, (10, 1)) + np.arange(10 * T)[:, None] % 7),
    "reservoir.metrics.kaplan_yorke_dimension": function(exponents=[0.9, 0.0, -14.6]),
    "reservoir.metrics.return_map": function(series=SERIES),
    "reservoir.metrics.copy_recall": function(y_true=[0, 0, 2, 1], y_pred=[0, 0, 2, 2]),
    **{
        f"reservoir.probes.{name}": function(slow=True, system=SYSTEM, n_streams=4, n_steps=5, random_state=0)
        for name in ("kernel_rank", "generalisation_rank")
    },
    "reservoir.probes.separation": function(slow=True, system=SYSTEM, n_pairs=3, n_steps=5, random_state=0),
    "reservoir.probes.controllability_rank": function(W=np.diag([0.5, 0.2]), w_in=np.ones((2, 1))),
    "reservoir.probes.closed_loop_exponents": function(
        forecaster=looped(EchoState(6, input_scaling=1.0, bias_scaling=0.0, random_state=0), washout=2).fit(SERIES),
        n_exponents=1, n_steps=20, discard=5,
    ),
    "reservoir.probes.information_processing_capacity": function(
        slow=True, system=SYSTEM, max_degree=2, n_delays=3, n_steps=200, washout=5, random_state=0
    ),
    "reservoir.probes.lyapunov_spectrum": function(
        function=logistic_map, jacobian=slope_of_the_map, start=[0.3], n_steps=50, discard=5
    ),
    "reservoir.sequences.from_aeon": function(X=STACK),
    "reservoir.sequences.to_aeon": function(X=STACK),
    # Searches, batches and files
    "reservoir.save": function(model=EchoState(6, random_state=0).fit(X), fixed=("path",), call=saved),
    "reservoir.model_selection.ReservoirSearchCV": Entry(
        {
            "estimator": reservoir.ReservoirRegressor(SYSTEM, RidgeReadout()),
            "param_distributions": {"reservoir__leak": [0.3, 0.9]},
            "cv": WarmTimeSeriesSplit(2, warmup=2),
        },
        chosen, X, Y, fits_targets, slow=True, fixed=("n_jobs", "client", "store", "verbose"),
    ),
    "reservoir.model_selection.RollingOrigins": Entry(
        {"test_size": 3, "warmup": 2}, lambda splits, X: numbers([list(pair) for pair in splits.split(X)]), X
    ),
    "reservoir.model_selection.WarmTimeSeriesSplit": Entry(
        {"n_splits": 2, "warmup": 2}, lambda splits, X: numbers([list(pair) for pair in splits.split(X)]), X
    ),
    "reservoir.model_selection.backtest": Entry(
        {"model": looped(SYSTEM, washout=5), "series": SERIES, "horizon": 3, "n_origins": 2},
        lambda found, X: numbers([found.truth, found.forecasts]), slow=True, fixed=("model",),
    ),
    "reservoir.model_selection.tune": Entry(
        {"model": looped(SYSTEM, washout=5), "series": SERIES, "budget": 1e-9, "horizon": 2},
        lambda found, X: numbers(found.forecast(3)), slow=True, fixed=("model", "budget"),
    ),
    "reservoir.model_selection.sequence_scorer": Entry(
        {"scoring": "r2"}, lambda score, X: numbers(score(reservoir.ReservoirRegressor(SYSTEM).fit(X, Y), X, Y)), X,
        fixed=("scoring",),
    ),
    "reservoir.models.AdaptiveCoverage": Entry(
        {"coverage": 0.6, "rate": 0.1, "n_errors": 5}, lambda made, X: numbers([made.errors_, made.alpha_]), X, None,
        lambda made, X, y: made.begin(X),
    ),
    "reservoir.models.fit_in_parts": Entry(
        {"model": reservoir.ReservoirRegressor(SYSTEM), "parts": [([X], [Y]), ([X], [Y])], "n_jobs": 1},
        lambda fitted, X: predictions(fitted, X), X, slow=True, fixed=("n_jobs", "client", "folder", "setup"),
    ),
    "reservoir.batch.run_batch": Entry(
        {"func": plain, "tasks": TASKS, "n_jobs": 1, "progress": False}, itself, slow=True,
        fixed=("n_jobs", "client", "store", "setup", "func", "timeout"), call=in_a_folder,
    ),
    "reservoir.estimator_checks.check_sequence_estimator": function(
        estimator=SYSTEM, slow=True, fixed=("estimator", "n_features", "random_state", "tolerance")
    ),
}  # fmt: skip
ALSO_PUBLIC = ("reservoir.estimator_checks.check_sequence_estimator",)


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
