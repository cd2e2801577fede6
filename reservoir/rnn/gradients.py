"""The loss of a minibatch and its gradient, of large ones from parts that several threads take."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

import numpy as np

from reservoir.rnn.examples import BatchPiece
from reservoir.rnn.output_rows import pooled, spread_back
from reservoir.rnn.recurrent_network import Masks, RecurrentNetwork
from reservoir.threads import spread

# Parts of a minibatch, sequences of a part, and multiplications of it: some 5 ms, beside which cutting costs little.
_MOST_PARTS, _LEAST_SEQUENCES, _LEAST_WORK = 8, 8, 100_000_000


Found: TypeAlias = tuple[float, float, np.ndarray | None, np.ndarray]
"""Mean loss, its weight, the gradient, the final state; see `Gradient.of`."""


class Gradient(NamedTuple):
    """What is differentiated: a loss of the answers of a network, pooled or row by row."""

    network: RecurrentNetwork
    pooling: str | None
    loss: Any

    def of(self, piece: BatchPiece, masks: Masks | None, state: np.ndarray | None) -> Found:
        """Mean loss over the targets of a piece, their number or sum of weights, its gradient, and the final state.

        The gradient ends at the first row of the piece, and is None where nothing there counts.
        """
        network, pooling = self.network, self.pooling
        packing, rows, targets, scored, weights = piece
        hidden, final, tapes = network.forward(rows, packing, state, masks, training=True)
        if pooling is None:
            targets, weights = targets[scored], None if weights is None else weights[scored]
        if not len(targets):
            return 0.0, 0, None, final
        where = packing, scored, pooling, network.layers[-1][0].n_outputs
        features = pooled(hidden, *where)
        if masks is not None:
            kept = masks.outputs[packing.member[scored]] if pooling is None else masks.outputs
            features = features * kept
        value, d_output = self.loss.of(network.output(features), targets, weights)
        d_output = d_output.astype(hidden.dtype)
        d_features = d_output @ network.named["output.weights"].T
        d_features = d_features if masks is None else d_features * kept
        gradient = network.backward(tapes, spread_back(d_features, *where), packing, masks)
        views = network.views(gradient)
        views["output.weights"][...] = features.T @ d_output
        views["output.bias"][...] = d_output.sum(axis=0)
        return value, float(len(targets) if weights is None else weights.sum()), gradient, final

    def spread(self, piece: BatchPiece, masks: Masks | None, state: np.ndarray | None) -> Found:
        """The same from parts of the sequences of a large piece, which several threads take.

        How many parts there are depends on the piece alone, and they are summed in their order.
        """
        n_sequences, work = len(piece.packing.lengths), 3.0 * len(piece.rows) * self.network.vector.size
        n_parts = int(max(1, min(_MOST_PARTS, n_sequences // _LEAST_SEQUENCES, work / _LEAST_WORK)))

        def part(first: int) -> Found:
            chosen = slice(first, None, n_parts)
            own = None if masks is None else masks.of(chosen)
            begun = None if state is None else state[chosen]
            return self.of(piece.of(chosen, self.pooling is None), own, begun)

        if n_parts == 1:
            return self.of(piece, masks, state)
        parts = spread(part, range(n_parts), work)
        final = np.empty((n_sequences, self.network.state_size), self.network.vector.dtype)
        total, value = float(sum(weight for _, weight, _, _ in parts)), 0.0
        gradients: list[np.ndarray] = []
        for first, (mean, weight, own, ends) in enumerate(parts):
            final[first::n_parts] = ends
            if own is not None:
                value += mean * (weight / total)
                gradients.append(own * own.dtype.type(weight / total))
        return value, total, sum(gradients[1:], gradients[0]) if gradients else None, final
