"""The synapses of a circuit that learn, in the form of their loop, see `reservoir.plasticity.event_loop`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from reservoir.circuits import Circuit, Projection
from reservoir.circuits.receptors import Receptors
from reservoir.plasticity import Rule
from reservoir.plasticity.learning import Learning, Rules, learning_of
from reservoir.plasticity.plastic_synapses import (
    BRANCH,
    CHANCE,
    DYNAMICS,
    HEARS,
    LIST,
    LONG_AGO,
    PASSES,
    SPIKE,
    SYNAPSE,
    WAY,
    WHOLE,
    Answers,
    Branches,
    Clock,
    Passing,
    Plastic,
    Rows,
    Scaled,
    Synapses,
    Travelling,
    Ways,
)
from reservoir.validation import parameter_error

_KEPT = 40  # spikes of a unit that wait for its synapses to ask for them, besides those that must
_NOT_YET = np.zeros(0, np.int64)


class PlasticPart(NamedTuple):
    """All synapses that learn by one rule, as they are at the beginning."""

    projection: str
    source: Projection  # the projection itself
    which: np.ndarray  # (n_synapses,), their places in it, in the order of the loop
    rule: Rule
    plastic: Plastic

    @property
    def kernel(self) -> Any:
        """The compiled functions of the rule."""
        return self.rule.kernel

    @property
    def branch_of(self) -> np.ndarray:
        """The branch of each synapse (n_synapses,)."""
        table = self.plastic.branches.table
        return np.repeat(np.arange(len(table)), table["last"] - table["first"])


def plastic_parts(
    owner: str, plasticity: Rules | None, circuit: Circuit, kinds: Receptors, dt: float
) -> tuple[PlasticPart, ...]:
    """What learns in a circuit. ValueError for rules that have no compiled functions."""
    found = learning_of(owner, plasticity, circuit)
    if any(one.rule.kernel is None for one in found):
        why = "one of these runs in Brian2 only, by spiking.simulate and spiking.Microcircuit"
        raise parameter_error(owner, "plasticity", f"None or rules with a compiled kernel ({why})", plasticity)
    places, first = {}, 0
    for name, source, part in circuit.pathways():
        places[name] = first, 0 if source == "units" else circuit.n_units
        first += len(part)
    return tuple(_part(one, circuit, *places[one.projection], kinds, dt) for one in found)


def still_synapses(parts: Sequence[PlasticPart]) -> dict[str, np.ndarray]:
    """Which synapses (n_synapses,) do not learn, of the projections of which some do."""
    still: dict[str, np.ndarray] = {}
    for part in parts:
        still.setdefault(part.projection, np.ones(len(part.source), dtype=bool))[part.which] = False
    return still


def _part(one: Learning, circuit: Circuit, first: int, first_sender: int, kinds: Receptors, dt: float) -> PlasticPart:
    part, rule = circuit.projection(one.projection), one.rule
    kernel: Any = rule.kernel
    chosen, (delay, behind) = np.flatnonzero(one.synapses), delays_of(part, dt)
    order = chosen[np.lexsort((behind[chosen], delay[chosen], part.pre[chosen]))]
    ends = np.column_stack([part.pre[order] + first_sender, delay[order], behind[order]])
    begins = np.flatnonzero(np.append(True, (ends[1:] != ends[:-1]).any(axis=1)))
    ways = _ways(ends[begins], circuit.n_units + circuit.n_inputs)
    clock = _clock(rule, dt, int(behind[order].max()))
    synapses, passing = _synapses(rule, part, order, first, kinds, dt, len(kernel.own))
    plastic = Plastic(
        synapses, passing, _branches(begins, ends, len(clock.fade_x)), ways, _none_travelling(ways),
        _no_answers(part.post[order], circuit.n_units, clock),
        Scaled(_sums(rule, part, order, circuit.n_units), _NOT_YET, _NOT_YET),
        Rows(0, 0, np.zeros((0, 2), np.int64), np.zeros((0, 0, 0))),
        clock, np.zeros((0, 2), np.int64),
    )  # fmt: skip
    return PlasticPart(one.projection, part, order, rule, plastic)


def delays_of(part: Projection, dt: float) -> tuple[np.ndarray, np.ndarray]:
    """Steps of the delay of each synapse, and how many of these lie behind it."""
    delay = np.floor(part.delay / dt + 0.5).astype(np.int64)
    if part.dendritic_delay is None:
        return delay, np.zeros_like(delay)
    before = np.floor((part.delay - part.dendritic_delay) / dt + 0.5).astype(np.int64)
    return delay, delay - np.minimum(before, delay)


def _branches(begins: np.ndarray, ends: np.ndarray, n_pre: int) -> Branches:
    """Branches that begin with these synapses, where sender, delay and what of it lies behind are those of `ends`."""
    table = np.zeros(len(begins), BRANCH)
    table["first"], table["last"] = begins, np.append(begins[1:], len(ends))
    table["behind"], table["heard"], table["passed"] = ends[begins, 2], LONG_AGO, LONG_AGO
    return Branches(table, np.zeros((len(begins), n_pre)))


def _ways(ends: np.ndarray, n_senders: int) -> Ways:
    """The ways to branches, whose sender, delay, and how much of it lies behind, are these (n_branches, 3)."""
    sender, delay, behind = ends.T
    whole, split = np.flatnonzero(behind == 0), np.flatnonzero(behind > 0)
    table = np.zeros(len(whole) + 2 * len(split), WAY)
    table["branch"] = np.concatenate([whole, split, split])
    table["what"] = np.repeat([WHOLE, PASSES, HEARS], [len(whole), len(split), len(split)])
    table["delay"] = np.concatenate([delay[whole], delay[split], delay[split] - behind[split]])
    senders = sender[table["branch"]]
    order = np.lexsort((table["branch"], table["what"], table["delay"], senders))
    return Ways(np.searchsorted(senders[order], np.arange(n_senders + 1)), table[order])


def _synapses(
    rule: Rule, part: Projection, order: np.ndarray, first: int, kinds: Receptors, dt: float, n_own: int
) -> tuple[Synapses, Passing]:
    table, weight = np.zeros(len(order), SYNAPSE), np.abs(part.weight[order])
    courses, U = _courses(part.select(order), kinds, table), np.zeros(0)
    dynamics, chances = np.zeros(0, DYNAMICS), np.zeros(0, CHANCE)
    table["receiver"] = part.post[order]
    if part.U is not None and part.D is not None and part.F is not None:
        U, dynamics = part.U[order], np.zeros(len(order), DYNAMICS)
        dynamics["recovery"], dynamics["facilitation"], dynamics["R"] = dt / part.D[order], dt / part.F[order], 1.0
    if part.release_probability is not None:
        chances = np.zeros(len(order), CHANCE)
        chances["probability"], chances["number"] = part.release_probability[order], first + order
    table["value"], constant = (U, weight) if "U" in rule.read else (weight, np.zeros(0))
    passing = Passing(*courses, constant, U, dynamics, chances, np.zeros((0, 2), np.uint64))
    return Synapses(table, np.zeros((len(order), n_own))), passing


def _courses(part: Projection, kinds: Receptors, table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The kinds of current, and the factors of the magnitude, of each course; `table` gets those of synapses."""
    sign = np.copysign(1.0, part.weight) if part.reversal is None else np.ones(len(part))
    shares = kinds.of(part)
    columns = [share.receptor for share in shares], [share.factor * sign for share in shares]
    code = np.zeros(len(part), np.int64)
    for column in (*columns[0], *columns[1]):
        if (column != column[0]).any():
            found, places = np.unique(column, return_inverse=True)
            code = np.unique(code * len(found) + places, return_inverse=True)[1]
    table["course"] = code
    examples = np.unique(code, return_index=True)[1]
    return np.stack(columns[0], axis=1)[examples], np.stack(columns[1], axis=1)[examples]


