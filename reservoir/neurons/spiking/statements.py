"""What the compiled step of a spiking unit is in the syntax of Brian2: the same step, so that spikes are the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np


class Statements(NamedTuple):
    """The step that `advance` and `conduct` of a record of coefficients take, in words; its `statements()`.

    All texts know the fields of the record, those of records inside it by their own names, and the variables. The
    texts of a step also know `external`, amperes injected into a unit during the step; `conductance`, siemens;
    `normal`, a number for each unit and step; `uniform`, one in [0, 1), where the record says `escapes`; and `free`, 1
    where a unit is not held and 0 where it is. ``{weights}`` is where the synaptic currents stand, each times its field
    of that name, 0 where there are none.
    """

    step: str
    """Statements, one a line. What they write to `v` reaches units only that are not held."""
    threshold: str
    """Condition under which a unit that is not held fires."""
    reset: str
    """Statements that follow a spike; "" for none."""
    variables: dict[str, str]
    """Name and unit of each, in the order of the rows of `initial_state`; the first is the voltage, `v` in volts."""
    units: dict[str, str]
    """Units of the fields that threshold and reset name, where they have one: names of `reservoir.quantities.UNITS`."""
    conducting: str = ""
    """The step where synapses are conductances: `external` and `conductance` are then what these add up to, on average
    over the step. "" where `step` knows `conductance` itself, and for a record without `conduct`."""
    held: bool = True
    """Whether v stands still while a unit is refractory."""
    before: str = ""
    """Name by which the threshold knows the voltage that a step began with; "" where it does not ask."""
    kept: tuple[str, ...] = ()
    """Variables that stay as learning has left them."""


def full_spike(step: str, variables: dict[str, str]) -> Statements:
    """Of units that fire where v rises above their threshold, and are neither reset nor held."""
    return Statements(
        step,
        threshold="v > threshold and before <= threshold",
        reset="",
        variables=variables,
        units={"threshold": "volt"},
        held=False,
        before="before",
    )


def coefficients_of(cells: Any) -> dict[str, np.ndarray]:
    """The numbers of a record by name, as arrays: shared (), by unit (n_units,), or by current, with a leading axis."""
    return dict(_numbers(cells))


def _numbers(cells: Any) -> Iterator[tuple[str, np.ndarray]]:
    for name, value in zip(cells._fields, cells, strict=True):
        if hasattr(value, "_fields"):
            yield from _numbers(value)
        else:
            yield name, np.asarray(value)
