"""A circuit as plain arrays and equation text, ready for Brian2: what `spiking._brian` takes and gives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from reservoir.circuits import Circuit, PoissonBackground, Projection
from reservoir.neurons.lif import refractory_steps
from reservoir.systems.simulation import every_time_constant
from reservoir.validation import check_has, parameter_error
from spiking.neurons import Equations, equations_of
from spiking.plasticity import Rule


class Path(NamedTuple):
    """Synapses of one projection with one kind of current, all dynamic or all static, all plastic or none."""

    projection: str  # "recurrent" or "inputs"
    which: np.ndarray  # (n_synapses,), their places in the projection
    pre: np.ndarray  # (n_synapses,)
    post: np.ndarray  # (n_synapses,)
    weight: np.ndarray  # (n_synapses,), amperes
    delay: np.ndarray  # (n_synapses,), steps
    current: int  # the kind of current
    dynamics: tuple[np.ndarray, np.ndarray, np.ndarray] | None  # U, D, F
    rule: Rule | None


class Network(NamedTuple):
    """A circuit with its units, for any number of trials side by side."""

    equations: Equations
    excitatory: np.ndarray  # (n_units,)
    refractory: np.ndarray  # (n_units,), steps
    listening: np.ndarray  # (n_units,), False for units that are dead or fire of themselves
    time_constants: np.ndarray  # (n_currents,), seconds
    paths: tuple[Path, ...]
    n_inputs: int
    dt: float
    background: PoissonBackground | None = None


class Trial(NamedTuple):
    """What one trial begins with and hears."""

    variables: np.ndarray  # (n_variables, n_units)
    events: np.ndarray  # (n_events, 2), step and sender: units that fire of themselves, then channels
    currents: np.ndarray | None  # (n_rows, n_units), amperes, rows of equal duration
    n_steps: int


class Answer(NamedTuple):
    """What one trial gives."""

    spikes: np.ndarray  # (n_spikes, 2), step and unit
    voltages: np.ndarray | None  # (n_steps, n_units)
    learned: dict[str, dict[str, np.ndarray]]  # of every plastic projection: "weight", or what a rule changes


def make_network(owner: str, circuit: Circuit, neuron: Any, plasticity: Any, dt: float) -> Network:
    """The circuit, cut into paths."""
    plasticity = _read_plasticity(owner, plasticity)
    parts = {"recurrent": circuit.recurrent, "inputs": circuit.inputs}
    every = every_time_constant(circuit)
    time_constants = np.unique(every) if every.size else np.ones(1)
    listening = np.ones(len(circuit.excitatory), dtype=bool)
    if circuit.dead is not None:
        listening &= ~circuit.dead
    if circuit.spontaneous_rate is not None:
        listening &= circuit.spontaneous_rate == 0
    paths = [
        path
        for name, part in parts.items()
        for path in _paths(owner, name, part, time_constants, plasticity.get(name), dt)
    ]
    refractory = refractory_steps(type(neuron).__name__, neuron.refractory, circuit.excitatory, dt)
    return Network(
        equations_of(owner, neuron), circuit.excitatory, refractory, listening, time_constants, tuple(paths),
        circuit.n_inputs, dt, circuit.background,
    )  # fmt: skip


def _read_plasticity(owner: str, plasticity: Any) -> dict:
    if plasticity is None:
        return {}
    if not isinstance(plasticity, Mapping) or not set(plasticity) <= {"recurrent", "inputs"}:
        wanted = "None or a dict of rules by projection, 'recurrent' or 'inputs'"
        raise parameter_error(owner, "plasticity", wanted, plasticity)
    for rule in plasticity.values():
        check_has(owner, "plasticity", rule, ("rule", "acts_on"), "made of rules of spiking.plasticity")
    return dict(plasticity)


def _paths(
    owner: str, name: str, part: Projection, time_constants: np.ndarray, plasticity: Any, dt: float
) -> list[Path]:
    paths = []
    plastic = np.zeros(len(part), dtype=bool) if plasticity is None else plasticity.acts_on(part)
    for kind, time_constant in enumerate(time_constants):
        for learns in (False, True):
            which = np.flatnonzero((part.time_constant == time_constant) & (plastic == learns))
            if not which.size:
                continue
            dynamics = None
            if part.U is not None and part.D is not None and part.F is not None:
                dynamics = part.U[which], part.D[which], part.F[which]
            delay = np.floor(part.delay[which] / dt + 0.5).astype(np.int64)
            rule = plasticity.rule(part.select(plastic)) if learns else None
            paths.append(
                Path(name, which, part.pre[which], part.post[which], part.weight[which], delay, kind, dynamics, rule)
            )
    return paths