def _none_travelling(ways: Ways) -> Travelling:
    """No spike on its way, and room for none."""
    lists = np.full(1 + int(ways.table["delay"].max(initial=0)), -1, np.int64)
    return Travelling(
        np.zeros(0, SPIKE), np.column_stack([lists, lists]).view(LIST)[:, 0], np.array([-1]), np.zeros(2, int)
    )


def _no_answers(receivers: np.ndarray, n_units: int, clock: Clock) -> Answers:
    """No spike of the receivers yet."""
    waiting, log = np.full(n_units, -1), np.zeros((n_units, clock.most_behind + _KEPT, 1 + 2 * len(clock.fade_y)))
    waiting[receivers], log[:, :, 0] = 0, LONG_AGO
    return Answers(waiting, log)


def _sums(rule: Rule, part: Projection, order: np.ndarray, n_units: int) -> np.ndarray:
    """The sums (n_units,) that a rule keeps; (0,) without it."""
    if rule.scaling is None:
        return np.zeros(0)
    sums = np.bincount(part.post[order], np.abs(part.weight[order]), n_units)
    return sums if rule.scaling.total is None else np.full(n_units, float(rule.scaling.total))


def _clock(rule: Rule, dt: float, most_behind: int) -> Clock:
    """Time, and the traces of either side."""
    kernel: Any = rule.kernel
    x, y = ([dt / rule.parameters[rule.traces[name]][0] for name in names] for names in (kernel.pre, kernel.post))
    fade_x, fade_y, none = np.array(x, dtype=float), np.array(y, dtype=float), np.zeros((0, 2), np.int64)
    return Clock(
        dt, 0, most_behind, most_behind > 0, fade_x, fade_y, fade_x.copy(), fade_x.copy(), fade_y.copy(),
        np.zeros(1), none,
    )  # fmt: skip


def with_room(travelling: Travelling, more: int) -> Travelling:
    """The same with so many places more."""
    old, spikes = len(travelling.spikes), np.zeros(more, SPIKE)
    spikes["following"] = np.append(np.arange(old + 1, old + more), travelling.free[0] if travelling.room[0] else -1)
    travelling.room[0] += more
    return travelling._replace(spikes=np.concatenate([travelling.spikes, spikes]), free=np.array([old]))
