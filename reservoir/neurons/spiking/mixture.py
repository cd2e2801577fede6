"""Units of several models in one circuit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numba import literal_unroll
from numba.extending import overload

from reservoir.compilation import kernel
from reservoir.estimators import BaseEstimator
from reservoir.neurons.spiking.circuit_loop import ALL_MODELS, State, advance_units, conduct_units
from reservoir.parts import SpikingUnit
from reservoir.quantities import magnitude


def numbers_heard(cells: Any) -> int:
    """How many random numbers of each unit a step takes at most: a normal one, and a uniform one where units escape."""
    return 2 if hasattr(cells, "hears_chance") else 1


@overload(numbers_heard, jit_options={"forceinline": True})
def _typed_numbers_heard(cells):
    n_heard = 2 if hasattr(cells.instance_class, "hears_chance") else 1
    return lambda cells: n_heard


@kernel(forceinline=True)
def taken(rows, units):
    """The columns (n_rows, n) of some units."""
    part = np.empty((rows.shape[0], units.size))
    for row in range(rows.shape[0]):
        for i in range(units.size):
            part[row, i] = rows[row, units[i]]
    return part


@kernel(*ALL_MODELS, forceinline=True)
def move_part(part, units, step, external, currents, conductances, values, noise, state, fired, n_fired):
    """Move the units of one model, put those that fire behind the first n_fired of `fired`: how many there are now."""
    n_units = units.size
    ready, chosen = np.empty(n_units, np.int64), np.empty(n_units, np.int64)
    n_heard = min(noise.size // external.size, numbers_heard(part))
    injected, heard_noise = np.empty(n_units), np.empty(n_heard * n_units)
    for i in range(n_units):
        injected[i], ready[i] = external[units[i]], state.ready[units[i]]
    for k in range(n_heard):
        for i in range(n_units):
            heard_noise[k * n_units + i] = noise[k * external.size + units[i]]
    variables, heard = taken(state.variables, units), taken(currents, units)
    own = State(variables, heard, state.ring, ready, state.u, state.R, state.last_sent, np.empty(n_units))
    if conductances is None:
        count = advance_units(part, step, injected, heard, heard_noise, own, chosen)
    else:
        open_to = taken(values, units)
        count = conduct_units(part, step, injected, heard, conductances, open_to, heard_noise, own, chosen)
    for i in range(n_units):
        state.ready[units[i]] = ready[i]
    for row in range(variables.shape[0]):
        for i in range(n_units):
            state.variables[row, units[i]] = variables[row, i]
    for i in range(count):
        fired[n_fired + i] = units[chosen[i]]
    return n_fired + count


@kernel(*ALL_MODELS, forceinline=True)
def type_by_type(cells, step, external, currents, conductances, values, noise, state, fired):
    """Move all units, one model after the other: how many fire, and which, in their order, in `fired`."""
    n_fired, number = 0, 0
    for part in literal_unroll(cells.parts):
        n_fired = move_part(
            part, cells.units[number], step, external, currents, conductances, values, noise, state, fired, n_fired
        )  # fmt: skip
        number += 1
    fired[:n_fired].sort()
    return n_fired


class MixedCells(NamedTuple):
    """Coefficients of one step of several models."""

    parts: tuple[Any, ...]  # those of each model
    units: tuple[np.ndarray, ...]  # which units (n_units_of_it,) each has

    @staticmethod
    @kernel(*ALL_MODELS, forceinline=True)
    def advance(cells, step, external, currents, noise, state, fired):
        """One step, see `advance_units`."""
        return type_by_type(cells, step, external, currents, None, currents, noise, state, fired)

    @staticmethod
    @kernel(*ALL_MODELS, forceinline=True)
    def conduct_each(cells, step, external, currents, conductances, values, noise, state, fired):
        """The same under conductances, which each model hears in its own way, see `conduct_units`."""
        return type_by_type(cells, step, external, currents, conductances, values, noise, state, fired)


class Mixture(BaseEstimator):
    """Units of several models: what a circuit makes of a dict of records by population.

    Parameters
    ----------
    records : dict of records of `reservoir.neurons` by name
    populations : dict of bool arrays (n_units,) by the same names
        Which units follow each record; every unit follows one.
    """

    def __init__(self, records: Mapping[str, SpikingUnit], populations: Mapping[str, np.ndarray]):
        self.records = records
        self.populations = populations

    @property
    def noise(self) -> float:
        """The largest noise of all records; their units differ."""
        return max(float(np.max(magnitude(getattr(record, "noise", 0)))) for record in self.records.values())

    @property
    def escapes(self) -> bool:
        """Whether units of any record fire by chance."""
        return any(getattr(record, "escapes", False) for record in self.records.values())

    def drawn(self, excitatory: np.ndarray, rng: np.random.Generator) -> Mixture:
        """The mixture with what its records draw from distributions as arrays."""
        found = {
            name: record.drawn(excitatory[self.places(name)], rng) if hasattr(record, "drawn") else record
            for name, record in self.records.items()
        }
        return Mixture(found, self.populations)

    def after_learning(self) -> Mixture:
        """The mixture of what each record is once a circuit has learned."""
        return Mixture({name: after_learning(record) for name, record in self.records.items()}, self.populations)

    def initial_state(self, n_units: int, rng: np.random.Generator) -> np.ndarray:
        """Variables (n_variables, n_units) of units that begin; rows that a record does not have are 0."""
        drawn = {name: record.initial_state(len(self.places(name)), rng) for name, record in self.records.items()}
        variables = np.zeros((max(map(len, drawn.values())), n_units))
        for name, rows in drawn.items():
            variables[: len(rows), self.places(name)] = rows
        return variables

    def cells(self, excitatory: np.ndarray, time_constants: np.ndarray, dt: float) -> MixedCells:
        """Coefficients of a step of `dt` seconds."""
        return MixedCells(
            tuple(r.cells(excitatory[self.places(name)], time_constants, dt) for name, r in self.records.items()),
            tuple(map(self.places, self.records)),
        )

    def places(self, name: str) -> np.ndarray:
        """Which units follow a record, by their numbers."""
        return np.flatnonzero(self.populations[name])


def after_learning(neuron: Any) -> Any:
    """The record of units that a circuit runs with once it has learned."""
    return neuron.after_learning() if hasattr(neuron, "after_learning") else neuron


def units_by_record(neuron: Any, n_units: int) -> list[tuple[Any, np.ndarray]]:
    """Record and numbers of the units of every model."""
    if not isinstance(neuron, Mixture):
        return [(neuron, np.arange(n_units))]
    return [(record, neuron.places(name)) for name, record in neuron.records.items()]


def models_of(neuron: Any, cells: Any, n_units: int) -> list[tuple[Any, Any, np.ndarray]]:
    """Record, coefficients and numbers of the units of every model."""
    parts = cells.parts if isinstance(neuron, Mixture) else (cells,)
    models = zip(units_by_record(neuron, n_units), parts, strict=True)
    return [(record, part, units) for (record, units), part in models]


def types_of(cells: Any) -> tuple[type, ...]:
    """The types of records of coefficients whose compiled functions a loop calls."""
    return type(cells), *(map(type, cells.parts) if isinstance(cells, MixedCells) else ())
