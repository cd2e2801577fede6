"""Milliseconds of a trial of a spiking circuit, beside Brian2 and, where it is installed, NEST.

    python benchmarks/liquid.py

All engines get the same arrays: synapses, initial voltages and input spikes. Equal spikes, unit and step, are
asserted first. All times are processor time, but for the `first call`, which holds the compilation. `simulate` is
timed as a whole, once its first call has made the circuit ready; of Brian2 and NEST the set-up and the run are told
apart. Trials of the column are taken in blocks of 7, as users run them, since after another engine's work the caches
are cold for the first.
"""

from __future__ import annotations

import measure  # first: it sets the number of threads

# isort: split
import importlib.util
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from measure import Row

from reservoir import simulate
from reservoir.circuits import Circuit, MaassColumn, Projection, RandomCircuit
from reservoir.neurons import LIF
from reservoir.spikes import SpikeTrains
from reservoir.systems.circuit_units import initial_values
from reservoir.validation import as_generator

DT, SEED = 1e-4, 0
SILENT = 1e-3  # seconds without input, so that NEST may send it early
UNIT = LIF()
# Peer, what its row is called, and the parts of a trial that it counts.
WAYS = (
    ("Cython", "Brian2 Cython, run", ("run",)),
    ("C++", "Brian2 C++, program", ("program",)),
    ("C++", "Brian2 C++, its loop alone", ("loop",)),
    ("NEST", "NEST, set-up and run", ("set-up", "run")),
    ("NEST", "NEST, run alone", ("run",)),
)
# Required ratios.
COLUMN = {"Brian2 Cython, run": 120.0, "Brian2 C++, program": 4.0, "NEST, set-up and run": 8.0}
LARGE = {title: 1.0 for _, title, _ in WAYS}

EQUATIONS = """
dv/dt = (level - v + resistance * (excitation + inhibition)) / membrane : volt (unless refractory)
dexcitation/dt = -excitation / fast : amp
dinhibition/dt = -inhibition / slow : amp
held : second (constant)
"""
DYNAMIC = """
U : 1 (constant)
D : second (constant)
F : second (constant)
u : 1
R : 1
sent : second
"""
RECURSION = """
R = 1 + (R - u * R - 1) * exp(-(t - sent) / D)
u = U + u * (1 - U) * exp(-(t - sent) / F)
sent = t
"""


class Trial(NamedTuple):
    """What all engines get."""

    circuit: Circuit
    trains: SpikeTrains
    voltages: np.ndarray  # (n_units,), the initial ones, as `simulate` draws them
    seconds: float


class Clock:
    """Seconds of processor time of the named parts of repeated trials; waiting for a busy machine does not count."""

    def __init__(self) -> None:
        self.parts: dict[str, list[float]] = {}

    def add(self, name: str, seconds: float) -> None:
        self.parts.setdefault(name, []).append(seconds)

    def timed(self, name: str, work: Callable, now: Callable = time.process_time) -> Any:
        """What the work returns; its seconds by the clock `now` are kept."""
        begin = now()
        result = work()
        self.add(name, now() - begin)
        return result

    def median(self, name: str, repeats: int) -> float:
        """Milliseconds: median of the last calls, those that count."""
        return 1e3 * statistics.median(self.parts[name][-repeats:])


def trial_of(circuit: Circuit, seconds: float, rate: float = 20.0) -> Trial:
    """Poisson input of this rate on every channel."""
    rng = np.random.default_rng(SEED)
    steps, channels = np.nonzero(rng.random((round(seconds / DT), circuit.n_inputs)) < rate * DT)
    kept = steps >= round(SILENT / DT)
    trains = SpikeTrains(steps[kept] * DT, channels[kept], circuit.n_inputs, seconds)
    seed = int(as_generator("simulate", SEED).integers(2**63))
    return Trial(circuit, trains, initial_values(UNIT, circuit.n_units, seed, 0)[0], seconds)


def column() -> Trial:
    """The column of 135 units with dynamic synapses and 4 input channels, 0.5 s."""
    return trial_of(MaassColumn().draw(np.random.default_rng(SEED), 4), 0.5)


def large() -> Trial:
    """10,000 units with 200,000 static synapses and 100 input channels, 1 s."""
    family = RandomCircuit(10_000, 20, degree="in_degree", weight_scale=0.05, input_scale=0.3, input_probability=0.03)
    circuit = family.draw(np.random.default_rng(SEED), 100)
    static = replace(circuit.recurrent, U=None, D=None, F=None)
    return trial_of(replace(circuit, recurrent=static), 1.0)


