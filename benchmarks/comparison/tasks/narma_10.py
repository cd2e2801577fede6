"""A system of tenth order, told from its random input: memory and nonlinearity."""

from __future__ import annotations

from benchmarks.comparison.tasks.base import Series, Task
from reservoir.datasets import make_narma

N_TRAIN, N_TEST = 3000, 2000


def draw(seed: int) -> Series:
    """A random input, brought to [-1, 1], and the answer of the system."""
    u, y = make_narma(N_TRAIN + N_TEST, order=10, random_state=seed)
    return Series(4 * u - 1, y, N_TRAIN)


TASK = Task(
    "narma_10",
    "NARMA-10: the answer of a system of tenth order to noise",
    "regress",
    draw,
    "NRMSE over 2,000 test rows",
    published="no figure of the same protocol was verified",
    note="Input uniform in [0, 0.5], draws that diverge are rejected; 3,000 training rows; a new series for every "
    "seed.",
)
