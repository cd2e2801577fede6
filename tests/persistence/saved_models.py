"""One small fitted example of every class that a model file keeps, what it answers, and how to compare two of them."""

import importlib
import inspect
import math
import pkgutil
import warnings

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator
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

import reservoir
import reservoir.rnn.cells as cells
import spiking
from reservoir import (
    DeepEchoState,
    EchoState,
    LiquidState,
    ReservoirClassifier,
    ReservoirForecaster,
    ReservoirRegressor,
)
from reservoir.circuits import Circuit, MaassColumn, PoissonBackground, Projection, RandomCircuit
from reservoir.models import ModelSpace, Segments
from reservoir.neurons import LIF, AdaptiveExponential, AdaptiveThreshold, HodgkinHuxley, Izhikevich, rate
from reservoir.neurons.rate import EdgeOfStability, Euler
from reservoir.readouts import (
    BackpropagationDecorrelation,
    Force,
    LeastMeanSquares,
    ParallelPerceptronClassifier,
    ParallelPerceptronRegressor,
    RecursiveLeastSquares,
    RidgeReadout,
)
from reservoir.rnn import RNNClassifier, RNNRegressor
from reservoir.spikes import Alpha, Counts, Current, GaussianReceptiveFields, Latency, SendOnDelta, SpikeTrains
from reservoir.systems import EchoStateLanes
from reservoir.topologies import Blocks, Cycle, Hadamard, Random
from spiking import STDP, Microcircuit

RECORDS = ("reservoir.circuits", "reservoir.spikes", "reservoir.topologies")  # rooms whose other classes are kept too
NOT_KEPT = {
    "Cell": "what cells derive from",
    "ReservoirSearchCV": "holds scorers, which are functions; its best_estimator_ is kept",
}

SERIES = np.sin(np.arange(90) / 4).reshape(-1, 1) * [1.0, 0.5]
STACK = np.stack([np.roll(SERIES[:24], shift, axis=0) for shift in range(6)])
TARGETS = np.roll(SERIES, 1, axis=0)
NAMES = np.array(["low", "high", "low", "mid", "high", "mid"])
STEPS = np.where(SERIES[:, 0] > 0, "up", "down")
SPIKES = SpikeTrains(np.arange(0.001, 0.1, 0.004), np.arange(25) % 2, 2, 0.1)


def exported_classes():
    """Public names of all estimators and records of all rooms, (module, name)."""
    for package in (reservoir, spiking):
        for _, module, is_room in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            exports = getattr(importlib.import_module(module), "__all__", ()) if is_room else ()
            for name in exports:
                kind = getattr(importlib.import_module(module), name)
                if inspect.isclass(kind) and (issubclass(kind, BaseEstimator) or module in RECORDS):
                    yield module, name
    yield "spiking", "Microcircuit"


def unfitted():
    """Every estimator that can be made without arguments, as it is made."""
    found = {}
    for module, name in exported_classes():
        kind = getattr(importlib.import_module(module), name)
        if name not in NOT_KEPT and issubclass(kind, BaseEstimator):
            found[f"{module}.{name}"] = kind(None) if name == "Graph" else kind()
    return found


def _small(**options):
    return EchoState(**{"n_units": 20, "bias_scaling": 0.2, "random_state": 0, **options})


def _column(**options):
    return {"circuit": MaassColumn((3, 2, 2)), "random_state": 1, **options}


def _given_circuit():
    ring = Projection([0, 1, 2], [1, 2, 0], 3e-8, 1e-3, 3e-3)
    inputs = Projection([0, 1], [0, 2], 4e-8, [0.0, 2e-3], 4e-3, 0.5, 1.1, 0.05)
    background = PoissonBackground([8000.0] * 3, 9e-11, 5e-4)
    return Circuit(np.ones(3, bool), ring, inputs, 2, np.zeros((3, 3)), np.array([False, False, True]), 5.0, background)


