"""The only file that imports Brian2, and only when a simulation is wanted."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from reservoir.systems.recording import Wanted
from spiking import surroundings
from spiking.circuit_text import Answer, CircuitText, Trial
from spiking.equation_reading import Reading, Words, read_words
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
    with surroundings.quiet():
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


def read_equations(words: Words) -> Reading:
    """What Brian2 makes of the texts of a user.

    Raises RuntimeError where a simulation is under way in another thread, ValueError for texts that it refuses.
    """
    with alone() as brian2, surroundings.settings(brian2, "numpy", {}), surroundings.device(brian2, "numpy", ""):
        return read_words(brian2, words)


def machine_preferences() -> dict[str, Any]:
    """What this program has told Brian2 of the machine, where it has loaded it."""
    return surroundings.machine_preferences(sys.modules["brian2"]) if "brian2" in sys.modules else {}


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
    wanted: Wanted,
    report: Callable[..., Any] | None = None,
    folder: str = "",
    machine: dict[str, Any] | None = None,
) -> list[Answer]:
    """All trials side by side, as unconnected parts of one network.

    Unless it runs as a program of its own, in `folder`, Brian2 calls `report` about every second, see `SideBySide.run`.
    `machine` holds the preferences of a process that asks this one, see `machine_preferences`.

    Raises RuntimeError where another simulation is under way: in threads Brian2 gives wrong spikes without a word.
    """
    with (
        alone() as brian2,
        surroundings.settings(brian2, codegen, machine or {}),
        surroundings.device(brian2, codegen, folder) as build,
    ):
        return SideBySide(brian2, network, trials, seed, wanted).run(build, report)


@contextmanager
def alone() -> Iterator[ModuleType]:
    """Brian2, for one thread of the process at a time."""
    if not _busy.acquire(blocking=False):
        raise RuntimeError(
            "Another Brian2 simulation is under way in this process, where two would disturb one another without an "
            "error: run them one after the other, or each thread's inside 'with spiking.own_process():'."
        )
    try:
        brian2 = engine()
        with surroundings.quiet():
            yield brian2
    finally:
        _busy.release()
