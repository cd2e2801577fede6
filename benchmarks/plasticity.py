"""Synapses that learn, in Numba and in Brian2: seconds of a trial, for equal spikes and weights.

    python benchmarks/plasticity.py                     the column of Maass with STDP on all excitatory synapses
    python benchmarks/plasticity.py large [--cpp]       10,000 units, a million synapses, with and without STDP

Equal spikes are asserted first, and weights within 1e-12 of w_max. A trial is the whole call of `simulate`, set-up
included, in one thread. A C++ program is counted without its build: two durations are timed, and a second of the
circuit is what their difference says.
"""

from __future__ import annotations

import measure  # first: it sets the number of threads

# isort: split
import argparse
from functools import partial
from typing import Any

import numpy as np
from scipy.stats import uniform

import reservoir
import spiking
from reservoir.circuits import Circuit, Connection, MaassColumn, Population, PopulationCircuit
from reservoir.neurons import LIF
from reservoir.plasticity import STDP
from reservoir.spikes import SpikeTrains

RULE = STDP(A_plus=0.001, A_minus=0.00105)


def trains_of(n_channels: int, seconds: float, rate: float = 30.0) -> SpikeTrains:
    """Poisson input."""
    rng = np.random.default_rng(1)
    channels = np.repeat(np.arange(n_channels), rng.poisson(rate * seconds, n_channels))
    return SpikeTrains(rng.uniform(0, seconds, len(channels)), channels, n_channels, seconds)


def column() -> Circuit:
    """The column of Maass with dynamic synapses, 135 units."""
    return MaassColumn(weight_scale=2.0).draw(np.random.default_rng(0), n_inputs=5)


def network(n_units: int = 10_000) -> Circuit:
    """Units that hear a hundred others each, with random delays, and 10 channels."""
    n_excitatory, scale = n_units * 4 // 5, 100 / n_units
    excitatory = {"probability": scale, "weight": 6e-11, "delay": uniform(5e-4, 2e-3), "time_constant": 5e-3}
    inhibitory = {**excitatory, "weight": 3e-10}
    return PopulationCircuit(
        {"E": Population(n_excitatory), "I": Population(n_units - n_excitatory, excitatory=False)},
        {
            **{f"E{to}": Connection("E", to, **excitatory) for to in "EI"},
            **{f"I{to}": Connection("I", to, **inhibitory) for to in "EI"},
            "input": Connection("inputs", "E", **{**excitatory, "probability": 0.1, "weight": 1e-9}),
        },
    ).draw(np.random.default_rng(0), n_inputs=10)


def check(circuit: Circuit, trains: SpikeTrains, options: dict[str, Any], codegen: str) -> None:
    """Leave with a message where spikes differ, or weights do."""
    options = options | {"record": "weights"}
    ours = reservoir.simulate(circuit, trains, **options)
    theirs = spiking.simulate(circuit, trains, codegen=codegen, **options)
    for name, _, part in circuit.pathways():
        apart = np.abs(ours.circuit.projection(name).weight - theirs.circuit.projection(name).weight).max(initial=0)
        if apart > 1e-12 * np.abs(part.weight).max(initial=1e-30):
            raise SystemExit(f"Weights of '{name}' differ by {apart:.2g}: not equal work")
    if ours.spikes != theirs.spikes:
        raise SystemExit("Spikes differ: not equal work")
    rate = len(ours.spikes) / circuit.n_units / trains.duration
    print(f"the same {len(ours.spikes):,} spikes, {rate:.1f} Hz, and weights")


def of_a_program(circuit: Circuit, seconds: float, options: dict[str, Any], longer: int) -> float:
    """Seconds that a C++ program takes for so many of the circuit, without its build, which differs by a second or so.

    So the longer of the two durations, so many times the other, must take many seconds.
    """
    took = {}
    for factor in (1, longer):
        trains = trains_of(circuit.n_inputs, factor * seconds)
        took[factor] = measure.timed(
            partial(spiking.simulate, circuit, trains, codegen="standalone", record="weights", **options)
        )
    if took[longer] < took[1] + 2.0:
        raise SystemExit("The builds of the two programs hide what they take: no figure")
    return (took[longer] - took[1]) / (longer - 1)


def report(name: str, seconds: float, ours: float | None = None) -> None:
    """One line, with the ratio to Numba."""
    print(f"{name:45} {seconds:8.3f} s" + (f"  {seconds / ours:6.1f} x" if ours else ""), flush=True)


def run_column(seconds: float, repeats: int) -> None:
    """A trial of the column."""
    circuit, trains = column(), trains_of(5, seconds)
    options = {"random_state": 0, "plasticity": {"recurrent": RULE, "inputs": RULE}}
    check(circuit, trains, options, "cython")
    works = {
        "Numba": partial(reservoir.simulate, circuit, trains, record="weights", **options),
        "Numba, without learning": partial(reservoir.simulate, circuit, trains, random_state=0),
        "Brian2, Cython": partial(spiking.simulate, circuit, trains, codegen="cython", record="weights", **options),
    }
    found = measure.in_turns(works, repeats)
    for name, work in found.items():
        report(name, work.median, found["Numba"].median)
    report("Brian2, C++, without its build", of_a_program(circuit, seconds, options, 501), found["Numba"].median)


def run_large(seconds: float, repeats: int, cpp: bool) -> None:
    """A trial of the large network."""
    circuit, neuron = network(), LIF(background=(15.4e-9, 15.2e-9))  # 23 Hz
    options = {"random_state": 0, "neuron": neuron}
    learning = options | {"plasticity": [STDP(**RULE.get_params() | {"between": ("E", to)}) for to in "EI"]}
    check(circuit, trains_of(10, 0.05), learning, "numpy")
    trains = trains_of(10, seconds)
    with_it = partial(reservoir.simulate, circuit, trains, record="weights", **learning)
    works = {"Numba": with_it, "Numba, without learning": partial(reservoir.simulate, circuit, trains, **options)}
    found = measure.in_turns(works, repeats)
    for name, work in found.items():
        report(name, work.median, found["Numba"].median)
    if cpp:
        report("Brian2, C++, without its build", of_a_program(circuit, seconds, learning, 3), found["Numba"].median)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("circuit", nargs="?", choices=("column", "large"), default="column")
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--cpp", action="store_true", help="the large network as a C++ program too: minutes")
    given = parser.parse_args()
    with measure.one_thread():
        if given.circuit == "column":
            run_column(given.seconds, given.repeats)
        else:
            run_large(given.seconds, given.repeats, given.cpp)


if __name__ == "__main__":
    main()
