"""The same spikes in both engines: of how many seeds, for each circuit and each target of Brian2.

    nice python benchmarks/same_spikes.py                                             all of it: an hour and more
    python benchmarks/same_spikes.py LIF conductances --targets numpy --seeds 4 --seconds 0.5

A seed is Poisson input, initial values and, where there are such, noise and background; every five of them, or as many
as `--block` says, share a circuit, and in Brian2 a network, which a C++ program is built for. A seed agrees if every
spike comes from the same unit in the same step. Of those that do not, the table says when the first spike differs.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import numpy as np

import reservoir
import spiking
from reservoir import neurons
from reservoir.circuits import (
    Circuit,
    Connection,
    MaassColumn,
    PoissonBackground,
    Population,
    PopulationCircuit,
    damaged,
)
from reservoir.circuits.synapse_statistics import PRESETS
from reservoir.neurons import LIF
from reservoir.spikes import SpikeTrains

N_INPUTS, RATE = 5, 30.0
TARGETS = "numpy", "cython", "standalone"
Made = tuple[Circuit, Any]


def column(name: str, rng: np.random.Generator) -> Made:
    """The column of Maass with dynamic synapses that suit a unit."""
    neuron = getattr(neurons, name)()
    statistics = PRESETS["maass2002"].suited_to(neuron)
    return MaassColumn(preset=statistics, weight_scale=2.0, input_scale=2.0).draw(rng, n_inputs=N_INPUTS), neuron


def conductances(rng: np.random.Generator) -> Made:
    """A hundred units with the numbers of the COBA benchmark, at five times its connection probability."""
    excitatory = {"probability": 0.1, "weight": 6e-9, "delay": 1e-3, "time_constant": 5e-3, "reversal": 0.0}
    inhibitory = {"probability": 0.1, "weight": 67e-9, "delay": 1e-3, "time_constant": 10e-3, "reversal": -0.08}
    circuit = PopulationCircuit(
        {"E": Population(80), "I": Population(20, excitatory=False)},
        {
            **{f"E{to}": Connection("E", to, **excitatory) for to in "EI"},
            **{f"I{to}": Connection("I", to, **inhibitory) for to in "EI"},
            **{f"input_{to}": Connection("inputs", to, **{**excitatory, "probability": 0.5}) for to in "EI"},
        },
    ).draw(rng, n_inputs=N_INPUTS)
    volts = {"rest": -0.06, "threshold": -0.05, "reset": -0.06, "initial": (-0.06, -0.05)}
    return circuit, LIF(time_constant=0.02, resistance=1e8, refractory=5e-3, background=9e-11, **volts)


def noise(rng: np.random.Generator) -> Made:
    """The column with white noise, a Poisson background, and units that fire of themselves."""
    circuit = MaassColumn(weight_scale=2.0).draw(rng, n_inputs=N_INPUTS)
    heard = rng.uniform(2e3, 2e4, circuit.n_units), rng.choice([1e-10, -1e-10], circuit.n_units)
    circuit = replace(circuit, background=PoissonBackground(*heard, 3e-3, 1e-10))
    return damaged(circuit, kind="noise", fraction=0.05, rng=rng), LIF(noise=5e-4)


CIRCUITS: dict[str, Callable[[np.random.Generator], Made]] = {
    **{name: lambda rng, name=name: column(name, rng) for name in neurons.__all__},  # type: ignore[misc]
    "conductances": conductances,
    "noise": noise,
}


def trains_of(seed: int, seconds: float) -> SpikeTrains:
    """Poisson input."""
    rng = np.random.default_rng([seed, 1])
    channels = np.repeat(np.arange(N_INPUTS), rng.poisson(RATE * seconds, N_INPUTS))
    return SpikeTrains(rng.uniform(0, seconds, len(channels)), channels, N_INPUTS, seconds)


def first_difference(one: SpikeTrains, other: SpikeTrains) -> float:
    """Seconds, of the first spike that is not in both; infinite where all are."""
    apart = set(zip(one.times, one.units, strict=True)) ^ set(zip(other.times, other.units, strict=True))
    return min((float(moment) for moment, _ in apart), default=np.inf)


def differences(name: str, target: str, n_seeds: int, seconds: float, block: int) -> tuple[list[float], int]:
    """The first difference of every seed, and how many spikes there are."""
    found, n_spikes = [], 0
    for first in range(0, n_seeds, block):
        circuit, neuron = CIRCUITS[name](np.random.default_rng(first))
        trials = [trains_of(seed, seconds) for seed in range(first, min(first + block, n_seeds))]
        options = {"neuron": neuron, "random_state": first}
        ours = reservoir.simulate(circuit, trials, **options)
        theirs = spiking.simulate(circuit, trials, codegen=target, **options)
        found += [first_difference(one.spikes, other.spikes) for one, other in zip(ours, theirs, strict=True)]
        n_spikes += sum(len(one.spikes) for one in ours)
    return found, n_spikes


def told(found: list[float]) -> str:
    """How many agree, and when the first spike of the others differs."""
    earliest = min(found)
    late = "" if np.isinf(earliest) else f", first at {earliest:.2f} s"
    return f"{sum(np.isinf(found))} of {len(found)}{late}"


def run(names: Iterable[str], targets: Iterable[str], n_seeds: int, seconds: float, block: int = 5) -> None:
    """Print the table row by row."""
    targets = list(targets)
    print(f"| circuit | spikes | {' | '.join(targets)} | seconds |\n|{'---|' * (len(targets) + 3)}", flush=True)
    for name in names:
        start, cells, n_spikes = time.perf_counter(), [], 0
        for target in targets:
            found, n_spikes = differences(name, target, n_seeds, seconds, block)
            cells.append(told(found))
        print(f"| {name} | {n_spikes:,} | {' | '.join(cells)} | {time.perf_counter() - start:.0f} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("circuits", nargs="*", metavar="circuit", help=f"of {', '.join(CIRCUITS)}; all of them")
    parser.add_argument("--targets", nargs="+", choices=TARGETS, default=TARGETS)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--block", type=int, default=5)
    given = parser.parse_args()
    if unknown := set(given.circuits) - set(CIRCUITS):
        parser.error(f"no circuit {', '.join(sorted(unknown))}: they are {', '.join(CIRCUITS)}")
    run(given.circuits or CIRCUITS, given.targets, given.seeds, given.seconds, given.block)


if __name__ == "__main__":
    main()
