"""Several fitted reservoirs as one that holds the units of all, which do not hear one another."""

from __future__ import annotations

from typing import Any

import numpy as np

from reservoir.derived import Derived
from reservoir.neurons.rate.loops import RateWeights
from reservoir.neurons.rate.unit import side_by_side
from reservoir.neurons.structures import Form, joined_form
from reservoir.systems.rate_runs import weights_of

_joint: Derived[tuple[Form, Any]] = Derived()


def joined(systems: list[Any]) -> RateWeights:
    """Weights of one reservoir that holds all units of these, in their structure.

    What takes long, the recurrent weights and the coefficients of the units, is made once for fitted systems: when the
    same would be asked for again, it is at hand, unless one was fitted anew or got other weights.
    """
    members = [weights_of(system) for system in systems]
    sources = [part for member in members for part in (member.matrix, member.cells)]
    matrix, cells = _joint.get(systems[0].W_in_, sources, lambda: _parts(systems, members))
    columns = np.concatenate([member.input_columns for member in members], axis=1)
    return RateWeights(matrix, columns, np.concatenate([member.bias for member in members]), cells, members[0].n_arrays)


def joined_states(states: list[np.ndarray], n_arrays: int) -> np.ndarray:
    """The state of `joined` reservoirs from those of each."""
    return np.concatenate([state.reshape(n_arrays, -1) for state in states], axis=1).ravel()


def _parts(systems: list[Any], members: list[RateWeights]) -> tuple[Form, Any]:
    """The form of the recurrent weights and the coefficients of the units."""
    unit, matrices = side_by_side([system.unit_ for system in systems], [system.unit_matrices_ for system in systems])
    cells = unit.cells(sum(member.bias.size for member in members), matrices, members[0].bias.dtype)
    return joined_form([system.W_ for system in systems], [member.matrix for member in members]), cells
