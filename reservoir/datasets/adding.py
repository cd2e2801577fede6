"""The adding problem: two numbers of a long series are marked; what is their sum?"""

from __future__ import annotations

from typing import Any

import numpy as np

from reservoir.parts import Seed
from reservoir.sizes import check_largest
from reservoir.validation import as_generator, check_choice, check_integer

_SHORTEST = {"modern": 2, "1997": 20}


def make_adding(
    n_sequences: int = 1000, length: int = 100, *, version: str = "modern", random_state: Seed = None
) -> tuple[Any, np.ndarray]:
    """Random numbers, two of which are marked, and the sum of the two.

    Each row is a number and a marker. With v_1 and v_2 the two numbers whose marker is 1, T = `length`, and U the
    uniform distribution::

                    "modern" [2]_                   "1997" [1]_
        rows        T                               drawn from T to T + T/10
        numbers     U[0, 1]                         U[-1, 1]
        marker 1    a row of either half            one of the first 10 rows, and then
                                                    one of the first T/2 - 1 others
        marker -1   nowhere                         first and last row, unless 1
        target      v_1 + v_2                       0.5 + (v_1 + v_2) / 4

    The two versions do not compare. A third one marks any two rows of the modern version [3]_.

    Chance, "modern": always to answer 1 has a mean squared error of 1/6. The best linear function of all rows reaches
    1/6 - 1/(3 T) (even T) and no less, as the target is a product of columns: a linear readout of linear memory fails.
    Chance, "1997": always to answer 0.5 has (2 - p) / 48, where p = 0.1 + 0.9 / (T/2 - 1) is the chance that row 0 is
    marked; that is 0.0392 at T = 100. An answer less than 0.04 off counts as correct there, which 0.5 is in 0.1536 +
    0.0064 p of the sequences.

    The library's own choices: where the 1997 version marks row 0, its number is 0 and its marker 1, so that the
    formula of the target holds without exception (the publication says that v_1 is set to 0, not what the marker is).
    Odd T: the second half is the longer one, and T/2 and T/10 are rounded down.

    Parameters
    ----------
    n_sequences : int >= 1, default 1000
        Number of sequences.
    length : int >= 2 ("modern"), >= 20 ("1997"), default 100
        Number of rows, or the smallest number of rows.
    version : {"modern", "1997"}, default "modern"
        See above.
    random_state : None, int, Generator, SeedSequence or RandomState, default None
        Source of numbers, markers and lengths.

    Returns
    -------
    X : array (n_sequences, length, 2), or for "1997" list of arrays (T_i, 2)
        Number and marker.
    y : array (n_sequences,)
        One target per sequence.

    Raises
    ------
    ValueError
        For no sequences, an unknown version, or a length too short for it.

    References
    ----------
    .. [1] S. Hochreiter, J. Schmidhuber (1997). Long short-term memory. Neural Computation 9(8), 1735-1780,
       experiment 4. https://doi.org/10.1162/neco.1997.9.8.1735
    .. [2] M. Arjovsky, A. Shah, Y. Bengio (2016). Unitary evolution recurrent neural networks. ICML.
       https://doi.org/10.48550/arXiv.1511.06464
    .. [3] S. Bai, J. Z. Kolter, V. Koltun (2018). An empirical evaluation of generic convolutional and recurrent
       networks for sequence modeling. https://doi.org/10.48550/arXiv.1803.01271

    Examples
    --------
    >>> from reservoir.datasets import make_adding
    >>> X, y = make_adding(3, length=50, random_state=0)
    >>> X.shape, y.shape, bool(abs((X[0, :, 0] * X[0, :, 1]).sum() - y[0]) < 1e-12)
    ((3, 50, 2), (3,), True)
    """
    owner = "make_adding"
    n_sequences = check_integer(owner, "n_sequences", n_sequences, 1)
    check_choice(owner, "version", version, list(_SHORTEST))
    length = check_integer(owner, "length", length, _SHORTEST[version])
    check_largest(owner, {"n_sequences": n_sequences, "length": length}, 24.0 * n_sequences * length, "the sequences")
    rng = as_generator(owner, random_state)
    if version == "modern":
        return _modern(n_sequences, length, rng)
    X = [_original(length, rng) for _ in range(n_sequences)]
    return X, np.array([0.5 + x[x[:, 1] == 1, 0].sum() / 4 for x in X])


def _modern(n_sequences: int, length: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    numbers = rng.random((n_sequences, length))
    half = length // 2
    marked = np.column_stack([rng.integers(0, half, n_sequences), rng.integers(half, length, n_sequences)])
    markers = np.zeros_like(numbers)
    np.put_along_axis(markers, marked, 1.0, axis=1)
    return np.stack([numbers, markers], axis=2), np.take_along_axis(numbers, marked, axis=1).sum(axis=1)


def _original(length: int, rng: np.random.Generator) -> np.ndarray:
    n_rows = rng.integers(length, length + length // 10, endpoint=True)
    first = rng.integers(10)
    second = rng.integers(length // 2 - 1)
    second += second >= first  # counted among the rows that are not yet marked
    x = np.column_stack([rng.uniform(-1, 1, n_rows), np.zeros(n_rows)])
    x[[0, -1], 1] = -1
    x[[first, second], 1] = 1
    if x[0, 1] == 1:
        x[0, 0] = 0
    return x
