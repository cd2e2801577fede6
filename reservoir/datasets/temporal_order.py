"""Temporal order: in which order did two or three telling symbols come, long ago and far apart?"""

from __future__ import annotations

import numbers

import numpy as np

from reservoir.parts import Seed
from reservoir.sizes import check_largest
from reservoir.validation import as_generator, check_integer, parameter_error

SYMBOLS = "EBabcdXY"
# Where the telling symbols stand, first and last row in hundredths of the length.
_WINDOWS = {2: ((10, 20), (50, 60)), 3: ((10, 20), (33, 43), (66, 76))}


def make_temporal_order(
    n_sequences: int = 1000, length: int = 100, *, n_relevant: int = 2, random_state: Seed = None
) -> tuple[list[np.ndarray], np.ndarray]:
    """Sequences of symbols whose class is the order of two or three X and Y among distractors.

    A sequence starts with E, ends with B, and holds letters drawn uniformly from a, b, c, d, but for an X or a Y,
    equally likely, in one row of each window. At `length` 100 the rows number 100 to 110, and the windows are::

        n_relevant = 2 (task 6a):  rows 10 to 20, 50 to 60               classes X X, X Y, Y X, Y Y
        n_relevant = 3 (task 6b):  rows 10 to 20, 33 to 43, 66 to 76     classes X X X, X X Y, .. Y Y Y

    with both ends included. The class is the number whose binary digits are 0 for X and 1 for Y, the first symbol in
    front, which is the order of the publication's classes Q, R, S, U (, V, A, B, C).

    Chance: 1/4 of the classes right with two symbols, 1/8 with three. Who counts X and Y, but forgets their order, gets
    3/4 or 1/2.

    The library's own choices: rows are counted from 0; another `length` scales windows and lengths, rounded down.

    Parameters
    ----------
    n_sequences : int >= 1, default 1000
        Number of sequences.
    length : int >= 10, default 100
        Smallest number of rows; the largest is a tenth more.
    n_relevant : {2, 3}, default 2
        Number of telling symbols.
    random_state : None, int, Generator, SeedSequence or RandomState, default None
        Source of symbols, positions and lengths.

    Returns
    -------
    X : list of arrays (T_i, 8) of 0 and 1
        One column per symbol, in the order E, B, a, b, c, d, X, Y.
    y : int64 array (n_sequences,)
        The class, from 0 to 3, or to 7.

    Raises
    ------
    ValueError
        For no sequences, fewer than 10 rows, or another `n_relevant` than 2 and 3.

    References
    ----------
    .. [1] S. Hochreiter, J. Schmidhuber (1997). Long short-term memory. Neural Computation 9(8), 1735-1780,
       experiment 6. https://doi.org/10.1162/neco.1997.9.8.1735

    Examples
    --------
    >>> from reservoir.datasets import make_temporal_order
    >>> X, y = make_temporal_order(3, length=10, random_state=0)
    >>> ["".join("EBabcdXY"[column] for column in x.argmax(axis=1)) for x in X], y
    (['EcYbaaYadcB', 'EcYbdYabdcB', 'EaXabbXbaB'], array([3, 3, 0]))
    """
    owner = "make_temporal_order"
    n_sequences = check_integer(owner, "n_sequences", n_sequences, 1)
    length = check_integer(owner, "length", length, 10)
    if not isinstance(n_relevant, numbers.Integral) or n_relevant not in _WINDOWS:
        raise parameter_error(owner, "n_relevant", "2 or 3", n_relevant)
    check_largest(owner, {"n_sequences": n_sequences, "length": length}, 64.0 * n_sequences * length, "the sequences")
    windows = np.array(_WINDOWS[n_relevant]) * length // 100
    rng = as_generator(owner, random_state)
    symbols, y = zip(*(_draw(length, windows, rng) for _ in range(n_sequences)), strict=True)
    return [np.eye(len(SYMBOLS))[row] for row in symbols], np.array(y)


def _draw(length: int, windows: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, int]:
    """Columns of the symbols, and the class."""
    n_rows = rng.integers(length, length + length // 10, endpoint=True)
    symbols = rng.integers(SYMBOLS.index("a"), SYMBOLS.index("X"), n_rows)
    symbols[[0, -1]] = 0, 1
    relevant = rng.integers(2, size=len(windows))
    symbols[rng.integers(windows[:, 0], windows[:, 1], endpoint=True)] = SYMBOLS.index("X") + relevant
    return symbols, int(relevant @ (1 << np.arange(len(windows))[::-1]))
