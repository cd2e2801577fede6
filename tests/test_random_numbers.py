"""Random numbers by counter: the published ones, those of NumPy, and any piece without the rest."""

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kstest, poisson

from reservoir.poisson_numbers import poisson_numbers
from reservoir.random_numbers import (
    BACKGROUND,
    ENCODER,
    ESCAPE,
    INITIAL,
    NOISE,
    RELEASE,
    SPONTANEOUS,
    Places,
    TrialGenerator,
    _make_normal,
    _philox,
    fill,
    normal_numbers,
    numbers_of_events,
    round_keys,
    steps_of,
    uniform_numbers,
)
from tests import oracles

# Of Random123, https://github.com/DEShawResearch/random123, tests/kat_vectors: counter and key, answer.
PUBLISHED = [
    ("0" * 96, "16554d9eca36314c db20fe9d672d0fdc d7e772cee186176b 7e68b68aec7ba23b"),
    ("f" * 96, "87b092c3013fe90b 438c3c67be8d0224 9cc7d7c69cd777b6 a09caebf594f0ba0"),
    (
        "243f6a8885a308d313198a2e03707344a4093822299f31d0082efa98ec4e6c89452821e638d01377be5466cf34e90c6c",
        "a528f45403e61d95 38c72dbd566e9788 a5a1610e72fd18b5 57bd43b5e52b7fe6",
    ),
]
LARGE = st.integers(0, 2**63 - 1)


@pytest.mark.parametrize(("given_words", "answer"), PUBLISHED)
def test_the_published_words(given_words, answer):
    *counter, first, second = (int(given_words[i : i + 16], 16) for i in range(0, 96, 16))
    words = np.repeat(np.array(counter, np.uint64)[:, None], 9, axis=1)
    _philox(round_keys(first, second), words, 9)
    expected = np.array([int(word, 16) for word in answer.split()], np.uint64)
    np.testing.assert_array_equal(words, np.repeat(expected[:, None], 9, axis=1))


@given(seed=LARGE, purpose=st.integers(0, 9), trial=LARGE, first=LARGE, n_channels=st.integers(1, 1300))
def test_uniform_numbers_are_those_of_numpy(seed, purpose, trial, first, n_channels):
    found = uniform_numbers(seed, purpose, trial, first, 2, n_channels)
    for step, row in enumerate(found):
        bits = np.random.Philox(counter=[0, first + step, trial, 0], key=[seed, purpose])
        np.testing.assert_array_equal(row, np.random.Generator(bits).random(n_channels))


@given(seed=LARGE, purpose=st.integers(0, 9), trial=LARGE, first=LARGE, n_channels=st.integers(1, 1300))
def test_normal_numbers_are_those_of_box_and_muller(seed, purpose, trial, first, n_channels):
    found = normal_numbers(seed, purpose, trial, first, 2, n_channels)
    expected = oracles.normal_numbers(seed, purpose, trial, first, 2, n_channels)
    np.testing.assert_allclose(found, expected, rtol=0, atol=2e-14)


def test_the_ends_of_the_range():
    """Uniform numbers that never come by chance: 0, the smallest and the largest, and every eighth of a turn."""
    radii = np.array([0.0, 2.0**-53, 2.0**-20, 0.3, 0.5, 1 - 2.0**-53])
    turns = np.concatenate([np.arange(8) / 8, [2.0**-53, 1 - 2.0**-53, 0.125 - 2.0**-53, 0.875 + 2.0**-53]])
    first, second = (axis.ravel() for axis in np.meshgrid(radii, turns))
    numbers = np.array([first, second, first, second])
    _make_normal(numbers, first.size)
    radius, angle = np.sqrt(-2 * np.log1p(-first)), 2 * np.pi * second
    np.testing.assert_array_equal(numbers[:2], numbers[2:])
    np.testing.assert_allclose(numbers[0], radius * np.cos(angle), rtol=0, atol=2e-15 * 9)
    np.testing.assert_allclose(numbers[1], radius * np.sin(angle), rtol=0, atol=2e-15 * 9)
    np.testing.assert_allclose(np.hypot(*numbers[:2]), radius, rtol=1e-15 * 4)


@given(
    lengths=st.lists(st.integers(0, 30), min_size=1, max_size=6),
    n_channels=st.sampled_from([1, 2, 3, 4, 5, 63, 100, 255, 1024, 1030]),
    dtype=st.sampled_from([np.float64, np.float32]),
    seed=st.integers(0, 2**32),
)
def test_any_piece_can_be_had_without_the_rest(lengths, n_channels, dtype, seed):
    rng = np.random.default_rng(seed)
    trials, firsts = rng.integers(0, 2**40, (2, len(lengths)))
    out = np.empty((sum(lengths), n_channels), dtype)
    fill(seed, NOISE, Places(trials, firsts, np.concatenate([[0], np.cumsum(lengths)])), 1.0, out)
    pieces = [normal_numbers(seed, NOISE, *one, n_channels) for one in zip(trials, firsts, lengths, strict=True)]
    np.testing.assert_array_equal(out, np.concatenate(pieces).astype(dtype))
    wider = normal_numbers(seed, NOISE, trials[0], firsts[0], lengths[0], n_channels + 7)
    np.testing.assert_array_equal(pieces[0], wider[:, :n_channels])
    single = [normal_numbers(seed, NOISE, trials[0], firsts[0] + t, 1, n_channels)[0] for t in range(lengths[0])]
    np.testing.assert_array_equal(pieces[0], np.reshape(single, pieces[0].shape))


