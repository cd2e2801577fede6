"""Compiled loops that call functions from outside this package: a user's own unit, activation or rule.

Numba keeps a loop on disk under its own code and the types of its arguments. What a user's function does is in neither,
so after an edit the old loop would run on. Here such a loop is compiled under a name that carries a digest of all code
that the functions reach; where some of it cannot be told, the loop is compiled anew in every process.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

import numba
import numpy as np

OURS = ("reservoir", "spiking")
_FIXED = ("builtins", "math", "cmath", "numpy", "numba", "llvmlite")
"""Modules whose functions change with their release only, which Numba's cache knows."""
_VALUES = (bool, int, float, complex, str, bytes, type(None), np.generic)


class Untold(Exception):
    """Code that holds what has no digest."""


def loop_for(loop: Any, *parts: type) -> Any:
    """The compiled loop for parts of these types, whose static compiled functions it calls.

    For the parts of this package that is the loop itself: it knows their files. For others it is the same code,
    compiled and kept on disk under a digest of theirs; compiled anew in every process for classes that no other
    process finds by their name.
    """
    foreign = tuple(part for part in parts if _is_foreign(part))
    return _compiled_for(loop, foreign) if foreign else loop


def _is_foreign(part: type) -> bool:
    return part.__module__.partition(".")[0] not in OURS or "<locals>" in part.__qualname__


@functools.lru_cache(maxsize=64)
def _compiled_for(loop: Any, parts: tuple[type, ...]) -> Any:
    plain = loop.py_func
    copy = FunctionType(plain.__code__, plain.__globals__, plain.__name__, plain.__defaults__, plain.__closure__)
    copy.__module__, copy.__doc__ = plain.__module__, plain.__doc__
    found = all(part.__module__ != "__main__" and "<locals>" not in part.__qualname__ for part in parts)
    digest = code_digest([one for part in parts for one in functions_of(part)]) if found else None
    copy.__qualname__ = f"{plain.__qualname__}_{digest or '_'.join(part.__qualname__ for part in parts)}"
    return numba.jit(copy, cache=digest is not None, **loop.targetoptions)


def inherited(part: Any, owner: type, *methods: str) -> bool:
    """Whether a part has these methods as `owner` wrote them, replaced neither by a subclass nor on the object.

    Only then may compiled code do in their place what they do.
    """
    return isinstance(part, owner) and all(
        getattr(type(part), name) is getattr(owner, name) and name not in vars(part) for name in methods
    )


def functions_of(part: type) -> list[Any]:
    """The compiled functions that a class and those that it derives from hold."""
    held = [value for base in part.__mro__ for value in vars(base).values()]
    return [value.__func__ for value in held if isinstance(value, staticmethod) and hasattr(value.__func__, "py_func")]


def code_digest(functions: Iterable[Any]) -> str | None:
    """Digest of the code of functions and of all that they reach; None where some of it cannot be told."""
    digest, seen = hashlib.sha256(), set[int]()
    try:
        for function in functions:
            for piece in _pieces(function, seen):
                digest.update(piece)
                digest.update(b"\0")
    except Untold:
        return None
    return digest.hexdigest()[:12]


def _pieces(value: Any, seen: set[int]) -> Iterator[bytes]:
    """Bytes that stand for a value which compiled code may use: a function with all that it reaches, or a number."""
    value = getattr(value, "py_func", value)
    if isinstance(value, _VALUES):
        yield f"{type(value).__name__} {value!r}".encode()
    elif isinstance(value, np.ndarray):
        yield f"{value.dtype} {value.shape}".encode()
        yield value.tobytes()
    elif isinstance(value, tuple | list):
        yield f"{type(value).__name__} {len(value)}".encode()
        for item in value:
            yield from _pieces(item, seen)
    elif str(getattr(value, "__module__", "")).partition(".")[0] in _FIXED:
        yield f"{value.__module__}.{getattr(value, '__qualname__', value)}".encode()
    elif isinstance(value, ModuleType):
        yield _module_bytes(value)
    elif isinstance(value, type):
        yield value.__qualname__.encode()
        for function in functions_of(value):
            yield from _pieces(function, seen)
    elif isinstance(value, FunctionType):
        yield from _function_pieces(value, seen)
    else:
        raise Untold(repr(value))


def _function_pieces(function: FunctionType, seen: set[int]) -> Iterator[bytes]:
    if id(function) in seen:
        return
    seen.add(id(function))
    yield from _code_pieces(function.__code__)
    for cell in function.__closure__ or ():
        yield from _pieces(cell.cell_contents, seen)
    for default in function.__defaults__ or ():
        yield from _pieces(default, seen)
    for name in sorted(_global_names(function.__code__)):
        if name in function.__globals__:
            yield name.encode()
            yield from _pieces(function.__globals__[name], seen)


def _code_pieces(code: CodeType) -> Iterator[bytes]:
    yield code.co_code
    yield repr((code.co_names, code.co_varnames, code.co_freevars)).encode()
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _code_pieces(constant)
        else:
            yield repr(sorted(constant, key=repr) if isinstance(constant, frozenset) else constant).encode()


def _global_names(code: CodeType) -> set[str]:
    inner = [_global_names(constant) for constant in code.co_consts if isinstance(constant, CodeType)]
    return set(code.co_names).union(*inner)


def _module_bytes(module: ModuleType) -> bytes:
    """The name of a module that is fixed, or the text of one that may be edited."""
    if module.__name__.partition(".")[0] in _FIXED:
        return module.__name__.encode()
    if getattr(module, "__file__", None) is None:
        raise Untold(module.__name__)
    return Path(str(module.__file__)).read_bytes()
