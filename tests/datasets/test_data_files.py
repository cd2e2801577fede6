"""Files are found, downloaded and checked, and fetching fails clearly."""

import functools
import hashlib
import subprocess
import sys
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from reservoir.datasets import (
    DatasetNotFoundError,
    data_files,
    fetch_santa_fe_laser,
)
from tests.datasets.samples import exported

FAKE = b"86\n141\n95\n"
WRONG_CHECKSUM = r"'santafe_laser/santafe_laser_A_1_6000\.csv' .* wrong SHA-256 checksum"


@pytest.fixture
def pooch(tmp_path, monkeypatch):
    """pooch with an empty cache of its own and a registry of one small file."""
    pooch = pytest.importorskip("pooch")
    monkeypatch.setattr(pooch, "os_cache", lambda project: tmp_path / "cache")
    monkeypatch.setitem(data_files.REGISTRY, data_files.SANTA_FE_LASER, hashlib.sha256(FAKE).hexdigest())
    monkeypatch.delenv("RESERVOIR_DATA", raising=False)
    monkeypatch.delenv("RESERVOIR_DATA_URL", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return pooch


@pytest.fixture
def mirror(tmp_path, pooch, monkeypatch):
    """Directory that a local server shows under RESERVOIR_DATA_URL."""
    root = tmp_path / "mirror"
    (root / data_files.SANTA_FE_LASER).parent.mkdir(parents=True)
    handler = functools.partial(SimpleHTTPRequestHandler, directory=str(root))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        monkeypatch.setenv("RESERVOIR_DATA_URL", f"http://127.0.0.1:{server.server_port}")
        yield root
        server.shutdown()
        thread.join()


def files_below(directory):
    return [path for path in directory.rglob("*") if path.is_file()]


def test_a_download_is_checked_and_kept(mirror, tmp_path, monkeypatch):
    (mirror / data_files.SANTA_FE_LASER).write_bytes(FAKE)
    assert fetch_santa_fe_laser().data.ravel().tolist() == [86, 141, 95]
    cached = tmp_path / "cache" / data_files.SANTA_FE_LASER
    assert files_below(tmp_path / "cache") == [cached]
    cached.write_bytes(b"damaged")
    assert fetch_santa_fe_laser().data.shape == (3, 1)
    assert cached.read_bytes() == FAKE
    (mirror / data_files.SANTA_FE_LASER).unlink()
    assert fetch_santa_fe_laser().data.shape == (3, 1)
    monkeypatch.delenv("RESERVOIR_DATA_URL")
    assert fetch_santa_fe_laser().data.shape == (3, 1)


def test_a_download_with_a_wrong_checksum_is_refused_and_not_kept(mirror, tmp_path):
    (mirror / data_files.SANTA_FE_LASER).write_bytes(b"86\n141\n")
    with pytest.raises(ValueError, match=WRONG_CHECKSUM):
        fetch_santa_fe_laser()
    assert files_below(tmp_path / "cache") == []


def test_a_local_file_with_a_wrong_checksum_is_refused(pooch, tmp_path, monkeypatch):
    path = tmp_path / data_files.SANTA_FE_LASER
    path.parent.mkdir()
    path.write_bytes(b"86\n141\n")
    monkeypatch.setenv("RESERVOIR_DATA", str(tmp_path))
    with pytest.raises(ValueError, match=WRONG_CHECKSUM):
        fetch_santa_fe_laser()
    path.write_bytes(FAKE)
    assert fetch_santa_fe_laser().data.shape == (3, 1)


def assert_names_both_ways_out(error, name):
    parts = [name, "RESERVOIR_DATA ", "RESERVOIR_DATA_URL", 'pip install "reservoir-spiking[datasets]"']
    assert all(part in str(error) for part in parts)


@pytest.mark.parametrize("fetch", exported("fetch_"))
def test_nothing_configured_is_one_clear_error(pooch, tmp_path, monkeypatch, fetch):
    with pytest.raises(DatasetNotFoundError) as caught:
        fetch()
    (name,) = (name for name in data_files.REGISTRY if f"'{name}' was not found" in str(caught.value))
    assert_names_both_ways_out(caught.value, name)
    monkeypatch.setenv("RESERVOIR_DATA", str(tmp_path))
    with pytest.raises(OSError) as caught:
        fetch()
    assert_names_both_ways_out(caught.value, name)


def test_no_network_and_a_missing_file_are_the_same_clear_error(mirror, tmp_path, monkeypatch):
    with pytest.raises(DatasetNotFoundError, match="404") as caught:
        fetch_santa_fe_laser()
    assert_names_both_ways_out(caught.value, data_files.SANTA_FE_LASER)
    monkeypatch.setenv("RESERVOIR_DATA_URL", "http://127.0.0.1:9")
    with pytest.raises(DatasetNotFoundError, match=r"from http://127\.0\.0\.1:9 failed") as caught:
        fetch_santa_fe_laser()
    assert_names_both_ways_out(caught.value, data_files.SANTA_FE_LASER)
    assert files_below(tmp_path / "cache") == []
    monkeypatch.setenv("RESERVOIR_DATA_URL", "somewhere")
    with pytest.raises(ValueError, match=r"must be an http or https address\. Got 'somewhere'"):
        fetch_santa_fe_laser()


def test_a_download_without_pooch_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "pooch", None)
    monkeypatch.delenv("RESERVOIR_DATA", raising=False)
    monkeypatch.setenv("RESERVOIR_DATA_URL", "http://127.0.0.1:9")
    with pytest.raises(ImportError, match=r'pip install "reservoir-spiking\[datasets\]"'):
        fetch_santa_fe_laser()
    monkeypatch.delenv("RESERVOIR_DATA_URL")
    with pytest.raises(DatasetNotFoundError):
        fetch_santa_fe_laser()


def test_pooch_is_not_imported_with_the_library():
    code = "import sys, reservoir.datasets; sys.exit('pooch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
