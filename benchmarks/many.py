"""Seconds of a search: 64 configurations x 4 seeds, 300 units, 5,000 steps, states and ridge on two cores.

    python benchmarks/many.py                       against reservoirpy with joblib, if it is installed here
    python benchmarks/many.py --configurations 8    a shorter run

Spectral radius, leak and input scaling vary. W and W_in of a seed are drawn once and given to both sides;
each configuration gets its states once, a ridge readout on the first 4,000 rows and its error on the rest.
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
from states import narrow

from reservoir import EchoState
from reservoir.datasets import make_narma
from reservoir.readouts import RidgeReadout
from reservoir.topologies import CirculantGraph, Random, spectral_radius

N_UNITS, IN_DEGREE, N_STEPS, N_TRAIN, WASHOUT, ALPHA = 300, 30, 5_000, 4_000, 200, 1e-6
TOPOLOGIES = {"random": Random(IN_DEGREE), "circulant": CirculantGraph(IN_DEGREE)}
REQUIRED = 15


def configurations(count: int) -> list[tuple[float, float, float]]:
    """Spectral radius, leak, input scaling; 4 values of each."""
    grid = itertools.product((0.6, 0.8, 0.95, 1.1), (0.3, 0.5, 0.8, 1.0), (0.1, 0.3, 0.6, 1.0))
    return list(grid)[:count]


def drawn(topology: str, seed: int):
    """W of radius 1 and W_in in plus or minus 1."""
    rng = np.random.default_rng(seed)
    W = TOPOLOGIES[topology].draw(N_UNITS, rng)
    return W * (1 / spectral_radius(W)), rng.uniform(-1, 1, (N_UNITS, 1))


def error(predicted: np.ndarray, y: np.ndarray) -> float:
    """Root mean square error over the standard deviation, on the rows after the training."""
    wanted = y[N_TRAIN:]
    return float(np.sqrt(np.mean((np.ravel(predicted) - wanted) ** 2)) / np.std(wanted))


def our_error(W, W_in, configuration, u, y) -> float:
    """One configuration of one seed."""
    radius, leak, scaling = configuration
    weights = {"topology": W * radius, "spectral_radius": None, "input_weights": W_in * scaling}
    states = EchoState(N_UNITS, leak=leak, **weights).fit_transform(u)
    readout = RidgeReadout(ALPHA).fit(states[WASHOUT:N_TRAIN], y[WASHOUT:N_TRAIN])
    return error(readout.predict(states[N_TRAIN:]), y)


def peer_error(W, W_in, configuration, u, y) -> float:
    """The same with reservoirpy."""
    from reservoirpy.nodes import Reservoir, Ridge

    radius, leak, scaling = configuration
    reservoir = Reservoir(W=narrow(W * radius), Win=W_in * scaling, bias=np.zeros(N_UNITS), lr=leak)
    states = reservoir.run(u)
    readout = Ridge(ridge=ALPHA)
    readout.fit(states[WASHOUT:N_TRAIN], y[WASHOUT:N_TRAIN, None])
    return error(readout.run(states[N_TRAIN:]), y)


def ours(parallel: Parallel, weights: list, grid: list, u: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Errors (n_seeds, n_configurations) with the library: one reservoir after the other in each process."""
    tasks = (delayed(our_error)(*pair, configuration, u, y) for pair in weights for configuration in grid)
    return np.reshape(parallel(tasks), (len(weights), len(grid)))


def theirs(parallel: Parallel, weights: list, grid: list, u: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Errors (n_seeds, n_configurations) with reservoirpy, one reservoir a task."""
    pairs = [(W.tocsr(), W_in) for W, W_in in weights]
    tasks = (delayed(peer_error)(*pair, configuration, u, y) for pair in pairs for configuration in grid)
    return np.reshape(parallel(tasks), (len(weights), len(grid)))


def main() -> None:
    options = measure.parser(__doc__.split("\n")[0])
    options.add_argument("--configurations", type=int, default=64)
    options.add_argument("--seeds", type=int, default=4)
    options.add_argument("--topology", choices=list(TOPOLOGIES), default="random")
    options.add_argument("--jobs", type=int, default=2)
    options = options.parse_args()
    grid = configurations(options.configurations)
    weights = [drawn(options.topology, seed) for seed in range(options.seeds)]
    u, y = make_narma(N_STEPS, random_state=0)
    with Parallel(n_jobs=options.jobs, backend="loky") as parallel:  # the processes live through all repeats
        works = {"ours": partial(ours, parallel, weights, grid, u, y)}
        errors = works["ours"]()
        if "reservoirpy" in peers.installed():
            works["reservoirpy"] = partial(theirs, parallel, weights, grid, u, y)
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
