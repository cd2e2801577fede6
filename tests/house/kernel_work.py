"""Small jobs that run every compiled kernel, with the compiler or without it.

``python -m tests.house.kernel_work [ANSWERS.npz]`` stores what they answer. With ``NUMBA_DISABLE_JIT=1`` kernels are
plain Python, so that NumPy checks every index and coverage.py sees every line.
"""

import dataclasses
import inspect
import itertools
import sys

import joblib
import numpy as np
from sklearn.base import is_classifier

import reservoir.neurons
import reservoir.topologies
from reservoir import EchoState, ReservoirRegressor, plasticity, readouts, simulate, spikes
from reservoir.circuits import Circuit, MaassColumn, PoissonBackground, Projection, damaged
from reservoir.datasets import make_lorenz96, make_mackey_glass
from reservoir.models import Shares
from reservoir.models.streams.steps import within
from reservoir.neurons import rate
from reservoir.poisson_numbers import _become_counts, poisson_numbers
from reservoir.probes import information_processing_capacity
from reservoir.probes.tangent import tangent_of
from reservoir.random_numbers import BACKGROUND, ENCODER, numbers_of_events, steps_of
from reservoir.readouts import (
    BackpropagationDecorrelation,
    Force,
    LeastMeanSquares,
    ParallelPerceptronRegressor,
    RecursiveLeastSquares,
    RidgeReadout,
)
from reservoir.readouts.spiking import ReSuMe, Tempotron
from reservoir.rnn import RNNClassifier, RNNRegressor
from reservoir.rnn.cells import EUNN
from reservoir.rnn.row_products import sum_over_rows
from reservoir.systems import (
    NVAR,
    Delays,
    EchoStateLanes,
    Reversed,
    SideBySide,
    placed_synapses,
    plastic_parts,
    simulation,
)
from reservoir.systems.ensembles import joined
from reservoir.systems.rate_runs import close_loop, weights_of
from tests.house.own_parts import Carrying
from tests.loops import looped
from tests.rnn.recurrent_oracles import cells

X = np.random.default_rng(0).uniform(-1, 1, (14, 2))
Y = np.roll(X[:, 0], 1) * 0.5
RAGGED = [X[:9], X[:1], X[3:], X[:9]]


# The jobs: name, and arrays


def small(n_units=20, **parameters):
    return EchoState(n_units, **{"random_state": 0, "bias_scaling": 0.1} | parameters)


def rate_units():
    matrices = {name: getattr(reservoir.topologies, name) for name in ("CirculantGraph", "Random", "Hadamard")}
    parts = {name: part() for name, part in matrices.items()}
    parts["dense"] = np.random.default_rng(1).normal(size=(20, 20))
    for (name, part), dtype in itertools.product(parts.items(), ("float64", "float32")):
        system = small(topology=part, leak=0.7, dtype=dtype).fit(X)
        yield f"states {name} {dtype}", np.concatenate(system.transform(RAGGED))
        options = {"squares": True, "scaling": 0.5, "channels": [1], "known": np.where([True, False], X[:5], np.nan)}
        start = weights_of(system), np.full((1, 42), 0.02), np.ones(1), np.zeros(20), X[0], 5
        yield f"loop {name} {dtype}", close_loop(*start, **options)[0]
    for bounds in ((-9.0, 0.5), (2.0, 9.0)):  # all answers lie between
        yield f"loop within {bounds}", close_loop(*start, **options, bounds=bounds)[0]
    for name, part in parts.items():
        pair = joined([small(topology=part, random_state=seed).fit(X) for seed in (0, 1)])
        known = np.where([True, False], X[:5], np.nan)
        loop = close_loop(pair, np.full((1, 42), 0.02), np.ones(1), np.zeros(40), X[0], 5, channels=[1], known=known)
        yield f"loop of two {name}", loop[0]
    delays = np.repeat([3, 1], 10)
    for (name, part), delay in itertools.product(parts.items(), (2, delays)):
        system = small(topology=part, delay=delay).fit(X)
        yield f"states {name} after {np.max(delay)}", np.concatenate(system.transform(RAGGED))
        start = weights_of(system), np.full((1, 22), 0.02), np.ones(1), np.zeros(20 * np.max(delay)), X[0], 5
        yield f"loop {name} after {np.max(delay)}", close_loop(*start, channels=[1], known=known)[0]
        (_, heard), *_ = tangent_of(system).follow(X, np.zeros(20 * np.max(delay)))[0][-1]
        yield f"tangent {name} after {np.max(delay)}", heard
    yield "stripes", small(150).fit(X).transform(X)
    yield "large Hadamard", small(4200, topology=matrices["Hadamard"]()).fit(X).transform(X[:2])
    for activation, dtype in itertools.product(("identity", "relu", "logistic"), ("float64", "float32")):
        system = small(18, activation=activation, noise=0.01, dtype=dtype).fit(X)
        yield f"states {activation} {dtype}", np.concatenate(system.run(RAGGED, trial=range(4))[0])
    for kind, activation in itertools.product(
        map(rate.__dict__.get, rate.__all__), ("tanh", "logistic", "relu", "identity")
    ):
        system = small(unit=kind(activation=activation)).fit(X)
        yield f"states {kind.__name__} {activation}", system.transform(X)
        tangent, n_values = tangent_of(system), 20 * kind.n_arrays
        (point,), _, _ = tangent.follow(X[:1], np.full(n_values, 0.1))
        yield f"tangent {kind.__name__} {activation}", tangent.move(point, np.eye(n_values), np.zeros((2, n_values)))
    together = small(unit=rate.EdgeOfStability(), topology=np.eye(20)).fit(X)
    yield "states of turning units together", np.concatenate(together.transform(RAGGED))
    settings = [{"leak": 0.2, "noise": 0.1}, {"spectral_radius": 0.5}]
    for dtype, chosen in itertools.product(("float64", "float32"), (settings, settings[1:])):
        together = EchoStateLanes(small(8, dtype=dtype), chosen).fit(X)
        yield f"{len(chosen)} lanes {dtype}", next(together.blocks(X))[1]


