"""The rows before, as a system: memory without dynamics."""

from __future__ import annotations

from itertools import combinations_with_replacement
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator

from reservoir.sequences import Sequences, read_sequences

LARGEST = 1e50  # a forecast that runs away stays a number


class DelayRows(BaseEstimator):
    """Rows of the past, and products of pairs of them if wanted.

        x(t) = [u(t - s), u(t - 2 s), ..., u(t - n s)]

    and with `products` all products of two entries of [u(t), x(t)] as well. Rows before the first are zero.

    Parameters
    ----------
    n_rows : int >= 0
        The n above.
    stride : int >= 1, default 1
        The s above.
    products : bool, default False
    """

    def __init__(self, n_rows: int = 10, stride: int = 1, products: bool = False):
        self.n_rows = n_rows
        self.stride = stride
        self.products = products

    def fit(self, X: Any, y: Any = None) -> DelayRows:
        """Count the features."""
        read_sequences(self, X, reset=True)
        return self

    def run(self, X: Any, state: Any = None) -> tuple[Any, Any]:
        """States, and the rows to remember."""
        sequences = read_sequences(self, X, reset=False)
        known = [None] * len(sequences) if state is None else [state] if sequences.kind == "series" else list(state)
        found = [self._run_one(*pair) for pair in zip(sequences.members(), known, strict=True)]
        packed = Sequences(np.concatenate([rows for rows, _ in found]), sequences.offsets, sequences.kind)
        finals = [memory for _, memory in found]
        return packed.pack(packed.rows), finals[0] if sequences.kind == "series" else finals

    def _run_one(self, rows: np.ndarray, memory: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
        reach = self.n_rows * self.stride
        memory = np.zeros((reach, rows.shape[1])) if memory is None else memory
        joined = np.concatenate([memory, rows])
        lags = range(self.stride, reach + 1, self.stride)
        past = [joined[reach - lag : reach - lag + len(rows)] for lag in lags]
        states = np.concatenate([*past, np.empty((len(rows), 0))], axis=1)
        if self.products:
            seen = np.concatenate([rows, states], axis=1)
            left, right = np.array(list(combinations_with_replacement(range(seen.shape[1]), 2))).T
            products = np.clip(seen[:, left] * seen[:, right], -LARGEST, LARGEST)
            states = np.concatenate([states, products], axis=1)
        return states, joined[len(joined) - reach :]
