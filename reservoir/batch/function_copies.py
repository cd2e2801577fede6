"""The function of a batch as every attempt gets it: what an earlier call did to its closure or its object is gone."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any

from joblib.externals.loky.cloudpickle_wrapper import dumps, loads

from reservoir.batch.plain_values import is_scalar
from reservoir.kernel_cache import has_a_name


class FunctionCopies:
    """A function that travels pickled; a worker unpickles it for every attempt, unless it holds nothing to change.

    What a module of its own holds is the same for all calls, as everywhere in Python.
    """

    def __init__(self, func: Callable[..., Any]):
        try:
            self._pickled: bytes = dumps(func)
        except Exception as error:
            raise pickle.PicklingError(f"The function of run_batch cannot be sent to workers: {error}") from error
        self._first: Callable[..., Any] | None = None

    def __getstate__(self) -> dict[str, Any]:
        """As it was given, also where a worker of a cluster hands it to another one."""
        return {"_pickled": self._pickled or dumps(self._first), "_first": None}

    def load(self) -> Callable[..., Any]:
        """Unpickle the function, and see whether attempts can share it."""
        self._first = loads(self._pickled)
        again = hasattr(self._first, "state_in_tasks") or loads(self._pickled) is self._first
        if again or _is_fixed(self._first, set()):
            self._pickled = b""
        return self._first

    def next(self) -> Callable[..., Any]:
        """The function as it was given."""
        if self._first is None:
            return self.load()
        if self._pickled:
            self._first = None  # so that there is never more than one copy
            self._first = loads(self._pickled)
        return self._first


def _is_fixed(value: Any, seen: set[int]) -> bool:
    """Whether this is a constant, or code that holds and names nothing else."""
    if id(value) in seen or is_scalar(value) or isinstance(value, ModuleType | BuiltinFunctionType):
        return True
    if isinstance(value, tuple):
        return all(_is_fixed(item, seen) for item in value)
    if isinstance(value, FunctionType | type) and has_a_name(value):
        return True
    if not isinstance(value, FunctionType) or value.__closure__:
        return False
    seen.add(id(value))
    named = [held for name, held in value.__globals__.items() if not name.startswith("__")]
    held = [value.__defaults__, *(value.__kwdefaults__ or {}).values(), *vars(value).values(), *named]
    return all(_is_fixed(item, seen) for item in held)
