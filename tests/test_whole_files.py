"""Files are written whole or not at all, with the rights that they had; what is no file is refused at once."""

import contextlib
import os
import re
import socket
import stat
import struct
import subprocess
import sys
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from reservoir import whole_files
from reservoir.whole_files import Part, clear_parts, open_regular, replace_file, write_all

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="asks for the rights, pipes and links of Unix")
ROOT = Path(__file__).resolve().parents[1]
AS_ROOT = pytest.mark.skipif(sys.platform == "win32" or os.getuid() != 0, reason="gives files to other users")
STRANGER = 65534


def put(path, text=b"new"):
    replace_file(path, lambda file: file.write(text))


def mode_of(path):
    return stat.S_IMODE(os.stat(path).st_mode)


# Rights


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o444, 0o666, 0o755])
def test_the_mode_of_an_old_file_is_kept(mode, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    path.chmod(mode)
    put(path)
    assert mode_of(path) == mode and path.read_bytes() == b"new"


@pytest.mark.parametrize("umask", [0o022, 0o077, 0o002])
def test_a_new_file_has_the_rights_of_any_new_file(umask, tmp_path):
    before = os.umask(umask)
    try:
        put(tmp_path / "file")
    finally:
        os.umask(before)
    assert mode_of(tmp_path / "file") == 0o666 & ~umask and os.listdir(tmp_path) == ["file"]


def test_nobody_sees_a_private_file_meanwhile(tmp_path):
    path, seen = tmp_path / "file", []
    path.touch(0o600)

    def write(file):
        seen.extend(mode_of(one) for one in tmp_path.glob("*.part"))

    replace_file(path, write)
    assert seen == [0o600]


@AS_ROOT
def test_owner_and_group_are_kept(tmp_path):
    path = tmp_path / "file"
    path.touch(0o640)
    os.chown(path, STRANGER, 12345)
    put(path)
    found = path.stat()
    assert (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)) == (STRANGER, 12345, 0o640)


@AS_ROOT
@pytest.mark.parametrize(("mode", "expected"), [(0o660, 0o600), (0o664, 0o644), (0o646, 0o646)])
def test_another_group_gets_no_more_than_all_others(mode, expected, tmp_path, monkeypatch):
    path = tmp_path / "file"
    path.touch()
    os.chown(path, -1, 12345)
    path.chmod(mode)
    monkeypatch.setattr(os, "fchown", lambda *_: (_ for _ in ()).throw(PermissionError(1, "not permitted")))
    put(path)
    assert path.stat().st_gid != 12345 and mode_of(path) == expected


ACCESS = "system.posix_acl_access"


def access_list(reader):
    """That of a file which one more user may read, in the form of Linux: tag, rights, number."""
    entries = [(1, 6, 2**32 - 1), (2, 4, reader), (4, 0, 2**32 - 1), (16, 4, 2**32 - 1), (32, 0, 2**32 - 1)]
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)


def test_an_access_list_is_kept_and_none_is_inherited(tmp_path):
    if sys.platform != "linux":
        pytest.skip("access lists of Linux")
    old, plain = tmp_path / "old", tmp_path / "plain"
    old.touch(0o600), plain.touch(0o640)
    try:
        os.setxattr(old, ACCESS, access_list(STRANGER))
        os.setxattr(tmp_path, ACCESS.replace("access", "default"), access_list(STRANGER))
    except OSError:
        pytest.skip("a file system without access lists")
    before = os.getxattr(old, ACCESS)
    put(old), put(plain)
    assert os.getxattr(old, ACCESS) == before and mode_of(plain) == 0o640
    with pytest.raises(OSError, match="No data"):
        os.getxattr(plain, ACCESS)


# What is no file


def special(kind, path):
    """Something that is no regular file."""
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        try:
            os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, 3))
        except PermissionError:
            pytest.skip("making a device needs rights that this user has not")
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as made, contextlib.chdir(path.parent):  # the name must be short
            made.bind(path.name)
    else:
        path.mkdir()


@pytest.mark.parametrize("link", [False, True])
@pytest.mark.parametrize("kind", ["pipe", "device", "socket", "folder"])
def test_what_is_no_file_is_refused_at_once(kind, link, tmp_path):
    path = tmp_path / "it"
    special(kind, path)
    if link:
        path = tmp_path / "link"
        path.symlink_to("it")
    before = os.lstat(path), sorted(os.listdir(tmp_path))
    error = IsADirectoryError if kind == "folder" else whole_files.NoRegularFileError
    for work in (put, open_regular):
        with pytest.raises(error, match=re.escape(f"'{path}'")):
            work(path)
    assert (os.lstat(path), sorted(os.listdir(tmp_path))) == before


