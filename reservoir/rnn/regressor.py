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
from reservoir.parts import SequenceData
from reservoir.readouts import RidgeReadout
from reservoir.rnn.base import RecurrentModel
from reservoir.rnn.parameters import RecurrentParameters
from reservoir.sequences import Sequences, read_sequences
from reservoir.sequences.tables import keep_target_names
from reservoir.targets import read_sequence_values, read_step_values
from reservoir.validation import Parameters, check_unweighted, unchanged_on_error


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
        self, X: SequenceData, y: SequenceData, *, X_val: SequenceData | None = None, y_val: SequenceData | None = None
    ) -> RNNRegressor:
        """Train the network.

        Parameters
        ----------
        X : series (T, F), stack (N, T, F) or list of series (T_i, F)
        y : one target per step: (T,), (T, K), stack or list of these; with a pooling (N,) or (N, K)
        X_val, y_val : of the kinds of X and y, or None
            With early stopping, data to hold out in place of a part of X and y.
        """
        goes_on = self._goes_on(self.warm_start)
        sequences, targets = self._read_further(X, y, goes_on)
        shape = targets.shape[1], self._flat
        held_out = self._held_out(X_val, y_val)
        if held_out is not None and (held_out[1].shape[1], self._flat) != shape:
            raise ValueError(f"y_val of {type(self).__name__} must have as many columns as y.")
        validation = None if held_out is None else self._examples(*held_out)
        self._train(self._examples(sequences, targets), targets.shape[1], validation, goes_on)
        return self

    @unchanged_on_error
    def partial_fit(self, X: SequenceData, y: SequenceData) -> RNNRegressor:
        """One epoch over X and y, from the present parameters and state of the optimiser on. As `fit` otherwise."""
        goes_on = self._goes_on(True)
        sequences, targets = self._read_further(X, y, goes_on)
        self._train_once(self._examples(sequences, targets), targets.shape[1], goes_on)
        return self

    def score(self, X: SequenceData, y: SequenceData, sample_weight: Any = None) -> float:
        """R2 over the rows of all sequences joined, without the first `washout` rows of each; or over sequences."""
        check_unweighted(self, sample_weight)
        check_is_fitted(self, "network_")
        sequences = read_sequences(self, X, reset=False)
        targets, _ = self._read_targets(y, sequences)
        sequences.check_lengths(self.washout + 1, type(self).__name__, self.washout)
        predictions = self._loss.answer(self._outputs(sequences)[0])
        if self.pooling_ is None:
            kept = self._kept(sequences)
            predictions, targets = predictions[kept], targets[kept]
        return float(r2_score(targets, predictions))

    @unchanged_on_error
    def refit_output(self, X: SequenceData, y: SequenceData, alpha: Any = 1e-6) -> RNNRegressor:
        """Fit the output weights anew in closed form, by `RidgeReadout(alpha)` on the states; cells stay as they are.

        The squared loss with this penalty cannot be smaller for any other output weights.

        Parameters
        ----------
        X, y : as in `fit`
        alpha : as in `RidgeReadout`, default 1e-6
        """
        check_is_fitted(self, "network_")
        self._goes_on(True)
        if self.loss != "squared":
            raise Parameters(self).error("loss", "'squared' to refit the output")
        sequences, targets = self._read_further(X, y, True)
        self._check_outputs(targets.shape[1])
        features = self._pooled(self._hidden(sequences)[0], sequences)
        numbers = np.arange(len(sequences))
        if self.pooling_ is None:
            kept = self._kept(sequences)
            features, targets = features[kept], targets[kept]
            numbers = np.repeat(numbers, sequences.lengths)[kept]
        several = numbers if len(sequences) > 1 else None
        readout = RidgeReadout(alpha).fit(features.astype(np.float64), targets, sequence=several)
        self._descent = copy.copy(self._descent)
        self._descent.network = self.network_ = self.network_.copied()
        self.parameters_["output.weights"][...] = readout.coef_.reshape(targets.shape[1], -1).T
        self.parameters_["output.bias"][...] = readout.intercept_
        return self

    def _read_further(self, X: Any, y: Any, goes_on: bool) -> tuple[Sequences, np.ndarray]:
        """Sequences with their targets, which are of the shape of the first ones where training goes on."""
        flat = self._flat if goes_on else None
        sequences, targets = self._read(X, y, reset=not goes_on)
        if flat not in (None, self._flat):
            kinds = ("columns", "one number") if self._flat else ("one number", "columns")
            raise ValueError(
                f"{type(self).__name__} was fitted with {kinds[0]} per target; y has {kinds[1]}. Without warm_start, "
                "fit begins anew."
            )
        return sequences, targets

    def _check_parameters(self) -> None:
        super()._check_parameters()
        Parameters(self).choice("loss", ["squared", "bernoulli"])

    @property
    def _fitted_pooling(self) -> str | None:
        return self.pooling_

    def _read(self, X: Any, y: Any, *, reset: bool) -> tuple[Sequences, np.ndarray]:
        self.pooling_ = self.pooling
        sequences = read_sequences(self, X, reset=reset)
        targets, self._flat = self._read_targets(y, sequences)
        keep_target_names(self, y)
        self._check_sequences(sequences)
        if self.loss == "bernoulli" and not ((targets >= 0) & (targets <= 1)).all():
            raise ValueError(f"y of {type(self).__name__} with loss='bernoulli' must lie in [0, 1].")
        return sequences, targets

    def _read_targets(self, y: Any, sequences: Sequences) -> tuple[np.ndarray, bool]:
        read = read_step_values if self.pooling_ is None else read_sequence_values
        return read(type(self).__name__, y, sequences)

    def _decide(self, outputs: np.ndarray) -> np.ndarray:
        answers = self._loss.answer(outputs)
        return answers[:, 0] if self._flat else answers
