"""Folders for a while: gone with their process, and by the next one where that was killed.

    spiking_5f1d0c2e_k3v9x2ab/.living     locked by the process, as a part of a file is; see `whole_files`

Only what a process under this kernel left is removed, since a simulation on another machine may last for days.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator

from reservoir.whole_files import Part, kernel_token, lock, opened_to_lock

_SIGN = ".living"
_TRIES, _PAUSE = 40, 0.05  # seconds between two of them


@contextlib.contextmanager
def temporary_folder(name: str, place: str | None = None) -> Iterator[str]:
    """A new folder for this user alone, whose name begins so, in `place` or where temporary files are."""
    place, name = place or tempfile.gettempdir(), f"{name}_{kernel_token()}_"
    _clear(place, name)
    folder = tempfile.TemporaryDirectory(prefix=name, dir=place, ignore_cleanup_errors=True)
    try:
        with folder as path, Part(sign := os.path.join(path, _SIGN), 0o600) as locked:
            locked.become(sign)
            yield path
    finally:
        _remove_late_files(folder.name)


def _remove_late_files(folder: str) -> None:
    """Remove a folder into which a process that was being killed, as a compiler, wrote while it was removed."""
    for _ in range(_TRIES):
        if not os.path.lexists(folder):
            return
        time.sleep(_PAUSE)
        shutil.rmtree(folder, ignore_errors=True)


def _clear(place: str, name: str) -> None:
    """Remove the folders that killed processes of this user left."""
    with contextlib.suppress(OSError), os.scandir(place) as entries:
        for entry in entries:
            if entry.name.startswith(name) and _is_ours(entry) and _is_dead(entry.path):
                shutil.rmtree(entry.path, ignore_errors=True)


def _is_ours(entry: os.DirEntry[str]) -> bool:
    if sys.platform == "win32" or not entry.is_dir(follow_symlinks=False):
        return False
    return entry.stat(follow_symlinks=False).st_uid == os.geteuid()


def _is_dead(folder: str) -> bool:
    try:
        with opened_to_lock(os.path.join(folder, _SIGN)) as handle:
            return lock(handle) is True
    except OSError:  # not there yet, or not there any more
        return False
