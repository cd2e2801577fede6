"""What tells at run time that a part is none of its kind."""

from __future__ import annotations

import copy
import inspect
import operator
import re
from collections.abc import Callable
from functools import lru_cache
from types import MethodType
from typing import Any, Protocol, TypeVar

from reservoir.parts.protocols import System
from reservoir.validation import parameter_error

_Fitted = TypeVar("_Fitted")


@lru_cache(maxsize=256)
def members_of(kind: type) -> tuple[str, ...]:
    """The public methods and attributes that a Protocol asks for, in the order of its text."""
    asked = [base for base in reversed(kind.__mro__) if base is not object and base is not Protocol]
    names = [name for base in asked for name in (*vars(base), *inspect.get_annotations(base))]
    return tuple(dict.fromkeys(name for name in names if not name.startswith("_")))


def check_part(owner: str, name: str, value: Any, kind: type, *, optional: bool = False) -> None:
    """Refuse what is no part of this kind, naming the part, its user and what is missing.

    With `optional` the message says that None would do; it is for the caller to let None pass.
    """
    wanted = members_of(kind)
    missing = [member for member in wanted if not hasattr(value, member)]
    if missing or isinstance(value, type):
        why = f"missing: {', '.join(missing)}" if missing else "an instance, not the class"
        words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", kind.__name__).lower()
        article = "an" if words[0] in "aeiou" else "a"
        having = " and ".join(filter(None, [", ".join(wanted[:-1]), wanted[-1]]))
        requirement = f"{'None or ' * optional}{article} {words} with {having} ({why})"
        raise parameter_error(owner, name, requirement, value)


def signature_of(function: Callable[..., Any]) -> inspect.Signature:
    """What a function takes; at a method of a class, which takes longer than to run a row, is looked once."""
    return _of_method(function.__func__) if isinstance(function, MethodType) else inspect.signature(function)


@lru_cache(maxsize=1024)
def _of_method(function: Callable[..., Any]) -> inspect.Signature:
    return inspect.signature(MethodType(function, function))


def check_draws(owner: str, name: str, value: Any, kind: Any) -> None:
    """The same for a part with a `draw`, of which there are several kinds, that takes other arguments."""
    check_part(owner, name, value, kind)
    taken = list(signature_of(kind.draw).parameters)[1:]
    try:
        signature_of(value.draw).bind(*taken)
    except TypeError:
        raise parameter_error(owner, name, f"a part with draw({', '.join(taken)})", value) from None


def check_system(owner: str, name: str, value: Any, *, optional: bool = False) -> None:
    """The same for a system that is to be fitted: a model that learns from targets is none."""
    check_part(owner, name, value, System, optional=optional)
    try:
        signature_of(value.fit).bind(None)
    except TypeError as error:
        wanted = f"{'None or ' * optional}a system, whose fit(X) takes the series alone ({error})"
        raise parameter_error(owner, name, wanted, value) from None
    except ValueError:  # a method that does not tell what it takes
        pass


def without_noise(system: Any) -> Any:
    """The fitted system free of noise, as it answers: what adds noise does so while a model is trained."""
    return system.without_noise() if hasattr(system, "without_noise") else system


def with_quiet_parts(system: _Fitted, name: str) -> _Fitted:
    """A copy of a fitted system whose part, or list of parts, of this name is free of noise; itself where all are."""
    parts = getattr(system, name)
    quiet = [without_noise(part) for part in parts] if isinstance(parts, list) else without_noise(parts)
    if quiet is parts or (isinstance(parts, list) and all(map(operator.is_, quiet, parts))):
        return system
    found = copy.copy(system)
    setattr(found, name, quiet)
    return found