def systems():
    rows = sparse.csr_array(np.diag([0.5, 0.25, 0.125], 1))
    yield "echo", _small().fit(SERIES)
    yield "echo_float32", _small(dtype="float32", noise=1e-3, topology=Random(4), leak=0.3).fit(SERIES)
    yield "echo_hadamard", _small(topology=Hadamard(), activation="relu").fit(SERIES)
    yield "echo_cycle", _small(topology=Cycle(), leak=np.linspace(0.1, 1, 20)).fit(SERIES)
    yield "echo_dense", _small(n_units=4, topology=np.eye(4), spectral_radius=None, bias=np.ones(4)).fit(STACK)
    yield "echo_sparse", _small(n_units=4, topology=rows, spectral_radius=None, dtype=np.float32).fit(SERIES)
    for name in rate.__all__:
        yield f"echo_{name}", _small(unit=getattr(rate, name)(), dtype="float32").fit(SERIES)
    yield "echo_turning", _small(unit=EdgeOfStability(matrix=Hadamard()), topology=Random(4)).fit(SERIES)
    yield "lanes_of_units", EchoStateLanes(_small(unit=Euler()), [{"unit__step": 0.1}, {"noise": 0.1}]).fit(SERIES)
    yield "lanes", EchoStateLanes(_small(), [{"leak": 0.5}, {"spectral_radius": 0.5}]).fit(SERIES)
    yield "deep", DeepEchoState(_small(), 2, input_to_all=True, random_state=3).fit(SERIES)
    yield "deep_list", DeepEchoState(layers=[_small(topology=Blocks()), _small(n_units=5)]).fit(SERIES)
    encoders = {"poisson": None, "delta": SendOnDelta(), "fields": GaussianReceptiveFields(3), "latency": Latency()}
    for name, encoder in encoders.items():
        yield f"liquid_{name}", LiquidState(**_column(encoder=encoder)).fit(SERIES)
    neurons = [AdaptiveExponential(), AdaptiveThreshold(), HodgkinHuxley(), Izhikevich(), LIF(noise=1e-3)]
    for neuron in neurons:
        yield f"liquid_{type(neuron).__name__}", LiquidState(neuron=neuron, **_column(encoder=Current())).fit(SERIES)
    yield "liquid_spikes", LiquidState(**_column(trace=Counts(0.05))).fit([SPIKES, SPIKES])
    yield (
        "liquid_circuit",
        LiquidState(_given_circuit(), trace=Alpha(), random_state=np.random.default_rng(2)).fit(SPIKES),
    )
    yield (
        "microcircuit",
        Microcircuit(**_column(circuit=RandomCircuit(12), plasticity={"recurrent": STDP()})).fit(SERIES),
    )


def readouts():
    one, two = (SERIES, TARGETS[:, 0]), (SERIES, TARGETS)
    for name, data in (("one", one), ("two", two)):
        yield f"ridge_{name}", RidgeReadout().fit(*data)
        yield f"ridge_qr_{name}", RidgeReadout(1e-12).fit(*data)
        yield f"ridge_blocked_{name}", RidgeReadout("blocked", alphas=[1e-3, 1.0, 10.0]).fit(*data)
        yield f"rls_{name}", RecursiveLeastSquares(0.99).fit(*data)
        yield f"lms_{name}", LeastMeanSquares(fit_intercept=False).fit(*data)
        yield f"force_{name}", Force().fit(*data)
        yield f"decorrelation_{name}", BackpropagationDecorrelation(dt=0.5).fit(*data)
        yield f"perceptrons_{name}", ParallelPerceptronRegressor(5, random_state=0).fit(*data)
        yield f"sklearn_ridge_{name}", Ridge().fit(*data)
        yield f"sklearn_ridge_cv_{name}", RidgeCV().fit(*data)
        yield f"sklearn_linear_{name}", LinearRegression().fit(*data)
        yield f"sklearn_lasso_{name}", Lasso(0.01).fit(*data)
        yield f"sklearn_net_{name}", ElasticNet(0.01).fit(*data)
        yield f"sklearn_target_{name}", TransformedTargetRegressor(Ridge(), transformer=StandardScaler()).fit(*data)
        yield f"sklearn_plain_target_{name}", TransformedTargetRegressor(Ridge()).fit(*data)
    yield "ridge_waiting", RidgeReadout().accumulate(*one)
    yield "rls_waiting", RecursiveLeastSquares().accumulate(*two)
    thirds = np.digitize(SERIES[:, 0], [-0.5, 0.5])
    for name, labels in (("two", STEPS), ("three", thirds)):
        yield f"classifier_perceptrons_{name}", ParallelPerceptronClassifier(5, random_state=1).fit(SERIES, labels)
        for model in (RidgeClassifier(), RidgeClassifierCV(), LogisticRegression()):
            yield f"sklearn_{type(model).__name__}_{name}", model.fit(SERIES, labels)
    for scaler in (StandardScaler(), MinMaxScaler(), MaxAbsScaler(), RobustScaler(), FunctionTransformer()):
        yield f"sklearn_{type(scaler).__name__}", scaler.fit(SERIES)
    yield "sklearn_no_mean", StandardScaler(with_mean=False, with_std=False).fit(SERIES)


def models():
    yield "regressor", ReservoirRegressor(_small(), washout=5).fit(SERIES, TARGETS[:, 0])
    yield "regressor_pooled", ReservoirRegressor(_small(), Ridge(), pooling=Segments(2)).fit(STACK, np.arange(6.0))
    scaled = make_pipeline(StandardScaler(), RidgeCV())
    yield "regressor_pipeline", ReservoirRegressor(_small(), scaled).fit(SERIES, TARGETS)
    yield "classifier", ReservoirClassifier(_small(), pooling=ModelSpace(), washout=1).fit(STACK, NAMES)
    yield "classifier_objects", ReservoirClassifier(_small(), RidgeClassifier()).fit(STACK, NAMES.astype(object))
    yield "classifier_steps", ReservoirClassifier(_small(), LogisticRegression()).fit(SERIES, STEPS)
    yield "forecaster", ReservoirForecaster(_small(noise=1e-6), washout=10, squared_states=True).fit(SERIES)
    yield "forecaster_force", ReservoirForecaster(_small(), Force(fit_intercept=True), washout=10).fit(SERIES)
    yield "forecaster_lasso", ReservoirForecaster(_small(), Lasso(1e-4), washout=10).fit([SERIES, SERIES[:40]])
    yield "forecaster_members", ReservoirForecaster(_small(), washout=10, n_members=3).fit(STACK[:, :, :1])
    yield (
        "pipeline",
        Pipeline([("scale", StandardScaler()), ("model", ReservoirRegressor(_small()))]).fit(SERIES, TARGETS),
    )


def networks():
    for name, cell in cells.CELLS.items():
        yield (
            f"rnn_{name}",
            RNNRegressor(hidden_layer_sizes=5, cell=cell(), max_iter=2, random_state=0).fit(STACK, STACK[:, :, 0]),
        )
    deep = {
        "bidirectional": True,
        "pooling": "mean",
        "solver": "rmsprop",
        "dtype": "float32",
        "variational_dropout": 0.1,
    }
    yield (
        "rnn_deep",
        RNNClassifier(hidden_layer_sizes=(4, 3), cell="gru", max_iter=2, random_state=0, **deep).fit(STACK, NAMES),
    )
    steps = RNNClassifier(
        hidden_layer_sizes=4, cell="elman", solver="sgd", max_iter=2, random_state=0, learning_rate="adaptive"
    )
    yield "rnn_steps", steps.fit(SERIES, STEPS)
    stopped = RNNRegressor(
        hidden_layer_sizes=4, cell="lstm", early_stopping=True, max_iter=3, random_state=np.random.RandomState(3)
    )
    yield "rnn_stopped", stopped.fit(STACK, STACK)


def fitted():
    """All examples by name; that so little training does not converge is no matter here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return {name: model for kind in (systems, readouts, models, networks) for name, model in kind()}


def answers(model):
    """What a fitted example says, as a list of arrays."""
    X = SERIES if getattr(model, "n_features_in_", 2) == 2 else SERIES[:, :1]
    if isinstance(model, LiquidState) and model.encoder_ is None:
        X = SPIKES
    if isinstance(model, EchoStateLanes):
        return [states for _, states in model.blocks(X)]
    if isinstance(model, RidgeReadout | RecursiveLeastSquares) and not hasattr(model, "coef_"):
        return [getattr(model.solve(), "coef_")]  # noqa: B009
    if isinstance(model, ReservoirForecaster):
        return [
            np.stack(one) if isinstance(one, list) else one for one in (model.forecast(12), model.forecast(5, X[:30]))
        ]
    pooled = getattr(model, "pooling", None) is not None and getattr(model, "per_step_", False) is False
    X = [X] if pooled and isinstance(X, np.ndarray) else X
    said = [
        getattr(model, method)(X) for method in ("predict", "decision_function", "transform") if hasattr(model, method)
    ]
    said += [model.run(X)[1]] if hasattr(model, "run") and not isinstance(model, Pipeline) else []
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
    if isinstance(one, dict):
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
