"""Data sets of the UCR and UEA archives with their official splits."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from typing import NamedTuple

import numpy as np

UNIVARIATE = (
    *("ACSF1", "ArrowHead", "Beef", "Car", "Coffee", "DiatomSizeReduction", "ECG200", "FaceFour", "Fish", "GunPoint"),
    *("ItalyPowerDemand", "Lightning2", "Lightning7", "OSULeaf", "OliveOil", "SyntheticControl", "Trace"),
)
"""Those whose published accuracies are in published_univariate.csv."""
OTHERS = ("ArticularyWordRecognition", "BasicMotions", "JapaneseVowels", "PickupGestureWiimoteZ")
"""Several channels, or sequences of different lengths."""


class Split(NamedTuple):
    """One official split: stacks (N, T, F), or lists of sequences (T_i, F) of different lengths."""

    X_train: np.ndarray | list[np.ndarray]
    y_train: np.ndarray
    X_test: np.ndarray | list[np.ndarray]
    y_test: np.ndarray


def load(name: str) -> Split:
    """A set from the folder RESERVOIR_DATA or of tslearn, or else by aeon, which has some and downloads the others."""
    folder = Path(os.environ.get("RESERVOIR_DATA", "data"))
    kept = [folder / "ucr", folder / "japanese_vowels", *_cached_by_tslearn()]
    for path in (place / f"{name}.npz" for place in kept):
        if path.exists():
            return _from_file(path)
    return _from_aeon(name)


def _cached_by_tslearn() -> list[Path]:
    """Where the package has its data, if it is there; it is not imported."""
    found = importlib.util.find_spec("tslearn")
    places = found.submodule_search_locations if found else None
    return [Path(place) / ".cached_datasets" for place in places or ()]


def _from_file(path: Path) -> Split:
    with np.load(path, allow_pickle=False) as arrays:
        parts = [_sequences(arrays, part) for part in ("train", "test")]
        return Split(parts[0], arrays["y_train"], parts[1], arrays["y_test"])


def _sequences(arrays, part: str) -> np.ndarray | list[np.ndarray]:
    if f"X_{part}" in arrays:
        return arrays[f"X_{part}"]
    ends = np.cumsum(arrays[f"lengths_{part}"])[:-1]
    return np.split(arrays[f"X_{part}_flat"], ends)


def _from_aeon(name: str) -> Split:
    from aeon.datasets import load_classification

    found = []
    for part in ("train", "test"):
        X, y = load_classification(name, split=part, load_equal_length=False, load_no_missing=False)
        turned = [np.ascontiguousarray(np.asarray(one, dtype=float).T) for one in X]
        alike = len({one.shape for one in turned}) == 1
        found += [np.stack(turned) if alike else turned, np.asarray(y)]
    return Split(*found)
