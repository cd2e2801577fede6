"""States of circuits in Brian2 as vectors, which systems hand on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from reservoir.circuits import Circuit


class Layout(NamedTuple):
    """What stands in a vector: variables by name, how often each sender has fired in the last steps, and the step."""

    sizes: dict[str, int]
    n_steps: int  # of the longest delay
    n_senders: int

    @property
    def size(self) -> int:
        """How many numbers there are."""
        return sum(self.sizes.values()) + self.n_steps * self.n_senders + 1

    def vector(self, arrays: Mapping[str, np.ndarray], step: int) -> np.ndarray:
        """The arrays of a state before a step as a vector (size,)."""
        sent = np.zeros((self.n_steps, self.n_senders))
        np.add.at(sent, tuple((arrays["sent"] + np.array([self.n_steps, 0])).T), 1)
        return np.concatenate([*(arrays[name] for name in self.sizes), sent.ravel(), [step]])

    def arrays(self, vector: np.ndarray) -> tuple[dict[str, np.ndarray], int]:
        """The arrays, and the step."""
        *parts, sent, step = np.split(vector, np.cumsum([*self.sizes.values(), self.n_steps * self.n_senders]))
        counts = np.rint(sent.reshape(self.n_steps, self.n_senders)).astype(np.int64)
        steps, senders = np.nonzero(counts > 0)
        times = counts[steps, senders]
        events = np.column_stack([np.repeat(steps - self.n_steps, times), np.repeat(senders, times)])
        return dict(zip(self.sizes, parts, strict=True)) | {"sent": events}, max(0, round(float(step[0])))


def layout_of(circuit: Circuit, dt: float, arrays: Mapping[str, np.ndarray]) -> Layout:
    """The layout of states of a circuit that have these arrays."""
    longest = max(float(part.delay.max(initial=0.0)) for _, _, part in circuit.pathways())
    sizes = {name: len(values) for name, values in sorted(arrays.items()) if name != "sent"}
    return Layout(sizes, int(np.floor(longest / dt + 0.5)), circuit.n_units + circuit.n_inputs)
