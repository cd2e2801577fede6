"""The same bits for any number of threads: of every public name, and of work that is cut where it is large."""

import pytest

from reservoir import threads
from tests.house.public_entries import ENTRIES, digest

QUICK = [name for name in ENTRIES if not ENTRIES[name].slow]
SEVERAL = (2, 3, 4, 7)


@pytest.fixture
def by_threads(monkeypatch):
    """What work gives that is done by so many threads, however small it is."""
    monkeypatch.setattr(threads, "LEAST_WORK", 1)

    def found(n_threads, work, *arguments):
        monkeypatch.setattr(threads, "limit", lambda: n_threads)
        return work(*arguments)

    return found


@pytest.mark.parametrize("name", QUICK)
def test_public_names(name, by_threads):
    alone = by_threads(1, digest, name)
    assert [by_threads(n_threads, digest, name) for n_threads in SEVERAL] == [alone] * len(SEVERAL)
