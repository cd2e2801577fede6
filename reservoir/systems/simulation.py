"""Spiking circuits in Numba: one trial or many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from reservoir.circuits import Circuit
from reservoir.circuits.receptors import Receptors, receptors_of
from reservoir.circuits.suitability import check_suited
from reservoir.compilation import rows_per_call
from reservoir.foreign_code import loop_for
from reservoir.neurons import LIF
from reservoir.neurons.spiking.circuit_loop import Blocks, Conductances, State, resting_state, run_circuit
from reservoir.neurons.spiking.mixture import Mixture, models_of, units_by_record
from reservoir.neurons.spiking.sending import Background, Releases, Wiring
from reservoir.parts import Numbers, PlasticityRule, Seed, SpikingUnit, Units, check_part
from reservoir.quantities import magnitude
from reservoir.random_numbers import BACKGROUND, INITIAL, NOISE, Places, TrialGenerator, fill, poisson_numbers
from reservoir.sizes import check_fits
from reservoir.systems.circuit_wiring import (
    held_units,
    make_background,
    make_conductances,
    make_wiring,
    released,
)
from reservoir.systems.stimuli import NUMBERS_HELD, Stimulus, read_trials
from reservoir.trains import SpikeTrains
from reservoir.trials import Trial
from reservoir.validation import as_generator, check_real, parameter_error

SHORTEST_STEP = 1e-9  # seconds; with less, delays and trials have more steps than memory or patience
_SPIKE_ROOM = 65_536  # spikes, before they are copied


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
    background: Background | None = None  # without counts
    conductances: Conductances | None = None
    blocks: Blocks | None = None
    held: np.ndarray | None = None  # (n_units,), whether units stand still in their refractory time, for delta synapses
    releases: Releases | None = None  # without keys and steps


def simulate(
    circuit: Circuit,
    spikes: SpikeTrains | Sequence[SpikeTrains] | None = None,
    *,
    currents: Numbers | Sequence[Numbers] | None = None,
    neuron: Units = None,
    plasticity: Mapping[str, PlasticityRule] | None = None,
    dt: float = 1e-4,
    record: str | Sequence[str] = (),
    random_state: Seed = None,
    trial: Trial | None = None,
    current_dt: float | None = None,
) -> Any:
    """Spikes of a circuit, on a grid of time steps, from rest.

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
    plasticity : None
        This engine has no plasticity yet.
    dt : float >= 1e-9, default 1e-4
        Length of a step, seconds. Delays are rounded to whole steps, halves upwards; refractory times are truncated.
    record : tuple of names, default ()
        What is kept besides the spikes: "voltages".
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
    seed = int(as_generator("simulate", random_state).integers(2**63))
    engine = make_engine("simulate", circuit, neuron, dt, np.random.default_rng(seed))
    trials, many = read_trials(circuit, spikes, currents, engine.dt, current_dt, trial, seed)
    recordings = [_run_trial(engine, *one, bool(recorded)) for one in trials]
    return recordings if many else recordings[0]


def read_record(record: str | Sequence[str], known: tuple[str, ...]) -> tuple[str, ...]:
    """The names of what is to be recorded."""
    names = (record,) if isinstance(record, str) else tuple(record) if isinstance(record, list | tuple) else (None,)
    if not all(isinstance(name, str) and name in known for name in names):
        raise parameter_error("simulate", "record", f"a tuple of names among {known}", record)
    return names


