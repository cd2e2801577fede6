"""Regression on sequences by recurrent networks."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.metrics import r2_score
from sklearn.utils.validation import check_is_fitted

from reservoir.docstrings import documented_with
from reservoir.estimators import MultiOutputMixin, RegressorMixin
from reservoir.parts import Numbers, SequenceData
from reservoir.readouts import RidgeReadout
from reservoir.rnn.base import Lessons, RecurrentModel
from reservoir.rnn.examples import counting
from reservoir.rnn.parameters import RecurrentParameters
from reservoir.sample_weights import after_washout
from reservoir.sequences import Sequences, read_sequences
from reservoir.sequences.tables import keep_target_names
from reservoir.targets import Values, read_sequence_values, read_step_values
from reservoir.validation import Parameters, unchanged_on_error


@dataclass(eq=False, repr=False, kw_only=True)
class _RegressionParameters(RecurrentParameters):
    loss: str = "squared"
    pooling: str | None = None


@documented_with(RecurrentParameters)
class RNNRegressor(_RegressionParameters, MultiOutputMixin, RegressorMixin, RecurrentModel):
    """Regression with a recurrent network trained by backpropagation through time.

        states = cells(X),   prediction = C states + c

    A number or vector for every step, or one for every sequence.

    Parameters
    ----------
    loss : "squared" or "bernoulli", default "squared"
        "squared" is half the mean squared error. "bernoulli" is for targets in [0, 1], such as piano rolls: predictions
        are probabilities, and the loss is their negative log-likelihood, summed over columns, mean over rows.
    pooling : None, "last" or "mean", default None
        None predicts every step. Otherwise y is one target per sequence, predicted from the state after the last row
        or from the mean state.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.rnn import RNNRegressor
    >>> X = np.random.default_rng(0).uniform(-1, 1, size=(50, 20, 1))
    >>> y = np.cumsum(X[:, :, 0], axis=1)  # the sum so far
    >>> model = RNNRegressor("gru", 16, learning_rate_init=0.02, max_iter=60, tol=None, random_state=0).fit(X, y)
    >>> bool(model.score(X, y) > 0.9)
    True
    """

    @unchanged_on_error
    def fit(
        self,
        X: SequenceData,
        y: SequenceData,
        sample_weight: float | Numbers | None = None,
        *,
        X_val: SequenceData | None = None,
        y_val: SequenceData | None = None,
    ) -> RNNRegressor:
        """Train the network.

        Parameters
        ----------
        X : series (T, F), stack (N, T, F) or list of series (T_i, F)
        y : one target per step: (T,), (T, K), stack or list of these; with a pooling (N,) or (N, K)
            Rows or sequences that are NaN are heard, and not learnt.
        sample_weight : None, float, one weight >= 0 for every target (shaped as y without its outputs), or one for \
