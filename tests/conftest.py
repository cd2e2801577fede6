"""What all tests share: the folder of real data, the hypothesis profiles, and a clock of progress that stands still."""

import gc
import os
import signal
import types
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reservoir import progress

settings.register_profile("short", max_examples=20, deadline=None, derandomize=True)
settings.register_profile(
    "long",
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "short"))

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # in the background of a shell: tests interrupt what they start
    signal.signal(signal.SIGINT, signal.default_int_handler)

_MANY = 100_000  # objects

_BESIDE = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data: RESERVOIR_DATA, or shared/data beside the project."""
    folder = Path(os.environ.get("RESERVOIR_DATA", _BESIDE))
    if not folder.is_dir():
        pytest.skip("the folder of real data is absent: set RESERVOIR_DATA")
    return folder


@pytest.fixture
def still_clock(monkeypatch):
    """Progress that says nothing on the way, however long a busy machine takes."""
    monkeypatch.setattr(progress, "time", types.SimpleNamespace(monotonic=lambda: 0.0))


@pytest.fixture(scope="module", autouse=True)
def left_out_of_collections():
    """All tests and loaded packages, at which each collection would look again: Brian2 collects for every network."""
    if len(gc.get_objects()) > _MANY:
        given(st.none())(lambda _: None)()  # makes a generator, which hypothesis thinks lost when its holder is frozen
        gc.collect()
        gc.freeze()
