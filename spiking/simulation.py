"""Spiking circuits in Brian2: the same call, clock, initial values and spikes as in Numba."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from reservoir.circuits import Circuit
from reservoir.neurons import LIF
from reservoir.systems.simulation import Recording, input_events, read_record, read_trials, trial_generator
from reservoir.trains import SpikeTrains
from reservoir.validation import as_generator, check_choice, check_has, check_real, parameter_error
from spiking._brian import run_trials
from spiking.network import Answer, Trial, make_network

_TILES = 64


def simulate(
    circuit: Circuit,
    spikes: Any = None,
    *,
    currents: Any = None,
    neuron: Any = None,
    plasticity: Any = None,
    dt: float = 1e-4,
    record: Any = (),
    random_state: Any = None,
    codegen: str = "numpy",
) -> Any:
    """Spikes of a circuit, on a grid of time steps, from rest.

    The same call as `reservoir.simulate`, run by Brian2, and the same spikes for `LIF` without noise or a Poisson
    background, which Brian2 draws itself: the same order of events in a step, the same initial voltages from
    `random_state`. Other units follow the same equations, which Brian2
    integrates by methods of its own. Trials without plasticity run side by side as unconnected parts of one network.

    Parameters
    ----------
    circuit, spikes, currents, neuron, dt, random_state : as in `reservoir.simulate`
    plasticity : None or dict, default None
        Rules of `spiking.plasticity` by projection: ``{"recurrent": STDP()}`` or ``{"inputs": STDP()}``. Every
        trial begins with the weights of `circuit`. Synapses of units that fire of themselves do not learn.
    record : tuple of names, default ()
        What is kept besides the spikes: "voltages", and "weights", the circuit with what was learned.
    codegen : {"numpy", "cython"}, default "numpy"
        How Brian2 runs. "cython" needs a C++ compiler, and a minute for the first simulation of its kind on a machine.

    Returns
    -------
    Recording, or a list of them where a list was given

    Raises
    ------
    ValueError
        For arguments that do not fit together, and parameters out of range.
    RuntimeError
        Outside the main thread, and where another Brian2 simulation is under way in this process.

    References
    ----------
    Stimberg, Brette, Goodman 2019, Brian 2, an intuitive and efficient neural simulator, eLife 8:e47314,
    doi:10.7554/eLife.47314.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.circuits import MaassColumn
    >>> from reservoir.spikes import SpikeTrains
    >>> from spiking import simulate
    >>> column = MaassColumn((3, 3, 3)).draw(np.random.default_rng(0))
    >>> regular = SpikeTrains(np.arange(0.01, 0.1, 0.02), np.zeros(5, int), n_units=1, duration=0.1)
    >>> simulate(column, regular, random_state=0).spikes.n_units
    27
    """
    dt = check_real("simulate", "dt", dt, 0, closed="neither", unit="second")
    if not isinstance(circuit, Circuit):
        raise parameter_error("simulate", "circuit", "a Circuit", circuit)
    check_choice("simulate", "codegen", codegen, ["numpy", "cython"])
    neuron = LIF() if neuron is None else neuron
    check_has("simulate", "neuron", neuron, ("cells", "initial_state"), "None or a record of reservoir.neurons")
    recorded = read_record(record, ("voltages", "weights"))
    network = make_network("simulate", circuit, neuron, plasticity, dt)
    neuron.cells(circuit.excitatory, network.time_constants, dt)  # checks its parameters
    seed = int(as_generator("simulate", random_state).integers(2**63))
    given, many = read_trials(circuit, spikes, currents, dt)
    heard = list(given)
    trials = [_make_trial(circuit, neuron, seed, trains, rows if currents is not None else None, dt)
              for trains, rows in heard]  # fmt: skip
    answers = []
    size = 1 if plasticity or len({_steps_a_row(trial) for trial in trials}) > 1 else _TILES
    for first in range(0, len(trials), size):
        answers += run_trials(network, trials[first : first + size], codegen, seed % 2**32, "voltages" in recorded)
    recordings = [
        _as_recording(circuit, answer, trains, dt, "weights" in recorded)
        for answer, (trains, _) in zip(answers, heard, strict=True)
    ]
    return recordings if many else recordings[0]


def _make_trial(
    circuit: Circuit, neuron: Any, seed: int, trains: SpikeTrains, currents: np.ndarray | None, dt: float
) -> Trial:
    rng = trial_generator(seed, trains)
    variables = neuron.initial_state(circuit.n_units, rng)
    n_steps = round(trains.duration / dt)
    return Trial(variables, input_events(circuit, trains, n_steps, dt, rng), currents, n_steps)


def _steps_a_row(trial: Trial) -> int:
    """Steps that a row of injected currents lasts, 0 without currents."""
    return 0 if trial.currents is None else -(-trial.n_steps // len(trial.currents))


def _as_recording(circuit: Circuit, answer: Answer, trains: SpikeTrains, dt: float, weights_too: bool) -> Recording:
    spikes = SpikeTrains(answer.spikes[:, 0] * dt, answer.spikes[:, 1], circuit.n_units, trains.duration)
    learned = with_learned(circuit, answer.learned) if weights_too else None
    return Recording(spikes, answer.voltages, learned)


def with_learned(circuit: Circuit, learned: dict[str, dict[str, np.ndarray]]) -> Circuit:
    """The circuit with the weights, or whatever a rule has changed, in their places."""
    for name, found in learned.items():
        projection, changes = getattr(circuit, name), {}
        for variable, field in (("w", "weight"), ("U", "U")):
            if variable in found:
                values = getattr(projection, field).copy()
                values[found["which"]] = found[variable]
                changes[field] = values
        circuit = dataclasses.replace(circuit, **{name: dataclasses.replace(projection, **changes)})
    return circuit
