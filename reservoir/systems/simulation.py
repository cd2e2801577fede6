"""Spiking circuits in Numba: one trial or many."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from reservoir.circuits import Circuit, Projection
from reservoir.circuits.receptors import Receptors, receptors_of
from reservoir.compilation import rows_per_call
from reservoir.foreign_code import loop_for
from reservoir.neurons import LIF
from reservoir.neurons.spiking.circuit_loop import Background, State, Wiring, resting_state, run_circuit
from reservoir.parts import Numbers, PlasticityRule, Seed, SpikingUnit, check_part
from reservoir.quantities import magnitude
from reservoir.seeds import generator_for
from reservoir.sizes import LONGEST_RUN, check_fits, check_patience
from reservoir.trains import SpikeTrains
from reservoir.validation import as_generator, check_real, parameter_error, real_array, without_unit

# A kernel returns after about this many updates of a unit or a current, well within half a second.
_NUMBERS = 2_000_000  # of noise, held at a time
SHORTEST_STEP = 1e-9  # seconds; with less, delays and trials have more steps than memory or patience
_SPIKE_ROOM = 65_536  # spikes, before they are copied
_STEP_SECONDS, _UNIT_SECONDS = 4e-8, 1e-9  # of a step and of a unit in it, a third of what was measured


@dataclass(frozen=True)
class Recording:
    """What a simulation gives.

    Attributes
    ----------
    spikes : SpikeTrains of the units
    voltages : None or array (n_steps, n_units), volts at the end of each step
    circuit : None or Circuit with the weights after the simulation, where they were plastic
    traces : None or dict by projection of dicts of arrays (n_synapses,)
        Traces of a plasticity rule after the simulation, by their names; 0 at synapses that do not learn.
    """

    spikes: SpikeTrains
    voltages: np.ndarray | None = None
    circuit: Circuit | None = None
    traces: dict[str, dict[str, np.ndarray]] | None = None

    def __repr__(self) -> str:
        more = [name for name in ("voltages", "circuit", "traces") if getattr(self, name) is not None]
        return f"<Recording: {', '.join([str(self.spikes), *more])}>"


class CircuitEngine(NamedTuple):
    """A circuit made ready for the kernel at one length of a step."""

    circuit: Circuit
    neuron: Any
    cells: Any
    wiring: Wiring
    dt: float
    kind: np.ndarray  # (n_units,), the kind of current of the background; (0,) without one


def simulate(
    circuit: Circuit,
    spikes: SpikeTrains | Sequence[SpikeTrains] | None = None,
    *,
    currents: Numbers | Sequence[Numbers] | None = None,
    neuron: SpikingUnit | None = None,
    plasticity: Mapping[str, PlasticityRule] | None = None,
    dt: float = 1e-4,
    record: str | Sequence[str] = (),
    random_state: Seed = None,
) -> Any:
    """Spikes of a circuit, on a grid of time steps, from rest.

    Every unit follows the equation of `neuron`; every spike of a unit or an input channel sends, after the delay of a
    synapse, a jump into a current of the receiver that decays with the time constant of the synapse; see
    `reservoir.neurons.spiking.circuit_loop` for the order of events in a step.

    Parameters
    ----------
    circuit : Circuit
    spikes : None, SpikeTrains or list of SpikeTrains, default None
        Spikes of the input channels, a trial each. Spike times are truncated to the grid; spikes of one channel
        in one step count once.
    currents : None, array (n_rows, n_units) or list of these, default None
        Current injected into each unit, amperes. The rows share the duration of the trial evenly; without `spikes`
        every row lasts one step.
    neuron : None or record of `reservoir.neurons`, default None
        None is ``LIF()``.
    plasticity : None
        This engine has no plasticity yet.
    dt : float >= 1e-9, default 1e-4
        Length of a step, seconds. Delays are rounded to whole steps, halves upwards; refractory times are truncated.
    record : tuple of names, default ()
        What is kept besides the spikes: "voltages".
    random_state : None, int, Generator, SeedSequence or RandomState, default None
        Source of the initial values, the noise and the Poisson background. A trial draws from one number of this source
        and its own spikes, so that neither the other trials nor their order change it.

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
    if plasticity is not None:
        raise parameter_error("simulate", "plasticity", "None: only the Brian2 engine changes weights", plasticity)
    recorded = read_record(record, ("voltages",))
    engine = make_engine("simulate", circuit, neuron, dt)
    seed = int(as_generator("simulate", random_state).integers(2**63))
    trials, many = read_trials(circuit, spikes, currents, engine.dt)
    recordings = [_run_trial(engine, seed, *trial, bool(recorded)) for trial in trials]
    return recordings if many else recordings[0]


