"""The folder of a batch: one seed under any race, opened again after any death, read with care, shared with a group."""

import io
import json
import os
import stat
import subprocess
import sys
import textwrap
import threading
import time
import zipfile
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from reservoir.batch import claim as claims
from reservoir.batch import run_batch
from reservoir.batch.claim import Claim
from reservoir.batch.files import StoreError, text_of_log
from reservoir.batch.identity import canonical
from reservoir.batch.records import Record
from reservoir.batch.store import Store, new_batch_name
from reservoir.whole_files import kernel, lock, write_new_file
from tests.batch.batch_tasks import one, plain

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="asks for the rights and pipes of Unix")
ROOT = Path(__file__).resolve().parents[2]


def filled(folder, count=2, seed=0):
    """A store with results, and its tasks."""
    store, tasks = Store(folder), [one({"a": number}, seed=seed) for number in range(count)]
    store.open(seed)
    with store.begin(new_batch_name()):
        for number, task in enumerate(tasks):
            store.write(task.identity, Record({"attempts": 1}, canonical(task.parameters), {"a": number}), "done")
    return store, tasks


def found(store, tasks):
    """Results by the numbers of tasks; None where there is none."""
    paths = store.scan()["done"]
    records = [store.read(paths[task.identity]) if task.identity in paths else None for task in tasks]
    return [record.result["a"] if record else None for record in records]


# One seed


def opened(folder, seed, barrier):
    barrier.wait()
    try:
        Store(folder).open(seed)
    except ValueError as error:
        return str(error)
    return seed


def rounds(folder, seeds, count):
    """What became of callers that open new stores at once."""
    for number in range(count):
        barrier = threading.Barrier(len(seeds))
        with ThreadPoolExecutor(len(seeds)) as pool:
            calls = [pool.submit(opened, folder / str(number), seed, barrier) for seed in seeds]
            outcomes = [call.result() for call in calls]
        yield folder / str(number), outcomes


def test_callers_that_open_a_new_store_at_once_agree_on_a_seed(tmp_path):
    for folder, outcomes in rounds(tmp_path, (0, 1, 0, 1), 25):
        kept = json.loads((folder / "batch.json").read_text())["seed"]
        refused = [outcome for outcome in outcomes if isinstance(outcome, str)]
        assert outcomes.count(kept) == 2 and len(refused) == 2
        assert all(f"holds results for seed={kept}, not {1 - kept}" in text for text in refused)
    for _, outcomes in rounds(tmp_path / "same", (5, 5, 5, 5), 25):
        assert outcomes == [5] * 4


def test_where_there_are_no_links(tmp_path, monkeypatch):
    def link(*_):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", link)
    for _, outcomes in rounds(tmp_path, (5, 5), 3):
        assert 5 in outcomes
    write_new_file(tmp_path / "one", b"1", 0o600)
    with pytest.raises(FileExistsError):
        write_new_file(tmp_path / "one", b"2", 0o600)
    assert (tmp_path / "one").read_bytes() == b"1" and not list(tmp_path.glob("one.*"))


PROCESSES = """
import multiprocessing, sys
from reservoir.batch.store import Store

def opener(root, seed, barrier, answers):
    for number in range(100):
        barrier.wait()
        try:
            Store(f"{root}/{number}").open(seed)
            answers.put((number, seed))
        except ValueError as error:
            answers.put((number, str(error)))

if __name__ == "__main__":
    context = multiprocessing.get_context("fork")
    barrier, answers = context.Barrier(4), context.Queue()
    seeds = [*map(int, sys.argv[2:])]
    processes = [context.Process(target=opener, args=(sys.argv[1], seed, barrier, answers)) for seed in seeds]
    [process.start() for process in processes]
    outcomes = [answers.get() for _ in range(400)]
    for number in range(100):
        of_round = [outcome for place, outcome in outcomes if place == number]
        kept = {outcome for outcome in of_round if isinstance(outcome, int)}
        refused = sum("holds results for seed" in str(outcome) for outcome in of_round)
        assert len(kept) == 1 and refused == 4 - seeds.count(*kept), of_round
"""


