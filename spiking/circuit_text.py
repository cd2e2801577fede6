"""A circuit as plain arrays and equation text, ready for Brian2: what `spiking._brian` takes and gives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from reservoir.circuits import Circuit, PoissonBackground, Projection
from reservoir.circuits.receptors import Receptors, receptors_of
from reservoir.neurons.spiking.equations import EquationText, equations_of
from reservoir.neurons.spiking.membrane import refractory_steps
from reservoir.parts import PlasticityRule, SpikingUnit, check_part
from reservoir.plasticity import Rule
from reservoir.validation import parameter_error
from spiking.names import check_rules

_ALIKE = 1e-8  # relative difference of time constants below which the exact solution loses its digits


class Path(NamedTuple):
    """Synapses of one projection and one source with one kind of current, all dynamic or none, all plastic or none."""

    projection: str  # "recurrent" or "inputs"
    source: str  # "units", "inputs", or "selves": units that fire of themselves
    which: np.ndarray  # (n_synapses,), their places in the projection
    pre: np.ndarray  # (n_synapses,)
    post: np.ndarray  # (n_synapses,)
    weight: np.ndarray  # (n_synapses,), amperes or siemens
    delay: np.ndarray  # (n_synapses,), steps
    kind: int  # of the current or conductance
    dynamics: tuple[np.ndarray, np.ndarray, np.ndarray] | None  # U, D, F
    rule: Rule | None


class CircuitText(NamedTuple):
    """A circuit with its units, for any number of trials side by side."""

    equations: EquationText
    excitatory: np.ndarray  # (n_units,)
    refractory: np.ndarray  # (n_units,), steps
    listening: np.ndarray  # (n_units,), False for units that are dead or fire of themselves
    kinds: Receptors
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


class UnitText(NamedTuple):
    """The units of a network as Brian2 reads them."""

    model: str
    method: str
    constants: dict[str, tuple[float, str]]  # SI value and unit
    by_unit: dict[str, tuple[np.ndarray, str]]  # SI values (n_units,) and unit
    at_start: dict[str, str]  # what is done before a step, by name


class Answer(NamedTuple):
    """What one trial gives."""

    spikes: np.ndarray  # (n_spikes, 2), step and unit
    voltages: np.ndarray | None  # (n_steps, n_units)
    variables: np.ndarray  # (n_variables, n_units), of the units in the end
    learned: dict[str, dict[str, np.ndarray]]  # of every plastic projection: which synapses, and what a rule changes


def write_circuit(
    owner: str, circuit: Circuit, neuron: SpikingUnit, plasticity: Mapping[str, PlasticityRule] | None, dt: float
) -> CircuitText:
    """The circuit, cut into paths."""
    plasticity = _read_plasticity(owner, plasticity)
    kinds = receptors_of(circuit)
    listening, fires = np.ones(len(circuit.excitatory), dtype=bool), np.zeros(len(circuit.excitatory), dtype=bool)
    if circuit.spontaneous_rate is not None:
        fires = circuit.spontaneous_rate > 0
        listening &= ~fires
    if circuit.dead is not None:
        listening &= ~circuit.dead
    paths = [
        *_paths("recurrent", "units", circuit.recurrent, ~fires[circuit.recurrent.pre], kinds, plasticity, dt),
        *_paths("recurrent", "selves", circuit.recurrent, fires[circuit.recurrent.pre], kinds, plasticity, dt),
        *_paths("inputs", "inputs", circuit.inputs, np.ones(len(circuit.inputs), dtype=bool), kinds, plasticity, dt),
    ]
    check_rules(owner, plasticity, [path.rule for path in paths if path.rule is not None])
    equations = equations_of(owner, neuron, circuit.n_units)
    if len(kinds.conductances):
        _check_for_conductances(owner, neuron, equations)
    refractory = refractory_steps(type(neuron).__name__, equations.refractory, circuit.excitatory, dt)
    return CircuitText(
        equations, circuit.excitatory, refractory, listening, kinds, tuple(paths), circuit.n_inputs, dt,
        circuit.background,
    )  # fmt: skip


def _check_for_conductances(owner: str, neuron: SpikingUnit, equations: EquationText) -> None:
    wanted = ""
    if equations.variables["v"] != "volt":
        wanted = "units with a voltage in volts"
    elif equations.follows and equations.method == "exact":
        wanted = "units of another method than 'exact'"
    if wanted:
        raise parameter_error(owner, "neuron", f"{wanted}, for synapses with a reversal", neuron)


def write_units(network: CircuitText, injected: bool) -> UnitText:
    """Equations of the units under all their currents, and their numbers."""
    equations, kinds = network.equations, network.kinds
    lines, currents, constants = _currents(network)
    at_start = {"remember": f"{equations.before} = v"} if equations.before else {}
    lines += [f"{equations.before} : {equations.variables['v']}"] if at_start else []
    if len(kinds.conductances) and not equations.follows:
        at_start["drive"] = f"I_conductances = {_flows(kinds)}"
    if injected:
        lines.append("I_injected = injected(t, i) : amp")
        currents.append("I_injected")
    if network.background is not None:
        lines += ["I_background : amp (constant)", "outside_rate : hertz (constant)"]
        lines += [f"outside_{k} : amp (constant)" for k in range(len(kinds.currents))]
        currents.append("I_background")
    by_unit = {}
    for name, (value, unit) in equations.parameters.items():
        if isinstance(value, tuple | list):
            by_unit[name] = np.where(network.excitatory, value[0], value[1]), unit
            lines.append(f"{name} : {unit} (constant)")
        elif isinstance(value, np.ndarray) and value.ndim:
            by_unit[name] = value, unit
            lines.append(f"{name} : {unit} (constant)")
        else:
            constants[name] = float(value), unit
    lines += [f"{name} : {unit} (shared, constant)" for name, (_, unit) in constants.items()]
    lines += ["hold : second (constant)", "listening : boolean (constant)"]
    text = equations.text.format(current=" + ".join(currents) or "0 * amp", noise=equations.noise)
    method = "euler" if equations.noise else equations.method
    return UnitText("\n".join([text, *lines]), method, constants, by_unit, at_start)


def _currents(network: CircuitText) -> tuple[list[str], list[str], dict[str, tuple[float, str]]]:
    """Equations of the synaptic currents and conductances, the names of what flows, and their numbers."""
    kinds, equations = network.kinds, network.equations
    membrane = equations.parameters[equations.membrane][0] if equations.membrane else 0.0
    lines, currents, constants = [], [], {}
    for k, tau in enumerate(kinds.currents):
        decay = equations.membrane if abs(tau - membrane) < _ALIKE * tau else f"tau_I_{k}"
        lines.append(f"dI_{k}/dt = -I_{k} / {decay} : amp")
        currents.append(f"I_{k}")
        constants[f"tau_I_{k}"] = float(tau), "second"
    for k, (reversal, tau) in enumerate(kinds.conductances):
        lines.append(f"dG_{k}/dt = -G_{k} / tau_G_{k} : siemens")
        constants |= {f"tau_G_{k}": (float(tau), "second"), f"E_{k}": (float(reversal), "volt")}
    if len(kinds.conductances):
        lines.append(f"I_conductances = {_flows(kinds)} : amp" if equations.follows else "I_conductances : amp")
        currents.append("I_conductances")
    return lines, currents, constants


def _flows(kinds: Receptors) -> str:
    """The current of all conductances."""
    return " + ".join(f"G_{k} * (E_{k} - v)" for k in range(len(kinds.conductances)))


def _read_plasticity(owner: str, plasticity: Any) -> dict[str, PlasticityRule]:
    if plasticity is None:
        return {}
    if not isinstance(plasticity, Mapping) or not set(plasticity) <= {"recurrent", "inputs"}:
        wanted = "None or a dict of rules by projection, 'recurrent' or 'inputs'"
        raise parameter_error(owner, "plasticity", wanted, plasticity)
    for rule in plasticity.values():
        check_part(owner, "plasticity", rule, PlasticityRule)
    return dict(plasticity)


def _paths(
    name: str,
    source: str,
    part: Projection,
    chosen: np.ndarray,
    kinds: Receptors,
    plasticity: dict[str, PlasticityRule],
    dt: float,
) -> list[Path]:
    """The chosen synapses (n_synapses,) of a projection, cut into paths."""
    paths, kind, rules = [], kinds.of(part), plasticity.get(name)
    plastic = np.zeros(len(part), dtype=bool) if rules is None else rules.acts_on(part)
    delay = np.floor(part.delay / dt + 0.5).astype(np.int64)
    dynamics = None if part.U is None or part.D is None or part.F is None else (part.U, part.D, part.F)
    for one in range(len(kinds.time_constants)):
        for learns in (False, True):
            which = np.flatnonzero(chosen & (kind == one) & (plastic == learns))
            if not which.size:
                continue
            paths.append(Path(
                name, source, which, part.pre[which], part.post[which], part.weight[which], delay[which], one,
                None if dynamics is None else (dynamics[0][which], dynamics[1][which], dynamics[2][which]),
                rules.rule(part.select(plastic)) if rules is not None and learns else None,
            ))  # fmt: skip
    return paths
