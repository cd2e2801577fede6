"""Spiking circuits in Brian2: the same call, clock, initial values and spikes as in Numba."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from reservoir.circuits import Circuit
from reservoir.circuits.suitability import check_suited
from reservoir.neurons.spiking.mixture import units_by_record
from reservoir.parts import Numbers, Seed, Units
from reservoir.plasticity.learning import Rules
from reservoir.systems.circuit_state import CircuitState, Starts
from reservoir.systems.circuit_units import initial_values, read_units
from reservoir.systems.learned import traces_of, with_learned
from reservoir.systems.recording import Record, Recording, Wanted, read_record
from reservoir.systems.simulation import SHORTEST_STEP
from reservoir.systems.stimuli import read_trials
from reservoir.trains import SpikeTrains
from reservoir.trials import Trial as TrialNumbers
from reservoir.validation import check_real, parameter_error
from spiking._brian import load
from spiking.circuit_text import Answer, Trial, write_circuit
from spiking.execution import run_job
from spiking.known_variables import known_of
from spiking.worker_process import run_where_asked


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
    codegen: str = "auto",
    n_jobs: int | None = None,
    verbose: int = False,
    trial: TrialNumbers | None = None,
    current_dt: float | None = None,
    period: float | None = None,
    state: CircuitState | Sequence[CircuitState] | None = None,
) -> Any:
    """Spikes of a circuit, on a grid of time steps, from rest or from where another simulation has stopped.

    The same call as `reservoir.simulate`, run by Brian2, and the same spikes for all units of `reservoir.neurons`: the
    same step of the units, the same order of events in it, and the same random numbers of `random_state`, the trial,
    the step and the unit, for initial voltages, noise, background and units that fire of themselves. Trials run side by
    side, up to 64 of them as unconnected parts of one network; where synapses learn, those of equal duration.

    Parameters
    ----------
    circuit, spikes, currents, dt, random_state, trial, current_dt, period, state : as in `reservoir.simulate`
        A state is one of this engine, and of the same rules, which hold what was learned: give the circuit with which
        learning began. Where the state knows no rules, they begin with it.
    neuron : None, record of `reservoir.neurons`, dict of records by population, or `spiking.Equations`, default None
        None is ``LIF()``.
    plasticity : None, dict or list, default None
        Rules of `reservoir.plasticity`, or your own: by projection, ``{"recurrent": STDP()}`` or
        ``{"inputs": STDP()}``, one or a list each; or a list of rules that name their populations,
        ``[STDP(between=("E", "E")), InhibitorySTDP()]``, for all projections between units, and from the channels where
        ``between=("inputs", "E")``. Every trial begins with the weights of `circuit`.
    record : name, dict, or tuple of these, default ()
        What is kept besides the spikes. As a whole by name: "voltages"; "weights", the circuit with what was learned;
        "traces", those of the plasticity rules at the end; "state", where the simulation stops. In a dict over time,
        every `period`: of units as in `reservoir.simulate`, and variables of `Equations` and of rules; by projection
        ``{"weights": {"recurrent": [0, 7]}}``, "traces", all of them, and any variable of dynamic synapses or of a rule
        by its name. A list alone, ``{"weights": [0, 7]}``, means the first projection that learns.
    codegen : {"auto", "numpy", "cython", "standalone"}, default "auto"
        How Brian2 runs: interpreted; compiled by Cython, which takes a minute for the first simulation of its kind on a
        machine; or as a C++ program, which takes some 10 s to build each time and then runs fastest. Both need a C++
        compiler. "auto" interprets short jobs and builds a program for those of 150,000 steps and more (Cython, from a
        million steps on, where weights are normalised), and says so in the log ``spiking.execution``; without a
        compiler it interprets, with a `CompilerWarning`.
    n_jobs : int or None, default None
        Processes that share the networks of up to 64 trials, -1 for all processors. None: 1, or what
        ``joblib.parallel_config`` says. The result is the same.
    verbose : int >= 0 or bool, default False
        Whether progress is shown: 1 by a bar in a terminal or a notebook, where tqdm is installed, otherwise by a line
        every 30 s in the log ``spiking``, level INFO, or on standard error where no handler takes it; 2 by a line
        about every second. A C++ program tells its end only.

    Returns
    -------
    Recording, or a list of them where a list was given

    Raises
    ------
    ValueError
        For arguments that do not fit together, and parameters out of range.
    RuntimeError
        Where Brian2 is to be loaded outside the main thread, and where another simulation of it is under way in this
        process: `own_process` is the way for threads.

    Notes
    -----
    What the text of a rule draws by ``rand()`` or ``randn()``, as the noise of `CalciumSTDP`, are numbers of Brian2's
    own, which do depend on the trials beside it, on where a run begins and on `codegen`; everything else is the
    same however it is run.

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
    dt = check_real("simulate", "dt", dt, SHORTEST_STEP, unit="second")
    starts = Starts("brian2", state, trial, dt, random_state)
    units = read_units("simulate", circuit, neuron, np.random.default_rng(starts.seed), compiled=False)
    network = write_circuit("simulate", circuit, units, plasticity, dt)
    wanted = read_record(record, period, dt, circuit, known_of(circuit, network))
    check_suited("simulate", circuit, units_by_record(units, circuit.n_units))
    given, many = read_trials(circuit, spikes, currents, dt, current_dt, starts)
    heard = list(given)
    trials = [
        Trial(initial_values(units, circuit.n_units, starts.seed, one.stimulus.number), *one.stimulus, one.state)
        for one in heard
    ]
    wanted.check_room(sum(one.n_steps for one in trials), circuit.n_units)
    job = "simulate", network, trials, codegen, starts.seed % 2**32
    answers, _ = run_job(*job, wanted=wanted, n_jobs=n_jobs, verbose=verbose)
    recordings = [
        recorded(circuit, answer, one.trains.duration, wanted, trial, dt)
        for answer, one, trial in zip(answers, heard, trials, strict=True)
    ]
    return recordings if many else recordings[0]


