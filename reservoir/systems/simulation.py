"""Spiking circuits in Numba: one trial or many."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from reservoir.circuits import Circuit
from reservoir.circuits.receptors import Receptors, receptors_of
from reservoir.circuits.suitability import check_suited
from reservoir.compilation import rows_per_call
from reservoir.foreign_code import loop_for
from reservoir.neurons.spiking.circuit_loop import (
    NEVER,
    NOTHING,
    Conductances,
    Probe,
    State,
    resting_state,
    run_circuit,
    shifted,
)
from reservoir.neurons.spiking.magnesium import MagnesiumBlocks
from reservoir.neurons.spiking.mixture import units_by_record
from reservoir.neurons.spiking.sending import Background, Releases, Wiring
from reservoir.parts import Numbers, Seed, Units
from reservoir.plasticity.learning import Rules
from reservoir.random_numbers import BACKGROUND, ESCAPE, NOISE, Places, fill, poisson_numbers
from reservoir.sizes import check_fits
from reservoir.systems.circuit_learning import LearningRun, state_shapes
from reservoir.systems.circuit_state import CircuitState, Starts, check_shapes
from reservoir.systems.circuit_units import escapes, initial_values, is_noisy, read_units, variables_of
from reservoir.systems.circuit_wiring import (
    held_units,
    make_background,
    make_conductances,
    make_wiring,
    released,
)
from reservoir.systems.learned import traces_of, with_learned
from reservoir.systems.over_time import keep_first, known_of, of_synapses, of_units, probe_of
from reservoir.systems.plastic_parts import PlasticPart, plastic_parts, still_synapses
from reservoir.systems.recording import Record, Recording, Wanted, read_record
from reservoir.systems.stimuli import NUMBERS_HELD, Heard, Stimulus, read_trials
from reservoir.systems.synapses_over_time import NONE_LATE, Begun, late_after
from reservoir.trains import SpikeTrains
from reservoir.trials import Trial
from reservoir.validation import check_real

SHORTEST_STEP = 1e-9  # seconds; with less, delays and trials have more steps than memory or patience
_SPIKE_ROOM = 65_536  # spikes, before they are copied
_CARRIED = State._fields[:-1]  # all but the room for a step


class CircuitEngine(NamedTuple):
    """A circuit made ready for the kernel at one length of a step."""

    circuit: Circuit
    neuron: Any
    cells: Any
    wiring: Wiring
    dt: float
    background: Background | None = None  # without counts
    conductances: Conductances | None = None
    blocks: MagnesiumBlocks | None = None
    held: np.ndarray | None = None  # (n_units,), whether units stand still in their refractory time, for delta synapses
    releases: Releases | None = None  # without keys and steps
    plastic: tuple[PlasticPart, ...] = ()  # synapses that learn, by their rules; the others stand in `wiring`


def simulate(
    circuit: Circuit,
    spikes: SpikeTrains | Sequence[SpikeTrains] | None = None,
    *,
    currents: Numbers | Sequence[Numbers] | None = None,
    neuron: Units = None,
    plasticity: Rules | None = None,
    dt: float = 1e-4,
    record: Record = (),
    random_state: Seed = None,
    trial: Trial | None = None,
    current_dt: float | None = None,
    period: float | None = None,
    state: CircuitState | Sequence[CircuitState] | None = None,
) -> Any:
    """Spikes of a circuit, on a grid of time steps, from rest or from where another simulation has stopped.

    Every unit follows the equation of `neuron`; every spike of a unit or an input channel sends, after the delay of a
    synapse, a jump into a current of the receiver that decays with the time constant of the synapse; see
    `reservoir.neurons.spiking.circuit_loop` for the order of events in a step.

    Parameters
    ----------
    circuit : Circuit
    spikes : None, SpikeTrains or list of SpikeTrains, default None
        Spikes of the input channels, a trial each. Spike times are truncated to the grid, see `SpikeTrains.steps`;
        every spike counts, also two of a channel in one step.
    currents : None, array (n_rows, n_units) or list of these, default None
        Current injected into each unit, amperes. The rows share the duration of the trial evenly: step k hears row
        k * n_rows // n_steps, so that of more rows than steps some are not heard. Without `spikes` every row lasts
        one step, or `current_dt`.
    neuron : None, record of `reservoir.neurons`, or dict of records by population, default None
        None is ``LIF()``. In a dict, ``{"E": LIF(), "I": Izhikevich()}``, every unit stands once; the populations are
        those of the circuit.
    plasticity : None, dict or list, default None
        Rules of `reservoir.plasticity`, or your own with a compiled `Kernel`: by projection, ``{"recurrent": STDP()}``
        or ``{"inputs": STDP()}``, one or a list each; or a list of rules that name their populations,
        ``[STDP(between=("E", "E")), InhibitorySTDP()]``, for all projections between units, and from the channels where
        ``between=("inputs", "E")``. Every trial begins with the weights of `circuit`. Rules that act in every step, or
        are told by Python what to do, run in `spiking.simulate` alone.
    dt : float >= 1e-9, default 1e-4
        Length of a step, seconds. Delays are rounded to whole steps, halves upwards; refractory times are truncated.
    record : name, dict, or tuple of these, default ()
        What is kept besides the spikes. As a whole by name: "voltages"; "state", where the simulation stops; and where
        synapses learn "weights", the circuit with what was learned, and "traces", those of the rules at the end. In a
        dict over time, every `period`: variables of the units by their names, ``{"v": [0, 5], "u": "E"}``, with the
        numbers of units, True for all, or a population; "current", the sum of the synaptic currents, those through
        conductances, G (E - v), and the jumps of the background; "conductance", siemens, the sum of these; and by
        projection ``{"u": {"recurrent": [0]}, "R": {...}}``, of dynamic synapses, as the last spike that has arrived
        left them, "weights", and where synapses learn "traces", all of them, or any of the rule by its name.
    random_state : None, int, Generator, SeedSequence or RandomState, default None
        Source of one number, the seed. The initial values, the noise, the Poisson background and what units do of
        themselves are functions of this seed, the trial, the step and the unit, see `reservoir.random_numbers`: the
        same in both engines, whatever is simulated beside.
    trial : None, int >= 0, or one for each presentation of a list, default None
        Which repeat this is. None makes presentation k of a list trial k: repeats of a stimulus are independent. In
        one trial all stimuli hear the same random numbers.
    current_dt : None or float >= dt, default None
        Seconds that a row of `currents` lasts: a step hears the row in which it begins, and the rows must be as many
        as the duration has. None shares the duration.
    period : None or float > 0, default None
        Seconds from one value of what is recorded over time to the next, a whole multiple of `dt`; None is `dt`. What
        is recorded at a time t is what stands as the step that begins at t begins, so that the first is what units
        begin with; in pieces, t counts from the beginning of the first.
    state : None, `CircuitState`, or one for each presentation of a list, default None
        Where another simulation of the same circuit and units has stopped, its ``recording.state``: two runs give the
        bits of one. It says the trial, and `random_state` is left out, or as it was. None is rest.

    Returns
    -------
    Recording, or a list of them where a list was given

    Raises
    ------
    ValueError
        For arguments that do not fit together, parameters out of range, and voltages that overflow.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir import simulate
    >>> from reservoir.circuits import MaassColumn
    >>> from reservoir.spikes import SpikeTrains
    >>> column = MaassColumn().draw(np.random.default_rng(0))
    >>> regular = SpikeTrains(np.arange(0.01, 0.5, 0.02), np.zeros(25, int), n_units=1, duration=0.5)
    >>> recording = simulate(column, regular, random_state=0)
    >>> recording.spikes.n_units
    135
    """
    dt = check_real("simulate", "dt", dt, SHORTEST_STEP, unit="second")
    starts = Starts("numba", state, trial, dt, random_state)
    engine = make_engine("simulate", circuit, neuron, dt, np.random.default_rng(starts.seed), plasticity=plasticity)
    variables = variables_of(engine.neuron, engine.cells, circuit.n_units)
    wanted = read_record(record, period, dt, circuit, known_of(circuit, variables, engine.plastic))
    trials, many = read_trials(circuit, spikes, currents, dt, current_dt, starts)
    recordings = [run_trial(engine, wanted, one) for one in trials]
    return recordings if many else recordings[0]


def make_engine(
    owner: str,
    circuit: Circuit,
    neuron: Units,
    dt: float,
    rng: np.random.Generator | None = None,
    compiled: bool = True,
    plasticity: Rules | None = None,
) -> CircuitEngine:
    """The circuit, checked and in the form of the kernel; with `rng` units are drawn from their distributions.

    Without `compiled` its units may run in Brian2 alone. Synapses learn in the runs that are given a `LearningRun`.
    """
    dt = check_real(owner, "dt", dt, SHORTEST_STEP, unit="second")
    neuron = read_units(owner, circuit, neuron, rng, compiled)
    kinds = receptors_of(circuit)
    if len(kinds.currents) < 2:  # kernels want two
        unheard = 1.0 + kinds.currents.max(initial=0.0) + np.arange(2 - len(kinds.currents))
        kinds = kinds._replace(currents=np.append(kinds.currents, unheard))
    _check_room(owner, circuit, kinds, dt)
    cells = neuron.cells(circuit.excitatory, kinds.currents, dt) if hasattr(neuron, "cells") else None
    check_suited(owner, circuit, units_by_record(neuron, circuit.n_units))
    plastic = plastic_parts(owner, plasticity, circuit, kinds, dt)
    wiring, releases = make_wiring(circuit, kinds, dt, still_synapses(plastic))
    conductances, blocks = make_conductances(kinds, dt)
    held = held_units(neuron, cells, circuit.n_units) if kinds.jumps and cells is not None else None
    background = make_background(circuit, kinds)
    return CircuitEngine(circuit, neuron, cells, wiring, dt, background, conductances, blocks, held, releases, plastic)


def _check_room(owner: str, circuit: Circuit, kinds: Receptors, dt: float) -> None:
    """Refuse more variables, one for each kind of synapse and unit, and spikes on their way, than fit into memory."""
    n_kinds, longest = kinds.n_receptors, max(part.delay.max(initial=0.0) for _, _, part in circuit.pathways())
    n_bytes = 8.0 * (2 + longest / dt) * n_kinds * circuit.n_units
    check_fits(owner, "circuit", circuit, n_bytes, f"{n_kinds} kinds of synapses and delays of {longest:.3g} s")


def run_engine(
    engine: CircuitEngine,
    state: State,
    heard: Stimulus,
    voltages: np.ndarray | None = None,
    probe: Probe = NOTHING,
    learning: LearningRun | None = None,
) -> np.ndarray:
    """Move `state` on by all steps of a stimulus: the spikes (n_spikes, 2) as (step, unit)."""
    n_units, n_steps = state.ready.size, heard.n_steps
    room, seen = np.empty((max(_SPIKE_ROOM, 4 * n_units), 2), np.int64), np.zeros(1, np.int64)
    currents = np.zeros((1, n_units)) if heard.currents is None else heard.currents
    if engine.circuit.background is not None:
        currents = currents + engine.circuit.background.current
    rows, pieces, step = heard.shared_rows(), [np.empty((0, 2), np.int64)], 0
    loop, told = loop_for(run_circuit, type(engine.cells)), learning and learning.begin(state.ring)
    work = n_units * (len(engine.wiring.decay) + (10 if learning is None else 40))
    chunk = max(1, min(rows_per_call(work, "update"), NUMBERS_HELD // n_units))
    while step < n_steps:
        last = min(step + chunk, n_steps)
        places = heard.numbers_of(step, last)
        noise, jumps = _noise(engine, heard.seed, places, n_units), _jumps(engine, heard.seed, places)
        releases = released(engine.releases, heard.seed, places)
        while step < last:  # more than once where `room` gets full
            kept = noise[:0] if voltages is None else voltages[step:last]
            n_spikes, reached = loop(
                engine.cells, engine.wiring, state, step, last, currents, rows[step:last], noise, heard.events, seen,
                room, kept, probe, *(jumps or (None,)), engine.conductances, engine.blocks, engine.held, releases,
                told,
            )  # fmt: skip
            told = learning and learning.resume(state.ring, reached)
            pieces.append(room[:n_spikes].copy())
            jumps = tuple(part._replace(counts=part.counts[reached - step :]) for part in jumps)
            releases = None if releases is None else releases._replace(when=releases.when[reached - step :])
            noise, step = noise[reached - step :], reached
    if learning is not None:
        learning.stop()
    check_finite(type(engine.neuron).__name__, state.variables, engine.dt)
    return np.concatenate(pieces)


def check_finite(unit: str, values: np.ndarray, dt: float) -> None:
    """Refuse voltages, and other variables of units, that have overflowed."""
    if not np.isfinite(values).all():
        raise ValueError(
            f"The voltages of {unit} overflow: the weights, the currents or the step of {dt:g} s are too large."
        )


def _noise(engine: CircuitEngine, seed: int, places: Places, n_units: int) -> np.ndarray:
    """Normal numbers (n_steps, n_units), behind them uniform ones where units escape; no row where none is heard."""
    noisy, chances = is_noisy(engine.neuron), escapes(engine.neuron)
    normal = np.zeros((int(places.offsets[-1]) if noisy or chances else 0, n_units))
    if noisy:
        fill(seed, NOISE, places, 1.0, normal)
    if not chances:
        return normal
    uniform = np.empty_like(normal)
    fill(seed, ESCAPE, places, None, uniform)
    return np.concatenate([normal, uniform], axis=1)


def _jumps(engine: CircuitEngine, seed: int, places: Places) -> tuple[Background, ...]:
    """One record of what the units hear from outside in these steps; none where there is no background."""
    background = engine.circuit.background
    if background is None or engine.background is None:
        return ()
    counts = poisson_numbers(seed, BACKGROUND, places, background.rate * engine.dt)
    return (engine.background._replace(counts=counts),)


def start(engine: CircuitEngine, variables: np.ndarray) -> State:
    """The state of a circuit that has heard nothing, from the variables of its units."""
    spontaneous = engine.circuit.spontaneous_rate
    silent = np.zeros(variables.shape[1], bool) if engine.circuit.dead is None else engine.circuit.dead
    if spontaneous is not None:
        silent = silent | (spontaneous > 0)
    return resting_state(variables, engine.wiring, silent)


def begin(engine: CircuitEngine, state: CircuitState) -> State:
    """The state of a circuit that goes on from where a simulation has stopped."""
    rest = start(engine, np.zeros((len(state.arrays.get("variables", ())), engine.circuit.n_units)))
    wanted: dict[str, tuple[int | None, ...]] = {name: np.shape(getattr(rest, name)) for name in _CARRIED}
    wanted |= {name: (None, *part.shape[1:]) for name, part in NONE_LATE.items()}
    wanted |= state_shapes(engine.plastic)
    check_shapes(state, wanted | {"variables": (_n_variables(engine), engine.circuit.n_units)})
    made = rest._replace(**{name: state.arrays[name].copy() for name in _CARRIED})
    made.ready[rest.ready == NEVER] = NEVER
    return made


def _n_variables(engine: CircuitEngine) -> int:
    """How many variables units have."""
    return len(engine.neuron.initial_state(engine.circuit.n_units, np.random.default_rng(0)))


def run_trial(engine: CircuitEngine, wanted: Wanted, heard: Heard) -> Recording:
    """What a circuit does in one trial, in which its synapses learn, where some do."""
    trains, stimulus, given = heard
    n_units, n_steps = engine.circuit.n_units, stimulus.n_steps
    if given is None:
        state = start(engine, initial_values(engine.neuron, n_units, stimulus.seed, stimulus.number))
    else:
        state = begin(engine, given)
    wanted.check_room(n_steps, n_units)
    voltages = np.empty((n_steps, n_units)) if "voltages" in wanted.names else None
    begun = Begun(state._replace(u=state.u.copy(), R=state.R.copy(), last_sent=state.last_sent.copy()), given)
    probe = probe_of(wanted, variables_of(engine.neuron, engine.cells, n_units), begun.behind, n_steps)
    keep_first(probe, engine.wiring, engine.held is not None, engine.blocks, state)
    learning = LearningRun(engine.plastic, n_units, stimulus, given, wanted) if engine.plastic else None
    fired = run_engine(engine, state, stimulus, voltages, probe, learning)
    sent = begun.sent(fired, stimulus.events, n_units)
    times = wanted.times(begun.behind, n_steps, engine.dt)
    found: dict[str, Any] = dict(of_units(wanted, probe))
    if times is not None:
        steps = np.round(times / engine.dt).astype(np.int64)
        found |= of_synapses(wanted, engine.circuit, engine.wiring, begun, sent, steps, engine.plastic)
        if learning is not None:
            learning.put_rows(found, (begun.behind + steps) * engine.dt)
    final = _stopped(engine, state, begun, stimulus, sent, learning) if "state" in wanted.names else None
    spikes = SpikeTrains(fired[:, 0] * engine.dt, fired[:, 1], n_units, trains.duration)
    learned = learning.learned() if learning is not None else []
    changed = with_learned(engine.circuit, learned) if "weights" in wanted.names else None
    traces = traces_of(engine.circuit, learned) if "traces" in wanted.names else found.get("traces")
    return Recording(spikes, voltages, changed, traces, times, found.get("weights"), found, final)


def _stopped(
    engine: CircuitEngine, state: State, begun: Begun, heard: Stimulus, sent: np.ndarray, learning: LearningRun | None
) -> CircuitState:
    """Where a run has stopped that has heard a stimulus and sent these spikes."""
    now = shifted(state, heard.n_steps)
    arrays = {name: getattr(now, name) for name in _CARRIED} | late_after(engine.wiring, begun, sent, heard.n_steps)
    arrays |= {} if learning is None else learning.arrays()
    return CircuitState("numba", arrays, engine.dt, heard.seed, heard.number, begun.behind + heard.n_steps)
