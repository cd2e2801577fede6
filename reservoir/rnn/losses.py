"""What training makes small, and how it grows with the outputs of a network.

A loss gives the mean over the rows, its gradient with respect to the outputs, and what remains of it for the constant
answer that is best, which is its scale. A new loss is one class and one entry of ``LOSSES``.
"""

from __future__ import annotations

import numpy as np
from scipy.special import entr, expit, log_softmax, softmax


class Squared:
    """Half the mean squared error over rows and columns."""

    name = "squared"

    def of(self, outputs: np.ndarray, targets: np.ndarray) -> tuple[float, np.ndarray]:
        """Loss and gradient (n_rows, n_outputs) for targets of that shape."""
        errors = outputs - targets
        return 0.5 * float(np.mean(errors**2)), errors / errors.size

    def of_a_constant(self, targets: np.ndarray) -> float:
        """Half the variance of the targets, mean over columns."""
        return 0.5 * float(np.mean(np.var(targets, axis=0)))

    def answer(self, outputs: np.ndarray) -> np.ndarray:
        """The prediction: the outputs themselves."""
        return outputs


class CrossEntropy:
    """Negative log-probability of the class, mean over rows; probabilities are the softmax of the outputs."""

    name = "cross_entropy"

    def of(self, outputs: np.ndarray, targets: np.ndarray) -> tuple[float, np.ndarray]:
        """Loss and gradient (n_rows, n_classes) for integer codes (n_rows,)."""
        log_probabilities = log_softmax(outputs, axis=1)
        rows = np.arange(len(targets))
        gradient = np.exp(log_probabilities)
        gradient[rows, targets] -= 1.0
        return -float(np.mean(log_probabilities[rows, targets])), gradient / len(targets)

    def of_a_constant(self, targets: np.ndarray) -> float:
        """The entropy of the classes, in nats."""
        return float(np.sum(entr(np.bincount(targets) / len(targets))))

    def answer(self, outputs: np.ndarray) -> np.ndarray:
        """The probabilities of the classes."""
        return softmax(outputs, axis=1)


class Bernoulli:
    """Negative log-probability of independent bits, sum over columns and mean over rows: nats per frame."""

    name = "bernoulli"

    def of(self, outputs: np.ndarray, targets: np.ndarray) -> tuple[float, np.ndarray]:
        """Loss and gradient (n_rows, n_outputs) for targets of that shape in [0, 1]."""
        losses = np.logaddexp(0.0, outputs) - targets * outputs
        return float(losses.sum() / len(targets)), (expit(outputs) - targets) / len(targets)

    def of_a_constant(self, targets: np.ndarray) -> float:
        """The entropy of the bits, sum over columns, in nats."""
        shares = targets.mean(axis=0)
        return float(np.sum(entr(shares) + entr(1.0 - shares)))

    def answer(self, outputs: np.ndarray) -> np.ndarray:
        """The probability of every bit."""
        return expit(outputs)


LOSSES = {loss.name: loss for loss in (Squared(), CrossEntropy(), Bernoulli())}
