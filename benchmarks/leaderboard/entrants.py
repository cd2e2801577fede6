"""Who takes part: the presets of this library, one network of it, the nearest neighbour, and two methods of aeon."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline

from reservoir import EchoState, ReservoirClassifier
from reservoir.models.presets import parts_of
from reservoir.preprocessing import SequenceScaler, WithGradient

PRESETS = ("fast", "full", "classic")
MINIROCKET = "MiniRocket (aeon)"
NEIGHBOUR = "nearest neighbour"
STRETCHED = 100  # rows of every sequence that neighbours are compared by


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


class NearestNeighbour:
    """The label of the nearest training sequence: channels standardised, all stretched to one length."""

    def fit(self, X: Any, y: np.ndarray) -> NearestNeighbour:
        """Keep sequences and labels."""
        self._scaler = SequenceScaler().fit(X)
        self._neighbours = KNeighborsClassifier(1).fit(self._vectors(X), y)
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Labels."""
        return self._neighbours.predict(self._vectors(X))

    def _vectors(self, X: Any) -> np.ndarray:
        places = np.linspace(0, 1, STRETCHED)
        return np.array(
            [
                np.concatenate([np.interp(places, np.linspace(0, 1, len(rows)), channel) for channel in rows.T])
                for rows in self._scaler.transform(X)
            ]
        )


def one_network(seed: int) -> Any:
    """One network as it comes, on standardised channels, pooled and read as a preset is."""
    return make_pipeline(SequenceScaler(), ReservoirClassifier(EchoState(random_state=seed)))


def one_network_of_many_speeds(seed: int) -> Any:
    """The same network with a leak of its own for every unit, which hears the gradients too."""
    leaks = np.random.default_rng(seed).uniform(0.03, 1, size=500)
    network = EchoState(500, leak=leaks, random_state=seed)
    return make_pipeline(WithGradient(), SequenceScaler(), ReservoirClassifier(network))


def preset(name: str, seed: int) -> ReservoirClassifier:
    """The classifier with a preset, whose seeds come from this one."""
    own = parts_of(name, random_state=seed)
    return ReservoirClassifier(own.reservoir, preset=name, pooling=own.pooling)


def entrants() -> dict[str, Callable[[int], Any]]:
    """Who takes part by name: from a seed to something with `fit` and `predict`."""
    return {name: partial(preset, name) for name in PRESETS} | {
        "one network": one_network,
        "one network of many speeds": one_network_of_many_speeds,
        NEIGHBOUR: lambda seed: NearestNeighbour(),
        MINIROCKET: minirocket,
        "ROCKET (aeon)": rocket,
    }
