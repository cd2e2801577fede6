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

from reservoir import bound_calls, random_numbers
from reservoir.bound_calls import call
from reservoir.compilation import files_of, kernel
from reservoir.plasticity.kernel import change_at_answer, change_at_arrival, leave_answer, leave_arrival
from reservoir.plasticity.plastic_synapses import ANSWERS, HEARS, NOTHING, WHOLE
from reservoir.random_numbers import event_number

LEARN, KEEP, BRING_UP = range(3)
"""Tasks of `learn`."""

_RULES = files_of(__package__)


@kernel(forceinline=True)
def faded(traces, fade, n_steps, into):
    """Traces, after so many steps."""
    for k in range(fade.size):
        into[k] = traces[k] * math.exp(-n_steps * fade[k])


@kernel(forceinline=True)
def catch_up(numbers, synapses, s, branch, sent_traces, answers, clock, step, x, y):
    """The value of a synapse that has heard the spikes of its receiver before a step; `y` are their traces then."""
    spikes, n_post = answers.log[synapses.table[s]["receiver"]], clock.fade_y.size
    behind, done, heard, value = branch["behind"], branch["done"], branch["heard"], synapses.table[s]["value"]
    newest = 0
    while spikes[newest, 0] + behind >= step:
        newest += 1
    k = newest
    while spikes[k, 0] + behind >= done:
        k += 1
    while k > newest:
        k -= 1
        at = spikes[k, 0] + behind
        faded(sent_traces, clock.fade_x, at - heard, x)
        before, seconds = spikes[k, 1 : 1 + n_post], (clock.behind + at) * clock.dt
        value = change_at_answer(numbers, value, synapses.own[s], x, before, seconds)
    faded(spikes[newest, 1 + n_post :], clock.fade_y, step - spikes[newest, 0] - behind, y)
    return value


@kernel(random_numbers.__file__, forceinline=True)
def pass_on(synapses, passing, s, since, spike, slot):
    """Let a synapse pass on a spike, so many steps after the last one."""
    end, learns_weight = synapses.table[s], passing.weight.size == 0
    jump = end["value"] if learns_weight else passing.weight[s]
    if passing.dynamics.size:
        own, U = passing.dynamics[s], passing.utilisation[s] if learns_weight else end["value"]
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


@kernel(*_RULES, random_numbers.__file__, forceinline=True)
def act(numbers, synapses, passing, branches, spikes, answers, clock, ring, what, number, step, place):
    """What only the rule knows: bring a branch up to a step, in which a spike may arrive; or note one of a unit."""
    if what == ANSWERS:
        leave_answer(numbers, answers.log[number, 0, 1 + clock.fade_y.size :])
        return step
    branch, traces, x, later, y = branches.table[number], branches.x[number], clock.x, clock.later, clock.y
    since, seconds = float(step - branch["passed"]), (clock.behind + step) * clock.dt
    faded(traces, clock.fade_x, step - branch["heard"], x)
    for s in range(branch["first"], branch["last"]):
        value = catch_up(numbers, synapses, s, branch, traces, answers, clock, step, later, y)
        synapses.table[s]["value"] = value
        if what < HEARS:
            pass_on(synapses, passing, s, since, spikes[place], ring[step % len(ring)])
        if what == WHOLE or what == HEARS:
            synapses.table[s]["value"] = change_at_arrival(numbers, value, synapses.own[s], x, y, seconds)
    branch["done"] = step
    if what < HEARS:
        branch["passed"] = step
    if what == WHOLE or what == HEARS:
        leave_arrival(numbers, x)
        branch["heard"] = step
        for k in range(x.size):
            traces[k] = x[k]
    return step


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


@kernel(forceinline=True)
def look_ahead(plastic, step):
    """Read what the spikes of a step will touch, one independent of the other, so that the memory is not waited for."""
    spikes, ways, synapses, log = plastic.travelling.spikes, plastic.ways, plastic.synapses.table, plastic.answers.log
    number, seen = plastic.travelling.lists[step % len(plastic.travelling.lists)]["first"], 0.0
    while number >= 0:
        spike = spikes[number]
        way, end, number = spike["way"], ways.starts[spike["sender"] + 1], spike["following"]
        while way < end and ways.table[way]["delay"] == step - spike["sent"]:
            branch = plastic.branches.table[ways.table[way]["branch"]]
            for s in range(branch["first"], branch["last"]):
                seen += log[synapses[s]["receiver"], 0, 0]
            way += 1
    plastic.clock.seen[0] = seen


@kernel(bound_calls.__file__, forceinline=True)
def arrive(plastic, code, place, step):
    """Let all spikes arrive that are due: of those that a sender sent in one step the first, then the second.

    Where delays are split all synapses pass on a spike before any hears it: what is passed on was sent before.
    """
    spikes, ways, split = plastic.travelling.spikes, plastic.ways, plastic.clock.split
    turn, found, lists = 0, True, plastic.travelling.lists
    while found:
        found, number = False, lists[step % len(lists)]["first"]
        while number >= 0:
            spike, now = spikes[number], number
            number, way, end = spike["following"], spike["way"], ways.starts[spike["sender"] + 1]
            if split and spike["nth"] != turn // 2:
                continue
            found = split
            while way < end and ways.table[way]["delay"] == step - spike["sent"]:
                what = ways.table[way]["what"]
                if not split or (what == HEARS) == (turn % 2 == 1):
                    call(code, place, what, ways.table[way]["branch"], step, now)
                way += 1
        turn += 1
    go_on(plastic.travelling, ways, step)