def script(text, *arguments):
    """Run a script in a fresh process."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", textwrap.dedent(text), *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.long
@pytest.mark.parametrize("seeds", [(0, 1, 0, 1), (0, 0, 0, 0), (0, 1, 2, 3)])
def test_processes_that_open_a_new_store_at_once_agree_on_a_seed(seeds, tmp_path):
    script(PROCESSES, tmp_path, *seeds)


# Deaths and damage

DEATHS = """
import os, sys
from reservoir.batch.records import Record
from reservoir.batch.store import Store, new_batch_name
from tests.deaths import die_at

NAMES = "mkdir open close dup link unlink replace fsync fchmod chmod utime stat lstat".split()
root, number = sys.argv[1], 0

def work(folder, deadly):
    die_at(deadly, NAMES)
    store = Store(folder)
    store.open(3)
    with store.begin(new_batch_name()) as claim:
        store.clear(claim.now)
        store.write("ab" * 16, Record({}, "{}", 1), "done")
    os._exit(0)

def next_call(folder):
    store = Store(folder)
    store.open(3)
    with store.begin(new_batch_name()) as claim:
        store.write("ab" * 16, Record({}, "{}", 1), "done")
        left = [path for path in claim.folder.parent.iterdir() if path != claim.folder]
    for path in left:  # it died before it could say where it lived: an hour of silence tells
        assert left == [path] and all(not inner.read_bytes() for inner in path.iterdir())
        for silent in (*path.iterdir(), path):
            os.utime(silent, (0, 0))
    with store.begin(new_batch_name()) as claim:
        assert list(claim.folder.parent.iterdir()) == [claim.folder]
    assert len(store.scan()["done"]) == 1
    parts = [name for _, _, names in os.walk(folder) for name in names if name.endswith(".part")]
    assert len(parts) <= 1
    store.clear(claim.now)
    assert not any(name.endswith(".part") for _, _, names in os.walk(folder) for name in names)

next_call(f"{root}/old")
for folder, first in ((root + "/new{}", 1), (root + "/old", 256)):  # at every call, but those for its 256 folders
    number, code = first - 1, 9
    while code == 9:
        number += 1 if number < 20 or first > 1 else 149
        child = os.fork()
        if child == 0:
            work(folder.format(number), number)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        next_call(folder.format(number))
    assert code == 0, code
