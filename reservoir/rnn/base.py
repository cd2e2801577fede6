"""What regressor and classifier share: parameters, training, states."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.utils.validation import check_is_fitted

from reservoir.compilation import one_blas_thread
from reservoir.rnn.cells import CELLS, Cell
from reservoir.rnn.examples import Examples
from reservoir.rnn.losses import LOSSES
from reservoir.rnn.network import Network
from reservoir.rnn.optimizers import SGD, Adam, RMSProp
from reservoir.rnn.packing import Packing
from reservoir.rnn.pooling import pooled
from reservoir.rnn.training import Descent, Settings, descend, run_rows
from reservoir.sequences import Sequences, read_sequences
from reservoir.validation import (
    as_generator,
    check_choice,
    check_flag,
    check_integer,
    check_real,
    parameter_error,
    real_array,
)

_DTYPES = ("float32", "float64", np.float32, np.float64, np.dtype(np.float32), np.dtype(np.float64))


class RecurrentModel(BaseEstimator):
    """A network of recurrent cells with a linear output, trained by backpropagation through time."""

    pooling: Any
    _read: Any

    def set_params(self, **params: Any) -> RecurrentModel:
        """Set parameters; naming an option of a cell that is given by name, ``cell__forget_bias``, makes the cell."""
        cell = params.get("cell", self.cell)
        if isinstance(cell, str) and cell in CELLS and any(key.startswith("cell__") for key in params):
            params["cell"] = CELLS[cell]()
        return super().set_params(**params)

    def states(self, X: Any) -> Any:
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
        loss: str,
        held_out: tuple[Sequences, np.ndarray] | None,
    ) -> None:
        """Draw a network, unless `warm_start` keeps the one there is, and train it to an end."""
        examples = self._examples(sequences, targets)
        if not (self.warm_start and hasattr(self, "network_")):
            self._draw(n_outputs, loss)
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

    def _train_once(self, sequences: Sequences, targets: np.ndarray, n_outputs: int, loss: str) -> None:
        """One epoch, by the optimiser of the call before."""
        examples = self._examples(sequences, targets)
        if not hasattr(self, "network_"):
            self._draw(n_outputs, loss)
            self.loss_curve_, self.best_loss_, self.n_iter_, self.validation_scores_ = [], np.inf, 0, None
        self._check_network(n_outputs)
        descent = self._descent
        descent.settings = self._settings(len(sequences))._replace(max_iter=1)
        history = descend(descent, examples, None, type(self).__name__, 0)
        self.loss_curve_ = self.loss_curve_ + history.losses
        self.best_loss_ = min(self.loss_curve_)
        self.n_iter_, self.n_updates_ = self.n_iter_ + 1, descent.n_updates

    def _draw(self, n_outputs: int, loss: str) -> None:
        """A new network with its optimiser."""
        seeds = as_generator(type(self).__name__, self.random_state).integers(2**63, size=2)
        rngs = [np.random.default_rng(seed) for seed in seeds]
        cell = CELLS[self.cell]() if isinstance(self.cell, str) else clone(self.cell)
        shape = self.n_features_in_, n_outputs
        self.network_ = Network(cell, self._sizes(), self.bidirectional, *shape, rngs[0], np.dtype(self.dtype))
        settings = self._settings(1)
        self._descent = Descent(self.network_, self._optimizer(), LOSSES[loss], rngs[1], settings)

    def _optimizer(self) -> SGD | RMSProp | Adam:
        size, dtype = self.network_.vector.size, self.network_.vector.dtype
        if self.solver == "sgd":
            return SGD(size, dtype, self.momentum, self.nesterovs_momentum)
        if self.solver == "rmsprop":
            return RMSProp(size, dtype, self.decay, self.epsilon)
        return Adam(size, dtype, self.beta_1, self.beta_2, self.epsilon)

    def _check_network(self, n_outputs: int) -> None:
        """Refuse to go on with a network of other outputs."""
        present = len(self.network_.named["output.bias"])
        if present != n_outputs:
            raise ValueError(
                f"{type(self).__name__} was fitted with {present} outputs or classes; y has {n_outputs}. Without "
                "warm_start, fit begins anew."
            )

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
            raise parameter_error(owner, "early_stopping", "True where X_val is given", self.early_stopping)
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
        with np.errstate(over="ignore"):
            fits = np.isfinite(sequences.rows.astype(self.network_.vector.dtype)).all()
        if not fits:
            raise ValueError(f"X of {type(self).__name__} has a number too large for {self.network_.vector.dtype}.")
        with one_blas_thread():
            return run_rows(self.network_, sequences.rows, sequences.offsets, state)

    def _outputs(self, sequences: Sequences, state: Any = None) -> tuple[np.ndarray, np.ndarray]:
        """Outputs (n_rows, n_outputs), or (n_sequences, n_outputs) with a pooling, and final states."""
        hidden, finals = self._hidden(sequences, self._states_of(state, sequences))
        return self.network_.output(self._pooled(hidden, sequences)), finals

    def _pooled(self, hidden: np.ndarray, sequences: Sequences) -> np.ndarray:
        """What the output weights see: all rows, or one row a sequence."""
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
        self._check_truncation(type(self).__name__)
        column = getattr(self.cell, "time_column", None)
        if column is not None:
            check_integer(type(self.cell).__name__, "time_column", column, 0, sequences.rows.shape[1] - 1)
        sequences.check_lengths(self.washout + 1, type(self).__name__, self.washout)
        if np.dtype(self.dtype) == np.float32 and np.abs(sequences.rows).max() > np.finfo(np.float32).max:
            raise ValueError(f"X of {type(self).__name__} has a number too large for float32.")

    def _settings(self, n_sequences: int) -> Settings:
        values = {name: getattr(self, name) for name in Settings._fields if hasattr(self, name)}
        size = 32 if self.batch_size == "auto" else self.batch_size
        return Settings(**values | {"batch_size": min(size, n_sequences), "dropout": self._dropout()})

    def _sizes(self) -> tuple[int, ...]:
        owner, sizes = type(self).__name__, self.hidden_layer_sizes
        sizes = sizes if isinstance(sizes, list | tuple | np.ndarray) else (sizes,)
        if not len(sizes):
            raise parameter_error(owner, "hidden_layer_sizes", "one integer >= 1 or several", sizes)
        return tuple(check_integer(owner, "hidden_layer_sizes", size, 1) for size in sizes)

    def _dropout(self) -> tuple[float, float, float]:
        owner, rates = type(self).__name__, self.variational_dropout
        rates = rates if isinstance(rates, list | tuple) else (rates,) * 3
        if len(rates) != 3:
            raise parameter_error(owner, "variational_dropout", "one number in [0, 1) or three", rates)
        first, second, third = (check_real(owner, "variational_dropout", rate, 0, 1, closed="left") for rate in rates)
        return first, second, third

    def _check_parameters(self) -> None:
        owner = type(self).__name__
        if isinstance(self.cell, Cell):
            self.cell.check()
        else:
            check_choice(owner, "cell", self.cell, [*CELLS, "a cell of reservoir.rnn.cells"])
            check_choice(owner, "cell", self.cell, list(CELLS))
        self._sizes()
        self._dropout()
        check_choice(owner, "solver", self.solver, ["adam", "rmsprop", "sgd"])
        check_choice(owner, "learning_rate", self.learning_rate, ["constant", "invscaling", "adaptive"])
        check_choice(owner, "pooling", self.pooling, [None, "last", "mean"])
        for name in ("learning_rate_init", "epsilon"):
            check_real(owner, name, getattr(self, name), 0, closed="neither")
        for name in ("alpha", "power_t", "tol"):
            check_real(owner, name, getattr(self, name), 0)
        for name in ("momentum", "decay", "beta_1", "beta_2"):
            check_real(owner, name, getattr(self, name), 0, 1, closed="left")
        check_real(owner, "validation_fraction", self.validation_fraction, 0, 1, closed="neither")
        for name in ("max_iter", "n_iter_no_change"):
            check_integer(owner, name, getattr(self, name), 1)
        check_integer(owner, "washout", self.washout, 0)
        for name in ("bidirectional", "early_stopping", "nesterovs_momentum", "shuffle", "warm_start"):
            check_flag(owner, name, getattr(self, name))
        if not isinstance(self.verbose, bool):
            check_integer(owner, "verbose", self.verbose, 0)
        if not isinstance(self.batch_size, str) or self.batch_size != "auto":
            check_integer(owner, "batch_size", self.batch_size, 1)
        if self.max_gradient_norm is not None:
            check_real(owner, "max_gradient_norm", self.max_gradient_norm, 0, closed="neither")
        if not isinstance(self.dtype, str | type | np.dtype) or self.dtype not in _DTYPES:
            raise parameter_error(owner, "dtype", "'float32' or 'float64'", self.dtype)

    def _check_truncation(self, owner: str) -> None:
        if self.truncation is None:
            return
        check_integer(owner, "truncation", self.truncation, 1)
        if self.bidirectional or self.pooling_ is not None:
            what = "None for a bidirectional network, and where there is one target a sequence"
            raise parameter_error(owner, "truncation", what, self.truncation)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags
