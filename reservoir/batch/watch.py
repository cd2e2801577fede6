"""The caller's eye on its workers: a second clock for time limits, and deaths that the pipe to a worker does not tell.

The clock of a worker does not run where it is stopped, where a task has switched it off, or where the system does not
answer. A pipe stays open while a child of the worker lives. So the caller looks at the file of a chunk, whose time
changes with every attempt, and at the process itself; and what it ends, it ends with all of its children.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from pathlib import Path
from typing import IO

GRACE = 1.0
"""Seconds by which a worker's own clock comes first: it knows where the task was."""


def note_attempt(log: IO[str]) -> None:
    """In the worker: an attempt begins."""
    _stamp(log, time.time_ns())


def note_end(log: IO[str]) -> None:
    """In the worker: what comes now has no limit."""
    _stamp(log, 0)


def _stamp(log: IO[str], nanoseconds: int) -> None:
    with contextlib.suppress(OSError):  # the batch has ended
        os.utime(log.name, ns=(nanoseconds, nanoseconds))


class Watch:
    """How long the attempt under way in each chunk has run, by the clock of the caller."""

    def __init__(self, timeout: float | None):
        self._timeout = timeout
        self._seen: dict[Path, tuple[int, float]] = {}

    def is_late(self, log: Path) -> bool:
        """Whether the attempt that this file tells of has run too long."""
        if self._timeout is None:
            return False
        now = time.monotonic()
        try:
            began = log.stat().st_mtime_ns
        except OSError:  # not begun, or already at its end
            began = 0
        seen, since = self._seen.get(log, (0, now))
        if began != seen:
            self._seen[log] = began, now
            return False
        return began != 0 and now - since > self._timeout + GRACE

    def forget(self, log: Path) -> None:
        """The chunk has ended."""
        self._seen.pop(log, None)


def lead_group() -> None:
    """In the worker: processes that tasks start belong to it, and end with it."""
    if sys.platform != "win32":
        with contextlib.suppress(OSError):
            os.setpgid(0, 0)


def kill_group(process: int) -> None:
    """Kill a worker and what its tasks have started."""
    if sys.platform != "win32":
        with contextlib.suppress(OSError):
            if os.getpgid(process) == process:
                os.killpg(process, signal.SIGKILL)


def has_ended(process: int) -> bool:
    """Whether this child of ours has died; it is left to whoever waits for it."""
    if sys.platform in ("win32", "darwin"):
        return False
    try:
        return os.waitid(os.P_PID, process, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    except OSError:
        return False
