"""Compiled kernels on disk: found again, never trusted where others can write, and where that fails it costs time."""

import compileall
import importlib
import logging
import os
import pickle
import shutil
import stat
import subprocess
import sys
import tempfile
import types
import zipfile
from pathlib import Path
from typing import NamedTuple

import numba
import pytest

from reservoir import kernel_cache

ROOT = Path(__file__).resolve().parents[1]
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


# In a process of its own, of a user who can write nothing of the package and has no home


@pytest.fixture(scope="module")
def installed():
    """A copy of the package where any user can read it."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    for name in ("reservoir", "spiking"):
        shutil.copytree(ROOT / name, folder / "plain" / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(folder / "plain", folder / "compiled")
    compileall.compile_dir(folder / "compiled", legacy=True, quiet=1)
    with zipfile.ZipFile(folder / "app.zip", "w") as archive:
        for path in (folder / "plain").rglob("*.py"):
            archive.write(path, path.relative_to(folder / "plain"))
    for path in (folder / "compiled").rglob("*.py"):
        path.unlink()
    for path in folder.rglob("*"):
        path.chmod(path.stat().st_mode & ~0o222)
    yield folder
    for path in (folder, *folder.rglob("*")):
        path.chmod(path.stat().st_mode | stat.S_IWUSR)
    shutil.rmtree(folder)


def run_without_rights(installed, form, temporary, code, warned):
    """Run code without any right to write but in `temporary`; root gives up to be above all rights."""
    beginning = f"""if True:
        import os, sys, tempfile, warnings
        if os.getuid() == 0:
            import ctypes
            header, none = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
            assert ctypes.CDLL(None).capset(header, none) == 0
        os.chdir("/")
        def nowhere():
            raise FileNotFoundError("no folder for temporary files")
        if {temporary is None}:
            tempfile.gettempdir = nowhere
        warnings.simplefilter("always")
    """
    kept = {name: value for name, value in os.environ.items() if name not in ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME")}
    paths = os.pathsep.join([str(installed / form), *sys.path[1:]])
    environment = kept | {"HOME": "/proc/nohome", "PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1"}
    if temporary is not None:
        environment["TMPDIR"] = str(temporary)
    command = [sys.executable, "-c", beginning + code]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, cwd="/")
    assert run.returncode == 0, run.stderr
    assert run.stderr.count("RuntimeWarning") == run.stderr.count("Warning:") == warned, run.stderr
    assert run.stderr.count("NUMBA_CACHE_DIR") == warned
    return run.stdout.split()


PREDICT = """
        import reservoir, spiking
        from reservoir.readouts.affine import affine
        import numpy as np
        assert reservoir.__file__.startswith({home!r}), reservoir.__file__
        X = np.ones((3, 2))
        print(reservoir.readouts.RidgeReadout(1.0).fit(X, X[:, 0]).predict(X)[0].round(6))
        print(sum(affine.stats.cache_hits.values()), affine.stats.cache_path)
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has other rights")
@pytest.mark.parametrize("form", ["plain", "compiled", "app.zip"])
def test_a_package_that_cannot_be_written_and_no_home(form, installed):
    """Kernels are kept in a folder of the user alone, and found there by the next process."""
    temporary = Path(tempfile.mkdtemp(dir=installed.parent))
    temporary.chmod(0o1777)
    code = PREDICT.format(home=str(installed / form))
    try:
        first = run_without_rights(installed, form, temporary, code, warned=1)
        second = run_without_rights(installed, form, temporary, code, warned=0)
        assert first == ["1.0", "0", second[2]] and second == ["1.0", "1", second[2]]
        (folder,) = temporary.glob("reservoir-kernels-*")
        assert Path(first[2]).parent == folder and stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert folder.stat().st_uid == os.getuid()
    finally:
        shutil.rmtree(temporary)


@pytest.mark.skipif(os.name == "nt", reason="Windows has other rights")
def test_no_folder_at_all(installed):
    """Import, a forecast and the text for reports of bugs, with one warning for all kernels."""
    code = """
        import numpy as np, runpy
        from reservoir import EchoState, ReservoirForecaster
        import spiking
        X = np.sin(np.arange(120.0))[:, None]
        print(ReservoirForecaster(EchoState(9, random_state=0), washout=5).fit(X).forecast(3).shape)
        sys.argv = ["reservoir", "--version"]
        runpy.run_module("reservoir", run_name="__main__")
    """
    said = " ".join(run_without_rights(installed, "plain", None, code, warned=1))
    assert said.startswith("(3, 1)") and "compiled kernels: not kept" in said
