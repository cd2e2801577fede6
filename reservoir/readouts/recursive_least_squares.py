"""Recursive least squares."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import NamedTuple

import numpy as np

from reservoir.compilation import REASSOCIATE, kernel
from reservoir.docstrings import documented_with
from reservoir.memory import check_memory
from reservoir.readouts.online import OnlineRegressor
from reservoir.validation import Parameters, not_fitted

UNEXPLAINED = 1e-12
# The kernels below that others call are inlined by force: otherwise LLVM rounds them in one way where they were just
# compiled, and in another where they come from the cache inside of their caller.


class Learned(NamedTuple):
    """What the readout knows, as its loops take it and change it, and how it forgets."""

    columns: np.ndarray  # (n_inputs, n_inputs), row j holds column j of U
    scales: np.ndarray  # (n_inputs,), the diagonal of D
    weights: np.ndarray  # (n_outputs, n_inputs)
    heard: np.ndarray  # (n_inputs,), sums of squares of the inputs so far
    n_heard: np.ndarray  # (n_inputs,), rows in which they were not zero
    forgetting: float


@documented_with(OnlineRegressor)
@dataclass(eq=False, repr=False)
class RecursiveLeastSquares(OnlineRegressor):
    """Least squares, solved anew after every row in O(n_inputs^2) operations.

    With the input z = [x, 1] (without the 1 if there is no intercept) and P(0) = I / alpha, every row does

        P <- P / forgetting
        g  = P z / (1 + z^T P z)
        w <- w + (y - w z) g^T
        P <- P - g z^T P

    so that the weights minimise the sum of ``forgetting^age |y - w z|^2``, plus a penalty. With forgetting = 1 they are
    those of ridge regression with the penalty ``alpha |w|^2``. The intercept is a weight like the others, so it is
    penalised too, which `RidgeReadout` does not do.

    Parameters
    ----------
    forgetting : float in (0, 1], default 1.0
        Weight of the row before relative to the present one; the memory is about 1 / (1 - forgetting) rows.
    alpha : float > 0, default 1e-6
        Penalty, in units of squared features, as of `RidgeReadout`; with forgetting < 1 it fades too. One step ahead
        with 50 to 400 units, 1e-6 has the errors of `RidgeReadout(1e-6)`, and 1 has 1.3 to 2.4 times these on NARMA-10,
        1.5 to 18 times on Lorenz and 26 to 32 times on Mackey-Glass. On short noisy series a larger one is better.

    Attributes
    ----------
    inverse_correlation_ : array (n_inputs, n_inputs)
        The matrix P.

    Notes
    -----
    P is kept as U D U^T with U unit upper triangular and D diagonal (Bierman 1977). D stays positive, so P is
    symmetric and positive definite after any number of rows. One pass over U serves the update of a row and the
    product with the next.

    With forgetting < 1, P would grow without bound where rows stop to tell inputs apart (wind-up). Its terms are
    d_j u_j u_j^T, where 1 / d_j is the sum of squares, faded and with its share of alpha, that the inputs before j
    leave unexplained of input j. A term is divided by `forgetting` only while 1 / d_j is above 1e-12 m_j /
    (1 - forgetting), with the mean square m_j of input j over all rows so far in which it was not zero. What is smaller
    is next to rounding. So all that the rows tell apart is forgotten as the equations say, whatever alpha is, and
    d_j stays bounded however long the rows say nothing of it.

    References
    ----------
    Jaeger 2003, Adaptive nonlinear system identification with echo state networks, NIPS 15, 609-616.
    Bierman 1977, Factorization methods for discrete sequential estimation, Academic Press.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.readouts import RecursiveLeastSquares
    >>> X = np.arange(6.0).reshape(-1, 1)
    >>> readout = RecursiveLeastSquares(alpha=1e-9).partial_fit(X[:3], 2 * X[:3, 0] + 1)
    >>> readout.partial_fit(X[3:], 2 * X[3:, 0] + 1).predict([[10.0]]).round(6)
    array([21.])
    """

    forgetting: float = 1.0
    alpha: float = 1e-6
    _: KW_ONLY
    fit_intercept: bool = True

    learned = OnlineRegressor.learned | {
        "memory_": {
            "columns": "reals (m, m)",
            "scales": "reals (m)",
            "heard": "reals (m)",
            "n_heard": "reals (m)",
            "alpha": "reals (1)",
            "weights": "reals (k, m)",
        }
    }

    @property
    def inverse_correlation_(self) -> np.ndarray:
        """The matrix P (n_inputs, n_inputs)."""
        if not hasattr(self, "memory_"):
            raise not_fitted(self)
        columns = np.tril(self.memory_["columns"], -1) + np.eye(len(self.memory_["scales"]))
        return columns.T @ (self.memory_["scales"][:, None] * columns)

    def _check_parameters(self) -> None:
        p = Parameters(self)
        p.real("forgetting", 0, 1, closed="right")
        p.real("alpha", 0, closed="neither")

    def _begin(self, n_inputs: int, n_outputs: int) -> dict[str, np.ndarray]:
        check_memory(type(self).__name__, f"the covariance of {n_inputs} inputs", 8.0 * n_inputs**2)
        return {
            "columns": np.zeros((n_inputs, n_inputs)),
            "scales": np.full(n_inputs, 1 / self.alpha),
            "heard": np.zeros(n_inputs),
            "n_heard": np.zeros(n_inputs),
            "alpha": np.full(1, float(self.alpha)),
        }

    def _settled(self) -> tuple[str, ...]:
        return ("alpha",) if self.memory_["alpha"][0] != self.alpha else ()

    def _rows_a_call(self) -> int:
        return max(1, min(super()._rows_a_call(), 200_000_000 // self.memory_["columns"].size))

    def _advance(self, rows: np.ndarray, targets: np.ndarray) -> np.ndarray:
        outputs = np.empty(targets.shape)
        _learn(*self.learning(), rows, targets, outputs, np.zeros((4, rows.shape[1])))
        return outputs

    def learning(self) -> Learned:
        """What is known so far, in the arrays that a loop changes."""
        memory = self.memory_
        known = memory["columns"], memory["scales"], memory["weights"], memory["heard"], memory["n_heard"]
        return Learned(*known, float(self.forgetting))


@kernel(fastmath=REASSOCIATE, forceinline=True)
def sweep(columns, values, changes, gain, row, products):
    """Apply the update of a row to U, finish its gain P z, and multiply the new U by the next row.

    Row j of `columns` holds column j of U, without its 1 on the diagonal. Two columns are served at once; column 0 is
    empty, so an odd number of them begins with it.
    """
    products[0], gain[0] = row[0], values[0]
    for j in range(values.size % 2, values.size, 2):
        first, second, heard, inputs = columns[j, :j], columns[j + 1, :j], gain[:j], row[:j]
        value, change, next_value, next_change = values[j], changes[j], values[j + 1], changes[j + 1]
        total, next_total = row[j], row[j + 1]
        for i in range(first.size):
            sum_so_far, z = heard[i], inputs[i]
            old = first[i]
            new = old + sum_so_far * change
            first[i] = new
            sum_so_far += old * value
            total += new * z
            old = second[i]
            new = old + sum_so_far * next_change
            second[i] = new
            heard[i] = sum_so_far + old * next_value
            next_total += new * z
        old = columns[j + 1, j]
        new = old + value * next_change
        columns[j + 1, j] = new
        gain[j], gain[j + 1] = value + old * next_value, next_value
        products[j], products[j + 1] = total, next_total + new * row[j]


@kernel(fastmath=REASSOCIATE, forceinline=True)
def measure(scales, heard, n_heard, forgetting, row, products, values, changes):
    """Forget, then prepare the update of U and D for one row: returns 1 + z^T P z."""
    total, highest = 1.0, (1.0 - forgetting) / UNEXPLAINED
    for j in range(scales.size):
        heard[j] += row[j] * row[j]
        n_heard[j] += row[j] != 0.0
        if scales[j] * heard[j] < highest * n_heard[j]:
            scales[j] /= forgetting
        values[j] = scales[j] * products[j]
        changes[j] = -products[j] / total
        after = total + products[j] * values[j]
        scales[j] *= total / after
        total = after
    return total


@kernel(fastmath=REASSOCIATE, forceinline=True)
def multiply(weights, row, output):
    """output = weights row."""
    for k in range(weights.shape[0]):
        weight, total = weights[k], 0.0
        for i in range(weight.size):
            total += weight[i] * row[i]
        output[k] = total


@kernel(fastmath=REASSOCIATE)
def _learn(columns, scales, weights, heard, n_heard, forgetting, rows, targets, outputs, scratch):
    """All rows: the sweep of a row finishes the row before, so there is one sweep more than there are rows."""
    products, values, changes, gain = scratch[0], scratch[1], scratch[2], scratch[3]
    n_rows, total = rows.shape[0], 1.0
    for t in range(n_rows + 1):
        row = rows[min(t, n_rows - 1)]
        sweep(columns, values, changes, gain, row, products)
        if t > 0:
            for k in range(weights.shape[0]):
                weight, share = weights[k], (targets[t - 1, k] - outputs[t - 1, k]) / total
                for i in range(weight.size):
                    weight[i] += share * gain[i]
        if t < n_rows:
            total = measure(scales, heard, n_heard, forgetting, row, products, values, changes)
            multiply(weights, row, outputs[t])
