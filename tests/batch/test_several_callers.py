"""Callers that share a store: in containers, with clocks days apart, and as other users."""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from reservoir.batch import run_batch
from tests.batch.batch_tasks import empty, logged
from tests.batch.test_store import ROOT, script
from tests.batch.test_survival import HANG, calls, gated, table

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="asks for namespaces and users of Linux")

CALLER = """
import sys
from reservoir.batch import claim, run_batch
from tests.batch.batch_tasks import logged

claim._BEAT = 0.0  # a sign of life with every look
store, log, gate, results = sys.argv[1:]
tasks = [{"number": number, "size": 3, "log": log, "gate": gate} for number in range(40)]
run_batch(logged, tasks, store=store, n_jobs=1, progress=False).consolidate(results)
"""

CLOCK = """
import os, time

shift = float(os.environ["CLOCK_SHIFT"])
now, nanoseconds, touch = time.time, time.time_ns, os.utime
time.time = lambda: now() + shift
time.time_ns = lambda: nanoseconds() + int(shift * 1e9)

def utime(path, times=None, *, ns=None, **options):
    touch(path, ns=ns or (time.time_ns(),) * 2) if times is None else touch(path, times, **options)

os.utime = utime
"""
"""A clock of one's own for a process and its children, and for the files that they touch."""


def in_container():
    """The command that begins a container with processes of its own; the name of the host stays.

    Nothing where that needs rights that this user has not.
    """
    command = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]
    try:
        allowed = subprocess.run([*command, "true"], capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        allowed = False
    return command if allowed else []


def started(folder, number, shift, container):
    """A caller whose clock is this many seconds ahead."""
    clock = folder / "clock"
    clock.mkdir(exist_ok=True)
    (clock / "sitecustomize.py").write_text(CLOCK)
    where = {"PYTHONPATH": os.pathsep.join([str(clock), str(ROOT)]), "CLOCK_SHIFT": str(shift)}
    given = [folder / "store", folder / "log", folder / "gate", folder / f"{number}.csv"]
    command = [*container, sys.executable, "-c", CALLER, *given]
    return subprocess.Popen(command, cwd=ROOT, env={**os.environ, **where}, stderr=subprocess.PIPE, text=True)


def wait_for_both(folder, callers):
    """Return when each of two callers of one worker is in the midst of a task that waits at the gate."""
    end = time.monotonic() + HANG
    while not (folder / "log").exists() or sum(number >= 10 for number in calls(folder / "log")) < 2:
        ill = [caller.communicate()[1] for caller in callers if caller.poll() is not None]
        assert not ill, ill
        assert time.monotonic() < end
        time.sleep(0.05)


def test_callers_in_containers_and_with_other_clocks_run_one_store_to_the_end(tmp_path):
    """Processes are numbered alike in two containers; clocks are a day behind and a day ahead."""
    container = in_container()
    _, expected = gated(tmp_path)
    callers = [started(tmp_path, number, shift, container) for number, shift in enumerate((-86400, 86400))]
    try:
        wait_for_both(tmp_path, callers)
        (tmp_path / "gate").touch()
        for caller in callers:
            _, said = caller.communicate(timeout=HANG)
            assert caller.returncode == 0, said
    finally:
        for caller in callers:
            caller.kill()
    assert [(tmp_path / f"{number}.csv").read_bytes() for number in range(2)] == [expected[1]] * 2
    assert not list((tmp_path / "store" / "running").iterdir())
    tasks = [{"number": n, "size": 3, "log": str(tmp_path / "log"), "gate": str(tmp_path / "gate")} for n in range(40)]
    assert table(run_batch(logged, tasks, store=tmp_path / "store", n_jobs=1), tmp_path) == expected


OTHER_USERS = """
import json, os, sys
from reservoir.batch import run_batch
from reservoir.batch.records import Record
from reservoir.batch.store import Store, new_batch_name
from tests.batch.batch_tasks import empty

def act(folder, group, umask):
    os.setgroups([])
    os.setgid(group)
    os.setuid(65534)
    os.umask(umask)
    try:
        print(len(run_batch(empty, [{"a": 1}, {"a": 2}], store=folder, progress=False).results()))
        with Store(folder).begin(new_batch_name()):
            store = Store(folder)
            store.open(0)
            store.write("ab" * 16, Record({}, "{}", 1), "done")
        print("written")
    except ValueError as error:
        print(error)

for folder, *user in json.loads(sys.argv[1]):
    print(">", folder, flush=True)
    if not os.fork():
        act(folder, *user)
        sys.stdout.flush()
        os._exit(0)
    assert os.wait()[1] == 0
"""
USERS = [
    (0o022, None, 65534, ["2", "this user may not. Users who share"]),  # the folder that run_batch makes
    (0o077, None, 65534, ["cannot be opened: this user may not. Users who share"]),
    (0o022, 0o2775, 12345, ["2", "written"]),  # a folder of a group
    (0o077, 0o2775, 12345, ["2", "written"]),
    (0o077, 0o2770, 65534, ["cannot be opened: this user may not. Users who share"]),
    (0o022, 0o2750, 12345, ["2", "this user may not. Users who share"]),
]


@pytest.fixture(scope="module")
def of_users():
    """Folders with a store, what ran there, and what another user has written, each from a fork of one process."""
    with tempfile.TemporaryDirectory() as place:  # pytest's own folders are closed to other users
        os.chmod(place, 0o755)
        folders = [Path(place) / str(number) for number in range(len(USERS))]
        studies = [shared(folder, umask, mode) for folder, (umask, mode, *_) in zip(folders, USERS, strict=True)]
        given = [(str(folder), group, umask) for folder, (umask, _, group, _) in zip(folders, USERS, strict=True)]
        said = script(OTHER_USERS, json.dumps(given)).split("> ")[1:]
        yield list(zip(folders, studies, [lines.splitlines()[1:] for lines in said], strict=True))


def shared(folder, umask, mode):
    """A batch in a folder of this mode and of a group, or in one that it makes itself."""
    before = os.umask(umask)
    try:
        if mode is not None:
            folder.mkdir()
            os.chown(folder, 0, 12345)
            folder.chmod(mode)
        return run_batch(empty, [{"a": 1}, {"a": 2}], store=folder, n_jobs=1)
    finally:
        os.umask(before)


@pytest.mark.skipif(sys.platform == "win32" or os.getuid() != 0, reason="acts for other users")
@pytest.mark.parametrize("number", range(len(USERS)))
def test_two_users(number, of_users):
    """Reading a finished store needs the right to read alone; writing that of a group, or one error says so."""
    folder, study, lines = of_users[number]
    expected = USERS[number][-1]
    assert len(lines) == len(expected) and all(map(lambda line, part: part in line, lines, expected)), lines
    assert study.pending() == [] and len(study.results()) == 2
    written = [path for path in folder.glob("ab/*.done") if path.name.startswith("ab" * 16)]
    assert len(written) == ("written" in expected)
    assert all(path.stat().st_gid == 12345 and path.stat().st_mode & 0o020 for path in written)
