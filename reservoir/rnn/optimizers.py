"""First-order optimisers over one flat vector of parameters, and gradient clipping.

They move the parameters in place. What they gather is made anew in every update, so that another optimiser may go on
from it.
"""

from __future__ import annotations

import numpy as np


class SGD:
    """Stochastic gradient descent with momentum.

    References
    ----------
    Sutskever, Martens, Dahl, Hinton 2013, On the importance of initialization and momentum in deep learning,
    Proceedings of Machine Learning Research 28(3):1139-1147.
    """

    def __init__(self, size: int, dtype: np.dtype, momentum: float, nesterov: bool):
        self.momentum, self.nesterov = momentum, nesterov
        self.velocity = np.zeros(size, dtype)

    def update(self, parameters: np.ndarray, gradient: np.ndarray, rate: float) -> None:
        """Move the parameters in place."""
        self.velocity = self.velocity * self.momentum
        self.velocity -= rate * gradient
        parameters += self.momentum * self.velocity - rate * gradient if self.nesterov else self.velocity

    def take_over(self, other: SGD) -> None:
        """Go on from what the other has gathered."""
        self.velocity = other.velocity


class RMSProp:
    """Steps divided by a running root mean square of the gradient.

    References
    ----------
    Tieleman and Hinton 2012, Lecture 6.5: divide the gradient by a running average of its recent magnitude, Neural
    Networks for Machine Learning.
    """

    def __init__(self, size: int, dtype: np.dtype, decay: float, epsilon: float):
        self.decay, self.epsilon = decay, epsilon
        self.mean_square = np.zeros(size, dtype)

    def update(self, parameters: np.ndarray, gradient: np.ndarray, rate: float) -> None:
        """Move the parameters in place."""
        self.mean_square = _nearer(self.mean_square, gradient * gradient, 1.0 - self.decay)
        parameters -= rate * gradient / (np.sqrt(self.mean_square) + self.epsilon)

    def take_over(self, other: RMSProp) -> None:
        """Go on from what the other has gathered."""
        self.mean_square = other.mean_square


class Adam:
    """Running means of the gradient and of its square, both corrected for their start at zero.

    References
    ----------
    Kingma and Ba 2015, Adam: a method for stochastic optimization, International Conference on Learning
    Representations, doi:10.48550/arXiv.1412.6980.
    """

    def __init__(self, size: int, dtype: np.dtype, beta_1: float, beta_2: float, epsilon: float):
        self.beta_1, self.beta_2, self.epsilon = beta_1, beta_2, epsilon
        self.mean, self.mean_square, self.n_updates = np.zeros(size, dtype), np.zeros(size, dtype), 0

    def update(self, parameters: np.ndarray, gradient: np.ndarray, rate: float) -> None:
        """Move the parameters in place."""
        self.n_updates += 1
        self.mean = _nearer(self.mean, gradient, 1.0 - self.beta_1)
        self.mean_square = _nearer(self.mean_square, gradient * gradient, 1.0 - self.beta_2)
        root = np.sqrt(1.0 - self.beta_2**self.n_updates)
        step = rate * root / (1.0 - self.beta_1**self.n_updates)
        parameters -= step * self.mean / (np.sqrt(self.mean_square) + self.epsilon * root)

    def take_over(self, other: Adam) -> None:
        """Go on from what the other has gathered."""
        self.mean, self.mean_square, self.n_updates = other.mean, other.mean_square, other.n_updates


def _nearer(mean: np.ndarray, value: np.ndarray, share: float) -> np.ndarray:
    """The running mean after this value."""
    moved = value - mean
    moved *= share
    moved += mean
    return moved


def clipped(gradient: np.ndarray, largest: float | None) -> tuple[np.ndarray, float]:
    """The gradient with its Euclidean norm brought down to `largest`, and the norm that it had.

    References
    ----------
    Pascanu, Mikolov, Bengio 2013, On the difficulty of training recurrent neural networks, Proceedings of Machine
    Learning Research 28(3):1310-1318.
    """
    norm = float(np.sqrt(np.sum(np.square(gradient, dtype=np.float64))))
    if largest is None or not norm > largest:
        return gradient, norm
    return gradient * gradient.dtype.type(largest / norm), norm
