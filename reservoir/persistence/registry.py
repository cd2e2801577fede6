"""The classes that a file may hold, and what each must hold.

A part is known by its room: what a room of ``_ROOMS`` exports in its ``__all__``, and is an estimator, may stand in a
file, with its parameters and what it says that it learns (its attribute `learned`, see `checks`; most learn nothing).
The others have an entry here: records, systems and models, of which something is made anew, and what is kept of
scikit-learn. Both are fixed before a file is opened: no name in a file is looked for anywhere else.

What a parameter may be the part checks where it is used, as it does for every caller, and a fitted part is made only
once arrays fit together (`entry`, `rebuilding`), since kernels do not look at bounds. A file holds no functions, so
text is the one way in which code could come: parts that write equations, which Brian2 compiles, get none but a bare
word where their default is one, and refuse it themselves unless it is among their choices.
"""

from __future__ import annotations

import importlib
import inspect
import sys
from typing import Any

from reservoir.circuits.synaptic_numbers import OPTIONAL
from reservoir.estimators import AnyEstimator
from reservoir.persistence import networks, rebuilding
from reservoir.persistence.checks import (
    ANY,
    COUNT,
    FLAG,
    LISTED,
    NAMES,
    NONE,
    NUMBER,
    NUMERIC,
    Check,
    check_of,
    dtype,
    either,
    ending,
    endings,
    equation_parameter,
    flags,
    indices,
    integers,
    labels,
    matrix,
    named,
    optional,
    part,
    parts,
    reals,
    record,
    records,
    size,
    unsigned,
    word,
)
from reservoir.persistence.entry import Entry
from reservoir.persistence.scikit_learn import SCIKIT_LEARN
from reservoir.readouts.affine import LinearReadout

_ROOMS = (
    "reservoir.topologies",
    "reservoir.wiring",
    "reservoir.circuits",
    "reservoir.neurons",
    "reservoir.neurons.rate",
    "reservoir.plasticity",
    "reservoir.spikes",
    "reservoir.preprocessing",
    "reservoir.readouts",
    "reservoir.readouts.spiking",
    "reservoir.systems",
    "reservoir.models",
    "reservoir.rnn.cells",
)
_WRITE_EQUATIONS = ("reservoir.neurons", "reservoir.plasticity")
_NOT_COMPILED = {"between": NAMES, "targets": LISTED}  # of rules, and in no text
_CODEGEN = word("auto", "numpy", "cython", "standalone")


def _parts_of(room: str) -> dict[str, Entry]:
    """The parts that a room exports, by name, with what they say of themselves."""
    module = importlib.import_module(room)
    kinds = {name: getattr(module, name) for name in getattr(module, "__all__", ())}
    return {
        f"{room}.{name}": _entry_of_part(kind, room in _WRITE_EQUATIONS)
        for name, kind in kinds.items()
        if isinstance(kind, type) and issubclass(kind, AnyEstimator)
    }


def _entry_of_part(kind: Any, writes_equations: bool) -> Entry:
    """An entry of what a part says that it learns; of its parameters where their text would be compiled."""
    learned = {name: check_of(said) for name, said in getattr(kind, "learned", {}).items()}
    taken = inspect.signature(kind).parameters.values() if writes_equations else ()
    return Entry(learned, {one.name: _NOT_COMPILED.get(one.name) or equation_parameter(one.default) for one in taken})


_LIQUID = {
    "encoder_": either(NONE, part("n_channels")),
    "circuit_": record("Circuit"),
    "trace_": part("n_memory"),
    "neuron_": part("cells", "initial_state"),
    "n_features_in_": size("f"),
    "_n_features_out": size("n"),
    "input_weights_": optional(reals("n", "f")),
    "_seed": COUNT,
    "_step": NUMBER,
    "initial_circuit_": optional(record("Circuit")),
    "learning_state_": optional(either(NONE, record("CircuitState"))),
    "_n_presented": optional(COUNT),
}
_OF_LIQUID: dict[str, Any] = {
    "anew": ("_engine", "_rest", "recording_"),
    "kept": {"dt": NUMBER, "variables": reals("v", "n")},
    "keep": rebuilding.keep_liquid,
    "rebuild": rebuilding.liquid,
}
_MODEL = {"reservoir_": part("run"), "readout_": part("predict"), "n_features_in_": size("f")}
_SUPERVISED = {
    **_MODEL,
    "members_": optional(parts("predict")),
    "_n_presented": optional(COUNT),
    "pooling_": optional(part("pool")),
    "input_pooling_": optional(part("pool")),
}
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
        "lowered": NUMBER,
        "n_updates": COUNT,
    },
    "keep": networks.keep_network,
    "rebuild": networks.rebuild_network,
}
_KEPT_ROWS = {
    **{"X": reals("n", "f"), "y": reals("n", "k"), "weights": reals("n")},
    **{"centred": FLAG, "solver": word("gram", "qr")},
}
_SYNAPSES = {name: reals("s") for name in ("weight", "delay", "time_constant")}
_COURSE = {name: either(NONE, reals("s")) for name in OPTIONAL}