def test_the_bits_are_the_same_on_every_processor():
    bits = hashlib.sha256(normal_numbers(7, NOISE, 3, 10, 50, 101).tobytes()).hexdigest()
    assert bits.startswith("c568a43ec9f64c7f")


@pytest.mark.parametrize("changed", ["seed", "purpose", "trial", "step", "channel"])
def test_numbers_are_normal_and_independent(changed):
    """Moments, the distribution, and the correlation with the numbers next to them, within 5 standard errors."""
    n_steps, n_channels = 500, 200
    one = normal_numbers(5, NOISE, 3, 0, n_steps, n_channels)
    next_to_it = {
        "seed": normal_numbers(6, NOISE, 3, 0, n_steps, n_channels),
        "purpose": normal_numbers(5, NOISE + 1, 3, 0, n_steps, n_channels),
        "trial": normal_numbers(5, NOISE, 4, 0, n_steps, n_channels),
        "step": normal_numbers(5, NOISE, 3, 1, n_steps, n_channels),
        "channel": np.roll(one, 1, axis=1),
    }[changed]
    error = 5 / np.sqrt(one.size)
    assert abs(np.mean(one * next_to_it)) < error
    assert abs(np.mean((one**2 - 1) * (next_to_it**2 - 1))) < 2 * error
    assert abs(one.mean()) < error and abs(one.var() - 1) < error * np.sqrt(2)
    assert abs(np.mean(one**3)) < error * np.sqrt(15) and abs(np.mean(one**4) - 3) < error * np.sqrt(96)
    assert kstest(one.ravel(), "norm").pvalue > 1e-6
    assert kstest(uniform_numbers(5, 1, 3, 0, n_steps, n_channels).ravel(), "uniform").pvalue > 1e-6


@pytest.mark.parametrize("mean", [0.0, 1e-3, 0.8, 7.0, 60.0, 499.0, 501.0, 3e4, 9e5])
def test_poisson_numbers_are_those_of_the_inverse_distribution(mean):
    """As SciPy finds them, but where a uniform number lies within rounding of a bound; for means of every row, too."""
    uniform = uniform_numbers(5, BACKGROUND, 3, 10, 200, 2)
    found = poisson_numbers(5, BACKGROUND, steps_of(3, 10, 200), np.array([mean, mean / 2]))
    expected = np.maximum(poisson.ppf(uniform, [mean, mean / 2]), 0) if mean else np.zeros((200, 2))
    assert (found != expected).sum() <= 1
    of_rows = poisson_numbers(5, BACKGROUND, steps_of(3, 10, 200), np.tile([mean, mean / 2], (200, 1)))
    np.testing.assert_array_equal(of_rows, found)
    many = np.tile([mean, mean / 2], 10)  # by tables
    by_table, one_by_one = (
        poisson_numbers(5, BACKGROUND, steps_of(3, 10, 200), m) for m in (many, np.tile(many, (200, 1)))
    )
    np.testing.assert_array_equal(by_table, one_by_one)
    np.testing.assert_array_equal(by_table[:, :2], found)
    pieces = [poisson_numbers(5, BACKGROUND, steps_of(3, 10, 200), many[k : k + 4], k) for k in range(0, 20, 4)]
    np.testing.assert_array_equal(np.hstack(pieces), by_table)


def test_numbers_of_events():
    """Those of NumPy for the counters that the module names, event by event; more than one tile of them."""
    rng = np.random.default_rng(0)
    steps, channels, counts = rng.integers(0, 2**40, 300), rng.integers(0, 99, 300), rng.integers(0, 14, 300)
    found = numbers_of_events(5, ENCODER, 3, steps, channels, counts)
    expected = []
    for step, channel, count in zip(steps, channels, counts, strict=True):
        blocks = [np.random.Philox(counter=[channel, step, 3, 1 + j], key=[5, ENCODER]) for j in range(4)]
        expected.append(np.concatenate([np.random.Generator(bits).random(4) for bits in blocks])[:count])
    np.testing.assert_array_equal(found, np.concatenate(expected))


@given(
    offsets=st.lists(st.integers(0, 30), min_size=2, max_size=5), cut=st.tuples(st.integers(0, 60), st.integers(0, 60))
)
def test_rows_of_places(offsets, cut):
    lengths = np.array(offsets)
    places = Places(
        np.arange(len(lengths)) + 4, 10 * np.arange(len(lengths)), np.concatenate([[0], np.cumsum(lengths)])
    )
    first, last = (min(bound, int(lengths.sum())) for bound in sorted(cut))
    whole, piece = np.empty((int(lengths.sum()), 3)), np.empty((last - first, 3))
    fill(1, NOISE, places, 1.0, whole)
    fill(1, NOISE, places.rows(first, last), 1.0, piece)
    np.testing.assert_array_equal(piece, whole[first:last])


def test_a_generator_of_a_trial():
    rng = TrialGenerator(5, INITIAL, 3, 7)
    assert TrialGenerator.of(rng, ENCODER) is rng
    np.testing.assert_array_equal(rng.random(9), uniform_numbers(5, INITIAL, 3, 7, 1, 9)[0])
    drawn = TrialGenerator.of(np.random.default_rng(2), ENCODER)
    assert (drawn.purpose, drawn.trial, drawn.step) == (ENCODER, 0, 0)
    assert drawn.seed == TrialGenerator.of(np.random.default_rng(2), ENCODER).seed
    assert len({NOISE, INITIAL, ENCODER, BACKGROUND, SPONTANEOUS, RELEASE, ESCAPE}) == 7
