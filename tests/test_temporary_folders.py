"""Folders that end with their process, however that ends."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from reservoir.temporary_folders import temporary_folder
from reservoir.whole_files import kernel_token

ROOT = Path(__file__).resolve().parents[1]
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="sends signals")

KILLED = """
import os, signal, sys
from pathlib import Path
from reservoir.temporary_folders import temporary_folder
with temporary_folder("spiking", sys.argv[1]) as folder:
    Path(folder, "main.cpp").write_text("int main")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_process_left_is_removed_by_the_next(tmp_path):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", KILLED, str(tmp_path)]
    assert subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode == -9
    (left,) = tmp_path.iterdir()
    assert {path.name for path in left.iterdir()} == {"main.cpp", ".living"}
    with temporary_folder("spiking", str(tmp_path)) as folder:
        assert [str(path) for path in tmp_path.iterdir()] == [folder]
    assert not list(tmp_path.iterdir())


def test_what_is_written_while_it_is_removed_goes_too(tmp_path, monkeypatch):
    """As by a compiler that is being killed."""
    remove = tempfile.TemporaryDirectory.cleanup

    def write_late(folder):
        remove(folder)
        Path(folder.name).mkdir()
        Path(folder.name, "main.o").touch()

    monkeypatch.setattr(tempfile.TemporaryDirectory, "cleanup", write_late)
    with pytest.raises(KeyboardInterrupt), temporary_folder("spiking", str(tmp_path)):
        raise KeyboardInterrupt
    assert not list(tmp_path.iterdir())


def test_what_lives_or_is_no_such_folder_stays(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / ".living").touch()
    (tmp_path / f"spiking_{kernel_token()}_link").symlink_to("folder")
    for name in (f"spiking_{int(kernel_token(), 16) ^ 1:08x}_a", "spiking_a", f"fit_in_parts_{kernel_token()}_a"):
        (tmp_path / name).mkdir()
        (tmp_path / name / ".living").touch()
    (tmp_path / f"spiking_{kernel_token()}_new").mkdir()
    before = set(os.listdir(tmp_path))
    with temporary_folder("spiking", str(tmp_path)) as first, temporary_folder("spiking", str(tmp_path)) as second:
        assert os.stat(first).st_mode & 0o777 == 0o700
        assert set(os.listdir(tmp_path)) == before | {os.path.basename(first), os.path.basename(second)}
    assert set(os.listdir(tmp_path)) == before
    assert os.listdir(tmp_path / "folder") == [".living"]