print(number)
"""


def test_a_store_opens_after_a_death_at_any_call_of_the_system(tmp_path):
    assert int(script(DEATHS, tmp_path)) > 260


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"format": 1}', '{"seed": 4}', '{"format": 1, "seed": "4"}', "[" * 99999, None]
)
def test_a_lost_manifest_is_made_from_the_results(text, tmp_path):
    store, tasks = filled(tmp_path / "store", seed=4)
    manifest = store.folder / "batch.json"
    if text is None:
        manifest.unlink()
    else:
        manifest.write_text(text)
    with pytest.raises(StoreError, match="holds results for seed=4, not 0"):
        Store(store.folder).open(0)
    Store(store.folder).open(4)
    assert json.loads(manifest.read_text())["seed"] == 4 and found(store, tasks) == [0, 1]


def test_every_cut_and_change_of_a_manifest(tmp_path):
    """It is made anew from the results, or one error names the file and what to do; what is stored still comes."""
    store, tasks = filled(tmp_path / "store", seed=4)
    manifest = store.folder / "batch.json"
    whole = manifest.read_bytes()
    cuts = [whole[:length] for length in range(len(whole))]
    changes = [
        whole[:place] + bytes([byte ^ bit]) + whole[place + 1 :] for place, byte in enumerate(whole) for bit in (1, 16)
    ]
    n_refused = 0
    for data in cuts + changes:
        manifest.write_bytes(data)
        try:
            Store(store.folder).open(4)
        except StoreError as error:
            assert str(manifest) in str(error) and "use the release that wrote it, or name a new store" in str(error)
            n_refused += 1
        else:
            assert json.loads(manifest.read_text())["seed"] == 4
    assert n_refused == 1  # of format 0
    assert found(store, tasks) == [0, 1]


def test_a_manifest_that_cannot_be_made_anew(tmp_path):
    """Where no result names the seed, and where the file is of another release or no file."""
    store, _ = filled(tmp_path / "store", count=0)
    manifest = store.folder / "batch.json"
    manifest.write_text("{")
    with pytest.raises(
        StoreError, match=r"batch.json' is damaged, and no result names the seed: write .* or name a new"
    ):
        store.open(0)
    manifest.write_text('{"format": 99, "seed": 0}')
    with pytest.raises(
        StoreError, match=r"batch.json' is of format 99, .* use the release that wrote it, or name a new"
    ):
        store.open(0)
    manifest.unlink()
    os.mkfifo(manifest)
    with pytest.raises(StoreError, match=r"batch.json' is no regular file: remove it"):
        store.open(0)
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match=r"cannot be opened.*File exists.*file'"):
        Store(tmp_path / "file").open(0)


def test_names_that_mean_nothing(tmp_path):
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / ".DS_Store").touch()
    (tmp_path / "store" / "batch.json.abcdef012345.part").write_text("{")
    store, tasks = filled(tmp_path / "store")
    folder = store.folder / tasks[0].identity[:2]
    for path in (
        "ab.txt",
        "no",
        "zz",
        "running/.DS_Store",
        "running/a-b-c",
        f"{folder.name}/.nfs01",
        f"{folder.name}/x-1.done",
    ):
        (store.folder / path).touch()
    (folder / f"{tasks[0].identity}-zz.done").touch()
    (folder / f"{tasks[0].identity}-1.done").mkdir()
    next(path for path in store.folder.glob("??") if path.is_dir() and not list(path.iterdir())).rmdir()
    store.open(0)
    assert found(*filled(store.folder, 3)) == [0, 1, 2] and (store.folder / "running" / "a-b-c").exists()


def crafted(path, run=b"{}", content=b'["",1]', arrays=b""):
    """A record with a right checksum in the place of another one."""
    body = run + content + arrays
    data = b"reservoir-batch 1 %d %d %d %d\n" % (len(run), len(content), len(arrays), zlib.crc32(body)) + body
    path.unlink()
    path.with_name(f"{path.name.split('-')[0]}-{len(data):x}.done").write_bytes(data)


def archive(array, name="0.npy", **options):
    """A record that holds an npz of these bytes, as its result."""
    stored = io.BytesIO()
    with zipfile.ZipFile(stored, "w", **options) as members:
        members.writestr(name, array)
    return {"content": b'["",{"__array__":0}]', "arrays": stored.getvalue()}


def array(kind, shape, content=b"", **options):
    """A record whose array has a header of one's own."""
    text = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}".ljust(127) + "\n"
    return archive(b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode() + content, **options)


