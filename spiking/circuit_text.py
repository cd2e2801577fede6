"""A circuit as plain arrays and equation text, ready for Brian2: what `spiking._brian` takes and gives."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from typing import Any, NamedTuple

import numpy as np

from reservoir.circuits import Circuit, PoissonBackground
from reservoir.circuits.receptors import Receptors, receptors_of
from reservoir.neurons.spiking.equations import EquationText, check_variables, equations_of, has_equations
from reservoir.neurons.spiking.membrane import refractory_steps
from reservoir.neurons.spiking.mixture import Mixture
from reservoir.neurons.spiking.statements import Statements, coefficients_of
from reservoir.parts import SpikingUnit
from reservoir.plasticity.learning import Rules, learning_of
from reservoir.random_numbers import Places
from reservoir.systems.circuit_state import CircuitState
from reservoir.systems.circuit_units import escapes, is_noisy
from reservoir.systems.learned import Learned
from reservoir.systems.stimuli import Stimulus
from reservoir.validation import parameter_error
from spiking.names import check_rules
from spiking.pathways import Path, by_groups, paths_of
from spiking.receptor_text import blocks_of, names_of_kinds, outside_of, unblocked

NONE_SENT = np.zeros((0, 2), np.int64)
# Brian2 lets units go as they move; a jump comes before that, and is heard in the first step in which they are free.
_NO_LONGER_HELD = "not_refractory = timestep(t - lastspike, dt) >= timestep(hold, dt)"
_ALIKE = 1e-8  # relative difference of time constants below which the exact solution loses its digits


class CircuitText(NamedTuple):
    """A circuit with its units, for any number of trials side by side."""

    equations: EquationText | Statements
    coefficients: dict[str, np.ndarray]  # of the step, where units put it in words
    opens: bool  # whether conductances stand open during a step, or act as the current they are as it begins
    noisy: bool
    excitatory: np.ndarray  # (n_units,)
    refractory: np.ndarray  # (n_units,), steps
    listening: np.ndarray  # (n_units,), False for units that are dead or fire of themselves
    kinds: Receptors
    paths: tuple[Path, ...]
    n_inputs: int
    dt: float
    background: PoissonBackground | None = None
    unit: str = "the units"  # the name of their model
    groups: tuple[Group, ...] = ()  # of units of several models
    escapes: bool = False  # whether units fire by chance

    @property
    def n_drawn(self) -> int:
        """How many random numbers a step takes."""
        return len(self.excitatory) * (self.noisy + self.escapes + (self.background is not None))

    def by_groups(self) -> tuple[Group, ...]:
        """The units by their models."""
        return self.groups or (Group("units", np.arange(len(self.excitatory)), self),)


class Group(NamedTuple):
    """Units of one model."""

    name: str
    units: np.ndarray  # (n,), their numbers in the circuit
    network: CircuitText  # theirs alone, without synapses


class Trial(NamedTuple):
    """What one trial begins with and hears."""

    variables: np.ndarray  # (n_variables, n_units)
    events: np.ndarray  # (n_events, 2), step and sender: units that fire of themselves, then channels
    currents: np.ndarray | None  # (n_rows, n_units), amperes
    n_steps: int
    rows: np.ndarray | None = None  # as of `Stimulus`, as all that follows
    seed: int = 0
    places: Places | None = None
    state: CircuitState | None = None  # from which it goes on, in place of `variables`

    @property
    def heard(self) -> Stimulus:
        """All but what it begins with."""
        return Stimulus(*self[1:-1])

    @property
    def behind(self) -> int:
        """How many steps lie behind when it begins."""
        return 0 if self.state is None else self.state.step

    @property
    def sent(self) -> np.ndarray:
        """Spikes (step, sender) that were on their way when it began; steps are negative."""
        return NONE_SENT if self.state is None else self.state.arrays["sent"]


class UnitText(NamedTuple):
    """The units of a network as Brian2 reads them."""

    model: str
    method: str
    constants: dict[str, tuple[float, str]]  # SI value and unit
    by_unit: dict[str, tuple[np.ndarray, str]]  # SI values (n_units,) and unit
    at_start: dict[str, str]  # what is done before a step, by name
    step: str = ""  # the statements of a step, in place of a method


class Answer(NamedTuple):
    """What one trial gives."""

    spikes: np.ndarray  # (n_spikes, 2), step and unit
    voltages: np.ndarray | None  # (n_steps, n_units)
    variables: np.ndarray  # (n_variables, n_units), of the units in the end
    learned: list[Learned]
    over_time: dict[str, Any]  # by variable, (n, k), or of synapses by projection
    state: dict[str, np.ndarray] | None = None


def write_circuit(
    owner: str, circuit: Circuit, neuron: SpikingUnit, plasticity: Rules | None, dt: float
) -> CircuitText:
    """The circuit, cut into paths."""
    learning = learning_of(owner, plasticity, circuit)
    kinds = receptors_of(circuit)
    check_rules(owner, plasticity, [one.rule for one in learning])
    rates = circuit.spontaneous_rate
    fires = np.zeros(circuit.n_units, dtype=bool) if rates is None else rates > 0
    paths: list[Path] = []
    first = 0
    for name, source, part in circuit.pathways():
        own = fires[part.pre] if source == "units" else np.zeros(len(part), dtype=bool)
        learns = [one for one in learning if one.projection == name]
        for origin, chosen in ((source, ~own), ("selves", own)):
            paths += [path._replace(first=first) for path in paths_of(name, origin, part, chosen, kinds, learns, dt)]
        first += len(part)
    whole = np.arange(circuit.n_units)
    masks = neuron.populations if isinstance(neuron, Mixture) else {}
    records = neuron.records if isinstance(neuron, Mixture) else {}
    groups = tuple(
        Group(
            f"units_{name}",
            units := np.flatnonzero(masks[name]),
            _write_group(owner, record, circuit, kinds, dt, units),
        )
        for name, record in records.items()
    )
    network = groups[0].network if groups else _write_group(owner, neuron, circuit, kinds, dt, whole)
    cut = tuple(by_groups(paths, {group.name: group.units for group in groups}) if groups else paths)
    return network._replace(
        excitatory=circuit.excitatory, listening=_listening(circuit), paths=cut, n_inputs=circuit.n_inputs,
        background=circuit.background, groups=groups, noisy=any(one.network.noisy for one in groups) or network.noisy,
        escapes=any(one.network.escapes for one in groups) or network.escapes,
    )  # fmt: skip


def _listening(circuit: Circuit) -> np.ndarray:
    """Which units (n_units,) neither are dead nor fire of themselves."""
    listening = np.ones(circuit.n_units, dtype=bool)
    if circuit.spontaneous_rate is not None:
        listening &= ~(circuit.spontaneous_rate > 0)
    return listening if circuit.dead is None else listening & ~circuit.dead


def _write_group(
    owner: str, neuron: Any, circuit: Circuit, kinds: Receptors, dt: float, units: np.ndarray
) -> CircuitText:
    """The units of one model, by their numbers, without their synapses."""
    excitatory, background = circuit.excitatory[units], circuit.background
    equations, coefficients, opens = _read_units(owner, neuron, excitatory, kinds, dt)
    noisy = is_noisy(neuron) if isinstance(equations, Statements) else bool(equations.noise)
    if isinstance(equations, Statements):
        refractory = np.broadcast_to(coefficients.get("refractory", 1), len(units)).copy()
    else:
        if len(kinds.conductances) or kinds.jumps:
            _check_voltage(owner, neuron, equations, kinds)
        refractory = refractory_steps(type(neuron).__name__, equations.refractory, excitatory, dt)
    if background is not None:
        background = replace(
            background,
            **{
                one.name: value[units]
                for one in fields(background)
                if (value := getattr(background, one.name)) is not None
            },
        )
    listening = _listening(circuit)[units]
    return CircuitText(
        equations, coefficients, opens, noisy, excitatory, refractory, listening, kinds, (), 0, dt, background,
        type(neuron).__name__, escapes=isinstance(equations, Statements) and escapes(neuron),
    )  # fmt: skip


def _check_voltage(owner: str, neuron: Any, equations: EquationText, kinds: Receptors) -> None:
    """Refuse units whose voltage no conductance and no jump can move."""
    wanted = ""
    if equations.variables["v"] != "volt":
        wanted = "units with a voltage in volts"
    elif equations.follows and equations.method == "exact" and len(kinds.conductances):
        wanted = "units of another method than 'exact'"
    if wanted:
        raise parameter_error(owner, "neuron", f"{wanted}, for synapses with a reversal or the time constant 0", neuron)


def _read_units(
    owner: str, neuron: Any, excitatory: np.ndarray, kinds: Receptors, dt: float
) -> tuple[EquationText | Statements, dict[str, np.ndarray], bool]:
    """The words of a record for its step, with the numbers in them, or else its differential equations.

    And whether conductances stand open in its step.
    """
    compiled = not isinstance(neuron, type) and callable(getattr(neuron, "cells", None))
    cells: Any = neuron.cells(excitatory, kinds.currents, dt) if compiled else None
    if hasattr(cells, "statements") and not has_equations(neuron):
        statements = cells.statements()
        check_variables(owner, neuron, statements.variables, len(excitatory))
        return statements, coefficients_of(cells), hasattr(cells, "conduct")
    return equations_of(owner, neuron, len(excitatory)), {}, False


def engine_lines(network: CircuitText, injected: bool, timed: bool) -> list[str]:
    """Declarations of what the engine itself needs.

    What changes from step to step, `I_injected`, `normal`, `uniform` and `hits`, is set before each, or `timed`: read
    from a TimedArray of that name behind ``timed_``.
    """
    fed = [("I_injected", "amp")] * injected + [("normal", "1")] * network.noisy
    fed += [("uniform", "1")] * network.escapes
    fed += [("hits", "1")] * (network.background is not None)
    lines = [f"{name} = timed_{name}(t, i) : {unit}" if timed else f"{name} : {unit}" for name, unit in fed]
    lines += ["hold : second (constant)", "listening : boolean (constant)"]
    if network.background is not None:
        lines += ["I_background : amp (constant)"]
        units = names_of_kinds(network.kinds)
        lines += [
            f"outside_{name} : {units[name]} (constant)" for name in outside_of(network.kinds, network.background)
        ]
    return lines


def write_units(network: CircuitText, equations: EquationText, injected: bool, timed: bool = False) -> UnitText:
    """Differential equations of the units under all their currents, and their numbers."""
    kinds = network.kinds
    lines, currents, constants = _currents(network, equations)
    at_start = {"allow": _NO_LONGER_HELD, "arrive": "v += J_0\nJ_0 = 0 * volt"} if kinds.jumps else {}
    at_start |= {"remember": f"{equations.before} = v"} if equations.before else {}
    lines += [f"{equations.before} : {equations.variables['v']}"] if equations.before else []
    if len(kinds.conductances) and not equations.follows:
        at_start["drive"] = f"I_conductances = {_flows(kinds)}"
    if blocks := blocks_of(kinds):
        at_start["block"] = "\n".join(f"unblocked_{k} = {unblocked(f'block_{k}', 'v / volt')}" for k in blocks)
        constants |= {f"block_{k}": (strength, "1") for k, strength in blocks.items()}
        lines += [f"unblocked_{k} : 1" for k in blocks]
    currents += ["I_injected"] * injected + ["I_background"] * (network.background is not None)
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
    lines += engine_lines(network, injected, timed)
    noise = re.sub(r"\bxi\b", "(normal / sqrt(dt))", equations.noise)
    text = equations.text.format(current=" + ".join(currents) or "0 * amp", noise=noise)
    return UnitText("\n".join([text, *lines]), equations.method, constants, by_unit, at_start)


def _currents(
    network: CircuitText, equations: EquationText
) -> tuple[list[str], list[str], dict[str, tuple[float, str]]]:
    """Equations of the synaptic currents and conductances, the names of what flows, and their numbers."""
    kinds = network.kinds
    membrane = equations.parameters[equations.membrane][0] if equations.membrane else 0.0
    lines, currents, constants = [], [], {}
    for k, tau in enumerate(kinds.currents):
        decay = equations.membrane if abs(tau - membrane) < _ALIKE * tau else f"tau_I_{k}"
        lines.append(f"dI_{k}/dt = -I_{k} / {decay} : amp")
        currents.append(f"I_{k}")
        constants[f"tau_I_{k}"] = float(tau), "second"
    lines += ["J_0 : volt"] * kinds.jumps
    for k, (reversal, tau, _) in enumerate(kinds.conductances):
        lines.append(f"dG_{k}/dt = -G_{k} / tau_G_{k} : siemens")
        constants |= {f"tau_G_{k}": (float(tau), "second"), f"E_{k}": (float(reversal), "volt")}
    if len(kinds.conductances):
        lines.append(f"I_conductances = {_flows(kinds)} : amp" if equations.follows else "I_conductances : amp")
        currents.append("I_conductances")
    return lines, currents, constants


def _flows(kinds: Receptors) -> str:
    """The current of all conductances."""
    blocks = blocks_of(kinds)
    opened = (f"G_{k}" + f" * unblocked_{k}" * (k in blocks) for k in range(len(kinds.conductances)))
    return " + ".join(f"{one} * (E_{k} - v)" for k, one in enumerate(opened))
