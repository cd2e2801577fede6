"""What is made and fitted again and again leaves nothing behind: no object, no memory, no file."""

import gc
import os
import tempfile
from pathlib import Path

import pytest

from tests.house.public_entries import ENTRIES, run

WITHOUT_BRIAN2 = [name for name in ENTRIES if not name.startswith("spiking")]
PROCESS = Path("/proc/self")
N_WARM, N_FITS = 30, 200
RULES = "reservoir.plasticity."
RULES_IN_SHORT = (f"{RULES}STDP", f"{RULES}RewardSTDP", f"{RULES}Normalised")  # one simulation runs them all


@pytest.fixture(scope="module", autouse=True)
def what_was_there_before():
    """Is left out, so that the collector has little to look at."""
    gc.collect()
    gc.freeze()


def resident():
    """Bytes that the process holds."""
    return int((PROCESS / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def descriptors():
    return sorted(os.listdir(PROCESS / "fd"))


def repeated(name, n_times):
    for _ in range(n_times):
        run(name)
    gc.collect()


@pytest.mark.parametrize("name", [name for name in WITHOUT_BRIAN2 if not ENTRIES[name].slow])
def test_no_object_stays_behind(name):
    """An estimator has some ten objects that Python's collector sees; one in three fits would be too much.

    A leak shows every time; what another thread makes meanwhile, as that of workers which end by themselves, does not.
    """

    def grown():
        before = len(gc.get_objects())
        repeated(name, 12)
        return len(gc.get_objects()) - before

    repeated(name, 3)
    assert any(grown() < 4 for _ in range(3))


@pytest.mark.skipif(not PROCESS.exists(), reason="reads the process as Linux shows it")
@pytest.mark.parametrize("name", [
    pytest.param(name, marks=[pytest.mark.long] * (name.startswith(RULES) and name not in RULES_IN_SHORT))
    for name in WITHOUT_BRIAN2 if ENTRIES[name].slow
])  # fmt: skip
def test_no_file_stays_behind(name, tmp_path, monkeypatch):
    """Also where there are workers, which stay and wait."""
    run(name)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = descriptors()
    run(name)
    gc.collect()
    assert len(descriptors()) <= len(before) and not list(tmp_path.iterdir())


@pytest.mark.long
@pytest.mark.skipif(not PROCESS.exists(), reason="reads the process as Linux shows it")
@pytest.mark.parametrize("name", [name for name in WITHOUT_BRIAN2 if not ENTRIES[name].slow])
def test_memory_stays_flat(name):
    """200 fits; a megabyte more would be 5 KB a fit, less than the weights of the smallest network here."""
    repeated(name, N_WARM)
    before, open_before = resident(), descriptors()
    repeated(name, N_FITS)
    assert resident() - before < 2**20
    assert descriptors() == open_before
