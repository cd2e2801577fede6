"""Compiled kernels on disk: found again, never trusted where others can write, and where that fails it costs time."""

import importlib
import logging
import os
import pickle
import sys
import tempfile
import time
import types
from pathlib import Path
from typing import NamedTuple

import numba
import pytest

from reservoir import kernel_cache, old_kernels

STRANGER = 12345
MODULE = """
from reservoir.compilation import kernel

@kernel()
def double(x):
    return {factor} * x
"""


@pytest.fixture
def made(tmp_path, monkeypatch):
    """A function that gives `double` as a new process would find it, and the folder that it is kept in."""
    monkeypatch.setattr(kernel_cache, "_warned", False)
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path / "chosen"))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user"))
    (tmp_path / "code").mkdir()
    monkeypatch.syspath_prepend(tmp_path / "code")

    def find(factor=2):
        (tmp_path / "code" / "doubling.py").write_text(MODULE.format(factor=factor))
        monkeypatch.delitem(sys.modules, "doubling", raising=False)
        importlib.invalidate_caches()
        return importlib.import_module("doubling").double

    yield find
    sys.modules.pop("doubling", None)


def hits(dispatcher):
    return sum(dispatcher.stats.cache_hits.values())


def kept(tmp_path):
    return list((tmp_path / "chosen").rglob("*.nbc"))


def test_a_kernel_is_found_again_until_its_code_changes(made, tmp_path):
    for factor, found in [(2, 0), (2, 1), (3, 0), (3, 1), (2, 1)]:
        double = made(factor)
        assert double(4.0) == factor * 4.0 and hits(double) == found
        assert Path(double.stats.cache_path).parent == tmp_path / "chosen"
    assert len(kept(tmp_path)) == 2
    double = made()
    double(4), double(4.0)  # another type is another file
    assert hits(double) == 1 and len(kept(tmp_path)) == 3


