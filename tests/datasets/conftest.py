"""Fixtures of the tests of data sets."""

import pytest


@pytest.fixture
def local(shared_data, monkeypatch):
    """The files of the data sets on this machine."""
    monkeypatch.setenv("RESERVOIR_DATA", str(shared_data))
