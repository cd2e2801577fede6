"""The Mackey-Glass series 84 samples ahead, told at once: a direct forecast, which every system can give."""

from __future__ import annotations

from benchmarks.comparison.tasks.base import Series, Task
from reservoir.datasets import make_mackey_glass

N_TRAIN, N_TEST, AHEAD = 3000, 2000, 84


def draw(seed: int) -> Series:
    """A series from a random history, scaled by its training rows, and the same 84 samples later."""
    x = make_mackey_glass(N_TRAIN + N_TEST + AHEAD, random_state=seed)
    x = (x - x[:N_TRAIN].mean()) / x[:N_TRAIN].std()
    return Series(x[:-AHEAD], x[AHEAD:, 0], N_TRAIN)


TASK = Task(
    "mackey_glass",
    "Mackey-Glass, tau 17: 84 samples ahead at once",
    "regress",
    draw,
    "NRMSE over 2,000 test rows",
    published="none for this protocol; the published figures for 84 samples are those of free forecasts, "
    "see the task mackey_glass_free",
    note="The answer is the sample 84 steps ahead, told from the rows so far; the loop is never closed. 3,000 training "
    "rows; a new series for every seed.",
)
