"""Methods by which Brian2 integrates equations of a user's own; Brian2 itself comes as an argument.

Brian2 keeps every method for ever, equal ones once: so none may hold a network.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import Any


@dataclass(frozen=True)
class ExponentialEuler:
    """Exponential Euler for equations dx/dt = A x + B, each linear in its own variable, also where A is 0.

        x' = x + dt (A x + B) (exp(A dt) - 1) / (A dt)

    with A and B of the beginning of a step. Brian2's own divides B by A, and a unit without conductance gets NaN.
    """

    brian2: ModuleType

    def __call__(self, equations: Any, variables: Any = None, options: Any = None) -> str:
        module = import_module(f"{self.brian2.__name__}.stateupdaters.exponential_euler")
        written = self.brian2.parsing.sympytools.sympy_to_str
        if equations.is_stochastic:
            raise module.UnsupportedEquationsException("Noise takes another method.")
        try:
            system = module.get_conditionally_linear_system(equations, variables)
        except ValueError as error:
            raise module.UnsupportedEquationsException(str(error)) from error
        code = []
        for name, (slope, rest) in system.items():
            if slope == 0:
                code.append(f"_{name} = {name}" + (f" + dt * ({written(rest)})" if rest != 0 else ""))
                continue
            rate = f"_slope_{name} * {name}" + (f" + {written(rest)}" if rest != 0 else "")
            code += [
                f"_slope_{name} = {written(slope)}",
                f"_{name} = {name} + dt * ({rate}) * exprel(_slope_{name} * dt)",
            ]
        return "\n".join([*code, *(f"{name} = _{name}" for name in system)])


@dataclass(frozen=True)
class BestFitting:
    """The exact step where there is one, else exponential Euler, else Euler."""

    brian2: ModuleType

    def __call__(self, equations: Any, variables: Any = None, options: Any = None) -> str:
        refused = import_module(f"{self.brian2.__name__}.stateupdaters.base").UnsupportedEquationsException
        for method in (self.brian2.exact, ExponentialEuler(self.brian2)):
            try:
                return str(method(equations, variables, options))
            except refused:
                continue
        return str(self.brian2.euler(equations, variables, options))


def method_of(brian2: ModuleType, name: str) -> Any:
    """A method by its name, for Brian2."""
    return {"exponential_euler": ExponentialEuler(brian2), "": BestFitting(brian2)}.get(name, name)