def read_record(record: str | Sequence[str], known: tuple[str, ...]) -> tuple[str, ...]:
    """The names of what is to be recorded."""
    names = (record,) if isinstance(record, str) else tuple(record) if isinstance(record, list | tuple) else (None,)
    if not all(isinstance(name, str) and name in known for name in names):
        raise parameter_error("simulate", "record", f"a tuple of names among {known}", record)
    return names


def make_engine(
    owner: str, circuit: Circuit, neuron: SpikingUnit | None, dt: float, compiled: bool = True
) -> CircuitEngine:
    """The circuit, checked and in the form of the kernel; without `compiled` its units may run in Brian2 alone."""
    dt = check_real(owner, "dt", dt, SHORTEST_STEP, unit="second")
    if not isinstance(circuit, Circuit):
        raise parameter_error(owner, "circuit", "a Circuit", circuit)
    neuron = LIF() if neuron is None else neuron
    check_units(owner, neuron, compiled)
    kinds = receptors_of(circuit)
    if len(kinds.currents) < 2:  # kernels want two
        unheard = 1.0 + kinds.currents.max(initial=0.0) + np.arange(2 - len(kinds.currents))
        kinds = kinds._replace(currents=np.append(kinds.currents, unheard))
    kind = np.zeros(0, int) if circuit.background is None else kinds.of(circuit.background)
    cells = neuron.cells(circuit.excitatory, kinds.currents, dt) if hasattr(neuron, "cells") else None
    return CircuitEngine(circuit, neuron, cells, make_wiring(circuit, kinds, dt), dt, kind)


def check_units(owner: str, neuron: Any, compiled: bool) -> None:
    """Refuse what is no record of units, and where a step is to be `compiled` one that runs in Brian2 alone."""
    in_words = callable(getattr(neuron, "equations", None)) and not hasattr(neuron, "cells")
    if isinstance(neuron, str) or (hasattr(neuron, "equations") and not callable(neuron.equations)):
        wanted = "None, a record of reservoir.neurons, or a user's own equations in spiking.Equations"
        raise parameter_error(owner, "neuron", wanted, neuron)
    if not in_words or isinstance(neuron, type):
        check_part(owner, "neuron", neuron, SpikingUnit, optional=True)
    elif compiled:
        why = f"{type(neuron).__name__} runs in Brian2 only, by spiking.simulate and spiking.Microcircuit"
        raise parameter_error(owner, "neuron", f"None or a unit with a compiled step ({why})", neuron)


def make_wiring(circuit: Circuit, kinds: Receptors, dt: float) -> Wiring:
    """The synapses in the order of their senders."""
    inputs, n_units = circuit.inputs, len(circuit.excitatory)
    both = [circuit.recurrent, inputs]
    senders = np.concatenate([circuit.recurrent.pre, inputs.pre + n_units])
    order = np.argsort(senders, kind="stable")
    weights = [part.weight if part.reversal is None else np.abs(part.weight) for part in both]
    utilisation, recovery, facilitation = zip(*(_dynamics(part, dt) for part in both), strict=True)
    return Wiring(
        starts=np.searchsorted(senders[order], np.arange(n_units + circuit.n_inputs + 1)),
        receiver=_joined(both, "post")[order],
        current=np.concatenate([kinds.of(part) for part in both])[order],
        delay=np.floor(_joined(both, "delay") / dt + 0.5).astype(np.int64)[order],
        weight=np.concatenate(weights)[order],
        utilisation=np.concatenate(utilisation)[order],
        recovery=np.concatenate(recovery)[order],
        facilitation=np.concatenate(facilitation)[order],
        decay=np.exp(-dt / kinds.time_constants),
        reversal=kinds.conductances[:, 0].copy(),
    )


