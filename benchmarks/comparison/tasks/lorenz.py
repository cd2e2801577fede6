"""The Lorenz attractor on own predictions: how long does a forecast hold?"""

from __future__ import annotations

from benchmarks.comparison.tasks.base import Series, Task
from reservoir.datasets import make_lorenz

N_TRAIN, N_TEST, STEP, EXPONENT = 6000, 6000, 0.02, 0.906


def draw(seed: int) -> Series:
    """An orbit from a random start, scaled by its training rows."""
    x = make_lorenz(N_TRAIN + N_TEST, dt=STEP, random_state=seed)
    return Series((x - x[:N_TRAIN].mean(axis=0)) / x[:N_TRAIN].std(axis=0), None, N_TRAIN)


TASK = Task(
    "lorenz",
    "Lorenz: how long a free forecast holds",
    "forecast",
    draw,
    "valid prediction time, Lyapunov times, mean of 20 starts",
    better="higher",
    scale="difference",
    published="more than 30 Lyapunov times without noise under conditions of their own (arXiv:2508.06730); "
    "figures with other thresholds, steps or training lengths do not compare",
    note="All three coordinates are heard and forecast; the loop is closed: a system hears its own predictions. Rows "
    "0.02 apart, 6,000 training rows, threshold 0.4, exponent 0.906, at most 1,000 rows (18.1 Lyapunov times). A new "
    "orbit for every seed.",
    step=STEP * EXPONENT,
)
