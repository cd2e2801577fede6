"""u and R of dynamic synapses over time, from the spikes of their senders: as the last one that has arrived left them.

The loop computes them when a spike is sent (`reservoir.neurons.spiking.circuit_loop`), a delay too early to be looked
at there. Events are (step, sender) in the order of steps; those before step 0 are spikes that were on their way then.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from reservoir.circuits import Circuit
from reservoir.neurons.spiking.circuit_loop import State
from reservoir.neurons.spiking.sending import Wiring
from reservoir.systems.circuit_state import CircuitState
from reservoir.systems.circuit_wiring import Prepared
from reservoir.systems.placed_synapses import ALL, Still, placed


class Left(NamedTuple):
    """As what the last spike that has arrived has left synapses, (n,) each."""

    u: np.ndarray
    R: np.ndarray
    sent: np.ndarray  # the step in which it was sent


def order_of(circuit: Circuit, prepared: Prepared, name: str, still: Still = ALL) -> np.ndarray:
    """Which of the dynamic synapses of the loop those of a projection are, one of two exponentials by the first.

    -1 for those that do not stand there, as `still` says.
    """
    found = np.full(len(circuit.projection(name)), -1)
    for piece, places in placed(circuit, prepared.starts, still):
        if piece.name == name and piece.term == 0:
            found[piece.which] = np.searchsorted(prepared.wiring.dynamics.synapse, places)
    return found


def senders_of(wiring: Wiring, which: np.ndarray) -> np.ndarray:
    """The senders (n,) of some of the dynamic synapses."""
    return np.searchsorted(wiring.dynamics.begins, which, side="right") - 1


def delays_of(wiring: Wiring, which: np.ndarray) -> np.ndarray:
    """The delays (n,) of some of the dynamic synapses, in steps."""
    return wiring.place[wiring.dynamics.synapse[which]].astype(np.int64) // wiring.n_kinds


NONE_LATE = {
    "sent": np.zeros((0, 2), np.int64),
    "late": np.zeros(0, np.int64),
    "late_sent": np.zeros(0, np.int64),
    "late_u": np.zeros(0),
    "late_R": np.zeros(0),
}
"""Of a circuit in which no spike is on its way to a dynamic synapse."""


class Begun(NamedTuple):
    """How a run has begun."""

    state: State  # u, R and the last spikes as they were then
    given: CircuitState | None  # from which it goes on

    @property
    def behind(self) -> int:
        """Steps of the circuit before it."""
        return 0 if self.given is None else self.given.step

    @property
    def late(self) -> Mapping[str, np.ndarray]:
        """Dynamic synapses to which spikes were on their way, see `late_after`."""
        return NONE_LATE if self.given is None else self.given.arrays

    def sent(self, fired: np.ndarray, events: np.ndarray, n_units: int) -> np.ndarray:
        """All spikes on their way, (step, sender) in the order of steps: of units, `fired`, and of channels."""
        sent = np.concatenate([self.late["sent"], fired, events[events[:, 1] >= n_units]])
        return sent[np.argsort(sent[:, 0], kind="stable")]


def left_by(wiring: Wiring, begun: Begun, which: np.ndarray) -> Left:
    """What synapses begin with: as the loop has it, but where spikes were on their way."""
    state, late = begun.state, begun.late
    sent = state.last_sent[senders_of(wiring, which)]
    left = Left(state.u[which].copy(), state.R[which].copy(), sent)
    places = np.searchsorted(late["late"], which)
    waits = np.flatnonzero(np.isin(which, late["late"]))
    for name, values in zip(("u", "R", "sent"), left, strict=True):
        values[waits] = late[f"late_{name}"][places[waits]]
    return left


def followed(
    wiring: Wiring, which: np.ndarray, begun: Left, events: np.ndarray, steps: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """u, R and the step in which the last spike was sent (n_steps, n), as they stand before each of the steps."""
    found = np.empty((3, len(steps), len(which)))
    senders, delay = senders_of(wiring, which), delays_of(wiring, which)
    for sender in np.unique(senders):
        own = np.flatnonzero(senders == sender)
        sent = events[events[:, 1] == sender, 0]
        table = _table(wiring, which[own], Left(*(values[own] for values in begun)), sent)
        for column, synapse in enumerate(own):
            n_arrived = np.searchsorted(sent, steps - delay[synapse])
            found[:, :, synapse] = table[:, n_arrived, column]
    return found[0], found[1], found[2]


def _table(wiring: Wiring, which: np.ndarray, begun: Left, sent: np.ndarray) -> np.ndarray:
    """u, R and the last step of sending (3, 1 + n_spikes, n) of synapses of one sender, after each of its spikes."""
    utilisation, recovery, facilitation = (numbers[which] for numbers in wiring.dynamics[3:])
    delay, table = delays_of(wiring, which), np.empty((3, 1 + len(sent), len(which)))
    table[:, 0] = begun.u, begun.R, begun.sent
    for k, step in enumerate(sent):
        u, R, before = table[:, k]
        since = step - before
        resources = 1.0 + (R - u * R - 1.0) * np.exp(-since * recovery)
        used = utilisation + u * (1.0 - utilisation) * np.exp(-since * facilitation)
        new = np.stack([used, resources, np.full(len(which), step)])
        table[:, k + 1] = np.where(step + delay >= 0, new, table[:, k])  # others have arrived before
    return table


def late_after(wiring: Wiring, begun: Begun, events: np.ndarray, n_steps: int) -> dict[str, np.ndarray]:
    """Dynamic synapses to which spikes are on their way after so many steps, and what they are until then."""
    longest, dynamic = wiring.n_slots - 1, np.arange(len(wiring.dynamics.synapse))
    sent = events[events[:, 0] >= n_steps - longest]
    last = np.full(len(wiring.begins), n_steps - longest - 1)
    np.maximum.at(last, sent[:, 1], sent[:, 0])
    which = dynamic[last[senders_of(wiring, dynamic)] + delays_of(wiring, dynamic) >= n_steps]
    if not which.size:
        return NONE_LATE
    begin = left_by(wiring, begun, which)
    u, R, when = (values[0] for values in followed(wiring, which, begin, events, np.array([n_steps])))
    return {
        "sent": sent - np.array([n_steps, 0]), "late": which, "late_sent": when.astype(np.int64) - n_steps,
        "late_u": u, "late_R": R,
    }  # fmt: skip
