"""The folder of a batch under way, which tells other callers of the store that its caller lives.

    store/running/<host>-<process>-<random>/caller      locked by the caller, who touches it every half minute

Numbers of processes say nothing: containers of one machine count their own. Whoever gets the lock knows that the
caller is dead, if both run under one kernel; elsewhere locks may not be seen, and an hour of silence is needed, by the
clock of the file system.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import time
from pathlib import Path
from typing import IO

from reservoir.batch.files import StoreError, explained, make_folder
from reservoir.whole_files import kernel, lock, opened_to_lock, set_mode

SILENCE = 3600.0
_BEAT = 30.0
_NAME = re.compile(r".+-\d+-[0-9a-f]{12}")
_TRIES = 50


class Claim:
    """A batch under way; a context that ends with it."""

    def __init__(self, running: Path, name: str, mode: int):
        self.folder, self._mode = running / name, mode
        self._beaten = time.monotonic()
        self._sign: IO[bytes]
        self.now = 0.0  # by the clock of the file system, when it began

    def __enter__(self) -> Claim:
        with explained("A batch cannot begin in the store"):
            make_folder(self.folder.parent, self._mode)
            os.mkdir(self.folder)
            self._sign = open(self.folder / "caller", "xb", buffering=0)
            set_mode(self._sign.fileno(), self._mode & 0o666)
            if self._locked():
                self._sign.write(kernel())
            self.now = os.fstat(self._sign.fileno()).st_mtime
        for other in self.folder.parent.iterdir():
            if _NAME.fullmatch(other.name) and other != self.folder and _is_dead(other, self.now):
                shutil.rmtree(other, ignore_errors=True)
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        self._sign.close()

    def renew(self) -> None:
        """Say that the caller lives, when that was half a minute ago."""
        if time.monotonic() - self._beaten > _BEAT:
            self.check()
            self._beaten = time.monotonic()
            with contextlib.suppress(OSError):
                os.utime(self.folder / "caller")

    def check(self) -> None:
        """Raise a StoreError if the folder is gone, without which no worker begins a task."""
        if not self.folder.is_dir():
            gone = "was removed while the batch ran, by hand or by another caller"
            raise StoreError(f"The folder '{self.folder}' {gone}: make the same call again, what is done stays.")

    def _locked(self) -> bool:
        for _ in range(_TRIES):  # another caller may look at this moment
            state = lock(self._sign.fileno())
            if state is not False:
                return bool(state)
            time.sleep(0.01)
        return False


def _is_dead(folder: Path, now: float) -> bool:
    try:
        with opened_to_lock(folder / "caller") as handle:
            free = lock(handle)
            if free and os.read(handle, 256) == kernel():
                return True
            return free is not False and now - os.fstat(handle).st_mtime > SILENCE
    except FileNotFoundError:
        with contextlib.suppress(OSError):
            return now - folder.stat().st_mtime > SILENCE
        return False
    except OSError:
        return False
