"""What a plasticity rule hands to Brian2, and how it reads its numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from reservoir.circuits import Projection
from reservoir.circuits.circuit import weight_unit
from reservoir.validation import check_real


class Scaling(NamedTuple):
    """Weights that are scaled from time to time, so that those of a receiver keep their sum."""

    total: float | None  # amperes; None: the sum at the beginning, of every receiver
    every: float  # seconds


class Rule(NamedTuple):
    """The text of a rule for one set of synapses.

    The text may use `w`, amperes >= 0, and for dynamic synapses `U`, `D`, `F`, `u` and `R`; it must not declare these,
    nor `direction`, `last`, names that end in ``_pre`` or ``_post``, names of functions, or names that ``neurons.py``
    uses. The `w` of a conductance is the current at a driving force of one volt.
    """

    traces: dict[str, str]  # variables that decay, and the names of their time constants
    on_pre: list[str]  # what a spike does that arrives, after it has been passed on
    on_post: list[str]  # what a spike of the receiver does
    parameters: dict[str, tuple[float, str]]  # SI value and unit
    model: tuple[str, ...] = ()  # lines of other variables of a synapse
    read: tuple[str, ...] = ("w",)  # variables that are read in the end
    signals: tuple[tuple[str, Callable[[np.ndarray], np.ndarray]], ...] = ()  # name(t), t in seconds; without unit
    finish: Callable[[dict[str, np.ndarray], float], dict[str, np.ndarray]] | None = None
    """What was learned, "w" or "U", from the variables read and the duration in seconds. None: the variables."""
    scaling: Scaling | None = None


def inhibits(projection: Projection) -> np.ndarray:
    """Which synapses are inhibitory (n_synapses,): those with a negative weight, or -0.0, where learning has ended."""
    return np.signbit(projection.weight)


def read_numbers(part: Any, **units: str) -> dict[str, tuple[float, str]]:
    """Numbers that a rule stores, with their units: any finite number, and more than 0 for those in seconds."""
    owner, read = type(part).__name__, {}
    for name, unit in units.items():
        low, measured = 0 if unit == "second" else None, None if unit == "1" else unit
        read[name] = check_real(owner, name, getattr(part, name), low, closed="neither", unit=measured), unit
    return read


def read_bound(part: Any, projection: Projection, times: float) -> dict[str, tuple[float, str]]:
    """The largest weight, amperes: `w_max` of a rule, or where that is None so many times the mean initial weight."""
    if part.w_max is None:
        return {"w_max": (times * float(np.abs(projection.weight).mean()), "amp")}
    unit, owner = weight_unit(projection.reversal), type(part).__name__
    return {"w_max": (check_real(owner, "w_max", part.w_max, 0, closed="neither", unit=unit), "amp")}
