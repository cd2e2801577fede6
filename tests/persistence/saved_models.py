"""One small fitted example of every class that a model file keeps, what it answers, and how to compare two of them."""

import copy
import inspect
import math
import warnings
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse
from sklearn.base import ClassifierMixin, clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.linear_model import (
    ElasticNet,
    Lasso,
    LinearRegression,
    LogisticRegression,
    Ridge,
    RidgeClassifier,
    RidgeClassifierCV,
    RidgeCV,
)
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, MaxAbsScaler, MinMaxScaler, RobustScaler, StandardScaler

import reservoir.rnn.cells as cells
from reservoir import neurons, readouts, spikes, topologies
from reservoir.circuits import Circuit, MaassColumn, PoissonBackground, Projection, RandomCircuit
from reservoir.circuits.synapse_statistics import PRESETS
from reservoir.models import (
    AdaptiveCoverage,
    Joined,
    Mean,
    ModelSpace,
    ReservoirClassifier,
    ReservoirForecaster,
    ReservoirRegressor,
    Segments,
    Shares,
)
from reservoir.neurons import LIF, rate
from reservoir.neurons.rate import EdgeOfStability, Euler
from reservoir.preprocessing import SequenceScaler, WithGradient
from reservoir.readouts import Force
from reservoir.readouts.spiking import ReSuMe, Tempotron
from reservoir.rnn import RNNClassifier, RNNRegressor
from reservoir.spikes import SpikeTrains
from reservoir.systems import (
    NVAR,
    Bidirectional,
    Chain,
    DeepEchoState,
    Delays,
    EchoState,
    EchoStateLanes,
    LiquidState,
    Parallel,
    Prepared,
    Reversed,
    Selected,
    SideBySide,
)
from reservoir.topologies import Blocks, Cycle, Hadamard, Random, Repeated
from reservoir.trials import state_values
from reservoir.wiring import BlockInputWeights, LogUniformDelays
from spiking import STDP, Microcircuit
from tests.house.exports import exported_classes, is_complete
from tests.loops import looped

RECORDS = ("reservoir.circuits", "reservoir.spikes", "reservoir.topologies")  # rooms whose other classes are kept too
NOT_KEPT = {
    "ReservoirSearchCV": "holds scorers, which are functions; its best_estimator_ is kept",
    "Equations": "holds text that is code",
    "BrianReservoir": "holds a network of Brian2",
}

SERIES = np.sin(np.arange(90) / 4).reshape(-1, 1) * [1.0, 0.5]
STACK = np.stack([np.roll(SERIES[:24], shift, axis=0) for shift in range(6)])
TARGETS = np.roll(SERIES, 1, axis=0)
GOALS = TARGETS + 1.5  # of readouts, some of which take positive numbers only
NAMES = np.array(["low", "high", "low", "mid", "high", "mid"])
STEPS = np.where(SERIES[:, 0] > 0, "up", "down")
SPIKES = SpikeTrains(np.arange(0.001, 0.1, 0.004), np.arange(25) % 2, 2, 0.1)


class Example(NamedTuple):
    """A model that has learned, and from what."""

    model: Any
    data: tuple


def unfitted():
    """Every estimator as it is made, with None for what has no default."""
    parts = {f"{module}.{name}": kind for kind, (module, name) in exported_classes().items() if name not in NOT_KEPT}
    return {name: _made(kind) for name, kind in parts.items()}


def _made(kind, **options):
    taken = inspect.signature(kind).parameters
    options = {name: value for name, value in options.items() if name in taken}
    return kind(**{name: None for name, one in taken.items() if one.default is one.empty} | options)


def _of_room(room, method):
    """The parts of a room that have this method or mark, by name."""
    return {name: getattr(room, name) for name in room.__all__ if hasattr(getattr(room, name), method)}


def _fitted(model, *data):
    return Example(model.fit(*data), data)


def _small(**options):
    return EchoState(**{"n_units": 20, "bias_scaling": 0.2, "random_state": 0, **options})


def _column(**options):
    return {"circuit": MaassColumn((3, 2, 2)), "random_state": 1, **options}


