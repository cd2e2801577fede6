"""Folders and files of a store: read with care, with the rights that the store's folder gives, one error."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from reservoir.whole_files import NoRegularFileError, open_regular

_SMALL = 1 << 20


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
    try:
        file = open_regular(path, buffering=0)
    except NoRegularFileError:
        raise StoreError(f"'{path}' is no regular file: remove it from the store.") from None
    with file:
        yield file if os.fstat(file.fileno()).st_size > _SMALL else io.BytesIO(file.read(_SMALL) or b"")


def make_folder(path: Path, mode: int) -> None:
    """A folder with the rights of the store's, if it is not there yet."""
    try:
        os.mkdir(path)
    except FileExistsError:
        return
    with contextlib.suppress(OSError):  # a file system without rights
        os.chmod(path, mode & 0o2777)


def text_of_log(path: Path) -> str | None:
    """What the process that died at a chunk has left, None where there is no such file."""
    try:
        with opened(path) as file:
            return str(file.read(_SMALL), "utf-8", "replace")
    except FileNotFoundError:
        return None
