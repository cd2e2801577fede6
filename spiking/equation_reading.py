"""A user's own equations, read and tried by Brian2 on one unit; Brian2 itself comes as an argument."""

from __future__ import annotations

from types import ModuleType
from typing import Any, NamedTuple

from reservoir.quantities import UNITS, powers_of
from reservoir.validation import parameter_error
from spiking.integration import ExponentialEuler, method_of
from spiking.names import ENGINES, names_in

_OWNER = "Equations"
_BASE = ("metre", "kilogram", "second", "amp", "kelvin", "mole", "candle")
_KNOWN = {powers_of(name): name for name in UNITS} | {(0.0,) * 7: "1"}
_ALWAYS = {"t", "dt", "i", "N", "I", "xi", "lastspike", "not_refractory", "v_before", "True", "False"}
_LONGEST = 240  # characters of a message of Brian2


class Words(NamedTuple):
    """The texts of a user, and what is known of the numbers in them."""

    model: str
    threshold: str
    reset: str
    method: str | None
    units: tuple[tuple[str, str], ...]  # of the parameters that are quantities, as text; "" for plain numbers
    initial: tuple[str, ...]  # variables with values of their own


class Reading(NamedTuple):
    """What Brian2 makes of them."""

    model: str  # without the lines of parameters that have values
    variables: dict[str, str]  # names and units, the voltage first
    units: dict[str, str]  # of the parameters
    method: str
    noisy: bool


def read_words(brian2: ModuleType, words: Words) -> Reading:
    """The texts in parts, tried on one unit.

    Raises ValueError for text that Brian2 does not take, in the shape of this library's errors.
    """
    try:
        equations = brian2.Equations(words.model)
    except Exception as error:  # what Brian2 may raise here has no end
        raise _refused("model", "equations of Brian2, a line each", words.model, error) from None
    _check_names(equations, words)
    given, lines, variables = dict(words.units), [], {}
    for name in sorted(equations.names, key=lambda one: (one != "v", words.model.find(one))):
        one, unit = equations[name], unit_text(equations[name].dim)
        if one.type == "parameter" and name in given:
            given[name] = _declared(name, given[name], unit)
            continue
        lines.append(_line(one, unit))
        if one.type == "differential equation" or name in words.initial:
            variables[name] = unit
        elif one.type == "parameter":
            wanted = f"a dict with a value for '{name}', or `initial` with one where it changes"
            raise parameter_error(_OWNER, "parameters", wanted, sorted(given))
    _check_initial(variables, words)
    reading = Reading(
        "\n".join(lines), variables, {name: unit or "1" for name, unit in given.items()}, words.method or "",
        bool(equations.stochastic_variables),
    )  # fmt: skip
    return reading._replace(method=_try(brian2, words, reading))


def unit_text(dimensions: Any) -> str:
    """Dimensions of Brian2 as the text of a unit: its name where it has one, else a product of base units."""
    names = ("length", "mass", "time", "current", "temperature", "substance", "luminosity")
    powers = tuple(float(dimensions.get_dimension(name)) for name in names)
    product = " * ".join(f"{base}**{power:g}" for base, power in zip(_BASE, powers, strict=True) if power)
    return _KNOWN.get(powers, product)


def _line(one: Any, unit: str) -> str:
    """One equation, with its unit written out."""
    head = f"d{one.varname}/dt" if one.type == "differential equation" else one.varname
    expression = "" if one.expr is None else f" = {one.expr}"
    kind = unit if one.var_type == "float" else one.var_type
    return f"{head}{expression} : {kind}" + (f" ({', '.join(one.flags)})" if one.flags else "")


def _check_names(equations: Any, words: Words) -> None:
    """Refuse a model without voltage or current, and names that are the engine's, unknown, or not used."""
    given = {name for name, _ in words.units}
    if taken := sorted(name for name in {*equations.names, *given} if ENGINES.fullmatch(name)):
        raise _wrong("model", f"equations without names of the simulation, such as {', '.join(taken)}", words.model)
    if "v" not in equations.names or unit_text(equations["v"].dim) not in ("volt", "1"):
        raise _wrong("model", "equations with the voltage v, in volts or without unit", words.model)
    used = names_in(words.threshold) | names_in(words.reset) | set(equations.identifiers)
    if "I" not in used:
        raise _wrong("model", "equations with I, the sum of all currents into a unit, amperes", words.model)
    if others := sorted(set(equations.stochastic_variables) - {"xi"}):
        raise _wrong("model", f"equations with one noise, xi, not {', '.join(others)}", words.model)
    if equations.stochastic_variables and words.method not in (None, "euler"):
        raise _wrong("method", "None or 'euler' for equations with noise", words.method)
    if idle := sorted(given - used - set(equations.names)):
        raise _wrong("parameters", f"a dict of names that the texts use, not {', '.join(idle)}", sorted(given))


