"""What every spiking unit with a membrane has: where it begins, how long it is held, what drives it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, dataclass_transform

import numpy as np

from reservoir.docstrings import documented_with
from reservoir.estimators import BaseEstimator
from reservoir.quantities import is_quantity
from reservoir.validation import check_real, parameter_error

_Unit = TypeVar("_Unit", bound="Membrane")
_LONGEST = 2**52  # steps that a unit may be held, which is for ever


class Membrane(BaseEstimator):
    """A record of the parameters of spiking units with a voltage v; each says its own, and its defaults, as fields.

    Parameters
    ----------
    refractory : float or (float, float), default 0.0
        Seconds during which v is held after a spike: of excitatory and of inhibitory units. Truncated to whole steps.
    background : float, default 0.0
        Constant current into every unit, amperes.
    noise : float >= 0, default 0.0
        Volts per square root of a second: after a step of dt, v gets noise sqrt(dt) times a normal number.

    Raises
    ------
    ValueError
        For a parameter outside its range, when it is used.
    """

    refractory: float | Sequence[float]
    background: float
    initial: float | Sequence[float]
    noise: float


@dataclass_transform(eq_default=False, kw_only_default=True)
def unit(cls: type[_Unit]) -> type[_Unit]:
    """Decorator of a record whose fields are its parameters, given by name, with the docstring of `Membrane` added."""
    return documented_with(Membrane)(dataclass(eq=False, repr=False, kw_only=True)(cls))


def initial_voltages(part: Any, n_units: int, rng: np.random.Generator) -> np.ndarray:
    """Voltages (n_units,) between the two of `initial`."""
    low, high = pair_of(type(part).__name__, "initial", part.initial, unit="volt")
    return rng.uniform(low, high, n_units)


def refractory_steps(owner: str, refractory: float | Sequence[float], excitatory: np.ndarray, dt: float) -> np.ndarray:
    """Whole steps (n_units,) from a spike to the first step at which a unit moves again."""
    pair = pair_of(owner, "refractory", refractory, 0, unit="second")
    steps = [max(1, int(min((seconds + 1e-3 * dt) / dt, _LONGEST))) for seconds in pair]
    return np.where(excitatory, steps[0], steps[1])


def pair_of(
    owner: str, name: str, value: Any, low: float | None = None, *, unit: str | None = None
) -> tuple[float, float]:
    """One number for both kinds, or two."""
    if isinstance(value, tuple | list) or (is_quantity(value) and np.asarray(value).ndim):
        if len(value) != 2:
            raise parameter_error(owner, name, "a number or two numbers", value)
        first, second = (check_real(owner, name, one, low, unit=unit) for one in value)
        return first, second
    return (check_real(owner, name, value, low, unit=unit),) * 2