@kernel(bound_calls.__file__, forceinline=True)
def answer(plastic, code, place, unit, step):
    """Note a spike of a unit; where that was the last that can be, there is no room for another step."""
    answers, fade = plastic.answers, plastic.clock.fade_y
    if answers.waiting[unit] < 0:
        return
    spikes, n_post = answers.log[unit], fade.size
    for k in range(answers.waiting[unit] + plastic.clock.most_behind + 1, 0, -1):
        for i in range(spikes.shape[1]):
            spikes[k, i] = spikes[k - 1, i]
    spikes[0, 0] = step
    faded(spikes[1, 1 + n_post :], fade, step - spikes[1, 0], spikes[0, 1:])
    for k in range(n_post):
        spikes[0, 1 + n_post + k] = spikes[0, 1 + k]
    call(code, place, ANSWERS, unit, step, 0)
    answers.waiting[unit] += 1
    if answers.waiting[unit] + plastic.clock.most_behind + 2 > len(spikes):
        plastic.travelling.room[1] = 0


@kernel(forceinline=True)
def scale(synapses, total):
    """Scale all values, so that those of a receiver have their sum."""
    sums = np.zeros(total.size)
    for s in range(len(synapses.table)):
        sums[synapses.table[s]["receiver"]] += synapses.table[s]["value"]
    for s in range(len(synapses.table)):
        receiver = synapses.table[s]["receiver"]
        if sums[receiver] > 0.0:
            synapses.table[s]["value"] *= total[receiver] / sums[receiver]


@kernel(forceinline=True)
def keep_traces(plastic, number, s, step, kept):
    """Keep the traces of spikes that have arrived at a synapse of a branch, and of those of its receiver."""
    branches, clock = plastic.branches, plastic.clock
    spikes, behind = plastic.answers.log[plastic.synapses.table[s]["receiver"]], branches.table[number]["behind"]
    newest, n_pre, n_post = 0, clock.fade_x.size, clock.fade_y.size
    while spikes[newest, 0] + behind >= step:
        newest += 1
    faded(branches.x[number], clock.fade_x, step - branches.table[number]["heard"], kept)
    faded(spikes[newest, 1 + n_post :], clock.fade_y, step - spikes[newest, 0] - behind, kept[n_pre:])


@kernel(bound_calls.__file__, forceinline=True)
def keep_rows(plastic, code, place, step):
    """Keep what stands before a step, if that is wanted: value, u, R, own variables, and traces."""
    rows, synapses, dynamics = plastic.rows, plastic.synapses, plastic.passing.dynamics
    passed, n_own = step + plastic.clock.behind, synapses.own.shape[1]
    row = passed // max(rows.every, 1) - rows.first
    if rows.every == 0 or passed % rows.every != 0 or row < 0 or row >= len(rows.kept):
        return
    for k in range(len(rows.places)):
        s, number, kept = rows.places[k, 0], rows.places[k, 1], rows.kept[row, k]
        call(code, place, NOTHING, number, step, 0)
        kept[0] = synapses.table[s]["value"]
        if dynamics.size:
            kept[1], kept[2] = dynamics[s]["u"], dynamics[s]["R"]
        for i in range(n_own):
            kept[3 + i] = synapses.own[s, i]
        keep_traces(plastic, number, s, step, kept[3 + n_own :])


@kernel(bound_calls.__file__, *_RULES, forceinline=True)
def learn(plastic, code, place, step, n_fired, n_sent, task):
    """All that learning does in a step in which so many spikes were sent, of which the first units have fired.

    What the rule does is a bound call of `act`, by its `code` and `place`. With another task than LEARN it only keeps
    what stands before the step, or lets all synapses hear what was before it.
    """
    scaled = task == LEARN and plastic.scaled.n_done[0] < plastic.scaled.steps.size
    scaled = scaled and plastic.scaled.steps[plastic.scaled.n_done[0]] == step
    if task == LEARN:
        for k in range(1, n_sent + 1):
            set_out(plastic.travelling, plastic.ways, plastic.clock, plastic.sent[k, 0], plastic.sent[k, 1], step)
        look_ahead(plastic, step)
        arrive(plastic, code, place, step)
        for k in range(1, n_fired + 1):
            answer(plastic, code, place, plastic.sent[k, 0], step)
        step += 1
    if scaled or task == BRING_UP:
        for number in range(len(plastic.branches.table)):
            call(code, place, NOTHING, number, step, 0)
    if scaled:
        plastic.scaled.n_done[0] += 1
        scale(plastic.synapses, plastic.scaled.total)
    if task == BRING_UP:
        plastic.answers.waiting[:] = np.minimum(plastic.answers.waiting, 0)
        plastic.travelling.room[1] = 1
    else:
        keep_rows(plastic, code, place, step)
    return step
