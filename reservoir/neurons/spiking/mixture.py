"""Units of several models in one circuit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numba import literal_unroll

from reservoir.compilation import kernel
from reservoir.estimators import BaseEstimator
from reservoir.neurons.spiking.circuit_loop import State, advance_units
from reservoir.parts import SpikingUnit
from reservoir.quantities import magnitude


@kernel(forceinline=True)
def move_part(part, units, step, external, currents, noise, state, fired, n_fired):
    """Move the units of one model, put those that fire behind the first n_fired of `fired`: how many there are now."""
    n_units, n_variables, n_currents = units.size, state.variables.shape[0], currents.shape[0]
    variables, heard = np.empty((n_variables, n_units)), np.empty((n_currents, n_units))
    injected, scratch = np.empty(n_units), np.empty(n_units)
    ready, chosen = np.empty(n_units, np.int64), np.empty(n_units, np.int64)
    normal = np.empty(n_units if noise.size else 0)
    for i in range(n_units):
        unit = units[i]
        injected[i], ready[i] = external[unit], state.ready[unit]
        for row in range(n_variables):
            variables[row, i] = state.variables[row, unit]
        for row in range(n_currents):
            heard[row, i] = currents[row, unit]
        if noise.size:
            normal[i] = noise[unit]
    own = State(variables, heard, state.ring, ready, state.u, state.R, state.last_sent, scratch)
    count = advance_units(part, step, injected, heard, normal, own, chosen)
    for i in range(n_units):
        unit = units[i]
        state.ready[unit] = ready[i]
        for row in range(n_variables):
            state.variables[row, unit] = variables[row, i]
    for i in range(count):
        fired[n_fired + i] = units[chosen[i]]
    return n_fired + count


class MixedCells(NamedTuple):
    """Coefficients of one step of several models."""

    parts: tuple[Any, ...]  # those of each model
    units: tuple[np.ndarray, ...]  # which units (n_units_of_it,) each has

    @staticmethod
    @kernel(forceinline=True)
    def advance(cells, step, external, currents, noise, state, fired):
        """One step, see `advance_units`."""
        n_fired, number = 0, 0
        for part in literal_unroll(cells.parts):
            n_fired = move_part(
                part, cells.units[number], step, external, currents, noise, state, fired, n_fired
            )  # fmt: skip
            number += 1
        fired[:n_fired].sort()
        return n_fired


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


def types_of(cells: Any) -> tuple[type, ...]:
    """The types of records of coefficients whose compiled functions a loop calls."""
    return type(cells), *(map(type, cells.parts) if isinstance(cells, MixedCells) else ())