@pytest.mark.parametrize("share", [0.0, 0.001, 0.01, 0.3, 0.999, "first", "middle", "last", "other", "pickle"])
def test_a_damaged_kernel_is_compiled_anew_with_one_warning(share, made, tmp_path):
    made()(4.0)
    (path,) = kept(tmp_path)
    content = bytearray(path.read_bytes())
    if share == "other":  # a whole file under the name of another
        made(3)(4.0)
        content = next(one for one in kept(tmp_path) if one != path).read_bytes()
    elif share == "pickle":  # code of a stranger
        content = content[:32] + pickle.dumps(Planted(tmp_path / "mark"))
    elif isinstance(share, str):
        place = {"first": 0, "middle": len(content) // 2, "last": len(content) - 1}[share]
        content[place] ^= 0xFF
    else:
        content = content[: int(share * len(content))]
    path.write_bytes(content)
    with pytest.warns(RuntimeWarning, match="damaged.*NUMBA_CACHE_DIR") as said:
        assert made()(4.0) == 8.0
    assert len(said) == 1 and str(path.parent) in str(said[0].message)
    again = made()
    assert again(4.0) == 8.0 and hits(again) == 1
    assert not (tmp_path / "mark").exists()


class Planted:
    """Makes a folder where it is read."""

    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return os.mkdir, (str(self.mark),)


@pytest.mark.skipif(os.name == "nt", reason="Windows has other rights")
@pytest.mark.parametrize("whose", ["everybody's", "the group's", "a stranger's", "a stranger's file", "no file"])
def test_what_others_could_have_written_is_not_used(whose, made, tmp_path, monkeypatch):
    """A stranger's folder is one of another user: as no root, the tests say that they are another one."""
    made()(4.0)
    (path,) = kept(tmp_path)
    if whose == "no file":
        path.unlink()
        path.mkdir()
    else:
        target = path if "file" in whose else path.parent.parent
        mode = {"everybody's": 0o777, "the group's": 0o775}.get(whose, target.stat().st_mode & 0o777)
        target.chmod(mode)
        owner = STRANGER if "stranger" in whose else os.getuid()
        as_if(monkeypatch, target, owner, group=STRANGER)
    with pytest.warns(RuntimeWarning, match="NUMBA_CACHE_DIR") as said:
        double = made()
        assert double(4.0) == 8.0 and hits(double) == 0
    assert len(said) == 1 and str(tmp_path / "chosen") in str(said[0].message)


def as_if(monkeypatch, target, owner, group):
    """Let one file or folder belong to somebody else."""
    true = Path.stat

    def status(self, **options):
        found = true(self, **options)
        if self != target:
            return found
        return types.SimpleNamespace(st_mode=found.st_mode, st_uid=owner, st_gid=group)

    monkeypatch.setattr(Path, "stat", status)


def test_a_full_disk_costs_time_only(made, tmp_path, monkeypatch):
    """Files of more than 1000 bytes cannot be written."""
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.warns(RuntimeWarning, match="not kept.*NUMBA_CACHE_DIR") as said:
            assert made()(4.0) == 8.0
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert len(said) == 1 and str(tmp_path / "chosen") in str(said[0].message)
    assert not list((tmp_path / "chosen").rglob("*.*"))


def test_types_from_elsewhere_are_compiled_anew(made):
    """Of a class from another package the kernel does not know the code, and a local one nobody else finds."""

    class Local(NamedTuple):
        x: float

    Local.__module__ = "doubling"
    assert not kernel_cache.KernelCache(made().py_func)._knows(Local)
    assert not kernel_cache.KernelCache(made().py_func)._knows(kernel_cache.Place)
    assert kernel_cache.KernelCache(made().py_func, any_types=True)._knows(kernel_cache.Place)


def test_a_long_compilation_is_told_once(made, tmp_path, caplog, monkeypatch):
    monkeypatch.setattr(kernel_cache, "_TELL_AFTER", 0.0)
    with caplog.at_level(logging.INFO, "reservoir"):
        made()(4.0)
        made()(4.0)  # found
    (record,) = caplog.records
    assert record.name == "reservoir" and record.levelno == logging.INFO
    assert str(tmp_path / "chosen") in record.getMessage() and "doubling.double, once" in record.getMessage()
    monkeypatch.setattr(kernel_cache, "_TELL_AFTER", 1e9)
    with caplog.at_level(logging.INFO, "reservoir"):
        made(3)(4.0)
    assert len(caplog.records) == 1


def plant(folder, name, days, size=10):
    """A file that was last used so many days ago."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_bytes(b"\0" * size)
    os.utime(path, (time.time() - days * 86_400,) * 2)
    return path


def test_kernels_that_nobody_has_used_for_long_are_removed(made, tmp_path):
    """Of all code in the folder, once, when a kernel is written; what others have put there stays."""
    leaf, digest = tmp_path / "chosen" / "neurons_0", "0123456789abcdef" * 2
    old = plant(leaf, f"lif.run-{digest}.nbc", 91), plant(tmp_path / "chosen" / "gone_1", f"a.b-{digest}.nbc", 1000)
    kept = [
        plant(leaf, f"lif.run-{digest[::-1]}.nbc", 89),
        *(plant(leaf, name, 1000) for name in ("f-12.py311.1.nbc", "f-12.py311.nbi", f"notes-{digest}.txt")),
        plant(tmp_path / "chosen", f"a.b-{digest}.nbc", 1000),
        plant(tmp_path / "elsewhere" / "neurons_0", f"a.b-{digest}.nbc", 1000),
    ]
    made()(4.0)
    assert not any(map(Path.exists, old)) and all(map(Path.exists, kept))
    late = plant(leaf, f"lif.run-{digest}.nbc", 91)
    made(3)(4.0)
    assert late.exists()


def test_kernels_beyond_the_room_are_removed_from_the_oldest_on(made, tmp_path, monkeypatch):
    """But none that may be in use."""
    monkeypatch.setattr(old_kernels, "_ROOM", 1_000_000)
    leaf = tmp_path / "chosen" / "neurons_0"
    files = [plant(leaf, f"lif.run-{days:032x}.nbc", days, size=400_000) for days in (1, 2, 3, 4, 8, 9)]
    made()(4.0)
    assert [path.exists() for path in files] == [True, True, True, True, False, False]


def test_reading_a_kernel_is_use(made, tmp_path):
    made()(4.0)
    (path,) = kept(tmp_path)
    os.utime(path, (before := path.stat().st_mtime - 80 * 86_400,) * 2)
    double = made()
    assert double(4.0) == 8.0 and hits(double) == 1 and path.stat().st_mtime > before + 79 * 86_400