class Ours:
    """`simulate` as a whole."""

    def __init__(self, trial: Trial) -> None:
        self.trial, self.clock = trial, Clock()
        self.clock.timed("first", self.run, time.perf_counter)

    def __call__(self) -> None:
        self.clock.timed("run", self.run)

    def run(self) -> Any:
        return simulate(self.trial.circuit, self.trial.trains, neuron=UNIT, dt=DT, random_state=SEED)


def spikes_of(times: np.ndarray, units: np.ndarray) -> np.ndarray:
    """Spikes (n_spikes, 2) as (step, unit), sorted."""
    spikes = np.column_stack([np.rint(np.asarray(times) / DT).astype(np.int64), np.asarray(units, dtype=np.int64)])
    return spikes[np.lexsort((spikes[:, 1], spikes[:, 0]))]


def check(name: str, trial: Trial, theirs: np.ndarray) -> str:
    """Leave with a message where spikes differ; else a note of how many they are."""
    recording = Ours(trial).run()
    mine = spikes_of(recording.spikes.times, recording.spikes.units)
    if not np.array_equal(mine, theirs):
        same = len(set(map(tuple, mine.tolist())) & set(map(tuple, theirs.tolist())))
        raise SystemExit(f"{name}: {len(mine)} and {len(theirs)} spikes, {same} in common: not equal work")
    return f"the same {len(mine):,} spikes, {len(mine) / trial.circuit.n_units / trial.seconds:.1f} Hz a unit"


def brian() -> Any:
    """Brian2, without its log file and its own words behind every error."""
    hook = sys.excepthook
    import brian2

    sys.excepthook = hook
    brian2.prefs.logging.file_log = False
    return brian2


def brian_network(b: Any, trial: Trial, recurrent: list[Projection]) -> tuple[Any, Any, Any]:
    """Network, input and monitor of Brian2, with an object of synapses for each part of the recurrent ones."""
    b.start_scope()
    b.defaultclock.dt = DT * b.second
    circuit, second, volt = trial.circuit, b.second, b.volt
    names = {
        "level": (UNIT.rest + UNIT.resistance * UNIT.background) * volt,
        "resistance": UNIT.resistance * b.ohm,
        "membrane": UNIT.time_constant * second,
        "fast": 3e-3 * second,
        "slow": 6e-3 * second,
        "threshold": UNIT.threshold * volt,
        "lowest": UNIT.reset * volt,
    }
    spiking = {"threshold": "v > threshold", "reset": "v = lowest", "refractory": "held", "method": "exact"}
    units = b.NeuronGroup(circuit.n_units, EQUATIONS, **spiking, namespace=names, name="units")
    units.v = trial.voltages * volt
    units.held = np.where(circuit.excitatory, *UNIT.refractory) * second
    source = b.SpikeGeneratorGroup(circuit.n_inputs, trial.trains.units, trial.trains.times * second, name="source")
    monitor = b.SpikeMonitor(units, name="monitor")
    paths = [brian_path(b, source, units, circuit.inputs, "input")]
    for k, part in enumerate(recurrent):
        paths.append(brian_path(b, units, units, part, f"recurrent_{k}"))
    return b.Network(units, source, monitor, *paths), source, monitor


def split(projection: Projection) -> list[Projection]:
    """Synapses of one sign and delay each."""
    excite, delay = projection.weight > 0, projection.delay
    kinds = sorted(set(zip(excite.tolist(), delay.tolist(), strict=True)))
    return [projection.select((excite == sign) & (delay == seconds)) for sign, seconds in kinds]


def brian_path(b: Any, source: Any, units: Any, projection: Projection, name: str) -> Any:
    """One object of synapses."""
    model = "weight : amp (constant)" + (DYNAMIC if projection.dynamic else "")
    one_delay = projection.delay[0] * b.second if len(set(projection.delay)) == 1 else None
    synapses = b.Synapses(source, units, model, on_pre=brian_jumps(projection), delay=one_delay, name=name)
    synapses.connect(i=projection.pre, j=projection.post)
    if one_delay is None:
        synapses.delay = projection.delay * b.second
    synapses.weight = projection.weight * b.amp
    if projection.dynamic:
        synapses.U, synapses.D, synapses.F = projection.U, projection.D * b.second, projection.F * b.second
        synapses.u, synapses.R, synapses.sent = 0, 1, 0 * b.second
    return synapses


