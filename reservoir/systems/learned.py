"""What plasticity rules have made of the synapses of a circuit."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from reservoir.circuits import Circuit

_FIELDS = {"w": "weight", "U": "U"}  # variables of a rule, and the fields of a projection that hold them


class Learned(NamedTuple):
    """What a rule has changed of some synapses of a projection."""

    projection: str
    which: np.ndarray  # (n_synapses,), their places in it
    values: dict[str, np.ndarray]  # "w" in amperes with its sign, or "U"
    traces: dict[str, np.ndarray]


def traces_of(circuit: Circuit, learned: list[Learned]) -> dict[str, dict[str, np.ndarray]]:
    """Traces by projection and name, 0 at synapses that do not learn."""
    traces: dict[str, dict[str, np.ndarray]] = {}
    for one in learned:
        found = traces.setdefault(one.projection, {})
        for name, values in one.traces.items():
            found.setdefault(name, np.zeros(len(circuit.projection(one.projection))))[one.which] = values
    return traces


def with_learned(circuit: Circuit, learned: list[Learned]) -> Circuit:
    """The circuit with the weights, or whatever a rule has changed, in their places."""
    changes: dict[str, dict[str, np.ndarray]] = {}
    for one in learned:
        found, projection = changes.setdefault(one.projection, {}), circuit.projection(one.projection)
        for variable, field in _FIELDS.items():
            if variable in one.values:
                found.setdefault(field, getattr(projection, field).copy())[one.which] = one.values[variable]
    for name, found in changes.items():
        circuit = circuit.replaced(name, replace(circuit.projection(name), **found))
    return circuit
