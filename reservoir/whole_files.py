"""One way to write a file, whole or not at all, and one to open a file that may be anything.

    sine.model                                     the file, old or new, never half of one
    sine.model.5f1d0c2e9a4b7c61d2e3f4a5.part       what shall become the new one, under a name that nobody knows before

A part is made exclusively, in the folder of its file, so that whatever stands there under some name is harmless, and
two writers have a part each. Its writer holds a lock on it. Whoever gets that lock under the same kernel, of which the
first eight digits tell, knows that the writer is dead; elsewhere locks may not be seen, and a day of silence is needed,
by the clock of the file system. Numbers of processes and clocks of machines say nothing.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import io
import os
import platform
import re
import stat
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, TypeVar, cast

PART = ".part"
SILENCE = 24 * 3600.0
"""Seconds after which a part is that of a dead writer, where no lock tells."""

_Answer = TypeVar("_Answer")
_PATH = str | os.PathLike[str]
_TOKEN = re.compile(rf"\.([0-9a-f]{{8}})[0-9a-f]{{16}}{re.escape(PART)}")
_SHOWN = 50  # characters of a name that its parts begin with: at most 200 bytes
_MOST_LINKS = 40
_NO_LINKS = (errno.EPERM, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EMLINK)
_NO_WAITING = 0 if sys.platform == "win32" else os.O_NONBLOCK | os.O_NOCTTY  # a named pipe waits for its other end
_NOT_THROUGH_LINKS = 0 if sys.platform == "win32" else os.O_NOFOLLOW
_ACCESS = "system.posix_acl_access"


class NoRegularFileError(OSError, ValueError):
    """A pipe, a device or a socket where a file is meant."""


def open_regular(path: _PATH, buffering: int = -1) -> BinaryIO:
    """A file to read. What is no regular file is refused at once, also a pipe into which nobody writes."""
    try:
        file = open(path, "rb", buffering, opener=lambda name, flags: os.open(name, flags | _NO_WAITING))
    except OSError as error:
        if error.errno == errno.ENXIO:  # a socket
            raise _no_regular_file(path) from None
        raise
    if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        return file
    file.close()
    raise _no_regular_file(path)


def replace_file(path: _PATH, write: Callable[[BinaryIO], _Answer]) -> _Answer:
    """Write a file and flush it to the disk, or leave the old one as it was.

    A new file has the rights that any new file gets, another content of an old one the old one's: mode, group and
    access list, and its owner where the process may. Rights that cannot be kept are taken away, not given. A link stays
    a link, and the file that it leads to is written; a link of another user in a folder for all is refused, as Linux
    refuses it.
    """
    name = os.fspath(path)
    target = _followed(name)
    old = _state_of(target, name)
    try:
        with Part(target, 0o666 if old is None else 0o600) as part:
            clear_parts(os.path.dirname(target), os.fstat(part.fileno()).st_mtime, os.path.basename(target))
            answer = part.fill(write)
            if old is not None:
                _take_rights(part.fileno(), target, old)
            part.become(target, flushed=True)
    except OSError as error:
        if error.errno is None:
            raise
        raise OSError(error.errno, error.strerror, name) from None
    _flush_folder(os.path.dirname(target))
    return answer


def write_new_file(path: Path, data: bytes, mode: int) -> None:
    """A file on the disk that one writer alone makes, with these rights: FileExistsError for the others."""
    with Part(path, mode) as part:
        _write_flushed(part, data, mode)
        try:
            os.link(part.path, path)
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            with io.FileIO(path, "x") as file:  # a death leaves half of it
                _write_flushed(file, data, mode)
    _flush_folder(path.parent)


class Part(io.FileIO):
    """A file that is not whole yet; it is gone at the end of the context, if it has not become what it should."""

    def __init__(self, target: _PATH, mode: int = 0o666):
        folder, name = os.path.split(target)
        self._whole = False

        def opener(path: str, flags: int) -> int:
            return os.open(path, flags | _NOT_THROUGH_LINKS, mode)

        while True:
            self.path = os.path.join(folder, f"{name[:_SHOWN]}.{kernel_token()}{os.urandom(8).hex()}{PART}")
            super().__init__(self.path, "x+", opener=opener)
            if lock(self.fileno()) is not False and os.path.lexists(self.path):
                break  # else `clear_parts` of another writer came before the lock

    def fill(self, write: Callable[[BinaryIO], _Answer], in_memory: bool = False) -> _Answer:
        """Let `write` write it; what is small is faster put together in memory."""
        if in_memory:
            content = io.BytesIO()
            answer = write(content)
            write_all(self, content.getbuffer())
            return answer
        file = io.BufferedRandom(self)
        answer = write(cast(BinaryIO, file))
        file.detach()
        return answer

    def become(self, path: _PATH, flushed: bool = False) -> None:
        """Take this name, when all that was written has arrived; `flushed` waits for the disk."""
        if flushed:
            os.fsync(self.fileno())
        os.close(os.dup(self.fileno()))  # a network file system says here what it could not write
        if sys.platform == "win32":
            self.close()
        os.replace(self.path, path)
        self._whole = True

    def __exit__(self, *_: object) -> None:
        try:
            self.close()
        finally:
            if not self._whole:
                with contextlib.suppress(OSError):
                    os.unlink(self.path)


def write_all(file: io.FileIO, data: bytes | memoryview) -> None:
    """Write all of it, however the system cuts it."""
    view = memoryview(data)
    while view:
        view = view[file.write(view) :]


def set_mode(handle: int, mode: int) -> None:
    """Give an open file these rights, whatever the umask, where the file system has such."""
    if sys.platform != "win32":
        with contextlib.suppress(OSError):
            os.fchmod(handle, mode)


def clear_parts(folder: _PATH, now: float, name: str = "") -> None:
    """Remove what dead writers have left in a folder, of one file or of all, at this time of the file system."""
    with contextlib.suppress(OSError), os.scandir(folder or ".") as entries:
        for entry in entries:
            if entry.name.endswith(PART) and (not name or _is_part_of(name, entry.name)):
                with contextlib.suppress(OSError):
                    _clear_part(entry.path, now)


@contextlib.contextmanager
def opened_to_lock(path: _PATH) -> Iterator[int]:
    """The handle of a file that may be anything, to ask whether its writer lives."""
    handle = os.open(path, os.O_RDWR | _NO_WAITING | _NOT_THROUGH_LINKS)
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise _no_regular_file(path)
        yield handle
    finally:
        os.close(handle)


def lock(handle: int) -> bool | None:
    """Whether the lock of a file is ours now; None where there are no locks."""
    if sys.platform == "win32":
        return None
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def kernel() -> bytes:
    """The same for all containers of a machine, another one after its next start."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_bytes()
    except OSError:
        return platform.node().encode()


