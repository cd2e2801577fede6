"""Backpropagation-decorrelation."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

import numpy as np

from reservoir.compilation import REASSOCIATE, kernel
from reservoir.docstrings import documented_with
from reservoir.parts import Numbers
from reservoir.readouts.online import OnlineRegressor
from reservoir.validation import Parameters


@documented_with(OnlineRegressor)
@dataclass(eq=False, repr=False)
class BackpropagationDecorrelation(OnlineRegressor):
    """Output units with dynamics of their own, trained in O(n_inputs) operations per output and row.

    A row x(t) holds what the units of a reservoir send. The outputs o are potentials; they hear the row, a constant
    1 (with an intercept), and what all outputs sent a row before (with `output_feedback`):

        z(t) = [x(t), tanh(o(t - 1)), 1]
        o(t) = (1 - dt) o(t - 1) + dt w z(t)

    With the errors e(t) = o(t) - y(t), every row then does for each output i

        gamma_i = (1 - dt) e_i(t - 1) + dt sum_s w_is (1 - tanh(o_s(t - 1))^2) e_s(t - 1) - e_i(t)
        w_i    <- w_i + (learning_rate / dt) gamma_i z(t) / (epsilon + |z(t)|^2)

    where s runs over the outputs that are fed back. With dt = 1 and no output feedback this is normalised least mean
    squares, `LeastMeanSquares`; with dt < 1 it is not, since the error of the row before stays.

    Parameters
    ----------
    learning_rate : float in (0, 2), default 0.1
    dt : float in (0, 1], default 1.0
        Step of the outputs, as a share of their time constant.
    output_feedback : bool, default True
        Whether the outputs hear one another and themselves.
    epsilon : float > 0, default 1e-3
        Keeps the steps of short inputs bounded.
    n_epochs : int >= 1, default 1
        Passes over the rows in `fit`; each begins with outputs and errors of zero.

    Attributes
    ----------
    feedback_ : array (n_outputs, n_outputs)
        Weights from outputs (columns) to outputs (rows), zero without output feedback.

    Notes
    -----
    With dt < 1 or output feedback a prediction depends on the rows before, and `predict` begins with outputs of zero.
    A model therefore hands `predict` one whole sequence at a time. `fit` takes all rows for one run: in a model
    that trains on several sequences the outputs and errors at the end of one go on into the next. The defaults are
    the library's own, not those of the paper.

    References
    ----------
    Steil 2004, Backpropagation-decorrelation: online recurrent learning with O(N) complexity, IJCNN 2, 843-848.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.readouts import BackpropagationDecorrelation
    >>> X = np.random.default_rng(0).normal(size=(2000, 2))
    >>> readout = BackpropagationDecorrelation(dt=0.5).fit(X, X @ [1.0, -2.0])
    >>> readout.coef_.shape, readout.feedback_.shape
    ((2,), (1, 1))
    """

    learning_rate: float = 0.1
    _: KW_ONLY
    dt: float = 1.0
    output_feedback: bool = True
    epsilon: float = 1e-3
    n_epochs: int = 1
    fit_intercept: bool = True

    learned = OnlineRegressor.learned | {
        "memory_": {
            "feedback": "reals (k, k)",
            "outputs": "reals (k)",
            "errors": "reals (k)",
            "weights": "reals (k, m)",
        },
        "feedback_": "optional reals (k, k)",
    }

    @property
    def row_wise(self) -> bool:  # type: ignore[override]
        """Whether the prediction of a row is free of the rows before."""
        return bool(self.dt == 1 and not self.output_feedback)

    def predict(self, X: Numbers) -> np.ndarray:
        """The outputs o(t), which begin at zero before the first row, in the shape that y had in `fit`."""
        drive = super().predict(X)
        potentials = drive.reshape(len(drive), -1)
        _relax(potentials, self.feedback_, float(self.dt))
        return potentials.reshape(drive.shape)

    def _check_parameters(self) -> None:
        p = Parameters(self)
        p.real("learning_rate", 0, 2, closed="neither")
        p.real("dt", 0, 1, closed="right")
        p.flag("output_feedback")
        p.real("epsilon", 0, closed="neither")
        p.integer("n_epochs", 1)

    def _begin(self, n_inputs: int, n_outputs: int) -> dict[str, np.ndarray]:
        return {
            "feedback": np.zeros((n_outputs, n_outputs)),
            "outputs": np.zeros(n_outputs),
            "errors": np.zeros(n_outputs),
        }

    def _begin_epoch(self) -> None:
        self.memory_["outputs"][:] = self.memory_["errors"][:] = 0

    def _advance(self, rows: np.ndarray, targets: np.ndarray) -> np.ndarray:
        memory = self.memory_
        outputs = np.empty(targets.shape)
        settings = float(self.learning_rate), float(self.dt), bool(self.output_feedback), float(self.epsilon)
        state = memory["outputs"], memory["errors"]
        _learn(memory["weights"], memory["feedback"], *state, rows, targets, outputs, *settings)
        return outputs

    def _show(self) -> None:
        super()._show()
        self.feedback_ = self.memory_["feedback"].copy()


@kernel(fastmath=REASSOCIATE)
def _learn(weights, feedback, last, errors, rows, targets, outputs, learning_rate, dt, output_feedback, epsilon):
    """All rows: weights (K, M), feedback (K, K), outputs and errors of the last row (K,), rows (n, M)."""
    n_outputs = errors.size
    sent, slopes, gammas = np.zeros(n_outputs), np.zeros(n_outputs), np.empty(n_outputs)
    for t in range(rows.shape[0]):
        row, length = rows[t], epsilon
        for i in range(row.size):
            length += row[i] * row[i]
        if output_feedback:
            for k in range(n_outputs):
                sent[k] = np.tanh(last[k])
                slopes[k] = (1.0 - sent[k] * sent[k]) * errors[k]
                length += sent[k] * sent[k]
        for k in range(n_outputs):
            weight, drive, back = weights[k], 0.0, 0.0
            for i in range(row.size):
                drive += weight[i] * row[i]
            for s in range(n_outputs):
                drive += feedback[k, s] * sent[s]
                back += feedback[k, s] * slopes[s]
            outputs[t, k] = (1.0 - dt) * last[k] + dt * drive
            gammas[k] = (1.0 - dt) * errors[k] + dt * back - (outputs[t, k] - targets[t, k])
        for k in range(n_outputs):
            weight, change = weights[k], learning_rate / dt * gammas[k] / length
            for i in range(row.size):
                weight[i] += change * row[i]
            for s in range(n_outputs):
                feedback[k, s] += change * sent[s]
            last[k] = outputs[t, k]
            errors[k] = outputs[t, k] - targets[t, k]


@kernel()
def _relax(potentials, feedback, dt):
    """The outputs (n, K) in place of what drives them."""
    n_outputs = potentials.shape[1]
    last = np.zeros(n_outputs)
    for t in range(potentials.shape[0]):
        for k in range(n_outputs):
            drive = potentials[t, k]
            for s in range(n_outputs):
                drive += feedback[k, s] * np.tanh(last[s])
            potentials[t, k] = (1.0 - dt) * last[k] + dt * drive
        for k in range(n_outputs):
            last[k] = potentials[t, k]
