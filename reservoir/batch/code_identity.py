"""A digest of what a function does: its code, what that reaches, and the state of the object that it belongs to.

A name is not enough: lambdas, closures and the functions of a notebook share one, and an edit leaves it as it was. So
where an object refers to a function or a class outside installed packages, its digest takes in their code, constants,
defaults and closures, and the same for all that the code names. What is installed is known by its name.
"""

from __future__ import annotations

import functools
import pickle
from collections.abc import Iterator
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np
from joblib.hashing import NumpyHasher

from reservoir.batch.own_imports import is_installed, own_imports
from reservoir.foreign_code import code_text, names_in
from reservoir.kernel_cache import has_a_name

_PLAIN = (bool, int, float, complex, str, bytes, type(None), tuple)
_UNTOLD = ("__dict__", "__weakref__", "__doc__", "__module__", "__qualname__", "__annotations__", "__slotnames__",
           "__firstlineno__", "__static_attributes__", "__annotate__", "__annotate_func__", "__annotations_cache__",
           "_abc_impl", "__dataclass_fields__", "__dataclass_params__")  # fmt: skip
"""Attributes of a class that say nothing of what it does, or that its functions say too."""


def code_identity(content: Any) -> str:
    """32 hexadecimal digits that change with what functions and classes in `content` do, and with any state.

    What has no content that can be told, such as a lock or an open file, counts by its type.
    """
    digest: str = _Hasher().hash(content)
    return digest


class _Hasher(NumpyHasher):
    """joblib's digest of a pickle, in which code stands for names."""

    def __init__(self) -> None:
        super().__init__("md5")
        self._places: dict[int, tuple[int, Any]] = {}

    def save(self, obj: Any) -> None:
        if _is_compiled(obj):
            obj = obj.py_func
        if isinstance(obj, MethodType):
            super().save(("method", obj.__func__, obj.__self__))
        elif isinstance(obj, ModuleType):
            super().save(("module", obj.__name__))
        elif isinstance(obj, functools._lru_cache_wrapper):
            super().save(("cached", obj.__wrapped__))
        elif isinstance(obj, FunctionType | type):
            super().save(self._told(obj))
        elif isinstance(obj, BuiltinFunctionType) and isinstance(obj.__self__, ModuleType | None):
            super().save(("builtin", obj.__self__ and obj.__self__.__name__, obj.__qualname__))
        elif isinstance(obj, np.ndarray) and type(obj) is not np.ndarray:
            super().save(("array", type(obj), obj.__reduce__()))
        else:
            self._save_content(obj)

    def _save_content(self, obj: Any) -> None:
        try:
            super().save(obj)
        except (pickle.PicklingError, TypeError, AttributeError):
            super().save(("untold", f"{type(obj).__module__}.{type(obj).__qualname__}"))

    def memoize(self, obj: Any) -> None:
        """Equal values give equal digests, whether they are one object or two."""
        if not isinstance(obj, _PLAIN):
            super().memoize(obj)

    def _told(self, obj: Any) -> tuple[Any, ...]:
        """What stands for a function or class; where it comes again, its place among those before."""
        name = f"{obj.__module__}.{obj.__qualname__}"
        if is_installed(str(obj.__module__)) and has_a_name(obj):
            return ("installed", name)
        if id(obj) in self._places:
            return ("told", self._places[id(obj)][0])
        self._places[id(obj)] = len(self._places), obj
        return (name, *(_class_parts(obj) if isinstance(obj, type) else _function_parts(obj)))


def _function_parts(function: FunctionType) -> Iterator[Any]:
    code = function.__code__
    documented = isinstance(function.__doc__, str) and code.co_consts[:1] == (function.__doc__,)
    yield code_text(code, code.co_consts[documented:])
    yield function.__defaults__
    yield sorted((function.__kwdefaults__ or {}).items())
    names = names_in(code)
    yield [_cell(cell, names) for cell in function.__closure__ or ()]
    yield _reached(vars(function), names)
    yield [_reached(module, names) for module in own_imports(function)]
    for name in sorted(names & function.__globals__.keys()):
        yield name, _reached(function.__globals__[name], names)


def _class_parts(kind: type) -> Iterator[Any]:
    yield kind.__bases__
    for name, value in sorted(vars(kind).items()):
        if name not in _UNTOLD:
            yield name, _reached(value, frozenset())


def _reached(value: Any, names: frozenset[str]) -> Any:
    """What stands for a value that code finds under a name; of a module of the user, what the code names in it."""
    if isinstance(value, property):
        return [value.fget, value.fset, value.fdel]
    if isinstance(value, staticmethod | classmethod):
        return [type(value), _reached(value.__func__, names)]
    if isinstance(value, functools.cached_property):
        return value.func
    if isinstance(value, list | tuple):
        return [_reached(item, names) for item in value]
    if isinstance(value, dict):
        return {key: _reached(item, names) for key, item in value.items()}
    if isinstance(value, ModuleType):
        held = {} if is_installed(value.__name__) else vars(value)
        return [value.__name__, [(name, _reached(held[name], names)) for name in sorted(names & held.keys())]]
    return value


def _is_compiled(value: Any) -> bool:
    """Whether this is a function that Numba compiles."""
    return type(value).__module__.startswith("numba.") and isinstance(getattr(value, "py_func", None), FunctionType)


def _cell(cell: Any, names: frozenset[str]) -> Any:
    """The content of a closure's cell; an empty one is that of a name not yet bound."""
    try:
        return ("bound", _reached(cell.cell_contents, names))
    except ValueError:
        return ("empty",)
