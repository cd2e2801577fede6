"""The receptors of a circuit: synapses that decay alike and flow alike share one variable per unit."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from reservoir.circuits.circuit import Circuit, PoissonBackground
from reservoir.circuits.projection import Projection


class Receptors(NamedTuple):
    """Currents, by their time constants in ascending order, then conductances, by reversal and time constant."""

    currents: np.ndarray  # (n_currents,), time constants, seconds
    conductances: np.ndarray  # (n_conductances, 2), reversal, volts, and time constant, seconds

    @property
    def time_constants(self) -> np.ndarray:
        """Seconds (n_receptors,) in which the currents, then the conductances decay to 1/e."""
        return np.concatenate([self.currents, self.conductances[:, 1]])

    def of(self, part: Projection | PoissonBackground) -> np.ndarray:
        """The receptor of every synapse of a projection, or of what every unit hears of a background."""
        pairs = _pairs(part)
        if pairs is None:
            return np.searchsorted(self.currents, part.time_constant)
        joined, which = np.unique(pairs, axis=0, return_inverse=True)
        places = (joined[:, None] == self.conductances).all(axis=2).argmax(axis=1)
        return len(self.currents) + places[which.reshape(-1)]


def receptors_of(circuit: Circuit) -> Receptors:
    """All receptors that a circuit has."""
    parts: list[Projection | PoissonBackground] = [pathway.projection for pathway in circuit.pathways()]
    parts += [] if circuit.background is None else [circuit.background]
    pairs = [_pairs(part) for part in parts]
    currents = [part.time_constant for part, pair in zip(parts, pairs, strict=True) if pair is None]
    conductances = [pair for pair in pairs if pair is not None]
    return Receptors(
        np.unique(np.concatenate([np.zeros(0), *currents])),
        np.unique(np.concatenate([np.zeros((0, 2)), *conductances]), axis=0),
    )


def _pairs(part: Projection | PoissonBackground) -> np.ndarray | None:
    """Reversal and time constant (n, 2) of conductances; None for currents."""
    reversal = getattr(part, "reversal", None)
    return None if reversal is None else np.column_stack([reversal, part.time_constant])
