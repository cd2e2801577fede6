"""What a plasticity rule hands to Brian2, and how it reads its numbers."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from reservoir.circuits import Projection
from reservoir.validation import check_real


class Rule(NamedTuple):
    """The text of a rule for one set of synapses.

    The text may use `w`, amperes >= 0, and for dynamic synapses `U`, `D`, `F`, `u` and `R`; it must not declare these,
    nor `direction`, `last`, names that end in ``_pre`` or ``_post``, or names of functions.
    """

    model: str  # variables of a synapse, a line each
    on_pre: list[str]  # what a spike does that arrives, after it has been passed on
    on_post: list[str]  # what a spike of the receiver does
    parameters: dict[str, tuple[float, str]]  # SI value and unit
    learned: tuple[str, ...] = ("w",)


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
    return {"w_max": (check_real(type(part).__name__, "w_max", part.w_max, 0, closed="neither", unit="amp"), "amp")}


def decaying(**traces: str) -> str:
    """Model lines of traces: names, and the names of their time constants."""
    return "\n".join(f"d{name}/dt = -{name} / {tau} : 1 (event-driven)" for name, tau in traces.items())
