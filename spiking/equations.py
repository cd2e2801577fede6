"""Units that follow equations of a user's own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass
from functools import cache
from typing import Any, Self, TypeAlias

import numpy as np
from sklearn.base import clone

from reservoir.distributions import drawn, drawn_by_kind, is_distribution
from reservoir.estimators import BaseEstimator
from reservoir.neurons.spiking.equations import EquationText
from reservoir.quantities import is_quantity, magnitude
from reservoir.validation import Parameters, parameter_error, real_array
from spiking._brian import read_equations
from spiking.equation_reading import Reading, Words, unit_text
from spiking.worker_process import run_where_asked

Values: TypeAlias = Mapping[str, Any]
"""By name a number or quantity, two of them, an array (n_units,), or a frozen distribution of `scipy.stats`."""

_METHODS = (None, "exact", "exponential_euler", "euler", "rk2", "rk4")


@dataclass(eq=False, repr=False)
class Equations(BaseEstimator):
    """Units that follow a user's own differential equations, in the words of Brian2.

    A unit whose `threshold` holds at the end of a step fires, and `reset` is done. In the texts

        v           is the voltage, which `model` must define, in volts or without unit,
        I           is the sum of all synaptic and injected currents and of the background, amperes,
        xi          is white noise, 1 / sqrt(second),
        v_before    is v at the beginning of the step,

    and `t`, `dt`, units such as `mV`, and functions such as `exp` are Brian2's. Conductances enter I as G (E - v). What
    stands in one unit's equations may differ from unit to unit: names of `parameters` and of `initial` have a number
    each, or many. Such units run in `spiking.simulate` and `spiking.Microcircuit`, not in Numba.

    Parameters
    ----------
    model : str
        Differential equations, subexpressions and parameters, a line each, as ``dv/dt = (I * R - v) / tau : volt``.
        Variables marked ``(unless refractory)`` stand still after a spike.
    threshold : str
        Condition under which a unit fires, as ``v > 20 * mV``; only units that are not refractory do.
    reset : str, default ""
        Statements that follow a spike, separated by ``;`` or lines.
    refractory : float >= 0 or (float, float), default 0.0
        Seconds after a spike: of excitatory and of inhibitory units. Truncated to whole steps.
    method : None or one of "exact", "exponential_euler", "euler", "rk2", "rk4", default None
        How the equations are integrated. None: with noise "euler", otherwise "exponential_euler" where each equation
        is linear in its own variable, and "rk2" where one is not. "exact" is for linear equations.
    parameters : None or dict, default None
        What names in the texts stand for: a number or quantity; two, for excitatory and for inhibitory units; an array
        (n_units,); or a frozen distribution of `scipy.stats`. A name that the model declares, ``tau : second``, takes
        SI numbers; any other has the unit of its quantity, and none where it is a number.
    initial : None or dict, default None
        Values with which variables begin: a number; two, between which they are uniform; an array (n_units,); or a
        distribution. SI numbers or quantities. Those not named begin at 0.

    Raises
    ------
    ValueError
        For texts that Brian2 does not read, wrong units and unknown names, when they are used; and from Numba.

    Notes
    -----
    Noise is Euler-Maruyama: in a step of dt, xi is sqrt(1 / dt) times a standard normal number for each unit.
    A search reaches ``neuron__threshold`` and ``neuron__parameters__tau``. Text is code: `reservoir.save` refuses a
    model with it, while `pickle` and `joblib.dump` keep it where the reader trusts the writer.

    References
    ----------
    Stimberg, Goodman, Benichoux, Brette 2014, Equation-oriented specification of neural models for simulations,
    Frontiers in Neuroinformatics 8:6, doi:10.3389/fninf.2014.00006.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.circuits import MaassColumn
    >>> from reservoir.spikes import SpikeTrains
    >>> from spiking import Equations, simulate
    >>> quadratic = Equations(
    ...     '''dv/dt = (v * (v / (15 * mV) - 1) + 1 * Mohm * I) / tau : volt
    ...     tau : second''',
    ...     threshold="v > 50 * mV", reset="v = 0 * mV", parameters={"tau": (0.02, 0.01)}, initial={"v": (0.0, 0.01)},
    ... )
    >>> column = MaassColumn((3, 3, 3)).draw(np.random.default_rng(0))
    >>> regular = SpikeTrains(np.arange(0.01, 0.1, 0.02), np.zeros(5, int), n_units=1, duration=0.1)
    >>> simulate(column, regular, neuron=quadratic, random_state=0).spikes.n_units
    27
    """

    model: str
    _: KW_ONLY
    threshold: str | None = None
    reset: str = ""
    refractory: Any = 0.0
    method: str | None = None
    parameters: Values | None = None
    initial: Values | None = None

    not_saved = (
        "Its text is code, which no model file holds: use joblib.dump or pickle where the reader trusts the writer, or "
        "keep the script."
    )

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Parameters by name; with `deep` also the values inside, as ``parameters__tau``."""
        found = super().get_params(deep)
        for name in ("parameters", "initial") if deep else ():
            inside = getattr(self, name)
            found |= {f"{name}__{key}": one for key, one in inside.items()} if isinstance(inside, Mapping) else {}
        return found

    def set_params(self, **params: Any) -> Self:
        """Set parameters; ``parameters__tau`` sets one value, in a copy of the dict."""
        inside = {name: value for name, value in params.items() if re.match("(parameters|initial)__", name)}
        super().set_params(**{name: value for name, value in params.items() if name not in inside})
        for name, value in inside.items():
            where, _, key = name.partition("__")
            setattr(self, where, {**(getattr(self, where) or {}), key: value})
        return self

    @property
    def noise(self) -> float:
        """1 where the model hears white noise, xi, otherwise 0."""
        return float(isinstance(self.model, str) and re.search(r"\bxi\b", self.model) is not None)

    def drawn(self, excitatory: np.ndarray, rng: np.random.Generator) -> Self:
        """The record of the units of a circuit (n_units,), with parameters from distributions drawn for each unit."""
        changes = {}
        for name, value in self._values("parameters").items():
            numbers = drawn_by_kind(type(self).__name__, name, value, excitatory, rng)
            if numbers is not None:
                changes[f"parameters__{name}"] = numbers
        return clone(self).set_params(**changes) if changes else self

    def initial_state(self, n_units: int, rng: np.random.Generator) -> np.ndarray:
        """Variables (n_variables, n_units) of units that begin, the voltage first."""
        for name, value in self._values("parameters").items():
            if isinstance(value, np.ndarray) and value.shape != (n_units,):
                raise parameter_error(type(self).__name__, "parameters", f"arrays ({n_units},), as '{name}'", value)
        reading, initial = self._read(), self._values("initial")
        return np.stack([self._begin(name, initial.get(name, 0.0), unit, n_units, rng)
                         for name, unit in reading.variables.items()])  # fmt: skip

    def equations(self) -> EquationText:
        """The same with the numbers, for the engine."""
        reading = self._read()
        text = reading.model.replace("{", "{{").replace("}", "}}") + "\nI = {current} : amp"
        return EquationText(
            re.sub(r"\bxi\b", "{noise}", text),
            threshold=f"({self.threshold})",
            reset=self.reset,
            variables=reading.variables,
            parameters={name: (value, reading.units[name]) for name, value in self._values("parameters").items()},
            refractory=self.refractory,
            method=reading.method,
            noise="xi" if reading.noisy else "",
            before="v_before" if "v_before" in f"{self.threshold}{self.model}" else "",
            follows=True,
        )

    def _read(self) -> Reading:
        """What Brian2 makes of the texts."""
        p = Parameters(self)
        for name, example in {"model": "'dv/dt = (I * R - v) / tau : volt'", "threshold": "'v > 20 * mV'"}.items():
            if not isinstance(getattr(self, name), str) or not getattr(self, name).strip():
                raise p.error(name, f"text for Brian2, such as {example}")
        if not isinstance(self.reset, str):
            raise p.error("reset", "text for Brian2")
        p.choice("method", list(_METHODS))
        values = self._values("parameters", plain=False)
        units = tuple((name, self._unit("parameters", name, value)) for name, value in values.items())
        initial = tuple(self._values("initial", plain=False))
        return _reading(Words(str(self.model), str(self.threshold), self.reset, self.method, units, initial))

    def _values(self, where: str, plain: bool = True) -> dict[str, Any]:
        """Numbers of a dict by name; as they were given unless `plain`."""
        values = getattr(self, where) or {}
        if not isinstance(values, Mapping) or not all(isinstance(name, str) and name.isidentifier() for name in values):
            raise Parameters(self).error(where, "None or a dict of numbers by the names in the texts")
        return {name: self._plain(where, name, value) if plain else value for name, value in values.items()}

    def _plain(self, where: str, name: str, value: Any) -> Any:
        """A number, a pair of them, an array, or a distribution or two."""
        pair = isinstance(value, tuple | list) and len(value) == 2
        if any(map(is_distribution, value if pair else (value,))):
            return value
        numbers = real_array(magnitude(value))
        if numbers is None or numbers.ndim > 1 or not np.isfinite(numbers).all() or (numbers.ndim and not len(numbers)):
            wanted = f"a dict of finite numbers, pairs or arrays (n_units,), as for '{name}'"
            raise parameter_error(type(self).__name__, where, wanted, value)
        return float(numbers) if numbers.ndim == 0 else tuple(numbers.tolist()) if pair else numbers

    def _unit(self, where: str, name: str, value: Any) -> str:
        """The unit of a quantity as text; "" of plain numbers."""
        if not is_quantity(value):
            return ""
        each = value if isinstance(value, tuple | list) else [value]
        units = {unit_text(one.dim) if is_quantity(one) else "" for one in each}
        if len(units) != 1:
            raise parameter_error(type(self).__name__, where, f"a dict with one unit for '{name}'", value)
        return units.pop()

    def _begin(self, name: str, value: Any, unit: str, n_units: int, rng: np.random.Generator) -> np.ndarray:
        """The first values (n_units,) of a variable."""
        owner, given = type(self).__name__, (self.initial or {}).get(name)
        if is_quantity(given) and self._unit("initial", name, given) != unit:
            raise parameter_error(owner, "initial", f"a dict with '{name}' in {unit}", given)
        if is_distribution(value):
            return drawn(owner, name, value, n_units, rng)
        if isinstance(value, tuple | list):
            if any(map(is_distribution, value)):
                raise parameter_error(owner, "initial", f"a dict with a distribution or two numbers as '{name}'", given)
            return rng.uniform(value[0], value[1], n_units)
        if isinstance(value, np.ndarray) and value.shape != (n_units,):
            raise parameter_error(owner, "initial", f"a dict of numbers, pairs or arrays ({n_units},)", given)
        return np.broadcast_to(np.asarray(value, dtype=np.float64), (n_units,)).copy()


@cache
def _reading(words: Words) -> Reading:
    """What Brian2 makes of the texts, once a process."""
    reading: Reading = run_where_asked(read_equations, words)
    return reading
