"""How time and memory of a spiking circuit grow with its size, on two threads, beside NEST where it is installed.

    python benchmarks/large_circuits.py
    python benchmarks/large_circuits.py --units 1000 10000 --seconds 0.1 --threads 1

Both engines get the same synapses and initial voltages, 100 synapses a unit with delays of 0.5 to 3 ms, and units that
a constant current lets fire. Each size and engine has a process of its own, so that the memory is its own; the rates of
both must agree within 5 %.
"""

from __future__ import annotations

import measure  # first: it sets the number of threads, which the processes below set anew

# isort: split
import argparse
import importlib.util
import json
import os
import resource
import subprocess
import sys
import time
from typing import Any

import numpy as np
from measure import Row
from threadpoolctl import threadpool_limits

from reservoir import simulate
from reservoir.circuits import Circuit, Projection
from reservoir.neurons import LIF
from reservoir.spikes import SpikeTrains
from reservoir.systems.circuit_units import initial_values
from reservoir.validation import as_generator

DT, SEED, FAN_OUT, DECAY = 1e-4, 0, 100, 5e-4
UNIT = LIF(
    time_constant=10e-3, resistance=40e6, rest=-65e-3, threshold=-50e-3, reset=-65e-3, refractory=2e-3,
    background=395e-12, initial=(-65e-3, -50e-3),
)  # fmt: skip
PEAK_OF_A_MILLIVOLT = 585e-12  # amperes of a current of this decay
WEIGHT = 0.3 * PEAK_OF_A_MILLIVOLT  # of an excitatory synapse


def circuit_of(n_units: int) -> Circuit:
    """Units of which four fifths excite, each with 100 synapses to any others."""
    rng = np.random.default_rng(SEED)
    excitatory = np.arange(n_units) < 0.8 * n_units
    pre = np.repeat(np.arange(n_units, dtype=np.int32), FAN_OUT)
    post = rng.integers(0, n_units, len(pre), dtype=np.int32)
    delay = np.round(rng.uniform(5, 30, len(pre))) * DT
    recurrent = Projection(pre, post, np.where(excitatory[pre], WEIGHT, -5 * WEIGHT), delay, DECAY)
    nothing = Projection(np.zeros(0, int), np.zeros(0, int), 0.0, 0.0, DECAY)
    return Circuit(excitatory, recurrent, nothing, 0)


def ours(circuit: Circuit, seconds: float) -> dict[str, float]:
    """Seconds of the first step, which holds the set-up, and of a simulation after it; spikes."""

    def run(duration: float) -> Any:
        silence = SpikeTrains([], np.zeros(0, int), 0, duration)
        return simulate(circuit, silence, neuron=UNIT, dt=DT, random_state=SEED)

    small = Circuit(np.ones(3, bool), circuit.inputs, circuit.inputs, 0)
    simulate(small, currents=np.zeros((3, 3)), neuron=UNIT, dt=DT)  # compiled code is loaded
    begin = time.perf_counter()
    run(DT)
    middle = time.perf_counter()
    n_spikes = len(run(seconds).spikes)
    return {"set-up": middle - begin, "run": time.perf_counter() - middle, "spikes": n_spikes}


def nest(circuit: Circuit, seconds: float, n_threads: int) -> dict[str, float]:
    """The same of NEST."""
    import nest as kernel

    part, begin = circuit.recurrent, time.perf_counter()
    seed = int(as_generator("simulate", SEED).integers(2**63))
    kernel.ResetKernel()
    kernel.verbosity = kernel.VerbosityLevel.ERROR
    kernel.local_num_threads = n_threads
    kernel.resolution = DT * 1e3
    numbers = {
        "V_m": initial_values(UNIT, circuit.n_units, seed, 0)[0] * 1e3,
        "E_L": UNIT.rest * 1e3, "V_th": UNIT.threshold * 1e3, "V_reset": UNIT.reset * 1e3,
        "I_e": UNIT.background * 1e12, "tau_m": UNIT.time_constant * 1e3,
        "C_m": UNIT.time_constant / UNIT.resistance * 1e12,
        "tau_syn_ex": DECAY * 1e3, "tau_syn_in": DECAY * 1e3, "t_ref": (UNIT.refractory - DT) * 1e3,
    }  # fmt: skip
    units, recorder = kernel.Create("iaf_psc_exp", circuit.n_units, params=numbers), kernel.Create("spike_recorder")
    kernel.Connect(units, recorder)
    synapses = {"synapse_model": "static_synapse", "weight": part.weight * 1e12, "delay": part.delay * 1e3}
    kernel.Connect(part.pre.astype(np.int64) + 1, part.post.astype(np.int64) + 1, "one_to_one", synapses)
    kernel.Simulate(DT * 1e3)
    middle = time.perf_counter()
    kernel.Simulate(seconds * 1e3)
    return {"set-up": middle - begin, "run": time.perf_counter() - middle, "spikes": recorder.n_events}


def one(engine: str, n_units: int, seconds: float, n_threads: int) -> None:
    """Print what this process measures of one engine and size."""
    os.environ["OMP_NUM_THREADS"] = str(n_threads)
    circuit = circuit_of(n_units)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with threadpool_limits(n_threads):
        found = ours(circuit, seconds) if engine == "ours" else nest(circuit, seconds, n_threads)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps(found | {"bytes": max(0, peak - before) * 1024 / len(circuit.recurrent)}))


def apart(engine: str, n_units: int, options: argparse.Namespace) -> dict[str, float]:
    """The same in a process of its own."""
    command = [sys.executable, __file__, "--one", engine, "--units", str(n_units), "--seconds", str(options.seconds)]
    answer = subprocess.run([*command, "--threads", str(options.threads)], check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(answer.stdout.splitlines()[-1])
    return found


def rows_of(n_units: int, options: argparse.Namespace) -> list[Row]:
    """A row for the set-up, and one for the simulation."""
    mine, theirs = apart("ours", n_units, options), None
    if importlib.util.find_spec("nest"):
        theirs = apart("nest", n_units, options)
        if abs(mine["spikes"] - theirs["spikes"]) > 0.05 * mine["spikes"]:
            raise SystemExit(f"{mine['spikes']} and {theirs['spikes']} spikes of {n_units} units: not equal work")
    rate = mine["spikes"] / n_units / options.seconds
    notes = {"set-up": f"{mine['bytes']:.0f} bytes a synapse beyond the circuit", "run": f"{rate:.1f} Hz a unit"}
    if theirs is not None:
        notes["set-up"] += f"; NEST {theirs['bytes']:.0f}"
    work = f"{n_units:,} units, {FAN_OUT * n_units:,} synapses"
    titles = {"set-up": f"{work}: set-up", "run": f"{work}: {options.seconds:g} s"}
    peer = "" if theirs is None else "NEST"
    return [
        Row(title, mine[name], "s", peer, None if theirs is None else theirs[name], note=notes[name])
        for name, title in titles.items()
    ]


def main() -> None:
    options = measure.parser(__doc__.split("\n")[0])
    options.add_argument("--units", type=int, nargs="+", default=[1_000, 10_000, 100_000], help="sizes")
    options.add_argument("--seconds", type=float, default=1.0, help="of each simulation")
    options.add_argument("--threads", type=int, default=2, help="of both engines")
    options.add_argument("--one", choices=("ours", "nest"), help="what a process of its own measures")
    options = options.parse_args()
    if options.one:
        one(options.one, options.units[0], options.seconds, options.threads)
        return
    rows = [row for n_units in options.units for row in rows_of(n_units, options)]
    measure.publish(rows, options, "nest-simulator")


if __name__ == "__main__":
    main()
