"""Where nothing of the package can be written, and caches are full, foreign or spoilt, only time is lost.

Each run is a process of its own: of a user who can write nothing but what the test gives, and, where root runs the
tests, with a number that no user has.
"""

import compileall
import importlib.util
import os
import random
import shutil
import stat
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has other rights")

ROOT = Path(__file__).resolve().parents[1]
NOBODY, STRANGER = 12345, 54321


@pytest.fixture(scope="module")
def installed():
    """A copy of the package where any user can read it and nobody write."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    for name in ("reservoir", "spiking"):
        shutil.copytree(ROOT / name, folder / "plain" / name, ignore=shutil.ignore_patterns("__pycache__"))
    compileall.compile_dir(folder / "plain", quiet=1)
    shutil.copytree(folder / "plain", folder / "compiled")
    with zipfile.ZipFile(folder / "app.zip", "w") as archive:
        for path in (folder / "plain").rglob("*.py"):
            archive.write(path, path.relative_to(folder / "plain"))
    for path in (folder / "compiled").rglob("*.py"):
        Path(importlib.util.cache_from_source(path)).rename(path.with_suffix(".pyc"))
        path.unlink()
    for path in folder.rglob("*"):
        path.chmod(path.stat().st_mode & ~0o222)
    yield folder
    for path in (folder, *folder.rglob("*")):
        path.chmod(path.stat().st_mode | stat.S_IWUSR)
    shutil.rmtree(folder)


@pytest.fixture
def places():
    """A folder for temporary files, as all machines have it, and one for kernels, of the user of the processes."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    for name, mode in (("temporary", 0o1777), ("chosen", 0o755)):
        (folder / name).mkdir()
        (folder / name).chmod(mode)
    if os.getuid() == 0:
        os.chown(folder / "chosen", NOBODY, NOBODY)
    yield folder
    shutil.rmtree(folder)


WITHOUT_RIGHTS = f"""if True:
    import os, sys, tempfile, warnings
    if os.getuid() == 0:  # reads everything, as the interpreter asks for, and writes nothing
        import ctypes
        system = ctypes.CDLL(None)
        assert system.prctl(8, 1, 0, 0, 0) == 0
        os.setgroups([])
        os.setresgid(*[{NOBODY}] * 3)
        os.setresuid(*[{NOBODY}] * 3)
        reads = 1 << 2
        header, rights = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)(reads, reads, 0, 0, 0, 0)
        assert system.capset(header, rights) == 0
    os.chdir("/")
    warnings.simplefilter("always")
"""
PREDICT = """
    import numpy as np, reservoir, spiking
    from reservoir.readouts.affine import affine
    assert reservoir.__file__.startswith(os.environ["PYTHONPATH"].split(os.pathsep)[0]), reservoir.__file__
    X = np.ones((3, 2))
    print(reservoir.readouts.RidgeReadout(1.0).fit(X, X[:, 0]).predict(X)[0].round(6))
    print(sum(affine.stats.cache_hits.values()), affine.stats.cache_path)
"""
MODEL = """
    u = np.sin(np.arange(60.0))[:, None]
    print(reservoir.ReservoirRegressor(reservoir.EchoState(9, random_state=0)).fit(u, u).predict(u).shape)
"""


def run(home, code, *, warned, temporary=None, says="NUMBA_CACHE_DIR", wrapper=(), **environment):
    """The words that code prints in a process without rights, after so many warnings, all of which name a place."""
    hidden = ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME", "HOME")
    kept = {name: value for name, value in os.environ.items() if name not in hidden}
    kept["PYTHONPATH"] = os.pathsep.join([str(home), *sys.path[1:]])
    kept |= {"PYTHONDONTWRITEBYTECODE": "1"} | {name: str(value) for name, value in environment.items()}
    if temporary is not None:
        kept["TMPDIR"] = str(temporary)
    command = [*wrapper, sys.executable, "-c", WITHOUT_RIGHTS + code]
    done = subprocess.run(command, env=kept, capture_output=True, text=True, check=False, cwd="/")
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("RuntimeWarning") == done.stderr.count("Warning:") == warned, done.stderr
    assert done.stderr.count("NUMBA_CACHE_DIR") == warned and (not warned or says in done.stderr), done.stderr
    return done.stdout.split()


@pytest.mark.parametrize(
    "form", [*(pytest.param(one, marks=pytest.mark.long) for one in ("plain", "compiled")), "app.zip"]
)
def test_a_package_that_cannot_be_written_and_no_home(form, installed, places):
    """Kernels are kept in a folder of the user alone, and found there by the next process."""
    temporary = places / "temporary"
    first = run(installed / form, PREDICT, warned=1, temporary=temporary)
    second = run(installed / form, PREDICT, warned=0, temporary=temporary)
    assert first == ["1.0", "0", second[2]] and second == ["1.0", "1", second[2]]
    (folder,) = temporary.glob("reservoir-kernels-*")
    assert Path(first[2]).parent == folder and stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert folder.stat().st_uid == (os.getuid() or NOBODY)


