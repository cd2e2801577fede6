"""The loop of all spiking units: units, synapses and spikes on one grid of time steps.

Step k does, in this order:

1. delta synapses whose spikes arrived in step k - 1 move the voltage of units that are not held; then the units move by
   their own equation, under the currents as they stood at the end of step k - 1 and their decay during the step;
   conductances stand open at their mean during the step; refractory units are held where the model says so; units
   above threshold fire and are reset;
2. the synaptic currents and conductances decay;
3. the spikes of step k, of units and of input channels, are sent: each synapse puts its jump into a ring of future
   steps, k + delay; what is due at k is added to the currents, and the jumps of the background at k. A unit feels it
   from step k + 1 on.

A dynamic synapse (Markram, Wang, Tsodyks 1998, Proc. Natl. Acad. Sci. 95:5323, doi:10.1073/pnas.95.9.5323) changes
when a spike is sent, a time D after the one before:

    R <- 1 + (R - u R - 1) exp(-D / tau_rec),   u <- U + u (1 - U) exp(-D / tau_fac),   jump = weight u R

with u = 0 and R = 1 at rest. Only spikes cost time there. Whether a spike is released says a number of the trial, the
step in which it is sent, and the synapse.

A unit model is a record and a NamedTuple of arrays with a compiled function `advance`, which the loop finds by the type
of the tuple when it is compiled; see ``lif.py``. The record has `initial_state`, the variables of units that begin, and
`cells`, the tuple for one length of a step, which puts its step in words for Brian2 in `statements`, see
``statements.py``; and where random numbers move it, `noise`, a number that is 0 when they do not. Beside or in place of
`advance` the tuple may have `conduct`, which hears conductances as such.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba.extending import overload

from reservoir import bound_calls, random_numbers
from reservoir.compilation import files_of, kernel
from reservoir.neurons import exponential
from reservoir.neurons.spiking import magnesium
from reservoir.neurons.spiking.learning import has_room, learn_step, tell
from reservoir.neurons.spiking.magnesium import open_share, unblocked
from reservoir.neurons.spiking.sending import Wiring, add_background, deliver, move_voltages, send

NEVER = 2**62
"""A step that does not come: when a unit that has not fired last fired, negative, or when a dead one may fire."""

_FAR = 2**52  # steps; larger ones are not kept apart in a vector of floats

ALL_MODELS = exponential.__file__, random_numbers.__file__, bound_calls.__file__, *files_of(__package__)
"""The files of what a kernel calls that moves units of any model."""


class State(NamedTuple):
    """All that a circuit carries from one step to the next."""

    variables: np.ndarray  # (n_variables, n_units); the first is the voltage
    currents: np.ndarray  # (n_kinds, n_units), amperes, then siemens, then volts that arrived in the last step
    ring: np.ndarray  # (n_slots, n_kinds, n_units), jumps to come, of the kinds that synapses have
    ready: np.ndarray  # (n_units,), first step at which a unit is free again
    u: np.ndarray  # (n_dynamic,), of dynamic synapses
    R: np.ndarray  # (n_dynamic,)
    last_sent: np.ndarray  # (n_senders,), step of the last spike
    scratch: np.ndarray  # (n_units,), room for a step


class Probe(NamedTuple):
    """What is kept over time: a row wherever step 0 of the circuit is so many times `every` steps ago."""

    every: int  # steps; 0 keeps nothing
    behind: int  # steps of the circuit before step 0 of this run
    first: int  # number of the row that stands in front
    variables: np.ndarray  # (n_values,), which variables of units
    units: np.ndarray  # (n_values,), of which
    values: np.ndarray  # (n_rows, n_values)
    receivers: np.ndarray  # (n_receivers,), units whose synaptic currents are kept
    currents: np.ndarray  # (n_rows, n_receivers), amperes
    opened: np.ndarray  # (n_opened,), units whose conductances are kept
    conductances: np.ndarray  # (n_rows, n_opened), siemens


_NO_NUMBERS, _NO_VALUES = np.zeros(0, np.int64), np.zeros((0, 0))
NOTHING = Probe(0, 0, 0, *(_NO_NUMBERS,) * 2, *(_NO_VALUES, _NO_NUMBERS) * 2, _NO_VALUES)
"""A probe that keeps nothing."""


class Conductances(NamedTuple):
    """What the kinds of conductances have in common in all units."""

    reversal: np.ndarray  # (n_conductances,), volts
    mean: np.ndarray  # (n_conductances,), mean during a step over the value before


@kernel(forceinline=True)
def open_conductances(conductances, values, external, conductance, driven):
    """Mean conductance (n_units,) of a step, and the injected current with what drives it to the reversals."""
    for i in range(driven.size):
        conductance[i], driven[i] = 0.0, external[i]
    for r in range(conductances.reversal.size):
        mean, pull = conductances.mean[r], conductances.mean[r] * conductances.reversal[r]
        for i in range(driven.size):
            conductance[i] += mean * values[r, i]
            driven[i] += pull * values[r, i]


@kernel(forceinline=True)
def hold_conductances(conductances, values, external, v, driven):
    """Current (n_units,) of a step: what is injected, and what flows through the conductances as the step begins."""
    for i in range(driven.size):
        driven[i] = external[i]
    for r in range(conductances.reversal.size):
        for i in range(driven.size):
            driven[i] += values[r, i] * (conductances.reversal[r] - v[i])


def advance_units(
    cells: Any,
    step: int,
    external: np.ndarray,
    currents: np.ndarray,
    noise: np.ndarray,
    state: State,
    fired: np.ndarray,
) -> int:
    """Move all units by one step and reset those that fire: their number, and which they are in `fired` (n_units,).

    `external` (n_units,) and `currents` (n_currents, n_units) are amperes at the beginning of the step, of at least
    two kinds, `noise` (n_units,) are normal numbers, or none.
    """
    if hasattr(cells, "advance"):
        return type(cells).advance(cells, step, external, currents, noise, state, fired)
    return type(cells).conduct(cells, step, external, currents, np.zeros(external.size), noise, state, fired)


def conduct_units(
    cells: Any,
    step: int,
    external: np.ndarray,
    currents: np.ndarray,
    conductances: Conductances,
    values: np.ndarray,
    noise: np.ndarray,
    state: State,
    fired: np.ndarray,
) -> int:
    """The same under conductances, `values` (n_conductances, n_units) at the beginning of the step.

    A record with `conduct` gets their mean over the step, and in `external` the current that drives the voltage to
    their reversals; to one without they are a current that keeps the value it has at the beginning of the step.
    """
    if hasattr(cells, "conduct_each"):
        return type(cells).conduct_each(cells, step, external, currents, conductances, values, noise, state, fired)
    driven = np.empty(external.size)
    if hasattr(cells, "conduct"):
        conductance = np.empty(external.size)
        open_conductances(conductances, values, external, conductance, driven)
        return type(cells).conduct(cells, step, driven, currents, conductance, noise, state, fired)
    hold_conductances(conductances, values, external, state.variables[0], driven)
    return type(cells).advance(cells, step, driven, currents, noise, state, fired)


def _of_record(cells: Any, name: str) -> Any:
    return getattr(getattr(cells, "instance_class", None), name, None)


@overload(advance_units, jit_options={"forceinline": True})
def _typed_advance_units(cells, step, external, currents, noise, state, fired):
    advance, conduct = _of_record(cells, "advance"), _of_record(cells, "conduct")
    if advance is not None:
        return lambda cells, step, external, currents, noise, state, fired: advance(
            cells, step, external, currents, noise, state, fired
        )
    if conduct is not None:
        return lambda cells, step, external, currents, noise, state, fired: conduct(
            cells, step, external, currents, np.zeros(external.size), noise, state, fired
        )
    return None


@overload(conduct_units, jit_options={"forceinline": True})
def _typed_conduct_units(cells, step, external, currents, conductances, values, noise, state, fired):
    advance, conduct = _of_record(cells, "advance"), _of_record(cells, "conduct")

    def opened(cells, step, external, currents, conductances, values, noise, state, fired):
        driven, conductance = np.empty(external.size), np.empty(external.size)
        open_conductances(conductances, values, external, conductance, driven)
        return conduct(cells, step, driven, currents, conductance, noise, state, fired)

    def held(cells, step, external, currents, conductances, values, noise, state, fired):
        driven = np.empty(external.size)
        hold_conductances(conductances, values, external, state.variables[0], driven)
        return advance(cells, step, driven, currents, noise, state, fired)

    def each(cells, step, external, currents, conductances, values, noise, state, fired):
        return by_model(cells, step, external, currents, conductances, values, noise, state, fired)

    by_model = _of_record(cells, "conduct_each")
    return each if by_model is not None else held if conduct is None else opened


@kernel(*ALL_MODELS, forceinline=True)
def conduct_blocked(cells, step, external, currents, conductances, blocks, values, noise, state, fired):
    """The same where magnesium blocks some conductances: with the mean of its block before and after the step.

    So the step is taken twice, first with the block before it; where a unit fires in that, the block stays what it was.
    """
    n_units = external.size
    before, after = np.empty((blocks.strength.size, n_units)), np.empty((blocks.strength.size, n_units))
    unblocked(blocks, state.variables[0], before)
    variables, ready = state.variables.copy(), state.ready.copy()
    opened = np.empty(values.shape)
    n_fired = 0
    for turn in range(2):
        if turn == 1:
            unblocked(blocks, state.variables[0], after)
            for b in range(blocks.strength.size):
                for j in range(n_fired):
                    after[b, fired[j]] = before[b, fired[j]]
                for i in range(n_units):
                    before[b, i] += 0.5 * (after[b, i] - before[b, i])
            for i in range(n_units):
                state.ready[i] = ready[i]
                for k in range(len(variables)):
                    state.variables[k, i] = variables[k, i]
        for r in range(values.shape[0]):
            own = blocks.of[r]
            for i in range(n_units):
                opened[r, i] = values[r, i] * before[own, i] if own >= 0 else values[r, i]
        n_fired = conduct_units(cells, step, external, currents, conductances, opened, noise, state, fired)
    return n_fired


@kernel(forceinline=True)
def move_units(cells, step, external, currents, conductances, blocks, values, noise, state, fired):
    """One step of all units under what their synapses open, or under currents alone: how many fire."""
    if conductances is None:
        return advance_units(cells, step, external, currents, noise, state, fired)
    if blocks is None:
        return conduct_units(cells, step, external, currents, conductances, values, noise, state, fired)
    return conduct_blocked(cells, step, external, currents, conductances, blocks, values, noise, state, fired)


@kernel(magnesium.__file__, forceinline=True)
def opened(blocks, r, unit, state, n_currents):
    """A conductance of a unit, siemens, of one that magnesium blocks what it leaves open."""
    value = state.currents[n_currents + r, unit]
    if blocks is not None and blocks.of[r] >= 0:
        value *= open_share(blocks.strength[blocks.of[r]], state.variables[0, unit])
    return value


@kernel(magnesium.__file__, forceinline=True)
def keep(probe, step, n_lasting, reversal, blocks, state):
    """Keep what stands before a step, if it is one of those that are kept; jumps of voltages are no currents."""
    passed = step + probe.behind
    if probe.every == 0 or passed % probe.every != 0:
        return
    row = passed // probe.every - probe.first
    if row < 0 or row >= len(probe.values):
        return
    n_currents = n_lasting - len(reversal)
    for k in range(probe.units.size):
        probe.values[row, k] = state.variables[probe.variables[k], probe.units[k]]
    for k in range(probe.receivers.size):
        unit, total = probe.receivers[k], 0.0
        for r in range(n_currents):
            total += state.currents[r, unit]
        for r in range(len(reversal)):
            total += opened(blocks, r, unit, state, n_currents) * (reversal[r] - state.variables[0, unit])
        probe.currents[row, k] = total
    for k in range(probe.opened.size):
        unit, total = probe.opened[k], 0.0
        for r in range(len(reversal)):
            total += opened(blocks, r, unit, state, n_currents)
        probe.conductances[row, k] = total


@kernel(*ALL_MODELS)
def run_circuit(
    cells,
    wiring,
    state,
    first,
    last,
    external,
    rows,
    noise,
    events,
    seen,
    spikes,
    voltages,
    probe,
    background,
    conductances,
    blocks,
    held,
    releases,
    learning,
):
    """Steps [first, last): the number of spikes, and the first step not done, where `spikes` got full.

    external (n_rows, n_units) amperes, of which `rows` (last - first,) says that of each step, row 0 where it is empty;
    noise (last - first, n_units) normal numbers, or no row. events (n_events, 2) are (step, sender) in the order of
    steps, of which seen[0] lie behind; senders below n_units are units that fire of themselves. spikes (n_room, 2) gets
    (step, unit); voltages (last - first, n_units), or no row; `probe` what stands before the steps that follow. Where
    units escape, as many uniform numbers stand behind the normal ones. background and releases (last - first steps),
    conductances, blocks among them, and `held` (n_units,), whether units stand still in their refractory time, given
    where synapses move voltages, `learning` what synapses do that learn, or None: the loop is compiled without them.
    """
    n_units = state.ready.size
    fired, nothing = np.empty(n_units, np.int64), np.empty(0)
    n_lasting = len(wiring.decay) if held is None else len(wiring.decay) - 1
    n_currents = n_lasting - len(wiring.reversal)
    currents, values = state.currents[:n_currents], state.currents[n_currents:n_lasting]
    n_spikes, nth = 0, 0
    for step in range(first, last):
        if n_spikes + 2 * n_units > len(spikes) or not has_room(learning):
            return n_spikes, step
        row = external[rows[step - first] if len(rows) else 0]
        xi = noise[step - first] if len(noise) else nothing
        if held is not None:
            move_voltages(state.variables[0], state.currents[n_lasting], state.ready, held, step)
        n_fired = move_units(cells, step, row, currents, conductances, blocks, values, xi, state, fired)
        for j in range(n_fired):
            spikes[n_spikes, 0], spikes[n_spikes, 1] = step, fired[j]
            n_spikes += 1
            send(wiring, fired[j], step, state, releases, step - first, 0)
            tell(learning, fired[j], 0)
        while seen[0] < len(events) and events[seen[0], 0] == step:
            sender = events[seen[0], 1]
            again = seen[0] > 0 and events[seen[0] - 1, 0] == step and events[seen[0] - 1, 1] == sender
            nth, seen[0] = nth + 1 if again else 0, seen[0] + 1
            spikes[n_spikes, 0], spikes[n_spikes, 1] = step, sender
            n_spikes += sender < n_units
            send(wiring, sender, step, state, releases, step - first, nth)
            tell(learning, sender, nth)
        learn_step(learning, step, n_fired)
        deliver(state.ring, step % len(state.ring), wiring.decay, state.currents)
        if background is not None:
            add_background(background, step - first, state.currents)
        for i in range(n_units if len(voltages) else 0):
            voltages[step - first, i] = state.variables[0, i]
        keep(probe, step + 1, n_lasting, wiring.reversal, blocks, state)
    return n_spikes, last


def resting_state(variables: np.ndarray, wiring: Wiring, dead: np.ndarray | None = None) -> State:
    """The state of a circuit that has heard nothing, from the variables (n_variables, n_units) of its units."""
    n_units, n_kinds = variables.shape[1], len(wiring.decay)
    ready = np.full(n_units, -NEVER)
    if dead is not None:
        ready[dead] = NEVER
    n_dynamic = len(wiring.dynamics.synapse)
    return State(
        variables=np.array(variables, dtype=np.float64, order="C"),
        currents=np.zeros((n_kinds, n_units)),
        ring=np.zeros((wiring.n_slots, wiring.n_kinds, n_units)),
        ready=ready,
        u=np.zeros(n_dynamic),
        R=np.ones(n_dynamic),
        last_sent=np.zeros(len(wiring.begins), dtype=np.int64),
        scratch=np.zeros(n_units),
    )


def freeze(state: State, n_steps: int) -> np.ndarray:
    """The state after n_steps as one vector, in which the next step is step 0."""
    return np.concatenate([np.asarray(part, dtype=np.float64).ravel() for part in shifted(state, n_steps)[:-1]])


def shifted(state: State, n_steps: int) -> State:
    """The state after n_steps, in which the next step is step 0."""
    return state._replace(
        ring=np.roll(state.ring, -(n_steps % len(state.ring)), axis=0),
        ready=np.clip(state.ready - n_steps, -_FAR, _FAR),
        last_sent=np.clip(state.last_sent - n_steps, -_FAR, _FAR),
    )


def thaw(vector: np.ndarray, like: State) -> State:
    """The state that `freeze` made a vector of; units that never fire in `like` stay so."""
    parts, first = {"scratch": like.scratch.copy()}, 0
    for name, part in zip(State._fields[:-1], like[:-1], strict=True):
        parts[name] = vector[first : first + part.size].reshape(part.shape).astype(part.dtype)
        first += part.size
    parts["ready"][like.ready == NEVER] = NEVER
    return State(**parts)
