"""Where compiled kernels stay between processes: a cache that only costs time where it fails.

Numba's own cache ends `import` where no folder can be written, and a call where a file of it is damaged or a disk is
full. Here a kernel is one file, whose name carries a digest of its code, of the types and of the processor, and which
begins with a digest of its content. It is looked for, and kept in the first of these that takes it:

1. the folder that ``NUMBA_CACHE_DIR`` names,
2. ``__pycache__`` beside the code,
3. the user's folder of caches,
4. a folder of the user alone, mode 0700, in the folder of temporary files.

A kernel is code. So nothing is read from, or written to, a folder outside the package in which somebody else than the
user and root can write. What goes wrong is said once in a process, by one warning; then the kernel is compiled anew.
What nobody has used for long is removed, see `old_kernels`.
"""

from __future__ import annotations

import hashlib
import logging
import os
import stat
import sys
import tempfile
import time
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType
from typing import Any, NamedTuple

import numba
from numba.cloudpickle import loads
from numba.core import event
from numba.core.caching import NullCache
from numba.core.compiler import CompileResult
from numba.core.serialize import dumps
from numba.misc.appdirs import AppDirs

from reservoir.old_kernels import mark_use, remove_old
from reservoir.whole_files import Part, clear_parts, write_all

_TELL_AFTER = 1.0
"""Seconds after which a compilation is told in the log."""

_log = logging.getLogger("reservoir")
_warned = False
_tidied: set[Path] = set()


class Place(NamedTuple):
    """A folder for kernels, and whose it is: "chosen", "package", "user" or "temporary"."""

    kind: str
    folder: Path


