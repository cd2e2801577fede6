"""Synapses that learn, from spike to spike.

Synapses of one sender that its spikes reach after the same delay are a branch: they share the traces of spikes that
arrive, as a unit shares those of its own spikes with all synapses that reach it. A synapse hears the spikes of its
receiver when something next asks for its value: a spike that arrives, a recording, the end. What it does then it would
have done at once, since nothing else changes it in between; so a spike of a unit touches none of its synapses.

Step k does, after its spikes have been sent, in this order:

1. spikes arrive: each is passed on with the value that the synapse has, then changes it;
2. spikes of step k of the receivers are noted, and change all values later on, as if it had been now;
3. values that are scaled are, and what is recorded is kept as it stands before step k + 1.

Where a part of a delay lies behind the synapse, it hears the sender so much before, and the receiver so much after.
"""

from __future__ import annotations

import math

import numpy as np

from reservoir import random_numbers
from reservoir.compilation import files_of, kernel
from reservoir.plasticity.kernel import change_at_answer, change_at_arrival, leave_answer, leave_arrival
from reservoir.plasticity.plastic_synapses import HEARS, NOTHING, PASSES
from reservoir.random_numbers import event_number

KEEP, BRING_UP = -1, -2
"""What `learn` is asked for in place of a step."""

_RULES = files_of(__package__)


@kernel(forceinline=True)
def faded(traces, fade, n_steps, into):
    """Traces, after so many steps."""
    for k in range(fade.size):
        into[k] = traces[k] * math.exp(-n_steps * fade[k])


@kernel(forceinline=True)
def catch_up(numbers, synapses, s, branch, sent_traces, answers, clock, step, x, y):
    """Let a synapse hear the spikes of its receiver before a step; `y` are the traces of these in the end."""
    steps, traces, receiver = answers.steps, answers.traces, synapses.ends[s]["receiver"]
    behind, done, heard, value = branch["behind"], branch["done"], branch["heard"], synapses.value[s]
    newest = answers.n[receiver] - 1
    while steps[receiver, newest] + behind >= step:
        newest -= 1
    k = newest
    while steps[receiver, k] + behind >= done:
        k -= 1
    while k < newest:
        k += 1
        at = steps[receiver, k] + behind
        faded(sent_traces, clock.fade_x, at - heard, x)
        seconds = (clock.behind + at) * clock.dt
        value = change_at_answer(numbers, value, synapses.own[s], x, traces[receiver, k, 0], seconds)
    synapses.value[s] = value
    faded(traces[receiver, newest, 1], clock.fade_y, step - steps[receiver, newest] - behind, y)


@kernel(random_numbers.__file__, forceinline=True)
def pass_on(synapses, passing, s, since, spike, slot):
    """Let a synapse pass on a spike, so many steps after the last one, into a slot of the ring of jumps."""
    jump, end = synapses.weight[s], synapses.ends[s]
    if passing.dynamics.size:
        own, U = passing.dynamics[s], passing.utilisation[s]
        R = 1.0 + (own["R"] - own["u"] * own["R"] - 1.0) * math.exp(-since * own["recovery"])
        u = U + own["u"] * (1.0 - U) * math.exp(-since * own["facilitation"])
        own["u"], own["R"] = u, R
        jump *= u * R
    if passing.chances.size and passing.chances[s]["probability"] < 1.0:
        chance = passing.chances[s]
        drawn = event_number(passing.keys, spike["trial"], spike["step"], chance["number"], spike["nth"])
        if drawn >= chance["probability"]:
            jump = 0.0
    for k in range(passing.kinds.shape[1]):
        slot[passing.kinds[end["course"], k], end["receiver"]] += jump * passing.factors[end["course"], k]


@kernel(*_RULES, random_numbers.__file__)
def visit(numbers, synapses, passing, branches, answers, clock, number, what, spike, step, slot, x, later, y):
    """Bring a branch up to a step, in which a spike may arrive."""
    branch, traces = branches.table[number], branches.x[number]
    since, seconds = float(step - branch["passed"]), (clock.behind + step) * clock.dt
    faded(traces, clock.fade_x, step - branch["heard"], x)
    for s in range(branch["first"], branch["last"]):
        catch_up(numbers, synapses, s, branch, traces, answers, clock, step, later, y)
        if what < HEARS:
            pass_on(synapses, passing, s, since, spike, slot)
        if what != PASSES and what != NOTHING:
            synapses.value[s] = change_at_arrival(numbers, synapses.value[s], synapses.own[s], x, y, seconds)
    branch["done"] = step
    if what < HEARS:
        branch["passed"] = step
    if what != PASSES and what != NOTHING:
        leave_arrival(numbers, x)
        branch["heard"] = step
        for k in range(clock.fade_x.size):
            traces[k] = x[k]