every sequence (N,), default None
            The loss is the weighted mean over the targets of a batch; what weighs 0 is left out.
        X_val, y_val : of the kinds of X and y, or None
            With early stopping, data to hold out in place of a part of X and y.
        """
        goes_on = self._goes_on(self.warm_start)
        lessons = self._read_further(X, y, sample_weight, goes_on)
        shape = lessons.targets.shape[1], self._flat
        held_out = self._held_out(X_val, y_val)
        if held_out is not None and (held_out.targets.shape[1], self._flat) != shape:
            raise ValueError(f"y_val of {type(self).__name__} must have as many columns as y.")
        validation = None if held_out is None else self._examples(*held_out)
        self._train(self._examples(*lessons), shape[0], validation, goes_on)
        return self

    @unchanged_on_error
    def partial_fit(
        self, X: SequenceData, y: SequenceData, sample_weight: float | Numbers | None = None
    ) -> RNNRegressor:
        """One epoch over X and y, from the present parameters and state of the optimiser on. As `fit` otherwise."""
        goes_on = self._goes_on(True)
        lessons = self._read_further(X, y, sample_weight, goes_on)
        self._train_once(self._examples(*lessons), lessons.targets.shape[1], goes_on)
        return self

    def score(self, X: SequenceData, y: SequenceData, sample_weight: float | Numbers | None = None) -> float:
        """R2 over what has a target: the rows of all sequences joined, without the washout of each, or sequences."""
        check_is_fitted(self, "network_")
        sequences = read_sequences(self, X, reset=False)
        values = self._read_targets(y, sequences)
        truth, outputs, weights = self._scored(sequences, values.numbers, values.known, sample_weight)
        return float(r2_score(truth, self._loss.answer(outputs), sample_weight=weights))

    @unchanged_on_error
    def refit_output(
        self, X: SequenceData, y: SequenceData, alpha: Any = 1e-6, sample_weight: float | Numbers | None = None
    ) -> RNNRegressor:
        """Fit the output weights anew in closed form, by `RidgeReadout(alpha)` on the states; cells stay as they are.

        The squared loss with this penalty cannot be smaller for any other output weights.

        Parameters
        ----------
        X, y, sample_weight : as in `fit`
        alpha : as in `RidgeReadout`, default 1e-6
        """
        check_is_fitted(self, "network_")
        self._goes_on(True)
        if self.loss != "squared":
            raise Parameters(self).error("loss", "'squared' to refit the output")
        sequences, targets, weights = self._read_further(X, y, sample_weight, True)
        self._check_outputs(targets.shape[1])
        features = self._pooled(self._hidden(sequences)[0], sequences).astype(np.float64)
        kept = after_washout(sequences, self._head) & counting(weights, len(targets))
        numbers = np.arange(len(sequences))
        if self.pooling_ is None:
            numbers = np.repeat(numbers, sequences.lengths)
        several = numbers[kept] if len(sequences) > 1 else None
        own = None if weights is None else weights[kept]
        readout = RidgeReadout(alpha).fit(features[kept], targets[kept], own, sequence=several)
        self._descent = copy.copy(self._descent)
        self._descent.network = self.network_ = self.network_.copied()
        self.parameters_["output.weights"][...] = readout.coef_.reshape(targets.shape[1], -1).T
        self.parameters_["output.bias"][...] = readout.intercept_
        return self

    def _read_further(self, X: Any, y: Any, sample_weight: Any, goes_on: bool) -> Lessons:
        """Sequences with their targets, which are of the shape of the first ones where training goes on."""
        flat = self._flat if goes_on else None
        lessons = self._read(X, y, sample_weight, reset=not goes_on)
        if flat not in (None, self._flat):
            kinds = ("columns", "one number") if self._flat else ("one number", "columns")
            raise ValueError(
                f"{type(self).__name__} was fitted with {kinds[0]} per target; y has {kinds[1]}. Without warm_start, "
                "fit begins anew."
            )
        return lessons

    def _check_parameters(self) -> None:
        super()._check_parameters()
        Parameters(self).choice("loss", ["squared", "bernoulli"])

    @property
    def _fitted_pooling(self) -> str | None:
        return self.pooling_

    def _read(self, X: Any, y: Any, sample_weight: Any = None, *, reset: bool) -> Lessons:
        self.pooling_ = self.pooling
        sequences = read_sequences(self, X, reset=reset)
        targets, self._flat, known = self._read_targets(y, sequences)
        keep_target_names(self, X, y)
        self._check_sequences(sequences)
        if self.loss == "bernoulli" and not ((targets >= 0) & (targets <= 1)).all():
            raise ValueError(f"y of {type(self).__name__} with loss='bernoulli' must lie in [0, 1].")
        return Lessons(sequences, targets, self._weights(sequences, known, sample_weight))

    def _read_targets(self, y: Any, sequences: Sequences) -> Values:
        read = read_step_values if self.pooling_ is None else read_sequence_values
        return read(type(self).__name__, y, sequences)

    def _decide(self, outputs: np.ndarray) -> np.ndarray:
        answers = self._loss.answer(outputs)
        return answers[:, 0] if self._flat else answers