class KernelCache(NullCache):
    """What a dispatcher of Numba asks for a compiled function, and gives one to.

    It keeps a function for types of its own package, since it does not know the code of others; for `any_types` only
    where the name of the function says what that code is.
    """

    def __init__(self, function: FunctionType, any_types: bool = False):
        self._any_types = any_types
        self._function, self._file = function, str(function.__globals__.get("__file__", ""))
        self._source = source_digest(self._file) if self._file else None

    @property
    def cache_path(self) -> str | None:
        """The folder where kernels would be kept now, or None."""
        good = (place.folder for place in self._places() if not _objection(place) and _takes_files(place.folder))
        return next(map(str, good), None)

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """The function compiled for these types, or None."""
        target_context.refresh()
        name, found = self._name(sig, target_context.codegen()), None
        if name is None:
            return None
        for place in self._places():
            try:
                content = _read(place, name)
                found = content and CompileResult._rebuild(target_context, *loads(content))
            except OSError:  # not there, or not for us
                continue
            except Exception:  # what a file that is no kernel any more may raise has no end
                _warn(f"A compiled kernel in '{place.folder}' is damaged and is compiled anew.")
            if found and tuple(found.signature.args) == _arguments(sig):
                return found
        return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep what was just compiled."""
        name = self._name(sig, data.codegen)
        if name is None or data.library.has_dynamic_globals or not all(one.can_cache for one in data.lifted):
            return
        try:
            content = dumps(data._reduce())
        except Exception:  # types that no other process could find
            return
        failed = []
        for place in self._places():
            try:
                _write(place, name, content)
            except OSError as error:
                failed.append((place, error.strerror or str(error)))
                continue
            if place.kind == "temporary" or (failed and failed[0][0].kind == "chosen"):
                _warn(f"Compiled kernels are kept in '{place.folder}', since {_reasons(failed)}.")
            _tidy(place, name)
            return
        _warn(f"Compiled kernels are not kept, and every process compiles them anew, since {_reasons(failed)}.")

    def _knows(self, kind: type) -> bool:
        """Whether another process finds a class of an argument, and the name of the function covers its code."""
        roots = [found.__module__.partition(".")[0] for found in (kind, self._function)]
        return has_a_name(kind) and (self._any_types or roots[0] == roots[1])

    def _places(self) -> Iterator[Place]:
        return _places(os.path.dirname(os.path.abspath(self._file)), _option("CACHE_DIR"))

    def _name(self, sig: Any, codegen: Any) -> str | None:
        """The name of the file for these types, or None where the code cannot be told."""
        classes = [found for kind in _arguments(sig) for found in _classes(kind)]
        if self._source is None or not all(map(self._knows, classes)):
            return None
        function, code = self._function, self._function.__code__
        digest = hashlib.sha256()
        try:
            closure = dumps(tuple(cell.cell_contents for cell in function.__closure__ or ()))
        except Exception:  # an empty cell, or what cannot be pickled
            return None
        settings = numba.__version__, sys.version, codegen.magic_tuple(), _option("BOUNDSCHECK"), str(_option("OPT"))
        types = [*map(str, _arguments(sig)), *(f"{found.__module__}.{found.__qualname__}" for found in classes)]
        whole = f"{function.__module__}.{function.__qualname__}"
        for piece in (self._source, whole, code.co_firstlineno, code.co_code, closure, settings, types):
            digest.update(repr(piece).encode() + b"\0")
        name = f"{Path(self._file).stem}.{function.__qualname__}".replace("<", "").replace(">", "")
        return f"{name[:60]}-{digest.hexdigest()[:32]}.nbc"


def compiler_is_off() -> bool:
    """Whether kernels run as plain Python, by ``NUMBA_DISABLE_JIT``."""
    return bool(_option("DISABLE_JIT"))


def _option(name: str) -> Any:
    """A setting of Numba, which makes them of the variables NUMBA_..."""
    return vars(numba.config)[name]


def source_digest(file: str) -> str | None:
    """Digest of a file of code, as text or compiled, in a folder or in an archive; None where there is none."""
    try:
        return hashlib.sha256(_code_of(file)).hexdigest()
    except (OSError, KeyError, zipfile.BadZipFile):
        return None


def _code_of(file: str) -> bytes:
    if os.path.exists(file):
        return Path(file).read_bytes()
    if getattr(sys, "frozen", False):  # code of a program that is one file stands in that
        found = os.stat(sys.executable)
        return repr((found.st_mtime_ns, found.st_size)).encode()
    archive = next(one for one in (*Path(file).parents, Path(file)) if one.exists())
    with zipfile.ZipFile(archive) as held:
        return held.read(Path(file).relative_to(archive).as_posix())


def _arguments(sig: Any) -> tuple[Any, ...]:
    return sig if isinstance(sig, tuple) else tuple(sig.args)


def _classes(kind: Any) -> Iterator[type]:
    """The classes of records in the type of an argument."""
    found = getattr(kind, "instance_class", None)
    if found is not None:
        yield found
    if isinstance(kind, numba.types.BaseTuple):
        held: Any = kind
        for inner in held.types:
            yield from _classes(inner)


def has_a_name(value: Any) -> bool:
    """Whether another process finds this type or function where this one does, as it finds no lambda."""
    found: Any = sys.modules.get(value.__module__)
    for name in value.__qualname__.split("."):
        found = getattr(found, name, None)
    return found is value and value.__module__ != "__main__"


def _places(home: str, chosen: str) -> Iterator[Place]:
    """Where kernels of the code in the folder `home` may be."""
    leaf = f"{os.path.basename(home)}_{hashlib.sha256(home.encode()).hexdigest()[:40]}"
    if chosen:
        yield Place("chosen", Path(chosen).absolute() / leaf)
    yield Place("package", Path(home, "__pycache__"))
    own = Path(AppDirs("numba", False).user_cache_dir)
    if own.is_absolute():
        yield Place("user", own / leaf)
    try:
        shared = Path(tempfile.gettempdir())
    except FileNotFoundError:
        return
    yield Place("temporary", shared / f"reservoir-kernels-{_user()}" / leaf)


def _user() -> int | str:
    return os.environ.get("USERNAME", "") if os.name == "nt" else os.geteuid()


def _objection(place: Place) -> str:
    """Why kernels of this place are not to be trusted; of the package they are like the package itself."""
    for folder in () if place.kind == "package" else (place.folder.parent, place.folder):
        if os.path.lexists(folder) and _open_to_others(folder):
            return f"'{folder}' belongs to another user, or others can write there"
    return ""


def _open_to_others(path: Path) -> bool:
    """Whether somebody else than the user and root may have put there what stands there."""
    if os.name == "nt":
        return False
    found, user = path.stat(), os.geteuid()
    by_group = found.st_mode & stat.S_IWGRP and not found.st_gid == found.st_uid == user  # a group of one's own
    return found.st_uid not in (0, user) or bool(found.st_mode & stat.S_IWOTH or by_group)


def _read(place: Place, name: str) -> bytes | None:
    """The content of a kernel's file, None where it is not to be trusted; ValueError where it is damaged."""
    path = place.folder / name
    status = path.lstat()
    if not stat.S_ISREG(status.st_mode):
        raise ValueError
    objection = _objection(place)
    if objection or (place.kind != "package" and _open_to_others(path)):
        _warn(f"Compiled kernels of '{place.folder}' are not used: {objection or 'others can write there'}.")
        return None
    digest, content = (data := path.read_bytes())[:32], data[32:]
    if digest != _digest(name, content):
        raise ValueError
    mark_use(path, status)
    return content