def _suited(neuron):
    """A liquid of these units, whose synapses suit them."""
    column = MaassColumn((3, 2, 2), preset=PRESETS["maass2002"].suited_to(neuron))
    return LiquidState(neuron=neuron, **_column(circuit=column, encoder=spikes.Current()))


def _given_circuit():
    ring = Projection([0, 1, 2], [1, 2, 0], 3e-8, 1e-3, 3e-3)
    inputs = Projection([0, 1], [0, 2], 4e-8, [0.0, 2e-3], 4e-3, 0.5, 1.1, 0.05)
    background = PoissonBackground([8000.0] * 3, 9e-11, 5e-4)
    damage = np.array([False, False, True]), 5.0
    slow = Projection([0, 2, 1], [1, 1, 0], [0.0, -2e-9, 1e-9], 1e-3, 0.05, reversal=[0.0, -0.08, 0.0])
    more = {"left": np.array([True, False, False])}, {"slow": slow}, {"late": inputs.select([1])}
    return Circuit(np.ones(3, bool), ring, inputs, 2, np.zeros((3, 3)), *damage, background, *more)


def systems():
    rows = sparse.csr_array(np.diag([0.5, 0.25, 0.125], 1))
    yield "echo", _fitted(_small(), SERIES)
    yield "echo_float32", _fitted(_small(dtype="float32", noise=1e-3, topology=Random(4), leak=0.3), SERIES)
    yield "echo_hadamard", _fitted(_small(topology=Hadamard(), activation="relu"), SERIES)
    yield "echo_cycle", _fitted(_small(topology=Cycle(), leak=np.linspace(0.1, 1, 20)), SERIES)
    yield "echo_dense", _fitted(_small(n_units=4, topology=np.eye(4), spectral_radius=None, bias=np.ones(4)), STACK)
    yield "echo_sparse", _fitted(_small(n_units=4, topology=rows, spectral_radius=None, dtype=np.float32), SERIES)
    for name, unit in _of_room(rate, "cells").items():
        yield f"echo_{name}", _fitted(_small(unit=unit(), dtype="float32"), SERIES)
    turning = _small(unit=EdgeOfStability(matrix=Hadamard()), topology=Random(4))
    yield "echo_turning", _fitted(turning, SERIES)
    wired = {"topology": Repeated(Random(2), 5), "input_weights": BlockInputWeights(5)}
    yield "echo_delayed", _fitted(_small(delay=LogUniformDelays(4, reach=1), **wired), SERIES)
    yield "echo_delays", _fitted(_small(delay=np.arange(1, 21)), SERIES)
    steps = [{"unit__step": 0.1}, {"noise": 0.1}]
    yield "lanes_of_units", _fitted(EchoStateLanes(_small(unit=Euler()), steps), SERIES)
    yield "lanes", _fitted(EchoStateLanes(_small(), [{"leak": 0.5}, {"spectral_radius": 0.5}]), SERIES)
    yield "deep", _fitted(DeepEchoState(_small(), 2, input_to_all=True, random_state=3), SERIES)
    yield "deep_list", _fitted(DeepEchoState(layers=[_small(topology=Blocks()), _small(n_units=5)]), SERIES)
    yield "reversed", _fitted(Reversed(_small()), SERIES)
    pair = [("forward", _small()), ("backward", Reversed(_small(dtype="float32")))]
    yield "side_by_side", _fitted(SideBySide(pair), SERIES)
    for features in ("polynomial", "chebyshev", "random"):
        yield f"nvar_{features}", _fitted(NVAR([0, 2], features=features, n_random=6, random_state=0), SERIES)
    yield "chain", _fitted(Chain([Delays(3), _small()]), SERIES)
    coupled = [("one", _small()), ("two", _small(n_units=5))]
    yield "parallel", _fitted(Parallel(coupled, feedback=[("two", "one")]), SERIES)
    labels = np.repeat(["a", "b"], 10)
    yield "selected", _fitted(Selected(_small(n_units=20), modules=labels, means=True), SERIES)
    yield "bidirectional", _fitted(Bidirectional(_small()), SERIES)
    yield "prepared", _fitted(Prepared(make_pipeline(WithGradient(), SequenceScaler()), _small()), SERIES)
    yield "liquid", _fitted(LiquidState(**_column(neuron=LIF(noise=1e-3))), SERIES)
    for name, encoder in _of_room(spikes, "learned").items():
        yield f"liquid_{name}", _fitted(LiquidState(**_column(encoder=encoder())), SERIES)
    for name, neuron in _of_room(neurons, "cells").items():
        yield f"liquid_{name}", _fitted(_suited(neuron()), SERIES)
    yield "liquid_two_models", _fitted(_suited({"E": LIF(), "I": neurons.Izhikevich()}), SERIES)
    yield "liquid_spikes", _fitted(LiquidState(**_column(trace=spikes.Counts(0.05))), [SPIKES, SPIKES])
    yield "liquid_populations", _fitted(LiquidState(**_column(trace=spikes.Voltages(), units=["E", "I"])), SPIKES)
    given = LiquidState(_given_circuit(), trace=spikes.Alpha(), random_state=np.random.default_rng(2))
    yield "liquid_circuit", _fitted(given, SPIKES)
    learning = Microcircuit(**_column(circuit=RandomCircuit(12), plasticity={"recurrent": STDP()}))
    yield "microcircuit", _fitted(learning, SERIES)
    learning = LiquidState(**_column(circuit=RandomCircuit(12), plasticity=[STDP()], gap=0.01, epochs=2))
    yield "liquid_that_learns", _fitted(learning, SERIES)