HOSTILE = {
    "deep": {"content": b'["",' + b"[" * 50000 + b"]" * 50000 + b"]"},
    "no array": {"content": b'["",{"__array__":7}]'},
    "array without a number": {"content": b'["",{"__array__":"0"}]'},
    "no JSON": {"content": b"{{{"},
    "other JSON": {"content": b"[1]"},
    "no text": {"content": b"\xff"},
    "wrong run": {"run": b"[]"},
    "wrong error": {"run": b'{"error": 3}'},
    "no zip": {"content": b'["",{"__array__":0}]', "arrays": b"PK"},
    "deflated": array("|u1", (1 << 20,), bytes(1 << 20), compression=zipfile.ZIP_DEFLATED),
    "other name": array("|u1", (1,), b"1", name="1.npy"),
    "no magic": archive(b"abc"),
    "objects": array("|O", (1,), bytes(8)),
    "too large": array("<f8", (99999999999,)),
    "negative": array("<f8", (-1,)),
    "no bytes": array("<U0", (99999999999,)),
    "code": array("<f8", "__import__('os').abort()"),
    "no booleans": array("|b1", (1,), b"\2"),
    "no characters": array("<U1", (1,), b"\xff" * 4),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_bad_record_costs_its_own_task_only(kind, tmp_path):
    store, tasks = filled(tmp_path, 2)
    crafted(Path(store.scan()["done"][tasks[0].identity]), **HOSTILE[kind])
    before = {path.name for path in tmp_path.rglob("*.done")}
    with pytest.warns(RuntimeWarning, match=f"{tasks[0].identity}.*is no result"):
        assert found(store, tasks) == [None, 1]
    assert {path.name.removesuffix(".damaged") for path in tmp_path.rglob("*.done*")} == before
    assert tasks[0].identity not in store.scan()["done"]


def test_a_pipe_in_the_place_of_a_record(tmp_path):
    store, tasks = filled(tmp_path, 2)
    path = Path(store.scan()["done"][tasks[0].identity])
    path.unlink()
    pipe = path.with_name(f"{tasks[0].identity}-0.done")
    os.mkfifo(pipe)
    assert found(store, tasks) == [None, 1]
    for read in (store.read, text_of_log):
        with pytest.raises(StoreError, match="is no regular file"):
            read(str(pipe))
    caller = store.folder / "running" / "host-1-0123456789ab" / "caller"
    caller.parent.mkdir()
    os.mkfifo(caller)
    with store.begin(new_batch_name()):
        assert stat.S_ISFIFO(caller.lstat().st_mode)


# Several callers


def test_a_caller_is_alive_whatever_its_process_and_clock(tmp_path):
    """As from two containers of one host name, which number their processes, and with clocks days apart."""
    running, day = tmp_path, 86400.0
    with Claim(running, "host-999999-0123456789ab", 0o755) as first:
        for shift in (-day, day, 0.0):
            os.utime(first.folder / "caller", (time.time() + shift,) * 2)
            with Claim(running, "host-1-aaaaaaaaaaaa", 0o755):
                first.check()
    assert not list(running.iterdir())


def test_what_a_dead_caller_left_is_removed(tmp_path, monkeypatch):
    """At once under one kernel; elsewhere, and where files have no locks, after an hour of silence."""

    def no_lock(handle):
        return None

    here = kernel()
    for machine, answer, silence, gone in (
        (here, lock, 0, True), (b"other", lock, 0, False), (b"other", lock, 2, True),
        (here, no_lock, 0, False), (here, no_lock, 2, True),
    ):  # fmt: skip
        dead = tmp_path / "host-1-0123456789ab"
        dead.mkdir(exist_ok=True)
        (dead / "caller").write_bytes(machine)
        os.utime(dead / "caller", (time.time() - silence * claims.SILENCE,) * 2)
        with monkeypatch.context() as patch:
            patch.setattr(claims, "lock", answer)
            with Claim(tmp_path, new_batch_name(), 0o755):
                assert dead.exists() != gone


def test_a_batch_whose_folder_was_removed_says_so(tmp_path):
    def removes(task, *, random_state):
        import shutil

        shutil.rmtree(task["running"])

    running = tmp_path / "store" / "running"
    with pytest.raises(StoreError, match=r"running.*was removed while the batch ran.*make the same call again"):
        run_batch(removes, {"running": [str(running)], "n": range(20)}, store=tmp_path / "store", n_jobs=1)


@pytest.mark.parametrize("mode", [0o2770, 0o700, 0o755])
def test_folders_and_files_have_the_rights_of_the_store(mode, tmp_path):
    folder = tmp_path / "store"
    folder.mkdir()
    folder.chmod(mode)
    before = os.umask(0o077)
    try:
        run_batch(plain, [{"number": 1, "size": 3}], store=folder, n_jobs=1)
    finally:
        os.umask(before)
    for path in folder.rglob("*"):
        expected = mode if path.is_dir() else mode & 0o666
        assert stat.S_IMODE(path.stat().st_mode) == expected, path
