"""Which synapses of a circuit learn by which rule."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from reservoir.circuits import Circuit
from reservoir.circuits.circuit import Pathway
from reservoir.parts import PlasticityRule, check_part
from reservoir.plasticity.rule import Rule
from reservoir.validation import parameter_error

Rules: TypeAlias = Mapping[str, PlasticityRule | Sequence[PlasticityRule]] | Sequence[PlasticityRule]
"""Rules by the names of projections, one or several each; or a list of rules that name their populations."""

_CHANNELS = "inputs"


class Learning(NamedTuple):
    """Synapses of one projection that learn by one rule."""

    projection: str
    synapses: np.ndarray  # (n_synapses of the projection,), which of them learn
    rule: Rule  # its text for these synapses


def learning_of(owner: str, plasticity: Rules | None, circuit: Circuit) -> list[Learning]:
    """What learns in a circuit, by projection and rule.

    In a dict a rule learns in the projection of its name; in a list in all projections between units, and from the
    channels where it says so: ``between=("inputs", "E")``.

    Raises ValueError for names that the circuit does not have, rules that act on no synapse, and synapses that two
    rules would change.
    """
    found, pathways = [], circuit.pathways()
    for places, rule in _assigned(owner, plasticity, pathways):
        chosen = [(place, _chosen(owner, rule, place, circuit)) for place in places]
        if not any(mask.any() for _, mask in chosen) and any(len(place.projection) for place in places):
            names = " and ".join(repr(place.name) for place in places)
            wanted = f"rules that act on a synapse; {rule} finds none in {names}"
            raise parameter_error(owner, "plasticity", wanted, plasticity)
        found += [
            Learning(place.name, mask, rule.rule(place.projection.select(mask))) for place, mask in chosen if mask.any()
        ]
    _check_apart(owner, plasticity, found)
    return found


def _assigned(owner: str, plasticity: Any, pathways: list[Pathway]) -> Iterator[tuple[list[Pathway], PlasticityRule]]:
    """Every rule, and the projections in which it may learn."""
    named = {pathway.name: pathway for pathway in pathways}
    if isinstance(plasticity, Mapping) and set(plasticity) <= set(named):
        pairs = [(name, rule) for name, rules in plasticity.items() for rule in _listed(rules)]
        yield from (([named[name]], _checked(owner, rule)) for name, rule in pairs)
    elif isinstance(plasticity, list | tuple):
        for rule in plasticity:
            channels = (getattr(_checked(owner, rule), "between", None) or ("",))[0] == _CHANNELS
            yield [place for place in pathways if (place.source == _CHANNELS) == channels], rule
    elif plasticity is not None:
        wanted = f"None, a list of rules or a dict of rules by projection, {' or '.join(map(repr, named))}"
        raise parameter_error(owner, "plasticity", wanted, plasticity)


def _listed(rules: Any) -> list[Any]:
    return list(rules) if isinstance(rules, list | tuple) else [rules]


def _checked(owner: str, rule: Any) -> PlasticityRule:
    check_part(owner, "plasticity", rule, PlasticityRule)
    return rule


def _chosen(owner: str, rule: PlasticityRule, place: Pathway, circuit: Circuit) -> np.ndarray:
    """Which synapses (n_synapses,) of a projection a rule changes."""
    part, between = place.projection, getattr(rule, "between", None)
    if not len(part):
        return np.zeros(0, dtype=bool)
    mask = np.asarray(rule.acts_on(part), dtype=bool)
    if between is None:
        return mask
    if not isinstance(between, list | tuple) or len(between) != 2 or not all(isinstance(one, str) for one in between):
        raise parameter_error(type(rule).__name__, "between", "None or the names of two populations", between)
    senders, receivers = between
    if place.source != _CHANNELS:
        mask = mask & circuit.population(senders)[part.pre]
    elif senders != _CHANNELS:
        raise parameter_error(owner, "plasticity", f"a rule between {_CHANNELS!r} and units in {place.name!r}", rule)
    return mask & circuit.population(receivers)[part.post]


def _check_apart(owner: str, plasticity: Any, found: list[Learning]) -> None:
    """Refuse synapses that two rules would change."""
    for name in {one.projection for one in found}:
        masks = [one.synapses for one in found if one.projection == name]
        if (shared := np.sum(masks, axis=0) > 1).any():
            wanted = f"rules that do not share synapses ({shared.sum()} in {name!r}); `between` keeps them apart"
            raise parameter_error(owner, "plasticity", wanted, plasticity)
