"""Classification of sequences, or of their steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass
from functools import partial
from typing import Any, ClassVar

import numpy as np
from sklearn.base import is_classifier
from sklearn.metrics import accuracy_score
from sklearn.utils.multiclass import check_classification_targets

from reservoir.estimators import ClassifierMixin, present_unless
from reservoir.models.base import readout_of
from reservoir.models.partial_training import go_on_learning, known_classes, no_partial_fit
from reservoir.models.presets import PRESETS
from reservoir.models.streams.sequences import SequenceStream
from reservoir.models.streams.supervised import ClassifierStream
from reservoir.models.supervised import SupervisedModel, TrainingTargets
from reservoir.parts import Labels, Numbers, PoolingChoice, Readout, SequenceData, System
from reservoir.readouts import RidgeReadout
from reservoir.sample_weights import class_weights, read_sample_weight, training_weights
from reservoir.sequences import Sequences, read_sequences
from reservoir.sequences.tables import keep_target_names
from reservoir.targets import read_labels
from reservoir.validation import Parameters, unchanged_on_error


def _no_probabilities(model: ReservoirClassifier) -> str:
    readout = getattr(model, "readout_", readout_of(model))
    if hasattr(readout, "predict_proba"):
        return ""
    return (
        f"{type(model).__name__} has no 'predict_proba', since its readout {type(readout).__name__} gives no "
        "probabilities. Calibrate its scores by CalibratedClassifierCV(model) of scikit-learn, which takes stacks and "
        "lists of sequences too, or take readout=LogisticRegression(); 'decision_function' gives scores."
    )


@dataclass(eq=False, repr=False)
class ReservoirClassifier(ClassifierMixin, SupervisedModel):
    """Classification with a reservoir: one label per sequence, or one per step. The depth of y in `fit` decides.

    A classifier as readout is trained on the labels. A regressor is trained on one target per class, +1 for the
    class and -1 for the others (a single target for two classes), and the largest answer wins.

    Parameters
    ----------
    reservoir : None or system, default None
        Any system with ``fit`` and ``run``. None is that of the `preset`.
    readout : None or estimator, default None
        Any scikit-learn classifier or regressor. None is that of the `preset`.
    pooling : None, "mean", "last", "max", "segments", "weighted", "model_space", a part or a list, default None
        For one label per sequence: how the rows after the washout become one vector. A part has ``pool``; a list of
        poolings, or of pairs (pooling, weight), is `Joined`. None is that of the `preset`.
    include_input : bool, default False
        Whether the readout sees the input, pooled alike, beside the states. (The regressor's default is True.)
    washout : int >= 0, default 0
        Rows at the head of every sequence that `fit` and `score` skip, and `predict` too where it pools.
    class_weight : None, "balanced" or dict {label: weight >= 0}, default None
        Factors on the weights of labels; those a dict does not name have 1. "balanced" is n / (n_classes * n_label),
        counted over all labels that are learnt. The readout must take ``sample_weight``.
    gaps : "refuse" or "split", default "refuse"
        What becomes of rows of X with NaN. "split" cuts series there, for one label per sequence: the pieces between
        begin at rest, each with its own washout, and are pooled together.
    n_members : int >= 1, default 1
        Number of reservoirs, whose seeds are drawn from that of `reservoir`, each with a readout of its own. They run
        side by side, and labels go by the mean of
        their probabilities or, where a readout has none, of their scores.
    preset : {"full", "fast", "classic"}, default "full"
        What the parts that are None are, for one label per sequence. "fast": every channel and its gradient,
        standardised, go to 64 delay lines of 9 linear units with delays of 16 scales, which are filters of random
        weights; the shares of rows in which each unit is above 4 thresholds, and its maximum, go to
        ``RidgeReadout("loo")``. "full": 64 rings of 10 tanh units stand beside them. "classic":
        ``EchoState(random_state=0)``, the mean of its states and ``RidgeReadout("gcv")``. A label per step is always
        read from the states of "classic". Penalties that a default readout chooses are chosen without a word at the
        edge of the candidates, and are 1e-6 where there is too little to choose them by.

    Attributes
    ----------
    classes_ : array (n_classes,)
    per_step_ : bool
        Whether `fit` saw a label for every step.
    reservoir_, readout_, pooling_ : the fitted parts, those of the first member; no pooling for labels per step
    input_pooling_ : the pooling of the input, where that is included
    members_ : list of ReservoirClassifier, with several members
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
    Dempster, Petitjean, Webb 2020, Data Mining and Knowledge Discovery 34(5):1454-1495,
    doi:10.1007/s10618-020-00701-z (ROCKET: random filters and shares).
    Dempster, Schmidt, Webb 2021, KDD 2021:248-257, doi:10.1145/3447548.3467231 (MiniRocket: thresholds from examples).
    Rodan, Tino 2011, IEEE Transactions on Neural Networks 22(1):131-144, doi:10.1109/TNN.2010.2089641 (delay lines and
    rings as reservoirs).

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
    pooling: PoolingChoice = None
    include_input: bool = False
    washout: int = 0
    class_weight: str | Mapping[Any, float] | None = None
    gaps: str = "refuse"
    n_members: int = 1
    preset: str = "full"

    _default_readout: ClassVar[Callable[[], Any]] = partial(RidgeReadout, "gcv")

    @unchanged_on_error
    def fit(self, X: SequenceData, y: Labels, sample_weight: float | Numbers | None = None) -> ReservoirClassifier:
        """Train the readout.

        Parameters
        ----------
        X : series (T, F), stack (N, T, F) or list of series (T_i, F)
        y : labels
            One per sequence (N,) for a stack or list. One per step: (T,) for a series, (N, T) for a stack, a list of
            (T_i,) for a list. Rows or sequences whose label is NaN or None are heard, and not learnt.
        sample_weight : None, float, one weight >= 0 for every label, or one for every sequence (N,), default None
            What weighs 0 is left out. Other weights go to the readout, which must take them.
        """
        self._train(*self._read_training_data(X, y, sample_weight))
        return self

    @present_unless(no_partial_fit)
    @unchanged_on_error
    def partial_fit(
        self,
        X: SequenceData,
        y: Labels,
        classes: Labels | None = None,
        sample_weight: float | Numbers | None = None,
    ) -> ReservoirClassifier:
        """Go on learning from more sequences, each of which begins at rest; see `ReservoirRegressor.partial_fit`.

        `classes` are all labels to come (n_classes,), needed in the first call. The other parameters are those of
        `fit`; ``class_weight="balanced"`` is refused.
        """
        go_on_learning(self, X, y, sample_weight, classes=known_classes(self, classes))
        return self

    def predict(self, X: SequenceData) -> Any:
        """Labels: (N,), or one per step in the container of X. A series given to a model of sequences gets (1,)."""
        return self.run(X)[0]

    def run(self, X: SequenceData, state: Any = None) -> tuple[Any, Any]:
        """Labels from a given state on, and the states where they end; see `ReservoirRegressor.run`."""
        answers, finals = self._answers(X, *self._way("predict"), state=state)
        return self._labelled(X, answers), finals

    def decision_function(self, X: SequenceData) -> Any:
        """Scores: (N,) for two classes, positive for ``classes_[1]``, otherwise (N, n_classes); or such per step."""
        return self._answers(X, *self._way("decision_function"))[0]

    @present_unless(_no_probabilities)
    def predict_proba(self, X: SequenceData) -> Any:
        """Probabilities (N, n_classes), or one row per step, from a readout that has them."""
        return self._answers(X, *self._way("predict_proba"))[0]

    def stream(self, context: SequenceData | None = None) -> ClassifierStream | SequenceStream:
        """The model on a stream of rows, see `ReservoirRegressor.stream`.

        With one label per sequence it is a `SequenceStream`, which says after every row what the label of the rows so
        far is.
        """
        return ClassifierStream.after(self, context) if self._streams_rows else SequenceStream.after(self, context)

    def score(self, X: SequenceData, y: Labels, sample_weight: float | Numbers | None = None) -> float:
        """Accuracy over what has a label: sequences, or the rows of all sequences joined without the washout."""
        self._check_fitted()
        sequences = self._inference.read(self, X)
        labels, per_step, known = read_labels(type(self).__name__, y, sequences)
        if per_step != self.per_step_:
            unit = "step" if self.per_step_ else "sequence"
            raise ValueError(f"{type(self).__name__} was fitted with one label per {unit}; y has another depth.")
        self._check_lengths(sequences)
        weights = read_sample_weight(type(self).__name__, sample_weight, sequences, per_step)
        truth, answers, own = self._scored(sequences, labels, known, weights, X)
        return float(accuracy_score(truth, answers, sample_weight=own))

    @property
    def _per_step(self) -> bool:
        return self.per_step_

    @property
    def _target_depth(self) -> bool:
        return self.per_step_

    def _read_training_data(
        self, X: Any, y: Any, sample_weight: Any = None, *, reset: bool = True, classes: Any = None
    ) -> tuple[Sequences, TrainingTargets]:
        """The sequences, and what the readout is to answer: a label or a code, per row or per sequence."""
        self._check_parameters()
        self._check_gap_parameter()
        sequences = read_sequences(self, X, reset=reset, gaps=self.gaps == "split")
        labels, self.per_step_, known = read_labels(type(self).__name__, y, sequences)
        if self.per_step_ and self.gaps == "split":
            raise Parameters(self).error("gaps", "'refuse' for a label for every step, since there is none in a gap")
        self._check_gaps(sequences)
        keep_target_names(self, X, y)
        codes = self._encode(labels, classes)
        self._check_lengths(sequences)
        return sequences, TrainingTargets(codes, self._weights(sequences, labels, known, sample_weight))

    def _weights(
        self, sequences: Sequences, labels: np.ndarray, known: np.ndarray, sample_weight: Any
    ) -> np.ndarray | None:
        """The weights of what is learnt, those of the classes among them."""
        owner, late = type(self).__name__, self._late(sequences)
        given = read_sample_weight(owner, sample_weight, sequences, self.per_step_)
        found = training_weights(owner, known, given, late)
        counted = late & (known if found is None else found > 0)
        by_class = class_weights(owner, self.class_weight, self.classes_, labels[counted])
        if by_class is None:
            return found
        own = by_class[np.searchsorted(self.classes_, labels)]
        return training_weights(owner, known, own if found is None else own * found, late)

    def _not_weighable(self, why: str) -> ValueError:
        if self.class_weight is None:
            return super()._not_weighable(why)
        return Parameters(self).error("class_weight", f"None {why}")

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
        return self._signs(codes)

    def _signs(self, codes: np.ndarray) -> np.ndarray:
        """What a regressor learns for the classes with these numbers."""
        if len(self.classes_) <= 2:
            return 2.0 * codes - 1.0 if len(self.classes_) == 2 else np.ones(len(codes))
        return 2.0 * np.eye(len(self.classes_))[codes] - 1.0

    def _way(self, method: str) -> tuple[str, Callable[[np.ndarray], np.ndarray] | None]:
        """What the readout is asked for the answers of a method, and what becomes of them."""
        if method == "predict":
            return self._method, self._decide
        if method == "decision_function" and not self._readout_classifies():
            return "predict", self._scores
        return method, None

    def _scores(self, answers: np.ndarray) -> np.ndarray:
        return answers.reshape(len(answers)) if len(self.classes_) <= 2 else answers

    @property
    def _method(self) -> str:
        """What a readout is asked for a label: that itself, but of several members what has a mean."""
        if self.n_members == 1 or not self._readout_classifies():
            return "predict"
        return "predict_proba" if hasattr(self.readout, "predict_proba") else "decision_function"

    def _decide(self, answers: np.ndarray) -> np.ndarray:
        """The labels (n,) by what readouts answer to `_method`."""
        if self._readout_classifies():
            return answers if self._method == "predict" else self._most_likely(answers)
        if len(self.classes_) == 1:
            winners = np.zeros(len(answers), dtype=int)
        elif len(self.classes_) == 2:
            winners = (answers.reshape(len(answers)) > 0).astype(int)
        else:
            winners = answers.argmax(axis=1)
        return self.classes_[winners]

    def _most_likely(self, scores: np.ndarray) -> np.ndarray:
        """Labels of the largest probability or score (n, n_classes), or by the sign of one score (n,)."""
        known = self.readout_.classes_
        return known[(scores > 0).astype(int) if scores.ndim == 1 else scores.argmax(axis=1)]

    def _check_parameters(self) -> None:
        super()._check_parameters()
        Parameters(self).choice("preset", list(PRESETS))
        scores = ("predict_proba", "decision_function")
        if self.n_members > 1 and self._readout_classifies() and not any(hasattr(self.readout, one) for one in scores):
            readout = type(self.readout).__name__
            raise Parameters(self).error("n_members", f"1 with the readout {readout}, which gives labels alone")

    def _readout_classifies(self) -> bool:
        return self.readout is not None and is_classifier(self.readout)