def brian_jumps(projection: Projection) -> str:
    """What a spike does."""
    jump = "weight * u * R" if projection.dynamic else "weight"
    excite = projection.weight > 0
    if excite.all() or not excite.any():
        jumps = f"{'excitation' if excite.all() else 'inhibition'}_post += {jump}"
    else:
        signs = {"excitation": "int(weight > 0 * amp)", "inhibition": "int(weight < 0 * amp)"}
        jumps = "\n".join(f"{current}_post += {jump} * {sign}" for current, sign in signs.items())
    return (RECURSION if projection.dynamic else "") + jumps


class Standalone:
    """The C++ program that Brian2 writes for a trial; fastest where the synapses of an object share a delay."""

    def __init__(self, b: Any, trial: Trial, folder: Path) -> None:
        self.folder, self.clock = folder, Clock()
        b.set_device("cpp_standalone", build_on_run=False)
        b.prefs.devices.cpp_standalone.extra_make_args_unix = ["-j1"]
        network, _, monitor = brian_network(b, trial, split(trial.circuit.recurrent))
        network.run(trial.seconds * b.second)
        self.clock.timed("first", lambda: b.device.build(directory=str(folder), run=False), time.perf_counter)
        b.device.run(with_output=False)
        self.note = check("Brian2 C++", trial, spikes_of(monitor.t / b.second, monitor.i))
        b.device.reinit()
        b.set_device("runtime")

    def __call__(self) -> None:
        self.clock.timed("program", self.run, children_seconds)
        loop = (self.folder / "results" / "last_run_info.txt").read_text().split()[0]
        self.clock.add("loop", float(loop))

    def run(self) -> None:
        command = [str(self.folder / "main"), "--results_dir", "results/"]
        subprocess.run(command, cwd=self.folder, check=True, capture_output=True)


def children_seconds() -> float:
    """Processor time of the programs that this one has started."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class Runtime:
    """A network of Brian2 in Cython that is restored for every trial. It is fastest with few objects."""

    def __init__(self, b: Any, trial: Trial, folder: Path) -> None:
        self.b, self.trial, self.clock = b, trial, Clock()
        b.prefs.codegen.target = "cython"
        b.prefs.codegen.runtime.cython.cache_dir = str(folder)
        self.clock.timed("first", self.make, time.perf_counter)
        self.network, self.source, monitor = self.clock.timed("set-up", self.make)  # from the cache
        self()
        self.note = check("Brian2 Cython", trial, spikes_of(monitor.t / b.second, monitor.i))

    def make(self) -> tuple[Any, Any, Any]:
        parts = brian_network(self.b, self.trial, [self.trial.circuit.recurrent])
        parts[0].store()
        parts[0].run(0 * self.b.second)
        return parts

    def __call__(self) -> None:
        self.clock.timed("restore", self.restore)
        self.clock.timed("run", lambda: self.network.run(self.trial.seconds * self.b.second))

    def restore(self) -> None:
        self.network.restore()
        trains = self.trial.trains
        self.source.set_spikes(trains.units, trains.times * self.b.second)


class Nest:
    """A trial in NEST, built anew each time, since its clock and the times of the last spikes cannot be set back.

    What happens in step k here carries the time (k + 1) dt there. The synapse is `tsodyks_synapse` whose resources turn
    inactive at once, which is the recursion of the others; `tsodyks2_synapse` of NEST 3.10 sends the jump of the
    spike before.
    """

    def __init__(self, trial: Trial) -> None:
        os.environ["PYNEST_QUIET"] = "1"
        import nest

        self.nest, self.trial, self.clock = nest, trial, Clock()
        self.lead = round(min(trial.circuit.recurrent.delay) / DT)
        events = self.clock.timed("first", self, time.perf_counter)
        self.note = check("NEST", trial, spikes_of(events["times"] / 1e3 - DT, events["senders"] - 1))

    def __call__(self) -> dict:
        recorder = self.clock.timed("set-up", self.make)
        return self.clock.timed("run", lambda: self.run(recorder))

    def run(self, recorder: Any) -> dict:
        self.nest.Simulate(self.trial.seconds * 1e3)
        return recorder.events

    def make(self) -> Any:
        nest, (circuit, trains, voltages, _) = self.nest, self.trial
        nest.ResetKernel()
        nest.verbosity = nest.VerbosityLevel.ERROR
        nest.resolution = DT * 1e3
        units = nest.Create("iaf_psc_exp", circuit.n_units, params=nest_units(circuit, voltages))
        recorder = nest.Create("spike_recorder")
        nest.Connect(units, recorder)
        self.connect(circuit.recurrent, np.arange(1, circuit.n_units + 1), circuit.recurrent.delay)
        lead = self.lead * DT  # the longest that does not shorten the step between exchanges of spikes
        times = [np.round((part - lead + DT) * 1e3, 1) for part in trains.to_lists()]
        sources = nest.Create("spike_generator", circuit.n_inputs, params=[{"spike_times": part} for part in times])
        self.connect(circuit.inputs, np.array(sources.tolist()), np.full(len(circuit.inputs), lead))
        return recorder

    def connect(self, projection: Projection, senders: np.ndarray, delay: np.ndarray) -> None:
        model = {"synapse_model": "static_synapse", "weight": projection.weight * 1e12, "delay": delay * 1e3}
        if projection.dynamic:
            n = len(projection)
            model |= {"synapse_model": "tsodyks_synapse", "U": projection.U, "u": np.zeros(n), "x": np.ones(n)}
            model |= {"tau_rec": projection.D * 1e3, "tau_fac": projection.F * 1e3, "tau_psc": np.full(n, 1e-12)}
        self.nest.Connect(senders[projection.pre], projection.post + 1, "one_to_one", model)


def nest_units(circuit: Circuit, voltages: np.ndarray) -> dict:
    """Parameters in NEST's units: milliseconds, millivolts, picoamperes, picofarads."""
    return {
        "V_m": voltages * 1e3,
        "E_L": UNIT.rest * 1e3,
        "V_th": UNIT.threshold * 1e3,
        "V_reset": UNIT.reset * 1e3,
        "tau_m": UNIT.time_constant * 1e3,
        "C_m": UNIT.time_constant / UNIT.resistance * 1e12,
        "I_e": UNIT.background * 1e12,
        "tau_syn_ex": 3.0,
        "tau_syn_in": 6.0,
        # One step less: NEST counts the steps after that of the spike.
        "t_ref": (np.where(circuit.excitatory, *UNIT.refractory) - DT) * 1e3,
    }


