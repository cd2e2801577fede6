"""Names of a unit and of its synapses, which Brian2 wants apart: those of a unit make way."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from reservoir.plasticity import Rule, UnitVariables
from reservoir.validation import parameter_error

if TYPE_CHECKING:
    from spiking.circuit_text import UnitText

SYNAPTIC = frozenset(("w", "direction", "U", "D", "F", "u", "R", "last", "lastupdate"))
# What the engine calls its own, in units and synapses.
ENGINES = re.compile(
    r"I|t|dt|i|j|N|xi|hold|listening|normal|uniform|hits|injected|v_before|lastspike|not_refractory|I_conductances"
    r"|I_injected|I_background|(outside|timed)_\w+|(I|G|E|J|tau_I|tau_G|block|unblocked)_\d+|is_released|chance_of_release"
    r"|peak_of_course|number_of_synapse|tile_of_synapse|share_released"
)
_ENDS = re.compile(r"\w+_(pre|post)")
_DEFINED = re.compile(r"^\s*(?:d(\w+)/dt|(\w+))\s*[=:]", re.MULTILINE)


def defined_in(text: str) -> set[str]:
    """The names that lines of equations define."""
    return {one or other for one, other in _DEFINED.findall(text)}


def names_in(text: str) -> set[str]:
    """All names in a text."""
    return set(re.findall(r"\b[A-Za-z_]\w*\b", text))


def names_of(rule: Rule) -> set[str]:
    """The names that a rule gives to variables and numbers of a synapse."""
    given = {*rule.traces, *rule.parameters, *(name for name, _ in rule.signals), *defined_in("\n".join(rule.model))}
    return given | ({rule.feedback.name} if rule.feedback is not None else set())


def check_rules(owner: str, plasticity: object, rules: Iterable[Rule]) -> None:
    """Refuse rules that define names which the engine needs, or that give the units one name for two things."""
    known: dict[str, tuple[UnitVariables | None, dict[str, Any]]] = {}
    for rule in rules:
        if rule.kernel is not None and not _has_text(rule):
            why = "one of these runs in Numba only, by reservoir.simulate and LiquidState"
            raise parameter_error(owner, "plasticity", f"None or rules with a text ({why})", plasticity)
        of_units = set() if rule.units is None else defined_in("\n".join(rule.units.model))
        names = names_of(rule) | of_units
        taken = {name for name in names if ENGINES.fullmatch(name) or _ENDS.fullmatch(name)}
        if taken := taken | (names_of(rule) & SYNAPTIC):
            wanted = f"rules that define no names of the simulation, such as {', '.join(sorted(taken))}"
            raise parameter_error(owner, "plasticity", wanted, plasticity)
        numbers = numbers_of_units(rule)
        for name in of_units:
            text, others = known.setdefault(name, (rule.units, numbers))
            if text != rule.units:
                wanted = f"rules that do not give units two variables of one name, {name}"
                raise parameter_error(owner, "plasticity", wanted, plasticity)
            if unlike := sorted(one for one in numbers if numbers[one] != others[one]):
                wanted = f"rules whose variables of units, such as {name}, have one {' and one '.join(unlike)}"
                raise parameter_error(owner, "plasticity", wanted, plasticity)


def _has_text(rule: Rule) -> bool:
    """Whether a rule says in words what synapses do."""
    return any((rule.before, rule.on_pre, rule.on_post, rule.later, rule.on_step, rule.model, rule.feedback))


def numbers_of_units(rule: Rule) -> dict[str, tuple[float, str]]:
    """The numbers of a rule that stand in the text of its variables of units."""
    if rule.units is None:
        return {}
    texts = "\n".join([*rule.units.model, *rule.units.reset, *rule.units.start.values()])
    return {name: number for name, number in rule.parameters.items() if name in names_in(texts)}


def make_way(text: UnitText, rules: Iterable[Rule]) -> tuple[UnitText, dict[str, str]]:
    """The text of units with other names for what their synapses call their own, and these names."""
    taken = SYNAPTIC.union(*map(names_of, rules))
    new = {name: f"{name}_of_unit" for name in defined_in(text.model) & taken}
    return text._replace(**{name: _with_names(field, new) for name, field in text._asdict().items()}), new


def _with_names(field: Any, new: Mapping[str, str]) -> Any:
    if isinstance(field, str):
        return renamed(field, new)
    if isinstance(field, dict):
        return {new.get(name, name): _with_names(value, new) for name, value in field.items()}
    return field


def follow(rule: Rule, new: Mapping[str, str]) -> Rule:
    """The rule with the new names of the variables of units, behind which stands ``_pre`` or ``_post``."""
    ends = {f"{name}_{end}": f"{other}_{end}" for name, other in new.items() for end in ("pre", "post")}

    def lines(texts: Iterable[str]) -> list[str]:
        return [renamed(text, ends) for text in texts]

    return rule._replace(
        model=tuple(lines(rule.model)),
        before=lines(rule.before),
        on_pre=lines(rule.on_pre),
        on_post=lines(rule.on_post),
        on_step=lines(rule.on_step),
        start={name: renamed(text, ends) for name, text in rule.start.items()},
        feedback=None if rule.feedback is None else rule.feedback._replace(told=lines(rule.feedback.told)),
        later=None if rule.later is None else rule.later._replace(text=lines(rule.later.text)),
    )


def lines_of(rule: Rule) -> list[str]:
    """All variables and numbers of a synapse that a rule defines."""
    numbers = [f"{name} : {unit} (shared, constant)" for name, (_, unit) in rule.parameters.items()]
    traces = [f"d{name}/dt = -{name} / {tau} : 1 (event-driven)" for name, tau in rule.traces.items()]
    told = [f"{rule.feedback.name} : 1"] if rule.feedback is not None else []
    return [*numbers, *traces, *told, *rule.model]


def renamed(text: str, new: Mapping[str, str]) -> str:
    """A text with other names, also in ``dname/dt``."""

    def name_of(found: re.Match[str]) -> str:
        whole, inside = found.group(), found.group(1)
        return f"d{new[inside]}" if inside in new else new.get(whole, whole)

    return re.sub(r"\bd(\w+)(?=/dt\b)|\b[A-Za-z_]\w*\b", name_of, text)