@functools.cache
def kernel_token() -> str:
    """Eight digits that tell the kernel, for names."""
    return f"{zlib.crc32(kernel()):08x}"


def _is_part_of(name: str, part: str) -> bool:
    return part.startswith(name[:_SHOWN]) and _TOKEN.fullmatch(part, len(name[:_SHOWN])) is not None


def _clear_part(path: str, now: float) -> None:
    with opened_to_lock(path) as handle:
        free, token = lock(handle), _TOKEN.search(path)
        dead = free and token is not None and token[1] == kernel_token()
        if dead or (free is not False and now - os.fstat(handle).st_mtime > SILENCE):
            os.unlink(path)


def _followed(path: str) -> str:
    """The file that a name leads to; the system's own rule for links of strangers knows no `realpath`."""
    if path.endswith((os.sep, os.altsep or os.sep)):
        raise _is_a_folder(path)
    place = path
    for _ in range(_MOST_LINKS):
        if not os.path.islink(place):
            break
        folder = os.path.dirname(place) or "."
        above = os.stat(folder)
        for_all = above.st_mode & stat.S_ISVTX and above.st_mode & stat.S_IWOTH
        if for_all and os.lstat(place).st_uid not in (_user(), above.st_uid):
            raise PermissionError(errno.EACCES, "A link of another user in a folder for all", path)
        place = os.path.join(folder, os.readlink(place))
    return os.path.realpath(place)


def _user() -> int:
    return 0 if sys.platform == "win32" else os.geteuid()


def _state_of(path: str, name: str) -> os.stat_result | None:
    """The state of a regular file, None where there is nothing; errors with that name for all else."""
    try:
        state = os.stat(path)
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(state.st_mode):
        raise _is_a_folder(name)
    if not stat.S_ISREG(state.st_mode):
        raise _no_regular_file(name)
    return state


def _is_a_folder(path: str) -> IsADirectoryError:
    return IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)


def _no_regular_file(path: _PATH) -> NoRegularFileError:
    return NoRegularFileError(errno.EINVAL, "This is no regular file but a pipe, a device or a socket", os.fspath(path))


def _take_rights(handle: int, path: str, old: os.stat_result) -> None:
    """Owner, group, access list and mode of an old file; those who would get more than they had get less."""
    if sys.platform == "win32":
        return
    mode = stat.S_IMODE(old.st_mode) & 0o777
    for owner, group in ((old.st_uid, -1), (-1, old.st_gid)):
        with contextlib.suppress(OSError):
            os.fchown(handle, owner, group)
    kept = os.fstat(handle).st_gid == old.st_gid
    if sys.platform == "linux":
        kept = _take_access_list(handle, path) and kept
    if not kept:
        mode &= ~0o070 | (mode & 0o007) << 3
    set_mode(handle, mode)


def _take_access_list(handle: int, path: str) -> bool:
    """Whether the list is that of the old file now, or there is none."""
    if sys.platform != "linux":
        return True
    try:
        listed = os.getxattr(path, _ACCESS)
    except OSError:  # none: nor may there be one that the folder gave
        with contextlib.suppress(OSError):
            os.removexattr(handle, _ACCESS)
        return True
    try:
        os.setxattr(handle, _ACCESS, listed)
    except OSError:
        return False
    return True


def _write_flushed(file: io.FileIO, data: bytes, mode: int) -> None:
    set_mode(file.fileno(), mode)
    write_all(file, data)
    os.fsync(file.fileno())


def _flush_folder(folder: _PATH) -> None:
    with contextlib.suppress(OSError):  # where folders cannot be flushed
        handle = os.open(folder or ".", os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