def _write(place: Place, name: str, content: bytes) -> None:
    """Write the file whole or not at all; OSError with a reason where that cannot be."""
    for folder in reversed((place.folder, *place.folder.parents)):
        if not folder.exists():
            folder.mkdir(0o700 if place.kind == "temporary" else 0o755, exist_ok=True)
    objection = _objection(place)
    if objection:
        raise OSError(objection)
    with Part(place.folder / name, 0o644) as part:
        clear_parts(place.folder, os.fstat(part.fileno()).st_mtime, name)
        write_all(part, _digest(name, content) + content)
        part.become(place.folder / name)


def _tidy(place: Place, name: str) -> None:
    """Remove old kernels, once in a process, where one was just written: of the package in its folder, else in all."""
    root = place.folder if place.kind == "package" else place.folder.parent
    if root in _tidied:
        return
    _tidied.add(root)
    try:
        now = (place.folder / name).stat().st_mtime
        remove_old(root.glob("*.nbc" if place.kind == "package" else "*/*.nbc"), now)
    except OSError:  # another process does the same, or worse
        return


def _digest(name: str, content: bytes) -> bytes:
    return hashlib.sha256(name.encode() + content).digest()


def _takes_files(folder: Path) -> bool:
    """Whether files can be made in a folder, or in the one where it would be made."""
    while not os.path.lexists(folder) and folder != folder.parent:
        folder = folder.parent
    return os.path.isdir(folder) and os.access(folder, os.W_OK | os.X_OK)


def _reasons(failed: list[tuple[Place, str]]) -> str:
    return "; ".join(f"'{place.folder}' takes none ({reason})" for place, reason in failed)


def _warn(what: str) -> None:
    """Say once in a process what is wrong with the folders."""
    global _warned
    if not _warned:
        _warned = True
        advice = "Name a folder of your own, one that lasts, in the environment variable NUMBA_CACHE_DIR."
        warnings.warn(f"{what} {advice}", RuntimeWarning, stacklevel=2)


class _Teller(event.Listener):
    """Says in the log that a kernel is being compiled where that takes long; kernels that it calls are part of it."""

    def __init__(self) -> None:
        self._running: list[Any] = []
        self._start, self._told = 0.0, False

    def on_start(self, event: Any) -> None:
        """The compilation of a function, or of one that it calls, begins."""
        self._running.append(event.data["dispatcher"])
        if len(self._running) == 1:
            self._start, self._told = time.monotonic(), False
        self._tell()

    def on_end(self, event: Any) -> None:
        """It ends, or fails."""
        self._tell()
        self._running.pop()

    def _tell(self) -> None:
        kernel = self._running[0]
        cache = getattr(kernel, "_cache", None)
        if self._told or not isinstance(cache, KernelCache) or time.monotonic() - self._start < _TELL_AFTER:
            return
        self._told, folder = True, cache.cache_path
        where = f"once; it is kept in {folder}" if folder else "for this process; it cannot be kept"
        _log.info("Compiling %s.%s, %s", kernel.__module__, kernel.__name__, where)


event.register("numba:compile", _Teller())
