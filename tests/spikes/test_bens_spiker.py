"""Ben's spiker algorithm: the published loop, and the signal that its spikes make again."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reservoir.spikes import BensSpiker
from tests.spikes.parts import generator


def naive(signal, taps, threshold):
    """The published loop: a spike at the beginning of the window that it stands for."""
    left, found = list(signal), []
    for i in range(len(signal) - len(taps) + 1):
        with_it = sum(abs(left[i + j] - tap) for j, tap in enumerate(taps))
        without = sum(abs(left[i + j]) for j in range(len(taps)))
        if with_it <= without - threshold + 1e-9:
            found.append(i)
            for j, tap in enumerate(taps):
                left[i + j] -= tap
    return found


def slow_signal(n_rows, seed=0):
    times = np.arange(n_rows) * 0.01
    phases = generator(seed).uniform(0, 7, 3)
    return sum(np.sin(2 * np.pi * pace * times + phase) for pace, phase in zip((0.5, 1.1, 1.7), phases, strict=True))


@given(
    seed=st.integers(0, 100),
    threshold=st.sampled_from([0.0, 0.7, 0.9, 1.0]),
    n_taps=st.sampled_from([1, 4, 10]),
    n_samples=st.sampled_from([1, 5]),
)
def test_the_published_loop_later_by_the_filter(seed, threshold, n_taps, n_samples):
    rows = generator(seed).uniform(size=(30, 2))
    encoder = BensSpiker(threshold, n_taps, 2e-3, low=0.0, high=1.0).fit(rows)
    trains = encoder.encode(rows, 2e-3 * n_samples)
    for feature, times in enumerate(trains.to_lists()):
        samples = np.round(times / 2e-3 - 0.5).astype(int)
        signal = np.repeat(rows[:, feature], n_samples)
        assert (samples - n_taps + 1).tolist() == naive(signal, encoder.taps().tolist(), threshold)


def test_the_spikes_through_the_filter_are_the_signal_again():
    rows = slow_signal(600)[:, None]
    encoder = BensSpiker(interval=2e-3).fit(rows)
    taps, spikes = encoder.taps(), encoder.encode(rows, 0.01).binned(2e-3)[:, 0]
    again = np.convolve(spikes, taps)[: len(spikes)]
    later = np.repeat(encoder.shares(rows)[:, 0], 5)
    kept = slice(50, None)
    error = again[kept] - np.roll(later, len(taps) - 1)[kept]
    assert taps.sum() == pytest.approx(1) and np.sqrt(np.mean(error**2)) < 0.06
    assert np.corrcoef(again[kept], np.roll(later, len(taps) - 1)[kept])[0, 1] > 0.98


def test_pieces_are_the_whole():
    rows = np.stack([slow_signal(60), slow_signal(60, 1)], axis=1)
    encoder = BensSpiker(n_taps=15, interval=5e-3).fit(rows)
    whole, last = encoder.encode_on(rows, 0.01)
    memory, times = None, []
    for first, stop in ((0, 1), (1, 25), (25, 60)):
        piece, memory = encoder.encode_on(rows[first:stop], 0.01, None, memory)
        times.append(piece.times + first * 0.01)
    np.testing.assert_allclose(np.concatenate(times), whole.times, rtol=0, atol=1e-12)
    np.testing.assert_array_equal(memory, last)
    assert memory.shape == (encoder.n_memory(2),)


def test_ends_of_the_range():
    encoder = BensSpiker(low=0.0, high=1.0).fit(np.zeros((1, 1)))
    assert not len(encoder.encode(np.zeros((20, 1)), 0.01))
    full = encoder.encode(np.ones((500, 1)), 0.01)
    assert len(full) == pytest.approx(500 - 9, rel=0.03)  # a spike for every sample, from the first whole window on
