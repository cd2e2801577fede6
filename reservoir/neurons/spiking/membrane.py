"""What every spiking unit with a membrane has: where it begins, how long it is held, what drives it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self, TypeAlias, TypeVar, dataclass_transform

import numpy as np
from sklearn.base import clone

from reservoir.distributions import Distribution, drawn_by_kind
from reservoir.docstrings import documented_with
from reservoir.estimators import BaseEstimator
from reservoir.neurons.spiking.coefficients import UnitParameters, is_single, per_unit
from reservoir.quantities import magnitude
from reservoir.validation import check_real, parameter_error

UnitNumbers: TypeAlias = float | Sequence[float] | np.ndarray | Distribution | Sequence[Distribution]
"""A number, two for both kinds of units, an array (n_units,), or distributions to draw it from; see `Membrane`."""

_Unit = TypeVar("_Unit", bound="Membrane")
_LONGEST = 2**52  # steps that a unit may be held, which is for ever


class Membrane(BaseEstimator):
    """A record of the parameters of spiking units with a voltage v; each says its own, and its defaults, as fields.

    Parameters
    ----------
    refractory : float >= 0, default 0.0
        Seconds during which v is held after a spike. Truncated to whole steps.
    background : float, default 0.0
        Constant current into every unit, amperes.
    noise : float >= 0, default 0.0
        Volts per square root of a second: after a step of dt, v gets noise sqrt(dt) times a normal number.

    Raises
    ------
    ValueError
        For a parameter outside its range, when it is used.

    Notes
    -----
    Every parameter but `initial` may be a number; two of them, for excitatory and for inhibitory units; an array
    (n_units,); or a frozen distribution of `scipy.stats`, or two of these, from which it is drawn for each unit when a
    system is fitted and when a simulation begins. `initial` may be an array or a distribution too.
    """

    begins_with: ClassVar[dict[str, str | None]] = {}
    """Parameters that `initial_state` needs one by one, and their units."""

    refractory: UnitNumbers
    background: UnitNumbers
    initial: UnitNumbers
    noise: UnitNumbers

    def drawn(self, excitatory: np.ndarray, rng: np.random.Generator) -> Self:
        """The record of the units of a circuit of these kinds (n_units,): itself, or with what is drawn as arrays."""
        owner, kinds, changes = type(self).__name__, np.asarray(excitatory, dtype=bool), {}
        for name, value in sorted(vars(self).items()):
            if isinstance(value, float):
                continue
            numbers = drawn_by_kind(owner, name, value, kinds, rng)
            if numbers is not None:
                changes[name] = numbers
            elif isinstance(value, tuple | list) and len(value) == 2 and name in self.begins_with:
                changes[name] = per_unit(owner, name, value, kinds, unit=self.begins_with[name])
        return clone(self).set_params(**changes) if changes else self


class ThresholdMembrane(Membrane):
    """A record of units with a capacitance that rest at one voltage and fire for ever, or at once, above another."""

    rest: UnitNumbers
    threshold: UnitNumbers
    capacitance: UnitNumbers

    def scales(self, excitatory: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Capacitances, farads, and volts from rest to threshold, (n_units,) each: what synapses must suit."""
        p = UnitParameters(self, excitatory)
        reach = p.each("threshold", unit="volt") - p.each("rest", unit="volt")
        return p.each("capacitance", 0, closed="neither", unit="farad"), least_reach(reach)


class FullSpike(Membrane):
    """A record of units whose equation has the whole spike: neither reset nor held, they fire where v rises.

    Parameters
    ----------
    threshold : float, default 0.0
        Volts; a unit fires when it rises above it.
    refractory : float >= 0, default 0.0
        Seconds in which a unit does not fire again. Truncated to whole steps.
    """

    _reach: ClassVar[float]
    """Volts by which a short pulse must move a resting unit to make it fire, about."""

    threshold: UnitNumbers
    capacitance: UnitNumbers

    def scales(self, excitatory: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Capacitances, farads, and volts from rest to threshold, (n_units,) each: what synapses must suit."""
        p = UnitParameters(self, excitatory)
        return p.each("capacitance", 0, closed="neither", unit="farad"), np.full(len(excitatory), self._reach)


def least_reach(volts: np.ndarray) -> np.ndarray:
    """Volts (n_units,) from rest to threshold; 1 mV for units that fire without input."""
    return np.maximum(volts, 1e-3)


@dataclass_transform(eq_default=False, kw_only_default=True)
def unit(cls: type[_Unit]) -> type[_Unit]:
    """Decorator of a record whose fields are its parameters, given by name, with what its bases say of them added."""
    bases = [base for base in (Membrane, FullSpike) if issubclass(cls, base)]
    return documented_with(*bases)(dataclass(eq=False, repr=False, kw_only=True)(cls))


def initial_voltages(part: Any, n_units: int, rng: np.random.Generator) -> np.ndarray:
    """Voltages (n_units,) of units that begin: between the two of `initial`, or as an array says."""
    owner, value = type(part).__name__, part.initial
    if not isinstance(value, tuple | list) and np.shape(magnitude(value)) == (n_units,) and n_units != 2:
        return per_unit(owner, "initial", value, np.ones(n_units, bool), unit="volt")
    low, high = _range_of(owner, value)
    return rng.uniform(low, high, n_units)


def noise_and_hold(p: UnitParameters, dt: float) -> dict[str, Any]:
    """Two coefficients of a step: volts by which noise moves units, standard deviation, and the steps they are held."""
    noise = p.of_units("noise", 0, unit="volt * second**-0.5") * np.sqrt(dt)
    return {"noise": noise, "refractory": refractory_steps(p.owner, p.part.refractory, p.excitatory, dt)}


def numbers_at_start(part: Any, name: str, n_units: int) -> np.ndarray:
    """Numbers (n_units,) of one of the parameters that `begins_with` names."""
    owner, value = type(part).__name__, getattr(part, name)
    if isinstance(value, tuple | list) and len(value) == 2:
        raise parameter_error(owner, name, "of the units of a circuit, see `drawn`, before these begin", value)
    return per_unit(owner, name, value, np.ones(n_units, bool), unit=part.begins_with[name])


def _range_of(owner: str, value: Any) -> tuple[float, float]:
    if not is_single(value):
        if len(value) != 2:
            raise parameter_error(owner, "initial", "a number, two numbers or an array (n_units,)", value)
        first, second = (check_real(owner, "initial", one, unit="volt") for one in value)
        return first, second
    return (check_real(owner, "initial", value, unit="volt"),) * 2


def refractory_steps(owner: str, refractory: Any, excitatory: np.ndarray, dt: float) -> np.ndarray:
    """Whole steps (n_units,) from a spike to the first step at which a unit moves again."""
    seconds = per_unit(owner, "refractory", refractory, excitatory, 0, unit="second")
    return np.maximum(1, np.minimum((seconds + 1e-3 * dt) / dt, _LONGEST).astype(np.int64))
