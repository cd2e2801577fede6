"""The receptors of a circuit: synapses that decay alike and flow alike share one variable per unit."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from reservoir.circuits.circuit import Circuit, PoissonBackground
from reservoir.circuits.projection import Projection
from reservoir.circuits.time_course import exponentials, is_delta


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

    def of(self, part: Projection | PoissonBackground) -> list[Share]:
        """The receptors of every synapse of a projection, or of what every unit hears of a background."""
        if is_delta(part.time_constant):
            return [Share(np.full(len(part), self.n_receptors - 1), np.ones(len(part)))]
        return [Share(self._places(part, decay), factor) for decay, factor in _courses(part)]

    def _places(self, part: Projection | PoissonBackground, decay: np.ndarray) -> np.ndarray:
        if part.reversal is None:
            return np.searchsorted(self.currents, decay)
        joined, which = np.unique(_rows(part, decay), axis=0, return_inverse=True)
        places = (joined[:, None] == self.conductances).all(axis=2).argmax(axis=1)
        return np.asarray(len(self.currents) + places[which.reshape(-1)])


def receptors_of(circuit: Circuit) -> Receptors:
    """All receptors that a circuit has."""
    parts: list[Projection | PoissonBackground] = [pathway.projection for pathway in circuit.pathways()]
    parts += [] if circuit.background is None else [circuit.background]
    lasting = [part for part in parts if not is_delta(part.time_constant)]
    currents = [decay for part in lasting if part.reversal is None for decay, _ in _courses(part)]
    conductances = [_rows(part, decay) for part in lasting if part.reversal is not None for decay, _ in _courses(part)]
    return Receptors(
        np.unique(np.concatenate([np.zeros(0), *currents])),
        np.unique(np.concatenate([np.zeros((0, 3)), *conductances]), axis=0),
        len(lasting) < len(parts),
    )


def _courses(part: Projection | PoissonBackground) -> list[tuple[np.ndarray, np.ndarray]]:
    """Time constants (n,) and factors (n,) of the exponentials whose sum is the course of each synapse."""
    if part.rise_time is None:
        return [(part.time_constant, np.ones(len(part)))]
    slow, fast, peak = exponentials(part.time_constant, part.rise_time)
    return [(slow, peak), (fast, -peak)]


def _rows(part: Projection | PoissonBackground, decay: np.ndarray) -> np.ndarray:
    """Reversal, time constant and magnesium (n, 3) of conductances."""
    magnesium = np.zeros(len(part)) if part.magnesium is None else part.magnesium
    return np.column_stack([np.asarray(part.reversal), decay, magnesium])