def make_engine(
    owner: str,
    circuit: Circuit,
    neuron: Units,
    dt: float,
    rng: np.random.Generator | None = None,
    compiled: bool = True,
) -> CircuitEngine:
    """The circuit, checked and in the form of the kernel; with `rng` units are drawn from their distributions.

    Without `compiled` its units may run in Brian2 alone.
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
    wiring, releases = make_wiring(circuit, kinds, dt)
    conductances, blocks = make_conductances(kinds, dt)
    held = held_units(neuron, cells, circuit.n_units) if kinds.jumps and cells is not None else None
    background = make_background(circuit, kinds)
    return CircuitEngine(circuit, neuron, cells, wiring, dt, background, conductances, blocks, held, releases)


def _check_room(owner: str, circuit: Circuit, kinds: Receptors, dt: float) -> None:
    """Refuse more variables, one for each kind of synapse and unit, and spikes on their way, than fit into memory."""
    n_kinds, longest = kinds.n_receptors, max(part.delay.max(initial=0.0) for _, _, part in circuit.pathways())
    n_bytes = 8.0 * (2 + longest / dt) * n_kinds * circuit.n_units
    check_fits(owner, "circuit", circuit, n_bytes, f"{n_kinds} kinds of synapses and delays of {longest:.3g} s")


def read_units(
    owner: str, circuit: Circuit, neuron: Units, rng: np.random.Generator | None, compiled: bool = True
) -> SpikingUnit:
    """The record of all units of a circuit, or of a mixture, with what is drawn from its distributions."""
    if not isinstance(circuit, Circuit):
        raise parameter_error(owner, "circuit", "a Circuit", circuit)
    given = LIF() if neuron is None else neuron
    check_units(owner, given, compiled)
    made: SpikingUnit = _mixed(owner, circuit, given) if isinstance(given, Mapping) else given
    return made.drawn(circuit.excitatory, rng) if rng is not None and hasattr(made, "drawn") else made


def _mixed(owner: str, circuit: Circuit, neuron: Mapping[str, SpikingUnit]) -> Mixture:
    """The mixture that a dict of records by population makes of all units."""
    known = {"E": circuit.excitatory, "I": ~circuit.excitatory, **circuit.populations}
    masks = {name: known[name] for name in neuron if name in known}
    if len(masks) < len(neuron) or not masks or (np.sum(list(masks.values()), axis=0) != 1).any():
        wanted = f"a dict of records by populations, of {', '.join(known)}, in which every unit stands once"
        raise parameter_error(owner, "neuron", wanted, neuron)
    filled = {name: mask for name, mask in masks.items() if mask.any()}
    return Mixture({name: neuron[name] for name in filled}, filled)


def check_units(owner: str, neuron: Any, compiled: bool) -> None:
    """Refuse what is no record of units, and where a step is to be `compiled` one that runs in Brian2 alone."""
    if isinstance(neuron, Mapping):
        for record in neuron.values():
            check_part(owner, "neuron", record, SpikingUnit)
        return
    in_words = callable(getattr(neuron, "equations", None)) and not hasattr(neuron, "cells")
    if isinstance(neuron, str) or (hasattr(neuron, "equations") and not callable(neuron.equations)):
        wanted = "None, a record of reservoir.neurons, or a user's own equations in spiking.Equations"
        raise parameter_error(owner, "neuron", wanted, neuron)
    if not in_words or isinstance(neuron, type):
        check_part(owner, "neuron", neuron, SpikingUnit, optional=True)
    elif compiled:
        why = f"{type(neuron).__name__} runs in Brian2 only, by spiking.simulate and spiking.Microcircuit"
        raise parameter_error(owner, "neuron", f"None or a unit with a compiled step ({why})", neuron)


def run_engine(engine: CircuitEngine, state: State, heard: Stimulus, voltages: np.ndarray | None = None) -> np.ndarray:
    """Move `state` on by all steps of a stimulus: the spikes (n_spikes, 2) as (step, unit)."""
    n_units, n_steps = state.ready.size, heard.n_steps
    room, seen = np.empty((max(_SPIKE_ROOM, 4 * n_units), 2), np.int64), np.zeros(1, np.int64)
    currents = np.zeros((1, n_units)) if heard.currents is None else heard.currents
    if engine.circuit.background is not None:
        currents = currents + engine.circuit.background.current
    rows, pieces, step = heard.shared_rows(), [np.empty((0, 2), np.int64)], 0
    loop = loop_for(run_circuit, type(engine.cells))
    chunk = max(1, min(rows_per_call(n_units * (len(engine.wiring.decay) + 10), "update"), NUMBERS_HELD // n_units))
    while step < n_steps:
        last = min(step + chunk, n_steps)
        places = heard.numbers_of(step, last)
        noise, jumps = _noise(engine, heard.seed, places, n_units), _jumps(engine, heard.seed, places)
        releases = released(engine.releases, heard.seed, places)
        while step < last:  # more than once where `room` gets full
            kept = noise[:0] if voltages is None else voltages[step:last]
            n_spikes, reached = loop(
                engine.cells, engine.wiring, state, step, last, currents, rows[step:last], noise, heard.events, seen,
                room, kept, *(jumps or (None,)), engine.conductances, engine.blocks, engine.held, releases,
            )  # fmt: skip
            pieces.append(room[:n_spikes].copy())
            jumps = tuple(part._replace(counts=part.counts[reached - step :]) for part in jumps)
            releases = None if releases is None else releases._replace(when=releases.when[reached - step :])
            noise, step = noise[reached - step :], reached
    check_finite(type(engine.neuron).__name__, state.variables, engine.dt)
    return np.concatenate(pieces)


def check_finite(unit: str, values: np.ndarray, dt: float) -> None:
    """Refuse voltages, and other variables of units, that have overflowed."""
    if not np.isfinite(values).all():
        raise ValueError(
            f"The voltages of {unit} overflow: the weights, the currents or the step of {dt:g} s are too large."
        )


def is_noisy(neuron: Units) -> bool:
    """Whether random numbers move any of the units."""
    if isinstance(neuron, Mapping):
        return any(map(is_noisy, neuron.values()))
    return bool(np.any(np.asarray(magnitude(getattr(neuron, "noise", 0))) > 0))


def _noise(engine: CircuitEngine, seed: int, places: Places, n_units: int) -> np.ndarray:
    """Normal numbers (n_steps, n_units), or no row where nothing is noisy."""
    noisy = is_noisy(engine.neuron)
    noise = np.empty((int(places.offsets[-1]) if noisy else 0, n_units))
    if noisy:
        fill(seed, NOISE, places, 1.0, noise)
    return noise


def _jumps(engine: CircuitEngine, seed: int, places: Places) -> tuple[Background, ...]:
    """One record of what the units hear from outside in these steps; none where there is no background."""
    background = engine.circuit.background
    if background is None or engine.background is None:
        return ()
    counts = poisson_numbers(seed, BACKGROUND, places, background.rate * engine.dt)
    return (engine.background._replace(counts=counts),)


def initial_values(neuron: SpikingUnit, n_units: int, seed: int, trial: int) -> np.ndarray:
    """The variables (n_variables, n_units) with which units begin a trial."""
    return neuron.initial_state(n_units, TrialGenerator(seed, INITIAL, trial))


def kept_variables(engine: CircuitEngine, n_variables: int) -> np.ndarray:
    """Which variables (n_variables, n_units) of the units stay as learning has left them."""
    kept = np.zeros((n_variables, engine.circuit.n_units), dtype=bool)
    for record, cells, units in models_of(engine.neuron, engine.cells, engine.circuit.n_units):
        texts = cells.statements() if hasattr(cells, "statements") else record.equations()
        for row, name in enumerate(texts.variables):
            kept[row, units] = name in texts.kept
    return kept


def start(engine: CircuitEngine, variables: np.ndarray) -> State:
    """The state of a circuit that has heard nothing, from the variables of its units."""
    spontaneous = engine.circuit.spontaneous_rate
    silent = np.zeros(variables.shape[1], bool) if engine.circuit.dead is None else engine.circuit.dead
    if spontaneous is not None:
        silent = silent | (spontaneous > 0)
    return resting_state(variables, engine.wiring, silent)


def check_recorded(n_steps: int, n_units: int, owner: str = "simulate", name: str = "record") -> None:
    """Refuse voltages that do not fit into the memory."""
    check_fits(owner, name, "voltages", 8.0 * n_steps * n_units, f"those of {n_steps} steps")


def _run_trial(engine: CircuitEngine, trains: SpikeTrains, heard: Stimulus, voltages_too: bool) -> Recording:
    n_units = len(engine.circuit.excitatory)
    state = start(engine, initial_values(engine.neuron, n_units, heard.seed, heard.number))
    shape = heard.n_steps, n_units
    if voltages_too:
        check_recorded(*shape)
    voltages = np.empty(shape) if voltages_too else None
    fired = run_engine(engine, state, heard, voltages)
    return Recording(SpikeTrains(fired[:, 0] * engine.dt, fired[:, 1], n_units, trains.duration), voltages)
