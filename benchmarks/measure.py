"""How the benchmarks measure: medians of runs taken in turns, and the limits of the machine.

Import this module before NumPy: the number of threads is read when the libraries are loaded. It is one, or with
BENCHMARK_THREADS=all in the environment whatever each library chooses.
"""

# ruff: noqa: E402
from __future__ import annotations

import os

ALL = os.environ.get("BENCHMARK_THREADS") == "all"
for _name in () if ALL else ("OMP", "OPENBLAS", "MKL", "BLIS", "NUMEXPR", "NUMBA"):
    os.environ[f"{_name}_NUM_THREADS"] = "1"

import argparse
import json
import platform
import statistics
import time
from collections.abc import Callable
from contextlib import contextmanager, nullcontext
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

import numba
import numpy as np
from threadpoolctl import threadpool_limits

from reservoir.neurons.activations import ACTIVATIONS, activate

REPEATS = 9
HEADER = ("work", "ours", "peer", "peer's", "ratio", "required", "met", "of the limit", "first call", "note")
TARGETS = ("required", "met")  # told on the console, not to readers of the page
PACKAGES = ("reservoir-spiking", "numpy", "scipy", "numba", "llvmlite", "scikit-learn", "joblib")


class Row(NamedTuple):
    """One line of a table. A required ratio is a lower bound of the peer's time over ours."""

    work: str
    ours: float
    unit: str  # "us a step" or "s"
    peer: str = ""
    theirs: float | None = None
    required: float | None = None
    limit: float | None = None  # fraction of the limit; 1 is the limit itself
    limit_required: float | None = None
    below: float | None = None  # upper bound of `ours`
    first: str = ""  # first calls in seconds, ours / peer's, compilation and loading included
    note: str = ""


class Work(NamedTuple):
    """What is timed: median seconds of a call, and seconds of the first one."""

    median: float
    first: float


@contextmanager
def one_thread():
    """One thread for BLAS, OpenMP and Numba."""
    numba.set_num_threads(1)
    with threadpool_limits(limits=1):
        yield


def timed(work: Callable) -> float:
    """Seconds of one call; what it returns is freed after the clock has stopped."""
    start = time.perf_counter()
    result = work()
    seconds = time.perf_counter() - start
    del result
    return seconds


def in_turns(works: dict[str, Callable], repeats: int = REPEATS, warm: bool = True) -> dict[str, Work]:
    """Median seconds of each work, taken in turns A B A B after a first call and a warm-up of each.

    Without `warm` both are left out: the caller has run every work before.
    """
    with nullcontext() if ALL else one_thread():
        first = {name: timed(work) if warm else float("nan") for name, work in works.items()}
        for work in works.values() if warm else ():
            timed(work)
        samples: dict[str, list[float]] = {name: [] for name in works}
        for _ in range(repeats):
            for name, work in works.items():
                samples[name].append(timed(work))
    return {name: Work(statistics.median(values), first[name]) for name, values in samples.items()}


@numba.njit(fastmath={"reassoc", "contract", "nsz", "arcp"})
def _read(buffer, passes):
    """Read the buffer many times; the write keeps the compiler from reading it once only."""
    total = buffer.dtype.type(0)
    for p in range(passes):
        buffer[p % buffer.size] = p % 3
        for i in range(buffer.size):
            total += buffer[i]
    return total


@numba.njit(fastmath={"reassoc", "contract", "nsz", "arcp"})
def _gather(values, columns, x, passes):
    """One sum over all weights times what they gather, in the order and the vectors that the compiler likes best."""
    total = 0.0
    for p in range(passes):
        x[p % x.size] = p % 3
        for i in range(values.size):
            total += values[i] * x[columns[i]]
    return total


@numba.njit(fastmath={"contract"})
def _load(values, columns, x, passes):
    """The same by loads of one number, into eight sums that do not wait for one another."""
    a = b = c = d = e = f = g = h = 0.0
    for p in range(passes):
        x[p % x.size] = p % 3
        for i in range(0, values.size - 7, 8):
            w, k = values[i : i + 8], columns[i : i + 8]
            a += w[0] * x[k[0]]
            b += w[1] * x[k[1]]
            c += w[2] * x[k[2]]
            d += w[3] * x[k[3]]
            e += w[4] * x[k[4]]
            f += w[5] * x[k[5]]
            g += w[6] * x[k[6]]
            h += w[7] * x[k[7]]
    return a + b + c + d + e + f + g + h


@numba.njit
def _tanh(code, values, passes):
    for _ in range(passes):
        activate(code, values)


def _per_pass(work: Callable, seconds: float = 0.02) -> float:
    """Seconds a pass: the best of 7 runs, each of about the given length."""
    work(1)
    passes = 1
    while (elapsed := timed(partial(work, passes))) < seconds / 4:
        passes *= 4
    passes = max(1, round(passes * seconds / elapsed))
    return min(timed(partial(work, passes)) for _ in range(7)) / passes


