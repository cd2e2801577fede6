"""How kernels are compiled."""

from __future__ import annotations

import hashlib
import importlib.resources
from collections.abc import Callable
from types import FunctionType
from typing import Any

import numba
from numba.extending import intrinsic

from reservoir.kernel_cache import KernelCache, compiler_is_off, source_digest

# Keeps NaN and infinity, so that divergence can be seen outside the kernel.
REASSOCIATE = {"contract", "reassoc", "nsz", "arcp"}

# What a kernel does well within half a second, in units of different cost: multiplications of a loop over the steps of
# one series, multiplications over packed rows, and updates of a spiking unit or a current.
_WORK_PER_CALL = {"multiplication": 200_000_000, "packed multiplication": 1 << 30, "update": 100_000_000}


def kernel(*files: str, **options: Any) -> Callable[[Any], Any]:
    """Numba compilation with an on-disk cache that knows the files a kernel depends on.

    A cache that looks at the file of the kernel itself stays silently stale when a function that it calls is edited in
    another file. Here the name under which a kernel is kept carries a digest of `files` too, the paths of all modules
    whose compiled functions it calls.
    """

    def compile_with_cache(function: FunctionType) -> Any:
        digests = [source_digest(file) for file in files]
        if files:
            digest = hashlib.sha256("".join(map(str, digests)).encode()).hexdigest()[:12]
            function.__qualname__ = f"{function.__qualname__}_{digest}"
        return compiled(function, kept=None not in digests, nogil=True, error_model="numpy", **options)

    return compile_with_cache


def compiled(function: FunctionType, *, kept: bool, any_types: bool = False, **options: Any) -> Any:
    """A function as Numba compiles it, kept for other processes or not, see `KernelCache`."""
    dispatcher = numba.njit(function, **options)
    if kept and not compiler_is_off():
        vars(dispatcher)["_cache"] = KernelCache(function, any_types)
    return dispatcher


def for_types_of(loop: Any, *arguments: Any) -> Callable[..., Any]:
    """The machine code of a kernel for arguments of these types, compiled where it was not yet.

    A call of it takes some microseconds less, since it does not look at the types of its arguments again. So all that
    it gets later must have them: types of numbers, dimensions, layouts, and whether an array may be written to.
    """
    if compiler_is_off():
        return loop
    return loop.compile(tuple(map(numba.typeof, arguments)))


def instruction(plain: Callable[..., Any]) -> Callable[[Any], Any]:
    """Numba's `intrinsic` with a twin in Python, which stands in its place where the compiler is switched off."""
    return lambda typed: plain if compiler_is_off() else intrinsic(typed)


def files_of(package: str) -> tuple[str, ...]:
    """All files of code of a package, in a folder or in an archive, as text or compiled."""
    found = [str(path) for path in importlib.resources.files(package).iterdir() if path.is_file()]
    return tuple(sorted(path for path in found if path.endswith((".py", ".pyc"))))


def rows_per_call(work_per_row: int, unit: str = "multiplication") -> int:
    """How many rows, or steps, a kernel gets at once: it cannot be interrupted, so it must come back soon.

    `unit` is what the work is counted in: "multiplication", "packed multiplication" or "update".
    """
    return max(1, _WORK_PER_CALL[unit] // work_per_row)
