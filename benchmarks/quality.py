"""Memory capacity and NARMA-10 error of a circulant graph in float32 against a random graph in float64.

    python benchmarks/quality.py                            1000 units, 100 inputs per unit, 20 seeds
    python benchmarks/quality.py --units 300 --in-degree 30 --seeds 5

Speed counts only at equal quality: both graphs get the same units, inputs per unit, spectral radius and input.
"""

from __future__ import annotations

import measure  # first: it sets the number of threads
import numpy as np
from scipy import linalg, stats

from reservoir import EchoState, ReservoirRegressor
from reservoir.datasets import make_narma
from reservoir.readouts import RidgeReadout
from reservoir.topologies import CirculantGraph, Random

N_STEPS, WASHOUT = 4_000, 300  # rows of the training part, and of the test part
MAX_DELAY = 200
RADIUS, SCALING = 0.95, 0.1


def memory_capacity(reservoir: EchoState, seed: int) -> float:
    """Sum over delays of the squared correlation between u(t - delay) and its best linear estimate.

    Least squares on one half of the rows, correlation on the other; a delay counts if significant (0.1 %).
    """
    n_rows = WASHOUT + MAX_DELAY + 2 * N_STEPS
    u = np.random.default_rng(seed).uniform(-1, 1, n_rows)
    states = reservoir.fit_transform(u[:, None])[WASHOUT + MAX_DELAY :].astype(np.float64)
    states = np.column_stack([states, np.ones(len(states))])
    rows = np.arange(WASHOUT + MAX_DELAY, n_rows)
    targets = np.stack([u[rows - delay] for delay in range(1, MAX_DELAY + 1)], axis=1)
    head, tail = states[:N_STEPS], states[N_STEPS:]
    gram = head.T @ head
    gram[np.diag_indices_from(gram)] += 1e-9 * len(head)
    estimates = tail @ linalg.solve(gram, head.T @ targets[:N_STEPS], assume_a="pos")
    wanted = targets[N_STEPS:] - targets[N_STEPS:].mean(axis=0)
    estimates -= estimates.mean(axis=0)
    squared = (wanted * estimates).sum(axis=0) ** 2 / ((wanted**2).sum(axis=0) * (estimates**2).sum(axis=0))
    return float(squared[squared > stats.chi2.ppf(0.999, df=1) / N_STEPS].sum())


def narma_error(reservoir: EchoState, seed: int) -> float:
    """Root mean square error over the standard deviation of the target, on a new series."""
    model = ReservoirRegressor(reservoir, RidgeReadout(1e-6), washout=WASHOUT)
    model.fit(*make_narma(N_STEPS, random_state=seed))
    u, y = make_narma(N_STEPS, random_state=1_000_000 + seed)
    wrong = model.predict(u)[WASHOUT:] - y[WASHOUT:]
    return float(np.sqrt(np.mean(wrong**2)) / np.std(y[WASHOUT:]))


def interval(values: np.ndarray) -> tuple[float, float]:
    """Mean and half of its 95 % confidence interval (Student)."""
    half = stats.t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))
    return float(values.mean()), float(half)


def compared(name: str, circulant: np.ndarray, random: np.ndarray) -> str:
    """A line of the table; the difference is taken seed by seed, on the same input."""
    (a, da), (b, db), (c, dc) = interval(circulant), interval(random), interval(circulant - random)
    verdict = "none seen" if abs(c) <= dc else f"{100 * c / b:+.2g} %"
    return f"| {name} | {a:.4g} ± {da:.2g} | {b:.4g} ± {db:.2g} | {c:+.2g} ± {dc:.2g} | {verdict} |"


def main() -> None:
    options = measure.parser(__doc__.split("\n")[0])
    options.add_argument("--units", type=int, default=1000)
    options.add_argument("--in-degree", type=int, default=100)
    options.add_argument("--seeds", type=int, default=20)
    options = options.parse_args()
    kinds = {"circulant": (CirculantGraph, "float32"), "random": (Random, "float64")}
    values: dict = {(name, measured): [] for name in kinds for measured in (memory_capacity, narma_error)}
    for seed in range(options.seeds):
        for name, (topology, dtype) in kinds.items():
            settings = {"topology": topology(options.in_degree), "spectral_radius": RADIUS, "dtype": dtype}
            quiet = EchoState(options.units, input_scaling=SCALING, bias_scaling=0.0, random_state=seed, **settings)
            values[name, memory_capacity].append(memory_capacity(quiet, seed))
            values[name, narma_error].append(narma_error(quiet, seed))
    text = (
        f"N={options.units}, {options.in_degree} inputs a unit, {options.seeds} seeds, radius {RADIUS}, "
        f"input scaling {SCALING}; mean ± half of the 95 % interval.\n\n"
        "| measure | circulant, float32 | random, float64 | difference | seen |\n"
        "| --- | --- | --- | --- | --- |\n"
    )
    lines = [
        compared(title, *(np.array(values[name, measured]) for name in kinds))
        for title, measured in (("memory capacity", memory_capacity), ("NARMA-10 error", narma_error))
    ]
    measure.publish([], options, text=text + "\n".join(lines))


if __name__ == "__main__":
    main()
