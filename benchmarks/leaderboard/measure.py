"""Accuracies and processor seconds, on one thread, of every entrant on every set: run in an environment with aeon.

    python -m benchmarks.leaderboard.measure --seeds 3 --store results.csv

Lines that the store has are not run again.
"""

from __future__ import annotations

import os

if __name__ == "__main__":  # before NumPy: libraries read it when they are loaded
    for _name in ("OMP", "OPENBLAS", "MKL", "NUMBA"):
        os.environ[f"{_name}_NUM_THREADS"] = "1"

import argparse
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.leaderboard.entrants import entrants
from benchmarks.leaderboard.results import Result, append, read, write_environment
from benchmarks.leaderboard.sets import OTHERS, UNIVARIATE, Split, load


def measured(classifier: Any, split: Split) -> tuple[float, float, float]:
    """Accuracy, and processor seconds of `fit` and of `predict`."""
    start = time.process_time()
    classifier.fit(split.X_train, split.y_train)
    fitted = time.process_time()
    answers = classifier.predict(split.X_test)
    return float((answers == split.y_test).mean()), fitted - start, time.process_time() - fitted


def warm_up(make: Any, n_features: int) -> None:
    """Compile before the clock starts."""
    X = np.random.default_rng(0).normal(size=(20, 60, n_features))
    measured(make(0), Split(X, np.arange(20) % 2, X, np.arange(20) % 2))


def measure(store: Path, sets: list[str], seeds: int, names: list[str]) -> None:
    """Append what the store lacks to it, one line a run."""
    known = entrants()
    done = {(one.set, one.seed, one.entrant) for one in read(store)}
    warm: set[tuple[str, bool]] = set()
    for name in sets:
        wanted = [(seed, who) for seed in range(seeds) for who in names if (name, seed, who) not in done]
        split = _at_hand(name) if wanted else None
        if split is None:
            continue
        n_features = split.X_train[0].shape[1]
        for seed, who in wanted:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                if (who, n_features > 1) not in warm:
                    warm_up(known[who], n_features)
                    warm.add((who, n_features > 1))
                found = Result(name, who, seed, *measured(known[who](seed), split))
            append(store, found)
            print(found, flush=True)


def _at_hand(name: str) -> Split | None:
    try:
        return load(name)
    except Exception as error:  # of a download
        print(f"{name} is not at hand: {error}", flush=True)
        return None


def main() -> None:
    """Run what the store lacks, and say beside it where."""
    known = list(entrants())
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sets", nargs="+", default=[*UNIVARIATE, *OTHERS], metavar="SET")
    parser.add_argument("--entrants", nargs="+", default=known, choices=known, metavar="NAME")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--store", type=Path, required=True)
    chosen = parser.parse_args()
    write_environment(chosen.store)
    measure(chosen.store, chosen.sets, chosen.seeds, chosen.entrants)


if __name__ == "__main__":
    main()
