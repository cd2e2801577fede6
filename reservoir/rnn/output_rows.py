"""Which rows of hidden states an output sees, and the way back of their gradient.

With `pooling` None it sees every scored row; "last" is the state after the last row, and of a layer that runs backwards
the one at the first scored row; "mean" is the mean over scored rows.
"""

from __future__ import annotations

import numpy as np

from reservoir.rnn.packing import Packing


def pooled(hidden: np.ndarray, packing: Packing, scored: np.ndarray, pooling: str | None, n_forward: int) -> np.ndarray:
    """Features (n_scored, width), or (n_sequences, width) with a pooling; the first `n_forward` columns run forward."""
    if pooling is None:
        return hidden if scored.all() else hidden[scored]
    if pooling == "last":
        heads = _first_scored(packing, scored)
        return np.concatenate([hidden[packing.last_rows(), :n_forward], hidden[heads, n_forward:]], axis=1)
    sums = np.zeros((len(packing.lengths), hidden.shape[1]))
    np.add.at(sums, packing.member[scored], hidden[scored])
    return (sums / _n_scored(packing, scored)).astype(hidden.dtype)


def spread_back(
    d_features: np.ndarray, packing: Packing, scored: np.ndarray, pooling: str | None, n_forward: int
) -> np.ndarray:
    """The gradient with respect to all rows, given the one with respect to what `pooled` returns."""
    if pooling is None and scored.all():
        return d_features
    d_hidden = np.zeros((len(scored), d_features.shape[1]), d_features.dtype)
    if pooling is None:
        d_hidden[scored] = d_features
    elif pooling == "last":
        d_hidden[packing.last_rows(), :n_forward] = d_features[:, :n_forward]
        d_hidden[_first_scored(packing, scored), n_forward:] = d_features[:, n_forward:]
    else:
        d_hidden[scored] = (d_features / _n_scored(packing, scored))[packing.member[scored]]
    return d_hidden


def _first_scored(packing: Packing, scored: np.ndarray) -> np.ndarray:
    washout = packing.step[np.argmax(scored)]
    return packing.starts[washout] + np.arange(len(packing.lengths))


def _n_scored(packing: Packing, scored: np.ndarray) -> np.ndarray:
    return np.bincount(packing.member[scored], minlength=len(packing.lengths))[:, None]
