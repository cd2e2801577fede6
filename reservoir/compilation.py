"""How kernels are compiled, and how many threads they may use."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from types import FunctionType

import numba
from threadpoolctl import ThreadpoolController

# Keeps NaN and infinity, so that divergence can be seen outside the kernel.
REASSOCIATE = {"contract", "reassoc", "nsz", "arcp"}

_blas: ThreadpoolController | None = None


def kernel(*files: str, **options) -> Callable:
    """Numba compilation with an on-disk cache that knows the files a kernel depends on.

    Numba's cache looks only at the file of the kernel itself and stays silently stale when a function
    that it calls is edited in another file. Here the name under which a kernel is cached carries a digest
    of `files`, the paths of all modules whose compiled functions it calls.
    """

    def compile_with_cache(function: FunctionType):
        if files:
            digest = hashlib.sha256(b"".join(Path(file).read_bytes() for file in files)).hexdigest()[:12]
            function.__qualname__ = f"{function.__qualname__}_{digest}"
        return numba.njit(function, cache=True, nogil=True, error_model="numpy", **options)

    return compile_with_cache


def one_blas_thread() -> AbstractContextManager:
    """Context in which BLAS uses one thread, so that results do not depend on the number of jobs."""
    global _blas
    if _blas is None:
        _blas = ThreadpoolController()
    return _blas.limit(limits=1, user_api="blas")
