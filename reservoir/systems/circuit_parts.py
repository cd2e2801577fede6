"""One trial of a large circuit by several threads, each of which moves a part of the units, with the bits of one."""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from reservoir.foreign_code import OURS
from reservoir.neurons.spiking.circuit_loop import State
from reservoir.neurons.spiking.circuit_part import run_part
from reservoir.neurons.spiking.mixture import MixedCells
from reservoir.neurons.spiking.sending import Releases, Wiring
from reservoir.systems.circuit_units import escapes, is_noisy
from reservoir.systems.circuit_wiring import released
from reservoir.systems.heard_numbers import HeardNumbers, numbers_heard_by
from reservoir.systems.placed_synapses import slices_of
from reservoir.systems.stimuli import Stimulus
from reservoir.threads import n_threads, spread

if TYPE_CHECKING:
    from reservoir.systems.simulation import CircuitEngine

_LONGEST_WINDOW = 32  # steps
_WORK_OF_A_UNIT, _WORK_OF_A_NUMBER = 10, 20  # multiplications, of a step


class Window(NamedTuple):
    """Steps that all parts do by themselves, and what was sent in those before."""

    first: int
    last: int
    sent: np.ndarray  # (n_sent, 2), step and sender
    rows: np.ndarray  # (n_steps,), of the currents
    releases: Releases | None  # of the steps in which was sent


class Part(NamedTuple):
    """Some of the units of a circuit, and what moves them."""

    units: slice
    cells: Any
    wiring: Wiring
    state: State
    currents: np.ndarray  # (n_rows, n_units), amperes
    numbers: HeardNumbers
    held: np.ndarray | None
    room: np.ndarray  # for the spikes of a window

    def run(self, engine: CircuitEngine, heard: Stimulus, window: Window) -> np.ndarray:
        """Move the units by a window of steps: their spikes (n_spikes, 2)."""
        first, last = window.first, window.last
        noise = self.numbers.noise(heard.numbers_of(first, last))
        since = max(first - 1, 0)
        jumps = self.numbers.jumps(heard.numbers_of(since, max(last - 1, first)))
        n_spikes = run_part(
            self.cells, self.wiring, self.state, first, last, window.sent, self.currents, window.rows, noise,
            self.room, since, jumps, engine.conductances, engine.blocks, self.held, window.releases,
        )  # fmt: skip
        return self.room[:n_spikes].copy()


def n_parts(engine: CircuitEngine) -> int:
    """In how many parts a trial is worth to be run now, by a thread each."""
    n_units, n_slices = engine.circuit.n_units, engine.synapses.starts.shape[1] - 1
    if n_slices < 2 or not _can_be_cut(engine.cells):
        return 1
    return min(n_slices, n_threads(_work(engine, n_units)))


def _work(engine: CircuitEngine, n_units: int) -> float:
    """Multiplications of a window, at the least."""
    n_drawn = is_noisy(engine.neuron) + escapes(engine.neuron) + (engine.background is not None)
    a_step = n_units * (_WORK_OF_A_UNIT + len(engine.wiring.decay) + _WORK_OF_A_NUMBER * n_drawn)
    return float(_window(engine) * a_step)


def _window(engine: CircuitEngine) -> int:
    """How many steps a part can do before it must know what others sent."""
    return min(engine.synapses.shortest + 1, _LONGEST_WINDOW)


def _can_be_cut(cells: Any) -> bool:
    """Whether units move each by itself, as all of this package do, and the same in whatever company.

    Loops over units take several at a time and the rest one by one, rounded in another way. Cuts at multiples of a line
    change nothing of that, but those of a mixture lie anywhere in the units of a model.
    """
    return type(cells).__module__.partition(".")[0] in OURS and not isinstance(cells, MixedCells)


def run_in_parts(
    engine: CircuitEngine, state: State, heard: Stimulus, currents: np.ndarray, n_parts: int
) -> np.ndarray:
    """Move `state` on by all steps of a stimulus: the spikes (n_spikes, 2) as (step, unit)."""
    n_units, rows = engine.circuit.n_units, heard.shared_rows()
    parts = _parts(engine, state, heard, currents, n_parts)
    spikes, work, n_steps = [np.empty((0, 2), np.int64)], _work(engine, n_units), heard.n_steps
    edges = [*range(0, n_steps, _window(engine)), n_steps]
    sent = spikes[0]
    for first, last in [*pairwise(edges), (n_steps, n_steps)]:
        when = heard.numbers_of(int(sent[0, 0]), first) if len(sent) else heard.numbers_of(first, first)
        releases = released(engine.synapses.releases, heard.seed, when)
        window = Window(first, last, sent, rows[first:last], releases)
        found = spread(partial(_run, engine, heard, window), parts, work)
        events = heard.events[slice(*np.searchsorted(heard.events[:, 0], [first, last]))]
        sent = np.concatenate([*found, events])
        sent = sent[np.argsort(sent[:, 0], kind="stable")]
        spikes.append(sent[sent[:, 1] < n_units])
    for part in parts:
        _give_back(part, state)
    return np.concatenate(spikes)


def _run(engine: CircuitEngine, heard: Stimulus, window: Window, part: Part) -> np.ndarray:
    return part.run(engine, heard, window)


def _parts(engine: CircuitEngine, state: State, heard: Stimulus, currents: np.ndarray, n_parts: int) -> list[Part]:
    """So many parts of about equal size, with copies of what is theirs of the state."""
    n_units, (width, n_slices) = engine.circuit.n_units, slices_of(engine.circuit.n_units)
    edges = [n_slices * k // n_parts for k in range(n_parts + 1)]
    starts, parts = engine.synapses.starts, []
    for first, last in pairwise(edges):
        units = slice(width * first, min(width * last, n_units))
        begins, ends = starts[:, first].copy(), starts[:, last].copy()
        dynamics = engine.wiring.dynamics
        own = [np.searchsorted(dynamics.synapse, edge) for edge in (begins, ends)]
        wiring = engine.wiring._replace(
            begins=begins, ends=ends, first_unit=units.start, dynamics=dynamics._replace(begins=own[0], ends=own[1])
        )
        parts.append(Part(
            units,
            _cut(engine.cells, np.arange(units.start, units.stop), n_units),
            wiring,
            _own_state(state, units),
            np.ascontiguousarray(currents[:, units]),
            numbers_heard_by(engine, heard.seed, units),
            None if engine.held is None else engine.held[units],
            np.empty((_window(engine) * (units.stop - units.start), 2), np.int64),
        ))  # fmt: skip
    return parts


def _own_state(state: State, units: slice) -> State:
    """What some of the units have of a state; u and R of synapses are those of all."""
    own = {name: np.ascontiguousarray(getattr(state, name)[..., units]) for name in ("variables", "currents", "ring")}
    last_sent, n_units = state.last_sent.copy(), units.stop - units.start
    return state._replace(**own, ready=state.ready[units].copy(), last_sent=last_sent, scratch=np.zeros(n_units))


def _give_back(part: Part, state: State) -> None:
    for name in ("variables", "currents", "ring", "ready"):
        getattr(state, name)[..., part.units] = getattr(part.state, name)
    state.last_sent[:] = part.state.last_sent


def _cut(cells: Any, units: np.ndarray, n_units: int) -> Any:
    """The coefficients of some of the units, of whose numbers arrays have as many columns as there are units."""
    if isinstance(cells, np.ndarray):
        return np.ascontiguousarray(cells[..., units]) if cells.ndim and cells.shape[-1] == n_units else cells
    if isinstance(cells, tuple):
        return type(cells)(*(_cut(value, units, n_units) for value in cells))
    return cells