def _aligned(size: int, dtype) -> np.ndarray:
    """Ones that begin with a cache line; elsewhere loads straddle two lines and take up to twice as long."""
    raw = np.ones(size + 64, dtype=dtype)
    start = -raw.ctypes.data % 64 // raw.itemsize
    return raw[start : start + size]


def read_seconds(n_bytes: int, dtype="float64") -> float:
    """Seconds in which a buffer of this size is read once, by the faster of a compiled sum and BLAS `dot`."""
    buffer = _aligned(max(1, n_bytes // np.dtype(dtype).itemsize), dtype)

    def dots(passes: int) -> None:
        for _ in range(passes):
            np.dot(buffer, buffer)

    with one_thread():
        return min(_per_pass(partial(_read, buffer)), _per_pass(dots))


def gather_seconds(values: np.ndarray, columns: np.ndarray, n_units: int) -> dict[str, float]:
    """Seconds of one product of all weights with the states that they gather, by vectors and by single loads.

    It reads weights and columns too, from where they lie, and knows no rows: no kernel can be faster.
    """
    kind = np.uint16 if n_units <= 2**16 else np.uint32
    weights, places, x = _aligned(values.size, values.dtype), _aligned(columns.size, kind), np.ones(n_units)
    weights[:], places[:] = values, columns
    x = x.astype(values.dtype)
    with one_thread():
        ways = {"gathers": _gather, "single loads": _load}
        return {name: _per_pass(partial(way, weights, places, x)) for name, way in ways.items()}


def tanh_seconds(n_units: int, dtype="float64") -> float:
    """Seconds of the library's own tanh over n_units."""
    values = np.linspace(-2, 2, n_units).astype(dtype)
    with one_thread():
        return _per_pass(partial(_tanh, ACTIVATIONS["tanh"], values))


def _number(value: float | None, digits: int = 3) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.{digits}g}"


def ratio(row: Row) -> float | None:
    """The peer's time over ours."""
    return None if row.theirs is None else row.theirs / row.ours


def met(row: Row) -> bool | None:
    """Whether all that the row requires holds; None where it requires nothing."""
    checks = []
    if row.required is not None and row.theirs is not None:
        checks.append(row.theirs / row.ours >= row.required)
    if row.limit_required is not None:
        checks.append(row.limit is not None and row.limit >= row.limit_required)
    if row.below is not None:
        checks.append(row.ours < row.below)
    return all(checks) if checks else None


def cells(row: Row) -> list[str]:
    """The row as text, in the order of HEADER."""
    required = [f"{row.required:g} x"] if row.required is not None else []
    required += [f"{row.limit_required:g} of the limit"] if row.limit_required is not None else []
    required += [f"below {_number(row.below)} {row.unit}"] if row.below is not None else []
    times = ratio(row)
    theirs = f"{_number(row.theirs)} {row.unit}" if row.theirs is not None else ""
    return [
        row.work,
        f"{_number(row.ours)} {row.unit}",
        row.peer,
        theirs,
        f"{_number(times)} x" if times is not None else "",
        ", ".join(required),
        {True: "yes", False: "no", None: ""}[met(row)],
        _number(row.limit, 2),
        row.first,
        row.note,
    ]


def table(rows: list[Row], targets: bool = False) -> str:
    """A Markdown table, without the columns that no row fills, and without our own targets unless they are wanted."""
    lines = [cells(row) for row in rows]
    shown = [k for k, name in enumerate(HEADER) if targets or name not in TARGETS]
    kept = [k for k in shown if any(line[k] for line in lines)]
    text = [[HEADER[k] for k in kept], ["---"] * len(kept)] + [[line[k] for k in kept] for line in lines]
    return "\n".join("| " + " | ".join(line) + " |" for line in text)


def versions(*peers: str) -> dict[str, str]:
    """Versions of Python, of the packages that matter and of the given ones, where they are installed."""
    found = {"python": platform.python_version()}
    for name in PACKAGES + peers:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def parser(description: str) -> argparse.ArgumentParser:
    """The options that all benchmarks share."""
    options = argparse.ArgumentParser(description=description)
    options.add_argument("--repeats", type=int, default=REPEATS, help="timed calls of each work, 7 or more")
    options.add_argument("--json", type=Path, help="write rows and versions to this file too")
    return options


def publish(rows: list[Row], options: argparse.Namespace, *peers: str, text: str = "") -> None:
    """Print the table, and write the file that `run.py` asks for."""
    print("\n\n".join(part for part in (table(rows, targets=True) if rows else "", text) if part) or "nothing measured")
    if options.json:
        content = {"rows": [row._asdict() for row in rows], "versions": versions(*peers), "text": text}
        options.json.write_text(json.dumps(content, indent=1))