def test_no_folder_at_all(installed):
    """Import, predictions and the text for reports of bugs, with one warning for all kernels."""
    code = """
    def nowhere():
        raise FileNotFoundError("no folder for temporary files")
    tempfile.gettempdir = nowhere
    import numpy as np, runpy
    from reservoir.readouts import LeastMeanSquares, RidgeReadout
    import spiking
    X = np.sin(np.arange(120.0))[:, None]
    print(*(readout.fit(X, X).predict(X).shape for readout in (RidgeReadout(1.0), LeastMeanSquares())))
    sys.argv = ["reservoir", "--version"]
    runpy.run_module("reservoir", run_name="__main__")
    """
    said = " ".join(run(installed / "plain", code, warned=1))
    assert said.startswith("(120, 1) (120, 1)") and "compiled kernels: not kept" in said


def refuse(chosen, how):
    """Make a folder for kernels one that takes none, or none to be trusted."""
    if how == "read-only":
        chosen.chmod(0o555)
    elif how == "of all":
        chosen.chmod(0o777)
    elif os.getuid():
        pytest.skip("root alone can give a folder to somebody else")
    else:
        os.chown(chosen, STRANGER, STRANGER)


@pytest.mark.long
@pytest.mark.parametrize("how", ["read-only", "of all", "of a stranger"])
def test_a_chosen_folder_that_is_not_used(how, installed, places):
    """The next one is, and the warning names the one that was chosen."""
    refuse(places / "chosen", how)
    for found in "0", "1":
        answer = run(
            installed / "plain", PREDICT + MODEL, warned=int(found == "0"),
            temporary=places / "temporary", says=str(places / "chosen"), NUMBA_CACHE_DIR=places / "chosen",
        )  # fmt: skip
        assert answer[:2] == ["1.0", found] and answer[3:] == ["(60,", "1)"]
        assert Path(answer[2]).is_relative_to(places / "temporary")
    (places / "chosen").chmod(0o755)
    assert not list((places / "chosen").rglob("*.*"))


@pytest.mark.long
@pytest.mark.parametrize("kind", ["disk", "quota"])
def test_a_full_disk(kind, installed, places):
    """Of the chosen folder, a file system of 64 KiB; and for all files, a limit of 1000 bytes."""
    chosen, code, wrapper = places / "chosen", PREDICT + MODEL, ()
    if kind == "disk":
        size = f"mount -t tmpfs -o size=64k,mode=755,uid={NOBODY} tmpfs {chosen}"
        wrapper = ("unshare", "-m", "sh", "-c", f'{size} && head -c 60k /dev/zero > {chosen}/full && exec "$@"', "sh")
        if subprocess.run([*wrapper, "true"], capture_output=True, check=False).returncode:
            pytest.skip("no file system can be mounted here")
    else:
        code = "    import resource\n    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n" + code
    answer = run(
        installed / "plain", code, warned=1, temporary=places / "temporary", says=str(chosen), wrapper=wrapper,
        NUMBA_CACHE_DIR=chosen,
    )  # fmt: skip
    assert answer[:2] == ["1.0", "0"] and answer[3:] == ["(60,", "1)"]
    assert not list(places.rglob("*.part")) and bool(list(places.rglob("*.nbc"))) == (kind == "disk")


def spoil(path, how):
    content = bytearray(path.read_bytes())
    if how == "cut":
        content = content[: len(content) // 2]
    elif how == "empty":
        content = b""
    else:
        for place in random.Random(0).sample(range(len(content)), 40):
            content[place] ^= 0xFF
    path.write_bytes(content)


@pytest.mark.long
@pytest.mark.parametrize("how", ["cut", "empty", "changed"])
def test_spoilt_kernels_are_made_anew(how, installed, places):
    options = {"temporary": places / "temporary", "NUMBA_CACHE_DIR": places / "chosen"}
    code, found = PREDICT + MODEL, []
    for warned in (0, 1, 0):
        found.append(run(installed / "plain", code, warned=warned, says=str(places / "chosen"), **options))
        kernels = list((places / "chosen").rglob("*.nbc"))
        assert kernels
        for path in kernels if len(found) == 1 else ():
            spoil(path, how)
    assert [answer[1] for answer in found] == ["0", "0", "1"] and {answer[0] for answer in found} == {"1.0"}


@pytest.mark.long
def test_kernels_of_another_machine_are_left_alone(installed, places):
    """A folder that two kinds of processors share: each has its own files, and finds them again."""
    options = {"warned": 0, "temporary": places / "temporary", "NUMBA_CACHE_DIR": places / "chosen"}
    other = options | {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": ""}
    hits = [run(installed / "plain", PREDICT, **which)[1] for which in (other, options, other, options)]
    assert hits == ["0", "0", "1", "1"]