def topologies_of_the_room():
    """A reservoir of every topology that is made of nothing."""
    for name, kind in _of_room(topologies, "draw").items():
        if is_complete(kind):
            yield f"echo_{name}", _fitted(_small(topology=kind(), spectral_radius=None), SERIES)


def readouts_of_the_room():
    """Every readout, of one output and of two, or of as many classes; also while it waits to be solved."""
    thirds = np.digitize(SERIES[:, 0], [-0.5, 0.5])
    numbers, classes = {"one": GOALS[:, 0], "two": GOALS}, {"two": STEPS, "three": thirds}
    for name, kind in _of_room(readouts, "fit").items():
        for number, y in (classes if issubclass(kind, ClassifierMixin) else numbers).items():
            yield f"{name}_{number}", _fitted(_made(kind, random_state=0), SERIES, y)
        if hasattr(kind(), "accumulate"):
            yield f"{name}_waiting", Example(kind().accumulate(SERIES, GOALS), (SERIES, GOALS))
    for number, y in numbers.items():
        yield f"ridge_qr_{number}", _fitted(readouts.RidgeReadout(1e-12), SERIES, y)
        yield f"ridge_loo_{number}", _fitted(readouts.RidgeReadout("loo", alphas=[1e-3, 1.0, 10.0]), SERIES, y)
        yield f"ridge_blocked_{number}", _fitted(readouts.RidgeReadout("blocked", alphas=[1e-3, 1.0, 10.0]), SERIES, y)
        yield f"rls_{number}", _fitted(readouts.RecursiveLeastSquares(0.99), SERIES, y)
        yield f"lms_{number}", _fitted(readouts.LeastMeanSquares(fit_intercept=False), SERIES, y)
        yield f"decorrelation_{number}", _fitted(readouts.BackpropagationDecorrelation(dt=0.5), SERIES, y)
    yield "tempotron", _fitted(Tempotron(n_epochs=3, random_state=0), [SPIKES, SPIKES.window(0, 0.03)], ["a", "b"])
    yield "resume", _fitted(ReSuMe(n_epochs=3, random_state=0), [SPIKES], [SPIKES])
    yield "ridge_waiting", Example(readouts.RidgeReadout().accumulate(SERIES, GOALS[:, 0]), (SERIES, GOALS[:, 0]))
    for number, y in classes.items():
        for model in (RidgeClassifier(), RidgeClassifierCV(), LogisticRegression()):
            yield f"sklearn_{type(model).__name__}_{number}", _fitted(model, SERIES, y)


