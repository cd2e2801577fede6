"""The units of a circuit: records, checked and drawn, and the variables that they have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from reservoir.circuits import Circuit
from reservoir.foreign_code import runs_anywhere
from reservoir.neurons import LIF
from reservoir.neurons.spiking.mixture import Mixture, after_learning, models_of, units_by_record
from reservoir.parts import SpikingUnit, Units, check_part
from reservoir.quantities import magnitude
from reservoir.random_numbers import INITIAL, TrialGenerator
from reservoir.validation import parameter_error


def read_units(
    owner: str, circuit: Circuit, neuron: Units, rng: np.random.Generator | None, compiled: bool = True
) -> SpikingUnit:
    """The record of all units of a circuit, or of a mixture, with what is drawn from its distributions."""
    if not isinstance(circuit, Circuit):
        raise parameter_error(owner, "circuit", "a Circuit", circuit)
    given = LIF() if neuron is None else neuron
    check_units(owner, given, compiled)
    made: SpikingUnit = _mixed(owner, circuit, given) if isinstance(given, Mapping) else given
    return made.drawn(circuit.excitatory, rng) if rng is not None and hasattr(made, "drawn") else made


def _mixed(owner: str, circuit: Circuit, neuron: Mapping[str, SpikingUnit]) -> Mixture:
    """The mixture that a dict of records by population makes of all units."""
    known = {"E": circuit.excitatory, "I": ~circuit.excitatory, **circuit.populations}
    masks = {name: known[name] for name in neuron if name in known}
    if len(masks) < len(neuron) or not masks or (np.sum(list(masks.values()), axis=0) != 1).any():
        wanted = f"a dict of records by populations, of {', '.join(known)}, in which every unit stands once"
        raise parameter_error(owner, "neuron", wanted, neuron)
    filled = {name: mask for name, mask in masks.items() if mask.any()}
    return Mixture({name: neuron[name] for name in filled}, filled)


def check_units(owner: str, neuron: Any, compiled: bool) -> None:
    """Refuse what is no record of units, and where a step is to be `compiled` one that runs in Brian2 alone."""
    if isinstance(neuron, Mapping):
        for record in neuron.values():
            check_part(owner, "neuron", record, SpikingUnit)
        return
    in_words = callable(getattr(neuron, "equations", None)) and not hasattr(neuron, "cells")
    if isinstance(neuron, str | list) or (hasattr(neuron, "equations") and not callable(neuron.equations)):
        own = "a user's own equations in spiking.Equations"
        wanted = f"None, a record of reservoir.neurons, a dict of them by population, or {own}"
        raise parameter_error(owner, "neuron", wanted, neuron)
    if not in_words or isinstance(neuron, type):
        check_part(owner, "neuron", neuron, SpikingUnit, optional=True)
    elif compiled:
        why = f"{type(neuron).__name__} runs in Brian2 only, by spiking.simulate and spiking.Microcircuit"
        raise parameter_error(owner, "neuron", f"None or a unit with a compiled step ({why})", neuron)


def is_noisy(neuron: Units) -> bool:
    """Whether random numbers move any of the units."""
    if isinstance(neuron, Mapping):
        return any(map(is_noisy, neuron.values()))
    return bool(np.any(np.asarray(magnitude(getattr(neuron, "noise", 0))) > 0))


def escapes(neuron: Units) -> bool:
    """Whether any of the units fire by chance."""
    if isinstance(neuron, Mapping):
        return any(map(escapes, neuron.values()))
    return bool(getattr(neuron, "escapes", False))


def hears_numbers(neuron: Units) -> bool:
    """Whether any of the units hear random numbers, as noise or by chance."""
    return is_noisy(neuron) or escapes(neuron)


def run_anywhere(neuron: Any, n_units: int) -> bool:
    """Whether all models of the units may work in any thread."""
    return all(runs_anywhere(record) for record, _ in units_by_record(neuron, n_units))


def initial_values(neuron: SpikingUnit, n_units: int, seed: int, trial: int) -> np.ndarray:
    """The variables (n_variables, n_units) with which units begin a trial."""
    return neuron.initial_state(n_units, TrialGenerator(seed, INITIAL, trial))


def variables_of(neuron: Any, cells: Any, n_units: int) -> dict[str, np.ndarray]:
    """Names of variables, and the row of each in those of every unit (n_units,), -1 where a unit does not have it."""
    found: dict[str, np.ndarray] = {}
    for record, part, units in models_of(neuron, cells, n_units):
        texts = _texts_of(record, part)
        for row, name in enumerate(["v"] if texts is None else texts.variables):
            found.setdefault(name, np.full(n_units, -1))[units] = row
    return found


def kept_variables(neuron: Any, cells: Any, n_units: int, n_variables: int) -> np.ndarray:
    """Which variables (n_variables, n_units) of the units stay as learning has left them."""
    kept = np.zeros((n_variables, n_units), dtype=bool)
    for record, part, units in models_of(neuron, cells, n_units):
        texts = _texts_of(record, part)
        for row, name in enumerate(() if texts is None else texts.variables):
            kept[row, units] = name in texts.kept
    return kept


def kept_by_name(neuron: Any, cells: Any, variables: np.ndarray) -> dict[str, np.ndarray]:
    """The variables (n_units,) that stay as learning has left them, by name; 0 for units that do not have them."""
    found: dict[str, np.ndarray] = {}
    for record, part, units in models_of(neuron, cells, variables.shape[1]):
        texts = _texts_of(record, part)
        for row, name in enumerate(() if texts is None else texts.variables):
            if name in texts.kept:
                found.setdefault(name, np.zeros(variables.shape[1]))[units] = variables[row, units]
    return found


def units_of_runs(system: Any) -> Any:
    """The record of units by which a fitted system runs: that of units that have learned, where its synapses have."""
    return after_learning(system.neuron_) if getattr(system, "plasticity", None) else system.neuron_


def _texts_of(record: Any, cells: Any) -> Any:
    """What a unit says of its variables: its step in words, or else its equations; None where it says nothing."""
    if hasattr(cells, "statements"):
        return cells.statements()
    return record.equations() if callable(getattr(record, "equations", None)) else None
