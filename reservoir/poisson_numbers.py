"""Poisson numbers by counter: each is a function of a seed, a purpose, a trial, a step, a channel and its mean alone.

It is the smallest k with u < P(X <= k), of one uniform number of `reservoir.random_numbers`, so that it grows with its
mean: two means that differ a little give nearly always the same one. Where many channels have the same mean, the sums
P(X <= k) stand in a table, and a guide says which is the first that a number may lie below (Chen and Asau 1974): the
same sums give the same numbers.

References
----------
Chen, Asau 1974, On generating random variates from an empirical distribution, AIIE Transactions 6(2):163-166,
doi:10.1080/05695557408974949.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np
from scipy.special import gammaln

from reservoir.compilation import kernel
from reservoir.random_numbers import Places, fill, in_pieces

_LARGE_MEAN, _FAR = 500.0, 10.0  # sums begin so many deviations below a large mean
_MOST_TABLES, _CHANNELS_A_TABLE, _LARGEST_MEAN = 64, 8, 1e4
_GUIDES = 256  # a power of 2, so that the product with a number is exact


class Tables(NamedTuple):
    """The sums of some distributions."""

    sums: np.ndarray  # (n_tables, n_counts), P(X <= begin + k), the last of each infinite
    first: np.ndarray  # (n_tables, _GUIDES), the first k whose sum lies above the number of the column
    begin: np.ndarray  # (n_tables,)


class Means(NamedTuple):
    """The means of channels, and what is known of their distributions."""

    values: np.ndarray  # (n_rows, n_channels), or one row for all
    tables: Tables | None  # None where there would be too many
    of: np.ndarray  # (n_channels,), the table of each channel


def known_means(means: np.ndarray) -> Means:
    """The means (n_channels,), or (n_rows, n_channels), of channels."""
    means, nothing = np.atleast_2d(np.asarray(means, dtype=np.float64)), np.zeros(0, np.int64)
    if len(means) > 1 or not means.size or means.max() > _LARGEST_MEAN:
        return Means(means, None, nothing)
    found, which = np.unique(means, return_inverse=True)
    if len(found) > min(_MOST_TABLES, means.shape[1] // _CHANNELS_A_TABLE):
        return Means(means, None, nothing)
    return Means(means, _tables(found.tobytes()), which.reshape(-1))


def poisson_numbers(
    seed: int, purpose: int, places: Places, means: np.ndarray | Means, first_channel: int = 0
) -> np.ndarray:
    """Poisson numbers (n_rows, n_channels) with these means (n_channels,), or (n_rows, n_channels).

    The channels are those from `first_channel` on, a multiple of four.
    """
    values, tables, of = means if isinstance(means, Means) else known_means(means)
    numbers = np.empty((int(places.offsets[-1]), values.shape[1]))
    fill(seed, purpose, places, None, numbers, first_channel)
    if tables is not None:
        in_pieces(lambda rows: _look_up(numbers[rows], tables, of), len(numbers), 2 * values.shape[1])
        return numbers
    begin, own = _begin(values)

    def become_counts(rows: slice) -> None:
        of_rows = rows if len(values) > 1 else slice(None)
        _become_counts(numbers[rows], values[of_rows], begin[of_rows], own[of_rows])

    in_pieces(become_counts, len(numbers), 8 * values.shape[1])
    return numbers


def _begin(means: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The counts at which sums of probabilities begin, and the probabilities of these."""
    begin = np.where(means > _LARGE_MEAN, np.floor(means - _FAR * np.sqrt(means)), 0.0)
    logarithm = -means + np.where(begin > 0, begin * np.log(np.maximum(means, 1.0)) - gammaln(begin + 1), 0.0)
    return begin, np.exp(logarithm)


@functools.lru_cache(maxsize=16)
def _tables(means: bytes) -> Tables:
    """The sums of the distributions with these means, as bytes of numbers."""
    found = np.frombuffer(means)
    begin, own = _begin(found)
    rows = [_sums(mean, first, share) for mean, first, share in zip(found, begin, own, strict=True)]
    sums = np.full((len(rows), max(map(len, rows))), np.inf)
    for row, values in zip(sums, rows, strict=True):
        row[: len(values) - 1] = values[:-1]
    guides = np.arange(_GUIDES) / _GUIDES
    return Tables(sums, np.array([np.searchsorted(row, guides, side="right") for row in sums]), begin)


def _sums(mean: float, begin: float, share: float) -> list[float]:
    """P(X <= k) from `begin` on, up to where nothing is added any more."""
    sums, count = [share], begin
    while True:
        count += 1.0
        share *= mean / count
        sums.append(sums[-1] + share)
        if sums[-1] == sums[-2] and count > mean:
            return sums


@kernel()
def _look_up(numbers, tables, of):
    """Uniform numbers (n_rows, n_channels) become Poisson numbers by the tables of their channels."""
    for t in range(numbers.shape[0]):
        for c in range(numbers.shape[1]):
            uniform, table = numbers[t, c], of[c]
            k = tables.first[table, np.int64(uniform * _GUIDES)]
            while uniform >= tables.sums[table, k]:
                k += 1
            numbers[t, c] = tables.begin[table] + k


@kernel()
def _become_counts(numbers, means, begin, shares):
    """Uniform numbers (n_rows, n_channels) become Poisson numbers, for means of one row, or of every row.

    Sums of probabilities begin at `begin`, whose own is its share.
    """
    last = means.shape[0] - 1
    for t in range(numbers.shape[0]):
        row = min(t, last)
        for c in range(numbers.shape[1]):
            uniform, mean, count, share = numbers[t, c], means[row, c], begin[row, c], shares[row, c]
            total = share
            while uniform >= total:
                count += 1.0
                share *= mean / count
                before, total = total, total + share
                if total == before and count > mean:
                    break
            numbers[t, c] = count
