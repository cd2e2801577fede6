"""Copy memory: ten symbols are shown, and must be repeated after a long silence."""

from __future__ import annotations

import numpy as np

from reservoir.parts import Seed
from reservoir.sizes import check_largest
from reservoir.validation import as_generator, check_choice, check_integer


def make_copy_memory(
    n_sequences: int = 1000,
    delay: int = 100,
    *,
    n_items: int = 10,
    n_symbols: int = 8,
    markers: str = "one",
    random_state: Seed = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Symbols to be remembered over a delay, then repeated in their order.

    With n items s_1..s_n, each drawn uniformly from the symbols 1 to `n_symbols`, 0 for a blank and m = `n_symbols` + 1
    for the marker, a sequence of `delay` + 2 n rows is::

        x ("one"):  s_1 .. s_n   0 (delay - 1 times)   m   0 (n times)           [1]_
        x ("all"):  s_1 .. s_n   0 (delay - 1 times)   m (n + 1 times)           [2]_
        y:          0 (delay + n times)                    s_1 .. s_n

    The two layouts are different tasks with the same targets. Time is free of noise, so that only memory is asked for.

    Chance: who remembers nothing, but knows when to be blank, has a cross-entropy of
    ``n_items * log(n_symbols) / (delay + 2 * n_items)`` nats per row, 0.173 by default, and recalls 1 item in
    `n_symbols` (see `reservoir.metrics.copy_recall`).

    Parameters
    ----------
    n_sequences : int >= 1, default 1000
        Number of sequences. One takes 8 (`n_symbols` + 2) (`delay` + 2 `n_items`) bytes.
    delay : int >= 1, default 100
        Rows from the last item to the marker, which is T in the publications.
    n_items : int >= 1, default 10
        Number of symbols to remember.
    n_symbols : int >= 2, default 8
        Number of different symbols.
    markers : {"one", "all"}, default "one"
        Whether the marker stands only before the recall or all through it, too.
    random_state : None, int, Generator, SeedSequence or RandomState, default None
        Source of the symbols.

    Returns
    -------
    X : array (n_sequences, delay + 2 n_items, n_symbols + 2) of 0 and 1
        One column per symbol: the blank, the symbols 1 to `n_symbols`, the marker.
    y : int64 array (n_sequences, delay + 2 n_items)
        One label per row, 0 for the blank.

    Raises
    ------
    ValueError
        For no sequences, no delay, no items, fewer than two symbols, and unknown markers.

    References
    ----------
    .. [1] M. Arjovsky, A. Shah, Y. Bengio (2016). Unitary evolution recurrent neural networks. ICML.
       https://doi.org/10.48550/arXiv.1511.06464
    .. [2] S. Bai, J. Z. Kolter, V. Koltun (2018). An empirical evaluation of generic convolutional and recurrent
       networks for sequence modeling. https://doi.org/10.48550/arXiv.1803.01271
    .. [3] S. Hochreiter, J. Schmidhuber (1997). Long short-term memory. Neural Computation 9(8), 1735-1780, for tasks
       of this kind. https://doi.org/10.1162/neco.1997.9.8.1735

    Examples
    --------
    >>> from reservoir.datasets import make_copy_memory
    >>> X, y = make_copy_memory(2, delay=3, n_items=2, random_state=0)
    >>> X.shape, X[0].argmax(axis=1), y[0]
    ((2, 7, 10), array([7, 6, 0, 0, 9, 0, 0]), array([0, 0, 0, 0, 0, 7, 6]))
    """
    owner = "make_copy_memory"
    n_sequences = check_integer(owner, "n_sequences", n_sequences, 1)
    delay = check_integer(owner, "delay", delay, 1)
    n_items = check_integer(owner, "n_items", n_items, 1)
    n_symbols = check_integer(owner, "n_symbols", n_symbols, 2)
    check_choice(owner, "markers", markers, ["one", "all"])
    sizes = {"n_sequences": n_sequences, "delay": delay, "n_items": n_items, "n_symbols": n_symbols}
    check_largest(owner, sizes, 8.0 * n_sequences * (delay + 2 * n_items) * (n_symbols + 4), "the sequences")
    items = as_generator(owner, random_state).integers(1, n_symbols, (n_sequences, n_items), endpoint=True)
    marker = n_items + delay - 1
    symbols = np.zeros((n_sequences, delay + 2 * n_items), dtype=np.int64)
    symbols[:, :n_items] = items
    symbols[:, marker : marker + 1 if markers == "one" else None] = n_symbols + 1
    y = np.zeros_like(symbols)
    y[:, marker + 1 :] = items
    return np.eye(n_symbols + 2)[symbols], y
