"""What regressor and classifier share: parameters, training, states."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

import numpy as np
from sklearn.base import clone
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted

from reservoir.compilation import one_blas_thread
from reservoir.estimators import BaseEstimator
from reservoir.parts import Numbers, SequenceData
from reservoir.rnn.cells import CELLS, Cell
from reservoir.rnn.descent import Descent, descend, run_rows
from reservoir.rnn.examples import Examples
from reservoir.rnn.losses import LOSSES
from reservoir.rnn.output_rows import pooled
from reservoir.rnn.packing import Packing
from reservoir.rnn.parameters import RecurrentParameters
from reservoir.rnn.recurrent_network import RecurrentNetwork
from reservoir.sequences import Sequences, read_sequences
from reservoir.validation import Parameters, parameter_error, real_array


class RecurrentModel(RecurrentParameters, BaseEstimator):
    """A network of recurrent cells with a linear output, trained by backpropagation through time."""

    pooling_: str | None

    def set_params(self, **params: Any) -> Self:
        """Set parameters; naming an option of a cell that is given by name, ``cell__forget_bias``, makes the cell."""
        cell = params.get("cell", self.cell)
        if isinstance(cell, str) and cell in CELLS and any(key.startswith("cell__") for key in params):
            params["cell"] = CELLS[cell]()
        return super().set_params(**params)

    def predict(self, X: SequenceData) -> Any:
        """What `fit` saw as y: one prediction or label per row in the container of X, or one per sequence."""
        return self.run(X)[0]

    def run(self, X: SequenceData, state: Numbers | None = None) -> tuple[Any, np.ndarray]:
        """Predictions from a given state on, and the states where they end.

        Parameters
        ----------
        X : series (T, F), stack (N, T, F) or list of series (T_i, F)
        state : None, array (state_size,) for a series, or (N, state_size) otherwise
            What `run` returned. None is the beginning. A bidirectional network takes no other.
        """
        return self._answers(X, state, self._decide)

    def states(self, X: SequenceData) -> Any:
        """Outputs of the last hidden layer for every row, in the container of X.

        Parameters
        ----------
        X : series (T, F), stack (N, T, F) or list of series (T_i, F)

        Returns
        -------
        states : array (T, width), array (N, T, width) or list of arrays (T_i, width)
            The width is the number of units of the last layer, twice that for a bidirectional network.
        """
        check_is_fitted(self, "network_")
        sequences = read_sequences(self, X, reset=False)
        return sequences.pack(self._hidden(sequences)[0])

    @property
    def piecewise(self) -> bool:
        """Whether a run may be cut in two and the state handed on."""
        return not self.bidirectional

    @property
    def parameters_(self) -> dict[str, np.ndarray]:
        """The trained parameters by name, as views: changing one changes the network."""
        check_is_fitted(self, "network_")
        return self.network_.named

    def _train(
        self,
        sequences: Sequences,
        targets: np.ndarray,
        n_outputs: int,
        held_out: tuple[Sequences, np.ndarray] | None,
    ) -> None:
        """Draw a network, unless `warm_start` keeps the one there is, and train it to an end."""
        examples = self._examples(sequences, targets)
        if not (self.warm_start and hasattr(self, "network_")):
            self._draw(n_outputs)
        self._check_network(n_outputs)
        descent = self._descent
        descent.settings, descent.rate = self._settings(len(sequences)), self.learning_rate_init
        validation = None if held_out is None else self._examples(*held_out)
        if self.early_stopping and validation is None:
            examples, validation = self._split(examples)
        history = descend(descent, examples, validation, type(self).__name__, self.verbose)
        self.loss_curve_, self.best_loss_ = history.losses, min(history.losses)
        self.validation_scores_ = [-loss for loss in history.validation_losses] if validation else None
        self.n_iter_, self.n_updates_ = len(history.losses), descent.n_updates

    def _train_once(self, sequences: Sequences, targets: np.ndarray, n_outputs: int) -> None:
        """One epoch, by the optimiser of the call before."""
        examples = self._examples(sequences, targets)
        if not hasattr(self, "network_"):
            self._draw(n_outputs)
            self.loss_curve_, self.best_loss_, self.n_iter_, self.validation_scores_ = [], np.inf, 0, None
        self._check_network(n_outputs)
        descent = self._descent
        descent.settings = self._settings(len(sequences))._replace(max_iter=1)
        history = descend(descent, examples, None, type(self).__name__, 0)
        self.loss_curve_ = self.loss_curve_ + history.losses
        self.best_loss_ = min(self.loss_curve_)
        self.n_iter_, self.n_updates_ = self.n_iter_ + 1, descent.n_updates

    def _draw(self, n_outputs: int) -> None:
        """A new network with its optimiser."""
        seeds = Parameters(self).generator().integers(2**63, size=2)
        rngs = [np.random.default_rng(seed) for seed in seeds]
        cell = CELLS[self.cell]() if isinstance(self.cell, str) else clone(self.cell)
        shape = self.n_features_in_, n_outputs
        self.network_ = RecurrentNetwork(cell, self._sizes(), self.bidirectional, *shape, rngs[0], np.dtype(self.dtype))
        optimizer = self._optimizer(self.network_.vector)
        self._descent = Descent(self.network_, optimizer, LOSSES[self.loss], rngs[1], self._settings(1))

    def _check_network(self, n_outputs: int) -> None:
        """Refuse to go on with a network of other outputs."""
        present = len(self.network_.named["output.bias"])
        if present != n_outputs:
            raise ValueError(
                f"{type(self).__name__} was fitted with {present} outputs or classes; y has {n_outputs}. Without "
                "warm_start, fit begins anew."
            )

    def _read(self, X: Any, y: Any, *, reset: bool) -> tuple[Sequences, np.ndarray]:
        """Sequences with their targets, checked together with the parameters."""
        raise NotImplementedError

    def _decide(self, outputs: np.ndarray) -> np.ndarray:
        """The prediction of every row of outputs."""
        raise NotImplementedError

    def _examples(self, sequences: Sequences, targets: np.ndarray) -> Examples:
        return Examples(sequences.rows, sequences.offsets, targets, self.pooling_, self.washout)

    def _held_out(self, X_val: Any, y_val: Any) -> tuple[Sequences, np.ndarray] | None:
        """The sequences that `fit` was given to validate on, with targets as `_read` gives them."""
        owner = type(self).__name__
        if X_val is None and y_val is None:
            return None
        if X_val is None or y_val is None:
            raise ValueError(f"{owner} takes X_val and y_val together.")
        if not self.early_stopping:
            raise Parameters(self).error("early_stopping", "True where X_val is given")
        try:
            return self._read(X_val, y_val, reset=False)
        except ValueError as error:
            raise ValueError(f"X_val and y_val: {error}") from error

    def _split(self, examples: Examples) -> tuple[Examples, Examples]:
        """What is learnt from and what is held out: sequences, or the tail of a single series."""
        owner, fraction = type(self).__name__, self.validation_fraction
        n = len(examples) if len(examples) > 1 else len(examples.rows)
        n_held = max(1, round(fraction * n))
        least = 1 if len(examples) > 1 else self.washout + 1
        if n - n_held < least or (len(examples) == 1 and self.pooling_ is not None):
            raise ValueError(
                f"{owner} with early_stopping=True and validation_fraction={fraction} cannot hold out a part of "
                f"{len(examples)} sequence(s) with n_samples={len(examples.rows)} in all."
            )
        if len(examples) == 1:
            return examples.cut_tail(n_held)
        order = self._descent.rng.permutation(n)
        return examples.take(np.sort(order[n_held:])), examples.take(np.sort(order[:n_held]))

    def _hidden(self, sequences: Sequences, state: Any = None) -> tuple[np.ndarray, np.ndarray]:
        """Hidden states of all rows and final states."""
        with np.errstate(over="ignore", under="ignore"):
            fits = np.isfinite(sequences.rows.astype(self.network_.vector.dtype)).all()
        if not fits:
            raise ValueError(f"X of {type(self).__name__} has a number too large for {self.network_.vector.dtype}.")
        with one_blas_thread():
            return run_rows(self.network_, sequences.rows, sequences.offsets, state)

    def _outputs(self, sequences: Sequences, state: Any = None) -> tuple[np.ndarray, np.ndarray]:
        """Outputs (n_rows, n_outputs), or (n_sequences, n_outputs) with a pooling, and final states."""
        hidden, finals = self._hidden(sequences, self._states_of(state, sequences))
        return self.network_.output(self._pooled(hidden, sequences)), finals

    def _answers(self, X: Any, state: Any, decide: Callable[[np.ndarray], np.ndarray]) -> tuple[Any, np.ndarray]:
        """What is decided from the outputs, in the container of X or one row per sequence, and the final states."""
        check_is_fitted(self, "network_")
        sequences = read_sequences(self, X, reset=False)
        if self.pooling_ is not None:
            sequences.check_lengths(self.washout + 1, type(self).__name__, self.washout)
        outputs, finals = self._outputs(sequences, state)
        answers = decide(outputs)
        packed = sequences.pack(answers) if self.pooling_ is None else answers
        return packed, finals[0] if sequences.kind == "series" else finals

    def _pooled(self, hidden: np.ndarray, sequences: Sequences) -> np.ndarray:
        """What the output weights see: all rows, or one row per sequence."""
        if self.pooling_ is None:
            return hidden
        packing, n_forward = Packing.of(sequences.lengths), self.network_.layers[-1][0].n_outputs
        packed = hidden[packing.places(sequences.offsets[:-1])]
        features = np.empty((len(sequences), hidden.shape[1]), hidden.dtype)
        features[packing.order] = pooled(packed, packing, packing.step >= self.washout, self.pooling_, n_forward)
        return features

    @property
    def _loss(self) -> Any:
        return self._descent.loss

    def _kept(self, sequences: Sequences) -> np.ndarray:
        """Which of the joined rows come after the washout."""
        positions = np.arange(len(sequences.rows)) - np.repeat(sequences.offsets[:-1], sequences.lengths)
        return positions >= self.washout

    def _states_of(self, state: Any, sequences: Sequences) -> np.ndarray | None:
        """The given states (n_sequences, state_size)."""
        if state is None:
            return None
        owner, size = type(self).__name__, self.network_.state_size
        if self.bidirectional:
            raise parameter_error(
                owner, "state", "None for a bidirectional network, which needs whole sequences", state
            )
        shape = (size,) if sequences.kind == "series" else (len(sequences), size)
        given = real_array(state)
        if given is None or given.shape != shape or not np.isfinite(given).all():
            raise parameter_error(owner, "state", f"None or a finite array of shape {shape}", state)
        return np.asarray(state, dtype=self.network_.vector.dtype).reshape(len(sequences), size)

    def _check_sequences(self, sequences: Sequences) -> None:
        """Refuse sequences without a row after the washout, and numbers too large for the dtype."""
        self._check_truncation(self.pooling_)
        if isinstance(self.cell, Cell) and self.cell.time_column is not None:
            Parameters(self.cell).integer("time_column", 0, sequences.rows.shape[1] - 1)
        sequences.check_lengths(self.washout + 1, type(self).__name__, self.washout)
        if np.dtype(self.dtype) == np.float32 and np.abs(sequences.rows).max() > np.finfo(np.float32).max:
            raise ValueError(f"X of {type(self).__name__} has a number too large for float32.")

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags
