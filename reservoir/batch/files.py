"""Files of a store: written whole or not at all, read with care, with the rights that the store's folder gives."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import stat
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, TypeAlias, cast

PART = ".part"
_NO_WAITING = 0 if os.name == "nt" else os.O_NONBLOCK  # else the opening of a named pipe waits for a writer
_SMALL = 1 << 20
_NO_LINKS = (errno.EPERM, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EMLINK)

Writer: TypeAlias = Callable[[BinaryIO], int]
"""Writes a file, and says how many bytes that are."""


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


@contextlib.contextmanager
def opened(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """A file to read; a small one is read at once. Refuses pipes and devices."""
    handle = os.open(path, os.O_RDONLY | _NO_WAITING)
    with open(handle, "rb", buffering=0) as file:
        state = os.fstat(handle)
        if not stat.S_ISREG(state.st_mode):
            raise StoreError(f"'{path}' is no regular file: remove it from the store.")
        yield cast(BinaryIO, file) if state.st_size > _SMALL else io.BytesIO(file.read(_SMALL) or b"")


def make_folder(path: Path, mode: int) -> None:
    """A folder with the rights of the store's, if it is not there yet."""
    try:
        os.mkdir(path)
    except FileExistsError:
        return
    with contextlib.suppress(OSError):  # a file system without rights
        os.chmod(path, mode & 0o2777)


def write_part(path: str, write: Writer, mode: int, large: bool = False, flushed: bool = False) -> int:
    """A new file of what `write` writes, and how many bytes that is; a small one is put together in memory."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        if os.name != "nt":
            with contextlib.suppress(OSError):  # a file system without rights
                os.fchmod(handle, mode & 0o666)
        if large:
            with open(handle, "r+b", closefd=False) as file:
                size = write(cast(BinaryIO, file))
        else:
            content = io.BytesIO()
            size = write(content)
            view = content.getbuffer()
            while view:
                view = view[os.write(handle, view) :]
        if flushed:
            os.fsync(handle)
        return size
    finally:
        os.close(handle)


@contextlib.contextmanager
def part_file(path: Path) -> Iterator[str]:
    """A name beside that one for a file which is not whole yet; gone if it does not become so."""
    part = f"{path}.{uuid.uuid4().hex[:12]}{PART}"
    try:
        yield part
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(part)
        raise


def write_file(path: Path, data: bytes, mode: int) -> None:
    """All of the data under this name, or nothing."""
    with part_file(path) as part:
        write_part(part, lambda file: file.write(data), mode)
        os.replace(part, path)


def write_new_file(path: Path, data: bytes, mode: int) -> None:
    """The same, on the disk when this returns, and for one caller only: FileExistsError for the others."""
    with part_file(path) as part:
        write_part(part, lambda file: file.write(data), mode, flushed=True)
        try:
            os.link(part, path)
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            write_part(str(path), lambda file: file.write(data), mode, flushed=True)
        os.unlink(part)
    with contextlib.suppress(OSError):  # where folders cannot be flushed
        handle = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
