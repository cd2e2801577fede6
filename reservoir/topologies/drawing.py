"""Vectorised draws that several random families share."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from reservoir.sizes import check_fits
from reservoir.validation import Parameters

DISTRIBUTIONS = ("uniform", "normal", "signs")


def check_weights(family: object, n_units: int, n_weights: float, n_bytes: float) -> None:
    """Refuse a matrix whose weights, of so many bytes each while they are drawn, do not fit into the memory."""
    check_fits(f"{type(family).__name__}.draw", "n_units", n_units, n_bytes * n_weights, f"{n_weights:.3g} weights")


def random_weights(family: Any, shape: int | tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """Weights of this shape from the `distribution` of a family."""
    return draw_from(Parameters(family).choice("distribution", DISTRIBUTIONS), shape, rng)


def draw_from(distribution: str, shape: int | tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """Independent numbers of one of the `DISTRIBUTIONS`: U[-1, 1), N(0, 1), or 1 and -1 alike often."""
    if distribution == "normal":
        return rng.standard_normal(shape)
    if distribution == "signs":
        return 2.0 * rng.integers(2, size=shape) - 1.0
    return rng.uniform(-1, 1, size=shape)


def distinct_senders(
    n_units: int, in_degree: int, rng: np.random.Generator, n_receivers: int | None = None
) -> np.ndarray:
    """For every receiver `in_degree` distinct units, each set equally likely: integers (n_receivers, in_degree).

    They are sorted; without `n_receivers` there are as many receivers as units. Repeated senders of a row are drawn
    again until none is left. No step prefers a unit, so all sets are equally likely. Above one half it is the units
    left out that are drawn.
    """
    n_rows = n_units if n_receivers is None else n_receivers
    if 2 * in_degree > n_units:
        heard = np.ones((n_rows, n_units), dtype=bool)
        np.put_along_axis(heard, distinct_senders(n_units, n_units - in_degree, rng, n_rows), False, axis=1)
        return np.nonzero(heard)[1].astype(np.int32).reshape(n_rows, in_degree)
    senders = rng.integers(n_units, size=(n_rows, in_degree), dtype=np.int32)
    senders.sort(axis=1)
    rows = np.arange(n_rows)
    while rows.size:
        part = senders[rows]
        again = np.zeros(part.shape, dtype=bool)
        again[:, 1:] = part[:, 1:] == part[:, :-1]
        clash = again.any(axis=1)
        rows, part, again = rows[clash], part[clash], again[clash]
        part[again] = rng.integers(n_units, size=np.count_nonzero(again), dtype=np.int32)
        part.sort(axis=1)
        senders[rows] = part
    return senders


def bernoulli_positions(size: int, probability: float, rng: np.random.Generator) -> np.ndarray:
    """Positions among `size` places, each taken with the same probability by itself: sorted int64 array.

    The gaps between taken places are geometric, so that the work grows with their number, not with `size`.
    """
    if probability == 0:
        return np.zeros(0, dtype=np.int64)
    parts, last = [], np.int64(-1)
    while last < size:
        expected = (size - 1 - last) * probability
        positions = rng.geometric(probability, size=int(expected + 5 * expected**0.5) + 10)
        np.cumsum(np.minimum(positions, size + 1, out=positions), out=positions)
        positions += last
        parts.append(positions)
        last = positions[-1]
    found = parts[0] if len(parts) == 1 else np.concatenate(parts)
    return found[: np.searchsorted(found, size)]


def rows_of(receivers: np.ndarray, senders: np.ndarray, weights: np.ndarray, n_units: int) -> sparse.csr_array:
    """CSR matrix (n_units, n_units) of connections in any order, with 32-bit indices; weights of a repeated one add."""
    places = (receivers.astype(np.int32), senders.astype(np.int32))
    rows = sparse.csr_array(sparse.coo_array((weights, places), shape=(n_units, n_units)))
    rows.sum_duplicates()
    return rows
