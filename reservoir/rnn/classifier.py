"""Classification of sequences, or of their steps, by recurrent networks."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.metrics import accuracy_score
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted

from reservoir.rnn.base import RecurrentModel
from reservoir.sequences import Sequences, read_sequences
from reservoir.targets import read_labels
from reservoir.validation import parameter_error, unchanged_on_error


class RNNClassifier(ClassifierMixin, RecurrentModel):
    """Classification with a recurrent network trained by backpropagation through time.

        states = cells(X),   probabilities = softmax(C states + c)

    One label a sequence, or one a step: the depth of y in `fit` decides. The loss is the cross-entropy.

    Parameters
    ----------
    cell : str or Cell, default "lstm"
        A name in `reservoir.rnn.cells.CELLS`, or a cell with its options, such as ``LSTM(peepholes=True)``.
    hidden_layer_sizes : int or sequence of int >= 1, default (64,)
        Units of each layer, in one direction.
    pooling : "last" or "mean", default "last"
        For one label a sequence: whether it is read from the state after the last row or from the mean state. Not used
        for labels a step.
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
        Not for one label a sequence.
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
    classes_ : array (n_classes,)
    per_step_ : bool
        Whether `fit` saw a label for every step.
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
    To refit the last layer, fit any classifier on `states`: for labels a step
    ``RidgeClassifier().fit(np.concatenate(model.states(X)), np.concatenate(y))``, for one label a sequence
    ``RidgeClassifier().fit([rows[-1] for rows in model.states(X)], y)``.

    References
    ----------
    Werbos 1990, Backpropagation through time: what it does and how to do it, Proceedings of the IEEE
    78(10):1550-1560, doi:10.1109/5.58337.
    Gal and Ghahramani 2016, A theoretically grounded application of dropout in recurrent neural networks, Advances in
    Neural Information Processing Systems 29, doi:10.48550/arXiv.1512.05287.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.rnn import RNNClassifier
    >>> steps = np.arange(40)
    >>> X = [np.sin(steps / pace + shift).reshape(-1, 1) for pace in (2, 4) for shift in range(6)]
    >>> y = ["fast"] * 6 + ["slow"] * 6
    >>> model = RNNClassifier("gru", 16, learning_rate_init=0.02, max_iter=60, random_state=0).fit(X, y)
    >>> model.predict([np.sin(steps / 2.1).reshape(-1, 1)])
    array(['fast'], dtype='<U4')
    """

    classes_: np.ndarray
    per_step_: bool

    def __init__(
        self,
        cell: Any = "lstm",
        hidden_layer_sizes: Any = (64,),
        *,
        pooling: str = "last",
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
    def fit(self, X: Any, y: Any, *, X_val: Any = None, y_val: Any = None) -> RNNClassifier:
        """Train the network.

        Parameters
        ----------
        X : series (T, F), stack (N, T, F) or list of series (T_i, F)
        y : labels
            One a sequence (N,) for a stack or list. One a step: (T,) for a series, (N, T) for a stack, a list of (T_i,)
            for a list.
        X_val, y_val : of the kinds of X and y, or None
            With early stopping, data to hold out in place of a part of X and y.
        """
        sequences, labels = self._read(X, y, reset=True)
        if not (self.warm_start and hasattr(self, "classes_")):
            self.classes_ = self._distinct(labels)
        held_out = self._held_out(X_val, y_val)
        held_out = held_out if held_out is None else (held_out[0], self._encode(held_out[1]))
        self._train(sequences, self._encode(labels), len(self.classes_), "cross_entropy", held_out)
        return self

    @unchanged_on_error
    def partial_fit(self, X: Any, y: Any, classes: Any = None) -> RNNClassifier:
        """One epoch over X and y, from the present parameters and state of the optimiser on.

        Parameters
        ----------
        X, y : as in `fit`
        classes : array of all labels, or None
            Needed in the first call.
        """
        first = not hasattr(self, "classes_")
        if first and classes is None:
            raise parameter_error(type(self).__name__, "classes", "all labels in the first call of partial_fit", None)
        sequences, labels = self._read(X, y, reset=first)
        given = self.classes_ if classes is None else self._distinct(np.asarray(classes))
        if not first and not np.array_equal(given, self.classes_):
            raise parameter_error(type(self).__name__, "classes", f"the {self.classes_} of the first call", classes)
        self.classes_ = given
        self._train_once(sequences, self._encode(labels), len(self.classes_), "cross_entropy")
        return self

    def predict(self, X: Any) -> Any:
        """Labels: (N,), or one for every step in the container of X, as `fit` saw them."""
        return self.run(X)[0]

    def predict_proba(self, X: Any) -> Any:
        """Probabilities (N, n_classes), or one row a step in the container of X."""
        return self._answers(X, None, lambda outputs: self._loss.answer(outputs))[0]

    def run(self, X: Any, state: Any = None) -> tuple[Any, np.ndarray]:
        """Labels from a given state on, and the states where they end.

        Parameters
        ----------
        X : series (T, F), stack (N, T, F) or list of series (T_i, F)
        state : None, array (state_size,) for a series, or (N, state_size) otherwise
            What `run` returned. None is the beginning. A bidirectional network takes no other.
        """
        return self._answers(X, state, lambda outputs: self.classes_[outputs.argmax(axis=1)])

    def score(self, X: Any, y: Any) -> float:
        """Accuracy: over sequences, or over the rows of all sequences joined without the washout."""
        check_is_fitted(self, "network_")
        sequences = read_sequences(self, X, reset=False)
        labels, per_step = read_labels(type(self).__name__, y, sequences)
        if per_step != self.per_step_:
            raise ValueError(f"{type(self).__name__} was fitted with one label a {self._unit()}; y has another depth.")
        sequences.check_lengths(self.washout + 1, type(self).__name__, self.washout)
        predictions = self.classes_[self._outputs(sequences)[0].argmax(axis=1)]
        if per_step:
            kept = self._kept(sequences)
            predictions, labels = predictions[kept], labels[kept]
        return float(accuracy_score(labels, predictions))

    def _answers(self, X: Any, state: Any, decide: Any) -> tuple[Any, np.ndarray]:
        check_is_fitted(self, "network_")
        sequences = read_sequences(self, X, reset=False)
        if not self.per_step_:
            sequences.check_lengths(self.washout + 1, type(self).__name__, self.washout)
        outputs, finals = self._outputs(sequences, state)
        answers = decide(outputs)
        packed = sequences.pack(answers) if self.per_step_ else answers
        return packed, finals[0] if sequences.kind == "series" else finals

    def _read(self, X: Any, y: Any, *, reset: bool) -> tuple[Sequences, np.ndarray]:
        owner = type(self).__name__
        self._check_parameters()
        if self.pooling is None:
            raise parameter_error(owner, "pooling", "'last' or 'mean'", None)
        sequences = read_sequences(self, X, reset=reset)
        labels, per_step = read_labels(owner, y, sequences)
        if not reset and per_step != self.per_step_:
            raise ValueError(f"{owner} was fitted with one label a {self._unit()}; y has another depth.")
        self.per_step_, self.pooling_ = per_step, None if per_step else self.pooling
        check_classification_targets(labels)
        self._check_sequences(sequences)
        return sequences, labels

    def _distinct(self, labels: np.ndarray) -> np.ndarray:
        try:
            return np.unique(labels)
        except TypeError as error:
            raise ValueError(f"The labels y of {type(self).__name__} must be of one type that sorts.") from error

    def _encode(self, labels: np.ndarray) -> np.ndarray:
        """Number of the class of each label."""
        unknown = ~np.isin(labels, self.classes_)
        if unknown.any():
            raise ValueError(f"y of {type(self).__name__} has labels that are not in classes_: {labels[unknown][0]!r}.")
        return np.searchsorted(self.classes_, labels)

    def _unit(self) -> str:
        return "step" if self.per_step_ else "sequence"
