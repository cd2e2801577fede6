"""The Mackey-Glass series 84 samples ahead, on own predictions: the protocol behind the published figures."""

from __future__ import annotations

import numpy as np

from benchmarks.comparison.tasks.base import Series, Task
from reservoir.datasets import make_mackey_glass

N_TRAIN, N_TEST = 3000, 3000


def draw(seed: int) -> Series:
    """A series from a random history, squashed as in the report."""
    return Series(np.tanh(make_mackey_glass(N_TRAIN + N_TEST, random_state=seed) - 1), None, N_TRAIN)


TASK = Task(
    "mackey_glass_free",
    "Mackey-Glass, tau 17: 84 samples ahead, free forecast",
    "forecast",
    draw,
    "NRMSE of the 84th sample over 20 starts",
    published="2.8e-4 with 400 units and 3,000 training samples (Jaeger 2001, GMD Report 148, "
    "doi:10.24406/publica-fhg-291111)",
    note="The loop is closed: a system hears its own predictions. A new series for every seed.",
    ahead=84,
)
