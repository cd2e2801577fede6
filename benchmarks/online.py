"""Microseconds per step of online readouts: 500 features, one output, training alone.

    python benchmarks/online.py                     beside reservoirpy, where it is installed
    python benchmarks/online.py --repeats 15

Both libraries get the same rows in one call. Equal weights are asserted first. reservoirpy adapts its bias by a rule
of its own, so neither learns one here. `of the limit` is the time to read the triangle of RLS once over the measured
time; that it must be written back too is not counted.
"""

from __future__ import annotations

import measure  # first: it sets the number of threads
import numpy as np
import peers
from measure import Row

from reservoir.readouts import LeastMeanSquares, RecursiveLeastSquares

N_FEATURES, ALPHA, LEARNING_RATE = 500, 1.0, 1e-3
STEPS = {"RLS": 1_000, "RLS, forgetting 0.999": 1_000, "LMS": 10_000}
REQUIRED = 5
SAME_WEIGHTS = 1e-8  # relative to the largest


def drawn(n_steps: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows like states of tanh units, and a noisy linear target."""
    rng = np.random.default_rng(0)
    X = np.tanh(rng.normal(size=(n_steps, N_FEATURES)))
    return X, X @ rng.normal(size=(N_FEATURES, 1)) + 0.1 * rng.normal(size=(n_steps, 1))


def ours(name: str, X: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Weights (n_features,) by the library."""
    if name == "LMS":
        return LeastMeanSquares(LEARNING_RATE, normalized=False, fit_intercept=False).fit(X, y).coef_[0]
    forgetting = 0.999 if "forgetting" in name else 1.0
    return RecursiveLeastSquares(forgetting, ALPHA, fit_intercept=False).fit(X, y).coef_[0]


def reservoirpy(name: str, X: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Weights (n_features,) by a node of reservoirpy."""
    from reservoirpy.nodes import LMS, RLS

    if name == "LMS":
        node = LMS(learning_rate=LEARNING_RATE, fit_bias=False)
    else:
        node = RLS(alpha=ALPHA, forgetting=0.999 if "forgetting" in name else 1.0, fit_bias=False)
    node.partial_fit(X, y)
    return np.asarray(node.Wout)[:, 0]


def row_of(name: str, repeats: int) -> Row:
    """The time of one rule in both libraries."""
    X, y = drawn(STEPS[name])
    limit = measure.read_seconds(4 * N_FEATURES**2) if name.startswith("RLS") else None
    works = {"ours": lambda: ours(name, X, y)}
    note = ""
    if "reservoirpy" in peers.installed():
        mine, theirs = ours(name, X, y), reservoirpy(name, X, y)
        difference = np.abs(mine - theirs).max() / np.abs(mine).max()
        if not difference < SAME_WEIGHTS:
            raise SystemExit(f"{name}: weights differ by {difference:.1e} of the largest: not equal work")
        works["reservoirpy"] = lambda: reservoirpy(name, X, y)
        note = f"weights differ by {difference:.0e} of the largest"
    taken = measure.in_turns(works, repeats)
    a_step = {key: 1e6 * work.median / len(X) for key, work in taken.items()}
    times = a_step["ours"], "us a step"
    share = 1e6 * limit / a_step["ours"] if limit else None
    if "reservoirpy" not in works:
        return Row(f"{name}, N={N_FEATURES}", *times, limit=share)
    first = f"{taken['ours'].first:.2g} s / {taken['reservoirpy'].first:.2g} s"
    peer = "reservoirpy", a_step["reservoirpy"]
    return Row(f"{name}, N={N_FEATURES}", *times, *peer, required=REQUIRED, limit=share, first=first, note=note)


def main() -> None:
    options = measure.parser(__doc__.split("\n")[0]).parse_args()
    rows = [row_of(name, options.repeats) for name in STEPS]
    measure.publish(rows, options, *(peers.PACKAGES[peer] for peer in peers.installed() if peer == "reservoirpy"))


if __name__ == "__main__":
    main()