def exported(room, method, **options):
    """The parts of a room that have this method, with those of the options that they take."""
    kinds = [kind for kind in (getattr(room, name) for name in room.__all__) if hasattr(kind, method)]
    for kind in kinds:
        taken = inspect.signature(kind).parameters
        yield kind(**{name: value for name, value in options.items() if name in taken})


def trained_readouts():
    rows, noise = np.random.default_rng(2).uniform(-1, 1, (2, 40, 9))
    both = 1 + 0.3 * rows[:, :2] + 0.1 * noise[:, :2]
    few = {"n_perceptrons": 5, "n_epochs": 2, "adapt_every": 10, "random_state": 0}
    parts = [
        *exported(readouts, "fit", **few),
        *(RidgeReadout(alpha="gcv"), RidgeReadout(alpha=1.0, solver="gram"), RecursiveLeastSquares(0.9)),
        *(LeastMeanSquares(0.01, normalized=False), BackpropagationDecorrelation(dt=0.5, output_feedback=False)),
        *(ParallelPerceptronRegressor(rho=rho, **few) for rho in (None, 2.0)),
    ]
    for number, part in enumerate(parts):
        if is_classifier(part):
            yield f"readout {number}", part.fit(rows, np.arange(40) % 3).decision_function(rows)
            continue
        for y in (both[:, 0], both):
            yield f"readout {number} {y.ndim}", part.fit(rows, y).predict(rows)
    forced = looped(small(noise=0.01), Force(), washout=2, feedback_scaling=0.5).fit([X, X])
    yield "forced loop", np.concatenate(forced.forecast(5))
    for readout in (Force(), readouts.RidgeReadout(1.0)):
        model = looped(small(), readout, washout=2, lags=2, target="increments").fit(X)
        observed = np.where(np.arange(5)[:, None] == 2, X[:5], np.nan)
        yield f"loop of increments {type(readout).__name__}", model.forecast(5, observed=observed)
    for dtype in ("float64", "float32"):
        stream = ReservoirRegressor(small(dtype=dtype)).fit(X, Y).stream()
        yield f"stream {dtype}", np.array([stream.step(row) for row in X])
    yield "rows within a bound", np.array([within(np.array(row), 1.0) for row in ([1.0], [0.5, 1.5], [np.nan])], float)
    for dtype in ("float64", "float32"):
        pair = SideBySide([("forward", small(dtype=dtype)), ("backward", Reversed(small(dtype=dtype)))])
        model = ReservoirRegressor(pair, pooling=[Shares(2, random_state=0), "max", "mean"])
        yield f"counted {dtype}", model.fit(RAGGED, np.arange(4.0)).predict(RAGGED)
    for features in ("polynomial", "chebyshev", "random"):
        system = NVAR([0, 2], 3, features=features, n_random=7, random_state=0)
        yield f"last rows, {features}", system.fit(X).transform(X)
        yield f"loop of last rows, {features}", looped(system, RidgeReadout(1.0), washout=2).fit(X).forecast(3)
    yield "rows before", looped(Delays(3), RidgeReadout(1.0), washout=2).fit(X).forecast(3)
    yield "pooled", ReservoirRegressor(small(), pooling="mean").fit(RAGGED, np.arange(4.0)).predict(RAGGED)


