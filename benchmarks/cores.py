"""All cores against one, of work that is spread over threads; the answers are the same to the last bit.

    python -m benchmarks.cores                          every work, seven times in turns
    python -m benchmarks.cores --only "64 trials"       works whose name holds this text
    OMP_NUM_THREADS=4 python -m benchmarks.cores        "all" is four

Beside the seconds stand those of processor time: where all cores take more of it than one does, the ratio that a quiet
machine would give is at most the number of cores times the quotient.
"""

from __future__ import annotations

import os

os.environ.setdefault("BENCHMARK_THREADS", "all")  # before the libraries are loaded

import statistics
import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks import measure
from reservoir import EchoState, LiquidState, ReservoirClassifier, ReservoirRegressor, simulate
from reservoir.circuits import MaassColumn, RandomCircuit
from reservoir.datasets import make_narma
from reservoir.model_selection import ReservoirSearchCV, WarmTimeSeriesSplit
from reservoir.readouts import RidgeReadout
from reservoir.rnn import RNNRegressor
from reservoir.spikes import SpikeTrains
from reservoir.threads import limit

Answers = np.ndarray | list[np.ndarray]


def series(n_rows: int, n_channels: int = 1, seed: int = 0) -> np.ndarray:
    """A wave with noise that adds up."""
    noise = np.random.default_rng(seed).normal(size=(n_rows, n_channels))
    return 0.01 * np.cumsum(noise, axis=0) + np.sin(np.arange(n_rows)[:, None] / 7)


def sixteen_sequences(**options: np.ndarray) -> Callable[[], Answers]:
    """States of 16 sequences."""
    X = [series(2000, 3, seed) for seed in range(16)]
    system = EchoState(500, random_state=0, **options).fit(X)
    return lambda: system.transform(X)


def dense_sequences() -> Callable[[], Answers]:
    """The same by a dense matrix."""
    return sixteen_sequences(topology=np.random.default_rng(0).normal(size=(500, 500)))


def regular(n_channels: int, duration: float, number: int) -> SpikeTrains:
    """Spikes at 40 Hz, of every channel at its own times."""
    rng = np.random.default_rng(number)
    n_spikes = round(40 * duration) * n_channels
    return SpikeTrains(
        np.sort(rng.uniform(0, duration, n_spikes)), np.arange(n_spikes) % n_channels, n_channels, duration
    )


def sixty_four_trials() -> Callable[[], Answers]:
    """Spikes of 64 trials of the column of 135 units, half a second each."""
    column = MaassColumn().draw(np.random.default_rng(0), n_inputs=4)
    trains = [regular(4, 0.5, number) for number in range(64)]
    return lambda: [one.spikes.times for one in simulate(column, trains, random_state=0)]


def liquid_recordings() -> Callable[[], Answers]:
    """States of a liquid for 64 series: Poisson encoder, circuit and trace."""
    X = [series(50, 2, seed) for seed in range(64)]
    liquid = LiquidState(random_state=0).fit(X)
    return lambda: liquid.transform(X)


def one_large_trial() -> Callable[[], Answers]:
    """A tenth of a second of 100,000 units with 100 synapses each."""
    circuit = RandomCircuit(n_units=100_000, n_synapses_per_unit=100, degree="in_degree", weight_scale=0.1)
    drawn = circuit.draw(np.random.default_rng(0), n_inputs=100)
    trains = regular(100, 0.1, 0)
    return lambda: simulate(drawn, trains, random_state=0).spikes.times


def eight_members() -> Callable[[], Answers]:
    """Fit and predict of an ensemble."""
    X = series(5000)
    model = ReservoirRegressor(EchoState(300, random_state=0), n_members=8)
    return lambda: model.fit(X, np.roll(X, 3)).predict(X)


def long_fit() -> Callable[[], Answers]:
    """Fit of 1500 units to 20,000 rows, the penalty chosen."""
    X, y = make_narma(20_000, random_state=0)
    model = ReservoirRegressor(EchoState(1500, random_state=0))
    return lambda: model.fit(X, y).readout_.coef_


def recordings() -> Callable[[], Answers]:
    """Fit and predict of 500 recordings."""
    labels, steps = np.arange(500) % 5, np.arange(200)[:, None]
    X = [series(200, 2, seed) + kind * np.sin(steps / (3 + kind)) for seed, kind in enumerate(labels)]
    return lambda: ReservoirClassifier().fit(X, labels).decision_function(X)


