"""The variables of units that hold what synapses do, as Brian2 reads them."""

from __future__ import annotations

import numpy as np

from reservoir.circuits import PoissonBackground
from reservoir.circuits.receptors import Receptors
from reservoir.neurons.spiking.magnesium import BLOCKED_BY, HALF_BLOCKED


def names_of_kinds(kinds: Receptors) -> dict[str, str]:
    """The variables of units that hold all kinds of synapses, and their units."""
    found = {f"I_{k}": "amp" for k in range(len(kinds.currents))}
    found |= {f"G_{k}": "siemens" for k in range(len(kinds.conductances))}
    return found | ({"J_0": "volt"} if kinds.jumps else {})


def blocks_of(kinds: Receptors) -> dict[int, float]:
    """The conductances that magnesium blocks, and how strongly at 0 volts."""
    found = enumerate(kinds.conductances[:, 2].tolist())
    return {k: magnesium / HALF_BLOCKED for k, magnesium in found if magnesium > 0}


def outside_of(kinds: Receptors, background: PoissonBackground) -> dict[str, np.ndarray]:
    """What one spike from outside adds to the variables of each unit (n_units,)."""
    found: dict[str, np.ndarray] = {}
    for receptor, factor in kinds.of(background):
        for number, name in enumerate(names_of_kinds(kinds)):
            weight = np.where(receptor == number, factor * background.weight, 0.0)
            if weight.any():
                found[name] = found.get(name, 0.0) + weight
    return found


def unblocked(strength: str, volts: str) -> str:
    """The share of a conductance that magnesium leaves open at a voltage."""
    return f"1 / (1 + {strength} * exp({BLOCKED_BY} * {volts}))"
