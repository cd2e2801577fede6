"""Delays over all scales that training sequences have room for."""

import numpy as np
import pytest

from reservoir import EchoState, ReservoirClassifier
from reservoir.wiring import LogUniformDelays


def draw(n_units, lengths, seed=0, **options):
    return LogUniformDelays(**options).draw(n_units, np.array(lengths), np.random.default_rng(seed))


def test_every_group_has_a_delay_of_its_own_part_of_the_range():
    delays = draw(128, [513], n_delays=8, reach=2)
    groups = delays.reshape(8, 16)
    assert (groups == groups[:, :1]).all() and delays.dtype == np.int64
    for i, delay in enumerate(groups[:, 0]):
        assert np.floor(2.0**i) <= delay <= 2 ** (i + 1)


@pytest.mark.parametrize("reach", [1, 8, 9.5])
def test_the_longest_stays_within_the_median_sequence(reach):
    for seed in range(20):
        delays = draw(32, [30, 300, 5000], seed, reach=reach)
        assert delays.min() >= 1 and delays.max() * reach <= 299


@pytest.mark.parametrize("lengths", [[1], [2], [9], [1, 9, 5000]])
def test_short_sequences_have_no_room(lengths):
    assert (draw(10, lengths) == 1).all()


def test_groups_are_equal_to_within_one_unit():
    delays = draw(10, [10_000], n_delays=4, reach=1)
    assert np.array_equal(np.unique(delays, return_counts=True)[1], [3, 2, 3, 2])
    assert len(draw(3, [10_000], n_delays=16)) == 3


def test_fit_draws_by_the_training_sequences():
    X = [np.zeros((length, 1)) for length in (20, 41, 400)]
    system = EchoState(12, delay=LogUniformDelays(6, reach=2), random_state=3)
    drawn = system.fit(X).delays_
    assert np.array_equal(system.fit(X).delays_, drawn) and 1 <= drawn.min() <= drawn.max() <= 20
    assert system.fit(X * 2 + [np.zeros((400, 1))] * 9).delays_.max() > 20
    classifier = ReservoirClassifier(system).fit(X, [0, 1, 0])
    assert np.array_equal(classifier.reservoir_.delays_, drawn)


@pytest.mark.parametrize(
    "options", [{"n_delays": 0}, {"n_delays": 1.5}, {"reach": 0.5}, {"reach": np.nan}, {"reach": "x"}]
)
def test_parameters_out_of_range(options):
    with pytest.raises(ValueError, match=r"The '\w+' parameter of LogUniformDelays must be"):
        draw(4, [9], **options)
