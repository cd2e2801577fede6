"""Who a task is: a digest of its parameters, of its function and a version; and the seed that follows."""

from __future__ import annotations

import functools
import hashlib
import json
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, NoReturn, TypeAlias

import numpy as np
from sklearn.model_selection import ParameterGrid

from reservoir.batch.code_identity import code_identity
from reservoir.batch.plain_values import SUBCLASSES, is_array, is_scalar, own_copy, scalar
from reservoir.validation import parameter_error

_ARRAY = "__array__"
_COMPACT = json.JSONEncoder(sort_keys=True, separators=(",", ":"))
_SPACED = json.JSONEncoder(sort_keys=True)

Tasks: TypeAlias = Mapping[str, Iterable[Any]] | Iterable[Mapping[str, Any]]
"""A grid {name: values}, or the parameters of every task."""


class Task(NamedTuple):
    """One call of the function: parameters, identity (32 hexadecimal digits) and seed in [0, 2^32)."""

    parameters: dict[str, Any]
    identity: str
    random_state: int


def read_tasks(tasks: Tasks, name: str, version: str, seed: int) -> list[Task]:
    """The tasks of a list of parameter dictionaries, or of a grid {name: values}, in their order."""
    if isinstance(tasks, Mapping):
        tasks = ParameterGrid(dict(tasks))
    if isinstance(tasks, str | bytes) or not isinstance(tasks, Iterable) or getattr(tasks, "ndim", 1) == 0:
        raise parameter_error("run_batch", "tasks", "a grid {name: values} or an iterable of dictionaries", tasks)
    found: list[Task] = []
    places: dict[str, int] = {}
    for place, parameters in enumerate(tasks):
        if not isinstance(parameters, Mapping):
            raise parameter_error("run_batch", "tasks", f"dictionaries, but number {place} is not", parameters)
        text = canonical(parameters)
        identity = task_identity(text, name, version)
        first = places.setdefault(identity, place)
        if first != place:
            raise ValueError(
                f"Tasks {first} and {place} of run_batch have equal parameters and would have one seed: "
                "number repeats with a parameter of their own, such as 'trial'."
            )
        found.append(Task(_copied(parameters), identity, task_seed(text, seed)))
    return found


def canonical(parameters: Mapping[str, Any]) -> str:
    """The one JSON text of parameters: keys sorted, NumPy scalars as numbers, arrays as shape, type and digest.

    1 and 1.0 differ, as do 0.0 and -0.0; a tuple is a list, a member of an enumeration its value. Raises a ValueError
    (and TypeError) for anything that JSON and NumPy do not hold, and for subclasses of numbers, texts and arrays.
    """
    return _text(parameters, "parameters", _COMPACT)


def task_identity(text: str, name: str, version: str) -> str:
    """128 bits of a digest of canonical parameters, the function's name and its version."""
    return _sha256(text, json.dumps(name), json.dumps(version)).hexdigest()[:32]


def task_seed(text: str, seed: int) -> int:
    """32 bits of a digest of the batch seed and canonical parameters, whatever the function, version or order."""
    return int.from_bytes(_sha256(text, f"{seed}").digest()[:4], "little")


def _sha256(text: str, *rest: str) -> Any:
    """Of the JSON list of a text and of values that are JSON already: quicker to make than by a call for all."""
    return hashlib.sha256(f"[{json.dumps(text)}, {', '.join(rest)}]".encode())


def function_name(func: Callable[..., Any]) -> str:
    """Module and qualified name; what a `functools.partial` binds is part of it."""
    if isinstance(func, functools.partial):
        bound = [list(func.args), func.keywords]
        return f"{function_name(func.func)}({_text(bound, 'bound arguments', _SPACED)})"
    named = func if hasattr(func, "__qualname__") else type(func)
    return f"{named.__module__}.{named.__qualname__}"


def function_identity(func: Callable[..., Any]) -> str:
    """The name of a function, and a digest of what it does: see `code_identity`.

    An object with ``state_in_tasks``, whose tasks name all that it holds, is known by its class.
    """
    return f"{function_name(func)} {code_identity(type(func) if hasattr(func, 'state_in_tasks') else func)}"


def _copied(parameters: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return own_copy(parameters)
    except Exception as error:
        wanted = f"made of values that can be copied ({error})"
        raise parameter_error("run_batch", "tasks", wanted, parameters) from error


def _text(value: Any, where: str, encoder: json.JSONEncoder) -> str:
    plain = _plain(value, where)
    try:
        return encoder.encode(plain)
    except ValueError as error:  # a text of so many digits is refused by Python
        wanted = f"made of integers of at most {sys.get_int_max_str_digits()} digits ({where})"
        raise parameter_error("run_batch", "tasks", wanted, "a longer one") from error


def _plain(value: Any, where: str) -> Any:
    if is_scalar(value):
        return scalar(value)
    if is_array(value):
        return _digest(value)
    if isinstance(value, list | tuple):
        return [_plain(item, where) for item in value]
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) and key != _ARRAY for key in value):
            raise parameter_error(
                "run_batch", "tasks", f"dictionaries whose keys are strings other than {_ARRAY!r} ({where})", value
            )
        return {str.__str__(key): _plain(item, where) for key, item in value.items()}
    return _unfit(where, value)


def _digest(array: np.ndarray) -> dict[str, Any]:
    """Type, shape and content of an array, whatever its order in memory and the order of its bytes."""
    plain = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
    content = hashlib.sha256(plain.tobytes()).hexdigest()
    return {_ARRAY: [plain.dtype.str, list(array.shape), content]}


def _unfit(where: str, value: Any) -> NoReturn:
    wanted = f"made of numbers, strings, lists, dictionaries and NumPy arrays ({where})"
    if isinstance(value, np.ndarray):
        wanted += f"; {SUBCLASSES}"
    raise parameter_error("run_batch", "tasks", wanted, value)
