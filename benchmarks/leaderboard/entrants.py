"""Who takes part: the presets of this library, and the methods of aeon that are run beside them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from reservoir import ReservoirClassifier
from reservoir.models.presets import parts_of

PRESETS = ("fast", "full", "classic")
MINIROCKET = "MiniRocket (aeon)"


class FromAeon:
    """A classifier of aeon, which takes (N, F, T) of one length: shorter sequences keep their last row to the end."""

    def __init__(self, classifier: Any):
        self._classifier, self._length = classifier, 0

    def fit(self, X: Any, y: np.ndarray) -> FromAeon:
        """Learn from sequences and labels."""
        self._length = max(len(rows) for rows in X)
        self._classifier.fit(self._turned(X), y)
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Labels."""
        return self._classifier.predict(self._turned(X))

    def _turned(self, X: Any) -> np.ndarray:
        rows = [np.asarray(one)[: self._length] for one in X]
        return np.stack([np.pad(one, ((0, self._length - len(one)), (0, 0)), "edge").T for one in rows])


def minirocket(seed: int) -> FromAeon:
    """MiniRocket with the ridge of aeon."""
    from aeon.classification.convolution_based import MiniRocketClassifier

    return FromAeon(MiniRocketClassifier(random_state=seed, n_jobs=1))


def rocket(seed: int) -> FromAeon:
    """ROCKET with the ridge of aeon."""
    from aeon.classification.convolution_based import RocketClassifier

    return FromAeon(RocketClassifier(random_state=seed, n_jobs=1))


def preset(name: str, seed: int) -> ReservoirClassifier:
    """The classifier with a preset, whose seeds come from this one."""
    own = parts_of(name, random_state=seed)
    return ReservoirClassifier(own.reservoir, preset=name, pooling=own.pooling)


def entrants() -> dict[str, Callable[[int], Any]]:
    """Who takes part by name: from a seed to something with `fit` and `predict`."""
    return {name: partial(preset, name) for name in PRESETS} | {MINIROCKET: minirocket, "ROCKET (aeon)": rocket}
