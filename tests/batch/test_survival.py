"""What a batch survives: every disturbance ends in the table of an undisturbed run, byte for byte."""

import contextlib
import errno
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import psutil
import pytest

from reservoir.batch import TaskError, run_batch
from reservoir.batch.store import Store
from tests.batch.batch_tasks import busy, empty, logged, plain, trouble

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="sends signals"),
    # A thread of loky ends so where a pool is shut down, by kill_workers, with work that no worker has taken yet.
    pytest.mark.filterwarnings("ignore:Exception in thread ExecutorManagerThread"),
]
ROOT = Path(__file__).resolve().parents[2]
HANG = 600  # seconds after which what does not happen never will


def table(study, folder):
    """The bytes of the consolidated table."""
    study.consolidate(folder / "table.parquet")
    study.consolidate(folder / "table.csv")
    return (folder / "table.parquet").read_bytes(), (folder / "table.csv").read_bytes()


def workers(parent=None):
    """loky's worker processes of this process."""
    children = (psutil.Process(parent) if parent else psutil.Process()).children()
    return [child for child in children if "popen_loky" in " ".join(child.cmdline())]


def numbered(count, **more):
    return [{"number": number, "size": 3, **more} for number in range(count)]


def calls(log):
    """Numbers of the tasks that were begun, in order."""
    return [int(line.split()[0]) for line in log.read_text().splitlines()]


def gated(folder):
    """40 tasks that log their calls, the table of an undisturbed run; the gate for those from 10 on is shut again."""
    tasks = numbered(40, log=str(folder / "log"), gate=str(folder / "gate"))
    (folder / "gate").touch()
    expected = table(run_batch(logged, tasks, store=folder / "undisturbed", n_jobs=1), folder)
    assert sorted(calls(folder / "log")) == list(range(40))
    (folder / "log").unlink()
    (folder / "gate").unlink()
    return tasks, expected


def wait_at_the_gate(folder, n_workers, alive=lambda: True):
    """Return when every worker has a task that waits at the gate, and all tasks before are done."""
    log, end = folder / "log", time.monotonic() + HANG
    while not log.exists() or len(calls(log)) < 10 + n_workers:
        assert alive() and time.monotonic() < end
        time.sleep(0.01)


@contextlib.contextmanager
def meanwhile(work, *arguments):
    """Run this in a thread beside, and raise what it raises."""
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(work, *arguments)
        yield
        future.result()


# Tasks that go wrong

TIMEOUT = 5.0  # seconds: a task that does next to nothing never waits as long for a processor


def test_tasks_that_go_wrong_harm_no_other(tmp_path):
    """For 1 and 2 jobs: crash, hang, error; the others are done exactly once."""
    kinds = {3: "crash", 8: "hang", 9: "raise"}
    tasks = [{**task, "kind": kinds.get(task["number"])} for task in numbered(24)]
    tables = []
    for n_jobs in (1, 2):
        study = run_batch(trouble, tasks, store=tmp_path / f"{n_jobs}", n_jobs=n_jobs, retries=0, timeout=TIMEOUT)
        tables.append(table(study, tmp_path))
        failures = {failure.parameters["number"]: failure for failure in study.failed()}
        assert sorted(failures) == [3, 8, 9] and study.pending() == []
        assert "Segmentation fault" in failures[3].traceback and failures[3].error.startswith("WorkerDied")
        assert "TimeoutError" in failures[8].error and "in trouble" in failures[8].traceback
        assert failures[9].error == "ValueError: no 9" and "in trouble" in failures[9].traceback
        assert [failure.attempts for failure in failures.values()] == [1, 1, 1]
        files = [path for kind in ("done", "failed") for path in (tmp_path / f"{n_jobs}").rglob(f"*.{kind}")]
        assert len(files) == 24
    assert tables[0] == tables[1]
    good = [task for task in tasks if task["number"] not in failures]
    alone = run_batch(plain, good, store=tmp_path / "alone", n_jobs=2)
    kept = study.to_frame().query("status == 'done'").reset_index(drop=True)
    assert (kept["sum"].to_numpy() == alone.to_frame()["sum"].to_numpy()).all()


def test_attempts(tmp_path):
    """A second one helps whom the first has killed by chance, and is counted."""
    kinds = {0: "once", 1: "raise", 2: "kill"}
    tasks = [{**task, "kind": kinds.get(task["number"]), "marker": str(tmp_path / "once")} for task in numbered(4)]
    study = run_batch(trouble, tasks, store=tmp_path / "store", n_jobs=1)
    assert [(failure.parameters["number"], failure.attempts) for failure in study.failed()] == [(1, 2), (2, 2)]
    assert [result is None for result in study.results()] == [False, True, True, False]


def test_a_failed_task_is_tried_again_by_the_next_call(tmp_path):
    tasks = [{**numbered(1)[0], "kind": "once", "marker": str(tmp_path / "once")}, {**numbered(2)[1]}]
    study = run_batch(trouble, tasks, store=tmp_path / "store", n_jobs=1, retries=0)
    assert [failure.parameters["number"] for failure in study.failed()] == [0]
    again = run_batch(trouble, tasks, store=tmp_path / "store", n_jobs=1, retries=0)
    assert not again.failed() and not study.failed() and study.results()[0]["name"] == "task 0"


@pytest.mark.parametrize("kind", ["raise", "kill"])
def test_an_error_can_end_the_batch(kind, tmp_path):
    tasks = [{**task, "kind": kind if task["number"] == 5 else None} for task in numbered(200)]
    with pytest.raises(TaskError, match="'number': 5"):
        run_batch(trouble, tasks, store=tmp_path / "store", n_jobs=2, on_error="raise", retries=0)
    assert len(list((tmp_path / "store").rglob("*.failed"))) == 1


