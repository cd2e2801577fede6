"""What a file does not keep: it is made anew from what it keeps, and checked against it.

A function here gets the part with its attributes, what was kept instead of the attributes that are made anew, and the
bytes that may be taken. Kernels do not look at bounds, so nothing may be left that leads one outside its arrays.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from reservoir.circuits import Circuit
from reservoir.circuits.receptors import receptors_of
from reservoir.models.forecasting.lessons import Lessons
from reservoir.models.forecasting.season import PARTS
from reservoir.models.forecasting.units import SeriesUnits
from reservoir.models.pooled_rows import make_poolings
from reservoir.persistence.archive import Damaged
from reservoir.persistence.checks import matrix
from reservoir.readouts.wide_rows import is_wide
from reservoir.systems import EchoState
from reservoir.systems.circuit_units import initial_values, units_of_runs
from reservoir.systems.lanes import lane_names
from reservoir.systems.simulation import make_engine, start


def echo_state(system: Any, kept: dict[str, Any], max_bytes: float) -> None:
    """The weights in the form of the kernels, and the coefficients of the unit."""
    system._check_parameters()
    system.delays_ = getattr(system, "delays_", np.ones(len(system.bias_), dtype=np.int64))
    _check_delays(system, max_bytes)
    own = system.unit_matrices_
    known = type(own) is dict and all(matrix("n").fits(one, {"n": len(system.bias_)}) for one in own.values())
    if not known or len({one.dtype for one in (system.W_, system.W_in_, system.bias_, *own.values())}) > 1:
        raise Damaged("it holds an EchoState whose arrays do not fit together")
    try:
        system._compiled = system._compile()
    except (ValueError, KeyError) as error:
        raise Damaged(f"it holds a unit that does not fit its EchoState: {error}") from error


def turned_around(system: Any, kept: dict[str, Any], max_bytes: float) -> None:
    """Check that what runs backwards hears the same."""
    _check_inner(system, [system.system_])


def side_by_side(system: Any, kept: dict[str, Any], max_bytes: float) -> None:
    """Check that all systems hear the same."""
    _check_inner(system, system.systems_)


def _check_inner(system: Any, inner: list[Any]) -> None:
    heard = {getattr(one, "n_features_in_", None) for one in inner}
    widths = [getattr(one, "_n_features_out", 0) for one in inner]
    if heard != {system.n_features_in_} or (all(widths) and sum(widths) != system._n_features_out):
        raise Damaged(f"it holds a {type(system).__name__} whose systems do not fit together")


def _check_delays(system: Any, max_bytes: float) -> None:
    """Refuse delays that lead a loop outside its states, and states beyond the memory that may be taken."""
    delays = system.delays_
    if not (delays >= 1).all() or 8.0 * float(delays.max()) * delays.size * max(1, system.unit_.n_arrays) > max_bytes:
        raise Damaged("it holds delays out of range")


def prepared(system: Any, kept: dict[str, Any], max_bytes: float) -> None:
    """Check that the transformer hears what the whole does, and that the states are those of the inner system."""
    heard = getattr(system.transformer_, "n_features_in_", system.n_features_in_)
    if heard != system.n_features_in_ or getattr(system.system_, "_n_features_out", 0) != system._n_features_out:
        raise Damaged("it holds a Prepared whose parts do not fit together")


def lanes(system: Any, kept: dict[str, Any], max_bytes: float) -> None:
    """Check that the numbers of the lanes are those of their reservoir."""
    inner = system.reservoir_
    if type(inner) is not EchoState or not hasattr(inner, "W_"):
        raise Damaged("it holds lanes without a reservoir")
    if inner.n_features_in_ != system.n_features_in_:
        raise Damaged("it holds lanes whose reservoir hears other features")
    if system._table.shape[1] != len(lane_names(inner)):
        raise Damaged("it holds lanes with other settings than their reservoir has")


def deep(system: Any, kept: dict[str, Any], max_bytes: float) -> None:
    """Check that the layers fit together."""
    known = [system._n_states, system._n_state_values]
    if any(type(one) is not tuple or len(one) != len(system.layers_) for one in known):
        raise Damaged("it holds layers without their sizes")
    layers = zip(system.layers_, system._n_states, strict=True)
    widths = [getattr(layer, "_n_features_out", width) for layer, width in layers]
    if list(system._n_states) != widths or sum(widths) != system._n_features_out:
        raise Damaged("it holds layers that do not fit together")


def keep_liquid(system: Any) -> dict[str, Any]:
    """The step of the engine, and the variables of the units at rest."""
    return {"dt": system._engine.dt, "variables": system._rest.variables}


def liquid(system: Any, kept: dict[str, Any], max_bytes: float) -> None:
    """The engine of the circuit, and the state at rest; what was recorded of learning is not kept."""
    circuit, owner = system.circuit_, type(system).__name__
    n_units, n_channels = circuit.n_units, system.n_features_in_
    if system.encoder_ is not None:
        n_channels = system.encoder_.n_channels(system.n_features_in_)
        if hasattr(system.encoder_, "weights") != hasattr(system, "input_weights_"):
            raise Damaged("it holds input weights without their encoder, or an encoder without them")
    if n_units != system._n_features_out or n_channels != circuit.n_inputs or kept["dt"] <= 0 or system._step <= 0:
        raise Damaged(f"it holds a circuit that does not fit its {owner}")
    for name, value in (("initial_circuit_", circuit), ("learning_state_", None), ("_n_presented", 0)):
        vars(system).setdefault(name, value)  # in a former version it did not learn
    first = system.initial_circuit_
    if (first.n_units, first.n_inputs) != (n_units, n_channels):
        raise Damaged(f"it holds another circuit than its {owner} has learned in")
    for one in (circuit, first):
        _check_room(one, kept["dt"], max_bytes)
    if 8 * n_units * system.trace_.n_memory(system._step) > max_bytes:
        raise Damaged("it holds a trace whose memory takes more than max_bytes")
    system._engine = make_engine(owner, circuit, units_of_runs(system), kept["dt"])
    system._rest = start(system._engine, initial_values(system.neuron_, n_units, 0, 0))
    if kept["variables"].shape != system._rest.variables.shape:
        raise Damaged("it holds units with another number of variables than their model has")
    system._rest.variables[...] = kept["variables"]
    system.recording_ = None


def _check_room(circuit: Circuit, dt: float, max_bytes: float) -> None:
    """Refuse delays, channels and kinds of currents that would take more memory than allowed."""
    kinds = receptors_of(circuit)
    n_kinds, n_units = max(2, kinds.n_receptors), circuit.n_units
    longest = max(pathway.projection.delay.max(initial=0.0) for pathway in circuit.pathways())
    ring, starts = 8 * (2 + longest / dt) * n_kinds * n_units, 32 * (n_units + circuit.n_inputs)
    if not ring + starts + 4 * len(kinds.conductances) ** 2 <= max_bytes:
        raise Damaged("it holds a circuit whose state takes more than max_bytes")


def triangle(kept: Any, attributes: dict[str, Any], max_bytes: float) -> None:
    """Check that there is a feature and an output."""
    if not (kept.n_outputs >= 1 and kept.n_features >= 1):
        raise Damaged("it holds a triangle of other columns")


def wide_rows(kept: Any, attributes: dict[str, Any], max_bytes: float) -> None:
    """Check that rows are fewer than features, and that its blocks cover them."""
    ends = kept.ends
    covered = ends.size and ends[0] > 0 and (np.diff(ends) > 0).all() and ends[-1] == len(kept.X)
    if not (covered and kept.n_outputs >= 1 and is_wide(len(kept.X), kept.n_features) and (kept.weights >= 0).all()):
        raise Damaged("it holds wide rows of another size")


def held_out_rows(kept: Any, attributes: dict[str, Any], max_bytes: float) -> None:
    """Check that there are targets, and that every row weighs something."""
    if not (kept.n_outputs >= 1 and (kept.weights > 0).all()):
        raise Damaged("it holds rows that are not held out")


def supervised(model: Any, kept: dict[str, Any], max_bytes: float) -> None:
    """Check that members are models of the same kind, which hear the same features."""
    members = getattr(model, "members_", ())
    alike = all(type(one) is type(model) and not hasattr(one, "members_") for one in members)
    if not alike or any(one.n_features_in_ != model.n_features_in_ for one in members):
        raise Damaged("it holds members that are not such models")
    if not model._per_step and "pooling_" not in vars(model):
        make_poolings(model)  # of a former version, whose poolings learnt nothing


def regressor(model: Any, kept: dict[str, Any], max_bytes: float) -> None:
    """Check its members, and the data that tell how far predictions may be off."""
    supervised(model, kept, max_bytes)
    last = vars(model).get("_calibration")
    if last is None:
        return
    n_targets = len(last.rows) if model._per_step else len(last.offsets) - 1
    good = last.rows.shape[1] == model.n_features_in_ and _are_ends(last.offsets, len(last.rows))
    if not good or not (np.shape(last.values)[:1] == (len(last.weights),) == (n_targets,)):
        raise Damaged("it holds other training data than it learnt")


def forecaster(model: Any, kept: dict[str, Any], max_bytes: float) -> None:
    """Check the channels that come back, what the readout sees, and from where a forecast goes on."""
    hearing, n_features = model._hearing, model.n_features_in_
    channels = hearing.feedback.channels
    if not channels.size or (np.diff(channels) <= 0).any() or not 0 <= channels[0] <= channels[-1] < n_features:
        raise Damaged("it holds feedback into channels that are not there")
    if not hasattr(model, "units_"):
        flat = np.zeros(n_features)
        model.units_, model.season_ = SeriesUnits(flat > 0, flat, flat + 1), None
    _check_units(model)
    n_heard = n_features + (0 if model.season_ is None else model.season_.n_columns)
    if not np.array_equal(hearing.drivers, np.setdiff1d(np.arange(n_heard), channels)) or hearing.lead > 1:
        raise Damaged("it holds drivers that are not the other channels")
    if len(model.training_range_) != len(channels):
        raise Damaged("it holds the range of other channels than it forecasts")
    if not hasattr(model, "_lessons"):
        _of_former_version(model)
    lessons = model._lessons
    known = np.isin(lessons.ahead, hearing.drivers).all() and lessons.unheard in (0, n_heard - n_features)
    if not known or lessons.horizon < 1:
        raise Damaged("it holds lessons of channels that are not there")
    if 8.0 * n_heard * (lessons.lags + lessons.horizon) > max_bytes:
        raise Damaged("its readout would see more rows than there is memory for")
    members = getattr(model, "members_", None)
    if (members is None) != hasattr(model, "_context") or any(type(one) is not type(model) for one in members or ()):
        raise Damaged("it holds a forecaster that cannot go on")
    if members is None:
        _check_context(model._context, n_heard, len(channels), lessons.lags)
    last = vars(model).get("_calibration")
    if last is not None and not (last.rows.shape[1] == n_heard and _are_ends(last.offsets, len(last.rows))):
        raise Damaged("it holds series of other columns than it hears")


def _are_ends(offsets: np.ndarray, n_rows: int) -> bool:
    """Whether these are the ends of series that cover so many rows."""
    return offsets.size > 1 and offsets[0] == 0 and bool((np.diff(offsets) > 0).all()) and offsets[-1] == n_rows


def _check_units(model: Any) -> None:
    """Refuse units and seasons that rows cannot be brought to."""
    units, season = model.units_, model.season_
    if len(units.scales) != model.n_features_in_ or not (units.scales > 0).all():
        raise Damaged("it holds units of other columns than it hears")
    if season is None:
        return
    dated = all(part in PARTS for part in season.parts) and len(season.parts) in (0, len(season.periods))
    dated = dated and not (season.parts and (season.origin is None or any(end.ending is None for end in season.ends)))
    if not dated or not season.periods.size or not (season.periods >= 2).all():
        raise Damaged("it holds seasons without a phase")
    context = getattr(model, "_context", None)
    if context is not None and len(season.ends) != len(context[1]):
        raise Damaged("it holds seasons of other series")


def _check_context(context: Any, n_features: int, n_outputs: int, lags: int) -> None:
    """Refuse what forecasts cannot go on from."""
    if type(context) is not tuple or len(context) != 4 or any(type(one) is not list for one in context[1:]):
        raise Damaged("it holds a forecaster that cannot go on")
    kind, states, tails, levels = context
    good = kind in ("series", "stack", "list") and len(states) == len(tails) == len(levels) > 0
    good = good and all(isinstance(one, np.ndarray) for one in (*tails, *levels))
    good = good and all(rows.shape[1:] == (n_features,) and 1 <= len(rows) <= 1 + lags for rows in tails)
    good = good and all(level.shape == (n_outputs,) for level in levels)
    if not good or (kind == "series" and len(states) > 1):
        raise Damaged("it holds a forecaster that cannot go on")


def _of_former_version(model: Any) -> None:
    """What files had no word for before readouts could see earlier rows, and learn increments."""
    model._lessons = Lessons(model.include_input, model.squared_states, 0, False, 1, model._hearing.drivers)
    model.washout_ = model.washout
    if hasattr(model, "_context"):
        *head, rows = model._context
        if type(rows) is not list or any(np.shape(row) != (model.n_features_in_,) for row in rows):
            raise Damaged("it holds a forecaster that cannot go on")
        channels = model._hearing.feedback.channels
        model._context = (*head, [row[None] for row in rows], [row[channels] for row in rows])


def circulant(matrix: Any, kept: dict[str, Any], max_bytes: float) -> None:
    """Check that there are weights; offsets are taken modulo the number of units."""
    if not matrix.weights.size:
        raise Damaged("it holds a matrix without weights")


def hadamard(matrix: Any, kept: dict[str, Any], max_bytes: float) -> None:
    """Check that the order is one."""
    if not np.array_equal(np.sort(matrix.order), np.arange(len(matrix.order))):
        raise Damaged("it holds an order that is no permutation")


def ridge_classes(readout: Any, kept: dict[str, Any], max_bytes: float) -> None:
    """The classes, which scikit-learn 1.6 keeps in the binarizer alone."""
    if not hasattr(readout, "classes_"):
        readout.classes_ = readout._label_binarizer.classes_
