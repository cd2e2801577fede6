"""Units of several models in one circuit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numba import literal_unroll
from numba.extending import overload

from reservoir.compilation import kernel
from reservoir.estimators import BaseEstimator
from reservoir.neurons.spiking.circuit_loop import State, advance_units
from reservoir.parts import SpikingUnit
from reservoir.quantities import magnitude


def conduct_part(
    part: Any,
    step: int,
    driven: np.ndarray,
    currents: np.ndarray,
    conductance: np.ndarray,
    noise: np.ndarray,
    state: State,
    fired: np.ndarray,
) -> int:
    """Move units by one step under a conductance (n_units,); one model without `conduct` hears it as a current."""
    if hasattr(part, "conduct"):
        return type(part).conduct(part, step, driven, currents, conductance, noise, state, fired)
    hold(driven, conductance, state.variables[0])
    return advance_units(part, step, driven, currents, noise, state, fired)


@overload(conduct_part)
def _typed_conduct_part(part, step, driven, currents, conductance, noise, state, fired):
    conduct: Any = getattr(getattr(part, "instance_class", None), "conduct", None)

    def opened(part, step, driven, currents, conductance, noise, state, fired):
        return conduct(part, step, driven, currents, conductance, noise, state, fired)

    def held(part, step, driven, currents, conductance, noise, state, fired):
        hold(driven, conductance, state.variables[0])
        return advance_units(part, step, driven, currents, noise, state, fired)

    return held if conduct is None else opened


@kernel(forceinline=True)
def hold(driven, conductance, v):
    """Make a current of what flows through a conductance as the step begins."""
    for i in range(driven.size):
        driven[i] -= conductance[i] * v[i]


@kernel(forceinline=True)
def move_part(part, units, step, external, currents, conductance, noise, state, fired, n_fired):
    """Move the units of one model, put those that fire behind the first n_fired of `fired`: how many there are now.

    Without a conductance that is empty, and `external` is what is injected; with one it also drives to the reversals.
    """
    n_units, n_variables, n_currents = units.size, state.variables.shape[0], currents.shape[0]
    variables, heard = np.empty((n_variables, n_units)), np.empty((n_currents, n_units))
    injected, scratch = np.empty(n_units), np.empty(n_units)
    ready, chosen = np.empty(n_units, np.int64), np.empty(n_units, np.int64)
    normal, opened = np.empty(n_units if noise.size else 0), np.empty(n_units if conductance.size else 0)
    for i in range(n_units):
        unit = units[i]
        injected[i], ready[i] = external[unit], state.ready[unit]
        for row in range(n_variables):
            variables[row, i] = state.variables[row, unit]
        for row in range(n_currents):
            heard[row, i] = currents[row, unit]
        if noise.size:
            normal[i] = noise[unit]
        if conductance.size:
            opened[i] = conductance[unit]
    own = State(variables, heard, state.ring, ready, state.u, state.R, state.last_sent, scratch)
    if conductance.size:
        count = conduct_part(part, step, injected, heard, opened, normal, own, chosen)
    else:
        count = advance_units(part, step, injected, heard, normal, own, chosen)
    for i in range(n_units):
        unit = units[i]
        state.ready[unit] = ready[i]
        for row in range(n_variables):
            state.variables[row, unit] = variables[row, i]
    for i in range(count):
        fired[n_fired + i] = units[chosen[i]]
    return n_fired + count


@kernel(forceinline=True)
def type_by_type(cells, step, external, currents, conductance, noise, state, fired):
    """Move all units, one model after the other: how many fire, and which, in their order, in `fired`."""
    n_fired, number = 0, 0
    for part in literal_unroll(cells.parts):
        n_fired = move_part(
            part, cells.units[number], step, external, currents, conductance, noise, state, fired, n_fired
        )  # fmt: skip
        number += 1
    fired[:n_fired].sort()
    return n_fired


class MixedCells(NamedTuple):
    """Coefficients of one step of several models."""

    parts: tuple[Any, ...]  # those of each model
    units: tuple[np.ndarray, ...]  # which units (n_units_of_it,) each has

    @staticmethod
    @kernel(forceinline=True)
    def advance(cells, step, external, currents, noise, state, fired):
        """One step, see `advance_units`."""
        return type_by_type(cells, step, external, currents, np.empty(0), noise, state, fired)

    @staticmethod
    @kernel(forceinline=True)
    def conduct(cells, step, driven, currents, conductance, noise, state, fired):
        """The same under conductances."""
        return type_by_type(cells, step, driven, currents, conductance, noise, state, fired)


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

    def drawn(self, excitatory: np.ndarray, rng: np.random.Generator) -> Mixture:
        """The mixture with what its records draw from distributions as arrays."""
        found = {
            name: record.drawn(excitatory[self.places(name)], rng) if hasattr(record, "drawn") else record
            for name, record in self.records.items()
        }
        return Mixture(found, self.populations)

    def scales(self, excitatory: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Farads and volts (n_units,) of the records that have such; NaN for others."""
        found = np.full((2, len(excitatory)), np.nan)
        for name, record in self.records.items():
            if hasattr(record, "scales"):
                found[:, self.places(name)] = record.scales(excitatory[self.places(name)])
        return found[0], found[1]

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


def models_of(neuron: Any, cells: Any, n_units: int) -> list[tuple[Any, Any, np.ndarray]]:
    """Record, coefficients and numbers of the units of every model."""
    if not isinstance(neuron, Mixture):
        return [(neuron, cells, np.arange(n_units))]
    parts = zip(neuron.records.items(), cells.parts, strict=True)
    return [(record, part, neuron.places(name)) for (name, record), part in parts]


def types_of(cells: Any) -> tuple[type, ...]:
    """The types of records of coefficients whose compiled functions a loop calls."""
    return type(cells), *(map(type, cells.parts) if isinstance(cells, MixedCells) else ())
