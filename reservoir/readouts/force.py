"""FORCE learning."""

from __future__ import annotations

from reservoir.docstrings import documented_with
from reservoir.readouts.online import OnlineRegressor
from reservoir.readouts.recursive_least_squares import RecursiveLeastSquares


@documented_with(OnlineRegressor)
class Force(RecursiveLeastSquares):
    """Recursive least squares for training with the loop closed (first-order reduced and controlled error).

    The output z = w r goes back into the network from the first step on, while every row does

        e  = w r - f
        P <- P - P r r^T P / (1 + r^T P r)
        w <- w - e (P r)^T

    with the updated P in the last line and P(0) = I / alpha. The error is small from the first steps, so that the
    network hears nearly the target, with the errors that it will hear later. A model sees `closed_loop_training`
    and asks `step` for one row at a time; `partial_fit` does the same updates on given rows.

    Parameters
    ----------
    alpha : float > 0, default 1.0
        Inverse of the first learning rate; 1 to 100, and well below the number of units. Smaller learns faster.
    forgetting : float in (0, 1], default 1.0
        Weight of the row before relative to the present one, see `RecursiveLeastSquares`.
    fit_intercept : bool, default False
        Whether to learn an intercept, which is penalised like the other weights.

    Attributes
    ----------
    inverse_correlation_ : array (n_inputs, n_inputs)
        The matrix P.

    References
    ----------
    Sussillo and Abbott 2009, Generating coherent patterns of activity from chaotic neural networks, Neuron
    63(4):544-557, doi:10.1016/j.neuron.2009.07.018.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.readouts import Force
    >>> readout, x, output = Force(alpha=0.1), np.zeros(2), np.zeros(1)
    >>> for t in range(200):
    ...     x = np.tanh([0.5 * x[1] + np.sin(t / 5), output[0] + np.cos(t / 5)])
    ...     output = readout.step(x, np.sin(t / 5) / 2)
    >>> bool(abs(output[0] - np.sin(t / 5) / 2) < 0.2)
    True
    """

    closed_loop_training = True

    def __init__(self, alpha: float = 1.0, *, forgetting: float = 1.0, fit_intercept: bool = False):
        super().__init__(forgetting, alpha, fit_intercept=fit_intercept)