def test_names_that_are_none(tmp_path):
    for name in (f"{tmp_path}/new/", f"{tmp_path}/"):
        with pytest.raises(IsADirectoryError):
            put(name)
    for name in (tmp_path / "no" / "file", ""):
        with pytest.raises(OSError, match=r"No such file|Is a directory"):
            put(name)
    put(tmp_path / ("x" * 255))
    put(tmp_path / ("\u4e00" * 85))
    assert sorted(map(len, os.listdir(tmp_path))) == [85, 255]


# Links


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "first").symlink_to("second")
    (tmp_path / "second").symlink_to("folder/file")
    for text in (b"made", b"written again"):
        put(tmp_path / "first", text)
        assert (tmp_path / "first").is_symlink() and (tmp_path / "folder" / "file").read_bytes() == text
    assert os.listdir(tmp_path / "folder") == ["file"]
    (tmp_path / "round").symlink_to("round")
    with pytest.raises(OSError, match="symbolic links"):
        put(tmp_path / "round")


@AS_ROOT
def test_a_link_of_a_stranger_in_a_folder_for_all_is_refused(tmp_path):
    tmp_path.chmod(0o1777)
    (tmp_path / "precious").write_bytes(b"precious")
    (tmp_path / "link").symlink_to("precious")
    put(tmp_path / "link", b"mine")
    os.lchown(tmp_path / "link", STRANGER, STRANGER)
    (tmp_path / "mine").symlink_to("link")
    for name in ("link", "mine"):
        with pytest.raises(PermissionError, match=f"link of another user.*{name}"):
            put(tmp_path / name)
    assert (tmp_path / "precious").read_bytes() == b"mine"


def test_a_link_at_the_name_of_a_part_is_harmless(tmp_path, monkeypatch):
    """Nobody knows the name; but if somebody did."""
    monkeypatch.setattr(os, "urandom", bytes)
    with Part(tmp_path / "file") as part:
        name = part.path
    for target in ("precious", "nowhere"):
        (tmp_path / "precious").write_bytes(b"precious")
        os.symlink(target, name)
        with pytest.raises(FileExistsError, match=re.escape(f"'{tmp_path / 'file'}'")):
            put(tmp_path / "file")
        clear_parts(tmp_path, time.time() + 10 * whole_files.SILENCE)
        assert (tmp_path / "precious").read_bytes() == b"precious" and os.readlink(name) == target
        assert not (tmp_path / "file").exists() and not (tmp_path / "nowhere").exists()
        os.unlink(name)


# Parts of the dead and the living

DEAD = "file." + whole_files.kernel_token() + "0" * 16 + ".part"
ELSEWHERE = "file." + f"{int(whole_files.kernel_token(), 16) ^ 1:08x}" + "0" * 16 + ".part"


def test_parts_of_dead_writers_are_removed_by_the_next(tmp_path):
    others = ["file.part", "file.npz", f"other{DEAD}", DEAD.replace("file", "file.other"), f"{DEAD}.part"]
    for name in (DEAD, *others):
        (tmp_path / name).touch(0o600)
    put(tmp_path / "file")
    assert sorted(os.listdir(tmp_path)) == sorted(["file", *others])