def _check_initial(variables: dict[str, str], words: Words) -> None:
    if unknown := sorted(set(words.initial) - set(variables)):
        wanted = f"a dict of values for {', '.join(variables)}, not {', '.join(unknown)}"
        raise _wrong("initial", wanted, list(words.initial))


def _declared(name: str, given: str, unit: str) -> str:
    """The unit of a parameter that the model declares."""
    if given not in ("", unit):
        raise _wrong("parameters", f"a dict with {name} in {unit}, as the model says", f"{name} in {given}")
    return unit


def _try(brian2: ModuleType, words: Words, reading: Reading) -> str:
    """Let Brian2 write the code of one unit, and name the method."""
    volts = reading.variables["v"] == "volt" if "v" in reading.variables else False
    flows = "G_0 * (E_0 - v)" if volts else "0 * amp"
    own = ["I = I_0 + I_conductances : amp", f"I_conductances = {flows} : amp", "I_0 : amp", "G_0 : siemens"]
    own += ["E_0 : volt", f"v_before : {'volt' if volts else '1'}"]
    own += [f"{name} : {unit} (constant)" for name, unit in reading.units.items()]
    whole = "\n".join([reading.model, *own])
    unknown = _unknown(brian2, words, whole)
    if unknown:
        raise _wrong("parameters", f"a dict with values for {', '.join(unknown)}", sorted(reading.units))
    trials: list[tuple[str, str, dict[str, Any]]] = [
        ("threshold", "a condition of Brian2", {"threshold": words.threshold}),
        ("reset", "statements of Brian2", {"threshold": words.threshold, "reset": words.reset or "v = v"}),
    ]
    method = words.method or ("euler" if reading.noisy else _best_method(brian2, whole))
    for name, wanted, texts in [("model", "equations of Brian2 that fit together", {}), *trials]:
        try:
            group = brian2.NeuronGroup(
                1, whole, method=method_of(brian2, method), refractory=1 * brian2.ms, name="tried*", **texts
            )
            for part in (group, *group.contained_objects):
                part.before_run({})
            group._network = ""  # otherwise it warns when it goes that it was in none
        except Exception as error:
            if name == "model" and type(error.__cause__ or error).__name__ == "UnsupportedEquationsException":
                raise _refused("method", "one that can integrate the model", method, error) from None
            raise _refused(name, wanted, getattr(words, name), error) from None
    return method


def _unknown(brian2: ModuleType, words: Words, whole: str) -> list[str]:
    """Names that nothing says what they are."""
    namespace = brian2.core.namespace
    known = {*_ALWAYS, *namespace.DEFAULT_UNITS, *namespace.DEFAULT_FUNCTIONS, *namespace.DEFAULT_CONSTANTS}
    equations = brian2.Equations(whole)
    used = set(equations.identifiers) | names_in(words.threshold) | names_in(words.reset)
    return sorted(used - known - set(equations.names) - {"and", "or", "not", "if", "else"})


def _best_method(brian2: ModuleType, whole: str) -> str:
    """Exponential Euler where every equation is linear in its own variable, otherwise a method of order 2."""
    group = brian2.NeuronGroup(1, whole, method="euler", refractory=1 * brian2.ms, name="tried*")
    group._network = ""
    try:
        ExponentialEuler(brian2)(brian2.Equations(whole), group.variables, {})
    except Exception:
        return "rk2"
    return "exponential_euler"


def _wrong(name: str, wanted: str, value: Any) -> ValueError:
    return parameter_error(_OWNER, name, wanted, value)


def _refused(name: str, wanted: str, value: Any, error: BaseException) -> ValueError:
    return parameter_error(_OWNER, name, f"{wanted} ({shortened(error)})", value)


def shortened(error: BaseException) -> str:
    """What an error of Brian2 says at its root, on one line."""
    while error.__cause__ is not None:
        error = error.__cause__
    lines = [line.strip() for line in str(error).splitlines() if line.strip(" ^")]
    text = " ".join(lines) or type(error).__name__
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "..."
