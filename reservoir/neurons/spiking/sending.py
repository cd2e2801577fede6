"""How spikes travel in the loop of spiking units: synapses, the ring of jumps to come, what comes from outside."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from reservoir import random_numbers
from reservoir.compilation import kernel
from reservoir.random_numbers import event_number


class Dynamics(NamedTuple):
    """The dynamic ones among the synapses of a `Wiring`, in their order."""

    begins: np.ndarray  # (n_senders,), where those of a sender begin
    ends: np.ndarray  # (n_senders,)
    synapse: np.ndarray  # (n_dynamic,), which of all synapses they are
    utilisation: np.ndarray  # (n_dynamic,), U
    recovery: np.ndarray  # (n_dynamic,), 1 / tau_rec in steps
    facilitation: np.ndarray  # (n_dynamic,), 1 / tau_fac in steps


class Wiring(NamedTuple):
    """Synapses in the order of their senders: units first, then input channels.

    A synapse whose course is a difference of two exponentials stands twice, once for the kind of each.
    """

    begins: np.ndarray  # (n_senders,), where the synapses of a sender begin
    ends: np.ndarray  # (n_senders,)
    receiver: np.ndarray  # (n_synapses,), the unit that hears it, 32 bits
    place: np.ndarray  # (n_synapses,), delay * n_kinds + kind, 32 bits
    weight: np.ndarray  # (n_synapses,), amperes, siemens or volts
    n_slots: int  # of the ring: 1 + the longest delay, steps
    n_kinds: int  # that synapses have: the first ones of all
    first_unit: int  # the one whose number in a state is 0
    dynamics: Dynamics
    decay: np.ndarray  # (n_kinds,), factor of a step on currents, then on conductances, then on jumps of the voltage
    reversal: np.ndarray  # (n_conductances,), volts


class Background(NamedTuple):
    """Jumps from outside the circuit, for some steps."""

    counts: np.ndarray  # (n_steps, n_units), how many in each step, whole numbers
    kind: np.ndarray  # (n_parts, n_units), the kinds of current
    weight: np.ndarray  # (n_parts, n_units), amperes, siemens or volts


class Releases(NamedTuple):
    """Which spikes synapses pass on, for some steps."""

    probability: np.ndarray  # (n_synapses,)
    number: np.ndarray  # (n_synapses,), of the synapse in the circuit
    keys: np.ndarray  # (10, 2), of the rounds of its random numbers
    when: np.ndarray  # (n_steps, 2), trial and step


@kernel(random_numbers.__file__, forceinline=True)
def is_released(releases, s, row, nth):
    """Whether synapse s passes on the n-th spike, from 0, that its sender sends in this step."""
    if releases.probability[s] >= 1.0:
        return True
    trial, step = releases.when[row, 0], releases.when[row, 1]
    return event_number(releases.keys, trial, step, releases.number[s], nth) < releases.probability[s]


@kernel(random_numbers.__file__, forceinline=True)
def send(wiring, sender, step, state, releases, row, nth):
    """Put the jumps of all synapses of a sender that fires now into the ring."""
    since = float(step - state.last_sent[sender])
    state.last_sent[sender] = step
    dynamics, weight, n_units = wiring.dynamics, wiring.weight, state.ready.size
    now, n_places = (step % wiring.n_slots) * wiring.n_kinds, wiring.n_slots * wiring.n_kinds
    ring, d, last = state.ring.reshape(-1), dynamics.begins[sender], dynamics.ends[sender]
    for s in range(wiring.begins[sender], wiring.ends[sender]):
        jump = 1.0 * weight[s]
        if d < last and dynamics.synapse[d] == s:
            u, R, U = state.u[d], state.R[d], dynamics.utilisation[d]
            R = 1.0 + (R - u * R - 1.0) * math.exp(-since * dynamics.recovery[d])
            u = U + u * (1.0 - U) * math.exp(-since * dynamics.facilitation[d])
            state.u[d], state.R[d] = u, R
            jump *= u * R
            d += 1
        if releases is not None and not is_released(releases, s, row, nth):
            jump = 0.0
        place = now + wiring.place[s]
        place -= n_places if place >= n_places else 0
        ring[np.uint64(place * n_units + wiring.receiver[s] - wiring.first_unit)] += jump


@kernel(forceinline=True)
def deliver(ring, slot, decay, currents):
    """Let the currents decay, add what is due, and empty that slot of the ring."""
    for r in range(currents.shape[0]):
        factor = decay[r]
        if r < ring.shape[1]:
            for i in range(currents.shape[1]):
                currents[r, i] = currents[r, i] * factor + ring[slot, r, i]
                ring[slot, r, i] = 0.0
        else:
            for i in range(currents.shape[1]):
                currents[r, i] *= factor


@kernel(forceinline=True)
def add_background(background, row, currents):
    """Add the jumps of one step."""
    for part in range(background.kind.shape[0]):
        for i in range(currents.shape[1]):
            currents[background.kind[part, i], i] += background.counts[row, i] * background.weight[part, i]


@kernel(forceinline=True)
def move_voltages(v, jumps, ready, held, step):
    """Add the jumps (n_units,) of the last step to the voltages, except of units that are held, being refractory."""
    for i in range(jumps.size):
        if step >= ready[i] or not held[i]:
            v[i] += jumps[i]
