"""Who of nine speakers said it? 270 recordings to learn from, 370 to tell."""

from __future__ import annotations

import numpy as np
from sklearn.preprocessing import StandardScaler

from benchmarks.comparison.tasks.base import Recordings, Task
from reservoir.datasets import load_japanese_vowels


def draw(seed: int) -> Recordings:
    """The official split, scaled by the training rows; the same for every seed."""
    X, X_test, y, y_test = load_japanese_vowels(return_X_y=True)
    scaler = StandardScaler().fit(np.concatenate(X))
    return Recordings([scaler.transform(x) for x in X], y, [scaler.transform(x) for x in X_test], y_test)


TASK = Task(
    "japanese_vowels",
    "Japanese vowels: who of nine speakers said it?",
    "classify",
    draw,
    "errors of 370 test recordings",
    scale="difference",
    published="0 errors, by 1000 networks of 4 units that vote (Jaeger, Lukoševičius, Popovici, Siewert 2007, "
    "doi:10.1016/j.neunet.2007.04.016)",
    note="The recordings and their split are fixed, so that intervals speak of the seeds of the systems alone, "
    "not of other speakers or other recordings.",
)
