"""Paths, into which the synapses of a circuit are cut, as Brian2 is given them: text, ways of spikes, and numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from reservoir.circuits import Projection
from reservoir.circuits.receptors import Receptors
from reservoir.plasticity import Rule
from reservoir.plasticity.learning import Learning
from spiking.receptor_text import names_of_kinds
from spiking.synapses import Synapse, conductance, current, depressing_and_facilitating, jump, released


class Path(NamedTuple):
    """Synapses of one projection and one source with one kind of course, all dynamic or none, all plastic or none."""

    projection: str  # its name in the circuit
    source: str  # a group of units, "inputs", or "selves": units that fire of themselves
    which: np.ndarray  # (n_synapses,), their places in the projection
    pre: np.ndarray  # (n_synapses,)
    post: np.ndarray  # (n_synapses,)
    weight: np.ndarray  # (n_synapses,), amperes, siemens or volts
    delay: np.ndarray  # (n_synapses,), steps
    behind: np.ndarray | None  # (n_synapses,), how many of these lie behind the synapse; None: none
    kinds: tuple[int, ...]  # of the current or conductance; of one that rises, the slow and the fast exponential
    peak: float  # factor of their weights
    dynamics: tuple[np.ndarray, np.ndarray, np.ndarray] | None  # U, D, F
    share: np.ndarray | None  # (n_synapses,), of the spikes that are released; None: all
    first: int  # the number, in the circuit, of the first synapse of the projection
    rule: Rule | None
    target: str = "units"  # a group of units


def paths_of(
    name: str,
    source: str,
    part: Projection,
    chosen: np.ndarray,
    kinds: Receptors,
    learning: list[Learning],
    dt: float,
) -> list[Path]:
    """The chosen synapses (n_synapses,) of a projection, cut into paths."""
    paths, shares = [], kinds.of(part)
    still = ~np.any([one.synapses for one in learning], axis=0) if learning else np.ones(len(part), dtype=bool)
    delay = np.floor(part.delay / dt + 0.5).astype(np.int64)
    behind = None if part.dendritic_delay is None else _steps_behind(part, delay, dt)
    dynamics = None if part.U is None or part.D is None or part.F is None else (part.U, part.D, part.F)
    courses = np.column_stack([share.receptor for share in shares])
    whole = Path(
        name, source, np.arange(len(part)), part.pre, part.post, part.weight, delay, behind, (), 1.0, dynamics,
        part.release_probability, 0, None,
    )  # fmt: skip
    for course in np.unique(courses[chosen], axis=0):
        alike = chosen & (courses == course).all(axis=1)
        for rule, synapses in [(None, still), *((one.rule, one.synapses) for one in learning)]:
            which = np.flatnonzero(alike & synapses)
            if which.size:
                paths.append(whole._replace(
                    pre=part.pre[which], post=part.post[which], kinds=tuple(course.tolist()),
                    peak=float(shares[0].factor[which[0]]), rule=rule, **_chosen(whole, which),
                ))  # fmt: skip
    return paths


def _steps_behind(part: Projection, delay: np.ndarray, dt: float) -> np.ndarray:
    """How many steps of each delay lie behind the synapse; the others are rounded as they are without these."""
    before = np.floor((part.delay - np.asarray(part.dendritic_delay)) / dt + 0.5).astype(np.int64)
    return delay - np.minimum(before, delay)


def by_groups(paths: Iterable[Path], groups: Mapping[str, np.ndarray]) -> Iterator[Path]:
    """The paths cut by the groups of their two ends, units (n,) by name, with the numbers of units in these."""
    names, n_units = list(groups), sum(map(len, groups.values()))
    label, place = np.zeros(n_units, dtype=np.int64), np.zeros(n_units, dtype=np.int64)
    for number, units in enumerate(groups.values()):
        label[units], place[units] = number, np.arange(len(units))
    for path in paths:
        between = path.source == "units"
        for sender, receiver in product(range(len(groups)) if between else (None,), range(len(groups))):
            chosen = label[path.post] == receiver
            chosen &= (label[path.pre] == sender) if sender is not None else True
            which = np.flatnonzero(chosen)
            if not which.size:
                continue
            pre = path.pre[which]
            yield path._replace(
                source=path.source if sender is None else names[sender],
                target=names[receiver],
                pre=pre if sender is None else place[pre],
                post=place[path.post[which]],
                **_chosen(path, which),
            )


def _chosen(path: Path, which: np.ndarray) -> dict[str, Any]:
    """What some of the synapses of a path have, by the names of its fields."""
    found: dict[str, Any] = {name: getattr(path, name)[which] for name in ("which", "weight", "delay")}
    found |= {name: None if (one := getattr(path, name)) is None else one[which] for name in ("behind", "share")}
    if path.dynamics is not None:
        U, D, F = path.dynamics
        found["dynamics"] = U[which], D[which], F[which]
    return found


class Way(NamedTuple):
    """One of the ways in which a spike of the sender comes to synapses."""

    name: str
    event: str  # of the sender
    text: str
    delay: np.ndarray  # (n_synapses,), steps


def synapse_of(path: Path, kinds: Receptors) -> Synapse:
    """The text of the synapses of a path, without their rule."""
    names, n_currents = list(names_of_kinds(kinds)), len(kinds.currents)
    own = [names[kind] for kind in path.kinds]
    if own == ["J_0"]:
        kind = jump(*own)
    else:
        kind = current(*own) if path.kinds[0] < n_currents else conductance(*own)
    kind = kind if path.dynamics is None else depressing_and_facilitating(kind)
    return kind if path.share is None else released(kind)


def ways_of(path: Path, rule: Rule | None, kind: Synapse, most: int, dt: float) -> list[Way]:
    """The ways of spikes, of which a channel may send so many in a step, in the order in which they come.

    Where a part of the delay lies behind the synapse, its rule hears them so much earlier than the receiver. What a
    rule lets them do later comes behind all.
    """
    ways, heard = [], path.delay if path.behind is None else path.delay - path.behind
    before, after = ([], []) if rule is None else ([*rule.before], [*rule.on_pre])
    events = [(f"again_{nth}",) * 2 if nth else ("pre", "spike") for nth in range(most)]
    for nth, (name, event) in enumerate(events):
        passed_on = [line.format(amount="w", nth=nth) for line in kind.on_pre]
        if path.behind is None or rule is None:
            ways.append(Way(name, event, "\n".join([*before, *passed_on, *after]), path.delay))
            continue
        ways.append(Way(name, event, "\n".join(passed_on), path.delay))
        if before or after:
            ways.append(Way(f"heard_{nth}", event, "\n".join([*before, *after]), heard))
    if rule is not None and rule.later is not None:
        text, delay = "\n".join(rule.later.text), heard + round(rule.later.seconds / dt)
        ways += [Way(f"late_{name}", event, text, delay) for name, event in events]
    return ways


def numbers_of(path: Path, kinds: Receptors) -> dict[str, tuple[Any, str]]:
    """The numbers of the synapses, and their units."""
    found: dict[str, tuple[Any, str]] = {"w": (np.abs(path.weight), "amp")}
    n_currents = len(kinds.currents)
    if not n_currents <= path.kinds[0] < n_currents + len(kinds.conductances):
        found["direction"] = np.copysign(1.0, path.weight), "1"
    if len(path.kinds) > 1:
        found["peak_of_course"] = path.peak, "1"
    if path.dynamics is not None:
        U, D, F = path.dynamics
        found |= {"U": (U, "1"), "D": (D, "second"), "F": (F, "second"), "R": (np.ones(len(U)), "1")}
    if path.share is not None:
        found |= {"share_released": (path.share, "1"), "number_of_synapse": (np.arange(len(path.share)), "1")}
    return found


def interpreted(brian2: Any) -> Any:
    """What runs the code of synapses that call Python, whatever the rest is compiled to."""
    return brian2.codegen.runtime.numpy_rt.NumpyCodeObject
