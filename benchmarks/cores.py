"""All cores against one, of work that is spread over threads; the answers are the same to the last bit.

Run as ``python -m benchmarks.cores [--repeats 7] [name ...]``; ``OMP_NUM_THREADS`` bounds what "all" is.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import numpy as np
from threadpoolctl import threadpool_limits

from reservoir import EchoState, ReservoirClassifier, ReservoirRegressor
from reservoir.rnn import RNNRegressor
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


def eight_members() -> Callable[[], Answers]:
    """Fit and predict of an ensemble."""
    X = series(5000)
    model = ReservoirRegressor(EchoState(300, random_state=0), n_members=8)
    return lambda: model.fit(X, np.roll(X, 3)).predict(X)


def long_fit() -> Callable[[], Answers]:
    """Fit of 1500 units to 20,000 rows, the penalty chosen."""
    X = series(20_000)
    model = ReservoirRegressor(EchoState(1500, random_state=0))
    return lambda: model.fit(X, np.roll(X, 3)).readout_.coef_


def recordings() -> Callable[[], Answers]:
    """Fit and predict of 500 recordings."""
    labels, steps = np.arange(500) % 5, np.arange(200)[:, None]
    X = [series(200, 2, seed) + kind * np.sin(steps / (3 + kind)) for seed, kind in enumerate(labels)]
    return lambda: ReservoirClassifier().fit(X, labels).decision_function(X)


def long_short_term_memory() -> Callable[[], Answers]:
    """Three epochs of 128 LSTM units, in batches of 32."""
    X = [series(100, 4, seed) for seed in range(128)]
    y = [np.roll(x[:, :1], 3, axis=0) for x in X]
    options = {"hidden_layer_sizes": (128,), "batch_size": 32, "max_iter": 3, "tol": None, "random_state": 0}
    return lambda: RNNRegressor("lstm", **options).fit(X, y).predict(X)


WORKS = {
    "16 sequences": sixteen_sequences,
    "16 sequences, dense": dense_sequences,
    "8 members": eight_members,
    "fit, 1500 units, 20,000 rows": long_fit,
    "500 recordings": recordings,
    "LSTM of 128 units, batches of 32": long_short_term_memory,
}


def compared(work: Callable[[], Answers], repeats: int, most: int) -> tuple[float, float]:
    """Median seconds from one thread and from all, in turns, after a first call of each."""
    seconds: dict[int, list[float]] = {1: [], most: []}
    with threadpool_limits(1):
        expected = work()
    for _ in range(repeats + 1):
        for n_threads, taken in seconds.items():
            with threadpool_limits(n_threads):
                start = time.perf_counter()
                answers = work()
                taken.append(time.perf_counter() - start)
            if not all(map(np.array_equal, expected, answers)):
                raise SystemExit("The answers differ.")
            del answers
    return statistics.median(seconds[1][1:]), statistics.median(seconds[most][1:])


def main() -> None:
    """Print a line for each work."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="name", help=f"among {', '.join(WORKS)}")
    parser.add_argument("--repeats", type=int, default=7)
    arguments, most = parser.parse_args(), limit()
    print(f"{'work':34} {'1 thread':>9} {most:2} threads   ratio")
    for name in arguments.names or WORKS:
        one, all_of_them = compared(WORKS[name](), arguments.repeats, most)
        print(f"{name:34} {one:7.3f} s {all_of_them:8.3f} s {one / all_of_them:7.2f}", flush=True)


if __name__ == "__main__":
    main()
