"""Compiled loops that call functions from outside this package: a user's own unit, activation or rule.

Numba keeps a loop on disk under its own code and the types of its arguments. What a user's function does is in neither,
so after an edit the old loop would run on. Here such a loop is compiled under a name that carries a digest of all code
that the functions reach, and of the files that it stands in; where some of it cannot be told, or where another process
would not find the type under its name, the loop is compiled anew in every process.
"""

from __future__ import annotations

import dis
import functools
import hashlib
import sys
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
    """The compiled loop for parts of these types, whose compiled functions it calls.

    For the parts of this package that is the loop itself: it knows their files. For others it is the same code,
    compiled and kept on disk under a digest of theirs; compiled anew in every process for classes that no other
    process finds by their name.
    """
    foreign = tuple(part for part in parts if _root(part.__module__) not in OURS or "<locals>" in part.__qualname__)
    return _compiled_for(loop, foreign) if foreign else loop


@functools.lru_cache(maxsize=64)
def _compiled_for(loop: Any, parts: tuple[type, ...]) -> Any:
    if not hasattr(loop, "py_func"):  # Numba is switched off
        return loop
    plain, digest = loop.py_func, code_digest(parts) if all(map(_has_a_name, parts)) else None
    copy = FunctionType(plain.__code__, plain.__globals__, plain.__name__, plain.__defaults__, plain.__closure__)
    copy.__module__, copy.__doc__ = plain.__module__, plain.__doc__
    copy.__qualname__ = f"{plain.__qualname__}_{digest or '_'.join(part.__name__ for part in parts)}"
    options = {name: value for name, value in loop.targetoptions.items() if name != "nopython"}
    return numba.njit(copy, cache=digest is not None, **options)


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
    plain = [value.__func__ if isinstance(value, staticmethod) else value for value in held]
    return [value for value in plain if hasattr(value, "py_func")]


def code_digest(parts: Iterable[Any]) -> str | None:
    """Digest of the code of functions or types and of all that they reach; None where some of it cannot be told."""
    digest, seen = hashlib.sha256(), set[Any]()
    try:
        for part in parts:
            for piece in _pieces(part, seen):
                digest.update(piece)
                digest.update(b"\0")
    except (Untold, OSError, ValueError):  # files that are gone, cells that are empty
        return None
    return digest.hexdigest()[:12]


def _root(module: str) -> str:
    return module.partition(".")[0]


def _has_a_name(part: type) -> bool:
    """Whether another process finds the type where this one does, as what Numba keeps on disk must."""
    found: Any = sys.modules.get(part.__module__)
    for name in part.__qualname__.split("."):
        found = getattr(found, name, None)
    return found is part and part.__module__ != "__main__"


def _pieces(value: Any, seen: set[Any], reached: frozenset[str] = frozenset()) -> Iterator[bytes]:
    """Bytes that stand for a value that compiled code uses; of a module, what it calls the `reached` names."""
    if isinstance(value, _VALUES):
        yield f"{type(value).__name__} {value!r}".encode()
    elif isinstance(value, np.ndarray) and not value.dtype.hasobject:
        yield f"{value.dtype} {value.shape}".encode()
        yield value.tobytes()
    elif isinstance(value, tuple | list):
        yield from _pieces(type(value), seen)
        yield str(len(value)).encode()
        for item in value:
            yield from _pieces(item, seen)
    elif isinstance(value, ModuleType):
        yield from _module_pieces(value, seen, reached)
    elif isinstance(value, numba.types.Type | np.ufunc):
        yield str(value).encode()
    elif _stands_in(value, _FIXED):
        yield f"{value.__module__}.{value.__qualname__}".encode()
    elif isinstance(value, type):
        yield from _type_pieces(value, seen)
    elif isinstance(getattr(value, "py_func", None), FunctionType):
        yield from _function_pieces(value, seen)
    elif _stands_in(value, OURS):
        yield from _room_pieces(value.__module__, seen)
    else:  # a plain function too: what compiled code calls under its name stands elsewhere
        raise Untold(repr(value))


def _stands_in(value: Any, packages: tuple[str, ...]) -> bool:
    named = isinstance(getattr(value, "__qualname__", None), str)
    return named and _root(str(getattr(value, "__module__", ""))) in packages


def _room_pieces(module: str, seen: set[Any]) -> Iterator[bytes]:
    """All files beside that of a function of ours which Numba compiles from another one, found by types."""
    for path in sorted(Path(str(sys.modules[module].__file__)).parent.glob("*.py")):
        yield from _text_of(str(path), seen)


def _module_pieces(module: ModuleType, seen: set[Any], reached: frozenset[str]) -> Iterator[bytes]:
    yield module.__name__.encode()
    if _root(module.__name__) not in _FIXED:
        for name in sorted(reached & vars(module).keys()):
            yield name.encode()
            yield from _pieces(vars(module)[name], seen, reached)


def _type_pieces(part: type, seen: set[Any]) -> Iterator[bytes]:
    """Its name, its fields in their order, the file that it stands in, and its functions."""
    if part in seen:
        return
    seen.add(part)
    yield f"{part.__module__}.{part.__qualname__} {getattr(part, '_fields', ())}".encode()
    yield from _file_of(part.__module__, seen)
    for function in functions_of(part):
        yield from _pieces(function, seen)


def _function_pieces(compiled: Any, seen: set[Any]) -> Iterator[bytes]:
    """The code and the options of a compiled function, and what it takes from outside."""
    function = compiled.py_func
    if function in seen:
        return
    seen.add(function)
    yield from _file_of(function.__module__, seen)
    yield from _code_pieces(function.__code__)
    options = getattr(compiled, "targetoptions", {})
    yield repr(sorted((name, _ordered(value)) for name, value in options.items())).encode()
    for cell in function.__closure__ or ():
        yield from _pieces(cell.cell_contents, seen)
    yield from _pieces([*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()], seen)
    names = _names(function.__code__)
    for name in sorted(_globals_of(function.__code__)):
        if name in function.__globals__:
            yield name.encode()
            yield from _pieces(function.__globals__[name], seen, names)


def _file_of(module: str, seen: set[Any]) -> Iterator[bytes]:
    """The text of the file of a module, where it has one."""
    path = getattr(sys.modules.get(module), "__file__", None)
    if path is not None:
        yield from _text_of(path, seen)


def _text_of(path: str, seen: set[Any]) -> Iterator[bytes]:
    if path not in seen:
        seen.add(path)
        yield Path(path).read_bytes()


def _code_pieces(code: CodeType) -> Iterator[bytes]:
    yield code.co_code
    yield repr((code.co_names, code.co_varnames, code.co_freevars)).encode()
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _code_pieces(constant)
        else:
            yield repr(_ordered(constant)).encode()


def _ordered(value: Any) -> Any:
    return sorted(value, key=repr) if isinstance(value, set | frozenset) else value


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def _names(code: CodeType) -> frozenset[str]:
    """All names of globals and attributes."""
    return frozenset(name for one in _codes(code) for name in one.co_names)


def _globals_of(code: CodeType) -> set[str]:
    steps = [step for one in _codes(code) for step in dis.get_instructions(one)]
    return {step.argval for step in steps if step.opname in ("LOAD_GLOBAL", "LOAD_NAME")}