REGISTRY: dict[str, Entry] = {
    **{name: entry for room in _ROOMS for name, entry in _parts_of(room).items()},
    "reservoir.topologies.CirculantMatrix": Entry(
        parameters={"weights": reals("k", "n"), "offsets": integers("k")}, rebuild=rebuilding.circulant
    ),
    "reservoir.topologies.HadamardMatrix": Entry(
        parameters={"signs": reals("2", "n"), "order": unsigned("n"), "scale": NUMBER}, rebuild=rebuilding.hadamard
    ),
    "reservoir.circuits.Projection": Entry(
        parameters={"pre": indices("s"), "post": indices("s"), **_SYNAPSES, **_COURSE}
    ),
    **dict.fromkeys(("reservoir.circuits.PairStatistics", "reservoir.circuits.SynapseStatistics"), Entry()),
    "reservoir.circuits.PoissonBackground": Entry(parameters={"*": either(NONE, reals("n"))}),
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
            "populations": named(flags("n")),
            **dict.fromkeys(("projections", "input_projections"), named(record("Projection"))),
        }
    ),
    "reservoir.neurons.spiking.mixture.Mixture": Entry(
        parameters={"records": named(part("cells", "initial_state")), "populations": named(flags("n"))}
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
            "delays_": optional(integers("n")),
            "_noise_seed": COUNT,
            "_n_features_out": size("n"),
            "n_features_in_": size("f"),
        },
        anew=("_compiled",),
        rebuild=rebuilding.echo_state,
    ),
    "reservoir.systems.CircuitState": Entry(
        parameters={
            "engine": word("numba", "brian2"),
            "arrays": named(Check(lambda value, lengths: getattr(value, "dtype", None) in ("f8", "i8"), "numbers")),
            "dt": NUMBER,
            **dict.fromkeys(("seed", "trial", "step"), COUNT),
        }
    ),
    "reservoir.systems.TrialState": Entry(parameters={"values": reals("n"), "trial": COUNT, "step": COUNT}),
    "reservoir.systems.EchoStateLanes": Entry(
        {"reservoir_": part("run"), "_table": reals("l", "p"), "n_features_in_": size("f")},
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
    "reservoir.systems.Reversed": Entry(
        {"system_": part("run"), "_n_features_out": size("n"), "n_features_in_": size("f")},
        rebuild=rebuilding.turned_around,
    ),
    "reservoir.systems.Prepared": Entry(
        {"transformer_": part("transform"), "system_": part("run")}
        | {"_n_features_out": size("n"), "n_features_in_": size("f")},
        rebuild=rebuilding.prepared,
    ),
    "reservoir.systems.SideBySide": Entry(
        {"systems_": parts("run"), "_n_features_out": size("n"), "n_features_in_": size("f")},
        rebuild=rebuilding.side_by_side,
    ),
    "reservoir.systems.LiquidState": Entry(_LIQUID, **_OF_LIQUID),
    "spiking.Microcircuit": Entry({**_LIQUID, "codegen_": optional(_CODEGEN)}, {"codegen": _CODEGEN}, **_OF_LIQUID),
    "reservoir.models.ReservoirRegressor": Entry(
        {**_SUPERVISED, "_flat": FLAG, "_calibration": optional(record("CalibrationTargets"))},
        rebuild=rebuilding.regressor,
    ),
    "reservoir.models.regression_intervals.CalibrationTargets": Entry(
        parameters={"rows": reals("r", "f"), "offsets": integers("s"), "values": NUMERIC, "weights": reals("n")}
    ),
    "reservoir.models.ReservoirClassifier": Entry(
        {**_SUPERVISED, "classes_": labels("c"), "per_step_": FLAG}, rebuild=rebuilding.supervised
    ),
    **{
        f"reservoir.models.{name}": Entry(
            parameters={"model": record(of), "n_heard": COUNT, "seen": either(NONE, reals("f"), reals("m", "f"))}
        )
        for name, of in (("RegressorStream", "ReservoirRegressor"), ("ClassifierStream", "ReservoirClassifier"))
    },
    "reservoir.models.SequenceStream": Entry(
        parameters={
            "model": record("ReservoirRegressor", "ReservoirClassifier"),
            "counts": either(NONE, records("Counts", "NoneType")),
            "window": either(NONE, reals("w", "f")),
            **dict.fromkeys(("n_heard", "n_in_piece"), COUNT),
        }
    ),
    "reservoir.models.poolings.tally.Counts": Entry(
        parameters={
            "n_rows": COUNT,
            "above": integers("k", "c"),
            **{name: reals(name) for name in ("highest", "sums", "last")},
        }
    ),
    "reservoir.models.ForecasterStream": Entry(
        parameters={
            "model": record("ReservoirForecaster"),
            "tail": reals("k", "e"),
            "level": reals("o"),
            "moment": either(NONE, record("Moment")),
            "n_heard": COUNT,
        }
    ),
    "reservoir.models.ReservoirForecaster": Entry(
        {
            **_MODEL,
            "_hearing": record("Hearing"),
            "_lessons": optional(record("Lessons")),
            "washout_": optional(COUNT),
            "_context": optional(ANY),
            "_endings": endings(),
            "units_": optional(record("SeriesUnits")),
            "season_": optional(either(NONE, record("Season"))),
            "members_": optional(parts("forecast")),
            "training_range_": reals("o", "2"),
            "training_deviations_": reals("o"),
            "_n_rows": size("rows"),
            "_heads": optional(reals("b", "head", "f")),
            "_calibration": optional(record("CalibrationRows")),
            "training_errors_": reals("o"),
            "chosen_": optional(Check(lambda value, lengths: type(value) is dict, "a dictionary")),
        },
        rebuild=rebuilding.forecaster,
    ),
    "reservoir.models.forecasting.chosen.ChosenReadout": Entry(
        {name: check_of(said) for name, said in LinearReadout.learned.items()}
    ),
    "reservoir.models.forecasting.closed_loop.Feedback": Entry(
        parameters={"channels": integers("k"), "scaling": NUMBER}
    ),
    "reservoir.models.forecasting.hearing.Hearing": Entry(
        parameters={"feedback": record("Feedback"), "drivers": integers("e"), "lead": COUNT}
    ),
    "reservoir.models.forecasting.units.SeriesUnits": Entry(
        parameters={"logarithmic": flags("f"), "places": reals("f"), "scales": reals("f")}
    ),
    "reservoir.models.forecasting.calibration.CalibrationRows": Entry(
        parameters={"rows": reals("r", "h"), "offsets": integers("s")}
    ),
    "reservoir.models.forecasting.season.Season": Entry(
        parameters={
            "periods": reals("p"),
            "parts": Check(lambda value, lengths: type(value) is list, "a list of parts of the calendar"),
            "origin": ending(),
            "ends": records("Moment"),
        }
    ),
    "reservoir.models.forecasting.season.Moment": Entry(
        parameters={"position": Check(lambda value, lengths: type(value) is int, "an integer"), "ending": ending()}
    ),
    "reservoir.models.forecasting.lessons.Lessons": Entry(
        parameters={
            **dict.fromkeys(("include_input", "squared_states", "increments"), FLAG),
            **dict.fromkeys(("lags", "horizon"), COUNT),
            "ahead": integers("e"),
            "unheard": COUNT,
        }
    ),
    "reservoir.readouts.blocks.Blocks": Entry(
        parameters={"records": records("Moments", "Triangle", "WideRows", "NoneType"), "of_sequences": FLAG}
    ),
    "reservoir.readouts.moments.Moments": Entry(
        parameters={
            "weight": NUMBER,
            "n_rows": COUNT,
            "mean_x": reals("f"),
            "mean_y": reals("k"),
            "xx": reals("f", "f"),
            "xy": reals("f", "k"),
            "yy": reals("k"),
            "centred": FLAG,
        }
    ),
    "reservoir.readouts.triangle.Triangle": Entry(
        parameters={
            "weight": NUMBER,
            "n_rows": COUNT,
            "factor": reals("m", "m"),
            "n_outputs": size("k"),
            "centred": FLAG,
        },
        rebuild=rebuilding.triangle,
    ),
    "reservoir.readouts.held_out_rows.HeldOutRows": Entry(parameters=_KEPT_ROWS, rebuild=rebuilding.held_out_rows),
    "reservoir.readouts.wide_rows.WideRows": Entry(
        parameters={**_KEPT_ROWS, "ends": integers("p")}, rebuild=rebuilding.wide_rows
    ),
    "reservoir.rnn.RNNRegressor": Entry({**_TRAINED, "_flat": FLAG}, **_OF_TRAINED),
    "reservoir.rnn.RNNClassifier": Entry({**_TRAINED, "classes_": labels("k"), "per_step_": FLAG}, **_OF_TRAINED),
    **SCIKIT_LEARN,
}


FORMER_NAMES = {
    f"reservoir.models.{name}": f"reservoir.models.forecasting.{name}"
    for name in ("closed_loop.Feedback", "hearing.Hearing")
}
"""Where classes stand that a file of an earlier version has by another name."""


def entry_of(value: Any) -> tuple[str, Entry | None]:
    """The registered name of the class of a value, and its entry; None where it has none."""
    for name, entry in REGISTRY.items():
        module, _, short = name.rpartition(".")
        if short == type(value).__name__ and getattr(sys.modules.get(module), short, None) is type(value):
            return name, entry
    return "", None