def test_parts_of_living_writers_stay(tmp_path):
    """Also where a clock is a year ahead."""
    with Part(tmp_path / "file") as slow:
        write_all(slow, b"slow")
        os.utime(slow.path, (0, 0))
        put(tmp_path / "file", b"fast")
        clear_parts(tmp_path, time.time() + 365 * 24 * 3600)
        assert (tmp_path / "file").read_bytes() == b"fast"
        slow.become(tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == b"slow" and os.listdir(tmp_path) == ["file"]


@pytest.mark.parametrize("locks", [True, False])
def test_elsewhere_a_day_of_silence_tells(locks, tmp_path, monkeypatch):
    """By the clock of the file system, whatever this machine's says."""
    name = ELSEWHERE if locks else DEAD
    if not locks:
        monkeypatch.setattr(whole_files, "lock", lambda handle: None)
    monkeypatch.setattr(time, "time", lambda: 2e10)
    now = (tmp_path / name).touch() or (tmp_path / name).stat().st_mtime
    put(tmp_path / "file")
    assert (tmp_path / name).exists()
    os.utime(tmp_path / name, (now - 1.1 * whole_files.SILENCE,) * 2)
    put(tmp_path / "file")
    assert not (tmp_path / name).exists()


def test_a_part_that_is_cleared_before_it_is_locked_is_made_again(tmp_path, monkeypatch):
    real, calls = whole_files.lock, []

    def late(handle):
        calls.append(handle)
        if len(calls) < 3:
            (path,) = tmp_path.glob("*.part")
            path.unlink()
        return False if len(calls) == 1 else real(handle)

    monkeypatch.setattr(whole_files, "lock", late)
    with Part(tmp_path / "file") as part:
        part.become(tmp_path / "file")
    assert len(calls) == 3 and os.listdir(tmp_path) == ["file"]


def test_many_writers_at_once(tmp_path):
    texts = [bytes([65 + number]) * 50_000 for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        for _ in range(5):
            list(pool.map(lambda text: put(tmp_path / "file", text), texts))
            assert (tmp_path / "file").read_bytes() in texts and os.listdir(tmp_path) == ["file"]


# A full disk, and death


def test_a_full_disk_leaves_the_old_file(tmp_path):
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    put(tmp_path / "file", b"old")
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(OSError, match=re.escape(f"File too large: '{tmp_path / 'file'}'")):
            put(tmp_path / "file", bytes(100_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert (tmp_path / "file").read_bytes() == b"old" and os.listdir(tmp_path) == ["file"]


@pytest.mark.parametrize("error", [KeyError("no"), OSError("no number"), KeyboardInterrupt()])
def test_an_error_leaves_the_old_file(error, tmp_path):
    put(tmp_path / "file", b"old")

    def write(file):
        file.write(b"half")
        raise error

    with pytest.raises(type(error)):
        replace_file(tmp_path / "file", write)
    assert (tmp_path / "file").read_bytes() == b"old" and os.listdir(tmp_path) == ["file"]


DEATHS = """
import os, sys
from pathlib import Path
from reservoir import EchoState, load, save
from reservoir.batch.identity import canonical
from reservoir.batch.records import Record
from reservoir.batch.store import Store
from reservoir.batch.study import Study
from tests.batch.batch_tasks import one
from tests.deaths import die_at

NAMES = ("open", "close", "stat", "lstat", "fstat", "scandir", "fchmod", "fchown", "fsync", "dup", "replace", "unlink")
root = Path(sys.argv[1])
task = one({"a": 1})
store = Store(root / "store")
store.open(0)
(root / "store" / task.identity[:2]).mkdir()
store.write(task.identity, Record({"attempts": 1}, canonical({"a": 1}), {"b": 2}), "done")

def consolidate():
    Study([task], store).consolidate(root / "table.csv")

def save_model():
    save(EchoState(7), root / "model")

def dies(work, deadly):
    die_at(deadly, NAMES)
    work()

def fork(work, *arguments):
    child = os.fork()
    if child == 0:
        try:
            work(*arguments)
        except BaseException as error:
            print(repr(error), file=sys.stderr)
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

for work, names in ((save_model, ["model"]), (consolidate, ["table.csv", "table_runs.csv"])):
    work()
    whole = [(root / name).read_bytes() for name in names]
    number, code = 0, 9
    while code == 9:  # dies at its first call of the system, then at its second, ...
        number += 1
        code = fork(dies, work, number)
        assert [(root / name).read_bytes() for name in names] == whole, number
        parts = list(root.glob("*.part"))
        assert len(parts) <= 1, parts
        if parts:
            assert fork(work) == 0 and not list(root.glob("*.part")), number
    assert code == 0, code
    print(number)
assert load(root / "model").n_units == 7
"""


def test_a_death_at_any_call_of_the_system_leaves_the_old_file(tmp_path):
    """Saving and consolidating; what is left of the dead is one part, and the next call removes it."""
    pytest.importorskip("pandas")
    command = [sys.executable, "-c", textwrap.dedent(DEATHS), str(tmp_path)]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert all(int(number) > 15 for number in done.stdout.split()) and len(done.stdout.split()) == 2
