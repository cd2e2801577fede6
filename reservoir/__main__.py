"""What stands in a report of a bug: ``python -m reservoir --version``."""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import platform
import shutil
import struct
import sys
from collections.abc import Iterator

import joblib
import llvmlite.binding
import numba
import threadpoolctl

import reservoir
from reservoir.kernel_cache import compiler_is_off
from reservoir.neurons.rate import loops

NEEDED = ("numpy", "scipy", "numba", "llvmlite", "scikit-learn", "Brian2", "joblib", "threadpoolctl")
_ADAPTED = ("sktime", "aeon", "statsforecast", "darts")
_FILES = ("pandas", "pyarrow", "h5py", "pooch")
OPTIONAL = ("matplotlib", "tqdm", *_FILES, "distributed", "optuna", "networkx", "skops", *_ADAPTED)
_FEATURES = ("sse4.2", "avx", "avx2", "fma", "avx512f", "neon", "sve")
_COMPILERS = ("c++", "g++", "clang++", "cl")


def environment() -> Iterator[tuple[str, str]]:
    """Names and descriptions of all that a result or an error may depend on. Nothing large is imported for it."""
    yield "reservoir-spiking", reservoir.__version__
    yield "Python", f"{platform.python_version()} ({platform.python_implementation()}, {8 * struct.calcsize('P')} bit)"
    yield "system", platform.platform()
    yield from ((name, _version(name)) for name in (*NEEDED, *OPTIONAL))
    yield "processor", f"{llvmlite.binding.get_host_cpu_name()}, {_features()}"
    yield "cores", f"{os.cpu_count()}, {joblib.cpu_count()} for this process"
    for library in threadpoolctl.threadpool_info():
        described = [library.get("internal_api"), library.get("version"), library.get("architecture")]
        yield f"threads, {library['user_api']}", f"{library['num_threads']} ({' '.join(filter(None, described))})"
    yield "threads, numba", str(numba.get_num_threads())
    yield "C++ compiler", next(filter(None, map(shutil.which, _COMPILERS)), "none")
    compiler = "off, by NUMBA_DISABLE_JIT" if compiler_is_off() else loops.advance.stats.cache_path
    yield "compiled kernels", compiler or "not kept: no folder can be written, see NUMBA_CACHE_DIR"


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    text = "Reservoir and spiking computing. The command line has one use: it tells what a report of a bug needs."
    parser = argparse.ArgumentParser(prog="python -m reservoir", description=text)
    told = "print the versions of all packages in use, processor, threads, compiler and cache, to be copied; then exit"
    parser.add_argument("--version", action="store_true", help=told)
    if parser.parse_args(arguments).version:
        sys.stdout.writelines(f"{name + ':':20}{value}\n" for name, value in environment())
    else:
        parser.print_help()


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def _features() -> str:
    present = llvmlite.binding.get_host_cpu_features()
    return " ".join(name for name in _FEATURES if present.get(name)) or "no vector instructions known"


if __name__ == "__main__":
    main()
