"""The store of a batch: a folder with one small file per finished task, which no crash can leave half-written.

    store/batch.json                        the batch seed, for which all files stand, and the versions
    store/3f/3f09...-2a7.done               result of the task 3f09..., 0x2a7 bytes long
    store/3f/3f5c...-51b.failed             error and traceback of a task
    store/running/<batch>/<chunk>           what a worker has begun; gone when it has ended

A file is written under a name that ends in ".part", in the same folder, and then renamed. The name tells task, length
and kind, so that what is finished is known from the listing alone; the content is checked when it is read. Other names
mean nothing. Folders and files get the rights of the store's folder.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import platform
import re
import stat
import uuid
import warnings
from pathlib import Path

from reservoir.batch.claim import Claim
from reservoir.batch.files import explained, make_folder, opened
from reservoir.batch.manifest import agree_on_seed
from reservoir.batch.records import DamagedRecordError, Record, packed, read_record
from reservoir.whole_files import Part, clear_parts, set_mode

_LARGE = 1 << 20
_DIGITS = "0123456789abcdef"
_FOLDER = re.compile("[0-9a-f]{2}")
_RESULT = re.compile(r"([0-9a-f]{32})-([0-9a-f]{1,16})\.(done|failed)")

Found = dict[str, dict[str, str]]
"""Paths of tasks by their state and identity."""


class Store:
    """The folder of a batch; workers hold one too."""

    def __init__(self, folder: str | os.PathLike[str]):
        self.folder = Path(folder).absolute()
        self._seed, self._mode = 0, 0o777

    def open(self, seed: int) -> None:
        """Make the folder, or check that it was made for the same seed."""
        with explained(f"The store '{self.folder}' cannot be opened"):
            self.folder.mkdir(parents=True, exist_ok=True)
            self._seed, self._mode = seed, stat.S_IMODE(self.folder.stat().st_mode)
            agree_on_seed(self.folder, seed, self._mode, self._recorded_seed)

    def begin(self, batch: str) -> Claim:
        """Make the folders for results, and say how a batch under way is told; see `Claim`."""
        with explained(f"A batch cannot begin in the store '{self.folder}'"):
            for first, second in itertools.product(_DIGITS, _DIGITS):
                make_folder(self.folder / (first + second), self._mode)
        return Claim(self.folder / "running", batch, self._mode)

    def clear(self, now: float) -> None:
        """Remove the parts of files that dead writers left, at this time of the file system."""
        with contextlib.suppress(OSError), os.scandir(self.folder) as entries:
            for entry in entries:
                if entry.is_dir() and _FOLDER.fullmatch(entry.name):
                    clear_parts(entry.path, now)
        clear_parts(self.folder, now)

    def write(self, identity: str, record: Record, kind: str) -> None:
        """Store a task as "done" or "failed"; a failure never hides a result."""
        path = self.folder / identity[:2] / identity
        content = packed(record._replace(run={**record.run, "seed": self._seed}))
        with explained("The result of a task cannot be written"), Part(path) as part:
            set_mode(part.fileno(), self._mode & 0o666)
            size = part.fill(content.write, in_memory=content.n_bytes() <= _LARGE)
            part.become(f"{path}-{size:x}.{kind}")

    def scan(self) -> Found:
        """{"done": {identity: path}, "failed": {identity: path}} of all complete files."""
        found: Found = {"done": {}, "failed": {}}
        with explained("The store cannot be read"):
            with os.scandir(self.folder) as entries:
                folders = [entry.path for entry in entries if _FOLDER.fullmatch(entry.name)]
            for folder in folders:
                _scan_folder(folder, found)
        for identity in found["done"]:
            found["failed"].pop(identity, None)
        return found

    def find(self, identity: str) -> str | None:
        """Path of a task's file, "done" before "failed"."""
        found: Found = {"done": {}, "failed": {}}
        _scan_folder(str(self.folder / identity[:2]), found, identity)
        return found["done"].get(identity) or found["failed"].get(identity)

    def read(self, path: str) -> Record | None:
        """The record of a file; one that is damaged is set aside, and its task is unfinished again."""
        with explained("A result cannot be read"):
            try:
                with opened(path) as file:
                    return read_record(file)
            except DamagedRecordError as error:
                _set_aside(path, error)
            except FileNotFoundError:
                pass
        return None

    def forget_failure(self, path: str) -> None:
        """Remove the record of a failure, before its task is tried again."""
        with explained("The error of an earlier call cannot be removed"):
            Path(path).unlink(missing_ok=True)

    def log_of(self, batch: str, chunk: int) -> Path:
        """The file that a worker makes when it begins a chunk; the caller removes it when the chunk has ended."""
        return self.folder / "running" / batch / str(chunk)

    def _recorded_seed(self) -> tuple[bool, int | None]:
        found = self.scan()
        paths = [*found["done"].values(), *found["failed"].values()]
        for path in paths:
            with contextlib.suppress(DamagedRecordError, OSError):
                with opened(path) as file:
                    seed = read_record(file).run.get("seed")
                if seed is not None:
                    return True, seed
        return bool(paths), None


def new_batch_name() -> str:
    """Host, process and a random part."""
    return f"{platform.node()}-{os.getpid()}-{uuid.uuid4().hex[:12]}"


def _scan_folder(folder: str, found: Found, prefix: str = "") -> None:
    with contextlib.suppress(FileNotFoundError, NotADirectoryError), os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            name = _RESULT.fullmatch(entry.name)
            if name is None or not entry.name.startswith(prefix):
                continue
            identity, length, kind = name.groups()
            with contextlib.suppress(OSError):
                state = entry.stat()
                if stat.S_ISREG(state.st_mode) and state.st_size == int(length, 16):
                    found[kind].setdefault(identity, entry.path)


def _set_aside(path: str, error: DamagedRecordError) -> None:
    """Give a damaged file a name that means nothing, where that may be done, and say so."""
    kept = "stays there, and its task counts as unfinished"
    with contextlib.suppress(OSError):
        os.replace(path, f"{path}.damaged")
        kept = "is kept under a name with '.damaged' behind it, and the next call of run_batch runs its task"
    warnings.warn(f"The file '{path}' is no result ({error}): it {kept}.", RuntimeWarning, stacklevel=4)
