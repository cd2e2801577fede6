"""Random numbers of a seed and of data."""

import hashlib

import numpy as np

from reservoir.seeds import generator_for


def test_numbers_depend_on_the_seed_and_the_values_alone():
    rows = np.arange(12.0).reshape(4, 3)
    first = generator_for(3, rows).random(4)
    for same in (rows.copy(), np.asfortranarray(rows), np.repeat(rows, 2, axis=0)[::2]):
        np.testing.assert_array_equal(generator_for(3, same).random(4), first)
    for other in (generator_for(4, rows), generator_for(3, rows + 1), generator_for(3, rows[:2])):
        assert (other.random(4) != first).all()
    np.testing.assert_array_equal(generator_for(3, rows[:1], rows[1:]).random(4), first)


def test_the_seed_is_that_of_the_digest():
    """So that a model that was saved hears the same noise."""
    rows = np.arange(5)
    digest = int.from_bytes(hashlib.sha256(rows.tobytes()).digest()[:16], "little")
    np.testing.assert_array_equal(generator_for(7, rows).random(3), np.random.default_rng([7, digest]).random(3))
