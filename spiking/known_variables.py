"""What can be recorded over time of a circuit in Brian2."""

from __future__ import annotations

import re

import numpy as np

from reservoir.circuits import Circuit
from reservoir.neurons.spiking.equations import EquationText
from reservoir.systems.recording import OF_CIRCUITS, Known
from spiking.circuit_text import CircuitText
from spiking.names import defined_in, names_of

_SUBEXPRESSION = re.compile(r"^\s*(\w+)\s*=", re.MULTILINE)
_OF_DYNAMICS = ("u", "R", "U", "D", "F")


def known_of(circuit: Circuit, network: CircuitText) -> Known:
    """All that units and synapses have, by name."""
    units = dict.fromkeys(OF_CIRCUITS, np.ones(circuit.n_units, dtype=bool))
    synapses: dict[str, dict[str, np.ndarray]] = {}
    learning: list[str] = []
    for group in network.by_groups():
        text = group.network.equations
        within = set(_SUBEXPRESSION.findall(text.text)) if isinstance(text, EquationText) else set()
        for name in {**text.variables, **dict.fromkeys(sorted(within))}:
            units.setdefault(name, np.zeros(circuit.n_units, dtype=bool))[group.units] = True
    for name, _, part in circuit.pathways():
        synapses[name] = {"weights": np.ones(len(part), dtype=bool)}
    for path in network.paths:
        known, names = synapses[path.projection], set(_OF_DYNAMICS if path.dynamics is not None else ())
        if path.rule is not None:
            names |= names_of(path.rule) - set(path.rule.parameters) - {name for name, _ in path.rule.signals}
            learning += [path.projection] if path.projection not in learning else []
            if path.rule.traces:
                known["traces"] = np.ones_like(known["weights"])
            if path.rule.units is not None:
                given = defined_in("\n".join(path.rule.units.model))
                units |= dict.fromkeys(given, np.ones(circuit.n_units, dtype=bool))
        for name in sorted(names):
            known.setdefault(name, np.zeros_like(known["weights"]))[path.which] = True
    return Known(("voltages", "weights", "traces", "state"), units, synapses, learning)
