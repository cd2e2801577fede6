"""The store of a batch: a folder with one small file per finished task, which no crash can leave half-written.

    store/batch.json                        the batch seed, for which all files stand, and the versions
    store/3f/3f09...-2a7.done               result of the task 3f09..., 0x2a7 bytes long
    store/3f/3f5c...-51b.failed             error and traceback of a task
    store/running/<batch>/<chunk>           what a worker has begun; gone when it has ended

A file is written under a name that ends in ".part", in the same folder, and then renamed. The name tells task, length
and kind, so that what is finished is known from the listing alone; the content is checked when it is read.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import platform
import shutil
import time
import uuid
from pathlib import Path

import numpy as np

from reservoir.batch.records import DamagedRecordError, Record, decode, encode

_OLD_PART = 3600.0
_DIGITS = "0123456789abcdef"


class StoreError(OSError):
    """A result that cannot be written, as on a full disk."""


class Store:
    """The folder of a batch; workers hold one too."""

    def __init__(self, folder: str | os.PathLike[str]):
        self.folder = Path(folder).absolute()

    def open(self, seed: int) -> None:
        """Make the folder, or check that it was made for the same seed."""
        self.folder.mkdir(parents=True, exist_ok=True)
        manifest = self.folder / "batch.json"
        try:
            found = json.loads(manifest.read_text())
        except FileNotFoundError:
            if any(self.folder.iterdir()):
                raise ValueError(f"The store '{self.folder}' is a folder with other files: name a new one.") from None
            versions = {"python": platform.python_version(), "numpy": np.__version__, "platform": platform.platform()}
            found = {"format": 1, "seed": seed, **versions}
            _write_whole(manifest, json.dumps(found, indent=1).encode())
        if found["seed"] != seed:
            raise ValueError(
                f"The store '{self.folder}' holds results for seed={found['seed']}, not {seed}: take another store."
            )
        for first, second in itertools.product(_DIGITS, _DIGITS):
            (self.folder / (first + second)).mkdir(exist_ok=True)

    def write(self, identity: str, record: Record, kind: str) -> None:
        """Store a task as "done" or "failed"; a failure never hides a result."""
        data = encode(record)
        path = self.folder / identity[:2] / f"{identity}-{len(data):x}.{kind}"
        try:
            _write_whole(path, data)
        except OSError as error:
            raise StoreError(
                error.errno, f"The result of a task cannot be written: {error.strerror}", str(path)
            ) from None

    def scan(self) -> dict[str, dict[str, str]]:
        """{"done": {identity: path}, "failed": {identity: path}} of all complete files; old parts are removed."""
        found: dict[str, dict[str, str]] = {"done": {}, "failed": {}}
        with os.scandir(self.folder) as entries:
            folders = [entry.path for entry in entries if len(entry.name) == 2]
        for folder in folders:
            self._scan_folder(folder, found)
        for identity in found["done"]:
            found["failed"].pop(identity, None)
        return found

    def find(self, identity: str) -> str | None:
        """Path of a task's file, "done" before "failed"."""
        found: dict[str, dict[str, str]] = {"done": {}, "failed": {}}
        self._scan_folder(str(self.folder / identity[:2]), found, identity)
        return found["done"].get(identity) or found["failed"].get(identity)

    @staticmethod
    def _scan_folder(folder: str, found: dict[str, dict[str, str]], prefix: str = "") -> None:
        with os.scandir(folder) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                stem, _, kind = entry.name.rpartition(".")
                identity, _, length = stem.partition("-")
                if kind == "part":
                    _remove_old(entry)
                elif kind in found and identity.startswith(prefix):
                    with contextlib.suppress(OSError, ValueError):
                        if entry.stat().st_size == int(length, 16):
                            found[kind].setdefault(identity, entry.path)

    def read(self, path: str) -> Record | None:
        """The record of a file; one that is damaged is removed, and its task is unfinished again."""
        try:
            return decode(Path(path).read_bytes())
        except DamagedRecordError:
            Path(path).unlink(missing_ok=True)
        except FileNotFoundError:
            pass
        return None

    def forget_failure(self, path: str) -> None:
        """Remove the record of a failure, before its task is tried again."""
        Path(path).unlink(missing_ok=True)

    def begin(self, batch: str) -> None:
        """Make the folder for what the workers of a batch have begun, and remove those of dead batches of this host."""
        running = self.folder / "running"
        running.mkdir(exist_ok=True)
        for folder in running.iterdir():
            host, process, _ = folder.name.rsplit("-", 2)
            if host == platform.node() and not _is_alive(int(process)):
                shutil.rmtree(folder, ignore_errors=True)
        (running / batch).mkdir()

    def log_of(self, batch: str, chunk: int) -> Path:
        """The file that a worker makes when it begins a chunk; the caller removes it when the chunk has ended."""
        return self.folder / "running" / batch / str(chunk)

    def end(self, batch: str) -> None:
        """Remove that folder: workers that are still at it stop before their next task."""
        shutil.rmtree(self.folder / "running" / batch, ignore_errors=True)


def new_batch_name() -> str:
    """Host, process and a random part."""
    return f"{platform.node()}-{os.getpid()}-{uuid.uuid4().hex[:12]}"


def _write_whole(path: Path, data: bytes) -> None:
    """All of the data under this name, or nothing."""
    part = f"{path}.{uuid.uuid4().hex[:12]}.part"
    try:
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(handle, view) :]
        finally:
            os.close(handle)
        os.replace(part, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(part)
        raise


def _remove_old(entry: os.DirEntry[str]) -> None:
    """Remove what a writer that was killed has left; a living one needs less than a second."""
    with contextlib.suppress(OSError):
        if time.time() - entry.stat().st_mtime > _OLD_PART:
            os.unlink(entry.path)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