def run_engine(
    engine: CircuitEngine,
    state: State,
    n_steps: int,
    events: np.ndarray,
    currents: np.ndarray,
    rng: np.random.Generator,
    voltages: np.ndarray | None = None,
) -> np.ndarray:
    """Move `state` on by n_steps: the spikes (n_spikes, 2) as (step, unit).

    events (n_events, 2) are (step, sender), sorted; currents (n_rows, n_units), whose rows share the steps evenly.
    """
    n_units = state.ready.size
    room, seen = np.empty((max(_SPIKE_ROOM, 4 * n_units), 2), np.int64), np.zeros(1, np.int64)
    if engine.circuit.background is not None:
        currents = currents + engine.circuit.background.current
    steps_a_row, pieces, step = -(-n_steps // len(currents)), [np.empty((0, 2), np.int64)], 0
    noisy, loop = magnitude(getattr(engine.neuron, "noise", 0)) > 0, loop_for(run_circuit, type(engine.cells))
    chunk = max(1, min(rows_per_call(n_units * (len(engine.wiring.decay) + 10), "update"), _NUMBERS // n_units))
    while step < n_steps:
        last = min(step + chunk, n_steps)
        noise = rng.standard_normal((last - step, n_units)) if noisy else np.empty((0, n_units))
        jumps = _jumps(engine, last - step, rng)
        while step < last:  # more than once where `room` gets full
            kept = noise[:0] if voltages is None else voltages[step:last]
            n_spikes, reached = loop(
                engine.cells, engine.wiring, state, step, last, currents, steps_a_row, noise, events, seen, room, kept,
                *jumps,
            )  # fmt: skip
            pieces.append(room[:n_spikes].copy())
            jumps = tuple(part._replace(counts=part.counts[reached - step :]) for part in jumps)
            noise, step = noise[reached - step :], reached
    if not np.isfinite(state.variables).all():
        raise ValueError(
            f"The voltages of {type(engine.neuron).__name__} overflow: the weights, the currents or the step of "
            f"{engine.dt:g} s are too large."
        )
    return np.concatenate(pieces)


def start(engine: CircuitEngine, rng: np.random.Generator) -> State:
    """The state at rest, with initial values from `rng`."""
    variables = engine.neuron.initial_state(len(engine.circuit.excitatory), rng)
    spontaneous = engine.circuit.spontaneous_rate
    silent = np.zeros(variables.shape[1], bool) if engine.circuit.dead is None else engine.circuit.dead
    if spontaneous is not None:
        silent = silent | (spontaneous > 0)
    return resting_state(variables, engine.wiring, silent)


def input_events(
    circuit: Circuit, trains: SpikeTrains, n_steps: int, dt: float, rng: np.random.Generator
) -> np.ndarray:
    """(step, sender) of all spikes that come from outside or of themselves, sorted, each once."""
    n_units = len(circuit.excitatory)
    steps, senders = [trains.steps(dt)], [trains.units + n_units]
    if circuit.spontaneous_rate is not None:
        for unit in np.flatnonzero(circuit.spontaneous_rate > 0):
            fires = np.flatnonzero(rng.random(n_steps) < -np.expm1(-circuit.spontaneous_rate[unit] * dt))
            steps.append(fires)
            senders.append(np.full(len(fires), unit))
    events = np.unique(np.column_stack([np.concatenate(steps), np.concatenate(senders)]).astype(np.int64), axis=0)
    return events[events[:, 0] < n_steps]


def check_steps(owner: str, name: str, value: Any, n_steps: float, n_units: int) -> None:
    """Refuse more steps of so many units than could be simulated in days."""
    seconds, what = n_steps * (_STEP_SECONDS + n_units * _UNIT_SECONDS), f"{n_steps:.3g} steps of {n_units} units"
    check_patience(owner, name, value, seconds, LONGEST_RUN, what)


def check_recorded(n_steps: int, n_units: int) -> None:
    """Refuse voltages that do not fit into the memory."""
    check_fits("simulate", "record", "voltages", 8.0 * n_steps * n_units, f"those of {n_steps} steps")


def trial_generator(seed: int, trains: SpikeTrains) -> np.random.Generator:
    """Random numbers that depend on a seed and on the input of the trial alone."""
    return generator_for(seed, trains.times, trains.units)


def _run_trial(
    engine: CircuitEngine, seed: int, trains: SpikeTrains, currents: np.ndarray, voltages_too: bool
) -> Recording:
    rng = trial_generator(seed, trains)
    state = start(engine, rng)
    n_steps = round(trains.duration / engine.dt)
    events = input_events(engine.circuit, trains, n_steps, engine.dt, rng)
    if voltages_too:
        check_recorded(n_steps, state.ready.size)
    voltages = np.empty((n_steps, state.ready.size)) if voltages_too else None
    fired = run_engine(engine, state, n_steps, events, currents, rng, voltages)
    spikes = SpikeTrains(fired[:, 0] * engine.dt, fired[:, 1], state.ready.size, trains.duration)
    return Recording(spikes, voltages)


def read_trials(
    circuit: Circuit,
    spikes: SpikeTrains | Sequence[SpikeTrains] | None,
    currents: Numbers | Sequence[Numbers] | None,
    dt: float,
) -> tuple[Iterator[tuple[SpikeTrains, np.ndarray]], bool]:
    """Trials (trains, currents), and whether a list of them was given."""
    many = isinstance(spikes, list | tuple) or isinstance(currents, list | tuple)
    trains = list(spikes) if isinstance(spikes, list | tuple) else [spikes]
    injected = list(currents) if isinstance(currents, list | tuple) else [currents]
    if spikes is None and currents is None:
        raise parameter_error("simulate", "spikes", "given, or else `currents`", spikes)
    if not trains or not injected:
        raise parameter_error("simulate", "currents" if trains else "spikes", "of at least one trial", [])
    if many and spikes is not None and currents is not None and len(trains) != len(injected):
        raise parameter_error("simulate", "currents", f"a list of {len(trains)} arrays, as many as spikes", currents)
    n_trials = max(len(trains), len(injected))
    trains, injected = (trials * n_trials if len(trials) == 1 else trials for trials in (trains, injected))
    return (_read_trial(circuit, *trial, dt) for trial in zip(trains, injected, strict=True)), many


def _read_trial(circuit: Circuit, trains: Any, currents: Any, dt: float) -> tuple[SpikeTrains, np.ndarray]:
    n_units = len(circuit.excitatory)
    given = without_unit("simulate", "currents", currents, "amp")
    rows = np.zeros((1, n_units)) if currents is None else real_array(given)
    if rows is None or rows.ndim != 2 or rows.shape[1] != n_units or not len(rows) or not np.isfinite(rows).all():
        raise parameter_error("simulate", "currents", f"a finite array (n_rows, {n_units})", currents)
    spikes_missing = trains is None
    if spikes_missing:
        trains = SpikeTrains(np.zeros(0), np.zeros(0, int), circuit.n_inputs, len(rows) * dt)
    if not isinstance(trains, SpikeTrains) or trains.n_units != circuit.n_inputs:
        raise parameter_error("simulate", "spikes", f"SpikeTrains of {circuit.n_inputs} channels", trains)
    check_steps("simulate", "currents" if spikes_missing else "spikes", trains, trains.duration / dt, n_units)
    return trains, rows


def _jumps(engine: CircuitEngine, n_steps: int, rng: np.random.Generator) -> tuple[Background, ...]:
    """One record of what the units hear from outside in n_steps; none where there is no background."""
    background = engine.circuit.background
    if background is None:
        return ()
    counts = rng.poisson(background.rate * engine.dt, (n_steps, len(background)))
    return (Background(counts, engine.kind, background.weight),)


def _joined(projections: list[Projection], name: str) -> np.ndarray:
    return np.concatenate([getattr(projection, name) for projection in projections])


def _dynamics(projection: Projection, dt: float) -> list[np.ndarray]:
    """U (negative where synapses are static), and the inverse of D and F in steps."""
    if projection.U is None or projection.D is None or projection.F is None:
        return [np.full(len(projection), -1.0), np.zeros(len(projection)), np.zeros(len(projection))]
    return [projection.U, dt / projection.D, dt / projection.F]
