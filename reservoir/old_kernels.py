"""Which kept kernels go: those of code, types and processors that nobody has used for long.

A kernel's name is a digest, so that an edit, an upgrade or another processor makes another file and leaves the old one.
Whether anybody still needs that cannot be told from here: other versions, environments and machines share the folder.
So the time of its last use decides. A kernel that is read is marked once a day; one that was not used for 90 days goes,
and beyond 1 GiB those that were used longest ago, but none of the last seven days. One that goes too early is compiled
anew.
"""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Iterable
from pathlib import Path

_DAY = 86_400.0
_FORGOTTEN = 90 * _DAY
_IN_USE = 7 * _DAY
_ROOM = 1 << 30
_KERNEL = re.compile(r".+-[0-9a-f]{32}\.nbc")  # and none of Numba's own files, which may stand beside


def mark_use(path: Path, status: os.stat_result) -> None:
    """Say that a kernel is in use, where the folder lets us."""
    if time.time() - _last_use(status) > _DAY:
        with contextlib.suppress(OSError):
            os.utime(path)


def remove_old(files: Iterable[Path], now: float) -> None:
    """Remove old kernels among the files of some folders; `now` is the time by the clock of their file system."""
    found = []
    for path in files:
        if _KERNEL.fullmatch(path.name):
            with contextlib.suppress(OSError):  # gone in between
                status = path.lstat()
                found.append((_last_use(status), status.st_size, path))
    total = 0
    for used, size, path in sorted(found, reverse=True):
        total, age = total + size, now - used
        if age > _FORGOTTEN or (total > _ROOM and age > _IN_USE):
            with contextlib.suppress(OSError):
                path.unlink()


def _last_use(status: os.stat_result) -> float:
    return max(status.st_mtime, status.st_atime)