# Workers and parents that are killed


def kill_at_the_gate(folder, n_workers, victims):
    """Kill workers in the midst of a task, and open the gate."""
    wait_at_the_gate(folder, n_workers)
    for process in victims():
        process.kill()
    (folder / "gate").touch()


def test_killed_workers(tmp_path):
    tasks, expected = gated(tmp_path)
    with meanwhile(kill_at_the_gate, tmp_path, 2, workers):
        study = run_batch(logged, tasks, store=tmp_path / "store", n_jobs=2)
    assert table(study, tmp_path) == expected
    begun = calls(tmp_path / "log")
    assert len(begun) == 42 and set(begun) == set(range(40))  # only what was under way ran twice


SCRIPT = """if True:
    import sys
    from reservoir.batch import run_batch
    from tests.batch.batch_tasks import logged
    store, log, gate = sys.argv[1:]
    tasks = [{"number": number, "size": 3, "log": log, "gate": gate} for number in range(40)]
    try:
        run_batch(logged, tasks, store=store, n_jobs=2)
    except KeyboardInterrupt:
        print("interrupted")
"""


def started(folder):
    """A process that runs the tasks, and its workers, once both are in the midst of one."""
    command = [sys.executable, "-c", SCRIPT, folder / "store", folder / "log", folder / "gate"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    wait_at_the_gate(folder, 2, lambda: process.poll() is None)
    return process, workers(process.pid)


def test_a_killed_parent(tmp_path):
    """Its workers end by themselves, in the midst of a task, and the same call goes on."""
    tasks, expected = gated(tmp_path)
    process, orphans = started(tmp_path)
    process.kill()
    process.communicate()
    finished = Store(tmp_path / "store").scan()["done"]
    _, alive = psutil.wait_procs(orphans, timeout=HANG)
    assert len(orphans) == 2 and not alive and len(finished) == 10
    (tmp_path / "gate").touch()
    study = run_batch(logged, tasks, store=tmp_path / "store", n_jobs=2)
    assert table(study, tmp_path) == expected
    assert not list((tmp_path / "store" / "running").iterdir())
    assert len(list((tmp_path / "store").rglob("*.done"))) == 40


def test_an_interrupt_ends_the_batch(tmp_path):
    """As Ctrl-C does, it goes to all processes of the group; the tasks under way would never end."""
    process, orphans = started(tmp_path)
    os.killpg(process.pid, signal.SIGINT)
    output, _ = process.communicate(timeout=HANG)
    assert output == "interrupted\n" and process.returncode == 0
    _, alive = psutil.wait_procs(orphans, timeout=HANG)
    assert len(orphans) == 2 and not alive


# The disk


def mounted(folder, size):
    """Whether a small file system could be mounted there."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


def test_a_full_disk(tmp_path):
    disk, tasks = tmp_path / "disk", [{"number": number, "size": 20_000} for number in range(12)]
    expected = table(run_batch(plain, tasks, store=tmp_path / "undisturbed", n_jobs=1), tmp_path)
    if not mounted(disk, "1m"):
        pytest.skip("mounting a small file system needs rights that this user has not")
    try:
        with pytest.raises(OSError) as caught:
            run_batch(plain, tasks, store=disk / "store", n_jobs=2)
        assert caught.value.errno == errno.ENOSPC
        finished = Store(disk / "store").scan()["done"]
        assert 0 < len(finished) < 12
        assert len(list(disk.rglob("*.part"))) <= 1  # of the other worker, if it was killed while it wrote
        subprocess.run(["mount", "-o", "remount,size=64m", str(disk)], check=True)
        study = run_batch(plain, tasks, store=disk / "store", n_jobs=2)
        assert table(study, tmp_path) == expected
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def test_a_damaged_file_is_run_again(tmp_path):
    study = run_batch(plain, numbered(4), store=tmp_path / "store", n_jobs=1)
    expected = table(study, tmp_path)
    path = sorted((tmp_path / "store").rglob("*.done"))[0]
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.warns(RuntimeWarning, match="is no result"):
        assert sum(result is None for result in study.results()) == len(study.pending()) == 1
    assert table(run_batch(plain, numbered(4), store=tmp_path / "store", n_jobs=1), tmp_path) == expected


def test_workers_that_die_in_their_setup(tmp_path):
    parent = os.getpid()

    def setup():
        if os.getpid() != parent:
            os._exit(3)

    with pytest.raises(RuntimeError, match="die before they begin a task, perhaps in 'setup'"):
        run_batch(plain, numbered(4), store=tmp_path / "store", n_jobs=1, setup=setup)


# Work beyond the tasks themselves, full size


def work():
    """Seconds of processor time of this process and its workers."""
    return sum(sum(process.cpu_times()[:2]) for process in (psutil.Process(), *workers()))


@pytest.mark.long
def test_10_000_tasks_of_a_millisecond(tmp_path):
    """Another millisecond each at most; the start of workers is not counted."""
    run_batch(busy, numbered(10), store=tmp_path / "first", n_jobs=2)
    before = work()
    run_batch(busy, numbered(10_000), store=tmp_path / "store", n_jobs=2)
    assert 10 < work() - before < 10_000 * 2e-3


@pytest.mark.long
def test_100_000_finished_tasks_resume(tmp_path):
    tasks = numbered(100_000)
    run_batch(empty, tasks, store=tmp_path / "store", n_jobs=2)
    start = time.process_time()
    study = run_batch(empty, [*tasks, {"number": -1}], store=tmp_path / "store", n_jobs=2)
    assert time.process_time() - start < 5
    assert np.isfinite(study.runs().seconds).sum() == 100_001
