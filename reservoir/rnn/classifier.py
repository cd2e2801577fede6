"""Classification of sequences, or of their steps, by recurrent networks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.metrics import accuracy_score
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted

from reservoir.docstrings import documented_with
from reservoir.estimators import ClassifierMixin
from reservoir.parts import Labels, Numbers, SequenceData
from reservoir.rnn.base import Lessons, RecurrentModel
from reservoir.rnn.examples import Examples, counting
from reservoir.rnn.parameters import RecurrentParameters
from reservoir.sample_weights import after_washout, class_weights, training_weights
from reservoir.sequences import read_sequences
from reservoir.sequences.tables import keep_target_names
from reservoir.targets import read_labels
from reservoir.validation import Parameters, parameter_error, unchanged_on_error


@dataclass(eq=False, repr=False, kw_only=True)
class _ClassificationParameters(RecurrentParameters):
    pooling: str | None = "last"
    class_weight: str | Mapping[Any, float] | None = None


@documented_with(RecurrentParameters)
class RNNClassifier(_ClassificationParameters, ClassifierMixin, RecurrentModel):
    """Classification with a recurrent network trained by backpropagation through time.

        states = cells(X),   probabilities = softmax(C states + c)

    One label per sequence, or one per step: the depth of y in `fit` decides. The loss is the cross-entropy.

    Parameters
    ----------
    pooling : "last" or "mean", default "last"
        For one label per sequence: whether it is read from the state after the last row or from the mean state. Not
        used for labels per step.
    class_weight : None, "balanced" or dict {label: weight >= 0}, default None
        Factors on the weights of labels; those a dict does not name have 1. "balanced" is n / (n_classes * n_label),
        counted over all labels of `fit` that are learnt.

    Attributes
    ----------
    classes_ : array (n_classes,)
    per_step_ : bool
        Whether `fit` saw a label for every step.

    Notes
    -----
    To refit the last layer, fit any classifier on `states`: for labels per step
    ``RidgeClassifier().fit(np.concatenate(model.states(X)), np.concatenate(y))``, for one label per sequence
    ``RidgeClassifier().fit([rows[-1] for rows in model.states(X)], y)``.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.rnn import RNNClassifier
    >>> steps = np.arange(40)
    >>> X = [np.sin(steps / pace + shift).reshape(-1, 1) for pace in (2, 4) for shift in range(6)]
    >>> y = ["fast"] * 6 + ["slow"] * 6
    >>> model = RNNClassifier("gru", 16, learning_rate_init=0.02, max_iter=60, tol=None, random_state=0).fit(X, y)
    >>> model.predict([np.sin(steps / 2.1).reshape(-1, 1)])
    array(['fast'], dtype='<U4')
    """

    @unchanged_on_error
    def fit(
        self,
        X: SequenceData,
        y: Labels,
        sample_weight: float | Numbers | None = None,
        *,
        X_val: SequenceData | None = None,
        y_val: SequenceData | None = None,
    ) -> RNNClassifier:
        """Train the network.

        Parameters
        ----------
        X : series (T, F), stack (N, T, F) or list of series (T_i, F)
        y : labels
            One per sequence (N,) for a stack or list. One per step: (T,) for a series, (N, T) for a stack, a list of
            (T_i,) for a list. Rows or sequences whose label is NaN or None are heard, and not learnt.
        sample_weight : None, float, one weight >= 0 for every label, or one for every sequence (N,), default None
            The loss is the weighted mean over the labels of a batch; what weighs 0 is left out.
        X_val, y_val : of the kinds of X and y, or None
            With early stopping, data to hold out in place of a part of X and y.
        """
        goes_on = self._goes_on(self.warm_start)
        lessons = self._read(X, y, sample_weight, reset=not goes_on)
        if not goes_on:
            self.classes_ = self._distinct(lessons.targets)
        by_class = self._class_weights(lessons)
        held_out = self._held_out(X_val, y_val)
        validation = None if held_out is None else self._encoded(held_out, by_class)
        self._train(self._encoded(lessons, by_class), len(self.classes_), validation, goes_on)
        return self

    @unchanged_on_error
    def partial_fit(
        self,
        X: SequenceData,
        y: Labels,
        classes: Labels | None = None,
        sample_weight: float | Numbers | None = None,
    ) -> RNNClassifier:
        """One epoch over X and y, from the present parameters and state of the optimiser on.

        Parameters
        ----------
        X, y : as in `fit`
        classes : array of all labels, or None
            Needed in the first call.
        sample_weight : as in `fit`
        """
        goes_on = self._goes_on(True)
        if not goes_on and classes is None:
            raise parameter_error(type(self).__name__, "classes", "all labels in the first call of partial_fit", None)
        if isinstance(self.class_weight, str):
            raise Parameters(self).error(
                "class_weight", "None or a dict in partial_fit, which sees a part of the labels"
            )
        lessons = self._read(X, y, sample_weight, reset=not goes_on)
        given = self.classes_ if classes is None else self._distinct(np.asarray(classes))
        if goes_on and not np.array_equal(given, self.classes_):
            raise parameter_error(type(self).__name__, "classes", f"the {self.classes_} of the first call", classes)
        self.classes_ = given
        examples = self._encoded(lessons, self._class_weights(lessons))
        self._train_once(examples, len(self.classes_), goes_on)
        return self

    def predict_proba(self, X: SequenceData) -> Any:
        """Probabilities (N, n_classes), or one row per step in the container of X."""
        return self._answers(X, None, lambda outputs: self._loss.answer(outputs))[0]

    def score(self, X: SequenceData, y: Labels, sample_weight: float | Numbers | None = None) -> float:
        """Accuracy over what has a label: sequences, or the rows of all sequences joined without the washout."""
        check_is_fitted(self, "network_")
        sequences = read_sequences(self, X, reset=False)
        labels, per_step, known = read_labels(type(self).__name__, y, sequences)
        self._check_depth(per_step)
        truth, outputs, weights = self._scored(sequences, labels, known, sample_weight)
        return float(accuracy_score(truth, self._decide(outputs), sample_weight=weights))

    def _check_parameters(self) -> None:
        super()._check_parameters()
        Parameters(self).choice("pooling", ["last", "mean"])

    @property
    def _fitted_pooling(self) -> str | None:
        return self.pooling if self.per_step_ else self.pooling_

    def _read(self, X: Any, y: Any, sample_weight: Any = None, *, reset: bool) -> Lessons:
        sequences = read_sequences(self, X, reset=reset)
        labels, per_step, known = read_labels(type(self).__name__, y, sequences)
        keep_target_names(self, X, y)
        if not reset:
            self._check_depth(per_step)
        self.per_step_, self.pooling_ = per_step, None if per_step else self.pooling
        check_classification_targets(labels)
        self._check_sequences(sequences)
        return Lessons(sequences, labels, self._weights(sequences, known, sample_weight))

    def _class_weights(self, lessons: Lessons) -> np.ndarray | None:
        """The weight of every class."""
        sequences, labels, weights = lessons
        counted = after_washout(sequences, self._head) & counting(weights, len(labels))
        return class_weights(type(self).__name__, self.class_weight, self.classes_, labels[counted])

    def _encoded(self, lessons: Lessons, by_class: np.ndarray | None) -> Examples:
        sequences, labels, weights = lessons
        codes = self._encode(labels)
        if by_class is not None:
            product = by_class[codes] if weights is None else by_class[codes] * weights
            late = after_washout(sequences, self._head)
            weights = training_weights(type(self).__name__, product > 0, product, late)
        return self._examples(sequences, codes, weights)

    def _decide(self, outputs: np.ndarray) -> np.ndarray:
        return self.classes_[outputs.argmax(axis=1)]

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

    def _check_depth(self, per_step: bool) -> None:
        """Refuse labels per step where `fit` saw labels per sequence, and the reverse."""
        if per_step != self.per_step_:
            unit = "step" if self.per_step_ else "sequence"
            raise ValueError(f"{type(self).__name__} was fitted with one label per {unit}; y has another depth.")