def traces_and_encoders():
    trains = spikes.SpikeTrains([0.001, 0.001, 0.012, 0.0121, 0.05], [0, 1, 0, 0, 2], 3, 0.07)
    for part in (*exported(spikes, "filter"), spikes.Counts(window=0.03)):
        rows, memory = part.filter(trains, 0.01, 7)
        yield f"trace {part}", rows
        yield f"trace {part} continued", part.filter(trains, 0.01, 7, memory)[0]
    for encoder in exported(spikes, "encode"):
        whole = np.abs(np.round(3 * X))  # counts, which `Raster` takes too
        yield f"spikes of {encoder}", encoder.fit(whole).encode(whole, 0.01, np.random.default_rng(0)).times


def distances_and_spiking_readouts():
    lists = [[], [0.03], [0.01, 0.03, 0.031, 0.09], [0.02, 0.03, 0.05], [0.0, 0.04, 0.0401, 0.06]]
    trains = spikes.SpikeTrains.of_lists(lists, 0.1)
    for distance in (spikes.spike_distance, spikes.van_rossum_distance, spikes.victor_purpura_distance):
        yield distance.__name__, distance(trains)
    other = spikes.SpikeTrains.of_lists(lists[::-1], 0.1)
    for seed in range(4):  # first weights of any sign
        for number, part in enumerate((trains, spikes.SpikeTrains([0.02], [0], 1, 0.1))):
            nothing = spikes.SpikeTrains([], [], part.n_units, 0.1)
            unit = Tempotron(learning_rate=0.3, n_epochs=5, random_state=seed)
            unit.fit([part, nothing, other if number == 0 else part], [1, 0, 2 - number])
            yield f"tempotron {number} {seed}", unit.coef_
    unit = ReSuMe(learning_rate=0.5, n_epochs=10, random_state=0).fit([trains], [other])
    yield "resume", unit.coef_
    yield "resume fires", unit.predict([trains])[0].times


def random_numbers_by_counter():
    means = np.array([0.0, 0.8, 7.0, 600.0])
    yield "poisson numbers", poisson_numbers(1, BACKGROUND, steps_of(2, 3, 40), means)
    yield "poisson numbers of many channels", poisson_numbers(1, BACKGROUND, steps_of(2, 3, 4), np.tile([0.5, 9.0], 20))
    yield "poisson numbers of rows", poisson_numbers(1, BACKGROUND, steps_of(2, 3, 2), np.outer([1.0, 2.0], means))
    last = np.full((1, 4), 1 - 2.0**-53)
    _become_counts(last, np.full((1, 4), 2.0), np.zeros((1, 4)), np.full((1, 4), 0.1353352832))  # a sum below 1
    yield "the largest uniform number", last
    steps, channels, counts = np.arange(180), np.arange(180) % 7, np.arange(180) % 20
    yield "numbers of events", numbers_of_events(1, ENCODER, 2, steps, channels, counts)


def suited(circuit, record):
    """The circuit with currents that are no volts a spike for these units."""
    if issubclass(record, reservoir.neurons.LIF):
        return circuit
    parts = {name: getattr(circuit, name) for name in ("recurrent", "inputs")}
    fainter = {
        name: dataclasses.replace(part, weight=part.weight * (0.003 if part.reversal is None else 1.0))
        for name, part in parts.items()
    }
    return dataclasses.replace(circuit, **fainter)


def of_all_kinds(neuron, synapses):
    """Delta synapses, NMDA and rising ones that release by chance, and a background that rises."""
    rest, (farads, volts) = float(np.mean(neuron.initial)), (one[0] for one in neuron.scales(np.ones(1, bool)))
    rising = {"rise_time": 1e-3, "release_probability": 0.5}
    opened = {"reversal": rest + 0.06, "magnesium": np.resize([0.0, 1.0], len(synapses))}
    recurrent = dataclasses.replace(synapses, weight=50 * farads * volts, **rising)
    chance = np.resize([0.7, 1.0], 8)
    kicks = Projection(np.zeros(8, int), np.arange(8), 0.3 * volts, 1e-3, 0.0, release_probability=chance)
    nmda = dataclasses.replace(synapses, weight=10 * farads, **rising, **opened)
    background = PoissonBackground(np.full(8, 500.0), 50 * farads * volts, 3e-3, rise_time=3e-3)
    return Circuit(np.ones(8, bool), recurrent, kicks, 1, background=background, projections={"nmda": nmda})


