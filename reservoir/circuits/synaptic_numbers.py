"""Numbers of synapses: one for all, one for each, or drawn from a distribution."""

from __future__ import annotations

from typing import Any

import numpy as np

from reservoir.circuits.array_record import numbers_in
from reservoir.distributions import drawn, is_distribution
from reservoir.validation import check_real, parameter_error

Bounds = tuple[float, float, bool, str | None]  # lowest, highest, whether the lowest is left out, unit
BOUNDS: dict[str, Bounds] = {
    "delay": (0.0, np.inf, False, "second"),
    "time_constant": (0.0, np.inf, False, "second"),
    "U": (0.0, 1.0, True, None),
    "D": (0.0, np.inf, True, "second"),
    "F": (0.0, np.inf, True, "second"),
    "reversal": (-np.inf, np.inf, False, "volt"),
    "rise_time": (0.0, np.inf, True, "second"),
    "magnesium": (0.0, np.inf, False, "mmolar"),
    "release_probability": (0.0, 1.0, True, None),
    "dendritic_delay": (0.0, np.inf, False, "second"),
}
"""What each of a synapse's numbers may be, but for the weight, whose unit tells currents from conductances."""

OPTIONAL = tuple(name for name in BOUNDS if name not in ("delay", "time_constant"))
"""Those that synapses may do without."""


def synaptic_numbers(
    owner: str, name: str, value: Any, size: int, rng: np.random.Generator, unit: str | None = None
) -> np.ndarray:
    """Numbers (size,) of so many synapses; ValueError where any lies outside its bounds."""
    low, high, above, known = BOUNDS.get(name, (-np.inf, np.inf, False, unit))
    given = drawn(owner, name, value, size, rng) if is_distribution(value) else value
    return numbers_in(owner, name, given, size, low, high, above=above, unit=known)


def with_way(
    owner: str, delays: np.ndarray, velocity: Any, sources: np.ndarray | None, targets: np.ndarray | None
) -> np.ndarray:
    """Delays (n_synapses,) and the time that spikes take from one place (n_synapses, 3) to the other."""
    if velocity is None:
        return delays
    speed = check_real(owner, "velocity", velocity, 0, closed="neither")
    if sources is None or targets is None or not (np.isfinite(sources).all() and np.isfinite(targets).all()):
        raise parameter_error(owner, "velocity", "None where units have no positions", velocity)
    return delays + np.sqrt(((targets - sources) ** 2).sum(axis=1)) / speed