def recorded(circuit: Circuit, answer: Answer, duration: float, wanted: Wanted, trial: Trial, dt: float) -> Recording:
    """What was asked for of one trial."""
    spikes = SpikeTrains(answer.spikes[:, 0] * dt, answer.spikes[:, 1], circuit.n_units, duration)
    learned = with_learned(circuit, answer.learned) if "weights" in wanted.names else None
    traces = traces_of(circuit, answer.learned) if "traces" in wanted.names else answer.over_time.get("traces")
    times = wanted.times(trial.behind, trial.n_steps, dt)
    return Recording(
        spikes, answer.voltages, learned, traces, times, answer.over_time.get("weights"), answer.over_time,
        stopped(answer, trial, dt) if "state" in wanted.names else None,
    )  # fmt: skip


def stopped(answer: Answer, trial: Trial, dt: float) -> CircuitState | None:
    """Where a trial has stopped, if that is known."""
    if answer.state is None:
        return None
    return CircuitState("brian2", answer.state, dt, trial.seed, trial.heard.number, trial.behind + trial.n_steps)


def warm_up(
    circuit: Circuit | None = None, *, neuron: Units = None,
    plasticity: Rules | None = None, dt: float = 1e-4, codegen: str = "numpy",
) -> None:  # fmt: skip
    """Load Brian2, and with a circuit compile the code for it, before workers or threads start.

    Brian2 must be imported in the main thread of a process (threads call this inside `own_process`), and its first
    simulation of a kind compiles for up to a minute, which workers that start together would all do. A setup of
    ``run_batch`` by the name ``"spiking.warm_up"``.

    Parameters
    ----------
    circuit : Circuit or None, default None
        What will be simulated; None loads Brian2 only.
    neuron, plasticity, dt : as in `spiking.simulate`
    codegen : {"numpy", "cython"}, default "numpy"

    Examples
    --------
    >>> import spiking
    >>> spiking.warm_up()
    """
    run_where_asked(load)
    if circuit is not None:
        if not isinstance(circuit, Circuit):
            raise parameter_error("warm_up", "circuit", "None or a Circuit", circuit)
        dt = check_real("warm_up", "dt", dt, SHORTEST_STEP, unit="second")
        nothing = SpikeTrains(np.zeros(0), np.zeros(0, int), circuit.n_inputs, dt)
        simulate(circuit, nothing, neuron=neuron, plasticity=plasticity, dt=dt, codegen=codegen, random_state=0)