@kernel(forceinline=True)
def append(travelling, number, step):
    """Put a spike at the end of the list of a step."""
    due = travelling.lists[step % len(travelling.lists)]
    travelling.spikes[number]["following"] = -1
    if due["first"] < 0:
        due["first"] = number
    else:
        travelling.spikes[due["last"]]["following"] = number
    due["last"] = number


@kernel(forceinline=True)
def set_out(travelling, ways, clock, sender, nth, step):
    """Put a spike on its way."""
    way = ways.starts[sender]
    if way == ways.starts[sender + 1]:
        return
    number = travelling.free[0]
    spike = travelling.spikes[number]
    travelling.free[0] = spike["following"]
    travelling.room[0] -= 1
    spike["sender"], spike["sent"], spike["way"], spike["nth"] = sender, step, way, nth
    if len(clock.when):
        spike["trial"], spike["step"] = clock.when[step, 0], clock.when[step, 1]
    append(travelling, number, step + ways.table[way]["delay"])


@kernel(forceinline=True)
def go_on(travelling, ways, step):
    """Send the spikes that have arrived in this step to where they arrive next."""
    due = travelling.lists[step % len(travelling.lists)]
    number = due["first"]
    due["first"] = -1
    while number >= 0:
        spike = travelling.spikes[number]
        following, way, age = spike["following"], spike["way"], step - spike["sent"]
        end = ways.starts[spike["sender"] + 1]
        while way < end and ways.table[way]["delay"] == age:
            way += 1
        spike["way"] = way
        if way < end:
            append(travelling, number, spike["sent"] + ways.table[way]["delay"])
        else:
            spike["following"] = travelling.free[0]
            travelling.free[0] = number
            travelling.room[0] += 1
        number = following


@kernel(*_RULES, random_numbers.__file__, forceinline=True)
def arrive(numbers, plastic, step, slot, x, later, y):
    """Let all spikes arrive that are due: of those that a sender sent in one step the first, then the second.

    Where delays are split all synapses pass on a spike before any hears it: what is passed on was sent before.
    """
    travelling, ways, split = plastic.travelling, plastic.ways, plastic.clock.split
    turn, found, first = 0, True, travelling.lists[step % len(travelling.lists)]["first"]
    while found:
        found, number = False, first
        while number >= 0:
            spike = travelling.spikes[number]
            number, way, end = spike["following"], spike["way"], ways.starts[spike["sender"] + 1]
            if split and spike["nth"] != turn // 2:
                continue
            found = split
            while way < end and ways.table[way]["delay"] == step - spike["sent"]:
                to, what = ways.table[way]["branch"], ways.table[way]["what"]
                if not split or (what == HEARS) == (turn % 2 == 1):
                    visit(
                        numbers, plastic.synapses, plastic.passing, plastic.branches, plastic.answers, plastic.clock,
                        to, what, spike, step, slot, x, later, y,
                    )  # fmt: skip
                way += 1
        turn += 1
    go_on(travelling, ways, step)


@kernel(*_RULES, random_numbers.__file__, forceinline=True)
def bring_up(numbers, plastic, first, last, step, slot, x, later, y):
    """Let the synapses of some branches hear the spikes of their receivers before a step."""
    spike = plastic.travelling.spikes[0]
    for number in range(first, last):
        visit(
            numbers, plastic.synapses, plastic.passing, plastic.branches, plastic.answers, plastic.clock,
            number, NOTHING, spike, step, slot, x, later, y,
        )  # fmt: skip


@kernel(forceinline=True)
def forget(answers, most_behind, step):
    """Drop the spikes of units that all synapses have heard before a step, but the last."""
    for unit in range(answers.n.size):
        n, first = answers.n[unit], answers.n[unit] - 1
        while first > 0 and answers.steps[unit, first] + most_behind >= step:
            first -= 1
        if first > 0:
            for k in range(first, n):
                answers.steps[unit, k - first] = answers.steps[unit, k]
                answers.traces[unit, k - first] = answers.traces[unit, k]
            answers.n[unit] = n - first