def parts_of_scikit_learn():
    to_be_scaled = TransformedTargetRegressor(Ridge(), transformer=StandardScaler())
    linear = (Ridge(), RidgeCV(), LinearRegression(), Lasso(0.01), ElasticNet(0.01))
    regressors = {"target": to_be_scaled, "plain_target": TransformedTargetRegressor(Ridge())}
    regressors |= {type(model).__name__: model for model in linear}
    for name, model in regressors.items():
        yield f"sklearn_{name}_one", _fitted(clone(model), SERIES, TARGETS[:, 0])
        yield f"sklearn_{name}_two", _fitted(clone(model), SERIES, TARGETS)
    for scaler in (StandardScaler(), MinMaxScaler(), MaxAbsScaler(), RobustScaler(), FunctionTransformer()):
        yield f"sklearn_{type(scaler).__name__}", _fitted(scaler, SERIES)
    yield "coverage", Example(AdaptiveCoverage(n_errors=20).begin(SERIES), (SERIES,))
    yield "scaler", _fitted(SequenceScaler(), [SERIES, SERIES[:40]])
    yield "gradient", _fitted(WithGradient(), [SERIES, SERIES[:40]])
    yield "sklearn_plain", _fitted(StandardScaler(with_mean=False, with_std=False), SERIES)


def models():
    yield "regressor", _fitted(ReservoirRegressor(_small(), washout=5), SERIES, TARGETS[:, 0])
    yield "regressor_pooled", _fitted(ReservoirRegressor(_small(), Ridge(), pooling=Segments(2)), STACK, np.arange(6.0))
    scaled = make_pipeline(StandardScaler(), RidgeCV())
    yield "regressor_pipeline", _fitted(ReservoirRegressor(_small(), scaled), SERIES, TARGETS)
    yield "classifier", _fitted(ReservoirClassifier(_small(), pooling=ModelSpace(), washout=1), STACK, NAMES)
    shares = [(Shares(2, random_state=0), 1.0), ("max", 0.5), "segments"]
    learning = ReservoirClassifier(_small(dtype="float32"), pooling=shares, include_input=True)
    yield "classifier_learning_pooling", _fitted(learning, STACK, NAMES)
    yield "classifier_shares", _fitted(ReservoirClassifier(_small(), pooling=Shares(), n_members=2), STACK, NAMES)
    yield "classifier_joined", _fitted(ReservoirClassifier(_small(), pooling=Joined(["max", Mean()])), STACK, NAMES)
    yield (
        "classifier_wide",
        _fitted(ReservoirClassifier(_small(), readouts.RidgeReadout(), pooling="segments"), STACK, NAMES),
    )
    yield "classifier_objects", _fitted(ReservoirClassifier(_small(), RidgeClassifier()), STACK, NAMES.astype(object))
    yield "classifier_steps", _fitted(ReservoirClassifier(_small(), LogisticRegression()), SERIES, STEPS)
    yield "forecaster", _fitted(looped(_small(noise=1e-6), washout=10, squared_states=True), SERIES)
    yield "forecaster_force", _fitted(looped(_small(), Force(fit_intercept=True), washout=10), SERIES)
    yield "forecaster_lasso", _fitted(looped(_small(), Lasso(1e-4), washout=10), [SERIES, SERIES[:40]])
    direct = {"strategy": "direct", "horizon": 3, "lags": 2, "target": "increments", "washout": "auto"}
    yield "forecaster_direct", _fitted(looped(_small(), **direct), SERIES)
    yield "forecaster_chosen", _fitted(ReservoirForecaster(_small(), lags=2, season=7, horizon=3), SERIES)
    yield "forecaster_members", _fitted(looped(_small(), washout=10, n_members=3), STACK[:, :, :1])
    steps = Pipeline([("scale", StandardScaler()), ("model", ReservoirRegressor(_small()))])
    yield "pipeline", _fitted(steps, SERIES, TARGETS)


