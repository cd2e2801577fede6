"""Random numbers by counter: each is a function of a seed, a purpose, a trial, a step and a channel alone.

Any piece of them can be had without the rest: the words of four neighbouring channels are

    Philox4x64-10 of counter (channel // 4 + 1, step, trial, 0) and key (seed, purpose),

so that the uniform numbers of a step are those of NumPy,

    np.random.Generator(np.random.Philox(counter=[0, step, trial, 0], key=[seed, purpose])).random(n_channels)

and normal numbers are made of pairs of them, (2k, 2k + 1), by Box and Muller:

    z_2k = (-2 ln(1 - u_2k))^1/2 cos(2 pi u_2k+1),   z_2k+1 = (-2 ln(1 - u_2k))^1/2 sin(2 pi u_2k+1)

No sum or product is fused, so that the numbers have the same bits on every processor. Where one number of a step and a
channel is not enough, number j of an event is word j % 4 of the counter (channel + 1, step, trial, 1 + j // 4).

References
----------
Salmon, Moraes, Dror, Shaw 2011, Parallel random numbers: as easy as 1, 2, 3, SC '11, doi:10.1145/2063384.2063405.
Box, Muller 1958, A note on the generation of random normal deviates, doi:10.1214/aoms/1177706645.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from reservoir.compilation import kernel, rows_per_call
from reservoir.threads import n_threads, shares, spread, still_wanted

NOISE, INITIAL, ENCODER, BACKGROUND, SPONTANEOUS, RELEASE, ESCAPE = range(7)
"""Purposes: the noise that units hear; the values they begin with; the spikes that an encoder draws; the spikes that a
background sends; units that fire of themselves; whether a synapse releases; whether a unit fires that may. What draws
other numbers from the same seed has a purpose of its own."""

_TILE = 256  # counters at a time: their numbers stay in the nearest cache
_ROUNDS = 10
_FIRST, _SECOND = np.uint64(0xD2E7470EE14C6C93), np.uint64(0xCA5A826395121157)
_WEYL = 0x9E3779B97F4A7C15, 0xBB67AE8584CAA73B
_HALF, _LOW, _UNUSED = np.uint64(32), np.uint64(0xFFFFFFFF), np.uint64(11)
_LSB = 2.0**-53
# The bits of 2^-1/2 less 1024 in the exponent, so that what is left of a number in (0, 1] is positive.
_LOWEST, _EXPONENT, _OFFSET = 0x3FE6A09E667F3BCD - (1024 << 52), 52, 1024
_LN2, _TWO_PI = 0.6931471805599453, 6.283185307179586
_ROUND = 6755399441055744.0  # 1.5 * 2**52: adding it rounds to an integer


class Places(NamedTuple):
    """Which numbers stand in rows: from offsets[i] to offsets[i + 1] the steps from firsts[i] on of trial trials[i]."""

    trials: np.ndarray  # (n_sequences,)
    firsts: np.ndarray  # (n_sequences,)
    offsets: np.ndarray  # (n_sequences + 1,)

    def rows(self, first: int, last: int) -> Places:
        """The places of the rows from `first` to `last`."""
        skipped = np.maximum(first - self.offsets[:-1], 0)
        return Places(self.trials, self.firsts + skipped, np.clip(self.offsets, first, last) - first)

    def each(self) -> np.ndarray:
        """Trial and step (n_rows, 2) of every row."""
        counts = np.diff(self.offsets)
        steps = np.arange(int(self.offsets[-1])) + np.repeat(self.firsts - self.offsets[:-1], counts)
        return np.column_stack([np.repeat(self.trials, counts), steps]).astype(np.uint64)


def steps_of(trial: int, first: int, n_steps: int) -> Places:
    """The places of rows that hold so many steps of one trial from `first` on."""
    return Places(np.array([trial]), np.array([first]), np.array([0, n_steps]))


class TrialGenerator(np.random.Generator):
    """NumPy's generator of the numbers of one purpose, trial and step, which says what it is of.

    Its uniform numbers are those of the channels of this step, and go on behind them.

    Parameters
    ----------
    seed, purpose, trial, step : int >= 0
        As in `uniform_numbers`.
    """

    def __init__(self, seed: int, purpose: int, trial: int, step: int = 0):
        super().__init__(np.random.Philox(counter=[0, step, trial, 0], key=[seed, purpose]))
        self.seed, self.purpose, self.trial, self.step = seed, purpose, trial, step

    @classmethod
    def of(cls, rng: np.random.Generator, purpose: int) -> TrialGenerator:
        """The generator itself where it is one, or one of a trial of its own, with a seed drawn from it."""
        return rng if isinstance(rng, cls) else cls(int(rng.integers(2**63)), purpose, 0)


def uniform_numbers(seed: int, purpose: int, trial: int, first: int, n_steps: int, n_channels: int) -> np.ndarray:
    """Numbers (n_steps, n_channels) in [0, 1): those of the steps from `first` on."""
    numbers = np.empty((n_steps, n_channels))
    fill(seed, purpose, steps_of(trial, first, n_steps), None, numbers)
    return numbers


def normal_numbers(
    seed: int, purpose: int, trial: int, first: int, n_steps: int, n_channels: int, dtype: Any = np.float64
) -> np.ndarray:
    """Standard normal numbers (n_steps, n_channels): those of the steps from `first` on."""
    numbers = np.empty((n_steps, n_channels), dtype)
    fill(seed, purpose, steps_of(trial, first, n_steps), 1.0, numbers)
    return numbers


def fill(
    seed: int, purpose: int, places: Places, deviation: float | None, out: np.ndarray, first_channel: int = 0
) -> None:
    """Fill `out` (n_rows, n_channels) with normal numbers of this deviation, or with uniform ones where it is None.

    The channels are those from `first_channel` on, a multiple of four.
    """
    keys, scale = round_keys(seed, purpose), 1.0 if deviation is None else float(deviation)

    def fill_rows(rows: slice) -> None:
        _fill_rows(keys, places, first_channel // 4, rows.start, rows.stop, deviation is not None, scale, out)

    in_pieces(fill_rows, len(out), 4 * out.shape[1])


def in_pieces(function: Callable[[slice], None], n_rows: int, work_a_row: int) -> None:
    """Call a function with rows that take less than half a second, in several threads where there are many."""
    chunk, work = rows_per_call(work_a_row), float(n_rows * work_a_row)

    def part(rows: slice) -> None:
        for first in range(rows.start, rows.stop, chunk):
            still_wanted()
            function(slice(first, min(first + chunk, rows.stop)))

    spread(part, shares(n_rows, n_threads(work)), work)


def numbers_of_events(
    seed: int, purpose: int, trial: int, steps: np.ndarray, channels: np.ndarray, counts: np.ndarray
) -> np.ndarray:
    """Uniform numbers in [0, 1) of all events, one after the other, so many as its count for each (n_events,)."""
    out = np.empty(int(counts.sum()))
    _fill_events(round_keys(seed, purpose), trial, steps, channels, counts, out)
    return out


@functools.lru_cache(maxsize=64)
def round_keys(*key: int) -> np.ndarray:
    """The keys (10, 2) of all rounds."""
    rounds = [[(word + k * weyl) % 2**64 for word, weyl in zip(key, _WEYL, strict=True)] for k in range(_ROUNDS)]
    return np.array(rounds, dtype=np.uint64)


@kernel()
def _fill_rows(keys, places, first_block, first, last, normal, scale, out):
    """Fill out[first:last], a tile of counters at a time: several rows, or a piece of one."""
    trials, firsts, offsets = places
    n_blocks = (out.shape[1] + 3) // 4
    n_rows, width = max(1, _TILE // max(1, n_blocks)), min(n_blocks, _TILE)
    words, numbers = np.empty((4, _TILE), np.uint64), np.empty((4, _TILE))
    sequence = 0
    for row in range(first, last, n_rows):
        stop = min(row + n_rows, last)
        for block in range(0, n_blocks, width):
            n_beside = min(width, n_blocks - block)
            n = 0
            for t in range(row, stop):
                while t >= offsets[sequence + 1]:
                    sequence += 1
                step, trial = np.uint64(firsts[sequence] + t - offsets[sequence]), np.uint64(trials[sequence])
                for i in range(n_beside):
                    words[0, n + i] = np.uint64(first_block + block + i + 1)
                    words[1, n + i] = step
                    words[2, n + i] = trial
                    words[3, n + i] = np.uint64(0)
                n += n_beside
            _philox(keys, words, n)
            _make_uniform(words, n, numbers)
            if normal:
                _make_normal(numbers, n)
            for t in range(row, stop):
                _spread(numbers, (t - row) * n_beside, n_beside, scale, out[t, 4 * block :])


@kernel()
def _fill_events(keys, trial, steps, channels, counts, out):
    """Fill `out` with the numbers of all events, a tile of counters at a time."""
    words, numbers = np.empty((4, _TILE), np.uint64), np.empty((4, _TILE))
    places, used = np.empty(_TILE, np.int64), np.empty(_TILE, np.int64)
    n, place = 0, 0
    for event in range(steps.size):
        for j in range((counts[event] + 3) // 4):
            words[0, n] = np.uint64(channels[event] + 1)
            words[1, n] = np.uint64(steps[event])
            words[2, n] = np.uint64(trial)
            words[3, n] = np.uint64(1 + j)
            places[n], used[n] = place, min(4, counts[event] - 4 * j)
            place += used[n]
            n += 1
            if n == _TILE:
                _write_events(keys, words, numbers, places, used, n, out)
                n = 0
    _write_events(keys, words, numbers, places, used, n, out)


@kernel()
def _write_events(keys, words, numbers, places, used, n, out):
    """Write the first numbers of n counters, so many as are used, to their places."""
    _philox(keys, words, n)
    _make_uniform(words, n, numbers)
    for i in range(n):
        for k in range(used[i]):
            out[places[i] + k] = numbers[k, i]


@kernel()
def _philox(keys, words, n):
    """Ten rounds of Philox4x64 on the first n columns of the words (4, _TILE), which come in holding the counters."""
    a, b, c, d = words[0], words[1], words[2], words[3]
    for k in range(_ROUNDS):
        first_key, second_key = keys[k, 0], keys[k, 1]
        for i in range(n):
            high, low = _product(a[i], _FIRST)
            other_high, other_low = _product(c[i], _SECOND)
            a[i], b[i] = other_high ^ b[i] ^ first_key, other_low
            c[i], d[i] = high ^ d[i] ^ second_key, low


@kernel(forceinline=True)
def _product(a, b):
    """Both halves of a product of 128 bits, put together from those for which there are vector instructions."""
    low, high = (a & _LOW) * (b & _LOW), (a >> _HALF) * (b >> _HALF)
    middle = (a >> _HALF) * (b & _LOW) + (low >> _HALF)
    other = (a & _LOW) * (b >> _HALF) + (middle & _LOW)
    return high + (middle >> _HALF) + (other >> _HALF), (other << _HALF) | (low & _LOW)


@kernel()
def event_number(keys, trial, step, channel, nth):
    """The n-th number, from 0, of one event, see `numbers_of_events`; `keys` are those of `round_keys`."""
    a, b = np.uint64(channel) + np.uint64(1), np.uint64(step)
    c, d = np.uint64(trial), np.uint64(nth // 4) + np.uint64(1)
    for k in range(_ROUNDS):
        high, low = _product(a, _FIRST)
        other_high, other_low = _product(c, _SECOND)
        a, b, c, d = other_high ^ b ^ keys[k, 0], other_low, high ^ d ^ keys[k, 1], low
    place = nth % 4
    word = a if place == 0 else b if place == 1 else c if place == 2 else d
    return np.int64(word >> _UNUSED) * _LSB


@kernel()
def _make_uniform(words, n, numbers):
    """Numbers in [0, 1), multiples of 2^-53, as NumPy makes them of n words a row."""
    for j in range(4):
        own, out = words[j], numbers[j]
        for i in range(n):
            out[i] = np.int64(own[i] >> _UNUSED) * _LSB


@kernel()
def _make_normal(numbers, n):
    """Pairs of uniform numbers, n in the rows 0 and 1 and n in 2 and 3, become pairs of normal ones."""
    radius, bits, exponent = np.empty(n), np.empty(n, np.int64), np.empty(n)
    for j in range(0, 4, 2):
        uniform, turn = numbers[j], numbers[j + 1]
        for i in range(n):
            radius[i] = 1.0 - uniform[i]
        _divide(radius.view(np.int64), bits, exponent)
        _make_radius(bits.view(np.float64), exponent, radius)
        _turn(radius, turn, uniform)


@kernel()
def _divide(whole, mantissa, exponent):
    """The bits of numbers in (0, 1] as those of a mantissa in [2^-1/2, 2^1/2), and the exponent of 2."""
    for i in range(whole.size):
        power = ((whole[i] - _LOWEST) >> _EXPONENT) - _OFFSET
        mantissa[i] = whole[i] - (power << _EXPONENT)
        exponent[i] = power


@kernel()
def _make_radius(mantissa, exponent, radius):
    """(-2 ln(m 2^e))^1/2, where ln m = 2 artanh(s) and s = (m - 1) / (m + 1), |s| < 0.172, by its Taylor series."""
    for i in range(radius.size):
        s = (mantissa[i] - 1.0) / (mantissa[i] + 1.0)
        q = s * s
        p = 1.0 / 21.0
        p = p * q + 1.0 / 19.0
        p = p * q + 1.0 / 17.0
        p = p * q + 1.0 / 15.0
        p = p * q + 1.0 / 13.0
        p = p * q + 1.0 / 11.0
        p = p * q + 1.0 / 9.0
        p = p * q + 1.0 / 7.0
        p = p * q + 1.0 / 5.0
        p = p * q + 1.0 / 3.0
        logarithm = exponent[i] * _LN2 + 2.0 * (s + s * q * p)
        radius[i] = np.sqrt(-2.0 * logarithm)


@kernel()
def _turn(radius, turn, other):
    """other, turn = radius cos(2 pi turn), radius sin(2 pi turn), by Taylor series up to an eighth of a turn."""
    for i in range(radius.size):
        quarters = (4.0 * turn[i] + _ROUND) - _ROUND
        x = (turn[i] - 0.25 * quarters) * _TWO_PI
        q = x * x
        sine = -1.0 / 1307674368000.0
        sine = sine * q + 1.0 / 6227020800.0
        sine = sine * q - 1.0 / 39916800.0
        sine = sine * q + 1.0 / 362880.0
        sine = sine * q - 1.0 / 5040.0
        sine = sine * q + 1.0 / 120.0
        sine = sine * q - 1.0 / 6.0
        sine = x + x * q * sine
        cosine = 1.0 / 20922789888000.0
        cosine = cosine * q - 1.0 / 87178291200.0
        cosine = cosine * q + 1.0 / 479001600.0
        cosine = cosine * q - 1.0 / 3628800.0
        cosine = cosine * q + 1.0 / 40320.0
        cosine = cosine * q - 1.0 / 720.0
        cosine = cosine * q + 1.0 / 24.0
        cosine = cosine * q - 0.5
        cosine = 1.0 + q * cosine
        odd = (quarters == 1.0) | (quarters == 3.0)
        first, second = (sine, cosine) if odd else (cosine, sine)
        other[i] = radius[i] * (-first if (quarters == 1.0) | (quarters == 2.0) else first)
        turn[i] = radius[i] * (-second if (quarters == 2.0) | (quarters == 3.0) else second)


@kernel()
def _spread(numbers, start, n, scale, out):
    """Write n columns of the numbers (4, _TILE), scaled, one after the other, as far as there is room."""
    first, second = numbers[0, start : start + n], numbers[1, start : start + n]
    third, fourth = numbers[2, start : start + n], numbers[3, start : start + n]
    n_whole = min(n, out.size // 4)
    for i in range(n_whole):
        out[4 * i] = scale * first[i]
        out[4 * i + 1] = scale * second[i]
        out[4 * i + 2] = scale * third[i]
        out[4 * i + 3] = scale * fourth[i]
    for c in range(4 * n_whole, min(out.size, 4 * n)):
        out[c] = scale * numbers[c % 4, start + c // 4]
