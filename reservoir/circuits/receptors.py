"""The receptors of a circuit: synapses that decay alike and flow alike share one variable per unit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from reservoir.circuits.array_record import is_constant
from reservoir.circuits.circuit import Circuit, PoissonBackground
from reservoir.circuits.projection import Projection
from reservoir.circuits.time_course import exponentials, is_delta

_AT_A_TIME = 1 << 16  # synapses


class Share(NamedTuple):
    """One of the exponentials, or the jump, of which the course of each of n synapses is the sum."""

    receptor: np.ndarray  # (n,), its place among all receptors
    factor: np.ndarray  # (n,), by which the weight is multiplied


class Receptors(NamedTuple):
    """Currents by their time constants in ascending order, then conductances in that of their rows, then the jumps.

    What rises and decays is the difference of two exponentials, so that it has a part in two of them.
    """

    currents: np.ndarray  # (n_currents,), time constants, seconds
    conductances: np.ndarray  # (n_conductances, 3), reversal, volts, time constant, seconds, and magnesium, millimolar
    jumps: bool = False  # whether there are synapses that move the voltage itself

    @property
    def n_receptors(self) -> int:
        """How many there are."""
        return len(self.currents) + len(self.conductances) + self.jumps

    def decays(self, dt: float) -> np.ndarray:
        """What a step leaves of each receptor (n_receptors,)."""
        left = np.exp(-dt / np.concatenate([self.currents, self.conductances[:, 1]]))
        return np.append(left, np.zeros(int(self.jumps)))

    def of(self, part: Projection | PoissonBackground, which: Any = None) -> list[Share]:
        """The receptors of synapses of a projection, or of what units hear of a background; of all, if not said."""
        chosen = slice(None) if which is None else which
        size = len(part.weight[chosen])
        if _is_alike(part):
            chosen = slice(0, 1)
        if is_delta(part.time_constant[:1]):
            shares = [Share(np.array([self.n_receptors - 1]), np.ones(1))]
        else:
            shares = [Share(self._places(part, chosen, decay), factor) for decay, factor in _courses(part, chosen)]
        return [Share(*(np.broadcast_to(numbers, size) for numbers in share)) for share in shares]

    def _places(self, part: Projection | PoissonBackground, chosen: Any, decay: np.ndarray) -> np.ndarray:
        if part.reversal is None:
            return np.searchsorted(self.currents, decay)
        joined, which = np.unique(_rows(part, chosen, decay), axis=0, return_inverse=True)
        places = (joined[:, None] == self.conductances).all(axis=2).argmax(axis=1)
        return np.asarray(len(self.currents) + places[which.reshape(-1)])


def receptors_of(circuit: Circuit) -> Receptors:
    """All receptors that a circuit has."""
    parts: list[Projection | PoissonBackground] = [pathway.projection for pathway in circuit.pathways()]
    parts += [] if circuit.background is None else [circuit.background]
    lasting = [part for part in parts if not is_delta(part.time_constant)]
    currents, conductances = [np.zeros(0)], [np.zeros((0, 3))]
    for part in lasting:
        for chosen in _pieces(part):
            for decay, _ in _courses(part, chosen):
                if part.reversal is None:
                    currents.append(np.unique(decay))
                else:
                    conductances.append(np.unique(_rows(part, chosen, decay), axis=0))
    return Receptors(
        np.unique(np.concatenate(currents)), np.unique(np.concatenate(conductances), axis=0), len(lasting) < len(parts)
    )


def _is_alike(part: Projection | PoissonBackground) -> bool:
    """Whether all synapses are known to be of one kind."""
    columns = (part.time_constant, part.rise_time, part.reversal, part.magnesium)
    return len(part) > 0 and all(column is None or is_constant(column) for column in columns)


def _pieces(part: Projection | PoissonBackground) -> Iterator[slice]:
    """Synapses that are of all kinds together, so many at a time as are looked at without much memory."""
    size = 1 if _is_alike(part) else len(part)
    for first in range(0, size, _AT_A_TIME):
        yield slice(first, min(first + _AT_A_TIME, size))


def _courses(part: Projection | PoissonBackground, chosen: Any) -> list[tuple[np.ndarray, np.ndarray]]:
    """Time constants (n,) and factors (n,) of the exponentials whose sum is the course of each synapse."""
    decay = part.time_constant[chosen]
    if part.rise_time is None:
        return [(decay, np.ones(len(decay)))]
    slow, fast, peak = exponentials(decay, part.rise_time[chosen])
    return [(slow, peak), (fast, -peak)]


def _rows(part: Projection | PoissonBackground, chosen: Any, decay: np.ndarray) -> np.ndarray:
    """Reversal, time constant and magnesium (n, 3) of conductances."""
    magnesium = np.zeros(len(decay)) if part.magnesium is None else part.magnesium[chosen]
    return np.column_stack([np.asarray(part.reversal)[chosen], decay, magnesium])
