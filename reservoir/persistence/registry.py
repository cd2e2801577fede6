"""The classes that a file may hold, by literal names, and what each must hold.

A class is imported only once its name has been found here. A part whose parameters are all it has is a name in
``_PLAIN``; one that learns gets a line that says what, with shapes; see `entries.Entry` and `checks`.
"""

from __future__ import annotations

import sys
from typing import Any

from reservoir.persistence import networks, rebuilding
from reservoir.persistence.checks import (
    ANY,
    COUNT,
    FLAG,
    NONE,
    NUMBER,
    NUMERIC,
    Check,
    dtype,
    either,
    flags,
    integers,
    labels,
    matrix,
    optional,
    part,
    parts,
    reals,
    record,
    size,
    table,
    unsigned,
    word,
)
from reservoir.persistence.entries import Entry

_PLAIN = """
reservoir.topologies: Bernoulli Blocks CirculantGraph Cycle CycleWithJumps DelayLine DoubleCycle ExcitatoryInhibitory
    Graph Hadamard Orthogonal Permutation Random ScaleFree SmallWorld
reservoir.circuits: MaassColumn PotjansDiesmann RandomCircuit ScaleFreeCircuit SmallWorldCircuit TwoWayPowerLawCircuit
    GraphCircuit PairStatistics SynapseStatistics Synapses
reservoir.spikes: Alpha Counts Exponential Raster
reservoir.models: Last Max Mean ModelSpace Segments Weighted
reservoir.rnn.cells: EUNN GRU IRNN LSTM UGRNN Elman Householder PhasedLSTM Unitary
reservoir.neurons.rate: EdgeOfStability Euler LeakyIntegrator
reservoir.plasticity: Normalised
"""
_NUMBERS_ONLY = """
reservoir.neurons: LIF AdaptiveExponential AdaptiveThreshold HodgkinHuxley Izhikevich
reservoir.plasticity: InhibitorySTDP ReleaseSTDP RewardSTDP
"""
_PAIRED = "reservoir.plasticity: STDP TripletSTDP"
_ENCODERS = "reservoir.spikes: Current GaussianReceptiveFields Latency Poisson SendOnDelta"
_CODEGEN = word("auto", "numpy", "cython", "standalone")


def _listed(text: str) -> list[str]:
    """Names of classes with their modules."""
    found, module = [], ""
    for one in text.split():
        if one.endswith(":"):
            module = one[:-1]
        else:
            found.append(f"{module}.{one}")
    return found


def _online(**memory: Check) -> Entry:
    """A readout that remembers these beside its weights."""
    return Entry(
        {
            "memory_": table(**memory, weights=reals("k", "m")),
            "_one_output": FLAG,
            "n_features_in_": size("f"),
            "coef_": optional(reals("k?", "f")),
            "intercept_": optional(either(NUMBER, reals("k"))),
            **({"feedback_": optional(reals("k", "k"))} if "feedback" in memory else {}),
        },
        rebuild=rebuilding.online,
    )


def _linear(rebuild: Any = None, **more: Check) -> Entry:
    """A linear model of scikit-learn."""
    return Entry(
        {
            "coef_": reals("k?", "f"),
            "intercept_": NUMERIC,
            "n_features_in_": size("f"),
            **{name: optional(check) for name, check in more.items()},
        },
        rebuild=rebuild,
    )


def _scaler(*vectors: str, **more: Check) -> Entry:
    """A scaler of scikit-learn: what it knows of every feature."""
    known = {name: either(NONE, reals("f")) for name in vectors}
    return Entry({"n_features_in_": size("f"), **known, **more})


_LIQUID = {
    "encoder_": either(NONE, part("n_channels")),
    "circuit_": record("Circuit"),
    "trace_": part("filter", "n_memory"),
    "neuron_": part("cells", "initial_state"),
    "n_features_in_": size("f"),
    "_n_features_out": size("n"),
    "input_weights_": optional(reals("n", "f")),
    "_seed": COUNT,
    "_step": NUMBER,
}
_OF_LIQUID: dict[str, Any] = {
    "anew": ("_engine", "_rest"),
    "kept": {"dt": NUMBER, "variables": reals("v", "n")},
    "keep": rebuilding.keep_liquid,
    "rebuild": rebuilding.liquid,
}
# `_store_cv_results` is what scikit-learn 1.6 keeps beside.
_CHOSEN = {"alpha_": NUMERIC, "best_score_": NUMERIC, "cv_results_": NUMERIC, "_store_cv_results": FLAG}
_MODEL = {"reservoir_": part("run"), "readout_": part("predict"), "n_features_in_": size("f")}
_PERCEPTRONS = {
    "memory_": table(
        weights=reals("k", "p", "m"), margins=reals("k"), rates=reals("k"), errors=reals("k"), before=reals("k"),
        counts=integers("k"),
    ),
    "coef_": reals("k", "p", "f"),
    "intercept_": reals("k", "p"),
    "margin_": reals("k"),
    "learning_rate_": reals("k"),
    "n_features_in_": size("f"),
}  # fmt: skip
_TRAINED = {
    "n_features_in_": size("f"),
    "pooling_": word(None, "last", "mean"),
    "loss_curve_": NUMERIC,
    "best_loss_": NUMBER,
    "validation_scores_": NUMERIC,
    "n_iter_": COUNT,
    "n_updates_": COUNT,
}
_OF_TRAINED: dict[str, Any] = {
    "anew": ("network_", "_descent"),
    "kept": {
        "cell": part("draw"),
        "sizes": Check(lambda value, lengths: type(value) is list, "a list"),
        "bidirectional": FLAG,
        "vector": reals("parameters"),
        "n_outputs": size("k"),
        "loss": word("squared", "cross_entropy", "bernoulli"),
        "solver": word("sgd", "rmsprop", "adam"),
        "optimizer": Check(lambda value, lengths: type(value) is dict, "a dictionary"),
        "rng": ANY,
        "batch_size": size("sequences"),
        "rate": NUMBER,
        "n_updates": COUNT,
    },
    "keep": networks.keep_network,
    "rebuild": networks.rebuild_network,
}
_SYNAPSES = {name: reals("s") for name in ("weight", "delay", "time_constant")}
_DYNAMICS = {name: either(NONE, reals("s")) for name in ("U", "D", "F", "reversal")}

