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
from collections.abc import Callable, Iterable, Iterator
from types import CodeType, FunctionType, ModuleType
from typing import Any

import numba
import numpy as np

from reservoir.compilation import compiled, files_of
from reservoir.kernel_cache import compiler_is_off, has_a_name, source_digest

OURS = ("reservoir", "spiking")
_FIXED = ("builtins", "math", "cmath", "numpy", "numba", "llvmlite")
"""Modules whose functions change with their release only, which Numba's cache knows."""
_VALUES = (bool, int, float, complex, str, bytes, type(None), np.generic)


class Untold(Exception):
    """Code that holds what has no digest."""


class Made:
    """Types that were made for a user's functions, under a digest of those, so that another process finds them."""


def loop_for(loop: Any, *parts: type) -> Any:
    """The compiled loop for parts of these types, whose compiled functions it calls.

    For the parts of this package that is the loop itself: it knows their files. For others it is the same code,
    compiled and kept on disk under a digest of theirs; compiled anew in every process for classes that no other
    process finds by their name.
    """
    foreign = tuple(part for part in parts if is_foreign(part))
    return _compiled_for(loop, foreign) if foreign else loop


@functools.lru_cache(maxsize=64)
def _compiled_for(loop: Any, parts: tuple[type, ...]) -> Any:
    if compiler_is_off():
        return loop
    plain, digest = loop.py_func, code_digest(parts) if all(map(has_a_name, parts)) else None
    copy = FunctionType(plain.__code__, plain.__globals__, plain.__name__, plain.__defaults__, plain.__closure__)
    copy.__module__, copy.__doc__ = plain.__module__, plain.__doc__
    copy.__qualname__ = f"{plain.__qualname__}_{digest or '_'.join(part.__name__ for part in parts)}"
    options = {name: value for name, value in loop.targetoptions.items() if name != "nopython"}
    return compiled(copy, kept=digest is not None, any_types=True, **options)


def made_for(function: Any, make: Callable[[], type]) -> type:
    """The type that `make` makes for a compiled function, the same one for functions with the same digest."""
    digest = code_digest([function])
    if digest is None:
        return make()
    name = f"For_{digest}"
    if name not in vars(Made):
        kind = make()
        kind.__module__, kind.__qualname__ = Made.__module__, f"{Made.__qualname__}.{name}"
        setattr(Made, name, kind)
    found: type = vars(Made)[name]
    return found


def is_foreign(part: type) -> bool:
    """Whether a class stands outside this package."""
    return _root(part.__module__) not in OURS or "." in part.__qualname__


def runs_anywhere(part: Any) -> bool:
    """Whether a part may work in another thread than its caller's: it is of this package, or says so."""
    return not is_foreign(type(part)) or bool(getattr(part, "any_thread", False))


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
    except (Untold, ValueError):  # files that are gone, cells that are empty
        return None
    return digest.hexdigest()[:12]


def _root(module: str) -> str:
    return module.partition(".")[0]


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
    for path in files_of(str(sys.modules[module].__package__)):
        yield from _text_of(path, seen)


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
    yield code_text(function.__code__, function.__code__.co_consts).encode()
    options = getattr(compiled, "targetoptions", {})
    told = ((name, sorted(value) if isinstance(value, set) else value) for name, value in options.items())
    yield repr(sorted(told)).encode()
    for cell in function.__closure__ or ():
        yield from _pieces(cell.cell_contents, seen)
    yield from _pieces([*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()], seen)
    names = names_in(function.__code__)
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
        digest = source_digest(path)
        if digest is None:
            raise Untold(path)
        yield digest.encode()


def code_text(code: CodeType, constants: tuple[Any, ...]) -> str:
    """What code does, as one text; `constants` are its own, or a part of them."""
    inner = [code_text(c, c.co_consts) if isinstance(c, CodeType) else _constant(c) for c in constants]
    return repr((code.co_code, code.co_names, code.co_varnames, code.co_freevars, code.co_exceptiontable, inner))


def _constant(value: Any) -> str:
    if isinstance(value, frozenset):
        return f"frozenset {sorted(map(repr, value))}"
    return f"{type(value).__name__} {value!r}"


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def names_in(code: CodeType) -> frozenset[str]:
    """All names of globals and attributes, in the code and in what it holds."""
    return frozenset(name for one in _codes(code) for name in one.co_names)


def _globals_of(code: CodeType) -> set[str]:
    steps = [step for one in _codes(code) for step in dis.get_instructions(one)]
    return {step.argval for step in steps if step.opname in ("LOAD_GLOBAL", "LOAD_NAME")}
