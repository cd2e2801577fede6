"""The loop of spiking units for some of the units of a circuit, beside others that move the rest.

A spike has no effect before its delay is over. So the steps of as many as the shortest delay, and one more, can be done
for each part of the units alone; then each part sends to its own units what all have fired, in the order in which the
loop of all units does. Jumps add up in the same order there: the bits are those of `run_circuit`.
"""

from __future__ import annotations

import numpy as np

from reservoir.compilation import kernel
from reservoir.neurons.spiking.circuit_loop import ALL_MODELS, move_units
from reservoir.neurons.spiking.sending import add_background, deliver, move_voltages, send


@kernel(*ALL_MODELS)
def run_part(
    cells,
    wiring,
    state,
    first,
    last,
    sent,
    external,
    rows,
    noise,
    spikes,
    since,
    background,
    conductances,
    blocks,
    held,
    releases,
):
    """The end of step first - 1, and the steps [first, last) but for the end of the last one: the number of spikes.

    sent (n_sent, 2) are (step, sender) of all that fired in the steps of the last call, at most as many as the shortest
    delay and one more, in their order; `releases` are those from the first of them on. external (n_rows, n_units)
    amperes, of which `rows` (last - first,) says that of each step, row 0 where it is empty; noise (last - first,
    n_units) or no row; background that of the steps from `since` on, or None. Step -1 has no end. spikes (n_room, 2)
    gets (step, unit of the circuit).
    """
    n_units = state.ready.size
    fired = np.empty(n_units, np.int64)
    nothing = np.empty(0)
    n_lasting = len(wiring.decay) if held is None else len(wiring.decay) - 1
    n_currents = n_lasting - len(wiring.reversal)
    currents, values = state.currents[:n_currents], state.currents[n_currents:n_lasting]
    n_spikes, nth = 0, 0
    for j in range(len(sent)):
        again = j > 0 and sent[j, 0] == sent[j - 1, 0] and sent[j, 1] == sent[j - 1, 1]
        nth = nth + 1 if again else 0
        send(wiring, sent[j, 1], sent[j, 0], state, releases, sent[j, 0] - sent[0, 0], nth)
    for step in range(first - 1, last):
        if step >= first:
            row = external[rows[step - first] if len(rows) else 0]
            xi = noise[step - first] if len(noise) else nothing
            if held is not None:
                move_voltages(state.variables[0], state.currents[n_lasting], state.ready, held, step)
            n_fired = move_units(cells, step, row, currents, conductances, blocks, values, xi, state, fired)
            for j in range(n_fired):
                spikes[n_spikes, 0], spikes[n_spikes, 1] = step, wiring.first_unit + fired[j]
                n_spikes += 1
        if 0 <= step < last - 1 or step == last - 1 < first:
            deliver(state.ring, step % len(state.ring), wiring.decay, state.currents)
            if background is not None:
                add_background(background, step - since, state.currents)
    return n_spikes
