"""From candidates to tasks: which of them share a random draw, a run of states, a factorisation."""

from __future__ import annotations

import itertools
import numbers
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from reservoir.neurons.vectors import LANES

PENALTY = "readout__alpha"
NOISE = "reservoir__noise"
SCALINGS = (
    "reservoir__spectral_radius",
    "reservoir__input_scaling",
    "reservoir__bias_scaling",
    "reservoir__leak",
    NOISE,
)

LEAST_OF_A_PART = 8
"""A group is cut into parts of at least so many configurations, for which lanes pay with every topology."""


class Configuration(NamedTuple):
    """Candidates that differ in the penalty of the readout alone."""

    candidates: tuple[int, ...]  # their positions
    parameters: tuple[dict[str, Any], ...]  # of each candidate


class EvaluationTask(NamedTuple):
    """What a worker does at a time: configurations that differ in scalings alone, with one seed."""

    configurations: list[Configuration]
    seed: int | None  # of the reservoir; None where it keeps its own
    share: float  # of the training parts

    @property
    def n_candidates(self) -> int:
        """Number of candidates of all configurations."""
        return sum(len(configuration.candidates) for configuration in self.configurations)


def configurations_of(candidates: Sequence[dict[str, Any]]) -> list[Configuration]:
    """The candidates, those that differ in the penalty alone side by side, in the order of their first."""
    found: dict[tuple[Any, ...], list[int]] = {}
    for index, parameters in enumerate(candidates):
        key = _key({name: value for name, value in parameters.items() if name != PENALTY})
        found.setdefault(key, []).append(index)
    return [Configuration(tuple(group), tuple(candidates[index] for index in group)) for group in found.values()]


def tasks_of(
    configurations: list[Configuration], seeds: Sequence[int | None], share: float, n_wanted: int = 1
) -> list[EvaluationTask]:
    """Tasks of at most 16 configurations, for every seed.

    Large groups are cut further where that gives `n_wanted` parts in all. The size of a task changes no bit of a
    score: lanes do not see one another.
    """
    alike: dict[tuple[Any, ...], list[Configuration]] = {}
    for configuration in configurations:
        alike.setdefault(_common(configuration.parameters[0]), []).append(configuration)
    parts = []
    for group in alike.values():
        wanted = -(-n_wanted * len(group) // len(configurations))
        n_parts = max(-(-len(group) // LANES), min(wanted, len(group) // LEAST_OF_A_PART))
        edges = [k * len(group) // n_parts for k in range(n_parts + 1)]
        parts += [group[start:stop] for start, stop in itertools.pairwise(edges)]
    return [EvaluationTask(part, seed, share) for part in parts for seed in seeds]


def _common(parameters: dict[str, Any]) -> tuple[Any, ...]:
    """What the candidates of a task have in common. Noise, which is heard in training alone, has tasks of its own."""
    common = {name: value for name, value in parameters.items() if name != PENALTY and not _is_lane(name, value)}
    return _key(common | {NOISE: bool(parameters.get(NOISE, False))})


def _is_lane(name: str, value: Any) -> bool:
    return name in SCALINGS and isinstance(value, numbers.Real) and not isinstance(value, bool | np.bool_)


def _key(parameters: dict[str, Any]) -> tuple[Any, ...]:
    """A key for a dictionary: values that cannot be compared are told apart by being the same object."""
    return tuple(sorted((name, _comparable(value)) for name, value in parameters.items()))


def _comparable(value: Any) -> str:
    plain = value is None or isinstance(value, str | numbers.Number | np.generic)
    return f"{type(value).__name__} {value!r}" if plain else f"object {id(value)}"
