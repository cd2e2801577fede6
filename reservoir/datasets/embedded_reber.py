"""The embedded Reber grammar: which symbols may come next, where one depends on the second of all?"""

from __future__ import annotations

from typing import Any

import numpy as np

from reservoir.parts import Seed
from reservoir.sizes import check_largest
from reservoir.validation import as_generator, check_flag, check_integer

SYMBOLS = "BTPSXVE"
# Node of the Reber grammar -> symbol on an edge out of it -> the node it leads to; the last edge leads out.
_EDGES: dict[int, dict[str, int]] = {
    0: {"T": 1, "P": 2},
    1: {"S": 1, "X": 3},
    2: {"T": 2, "V": 4},
    3: {"X": 2, "S": 5},
    4: {"P": 3, "V": 5},
    5: {"E": 6},
}


def make_embedded_reber(
    n_sequences: int = 1000, *, continual: bool = False, random_state: Seed = None
) -> tuple[Any, Any]:
    """Strings of the embedded Reber grammar, with the set of possible next symbols after every symbol.

    A string is ``B c R c E``, where c is T or P, the same at both places, and R a string of the Reber grammar: B,
    then the symbols on the way from node 0 to node 6 of the graph::

        0: T -> 1, P -> 2      2: T -> 2, V -> 4      4: P -> 3, V -> 5
        1: S -> 1, X -> 3      3: X -> 2, S -> 5      5: E -> 6

    At a branch both ways have the probability 1/2. A string has 9 symbols or more, 12 in the mean. The symbol before
    the last depends on the second one, however many have come between. With `continual` all strings follow one
    another in one series, without a sign for the learner to forget; after each last E comes the next B [2]_.

    A row is right if the outputs of its possible symbols are the largest ones [1]_.

    Chance: a symbol drawn at random is possible in 18/77 = 0.234 of the rows of separate strings. Who has forgotten
    the second symbol is right about the symbol before the last one time in two.

    Parameters
    ----------
    n_sequences : int >= 1, default 1000
        Number of strings.
    continual : bool, default False
        Whether to join the strings to one series.
    random_state : None, int, Generator, SeedSequence or RandomState, default None
        Source of the strings.

    Returns
    -------
    X : list of arrays (T_i, 7) of 0 and 1, or one array (T, 7) if continual
        One column per symbol, in the order B, T, P, S, X, V, E. Separate strings come without their last E, after
        which nothing follows.
    y : list of arrays (T_i, 7) of 0 and 1, or one array (T, 7) if continual
        1 for each symbol that may stand in the next row.

    Raises
    ------
    ValueError
        For no strings, or a `continual` that is no bool.

    References
    ----------
    .. [1] S. Hochreiter, J. Schmidhuber (1997). Long short-term memory. Neural Computation 9(8), 1735-1780,
       experiment 1. https://doi.org/10.1162/neco.1997.9.8.1735
    .. [2] F. A. Gers, J. Schmidhuber, F. Cummins (2000). Learning to forget: continual prediction with LSTM. Neural
       Computation 12(10), 2451-2471. https://doi.org/10.1162/089976600300015015
    .. [3] A. S. Reber (1967). Implicit learning of artificial grammars. Journal of Verbal Learning and Verbal Behavior
       6(6), 855-863. https://doi.org/10.1016/S0022-5371(67)80149-X

    Examples
    --------
    >>> from reservoir.datasets import make_embedded_reber
    >>> X, y = make_embedded_reber(1, random_state=0)
    >>> "".join("BTPSXVE"[column] for column in X[0].argmax(axis=1))
    'BPBPVPXTTTTVVEP'
    >>> y[0][:3].astype(int)    # after B: T or P; after BP: B; after BPB: T or P
    array([[0, 1, 1, 0, 0, 0, 0],
           [1, 0, 0, 0, 0, 0, 0],
           [0, 1, 1, 0, 0, 0, 0]])
    """
    owner = "make_embedded_reber"
    n_sequences = check_integer(owner, "n_sequences", n_sequences, 1)
    continual = check_flag(owner, "continual", continual)
    check_largest(owner, {"n_sequences": n_sequences}, 1000.0 * n_sequences, "the sequences")
    rng = as_generator(owner, random_state)
    strings, possible = zip(*(_walk(rng) for _ in range(n_sequences)), strict=True)
    if continual:
        return _encode("".join(strings)), _encode([row for rows in possible for row in rows])
    return [_encode(string[:-1]) for string in strings], [_encode(sets[:-1]) for sets in possible]


def _walk(rng: np.random.Generator) -> tuple[str, list[str]]:
    """A string, and after each of its symbols the possible next ones."""
    outer = "TP"[rng.integers(2)]
    string, possible = "B" + outer + "B", ["TP", "B"]
    node = 0
    while node in _EDGES:
        ways = list(_EDGES[node])
        symbol = ways[rng.integers(len(ways))]
        possible.append("".join(ways))
        string += symbol
        node = _EDGES[node][symbol]
    return string + outer + "E", [*possible, outer, "E", "B"]


def _encode(rows: Any) -> np.ndarray:
    """One row per symbol or set of symbols (n_rows, 7), 1 where it holds the symbol of the column."""
    kinds = {row: index for index, row in enumerate(sorted(set(rows)))}
    table = np.array([[float(symbol in row) for symbol in SYMBOLS] for row in kinds])
    return table[[kinds[row] for row in rows]]
