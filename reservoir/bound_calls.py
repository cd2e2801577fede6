"""Calls that a compiled loop makes without knowing what they are given, so that it is compiled once for all of them.

`bind` puts the arguments of a compiled function into memory; the loop gets two numbers, where the code stands and where
the arguments do, and adds some integers of its own. A call costs some tens of nanoseconds.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable
from types import FunctionType
from typing import Any, NamedTuple

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from reservoir.compilation import compiled, instruction
from reservoir.foreign_code import code_digest
from reservoir.kernel_cache import compiler_is_off, has_a_name

_INTEGERS = 4  # that a loop adds


class Bound(NamedTuple):
    """A function with its first arguments."""

    code: Any  # its address, or where the compiler is switched off the function itself
    place: int  # where the arguments stand
    run: Callable[..., int]  # the same for Python, with that place first
    held: Any  # the arguments and their memory, which live as long as this record


def bind(function: Any, *values: Any) -> Bound:
    """A compiled function whose first arguments are these; four integers follow, and it returns one."""
    if compiler_is_off():
        code = functools.partial(_with_place, function, values)
        return Bound(code, 0, code, values)
    kind = numba.typeof(values)
    parts = tuple(type(value) for value in values)
    entry, keep = _compiled_for(function, kind, parts)
    room = np.zeros(1 + keep.size // 8, np.int64)
    keep.run(values, room.ctypes.data)
    return Bound(_address(entry), room.ctypes.data, entry, (values, room))


def _with_place(function: Any, values: tuple[Any, ...], place: int, *integers: int) -> Any:
    return function(*values, *integers)


@instruction(lambda code, place, *integers: code(place, *integers))
def call(typing_context, code, place, first, second, third, fourth):
    """Call what was bound, by its address and the place of its arguments."""

    def write(context, builder, signature, args):
        word = context.get_value_type(types.int64)
        kind = ir.FunctionType(word, [word] * (1 + _INTEGERS)).as_pointer()
        return builder.call(builder.inttoptr(args[0], kind), args[1:])

    return types.int64(*(types.int64,) * (2 + _INTEGERS)), write


class _Keeping(NamedTuple):
    run: Callable[[Any, int], Any]
    size: int


@functools.lru_cache(maxsize=64)
def _compiled_for(function: Any, kind: Any, parts: tuple[type, ...]) -> tuple[Any, _Keeping]:
    """The function as an entry for integers alone, and what puts its arguments of these types into memory."""
    load, store, size = _memory_of(kind)
    digest = code_digest(parts) if all(map(has_a_name, parts)) else None
    name = f"{function.py_func.__qualname__}_{digest}_{hashlib.sha256(str(kind).encode()).hexdigest()[:12]}"
    entry = _copied(_enter, f"enter_{name}", {"values_at": load, "function": function})
    keep = _copied(_keep, f"keep_{name}", {"put_at": store})
    made = compiled(entry, kept=digest is not None, any_types=True, nogil=True, error_model="numpy")
    made.compile((types.int64,) * (1 + _INTEGERS))
    return made, _Keeping(compiled(keep, kept=digest is not None, any_types=True), size)


def _copied(plain: Any, name: str, known: dict[str, Any]) -> FunctionType:
    copy = FunctionType(plain.__code__, plain.__globals__ | known, plain.__name__)
    copy.__module__, copy.__qualname__ = plain.__module__, name
    return copy


def _enter(place: int, first: int, second: int, third: int, fourth: int) -> Any:
    return function(*values_at(place), first, second, third, fourth)  # type: ignore[name-defined, call-arg]  # noqa: F821


def _keep(values: Any, place: int) -> None:
    put_at(values, place)  # type: ignore[name-defined]  # noqa: F821


def _memory_of(kind: Any) -> tuple[Any, Any, int]:
    """What loads values of a type from a place in memory, what stores them there, and how many bytes they are."""

    @intrinsic
    def values_at(typing_context: Any, place: Any) -> Any:
        def write(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> Any:
            found = builder.load(builder.inttoptr(args[0], context.get_value_type(kind).as_pointer()))
            return _unowned(context, builder, kind, found)

        return kind(types.int64), write

    @intrinsic
    def put_at(typing_context: Any, values: Any, place: Any) -> Any:
        def write(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> Any:
            builder.store(args[0], builder.inttoptr(args[1], context.get_value_type(kind).as_pointer()))
            return context.get_dummy_value()

        return types.void(kind, types.int64), write

    context = numba.core.registry.cpu_target.target_context
    return values_at, put_at, context.get_abi_sizeof(context.get_value_type(kind))


def _unowned(context: Any, builder: ir.IRBuilder, kind: Any, value: ir.Value) -> ir.Value:
    """A value whose arrays nobody counts the users of: Python holds them, see `Bound`."""
    if isinstance(kind, types.Array):
        array = context.make_array(kind)(context, builder, value)
        for name in ("meminfo", "parent"):
            setattr(array, name, ir.Constant(getattr(array, name).type, None))
        return array._getvalue()
    if isinstance(kind, types.BaseTuple):
        inside: Any = kind
        for k, inner in enumerate(inside):
            part = _unowned(context, builder, inner, builder.extract_value(value, k))
            value = builder.insert_value(value, part, k)
    return value


def _address(entry: Any) -> int:
    """Where the code of a compiled function for integers stands."""
    (found,) = entry.overloads.values()
    address: int = found.library.get_pointer_to_function(found.fndesc.llvm_cfunc_wrapper_name)
    return address
