"""Regression on sequences by recurrent networks."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
from sklearn.base import MultiOutputMixin, RegressorMixin
from sklearn.metrics import r2_score
from sklearn.utils.validation import check_is_fitted

from reservoir.readouts import RidgeReadout
from reservoir.rnn.base import RecurrentModel
from reservoir.sequences import Sequences, read_sequences
from reservoir.targets import read_sequence_values, read_step_values
from reservoir.validation import check_choice, parameter_error, unchanged_on_error


class RNNRegressor(MultiOutputMixin, RegressorMixin, RecurrentModel):
    """Regression with a recurrent network trained by backpropagation through time.

        states = cells(X),   prediction = C states + c

    A number or vector for every step, or one for every sequence.

    Parameters
    ----------
    cell : str or Cell, default "lstm"
        A name in `reservoir.rnn.cells.CELLS`, or a cell with its options, such as ``LSTM(peepholes=True)``.
    hidden_layer_sizes : int or sequence of int >= 1, default (64,)
        Units of each layer, in one direction.
    loss : "squared" or "bernoulli", default "squared"
        "squared" is half the mean squared error. "bernoulli" is for targets in [0, 1], such as piano rolls: predictions
        are probabilities, and the loss is their negative log-likelihood, summed over columns, mean over rows.
    pooling : None, "last" or "mean", default None
        None predicts every step. Otherwise y is one target a sequence, predicted from the state after the last row or
        from the mean state.
    bidirectional : bool, default False
        Whether every layer also runs from the end of each sequence, so that a prediction sees what comes after.
    solver : "adam", "rmsprop" or "sgd", default "adam"
    alpha : float >= 0, default 0.0
        Penalty: alpha / 2 times the sum of squared weights, biases left out, is added to the mean loss.
    batch_size : int >= 1 or "auto", default "auto"
        Sequences of one update; "auto" is 32, or all where there are fewer.
    learning_rate : "constant", "invscaling" or "adaptive", default "constant"
        "invscaling" divides the rate by the number of updates to the power of `power_t`; "adaptive" divides it by 5
        instead of stopping for want of improvement, until it is 1e-6.
    learning_rate_init : float > 0, default 0.001
    power_t : float >= 0, default 0.5
    max_iter : int >= 1, default 200
        Epochs, at most.
    shuffle : bool, default True
        Whether sequences are drawn in a new order in every epoch. Rows of a sequence are never shuffled.
    random_state : int, Generator, RandomState or None, default None
        Seed of initial weights, order of sequences, validation part, and dropout.
    tol : float >= 0, default 1e-4
        Training ends when the loss has not improved by `tol` for `n_iter_no_change` epochs.
    n_iter_no_change : int >= 1, default 10
    early_stopping : bool, default False
        Whether the loss of held-out data decides that, and the best parameters are kept instead of the last.
    validation_fraction : float in (0, 1), default 0.1
        What is held out: a part of the sequences, or the tail of a single series. Unused where `fit` is given X_val.
    max_gradient_norm : float > 0 or None, default 1.0
        Largest Euclidean norm of the gradient; a longer one is scaled down.
    truncation : int >= 1 or None, default None
        Steps of truncated backpropagation: sequences are cut into pieces of so many rows, the state is handed from one
        piece to the next, the gradient is not, and every piece is an update. None goes back through whole sequences.
        Not for one target a sequence.
    variational_dropout : float in [0, 1) or three of them, default 0.0
        Rates at which inputs, fed-back states, and connections between layers and to the output are dropped, by masks
        that stay the same through a sequence.
    washout : int >= 0, default 0
        Rows at the head of every sequence that are not learnt from or scored.
    warm_start : bool, default False
        Whether `fit` goes on from the parameters and the optimiser of the `fit` before.
    momentum : float in [0, 1), default 0.9
        Of "sgd".
    nesterovs_momentum : bool, default True
        Of "sgd".
    decay : float in [0, 1), default 0.9
        Of "rmsprop": how much of the running mean square is kept.
    beta_1 : float in [0, 1), default 0.9
        Of "adam": how much of the running mean is kept.
    beta_2 : float in [0, 1), default 0.999
        Of "adam": how much of the running mean square is kept.
    epsilon : float > 0, default 1e-8
        Of "adam" and "rmsprop": added to the root of the mean square.
    dtype : "float32" or "float64", default "float32"
        Type of parameters and states.
    verbose : int >= 0 or bool, default False
        Whether the losses of the epochs are shown: 1 by a bar in a terminal or a notebook, where tqdm is installed,
        otherwise by a line every 30 s in the log ``reservoir.rnn``, level INFO; 2 by a line for every epoch.

    Attributes
    ----------
    network_ : Network
        The trained network.
    parameters_ : dict of arrays
        Its parameters by name, as views.
    loss_curve_ : list of float
        Mean loss of every epoch, penalty included.
    best_loss_ : float
        The smallest of them.
    validation_scores_ : list of float or None
        Minus the mean loss of the held-out data after every epoch, with early stopping.
    n_iter_, n_updates_ : int
        Epochs and updates done.
    n_features_in_ : int
    feature_names_in_ : array (n_features,), where the data had names

    Raises
    ------
    ValueError
        For a parameter outside its range, unusable data, y that does not fit X, X_val without y_val or early stopping,
        a sequence with no row after the washout, and training whose loss stops being finite in its first epoch.

    Warns
    -----
    ConvergenceWarning
        When training is interrupted or its loss stops being finite later on; the best parameters so far are kept.

    Notes
    -----
    A prediction is bit-identical for sequences given one by one, in a list or in a stack.

    References
    ----------
    Werbos 1990, Backpropagation through time: what it does and how to do it, Proceedings of the IEEE
    78(10):1550-1560, doi:10.1109/5.58337.
    Gal and Ghahramani 2016, A theoretically grounded application of dropout in recurrent neural networks, Advances in
    Neural Information Processing Systems 29, doi:10.48550/arXiv.1512.05287.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.rnn import RNNRegressor
    >>> X = np.random.default_rng(0).uniform(-1, 1, size=(50, 20, 1))
    >>> y = np.cumsum(X[:, :, 0], axis=1)  # the sum so far
    >>> model = RNNRegressor("gru", 16, learning_rate_init=0.02, max_iter=60, random_state=0).fit(X, y)
    >>> bool(model.score(X, y) > 0.9)
    True
    """

    def __init__(
        self,
        cell: Any = "lstm",
        hidden_layer_sizes: Any = (64,),
        *,
        loss: str = "squared",
        pooling: str | None = None,
        bidirectional: bool = False,
        solver: str = "adam",
        alpha: float = 0.0,
        batch_size: Any = "auto",
        learning_rate: str = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: Any = None,
        tol: float = 1e-4,
        n_iter_no_change: int = 10,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        max_gradient_norm: float | None = 1.0,
        truncation: int | None = None,
        variational_dropout: Any = 0.0,
        washout: int = 0,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        decay: float = 0.9,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        dtype: Any = "float32",
        verbose: int = False,
    ):
        self.cell = cell
        self.hidden_layer_sizes = hidden_layer_sizes
        self.loss = loss
        self.pooling = pooling
        self.bidirectional = bidirectional
        self.solver = solver
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.power_t = power_t
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state
        self.tol = tol
        self.n_iter_no_change = n_iter_no_change
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.max_gradient_norm = max_gradient_norm
        self.truncation = truncation
        self.variational_dropout = variational_dropout
        self.washout = washout
        self.warm_start = warm_start
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.decay = decay
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.dtype = dtype
        self.verbose = verbose

    @unchanged_on_error
    def fit(self, X: Any, y: Any, *, X_val: Any = None, y_val: Any = None) -> RNNRegressor:
        """Train the network.

        Parameters
        ----------
        X : series (T, F), stack (N, T, F) or list of series (T_i, F)
        y : targets a step: (T,), (T, K), stack or list of these; with a pooling (N,) or (N, K)
        X_val, y_val : of the kinds of X and y, or None
            With early stopping, data to hold out in place of a part of X and y.
        """
        sequences, targets = self._read(X, y, reset=True)
        shape = targets.shape[1], self._flat
        held_out = self._held_out(X_val, y_val)
        if held_out is not None and (held_out[1].shape[1], self._flat) != shape:
            raise ValueError(f"y_val of {type(self).__name__} must have as many columns as y.")
        self._train(sequences, targets, targets.shape[1], self.loss, held_out)
        return self

    @unchanged_on_error
    def partial_fit(self, X: Any, y: Any) -> RNNRegressor:
        """One epoch over X and y, from the present parameters and state of the optimiser on. As `fit` otherwise."""
        sequences, targets = self._read(X, y, reset=not hasattr(self, "network_"))
        self._train_once(sequences, targets, targets.shape[1], self.loss)
        return self

    def predict(self, X: Any) -> Any:
        """Predictions in the container of X, each shaped like y in `fit`; with a pooling (N,) or (N, K)."""
        return self.run(X)[0]

    def run(self, X: Any, state: Any = None) -> tuple[Any, np.ndarray]:
        """Predictions from a given state on, and the states where they end.

        Parameters
        ----------
        X : series (T, F), stack (N, T, F) or list of series (T_i, F)
        state : None, array (state_size,) for a series, or (N, state_size) otherwise
            What `run` returned. None is the beginning. A bidirectional network takes no other.
        """
        check_is_fitted(self, "network_")
        sequences = read_sequences(self, X, reset=False)
        if self.pooling_ is not None:
            sequences.check_lengths(self.washout + 1, type(self).__name__, self.washout)
        outputs, finals = self._outputs(sequences, state)
        answers = self._shaped(self._loss.answer(outputs))
        packed = sequences.pack(answers) if self.pooling_ is None else answers
        return packed, finals[0] if sequences.kind == "series" else finals

    def score(self, X: Any, y: Any) -> float:
        """R2 over the rows of all sequences joined, without the first `washout` rows of each; or over sequences."""
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
    def refit_output(self, X: Any, y: Any, alpha: Any = 1e-6) -> RNNRegressor:
        """Fit the output weights anew in closed form, by `RidgeReadout(alpha)` on the states; cells stay as they are.

        The squared loss with this penalty cannot be smaller for any other output weights.

        Parameters
        ----------
        X, y : as in `fit`
        alpha : as in `RidgeReadout`, default 1e-6
        """
        check_is_fitted(self, "network_")
        if self.loss != "squared":
            raise parameter_error(type(self).__name__, "loss", "'squared' to refit the output", self.loss)
        sequences = read_sequences(self, X, reset=False)
        targets, _ = self._read_targets(y, sequences)
        self._check_network(targets.shape[1])
        self._check_sequences(sequences)
        features = self._pooled(self._hidden(sequences)[0], sequences)
        if self.pooling_ is None:
            kept = self._kept(sequences)
            features, targets = features[kept], targets[kept]
        readout = RidgeReadout(alpha).fit(features.astype(np.float64), targets)
        self._descent = copy.deepcopy(self._descent)
        self.network_ = self._descent.network
        self.parameters_["output.weights"][...] = readout.coef_.reshape(targets.shape[1], -1).T
        self.parameters_["output.bias"][...] = readout.intercept_
        return self

    def _read(self, X: Any, y: Any, *, reset: bool) -> tuple[Sequences, np.ndarray]:
        owner = type(self).__name__
        self._check_parameters()
        check_choice(owner, "loss", self.loss, ["squared", "bernoulli"])
        self.pooling_ = self.pooling
        sequences = read_sequences(self, X, reset=reset)
        targets, self._flat = self._read_targets(y, sequences)
        self._check_sequences(sequences)
        if self.loss == "bernoulli" and not ((targets >= 0) & (targets <= 1)).all():
            raise ValueError(f"y of {owner} with loss='bernoulli' must lie in [0, 1].")
        return sequences, targets

    def _read_targets(self, y: Any, sequences: Sequences) -> tuple[np.ndarray, bool]:
        read = read_step_values if self.pooling_ is None else read_sequence_values
        return read(type(self).__name__, y, sequences)

    def _shaped(self, answers: np.ndarray) -> np.ndarray:
        return answers[:, 0] if self._flat else answers
