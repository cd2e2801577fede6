"""Seconds of a search: 64 configurations x 4 seeds, 300 units, 5,000 steps, states and ridge on two cores.

    python benchmarks/many.py                       against reservoirpy with joblib, if it is installed here
    python benchmarks/many.py --configurations 8    a shorter run

Spectral radius, leak and input scaling vary. W and W_in of a seed are the same on both sides; each configuration
gets its states once, a ridge readout on the first 4,000 rows and its error on the rest.
The 256 errors must be equal.
"""

from __future__ import annotations

import itertools
from functools import partial

import measure  # first: it sets the number of threads
import numpy as np
import peers
from joblib import Parallel, delayed
from measure import Row
from sklearn.base import clone
from states import narrow

from reservoir import EchoState
from reservoir.datasets import make_narma
from reservoir.readouts import RidgeReadout
from reservoir.systems import EchoStateLanes
from reservoir.topologies import CirculantGraph, Random

N_UNITS, IN_DEGREE, N_STEPS, N_TRAIN, WASHOUT, ALPHA = 300, 30, 5_000, 4_000, 200, 1e-6
BLOCK = 1_000
TOPOLOGIES = {"random": Random(IN_DEGREE), "circulant": CirculantGraph(IN_DEGREE)}
REQUIRED = 6


def configurations(count: int) -> list[tuple[float, float, float]]:
    """Spectral radius, leak, input scaling; 4 values of each."""
    grid = itertools.product((0.6, 0.8, 0.95, 1.1), (0.3, 0.5, 0.8, 1.0), (0.1, 0.3, 0.6, 1.0))
    return list(grid)[:count]


def base(topology: str, seed: int) -> EchoState:
    """The reservoir whose scalings vary, with all of them 1; no bias."""
    scalings = {"spectral_radius": 1.0, "input_scaling": 1.0, "bias_scaling": 0.0}
    return EchoState(N_UNITS, topology=TOPOLOGIES[topology], random_state=seed, **scalings)


def error(predicted: np.ndarray, y: np.ndarray) -> float:
    """Root mean square error over the standard deviation, on the rows after the training."""
    wanted = y[N_TRAIN:]
    return float(np.sqrt(np.mean((np.ravel(predicted) - wanted) ** 2)) / np.std(wanted))


def our_errors(reservoir, configurations, u, y) -> list[float]:
    """Some configurations of one seed, as lanes of one kernel."""
    names = ("spectral_radius", "leak", "input_scaling")
    settings = [dict(zip(names, values, strict=True)) for values in configurations]
    readouts = [RidgeReadout(ALPHA) for _ in settings]
    predicted = [[] for _ in settings]
    for first, block in EchoStateLanes(reservoir, settings).fit(u).blocks(u, BLOCK):
        skip = max(0, WASHOUT - first)
        for readout, states, parts in zip(readouts, block, predicted, strict=True):
            if first < N_TRAIN:
                readout.accumulate(states[skip:], y[first + skip : first + BLOCK])
            else:
                parts.append((readout if first > N_TRAIN else readout.solve()).predict(states))
    return [error(np.concatenate(parts), y) for parts in predicted]


def peer_error(W, W_in, configuration, u, y) -> float:
    """The same with reservoirpy."""
    from reservoirpy.nodes import Reservoir, Ridge

    radius, leak, scaling = configuration
    reservoir = Reservoir(W=W * radius, Win=W_in * scaling, bias=np.zeros(N_UNITS), lr=leak)
    states = reservoir.run(u)
    readout = Ridge(ridge=ALPHA)
    readout.fit(states[WASHOUT:N_TRAIN], y[WASHOUT:N_TRAIN, None])
    return error(readout.run(states[N_TRAIN:]), y)


def ours(parallel: Parallel, reservoirs: list, grid: list, u: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Errors (n_seeds, n_configurations) with the library: 16 configurations of a seed are a task."""
    groups = [grid[start : start + 16] for start in range(0, len(grid), 16)]
    tasks = (delayed(our_errors)(reservoir, group, u, y) for reservoir in reservoirs for group in groups)
    return np.reshape(np.concatenate(parallel(tasks)), (len(reservoirs), len(grid)))


def theirs(parallel: Parallel, reservoirs: list, grid: list, u: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Errors (n_seeds, n_configurations) with reservoirpy, one reservoir per task."""
    fitted = [clone(reservoir).fit(u) for reservoir in reservoirs]
    pairs = [(narrow(reservoir.W_.tocsr()), reservoir.W_in_) for reservoir in fitted]
    tasks = (delayed(peer_error)(*pair, configuration, u, y) for pair in pairs for configuration in grid)
    return np.reshape(parallel(tasks), (len(reservoirs), len(grid)))


def main() -> None:
    options = measure.parser(__doc__.split("\n")[0])
    options.add_argument("--configurations", type=int, default=64)
    options.add_argument("--seeds", type=int, default=4)
    options.add_argument("--topology", choices=list(TOPOLOGIES), default="random")
    options.add_argument("--jobs", type=int, default=2)
    options = options.parse_args()
    grid = configurations(options.configurations)
    reservoirs = [base(options.topology, seed) for seed in range(options.seeds)]
    u, y = make_narma(N_STEPS, random_state=0)
    with Parallel(n_jobs=options.jobs, backend="loky") as parallel:  # the processes live through all repeats
        works = {"ours": partial(ours, parallel, reservoirs, grid, u, y)}
        errors = works["ours"]()
        if "reservoirpy" in peers.installed():
            works["reservoirpy"] = partial(theirs, parallel, reservoirs, grid, u, y)
            difference = np.abs(errors / works["reservoirpy"]() - 1).max()
            if not difference < 1e-3:
                raise SystemExit(f"the errors differ by {difference:.1e}: not equal work")
        taken = measure.in_turns(works, options.repeats, warm=False)  # the check was the warm-up
    search = f"{len(grid)} configurations x {options.seeds} seeds"
    work = f"{search}, {options.topology} N={N_UNITS}, T={N_STEPS:,}"
    note = f"{options.jobs} processes"
    row = Row(work, taken["ours"].median, "s", note=note)
    if "reservoirpy" in taken:
        note += f"; errors agree to {difference:.0e}"
        seconds = taken["reservoirpy"].median
        row = row._replace(peer="reservoirpy", theirs=seconds, required=REQUIRED, note=note)
    measure.publish([row], options, "reservoirpy")


if __name__ == "__main__":
    main()