def spiking_units():
    rng = np.random.default_rng(0)
    column = MaassColumn((2, 2, 2), weight_scale=3.0).draw(rng)
    trains = spikes.SpikeTrains(np.arange(0.001, 0.02, 0.002), np.zeros(10, int), 1, 0.02)
    pushed = np.full((4, 8), 2e-8)
    static = dataclasses.replace(column.recurrent, U=None, D=None, F=None)
    kinds = np.resize([1e-3, 3e-3, 5e-3, 7e-3], len(static))
    changed = {
        "dynamic": column,
        "static": dataclasses.replace(column, recurrent=dataclasses.replace(static, time_constant=3e-3)),  # of one kind
        "conductances": dataclasses.replace(column, recurrent=dataclasses.replace(static, reversal=0.06, weight=1e-6)),
        "background": dataclasses.replace(column, background=PoissonBackground(np.full(8, 500.0), 1e-8, 3e-3)),
        "many kinds": dataclasses.replace(column, recurrent=dataclasses.replace(static, time_constant=kinds)),
        "damaged": damaged(column, fraction=0.5, kind="combined", rng=rng),
    }
    records = [getattr(reservoir.neurons, name) for name in reservoir.neurons.__all__]
    parts = {name: (reservoir.neurons.LIF(), circuit) for name, circuit in changed.items()}
    for kind, record in itertools.product(("dynamic", "conductances"), records):
        if kind == "dynamic" or getattr(record, "hears_conductances", True):
            circuit = suited(changed[kind], record)
            parts |= {f"{record.__name__} {kind} {size}": (record(noise=size), circuit) for size in (0.0, 1e-3)}
    parts["currents that are held"] = Carrying(), changed["conductances"]  # a record without `conduct`
    izhikevich = reservoir.neurons.Izhikevich()  # beside units that other tests have compiled it with
    for kind, record in {"static": reservoir.neurons.EscapeLIF, "conductances": reservoir.neurons.LIF}.items():
        mixed = {"E": record(noise=1e-3), "I": izhikevich}
        parts[f"two models {kind}"] = mixed, suited(changed[kind], reservoir.neurons.Izhikevich)
    for record in (reservoir.neurons.LIF, reservoir.neurons.HodgkinHuxley):
        parts[f"{record.__name__} all kinds"] = record(), of_all_kinds(record(), static)
    for name, (neuron, circuit) in parts.items():
        over_time = {"v": [0], "current": True, "conductance": [1]}
        found = simulate(
            circuit, trains, currents=pushed, neuron=neuron, record=("voltages", over_time), random_state=0
        )
        yield f"voltages {name}", found.voltages
        yield f"over time {name}", np.concatenate([found.v, found.current, found.conductance], axis=1)
        yield f"spikes {name}", found.spikes.times
    room, simulation._SPIKE_ROOM = simulation._SPIKE_ROOM, 20
    yield "spikes with little room", simulate(column, trains, currents=pushed, random_state=0).spikes.times
    simulation._SPIKE_ROOM = room
    yield from units_in_parts(changed["damaged"], trains)


def units_in_parts(circuit, trains):
    """Of synapses that move voltages and release by chance, under a background."""
    background = PoissonBackground(np.full(8, 500.0), 1e-8, 3e-3)
    kicks = Projection(np.arange(8), np.arange(8)[::-1], 1e-3, 1e-3, 0.0, release_probability=0.7)
    circuit = dataclasses.replace(circuit, background=background, projections={"kicks": kicks})
    kept = simulation.n_parts, placed_synapses._LEAST_OF_A_SLICE, placed_synapses._LINE
    simulation.n_parts, placed_synapses._LEAST_OF_A_SLICE, placed_synapses._LINE = lambda engine: 2, 4, 4
    yield "spikes of parts", simulate(circuit, trains, random_state=0).spikes.times
    simulation.n_parts, placed_synapses._LEAST_OF_A_SLICE, placed_synapses._LINE = kept


