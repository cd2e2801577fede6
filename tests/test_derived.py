"""What is derived is made once, anew for other sources, and gone with its owner."""

import gc

import numpy as np

from reservoir.derived import Derived


def test_it_is_made_once_and_anew_for_other_sources():
    derived, owner, made = Derived(), np.ones(3), []

    def make():
        made.append(None)
        return len(made)

    part, other = object(), object()
    sources = (part, b"1"), (part, bytes([49])), (other, b"1")
    assert [derived.get(owner, given, make) for given in sources] == [1, 1, 2]
    assert derived.get(owner, (other, b"2"), make) == 3 and derived.get(owner, (other,), make) == 4
    assert derived.get(np.ones(3), (other,), make) == 5 and derived.get(owner, (other,), make) == 4


def test_it_goes_with_its_owner():
    derived = Derived()
    for _ in range(5):
        derived.get(np.ones(2), (), lambda: np.ones(3))
    gc.collect()
    assert not derived._kept
