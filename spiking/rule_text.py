"""What rules ask of a network beyond the text of their synapses; Brian2 itself comes as an argument."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from reservoir.plasticity import Rule, UnitVariables
from reservoir.quantities import PlausibilityWarning
from reservoir.validation import parameter_error
from spiking.circuit_text import CircuitText, Trial, UnitText
from spiking.equation_reading import shortened, unit_text
from spiking.integration import ExponentialEuler
from spiking.names import defined_in, numbers_of_units, renamed


class Additions(NamedTuple):
    """Variables that rules give to the units."""

    equations: str
    declared: dict[str, str]  # names and units
    constants: dict[str, tuple[float, str]]  # SI value and unit
    reset: str
    start: dict[str, str]


def additions_of(brian2: ModuleType, rules: Iterable[Rule]) -> Additions:
    """All variables that rules give to the units, each once."""
    found = Additions("", {}, {}, "", {})
    known: list[UnitVariables] = []
    for rule in rules:
        if rule.units is None or rule.units in known:
            continue
        known.append(rule.units)
        texts = ["\n".join(rule.units.model), "\n".join(rule.units.reset)]
        used = {name: f"{name}_of_rule" for name in numbers_of_units(rule)}
        model, reset = (renamed(text, used) for text in texts)
        try:
            equations = brian2.Equations(model)
        except Exception as error:  # what Brian2 may raise here has no end
            raise refused(rule.units, error) from None
        found = Additions(
            f"{found.equations}\n{model}",
            found.declared | {name: unit_text(equations[name].dim) for name in equations.diff_eq_names},
            found.constants | {new: rule.parameters[name] for name, new in used.items()},
            f"{found.reset}\n{reset}",
            found.start | {name: renamed(text, used) for name, text in rule.units.start.items()},
        )
    return found


def with_additions(text: UnitText, added: Additions) -> UnitText:
    """The text of units with these variables and numbers, which stand still in the equations themselves."""
    if twice := sorted(defined_in(text.model) & {*added.declared, *added.constants}):
        raise parameter_error("UnitVariables", "model", f"free of names of the unit, such as {', '.join(twice)}", "")
    lines = [f"{name} : {unit}" for name, unit in added.declared.items()]
    lines += [f"{name} : {unit} (shared, constant)" for name, (_, unit) in added.constants.items()]
    return text._replace(model="\n".join([text.model, *lines]), constants=text.constants | added.constants)


def step_of(brian2: ModuleType, added: Additions, variables: Any) -> str:
    """Statements that move these variables on by a step."""
    equations = brian2.Equations(added.equations)
    try:
        return ExponentialEuler(brian2)(equations, variables)
    except Exception:  # not linear in its own variable
        return str(brian2.euler(equations, variables, {}))


def doubt_voltages(network: CircuitText, trial: Trial) -> None:
    """Warn of rules that hear silent units as busy ones: most of their receivers begin above a threshold of theirs."""
    groups = {group.name: group for group in network.by_groups()}
    found = set()
    for path in network.paths:
        if path.rule is None or path.rule.silent_below is None or trial.state is not None or not len(path.post):
            continue
        group = groups[path.target]
        row = list(group.network.equations.variables).index("v")
        level = float(np.median(trial.variables[row, group.units[path.post]]))
        if level > path.rule.silent_below[1]:
            found.add((*path.rule.silent_below, level))
    for name, bound, level in sorted(found):
        text = (
            f"The {name} is {bound:g} V, and units begin at {level:.3g} V: synapses change without a spike of theirs. "
            "Are its voltages those of the units?"
        )
        warnings.warn(text, PlausibilityWarning, stacklevel=4)


def refused(part: Rule | UnitVariables, error: BaseException) -> ValueError:
    """Text of a rule that Brian2 does not take."""
    at_spikes: tuple[Sequence[str], ...]
    if isinstance(part, Rule):
        later = () if part.later is None else part.later.text
        told = () if part.feedback is None else part.feedback.told
        at_spikes = part.before, part.on_pre, later, part.on_post, part.on_step, told
    else:
        at_spikes = (part.reset,)
    lines = [*part.model, *(line for lines in at_spikes for line in lines)]
    return parameter_error(type(part).__name__, "text", f"what Brian2 reads ({shortened(error)})", lines)
