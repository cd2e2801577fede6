"""Fixtures for the tests of the search."""

import pytest

from reservoir.model_selection import evaluation


@pytest.fixture
def only_together(monkeypatch):
    """Nothing may fall back to fitting one by one."""

    def refuse(*_):
        raise AssertionError("fell back")

    monkeypatch.setattr(evaluation, "evaluate_one_by_one", refuse)
