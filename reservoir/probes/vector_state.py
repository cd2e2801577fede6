"""Systems side by side as probes ask them that change the state: it is one vector."""

from __future__ import annotations

from typing import Any

import numpy as np

from reservoir.probes.driven_states import is_spiking
from reservoir.validation import parameter_error


class VectorState:
    """A system whose state is the vector of the states of all that it holds side by side."""

    def __init__(self, system: Any):
        self._system = system
        self._like: Any = None  # a state as the system has it

    def run(self, X: Any, state: np.ndarray | None = None) -> tuple[Any, np.ndarray]:
        """States of one series, and where they end."""
        begun = None if state is None else _split(state, self._like)[0]
        states, self._like = self._system.run(X, begun)
        parts = _leaves(self._like)
        return states, np.concatenate(parts, dtype=min((part.dtype for part in parts), key=lambda one: one.itemsize))


def with_vector_state(owner: str, system: Any) -> Any:
    """The system itself, or where it is several side by side the same with a vector as its state.

    Refuses what has no state to begin from. Spiking units keep theirs, since no little can be added to it.
    """
    if not getattr(system, "causal", True):
        wanted = "one that can begin from any state: its states depend on rows to come (causal = False)"
        raise parameter_error(owner, "system", wanted, system)
    return VectorState(system) if hasattr(system, "systems_") and not is_spiking(system) else system


def _leaves(state: Any) -> list[np.ndarray]:
    if isinstance(state, tuple):
        return [leaf for part in state for leaf in _leaves(part)]
    return [np.asarray(state)]


def _split(vector: np.ndarray, like: Any) -> tuple[Any, np.ndarray]:
    """A state of the form of another, from the head of a vector, and the rest of that."""
    if not isinstance(like, tuple):
        return vector[: len(like)], vector[len(like) :]
    parts = []
    for one in like:
        part, vector = _split(vector, one)
        parts.append(part)
    return tuple(parts), vector
