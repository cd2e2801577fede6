"""Files are found, downloaded and checked, and fetching fails clearly."""

import functools
import os
import sys
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from reservoir.datasets import (
    DatasetNotFoundError,
    data_files,
    fetch_santa_fe_laser,
)
from tests.datasets.samples import FAKE, exported, files_below

WRONG_CHECKSUM = r"'santafe_laser/santafe_laser_A_1_6000\.csv' .* wrong SHA-256 checksum"


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
    (mirror / data_files.SANTA_FE_LASER).write_bytes(FAKE.swapcase()[::-1])
    with pytest.raises(ValueError, match=WRONG_CHECKSUM):
        fetch_santa_fe_laser()
    assert files_below(tmp_path / "cache") == []


@pytest.fixture
def local(pooch, tmp_path, monkeypatch):
    """The place of the file in the folder that RESERVOIR_DATA names."""
    path = tmp_path / "local" / data_files.SANTA_FE_LASER
    path.parent.mkdir(parents=True)
    monkeypatch.setenv("RESERVOIR_DATA", str(tmp_path / "local"))
    return path


def spoil(path, how):
    """Put there what is not the file."""
    if how == "a folder":
        path.mkdir()
    elif how == "a pipe":
        os.mkfifo(path)
    elif how == "no file":
        path.parent.rmdir()
        path.parent.write_bytes(b"")
    elif how == "a huge file":
        with path.open("wb") as file:
            file.truncate(1 << 40)
    elif how == "a device":
        path.symlink_to("/dev/zero")
    elif how == "a circle":
        path.symlink_to(path)
    else:
        path.write_bytes({"a short file": FAKE[:-1], "a long file": FAKE + b"\n", "a changed file": FAKE[::-1]}[how])


SPOILED = ["a short file", "a long file", "a changed file", "a huge file", "a folder", "a device", "a circle"]
if hasattr(os, "mkfifo"):
    SPOILED.append("a pipe")


@pytest.mark.parametrize("how", SPOILED)
def test_a_wrong_local_file_is_told_once_and_the_cache_and_the_mirror_are_searched(how, local, mirror, monkeypatch):
    spoil(local, how)
    with pytest.warns(RuntimeWarning, match="The cache and the mirror are searched") as said:
        with pytest.raises(DatasetNotFoundError, match="404"):  # the mirror holds nothing yet
            fetch_santa_fe_laser()
        (mirror / data_files.SANTA_FE_LASER).write_bytes(FAKE)
        for _ in range(2):  # from the mirror, and from the cache
            assert fetch_santa_fe_laser().data.shape == (3, 1)
    assert len(said) == 1 and str(local) in str(said[0].message) and said[0].filename == __file__


def test_a_wrong_local_file_that_is_all_there_is_is_an_error(local):
    local.write_bytes(FAKE[::-1])
    with pytest.warns(RuntimeWarning), pytest.raises(ValueError, match=WRONG_CHECKSUM) as caught:
        fetch_santa_fe_laser()
    assert str(local) in str(caught.value)
    local.write_bytes(FAKE)
    assert fetch_santa_fe_laser().data.shape == (3, 1)


@pytest.mark.parametrize("what", ["nothing", "a file"])
def test_a_local_folder_that_is_none_is_told_once(what, mirror, tmp_path, monkeypatch):
    (mirror / data_files.SANTA_FE_LASER).write_bytes(FAKE)
    named = tmp_path / "named"
    if what == "a file":
        named.write_bytes(b"")
    monkeypatch.setenv("RESERVOIR_DATA", str(named))
    with pytest.warns(RuntimeWarning, match="RESERVOIR_DATA names no folder: ") as said:
        for _ in range(2):
            assert fetch_santa_fe_laser().data.shape == (3, 1)
    assert len(said) == 1 and str(named) in str(said[0].message)


def test_a_local_folder_without_the_file_is_no_fault(mirror, tmp_path, monkeypatch):
    (mirror / data_files.SANTA_FE_LASER).write_bytes(FAKE)
    monkeypatch.setenv("RESERVOIR_DATA", str(tmp_path))
    assert fetch_santa_fe_laser().data.shape == (3, 1)


@pytest.mark.parametrize("how", SPOILED)
def test_whatever_stands_in_the_cache_is_replaced_or_named(how, mirror, tmp_path, monkeypatch):
    (mirror / data_files.SANTA_FE_LASER).write_bytes(FAKE)
    cached = tmp_path / "cache" / data_files.SANTA_FE_LASER
    cached.parent.mkdir(parents=True)
    spoil(cached, how)
    if how == "a folder":
        with pytest.raises(DatasetNotFoundError, match=r"remove '.*csv'"):
            fetch_santa_fe_laser()
    else:
        assert fetch_santa_fe_laser().data.shape == (3, 1) and cached.read_bytes() == FAKE
        assert not cached.is_symlink()


@pytest.mark.parametrize("how", SPOILED)
def test_what_stands_in_the_cache_is_named_where_there_is_no_mirror(how, pooch, tmp_path):
    cached = tmp_path / "cache" / data_files.SANTA_FE_LASER
    cached.parent.mkdir(parents=True)
    spoil(cached, how)
    with pytest.raises(ValueError, match=r"is no regular|has .* bytes|wrong SHA|cannot be read") as caught:
        fetch_santa_fe_laser()
    assert str(cached) in str(caught.value)


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