def learning_synapses():
    """With delays of which a part lies behind the synapse, release by chance, two spikes at once, and little room."""
    rng = np.random.default_rng(0)
    column = MaassColumn((2, 2, 2), weight_scale=6.0).draw(rng, n_inputs=2)
    delay = rng.uniform(0, 2e-3, len(column.recurrent))
    parts = {"delay": delay, "dendritic_delay": delay / 3, "release_probability": 0.8, "rise_time": 1e-3}
    column = dataclasses.replace(column, recurrent=dataclasses.replace(column.recurrent, **parts))
    trains = spikes.SpikeTrains(np.repeat(np.arange(0.001, 0.02, 0.002), 2), np.tile([0, 1, 1, 1], 5), 2, 0.02)
    rules = [one for one in exported(plasticity, "acts_on") if not isinstance(one, plasticity.ReleaseSTDP)]
    rules += [plasticity.RewardSTDP([0.005, 0.015]), plasticity.Normalised(every=1e-3)]
    record = ["weights", "traces", "state", {"weights": {"recurrent": True}}]
    kept, plastic_parts._KEPT = plastic_parts._KEPT, 3
    for number, rule in enumerate(rules):
        text = rule.rule(column.recurrent.select(rule.acts_on(column.recurrent)))
        if text.kernel is None:
            continue
        found = simulate(column, trains, plasticity={"recurrent": rule}, record=record, random_state=0)
        on = simulate(column, trains, plasticity={"recurrent": rule}, record=record, state=found.state)
        yield f"rule {number}", np.stack([found.circuit.recurrent.weight, on.circuit.recurrent.weight])
        yield f"rule {number} over time", np.concatenate([found.weights["recurrent"], on.weights["recurrent"]])
    releasing = {"recurrent": plasticity.ReleaseSTDP(), "inputs": plasticity.STDP()}
    found = simulate(column, trains, plasticity=releasing, record="weights", random_state=0)
    yield "utilisation", found.circuit.recurrent.U
    plastic_parts._KEPT = kept


def recurrent_networks():
    times = [np.c_[x, np.arange(len(x))] for x in RAGGED]
    targets = [x[:, 0] for x in RAGGED]
    options = {"max_iter": 2, "tol": None, "random_state": 0}
    for cell, dtype in itertools.product(cells(), ("float64", "float32")):
        extra = {"variational_dropout": 0.2} if dtype == "float64" else {}
        model = RNNRegressor(cell, 9, dtype=dtype, **options, **extra).fit(times, targets)
        yield f"{cell} {dtype}", np.concatenate(model.predict(times))
    many, wide = np.random.default_rng(3).normal(size=(300, 5)), np.random.default_rng(4).normal(size=(300, 64))
    yield "sum over rows float32", sum_over_rows(many.astype(np.float32), wide.astype(np.float32))
    pairs = RNNRegressor(EUNN(fft=True), 2, dtype="float64", **options).fit(RAGGED, targets)
    yield "pairs", np.concatenate(pairs.predict(RAGGED))
    for loss in ("bernoulli",):
        model = RNNRegressor("gru", 4, loss=loss, bidirectional=True, dtype="float64", **options)
        yield loss, np.concatenate(model.fit(RAGGED, [x > 0 for x in targets]).predict(RAGGED))
    for pooling, solver in (("mean", "sgd"), ("last", "adam")):
        model = RNNClassifier("elman", 4, pooling=pooling, solver=solver, dtype="float64", **options)
        yield f"classes {pooling}", model.fit(RAGGED, list("abca")).predict_proba(RAGGED)


def series():
    yield "mackey glass", make_mackey_glass(30, discard=0, random_state=0)
    yield "lorenz 96", make_lorenz96(3, n_sites=5, discard=0, random_state=0)
    options = {"max_degree": 4, "n_delays": 3, "n_steps": 200, "washout": 5, "random_state": 0}
    yield "capacities", information_processing_capacity(small(5), **options).table


JOBS = (
    rate_units, trained_readouts, traces_and_encoders, distances_and_spiking_readouts, random_numbers_by_counter,
    spiking_units, learning_synapses, recurrent_networks, series,
)  # fmt: skip


def answers():
    return {name: np.asarray(values) for job in JOBS for name, values in job()}


def nested_answers():
    """Twice, by workers of a worker."""
    return joblib.Parallel(n_jobs=2)(joblib.delayed(answers)() for _ in range(2))


if __name__ == "__main__":
    found = answers()
    if sys.argv[1:]:
        np.savez(sys.argv[1], **found)
