"""Seconds of Brian2: 32 trials side by side against 32 runs, and a trial against the same call in Numba.

    python benchmarks/tiles.py

Equal spikes of every trial are asserted first. Every time is that of the whole call of `simulate`. Set-up, in the
notes, is the same call for a single step: building the network and its code, with the compiled code in its cache. Runs
one by one are timed in blocks of 4 trials and counted 8 times.
"""

from __future__ import annotations

import measure  # first: it sets the number of threads

# isort: split
import tempfile
from functools import partial
from typing import Any

import numpy as np
from measure import Row, Work

import reservoir
import spiking
from reservoir.circuits import Circuit, MaassColumn
from reservoir.spikes import SpikeTrains
from spiking._brian import engine

N_TRIALS, BLOCK, SECONDS, RATE, DT, SEED = 32, 4, 0.5, 20.0, 1e-4, 0
REQUIRED = 10


def trains_of(seed: int, n_channels: int) -> SpikeTrains:
    """Poisson input."""
    rng = np.random.default_rng(seed)
    steps, channels = np.nonzero(rng.random((round(SECONDS / DT), n_channels)) < RATE * DT)
    return SpikeTrains(steps * DT, channels, n_channels, SECONDS)


def run_each(circuit: Circuit, trials: list[SpikeTrains], codegen: str) -> list[Any]:
    """Trials one after the other."""
    options = {"dt": DT, "random_state": SEED, "codegen": codegen}
    return [spiking.simulate(circuit, trains, trial=trial, **options) for trial, trains in enumerate(trials)]


def run_tiled(circuit: Circuit, trials: list[SpikeTrains], codegen: str) -> list[Any]:
    """Trials side by side."""
    return spiking.simulate(circuit, trials, dt=DT, random_state=SEED, codegen=codegen)


def check(circuit: Circuit, trials: list[SpikeTrains], codegen: str) -> str:
    """Leave with a message where spikes differ; else a note of how many they are."""
    ours = reservoir.simulate(circuit, trials, dt=DT, random_state=SEED)
    tiled, each = run_tiled(circuit, trials, codegen), run_each(circuit, trials[:BLOCK], codegen)
    pairs = [*zip(ours, tiled, strict=True), *zip(ours[:BLOCK], each, strict=True)]
    if not all(one.spikes == other.spikes for one, other in pairs):
        raise SystemExit(f"Brian2 {codegen}: spikes differ: not equal work")
    return f"the same {sum(len(one.spikes) for one in ours):,} spikes in Numba"


def times_of(circuit: Circuit, trials: list[SpikeTrains], codegen: str, repeats: int) -> dict[str, Work]:
    """Seconds of all kinds of calls, taken in turns."""
    step = SpikeTrains([], np.zeros(0, int), circuit.n_inputs, DT)
    works = {
        "tiled": partial(run_tiled, circuit, trials, codegen),
        "each": partial(run_each, circuit, trials[:BLOCK], codegen),
        "tiled, set-up": partial(run_tiled, circuit, [step] * N_TRIALS, codegen),
        "each, set-up": partial(run_each, circuit, [step], codegen),
        "Numba": partial(reservoir.simulate, circuit, trials[0], dt=DT, random_state=SEED),
    }
    return measure.in_turns(works, repeats)


def rows_of(circuit: Circuit, trials: list[SpikeTrains], codegen: str, repeats: int) -> list[Row]:
    """Trials side by side, and one trial in both engines."""
    first = measure.timed(partial(run_each, circuit, trials[:1], codegen))
    note = check(circuit, trials, codegen)
    taken = {name: work.median for name, work in times_of(circuit, trials, codegen, repeats).items()}
    one, whole, alone = taken["each"] / BLOCK, taken["tiled, set-up"], taken["each, set-up"]
    apart = f"set-up {whole:.2g} s and run {taken['tiled'] - whole:.2g} s"
    apart += f", alone {alone:.2g} s and {one - alone:.2g} s a trial"
    tiles = taken["tiled"], "s", "one by one", N_TRIALS * one, REQUIRED
    title = f"{N_TRIALS} trials side by side, Brian2 {codegen}"
    both = 1e3 * taken["Numba"], "ms", f"Brian2 {codegen}", 1e3 * one
    told = f"Brian2: set-up {1e3 * alone:.3g} ms, run {1e3 * (one - alone):.3g} ms"
    return [
        Row(title, *tiles, first=f"{first:.2g} s", note=f"{apart}; {note}"),
        Row("one trial, Numba", *both, note=told),
    ]


def main() -> None:
    options = measure.parser(__doc__.split("\n")[0]).parse_args()
    circuit = MaassColumn().draw(np.random.default_rng(SEED), 4)
    trials = [trains_of(seed, circuit.n_inputs) for seed in range(N_TRIALS)]
    preferences, rows = engine().prefs.codegen.runtime.cython, []
    with tempfile.TemporaryDirectory() as folder:
        preferences.cache_dir = folder  # empty, so that the first call compiles
        for codegen in ("numpy", "cython"):
            rows += rows_of(circuit, trials, codegen, options.repeats)
    measure.publish(rows, options, "Brian2", "Cython")


if __name__ == "__main__":
    main()
