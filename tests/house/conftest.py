"""The parts that tests of this room share stay as they are given: a test that fits one in place changes the next."""

import pytest

from tests.house.data import COLUMN, SMALL


@pytest.fixture(scope="module", autouse=True)
def shared_parts_stay_unfitted():
    before = [dict(vars(part)) for part in (SMALL, COLUMN)]
    yield
    assert [dict(vars(part)) for part in (SMALL, COLUMN)] == before
