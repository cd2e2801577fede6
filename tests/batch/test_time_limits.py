"""A time limit holds also where the worker's own clock does not run; a death is seen whatever a task has started."""

import contextlib
import ctypes
import os
import struct
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

from reservoir.batch import run_batch
from reservoir.batch.watch import GRACE, Watch, note_attempt, note_end
from tests.batch.batch_tasks import ill
from tests.batch.test_survival import HANG, TIMEOUT, workers

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="sends signals"),
    # A thread of loky ends so where a pool is shut down, by kill_workers, with work that no worker has taken yet.
    pytest.mark.filterwarnings("ignore:Exception in thread ExecutorManagerThread"),
]


def test_tasks_whose_clock_does_not_run(tmp_path):
    """Each would take ten minutes; children that a task has started end with its worker."""
    kinds = ["stopped", "no alarm", "child", "killed beside a child", None]
    tasks = [{"kind": kind, "children": str(tmp_path / "children")} for kind in kinds]
    study = run_batch(ill, tasks, store=tmp_path / "store", n_jobs=2, timeout=TIMEOUT, retries=0)
    errors = {failure.parameters["kind"]: failure for failure in study.failed()}
    assert list(errors) == kinds[:4] and study.results()[4] == "well"
    for kind in kinds[:3]:
        assert errors[kind].error == f"TimeoutError: ran longer than timeout={TIMEOUT:g} s"
    assert errors["killed beside a child"].error.startswith("WorkerDied")
    children = [int(line) for line in (tmp_path / "children").read_text().split()]
    assert len(children) == 2
    _, alive = psutil.wait_procs([psutil.Process(child) for child in children if psutil.pid_exists(child)], timeout=600)
    assert not alive


def has_ended(process):
    """Be it that its parent, which idles for a minute, has not taken note; for that psutil would wait."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_a_child_that_a_task_forks_is_no_second_worker(tmp_path):
    tasks = [{"kind": "forked", "number": number} for number in range(3)]
    study = run_batch(ill, tasks, store=tmp_path / "store", n_jobs=1)
    assert study.results() == ["well"] * 3 and len(list((tmp_path / "store").rglob("*.done"))) == 3
    children, end = [child for worker in workers() for child in worker.children()], time.monotonic() + HANG
    assert len(children) >= 3
    while not all(map(has_ended, children)):
        assert time.monotonic() < end
        time.sleep(0.01)


@contextlib.contextmanager
def no_answer(folder):
    """A file system whose server takes requests and answers none, as a lost drive: who asks cannot be killed."""
    folder.mkdir()
    try:
        handle = os.open("/dev/fuse", os.O_RDWR)
    except OSError:
        pytest.skip("there is no FUSE, or this user may not")
    libc = ctypes.CDLL(None, use_errno=True)
    options = f"fd={handle},rootmode=40000,user_id=0,group_id=0".encode()
    if libc.mount(b"lost", bytes(folder), b"fuse", 6, options):
        os.close(handle)
        pytest.skip("mounting needs rights that this user has not")

    def serve():
        request = os.read(handle, 1 << 17)  # the first, which greets
        answer = struct.pack("<IIIIHHIIHHI28x", 7, 31, 0, 0, 0, 0, 1 << 16, 1, 1, 0, 0)
        os.write(handle, struct.pack("<IiQ", 16 + len(answer), 0, *struct.unpack_from("<Q", request, 8)) + answer)
        with contextlib.suppress(OSError):  # the end
            while os.read(handle, 1 << 17):
                pass

    with ThreadPoolExecutor(1) as pool:
        server = pool.submit(serve)
        try:
            yield
        finally:
            libc.umount2(bytes(folder), 3)  # by force, which ends all that waits
        server.result()
    os.close(handle)


def test_a_task_on_a_file_system_that_does_not_answer(tmp_path):
    """Its process cannot be killed while it waits; the batch goes on without it."""
    with no_answer(tmp_path / "lost"):
        tasks = [{"kind": kind, "folder": str(tmp_path / "lost")} for kind in ("no answer", None)]
        study = run_batch(ill, tasks, store=tmp_path / "store", n_jobs=1, timeout=TIMEOUT, retries=0)
        stuck = [worker.status() for worker in workers()]
    assert study.results() == [None, "well"] and psutil.STATUS_DISK_SLEEP in stuck
    assert study.failed()[0].error == f"TimeoutError: ran longer than timeout={TIMEOUT:g} s"


def test_a_task_that_ends_after_its_limit(tmp_path):
    """It has put off its alarm, and ends before the caller looks."""
    study = run_batch(ill, [{"kind": "late"}], store=tmp_path / "store", n_jobs=1, timeout=1.0, retries=0)
    assert study.failed()[0].error == "TimeoutError: ran longer than timeout=1 s"


def test_the_watch(tmp_path, monkeypatch):
    """By a clock that the test sets: an attempt counts from when it was seen, and what is between attempts does not."""
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    watch, path = Watch(10.0), tmp_path / "1"

    def late_after(seconds):
        now[0] += seconds
        return watch.is_late(path)

    assert not late_after(0) and not late_after(1000)  # not begun
    with open(path, "x") as log:
        note_attempt(log)
        assert not late_after(1000) and not late_after(10.0) and late_after(2 * GRACE)
        note_attempt(log)
        assert not late_after(1000) and not late_after(10.0)
        note_end(log)
        assert not late_after(1000) and not late_after(1000)
    watch.forget(path)
    os.unlink(path)
    assert not late_after(1000) and not Watch(None).is_late(path)