@kernel(*_RULES, forceinline=True)
def answer(numbers, answers, fade, room, unit, step, y):
    """Note a spike of a unit; where that was the last that can be, there is no room for another step."""
    n = answers.n[unit]
    if n == 0:
        return
    faded(answers.traces[unit, n - 1, 1], fade, step - answers.steps[unit, n - 1], y)
    for k in range(fade.size):
        answers.traces[unit, n, 0, k] = y[k]
    leave_answer(numbers, y)
    for k in range(fade.size):
        answers.traces[unit, n, 1, k] = y[k]
    answers.steps[unit, n] = step
    answers.n[unit] = n + 1
    if n + 1 == answers.steps.shape[1]:
        room[1] = 0


@kernel(forceinline=True)
def scale(synapses, total):
    """Scale all values, so that those of a receiver have their sum."""
    sums = np.zeros(total.size)
    for s in range(synapses.value.size):
        sums[synapses.ends[s]["receiver"]] += synapses.value[s]
    for s in range(synapses.value.size):
        receiver = synapses.ends[s]["receiver"]
        if sums[receiver] > 0.0:
            synapses.value[s] *= total[receiver] / sums[receiver]


@kernel(*_RULES, random_numbers.__file__, forceinline=True)
def keep_rows(numbers, plastic, step, slot, x, later, y):
    """Keep what stands before a step, if that is wanted: value, u, R, own variables, and traces."""
    rows, synapses, branches, clock = plastic.rows, plastic.synapses, plastic.branches, plastic.clock
    passed = step + clock.behind
    if rows.every == 0 or passed % rows.every != 0:
        return
    row = passed // rows.every - rows.first
    if row < 0 or row >= len(rows.kept):
        return
    for k in range(len(rows.places)):
        s, number = rows.places[k]
        bring_up(numbers, plastic, number, number + 1, step, slot, x, later, y)
        catch_up(
            numbers, synapses, s, branches.table[number], branches.x[number], plastic.answers, clock, step, later, y
        )
        kept, place = rows.kept[row, k], 3
        kept[0] = synapses.value[s]
        if plastic.passing.dynamics.size:
            kept[1], kept[2] = plastic.passing.dynamics[s]["u"], plastic.passing.dynamics[s]["R"]
        for values in (synapses.own[s], x, y):
            for i in range(values.size):
                kept[place] = values[i]
                place += 1


@kernel(*_RULES, random_numbers.__file__)
def learn(numbers, plastic, ring, step, n_fired, n_sent):
    """All that learning does in a step in which so many spikes were sent, of which the first units have fired.

    With `n_sent` KEEP it keeps what stands before the step; with BRING_UP all synapses hear what was before it.
    """
    clock, slot, n_branches = plastic.clock, ring[step % len(ring)], len(plastic.branches.table)
    x, later, y = np.empty(clock.fade_x.size), np.empty(clock.fade_x.size), np.empty(clock.fade_y.size)
    scaled = n_sent >= 0 and plastic.scaled.n_done[0] < plastic.scaled.steps.size
    scaled = scaled and plastic.scaled.steps[plastic.scaled.n_done[0]] == step
    if n_sent >= 0:
        for k in range(1, n_sent + 1):
            set_out(plastic.travelling, plastic.ways, clock, plastic.sent[k, 0], plastic.sent[k, 1], step)
        arrive(numbers, plastic, step, slot, x, later, y)
        for k in range(1, n_fired + 1):
            answer(numbers, plastic.answers, clock.fade_y, plastic.travelling.room, plastic.sent[k, 0], step, y)
        step += 1
    if scaled or n_sent == BRING_UP:
        bring_up(numbers, plastic, 0, n_branches, step, slot, x, later, y)
    if scaled:
        plastic.scaled.n_done[0] += 1
        scale(plastic.synapses, plastic.scaled.total)
    if n_sent == BRING_UP:
        forget(plastic.answers, clock.most_behind, step)
        plastic.travelling.room[1] = 1
    else:
        keep_rows(numbers, plastic, step, slot, x, later, y)
    return step
