"""Seconds of a search: 64 configurations x 5 penalties x 3 warm folds, 300 units, 3,000 steps, on two cores.

    python benchmarks/search.py                      against scikit-learn's GridSearchCV
    python benchmarks/search.py --configurations 16  a shorter run
    python benchmarks/search.py --topology circulant --jobs 1
    BENCHMARK_THREADS=all python benchmarks/search.py --threads    ours in one process, which spreads its work

Spectral radius, leak and input scaling vary. Candidates, folds and scorers are the same on both sides. Before any clock
starts the best parameters must be the same and all scores equal to 1e-8.
"""

from __future__ import annotations

import itertools

import measure  # first: it sets the number of threads
import numpy as np
from measure import Row
from sklearn.model_selection import GridSearchCV

from reservoir import EchoState, ReservoirRegressor
from reservoir.datasets import make_narma
from reservoir.model_selection import ReservoirSearchCV, WarmTimeSeriesSplit
from reservoir.readouts import RidgeReadout
from reservoir.topologies import CirculantGraph, Random

N_UNITS, N_STEPS, WASHOUT, N_FOLDS = 300, 3_000, 100, 3
TOPOLOGIES = {"random": Random(30), "circulant": CirculantGraph(10)}
PENALTIES = [1e-7, 1e-6, 1e-5, 1e-4, 1e-3]
REQUIRED, REQUIRED_OF_ALL_CORES = 12, 15


def grids(count: int) -> list[dict]:
    """One grid a configuration: spectral radius, leak and input scaling have 4 values each, all that contract."""
    values = itertools.product((0.4, 0.6, 0.8, 0.9), (0.4, 0.6, 0.8, 1.0), (0.1, 0.3, 0.6, 1.0))
    names = ("reservoir__spectral_radius", "reservoir__leak", "reservoir__input_scaling")
    chosen = itertools.islice(values, count)
    return [{name: [v] for name, v in zip(names, row, strict=True)} | {"readout__alpha": PENALTIES} for row in chosen]


def check_equal(ours: ReservoirSearchCV, theirs: GridSearchCV) -> float:
    """The largest difference of a score; ends the run where the searches do not find the same."""
    columns = [name for name in theirs.cv_results_ if "_test_" in name and not name.startswith("rank")]
    difference = max(np.abs(ours.cv_results_[name] - theirs.cv_results_[name]).max() for name in columns)
    if ours.best_params_ != theirs.best_params_ or not difference < 1e-8:
        raise SystemExit(f"{ours.best_params_} and {theirs.best_params_}, scores differ by {difference:.1e}")
    return float(difference)


def main() -> None:
    options = measure.parser(__doc__.split("\n")[0])
    options.add_argument("--configurations", type=int, default=64)
    options.add_argument("--topology", choices=list(TOPOLOGIES), default="random")
    options.add_argument("--jobs", type=int, default=2)
    options.add_argument("--threads", action="store_true", help="ours in one process")
    options = options.parse_args()
    X, y = make_narma(N_STEPS, random_state=0)
    system = EchoState(N_UNITS, topology=TOPOLOGIES[options.topology], random_state=0)
    model = ReservoirRegressor(system, RidgeReadout(), washout=WASHOUT)
    cv, grid = WarmTimeSeriesSplit(N_FOLDS, warmup=100), grids(options.configurations)
    ours = ReservoirSearchCV(model, grid, scoring="r2", cv=cv, n_jobs=1 if options.threads else options.jobs)
    theirs = GridSearchCV(model, grid, scoring=cv.scorer("r2"), cv=cv, n_jobs=options.jobs)
    works = {"ours": lambda: ours.fit(X, y), "GridSearchCV": lambda: theirs.fit(X, y)}
    difference = check_equal(works["ours"](), works["GridSearchCV"]())  # the warm-up of both
    taken = measure.in_turns(works, options.repeats, warm=False)
    size = f"{len(grid)} configurations x {len(PENALTIES)} penalties x {N_FOLDS} folds"
    work = f"{size}, {options.topology} N={N_UNITS}, T={N_STEPS:,}"
    ways = f"threads; {options.jobs} processes" if options.threads else f"{options.jobs} processes"
    note, seconds = f"{ways}; scores agree to {difference:.0e}", taken["GridSearchCV"].median
    required = REQUIRED_OF_ALL_CORES if options.threads else REQUIRED
    measure.publish([Row(work, taken["ours"].median, "s", "GridSearchCV", seconds, required, note=note)], options)


if __name__ == "__main__":
    main()