def rows_of(work: str, engines: dict[str, Any], required: dict[str, float], repeats: int) -> list[Row]:
    """A row for each way to look at a peer; a turn is a block of trials where they are short."""
    n_trials = max(1, 1000 // next(iter(engines.values())).trial.circuit.n_units)
    works = {name: partial(block, trial, n_trials) for name, trial in engines.items()}
    measure.in_turns(works, repeats)
    repeats *= n_trials
    mine = engines["ours"].clock
    rows = []
    for peer, title, parts in WAYS:
        if peer not in engines:
            continue
        clock = engines[peer].clock
        times = {name: clock.median(name, repeats) for name in parts}
        calls = f"{mine.parts['first'][0]:.2g} s / {clock.parts['first'][0]:.2g} s"
        shown = [name for name in ("set-up", "restore", "run") if name in clock.parts]
        told = [f"{name} {clock.median(name, repeats):.3g} ms" for name in shown]
        both = mine.median("run", repeats), "ms", title, sum(times.values()), required.get(title)
        rows.append(Row(work, *both, first=calls, note=", ".join([engines[peer].note, *told])))
    return rows


def block(trial: Callable, n_trials: int) -> None:
    """Trials one after the other."""
    for _ in range(n_trials):
        trial()


def main() -> None:
    options = measure.parser(__doc__.split("\n")[0]).parse_args()
    b, rows = brian(), []
    with tempfile.TemporaryDirectory() as folder:
        for work, trial, required in (("column of 135 units", column(), COLUMN), ("10,000 units", large(), LARGE)):
            place = Path(folder) / str(trial.circuit.n_units)
            engines = {"ours": Ours(trial), "C++": Standalone(b, trial, place)}
            if trial.circuit.recurrent.dynamic:
                engines["Cython"] = Runtime(b, trial, Path(folder) / "cython")
            if importlib.util.find_spec("nest"):
                engines["NEST"] = Nest(trial)
            rows += rows_of(f"{work}, {trial.seconds:g} s", engines, required, options.repeats)
    measure.publish(rows, options, "Brian2", "Cython", "nest-simulator")


if __name__ == "__main__":
    main()