def search() -> Callable[[], Answers]:
    """Scores of 16 configurations x 5 penalties x 3 folds, in this process."""
    X, y = make_narma(3000, random_state=0)
    model = ReservoirRegressor(EchoState(300, random_state=0), RidgeReadout(), washout=100)
    grid = {"reservoir__leak": [0.4, 0.6, 0.8, 1.0], "reservoir__spectral_radius": [0.4, 0.6, 0.8, 0.9]}
    grid["readout__alpha"] = [1e-7, 1e-6, 1e-5, 1e-4, 1e-3]
    found = ReservoirSearchCV(model, grid, cv=WarmTimeSeriesSplit(3, warmup=100))
    return lambda: found.fit(X, y).cv_results_["mean_test_score"]


def search_of_recordings() -> Callable[[], Answers]:
    """Scores of 16 configurations x 5 folds, for 100 recordings."""
    X = [series(200, 2, seed) + (seed % 3) * np.sin(np.arange(200)[:, None] / 4) for seed in range(100)]
    model = ReservoirClassifier(EchoState(200, random_state=0), RidgeReadout(), pooling="mean")
    grid = {"reservoir__leak": [0.4, 0.6, 0.8, 1.0], "reservoir__spectral_radius": [0.4, 0.6, 0.8, 0.9]}
    found = ReservoirSearchCV(model, grid, cv=5)
    return lambda: found.fit(X, np.arange(100) % 3).cv_results_["mean_test_score"]


def long_short_term_memory() -> Callable[[], Answers]:
    """Three epochs of 128 LSTM units, in batches of 32."""
    X = [series(100, 4, seed) for seed in range(128)]
    y = [np.roll(x[:, :1], 3, axis=0) for x in X]
    options = {"hidden_layer_sizes": (128,), "batch_size": 32, "max_iter": 3, "tol": None, "random_state": 0}
    return lambda: RNNRegressor("lstm", **options).fit(X, y).predict(X)


class Work(NamedTuple):
    """What makes a work, and one core's time over that of two which must be reached."""

    make: Callable[[], Callable[[], Answers]]
    required: float | None = None


WORKS = {
    "16 sequences": Work(sixteen_sequences, 1.7),
    "16 sequences, dense": Work(dense_sequences),
    "64 trials": Work(sixty_four_trials, 1.7),
    "64 recordings of a liquid": Work(liquid_recordings),
    "8 members": Work(eight_members, 1.7),
    "fit, 1500 units, 20,000 rows": Work(long_fit, 1.7),
    "500 recordings": Work(recordings, 1.7),
    "search, 16 configurations, 3 folds": Work(search),
    "search, 100 recordings, 5 folds": Work(search_of_recordings),
    "LSTM of 128 units, batches of 32": Work(long_short_term_memory, 1.5),
    "one trial of 100,000 units": Work(one_large_trial, 1.5),
}


class Taken(NamedTuple):
    """Median seconds of a call, and of the processor time that it took."""

    wall: float
    processor: float


def compared(work: Callable[[], Answers], repeats: int, most: int) -> dict[int, Taken]:
    """What a work takes from one thread and from all, in turns, after a first call of each."""
    samples: dict[int, list[Taken]] = {1: [], most: []}
    with threadpool_limits(1):
        expected = work()
    for _ in range(repeats + 1):
        for n_threads, taken in samples.items():
            with threadpool_limits(n_threads):
                start = time.perf_counter(), time.process_time()
                answers = work()
                taken.append(Taken(time.perf_counter() - start[0], time.process_time() - start[1]))
            if not all(map(np.array_equal, expected, answers)):
                raise SystemExit("The answers differ.")
            del answers
    return {n: Taken(*map(statistics.median, zip(*taken[1:], strict=True))) for n, taken in samples.items()}


def row(name: str, repeats: int, most: int) -> measure.Row:
    """All cores as ours, one of them as the peer."""
    taken = compared(WORKS[name].make(), repeats, most)
    one, every = taken[1], taken[most]
    note = f"processor time {every.processor:.3g} s, of one core {one.processor:.3g} s"
    required = WORKS[name].required if most == 2 else None
    return measure.Row(name, every.wall, "s", "one core", one.wall, required, note=note)


def main() -> None:
    """One row for each work."""
    options = measure.parser(__doc__.splitlines()[0])
    options.add_argument("--only", default="", help="only works whose name holds this text")
    options = options.parse_args()
    most, rows = limit(), []
    for name in WORKS:
        if options.only in name:
            rows.append(row(name, options.repeats, most))
            print(measure.table(rows[-1:], targets=True).splitlines()[-1], flush=True)
    measure.publish(rows, options, text=f"{most} cores.")


if __name__ == "__main__":
    main()
