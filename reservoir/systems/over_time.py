"""What the compiled loop keeps of a circuit over time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from reservoir.circuits import Circuit
from reservoir.neurons.spiking.circuit_loop import NOTHING, Probe, State, keep
from reservoir.neurons.spiking.magnesium import MagnesiumBlocks
from reservoir.neurons.spiking.sending import Wiring
from reservoir.systems.circuit_wiring import Prepared
from reservoir.systems.plastic_parts import PlasticPart, still_synapses
from reservoir.systems.recording import OF_CIRCUITS, Known, Places, Wanted
from reservoir.systems.synapses_over_time import Begun, followed, left_by, order_of

_ABOUT_SPIKES, _OF_DYNAMICS = ("u", "R"), ("U", "D", "F")


def known_of(circuit: Circuit, variables: Places, plastic: Sequence[PlasticPart] = ()) -> Known:
    """What can be kept of a circuit with these variables of units (n_units,), -1 where a unit has none of the name."""
    all_units = np.ones(circuit.n_units, dtype=bool)
    units = {name: rows >= 0 for name, rows in variables.items()} | dict.fromkeys(OF_CIRCUITS, all_units)
    synapses: dict[str, dict[str, np.ndarray]] = {}
    for name, _, part in circuit.pathways():
        names = ("weights", *_ABOUT_SPIKES, *_OF_DYNAMICS) if part.U is not None else ("weights",)
        synapses[name] = dict.fromkeys(names, np.ones(len(part), bool))
    whole = ("voltages", "weights", "traces", "state") if plastic else ("voltages", "state")
    for one in plastic:
        known, traces = synapses[one.projection], one.kernel.pre + one.kernel.post
        known |= {"traces": np.ones(len(one.source), bool)} if traces else {}
        for name in {*traces, *one.kernel.own, *one.rule.read} - {"w"}:
            known.setdefault(name, np.zeros(len(one.source), bool))[one.which] = True
    return Known(whole, units, synapses, list(dict.fromkeys(one.projection for one in plastic)))


def probe_of(wanted: Wanted, variables: Places, behind: int, n_steps: int) -> Probe:
    """What the loop is to keep of these steps of units, which so many steps of the circuit precede."""
    first, n_rows = wanted.rows(behind, n_steps)
    of_units = {name: units for name, units in wanted.units.items() if name not in OF_CIRCUITS}
    if not n_rows or not wanted.units:
        return NOTHING
    rows = [variables[name][units] for name, units in of_units.items()]
    receivers, opened = (wanted.units.get(name, np.zeros(0, np.int64)) for name in OF_CIRCUITS)
    nothing = [np.zeros(0, np.int64)]
    values = (np.empty((n_rows, sum(map(len, rows)))), np.empty((n_rows, len(receivers))))
    return Probe(
        wanted.every, behind, first, np.concatenate(rows or nothing), np.concatenate([*of_units.values(), *nothing]),
        values[0], receivers, values[1], opened, np.empty((n_rows, len(opened))),
    )  # fmt: skip


def keep_first(probe: Probe, wiring: Wiring, jumps: bool, blocks: MagnesiumBlocks | None, state: State) -> None:
    """Keep what stands before step 0, if that is one of the steps that are kept; the last kind may be `jumps`."""
    keep(probe, 0, len(wiring.decay) - jumps, wiring.reversal, blocks, state)


def of_units(wanted: Wanted, probe: Probe) -> dict[str, np.ndarray]:
    """The arrays (n, k) by variable that a probe has kept."""
    found, first = {}, 0
    for name, units in wanted.units.items():
        if name in OF_CIRCUITS:
            found[name] = probe.currents if name == "current" else probe.conductances
        else:
            found[name] = probe.values[:, first : first + len(units)].copy()
            first += len(units)
    return found


def of_synapses(
    wanted: Wanted,
    circuit: Circuit,
    prepared: Prepared,
    begun: Begun,
    events: np.ndarray,
    steps: np.ndarray,
    plastic: Sequence[PlasticPart] = (),
) -> dict[str, dict[str, Any]]:
    """The arrays (n, k) by variable and projection before these steps, with these spikes; room for those that learn."""
    wiring, still = prepared.wiring, still_synapses(plastic)
    found: dict[str, dict[str, Any]] = {}
    for name, chosen in wanted.synapses.items():
        for projection, synapses in chosen.items():
            kept, shape = found.setdefault(name, {}), (len(steps), len(synapses))
            if name == "traces":
                traces = (one.kernel.pre + one.kernel.post for one in plastic if one.projection == projection)
                kept[projection] = {trace: np.zeros(shape) for names in traces for trace in names}
                continue
            kept[projection] = np.zeros(shape)
            if name == "weights" or name in _OF_DYNAMICS:
                constant = getattr(circuit.projection(projection), "weight" if name == "weights" else name)
                kept[projection][:] = constant[synapses]
            elif name in _ABOUT_SPIKES:
                which = order_of(circuit, prepared, projection, still)[synapses]
                there = np.flatnonzero(which >= 0)
                left = left_by(wiring, begun, which[there])
                courses = followed(wiring, which[there], left, events, steps)
                kept[projection][:, there] = courses[_ABOUT_SPIKES.index(name)]
    return found
