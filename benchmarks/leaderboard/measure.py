"""Accuracies and processor seconds, on one thread, of every entrant on every set: run in an environment with aeon.

    python -m benchmarks.leaderboard.measure --seeds 3 --store results.csv

Lines that the store has are not run again.
"""

# ruff: noqa: E402
from __future__ import annotations

import os

for _name in ("OMP", "OPENBLAS", "MKL", "NUMBA"):
    os.environ[f"{_name}_NUM_THREADS"] = "1"

import argparse
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.leaderboard.entrants import entrants
from benchmarks.leaderboard.results import Result, append, read
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


def main() -> None:
    """Run what the store lacks."""
    known = entrants()
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sets", nargs="+", default=[*UNIVARIATE, *OTHERS], metavar="SET")
    parser.add_argument("--entrants", nargs="+", default=list(known), choices=list(known), metavar="NAME")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--store", type=Path, required=True)
    chosen = parser.parse_args()
    done = {(one.set, one.entrant, one.seed) for one in read(chosen.store)}
    wanted = [(name, seed, who) for name in chosen.sets for seed in range(chosen.seeds) for who in chosen.entrants]
    warm: set[tuple[str, bool]] = set()
    for name, seed, who in wanted:
        if (name, who, seed) in done:
            continue
        try:
            split = load(name)
        except Exception as error:  # of a download
            print(f"{name} is not at hand: {error}", flush=True)
            continue
        n_features = split.X_train[0].shape[1]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if (who, n_features > 1) not in warm:
                warm_up(known[who], n_features)
                warm.add((who, n_features > 1))
            found = Result(name, who, seed, *measured(known[who](seed), split))
        append(chosen.store, found)
        print(found, flush=True)


if __name__ == "__main__":
    main()
