"""Classification of sequences, or of their steps."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.metrics import accuracy_score
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets

from reservoir.estimators import ClassifierMixin
from reservoir.models.pooling import as_pooling
from reservoir.models.supervised import SupervisedModel
from reservoir.parts import Labels, Pooling, Readout, SequenceData, System
from reservoir.sequences import Sequences, read_sequences
from reservoir.sequences.tables import keep_target_names
from reservoir.targets import read_labels
from reservoir.validation import check_unweighted, unchanged_on_error


def _readout_has_probabilities(model: ReservoirClassifier) -> bool:
    readout = getattr(model, "readout_", model.readout)
    if not hasattr(readout, "predict_proba"):
        name = "RidgeReadout" if readout is None else type(readout).__name__
        raise AttributeError(
            f"{name} has no probabilities: ask decision_function, or give a readout that has, such as "
            f"{type(model).__name__}(readout=LogisticRegression())."
        )
    return True


@dataclass(eq=False, repr=False)
class ReservoirClassifier(ClassifierMixin, SupervisedModel):
    """Classification with a reservoir: one label per sequence, or one per step. The depth of y in `fit` decides.

    A classifier as readout is trained on the labels. A regressor is trained on one target per class, +1 for the
    class and -1 for the others (a single target for two classes), and the largest answer wins.

    Parameters
    ----------
    reservoir : None or system, default None
        Any system with ``fit`` and ``run``. None is ``EchoState(random_state=0)``.
    readout : None or estimator, default None
        Any scikit-learn classifier or regressor. None is ``RidgeReadout()``.
    pooling : "mean", "last", "max", "segments", "weighted", "model_space" or a part with ``pool``, default "mean"
        For one label per sequence: how the rows after the washout become one vector. Not used for labels per step.
    include_input : bool, default False
        Whether the readout sees the input, pooled alike, beside the states. (The regressor's default is True.)
    washout : int >= 0, default 0
        Rows at the head of every sequence that `fit` and `score` skip, and `predict` too where it pools.

    Attributes
    ----------
    classes_ : array (n_classes,)
    per_step_ : bool
        Whether `fit` saw a label for every step.
    reservoir_, readout_ : the fitted parts
    n_features_in_ : int
    feature_names_in_ : array (n_features,), where the data had names
    target_names_in_ : list of str, where the labels had a name

    Raises
    ------
    ValueError
        For a parameter outside its range, unusable data, y that does not fit X, and a sequence with no row after
        the washout (in `fit` and `score`, and in `predict` where it pools).

    Notes
    -----
    With one label per sequence the states of one sequence are held at a time. With ``EchoState`` and ``RidgeReadout``
    a prediction is bit-identical for sequences given one by one, in a list or in a stack.

    References
    ----------
    Jaeger, Lukosevicius, Popovici, Siewert 2007, Neural Networks 20(3):335-352, doi:10.1016/j.neunet.2007.04.016.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir import EchoState, ReservoirClassifier
    >>> steps = np.arange(40)
    >>> X = [np.sin(steps / pace + shift).reshape(-1, 1) for pace in (2, 4) for shift in range(6)]
    >>> y = ["fast"] * 6 + ["slow"] * 6
    >>> model = ReservoirClassifier(EchoState(50, bias_scaling=0.5, random_state=0)).fit(X, y)
    >>> model.predict([np.sin(steps / 2.1).reshape(-1, 1)])
    array(['fast'], dtype='<U4')
    """

    reservoir: System | None = None
    readout: Readout | None = None
    _: KW_ONLY
    pooling: Pooling | str | None = "mean"
    include_input: bool = False
    washout: int = 0

    @unchanged_on_error
    def fit(self, X: SequenceData, y: Labels) -> ReservoirClassifier:
        """Train the readout.

        Parameters
        ----------
        X : series (T, F), stack (N, T, F) or list of series (T_i, F)
        y : labels
            One per sequence (N,) for a stack or list. One per step: (T,) for a series, (N, T) for a stack, a list of
            (T_i,) for a list.
        """
        self._train(*self._read_training_data(X, y))
        return self

    def predict(self, X: SequenceData) -> Any:
        """Labels: (N,), or one per step in the container of X. A series given to a model of sequences gets (1,)."""
        return self.run(X)[0]

    def run(self, X: SequenceData, state: Any = None) -> tuple[Any, Any]:
        """Labels from a given state on, and the states where they end; see `ReservoirRegressor.run`."""
        answers, finals = self._answers(X, "predict", state, None if self._readout_classifies() else self._decide)
        return self._labelled(X, answers), finals

    def decision_function(self, X: SequenceData) -> Any:
        """Scores: (N,) for two classes, positive for ``classes_[1]``, otherwise (N, n_classes); or such per step."""
        if self._readout_classifies():
            return self._answers(X, "decision_function")[0]
        return self._answers(X, "predict", None, self._scores)[0]

    @available_if(_readout_has_probabilities)
    def predict_proba(self, X: SequenceData) -> Any:
        """Probabilities (N, n_classes), or one row per step, from a readout that has them."""
        return self._answers(X, "predict_proba")[0]

    def score(self, X: SequenceData, y: Labels, sample_weight: Any = None) -> float:
        """Accuracy: over sequences, or over the rows of all sequences joined without the washout."""
        check_unweighted(self, sample_weight)
        self._check_fitted()
        sequences = self._inference.read(self, X)
        labels, per_step = read_labels(type(self).__name__, y, sequences)
        if per_step != self.per_step_:
            unit = "step" if self.per_step_ else "sequence"
            raise ValueError(f"{type(self).__name__} was fitted with one label per {unit}; y has another depth.")
        self._check_lengths(sequences)
        return float(accuracy_score(*self._scored(sequences, labels, self.predict(X))))

    @property
    def _per_step(self) -> bool:
        return self.per_step_

    @property
    def _target_depth(self) -> bool:
        return self.per_step_

    def _read_training_data(
        self, X: Any, y: Any, reset: bool = True, classes: Any = None
    ) -> tuple[Sequences, np.ndarray]:
        """The sequences, and what the readout is to answer: a label or a code, per row or per sequence."""
        self._check_parameters()
        as_pooling(type(self).__name__, self.pooling)
        sequences = read_sequences(self, X, reset=reset)
        labels, self.per_step_ = read_labels(type(self).__name__, y, sequences)
        keep_target_names(self, y)
        codes = self._encode(labels, classes)
        self._check_lengths(sequences)
        return sequences, codes

    def _encode(self, labels: np.ndarray, classes: Any = None) -> np.ndarray:
        """Labels for a classifier, targets of -1 and 1 for a regressor; sets `classes_`, to those given if any are."""
        check_classification_targets(labels)
        try:
            self.classes_, codes = np.unique(labels, return_inverse=True)
            if classes is not None:
                known = np.unique(classes)
                if not np.isin(self.classes_, known).all():
                    raise ValueError(f"y of {type(self).__name__} has labels that are not among the given classes.")
                self.classes_, codes = known, np.searchsorted(known, labels)
        except TypeError as error:
            raise ValueError(f"The labels y of {type(self).__name__} must be of one type that sorts.") from error
        if self._readout_classifies():
            return labels
        if len(self.classes_) <= 2:
            return 2.0 * codes - 1.0 if len(self.classes_) == 2 else np.ones(len(codes))
        return 2.0 * np.eye(len(self.classes_))[codes] - 1.0

    def _scores(self, answers: np.ndarray) -> np.ndarray:
        return answers.reshape(len(answers)) if len(self.classes_) <= 2 else answers

    def _decide(self, answers: np.ndarray) -> np.ndarray:
        if len(self.classes_) == 1:
            winners = np.zeros(len(answers), dtype=int)
        elif len(self.classes_) == 2:
            winners = (answers.reshape(len(answers)) > 0).astype(int)
        else:
            winners = answers.argmax(axis=1)
        return self.classes_[winners]

    def _readout_classifies(self) -> bool:
        return self.readout is not None and is_classifier(self.readout)