def networks():
    for name, cell in cells.CELLS.items():
        model = RNNRegressor(hidden_layer_sizes=5, cell=cell(), max_iter=2, random_state=0)
        yield f"rnn_{name}", _fitted(model, STACK, STACK[:, :, 0])
    deep = {
        "bidirectional": True,
        "pooling": "mean",
        "solver": "rmsprop",
        "dtype": "float32",
        "variational_dropout": 0.1,
    }
    model = RNNClassifier(hidden_layer_sizes=(4, 3), cell="gru", max_iter=2, random_state=0, **deep)
    yield "rnn_deep", _fitted(model, STACK, NAMES)
    steps = RNNClassifier(
        hidden_layer_sizes=4, cell="elman", solver="sgd", max_iter=2, random_state=0, learning_rate="adaptive"
    )
    yield "rnn_steps", _fitted(steps, SERIES, STEPS)
    stopped = RNNRegressor(
        hidden_layer_sizes=4, cell="lstm", early_stopping=True, max_iter=3, random_state=np.random.RandomState(3)
    )
    yield "rnn_stopped", _fitted(stopped, STACK, STACK)


def fitted():
    """All examples by name; that so little training does not converge is no matter here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        kinds = (systems, topologies_of_the_room, readouts_of_the_room, parts_of_scikit_learn, models, networks)
        return {name: example for kind in kinds for name, example in kind()}


def flat(state):
    """A state that is a tuple of arrays, or of such tuples, as one array."""
    return np.concatenate([np.ravel(flat(one)) for one in state]) if isinstance(state, tuple) else state


def answers(model):
    """What a fitted example says, as a list of arrays."""
    X = SERIES if getattr(model, "n_features_in_", 2) == 2 else SERIES[:, :1]
    if isinstance(model, Tempotron) or (isinstance(model, LiquidState) and model.encoder_ is None):
        X = SPIKES
    if isinstance(model, ReSuMe):
        return [model.predict(SPIKES)[0].times]
    if isinstance(model, EchoStateLanes):
        return [states for _, states in model.blocks(X)]
    if hasattr(model, "solve") and not hasattr(model, "coef_"):
        return [copy.deepcopy(model).solve().coef_]
    if isinstance(model, ReservoirForecaster):
        return [
            np.stack(one) if isinstance(one, list) else one for one in (model.forecast(12), model.forecast(5, X[:30]))
        ]
    pooled = getattr(model, "pooling", None) is not None and getattr(model, "per_step_", False) is False
    X = [X] if pooled and isinstance(X, np.ndarray) else X
    said = [
        getattr(model, method)(X) for method in ("predict", "decision_function", "transform") if hasattr(model, method)
    ]
    said += [flat(state_values(model.run(X)[1]))] if hasattr(model, "run") and not isinstance(model, Pipeline) else []
    return [np.asarray(one[0] if isinstance(one, list) else one) for one in said]


def difference(one, other, path=""):
    """Where two values differ, bit for bit and all that they hold; an empty text where they do not."""
    if type(one) is not type(other):
        return f"{path}: {type(one)} and {type(other)}"
    if isinstance(one, np.ndarray):
        same = one.dtype == other.dtype and one.shape == other.shape
        same = same and (one.tolist() == other.tolist() or np.array_equal(one, other, equal_nan=one.dtype.kind in "fc"))
        return "" if same else f"{path}: {one!r:.100} and {other!r:.100}"
    if isinstance(one, float) and math.isnan(one):
        return "" if math.isnan(other) else f"{path}: {one} and {other}"
    if isinstance(one, np.random.Generator):
        return difference(one.bit_generator.state, other.bit_generator.state, path)
    if isinstance(one, np.random.SeedSequence):
        return difference(one.state, other.state, path)
    if isinstance(one, np.random.RandomState):
        return difference(one.get_state(legacy=False), other.get_state(legacy=False), path)
    if isinstance(one, Mapping):
        pairs = [(key, one[key], other.get(key)) for key in one]
        return f"{path}: {list(one)} and {list(other)}" if list(one) != list(other) else _first(pairs, path)
    if isinstance(one, list | tuple):
        return (
            f"{path}: lengths"
            if len(one) != len(other)
            else _first(zip(range(len(one)), one, other, strict=True), path)
        )
    if hasattr(one, "__dict__") and not isinstance(one, type):
        held, held_too = ({k: v for k, v in sorted(vars(value).items())} for value in (one, other))
        return difference(held, held_too, path)
    return "" if one == other else f"{path}: {one!r} and {other!r}"


def _first(pairs, path):
    return next(filter(None, (difference(one, other, f"{path}.{key}") for key, one, other in pairs)), "")
