"""Files of a store: written whole or not at all, read with care, with the rights that the store's folder gives."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import uuid
from collections.abc import Iterator
from pathlib import Path

PART = ".part"
_NO_WAITING = 0 if os.name == "nt" else os.O_NONBLOCK  # else the opening of a named pipe waits for a writer
_NO_LINKS = (errno.EPERM, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EMLINK)


class StoreError(OSError, ValueError):
    """What is wrong with a store, in which file, and what helps."""


@contextlib.contextmanager
def explained(what: str) -> Iterator[None]:
    """Errors of the operating system as a StoreError that says what could not be done, where, and what helps."""
    try:
        yield
    except StoreError:
        raise
    except PermissionError as error:
        text = "this user may not. Users who share a store need a folder of their group, see docs/batches.md"
        raise StoreError(error.errno, f"{what}: {text}", error.filename) from None
    except OSError as error:
        raise StoreError(error.errno, f"{what}: {error.strerror}", error.filename) from None


def read_file(path: str | os.PathLike[str], most: int | None = None) -> bytes:
    """The bytes of a file, or so many at most; refuses pipes and devices."""
    handle = os.open(path, os.O_RDONLY | _NO_WAITING)
    try:
        state = os.fstat(handle)
        if not stat.S_ISREG(state.st_mode):
            raise StoreError(f"'{path}' is no regular file: remove it from the store.")
        with open(handle, "rb", buffering=0, closefd=False) as file:
            return file.read(-1 if most is None else most) or b""
    finally:
        os.close(handle)


def make_folder(path: Path, mode: int) -> None:
    """A folder with the rights of the store's, if it is not there yet."""
    try:
        os.mkdir(path)
    except FileExistsError:
        return
    with contextlib.suppress(OSError):  # a file system without rights
        os.chmod(path, mode & 0o2777)


def write_file(path: Path, data: bytes, mode: int) -> None:
    """All of the data under this name, or nothing."""
    with _written(path, data, mode) as part:
        os.replace(part, path)


def write_new_file(path: Path, data: bytes, mode: int) -> None:
    """The same, on the disk when this returns, and for one caller only: FileExistsError for the others."""
    with _written(path, data, mode, flushed=True) as part:
        try:
            os.link(part, path)
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            _write(str(path), data, mode, flushed=True)
        os.unlink(part)
    with contextlib.suppress(OSError):  # where folders cannot be flushed
        handle = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextlib.contextmanager
def _written(path: Path, data: bytes, mode: int, flushed: bool = False) -> Iterator[str]:
    """A file beside that one, for the time in which it gets its name."""
    part = f"{path}.{uuid.uuid4().hex[:12]}{PART}"
    try:
        _write(part, data, mode, flushed)
        yield part
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(part)
        raise


def _write(path: str, data: bytes, mode: int, flushed: bool) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        if os.name != "nt":
            with contextlib.suppress(OSError):  # a file system without rights
                os.fchmod(handle, mode & 0o666)
        view = memoryview(data)
        while view:
            view = view[os.write(handle, view) :]
        if flushed:
            os.fsync(handle)
    finally:
        os.close(handle)
