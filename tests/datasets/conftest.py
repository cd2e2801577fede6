"""Fixtures of the tests of data sets."""

import hashlib

import pytest

from reservoir.datasets import data_files
from tests.datasets.samples import FAKE


@pytest.fixture
def local(shared_data, monkeypatch):
    """The files of the data sets on this machine."""
    monkeypatch.setenv("RESERVOIR_DATA", str(shared_data))


@pytest.fixture
def pooch(tmp_path, monkeypatch):
    """pooch with an empty cache of its own and a registry of one small file."""
    pooch = pytest.importorskip("pooch")
    monkeypatch.setattr(pooch, "os_cache", lambda project: tmp_path / "cache")
    small = data_files.DataFile(len(FAKE), hashlib.sha256(FAKE).hexdigest())
    monkeypatch.setitem(data_files.REGISTRY, data_files.SANTA_FE_LASER, small)
    monkeypatch.setattr(data_files, "_said", set())
    for name in ("RESERVOIR_DATA", "RESERVOIR_DATA_URL", "RESERVOIR_DATA_TIMEOUT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return pooch
