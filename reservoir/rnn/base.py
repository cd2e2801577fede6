"""What regressor and classifier share: parameters, training, states."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, NamedTuple, Self

import numpy as np
from sklearn.base import clone
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted

from reservoir.estimators import BaseEstimator
from reservoir.parts import Numbers, SequenceData
from reservoir.rnn.cells import CELLS, Cell
from reservoir.rnn.continuation import check_kept, same_value
from reservoir.rnn.descent import Descent, Settings, descend, run_rows
from reservoir.rnn.examples import Examples
from reservoir.rnn.losses import LOSSES
from reservoir.rnn.output_rows import pooled
from reservoir.rnn.packing import Packing
from reservoir.rnn.parameters import RecurrentParameters
from reservoir.rnn.recurrent_network import RecurrentNetwork
from reservoir.sample_weights import after_washout, read_sample_weight, training_weights
from reservoir.sequences import Sequences, read_sequences
from reservoir.sequences.tables import TabularAnswers, answers_in_tables, in_tables
from reservoir.threads import one_blas_thread
from reservoir.validation import Parameters, as_generator, parameter_error, real_array


class Lessons(NamedTuple):
    """What is learnt from, as it was read."""

    sequences: Sequences
    targets: np.ndarray  # numbers or labels, per row or per sequence
    weights: np.ndarray | None  # of these, 0 where one does not count; None: all count alike


class RecurrentModel(RecurrentParameters, TabularAnswers, BaseEstimator):
    """A network of recurrent cells with a linear output, trained by backpropagation through time."""

    network_: RecurrentNetwork
    pooling_: str | None
    _descent: Descent

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
        answers, finals = self._answers(X, state, self._decide)
        return answers_in_tables(self, X, answers) if self.pooling_ is None else answers, finals

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
        states = self._hidden(sequences)[0]
        names = [f"{type(self).__name__.lower()}{unit}" for unit in range(states.shape[1])]
        return in_tables(self, X, sequences.pack(states), names)

    @property
    def piecewise(self) -> bool:
        """Whether a run may be cut in two and the state handed on."""
        return not (self.network_.bidirectional if hasattr(self, "network_") else self.bidirectional)

    @property
    def parameters_(self) -> dict[str, np.ndarray]:
        """The trained parameters by name, as views: changing one changes the network, until it is trained on."""
        check_is_fitted(self, "network_")
        return self.network_.named

    def _goes_on(self, wanted: bool) -> bool:
        """Whether there is a network to go on with, by checked parameters, which then ask for this one."""
        self._check_parameters()
        if not (wanted and hasattr(self, "network_")):
            return False
        check_kept(self)
        return True

    def _train(self, examples: Examples, n_outputs: int, held_out: Examples | None, goes_on: bool) -> None:
        """Train to an end, a new network or the one there is."""
        descent = self._begin(n_outputs, self._settings(len(examples)), goes_on)
        descent.lowered = 1.0
        if self.early_stopping and held_out is None:
            examples, held_out = self._split(examples, descent.rng)
        history = descend(descent, examples, held_out, type(self).__name__, self.verbose)
        if history.cut_short:
            descent.optimizer = self._optimizer(descent.network.vector)
        self.loss_curve_, self.best_loss_ = history.losses, min(history.losses)
        self.validation_scores_ = [-loss for loss in history.validation_losses] if held_out is not None else None
        self.n_iter_ = len(history.losses)
        self._keep(descent, goes_on)

    def _train_once(self, examples: Examples, n_outputs: int, goes_on: bool) -> None:
        """One epoch, by the optimiser of the call before."""
        settings = self._settings(len(examples))._replace(max_iter=1, tol=None)
        descent = self._begin(n_outputs, settings, goes_on)
        history = descend(descent, examples, None, type(self).__name__, 0)
        if not goes_on:
            self.loss_curve_, self.best_loss_, self.n_iter_, self.validation_scores_ = [], np.inf, 0, None
        self.loss_curve_ = self.loss_curve_ + history.losses
        self.best_loss_ = min(self.best_loss_, *history.losses)
        self.n_iter_ += 1
        self._keep(descent, goes_on)

    def _begin(self, n_outputs: int, settings: Settings, goes_on: bool) -> Descent:
        """A new network with its training, or a copy of the present ones, so that an error changes nothing."""
        if goes_on:
            self._check_outputs(n_outputs)
            same = same_value(self.random_state, self._descent.seed)
            descent = self._descent.onward(self._optimizer(self.network_.vector), settings)
            descent.rng = descent.rng if same else self._generators()[1]
        else:
            rngs = self._generators()
            cell = CELLS[self.cell]() if isinstance(self.cell, str) else clone(self.cell)
            shape = self.n_features_in_, n_outputs
            network = RecurrentNetwork(cell, self._sizes(), self.bidirectional, *shape, rngs[0], np.dtype(self.dtype))
            descent = Descent(network, self._optimizer(network.vector), LOSSES[self.loss], rngs[1], settings)
        descent.seed = self.random_state
        return descent

    def _generators(self) -> list[np.random.Generator]:
        """Random numbers for the weights and for all else, from a copy of a generator of the user."""
        seeds = as_generator(type(self).__name__, copy.deepcopy(self.random_state)).integers(2**63, size=2)
        return [np.random.default_rng(seed) for seed in seeds]

    def _keep(self, descent: Descent, goes_on: bool) -> None:
        """Take over what has been trained, and move a generator of the user on if it was drawn from."""
        if not (goes_on and same_value(descent.seed, self._descent.seed)):
            Parameters(self).generator().integers(2**63, size=2)
        self.network_, self._descent, self.n_updates_ = descent.network, descent, descent.n_updates

    def _check_outputs(self, n_outputs: int) -> None:
        """Refuse to go on with a network of other outputs."""
        present = len(self.network_.named["output.bias"])
        if present != n_outputs:
            raise ValueError(
                f"{type(self).__name__} was fitted with {present} outputs or classes; y has {n_outputs}. Without "
                "warm_start, fit begins anew."
            )

    def _read(self, X: Any, y: Any, sample_weight: Any = None, *, reset: bool) -> Lessons:
        """Sequences with their targets and weights, checked together with the parameters."""
        raise NotImplementedError

    def _weights(self, sequences: Sequences, known: np.ndarray, sample_weight: Any) -> np.ndarray | None:
        """The weights of targets, 0 where none is known; None where all count alike."""
        given = read_sample_weight(type(self).__name__, sample_weight, sequences, self.pooling_ is None)
        return training_weights(type(self).__name__, known, given, after_washout(sequences, self._head))

    @property
    def _head(self) -> int | None:
        """The washout where there is a target for every row; None where there is one for every sequence."""
        return self.washout if self.pooling_ is None else None

    def _decide(self, outputs: np.ndarray) -> np.ndarray:
        """The prediction of every row of outputs."""
        raise NotImplementedError

    def _examples(self, sequences: Sequences, targets: np.ndarray, weights: np.ndarray | None) -> Examples:
        whole = Examples(sequences.rows, sequences.offsets, targets, self.pooling_, self.washout, weights)
        return whole.counted()

    def _held_out(self, X_val: Any, y_val: Any) -> Lessons | None:
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

    def _split(self, examples: Examples, rng: np.random.Generator) -> tuple[Examples, Examples]:
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
            parts = examples.cut_tail(n_held)
            if not all(len(part.scored[0]) for part in parts):
                raise ValueError(f"{owner} cannot hold out the last {n_held} rows: no target counts there, or before.")
            return parts
        order = rng.permutation(n)
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

    def _scored(
        self, sequences: Sequences, truth: np.ndarray, known: np.ndarray, sample_weight: Any
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        """Truth, outputs and weights that are scored: where there is a target, steps after the washout."""
        weights = read_sample_weight(type(self).__name__, sample_weight, sequences, self.pooling_ is None)
        sequences.check_lengths(self.washout + 1, type(self).__name__, self.washout)
        kept = known & after_washout(sequences, self._head)
        return truth[kept], self._outputs(sequences)[0][kept], None if weights is None else weights[kept]

    def _states_of(self, state: Any, sequences: Sequences) -> np.ndarray | None:
        """The given states (n_sequences, state_size)."""
        if state is None:
            return None
        owner, size = type(self).__name__, self.network_.state_size
        if self.network_.bidirectional:
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