REGISTRY: dict[str, Entry] = {
    **{name: Entry() for name in _listed(_PLAIN)},
    **{name: Entry(parameters={"*": NUMERIC}) for name in _listed(_NUMBERS_ONLY)},
    **{name: Entry(parameters={"*": NUMERIC, "pairing": word("all", "nearest")}) for name in _listed(_PAIRED)},
    **{name: Entry({"low_": reals("f"), "high_": reals("f")}) for name in _listed(_ENCODERS)},
    "reservoir.topologies.CirculantMatrix": Entry(
        parameters={"weights": reals("k", "n"), "offsets": integers("k")}, rebuild=rebuilding.circulant
    ),
    "reservoir.topologies.HadamardMatrix": Entry(
        parameters={"signs": reals("2", "n"), "order": unsigned("n"), "scale": NUMBER}, rebuild=rebuilding.hadamard
    ),
    "reservoir.circuits.Projection": Entry(
        parameters={"pre": integers("s"), "post": integers("s"), **_SYNAPSES, **_DYNAMICS}
    ),
    "reservoir.circuits.PoissonBackground": Entry(parameters={"*": reals("n")}),
    "reservoir.circuits.Circuit": Entry(
        parameters={
            "excitatory": flags("n"),
            "recurrent": record("Projection"),
            "inputs": record("Projection"),
            "n_inputs": COUNT,
            "positions": either(NONE, reals("n", "3")),
            "dead": either(NONE, flags("n")),
            "spontaneous_rate": either(NONE, reals("n")),
            "background": either(NONE, record("PoissonBackground")),
        }
    ),
    "reservoir.spikes.SpikeTrains": Entry(
        parameters={"times": reals("s"), "units": integers("s"), "n_units": COUNT, "duration": NUMBER}
    ),
    "reservoir.systems.EchoState": Entry(
        {
            "W_": matrix("n"),
            "W_in_": reals("n", "f"),
            "bias_": reals("n"),
            "unit_": part("recurrent", "cells"),
            "unit_matrices_": Check(lambda value, lengths: type(value) is dict, "a dictionary of matrices"),
            "_noise_seed": COUNT,
            "_n_features_out": size("n"),
            "n_features_in_": size("f"),
        },
        anew=("_compiled",),
        rebuild=rebuilding.echo_state,
    ),
    "reservoir.systems.EchoStateLanes": Entry(
        {"reservoir_": part("run"), "_table": reals("l", "p"), "n_features_in_": size("f")},
        anew=("_groups",),
        rebuild=rebuilding.lanes,
    ),
    "reservoir.systems.DeepEchoState": Entry(
        {
            "layers_": parts("run"),
            "_n_states": NUMERIC,
            "_n_state_values": NUMERIC,
            "_dtype": dtype("float32", "float64"),
            "_n_features_out": size("n"),
            "n_features_in_": size("f"),
        },
        rebuild=rebuilding.deep,
    ),
    "reservoir.systems.LiquidState": Entry(_LIQUID, **_OF_LIQUID),
    "spiking.Microcircuit": Entry(
        {**_LIQUID, "initial_circuit_": record("Circuit"), "codegen_": optional(_CODEGEN)},
        {"codegen": _CODEGEN},
        **_OF_LIQUID,
    ),
    "reservoir.models.ReservoirRegressor": Entry({**_MODEL, "_flat": FLAG}),
    "reservoir.models.ReservoirClassifier": Entry({**_MODEL, "classes_": labels("c"), "per_step_": FLAG}),
    "reservoir.models.ReservoirForecaster": Entry(
        {**_MODEL, "_feedback": record("Feedback"), "_context": optional(ANY), "members_": optional(parts("forecast"))},
        rebuild=rebuilding.forecaster,
    ),
    "reservoir.models.closed_loop.Feedback": Entry(parameters={"channels": integers("k"), "scaling": NUMBER}),
    "reservoir.readouts.RidgeReadout": Entry(
        {
            "_record": record("Moments", "Triangle"),
            "_blocks": optional(Check(rebuilding.are_records, "a list of records")),
            "_one_output": FLAG,
            "n_features_in_": size("f"),
            "coef_": optional(reals("k?", "f")),
            "intercept_": optional(either(NUMBER, reals("k"))),
            "alpha_": optional(either(NUMBER, reals("k"))),
        },
        rebuild=rebuilding.ridge,
    ),
    "reservoir.readouts.moments.Moments": Entry(
        parameters={
            "weight": NUMBER,
            "mean_x": reals("f"),
            "mean_y": reals("k"),
            "xx": reals("f", "f"),
            "xy": reals("f", "k"),
            "yy": reals("k"),
            "centred": FLAG,
        }
    ),
    "reservoir.readouts.triangle.Triangle": Entry(
        parameters={"weight": NUMBER, "factor": reals("m", "m"), "n_outputs": size("k"), "centred": FLAG},
        rebuild=rebuilding.triangle,
    ),
    "reservoir.readouts.LeastMeanSquares": _online(),
    "reservoir.readouts.RecursiveLeastSquares": _online(columns=reals("m", "m"), scales=reals("m")),
    "reservoir.readouts.Force": _online(columns=reals("m", "m"), scales=reals("m")),
    "reservoir.readouts.BackpropagationDecorrelation": _online(
        feedback=reals("k", "k"), outputs=reals("k"), errors=reals("k")
    ),
    "reservoir.readouts.ParallelPerceptronClassifier": Entry(
        {**_PERCEPTRONS, "classes_": labels("c")}, rebuild=rebuilding.perceptrons
    ),
    "reservoir.readouts.ParallelPerceptronRegressor": Entry(
        {**_PERCEPTRONS, "_one_output": FLAG, "output_range_": reals("2", "k")}, rebuild=rebuilding.perceptrons
    ),
    "reservoir.rnn.RNNRegressor": Entry({**_TRAINED, "_flat": FLAG}, **_OF_TRAINED),
    "reservoir.rnn.RNNClassifier": Entry({**_TRAINED, "classes_": labels("k"), "per_step_": FLAG}, **_OF_TRAINED),
    "sklearn.pipeline.Pipeline": Entry(parameters={"memory": NONE}),  # a folder of pickles otherwise
    "sklearn.linear_model.LinearRegression": _linear(rank_=NUMERIC, singular_=NUMERIC),
    "sklearn.linear_model.Ridge": _linear(n_iter_=NUMERIC, solver_=ANY),
    "sklearn.linear_model.RidgeCV": _linear(**_CHOSEN),
    "sklearn.linear_model.Lasso": _linear(n_iter_=NUMERIC, dual_gap_=NUMERIC),
    "sklearn.linear_model.ElasticNet": _linear(n_iter_=NUMERIC, dual_gap_=NUMERIC),
    "sklearn.linear_model.LogisticRegression": _linear(n_iter_=NUMERIC, classes_=labels("c")),
    "sklearn.linear_model.RidgeClassifier": _linear(
        rebuilding.ridge_classes,
        n_iter_=NUMERIC,
        solver_=ANY,
        classes_=labels("c"),
        _label_binarizer=part("inverse_transform"),
    ),
    "sklearn.linear_model.RidgeClassifierCV": _linear(
        rebuilding.ridge_classes,
        **_CHOSEN,
        classes_=labels("c"),
        _label_binarizer=part("inverse_transform"),
    ),
    "sklearn.preprocessing.LabelBinarizer": Entry(
        {"classes_": labels("c"), "y_type_": word("binary", "multiclass"), "sparse_input_": FLAG}
    ),
    "sklearn.preprocessing.StandardScaler": _scaler("mean_", "var_", "scale_", n_samples_seen_=NUMERIC),
    "sklearn.preprocessing.MinMaxScaler": _scaler(
        "scale_", "min_", "data_min_", "data_max_", "data_range_", n_samples_seen_=NUMERIC
    ),
    "sklearn.preprocessing.MaxAbsScaler": _scaler("max_abs_", "scale_", n_samples_seen_=NUMERIC),
    "sklearn.preprocessing.RobustScaler": _scaler("center_", "scale_"),
    "sklearn.preprocessing.FunctionTransformer": Entry(
        {"n_features_in_": optional(size("f"))}, {"func": NONE, "inverse_func": NONE}
    ),
    "sklearn.compose.TransformedTargetRegressor": Entry(
        {
            "_training_dim": COUNT,
            "transformer_": part("inverse_transform"),
            "regressor_": part("predict"),
            "n_features_in_": optional(size("f")),
        }
    ),
}


def entry_of(value: Any) -> tuple[str, Entry | None]:
    """The registered name of the class of a value, and its entry; None where it has none."""
    for name, entry in REGISTRY.items():
        module, _, short = name.rpartition(".")
        if short == type(value).__name__ and getattr(sys.modules.get(module), short, None) is type(value):
            return name, entry
    return "", None
