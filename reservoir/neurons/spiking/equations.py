"""What a spiking unit says of itself to an engine that reads differential equations as text, as Brian2 does."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from reservoir.quantities import UNITS, magnitude
from reservoir.validation import parameter_error

_POWER = r"(metre|kilogram|second|amp|kelvin|mole|candle)\*\*-?[\d.]+"
_PRODUCT = re.compile(rf"{_POWER}( \* {_POWER})*")  # a unit without a name


class EquationText(NamedTuple):
    """The equations of one record, in the syntax of Brian2.

    The first variable is the voltage, `v` in volts. `hold`, `listening`, `hits` and names that begin with ``I_``,
    ``G_``, ``E_``, ``J_``, ``tau_I_``, ``tau_G_``, ``outside_`` or ``timed_`` are the engine's, and so is `normal`: the
    standard normal number of a unit in this step, the same as in the compiled step (`reservoir.random_numbers`).
    """

    text: str
    """Differential equations: ``{current}`` is where the currents into a unit stand, amperes, a sum that may need
    brackets, and ``{noise}`` where `noise` does. ``(unless refractory)`` marks what is held after a spike."""
    threshold: str
    """Condition under which a unit fires."""
    reset: str
    """Statements that follow a spike; "" for none."""
    variables: dict[str, str]
    """Name and unit of each, in the order of the rows of `initial_state`."""
    parameters: dict[str, tuple[Any, str]]
    """Value and unit of each name that the texts use: a number in SI units or a quantity; two of them, for excitatory
    and for inhibitory units; or an array (n_units,). A unit is a name of `reservoir.quantities.UNITS`, "1" for none, or
    a product of powers of base units."""
    refractory: float | Sequence[float] = 0.0
    """Seconds after a spike, one number or two."""
    method: str = "rk2"
    """How they are integrated; noise stands still in a step. "exact", for linear equations that stand still
    under a constant current, says that the compiled step is exact as well: both engines give the same spikes."""
    noise: str = ""
    """What ``{noise}`` stands for, in which ``xi`` is ``normal / sqrt(dt)``; "" for units that are quiet."""
    membrane: str = ""
    """Name of the parameter that is the time constant of the voltage where the equations are linear: a current that
    decays with the same one is then written with this name, without which the exact solution would be 0 / 0."""
    before: str = ""
    """Name by which the threshold knows the voltage that a step began with; "" where it does not ask."""
    kept: tuple[str, ...] = ()
    """Variables that stay as learning has left them."""
    follows: bool = False
    """Whether the current of conductances follows the voltage within a step, as a part of the equations."""


def equations_of(owner: str, neuron: Any, n_units: int = 1) -> EquationText:
    """The equations of a record, with numbers in SI units; the record checks them when it makes its cells."""
    _check_record(owner, neuron)
    equations = neuron.equations()
    if wanted := _missing(equations):
        raise parameter_error(owner, "neuron", f"None or a record {wanted}", neuron)
    check_variables(owner, neuron, equations.variables, n_units)
    parameters = {name: (_number(value), unit) for name, (value, unit) in equations.parameters.items()}
    return equations._replace(parameters=parameters)


def check_variables(owner: str, neuron: Any, variables: dict[str, str], n_units: int) -> None:
    """Refuse a record that begins with other variables than its text names."""
    if len(neuron.initial_state(n_units, np.random.default_rng(0))) != len(variables):
        wanted = f"None or a record whose `initial_state` has a row for each of its variables, {', '.join(variables)}"
        raise parameter_error(owner, "neuron", wanted, neuron)


def _missing(equations: Any) -> str:
    """What the equations of a record should be; "" where they are."""
    first = next(iter(equations.variables.items()), None) if isinstance(equations, EquationText) else None
    if first not in (("v", "volt"), ("v", "1")):
        return "whose `equations` gives EquationText, with the voltage 'v' in 'volt' as first variable"
    units = {*equations.variables.values(), *(unit for _, unit in equations.parameters.values())}
    unknown = sorted(unit for unit in units - {*UNITS, "1"} if not _PRODUCT.fullmatch(unit))
    return f"with equations in units among {', '.join(UNITS)} and 1, not {', '.join(unknown)}" if unknown else ""


def _check_record(owner: str, neuron: Any) -> None:
    """Refuse a record without equations, and one whose compiled step is newer than the equations it has inherited."""
    wanted = "None or a record with statements or equations for Brian2, see reservoir.neurons.spiking.equations"
    if not hasattr(neuron, "equations") or isinstance(neuron, type):
        why = "an instance, not the class" if isinstance(neuron, type) else "missing: equations"
        raise parameter_error(owner, "neuron", f"{wanted} ({why})", neuron)
    steps, texts = (_defined_in(type(neuron), name) for name in ("cells", "equations"))
    if steps is not texts and issubclass(steps, texts):
        why = f"missing: equations of {steps.__name__} for its own cells; those of {texts.__name__} are inherited"
        raise parameter_error(owner, "neuron", f"{wanted} ({why})", neuron)


def has_equations(neuron: Any) -> bool:
    """Whether a class has equations, and no compiled step that is newer."""
    if not hasattr(neuron, "equations"):
        return False
    steps, texts = (_defined_in(type(neuron), name) for name in ("cells", "equations"))
    return issubclass(texts, steps)


def _defined_in(kind: type, name: str) -> type:
    """The class from which a class has a method; itself where that cannot be told."""
    return next((base for base in kind.__mro__ if name in vars(base)), kind)


def _number(value: Any) -> Any:
    """A number or two, or an array of plain ones, without their unit."""
    number = magnitude(value)
    return number.tolist() if isinstance(number, np.ndarray) and number is not value else number
