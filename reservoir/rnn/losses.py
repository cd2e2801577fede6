"""What training makes small, and how it grows with the outputs of a network.

A loss gives the mean over the rows, its gradient with respect to the outputs, and what remains of it for the constant
answer that is best, which is its scale; the mean is weighted where there are weights. A new loss is one class and one
entry of ``LOSSES``.
"""

from __future__ import annotations

import numpy as np
from scipy.special import entr, expit, log_softmax, softmax


class Squared:
    """Half the mean squared error over rows and columns."""

    name = "squared"

    def of(
        self, outputs: np.ndarray, targets: np.ndarray, weights: np.ndarray | None = None
    ) -> tuple[float, np.ndarray]:
        """Loss and gradient (n_rows, n_outputs) for targets of that shape and weights (n_rows,)."""
        errors = outputs - targets
        if weights is None:
            return 0.5 * float(np.mean(errors**2)), errors / errors.size
        shares = weights / weights.sum()
        return 0.5 * float(shares @ np.mean(errors**2, axis=1)), shares[:, None] * errors / errors.shape[1]

    def of_a_constant(self, targets: np.ndarray, weights: np.ndarray | None = None) -> float:
        """Half the variance of the targets, mean over columns."""
        off = targets - np.average(targets, axis=0, weights=weights)
        return 0.5 * float(np.mean(np.average(off**2, axis=0, weights=weights)))

    def answer(self, outputs: np.ndarray) -> np.ndarray:
        """The prediction: the outputs themselves."""
        return outputs


class CrossEntropy:
    """Negative log-probability of the class, mean over rows; probabilities are the softmax of the outputs."""

    name = "cross_entropy"

    def of(
        self, outputs: np.ndarray, targets: np.ndarray, weights: np.ndarray | None = None
    ) -> tuple[float, np.ndarray]:
        """Loss and gradient (n_rows, n_classes) for integer codes (n_rows,) and weights (n_rows,)."""
        log_probabilities = log_softmax(outputs, axis=1)
        rows = np.arange(len(targets))
        gradient = np.exp(log_probabilities)
        gradient[rows, targets] -= 1.0
        if weights is None:
            return -float(np.mean(log_probabilities[rows, targets])), gradient / len(targets)
        shares = weights / weights.sum()
        return -float(shares @ log_probabilities[rows, targets]), shares[:, None] * gradient

    def of_a_constant(self, targets: np.ndarray, weights: np.ndarray | None = None) -> float:
        """The entropy of the classes, in nats."""
        total = len(targets) if weights is None else weights.sum()
        return float(np.sum(entr(np.bincount(targets, weights=weights) / total)))

    def answer(self, outputs: np.ndarray) -> np.ndarray:
        """The probabilities of the classes."""
        return softmax(outputs, axis=1)


class Bernoulli:
    """Negative log-probability of independent bits, sum over columns and mean over rows: nats per frame."""

    name = "bernoulli"

    def of(
        self, outputs: np.ndarray, targets: np.ndarray, weights: np.ndarray | None = None
    ) -> tuple[float, np.ndarray]:
        """Loss and gradient (n_rows, n_outputs) for targets of that shape in [0, 1] and weights (n_rows,)."""
        losses, gradient = np.logaddexp(0.0, outputs) - targets * outputs, expit(outputs) - targets
        if weights is None:
            return float(losses.sum() / len(targets)), gradient / len(targets)
        shares = weights / weights.sum()
        return float(shares @ losses.sum(axis=1)), shares[:, None] * gradient

    def of_a_constant(self, targets: np.ndarray, weights: np.ndarray | None = None) -> float:
        """The entropy of the bits, sum over columns, in nats."""
        shares = np.average(targets, axis=0, weights=weights)
        return float(np.sum(entr(shares) + entr(1.0 - shares)))

    def answer(self, outputs: np.ndarray) -> np.ndarray:
        """The probability of every bit."""
        return expit(outputs)


LOSSES = {loss.name: loss for loss in (Squared(), CrossEntropy(), Bernoulli())}
