"""The only file that imports Brian2, and only when a simulation is wanted."""

from __future__ import annotations

import atexit
import logging
import os
import signal
import subprocess
import sys
import tempfile
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache, partial
from importlib import import_module
from types import ModuleType
from typing import Any

import numpy as np

from reservoir.temporary_folders import temporary_folder
from spiking.circuit_text import Answer, CircuitText, Trial
from spiking.side_by_side import SideBySide

_busy = threading.Lock()


def engine() -> ModuleType:
    """Brian2, imported once, in the main thread, without its side effects on the rest of the program.

    The import of Brian2 replaces ``sys.excepthook``, which would put its bug-report text behind every uncaught error
    of the user's own script, sends all warnings to its own log, answers Ctrl-C itself, and opens a file for its log and
    a copy of the script. All of that is put back or removed.

    Raises RuntimeError outside the main thread, where Brian2 cannot be imported.
    """
    if "brian2" in sys.modules:
        return sys.modules["brian2"]
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError(
            "Brian2 must be imported in the main thread: simulate in a thread inside 'with spiking.own_process():', or "
            "call spiking.warm_up() before threads start; give Dask workers --preload brian2."
        )
    with _quiet():
        hook, interrupt, shown = sys.excepthook, signal.getsignal(signal.SIGINT), warnings.showwarning
        try:
            import brian2
        finally:
            sys.excepthook = hook
            signal.signal(signal.SIGINT, interrupt)
            if warnings.showwarning is not shown:
                logging.captureWarnings(False)
    brian2.prefs.logging.file_log = False
    _remove_files(brian2.BrianLogger)
    return brian2


def load() -> None:
    """Import Brian2, where the answer of `engine` cannot be sent."""
    engine()


def _remove_files(log: Any) -> None:
    """Close and remove the files that Brian2 has opened while it was imported."""
    if log.file_handler is not None:
        logging.getLogger("brian2").removeHandler(log.file_handler)
        log.file_handler.close()
    for path in (log.tmp_log, log.tmp_script):
        if path is not None and os.path.exists(path):
            os.remove(path)
    log.file_handler = log.tmp_log = log.tmp_script = None


def run_trials(
    network: CircuitText,
    trials: list[Trial],
    codegen: str,
    seed: int,
    voltages: bool,
    report: Callable[..., Any] | None = None,
) -> list[Answer]:
    """All trials side by side, as unconnected parts of one network.

    Unless it runs as a program of its own, Brian2 calls `report` about every second, see `SideBySide.run`.

    Raises RuntimeError where another simulation is under way: in threads Brian2 gives wrong spikes without a word.
    """
    if not _busy.acquire(blocking=False):
        raise RuntimeError(
            "Another Brian2 simulation is under way in this process, where two would disturb one another without an "
            "error: run them one after the other, or each thread's inside 'with spiking.own_process():'."
        )
    try:
        brian2 = engine()
        with _quiet(), _settings(brian2, codegen), _device(brian2, codegen) as build:
            report = None if codegen == "standalone" else report
            return SideBySide(brian2, network, trials, seed, voltages).run(build, report)
    finally:
        _busy.release()


@contextmanager
def _quiet() -> Iterator[None]:
    """Leave out that Brian2 calls pyparsing by old names, which where warnings are errors would end a simulation."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*deprecated(, | - )use", DeprecationWarning)
        yield


@contextmanager
def _settings(brian2: ModuleType, codegen: str) -> Iterator[None]:
    """Brian2 as a simulation needs it; its settings and the random numbers of the program are put back.

    An interrupt ends a simulation: Brian2 by itself stops where it is and returns as if all were done.
    """
    runtime, stop = brian2.devices.all_devices["runtime"], "core.stop_on_keyboard_interrupt"
    target = "numpy" if codegen == "standalone" else codegen
    wanted = {"codegen.target": target, "core.default_float_dtype": np.float64, stop: False}
    if target == "cython":
        wanted["codegen.runtime.cython.cache_dir"] = _cython_folder(brian2)
    before = {name: brian2.prefs[name] for name in wanted}
    random = runtime.get_random_state()
    try:
        for name, value in wanted.items():
            brian2.prefs[name] = value
        yield
    finally:
        for name, value in before.items():
            brian2.prefs[name] = value
        runtime.set_random_state(random)
        _forget_pointers(brian2.codegen.translation.make_statements)
        brian2.std_silent.close()  # files with what compilers have said
        brian2.std_silent.dest_stdout = brian2.std_silent.dest_stderr = None


def _cython_folder(brian2: ModuleType) -> str:
    """Where Cython keeps what it compiles: where Brian2 says, or, if no file can be made there, beside this process."""
    manager = import_module(f"{brian2.__name__}.codegen.runtime.cython_rt.extension_manager")
    folder = os.path.expanduser(manager.get_cython_cache_dir() or "")
    try:
        if os.path.isabs(folder):
            os.makedirs(folder, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                return folder
    except OSError:
        pass
    return _folder_of_this_process(folder)


@cache
def _folder_of_this_process(instead_of: str) -> str:
    warnings.warn(
        f"What Cython compiles is not kept, since '{instead_of}' takes no file: name a folder of your own in the "
        "environment variable CYTHON_CACHE_DIR.", RuntimeWarning, stacklevel=2,
    )  # fmt: skip
    kept = ExitStack()
    atexit.register(kept.close)
    return kept.enter_context(temporary_folder("spiking"))


def _forget_pointers(cached: Any) -> None:
    """Remove what Brian2 keeps under a pointer to one simulation, as it does since 2.10: it grows, and never helps."""
    known = getattr(cached, "_cache", {})
    for key in list(known):
        if any(isinstance(part, frozenset) and "_queue_capsule" in dict(part) for part in key):
            del known[key]


@contextmanager
def _device(brian2: ModuleType, codegen: str) -> Iterator[Callable[[], None]]:
    """The device of a simulation, and what to call when all has been said: nothing, or to build and run the program.

    A C++ program stands in a folder of its own, which is removed with it; by the next one, where the process is killed.
    """
    if codegen != "standalone":
        with _switched(brian2, "runtime"):
            yield lambda: None
        return
    with (
        temporary_folder("spiking") as folder,
        _switched(brian2, "cpp_standalone", build_on_run=False),
    ):
        yield partial(_build, brian2.get_device(), folder)


@contextmanager
def _switched(brian2: ModuleType, name: str, **options: Any) -> Iterator[None]:
    """Another device for a while, whatever the program itself has chosen."""
    brian2.set_device(name, **options)
    try:
        yield
    finally:
        if name != "runtime":
            brian2.get_device().reinit()
        brian2.devices.reset_device()


def _build(device: Any, folder: str) -> None:
    """Write, compile and run the program; Brian2's own call of the compiler would not hear an interrupt."""
    ours = os.name != "nt"
    device.build(directory=folder, compile=not ours, run=False, with_output=False)
    if ours:
        made = subprocess.run(["make", f"-j{os.cpu_count() or 1}"], cwd=folder, capture_output=True, text=True)
        if made.returncode:
            raise RuntimeError(f"The C++ program of Brian2 does not compile: {made.stderr[-2000:]}")
    device.run(folder, with_output=False)
