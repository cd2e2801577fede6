"""Regression on sequences."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass
from functools import partial
from typing import Any, ClassVar

import numpy as np
from sklearn.metrics import r2_score

from reservoir.estimators import MultiOutputMixin, RegressorMixin, present_unless
from reservoir.models.partial_training import go_on_learning, no_partial_fit
from reservoir.models.presets import PRESETS
from reservoir.models.regression_intervals import CalibrationTargets, RegressionIntervals
from reservoir.models.streams.sequences import SequenceStream
from reservoir.models.streams.supervised import RegressorStream
from reservoir.models.supervised import TrainingTargets
from reservoir.parts import Numbers, PoolingChoice, Readout, SequenceData, System
from reservoir.readouts import RidgeReadout
from reservoir.sample_weights import read_sample_weight, training_weights
from reservoir.sequences import Sequences, read_sequences
from reservoir.sequences.tables import keep_target_names
from reservoir.targets import Values, read_sequence_values, read_step_values
from reservoir.validation import Parameters, unchanged_on_error


@dataclass(eq=False, repr=False)
class ReservoirRegressor(MultiOutputMixin, RegressorMixin, RegressionIntervals):
    """Regression with a reservoir: a number or vector for every step, or one for every sequence.

        states = reservoir(X),   prediction = readout([state, input])

    Parameters
    ----------
    reservoir : None or system, default None
        Any system with ``fit`` and ``run``. None is ``EchoState(random_state=0)``, or that of the `preset`.
    readout : None or estimator, default None
        Any scikit-learn regressor. None is that of the preset, or ``RidgeReadout("blocked", slack=0.02)``. Its penalty
        is chosen from the data (1e-6 where they are too few) without a word at the edge of the candidates.
        One with ``accumulate`` and ``solve`` is trained in blocks, so that the states of a long series are never held
        at once; any other gets all rows in one `fit`.
    washout : int >= 0, default 0
        Rows at the head of every sequence that `fit` and `score` skip. `predict` returns every row.
    include_input : bool, default True
        Whether the readout sees the input beside the states. (The classifier's default is False.)
    pooling : None, "mean", "last", "max", "segments", "weighted", "model_space", a part or a list, default None
        None predicts every step, unless there is a `preset`. Otherwise the rows after the washout are pooled and y is
        one target per sequence. A part has ``pool``; a list of poolings, or of pairs (pooling, weight), is `Joined`.
    gaps : "refuse" or "split", default "refuse"
        What becomes of rows of X with NaN. "split" cuts series there: the pieces between begin at rest, each with its
        own washout, and answers in the gaps are NaN. The pieces of a series are pooled together.
    n_members : int >= 1, default 1
        Number of reservoirs, whose seeds are drawn from that of `reservoir`, each with a readout of its own. They run
        side by side, and predictions are the means of theirs.
    preset : None, "full", "fast" or "classic", default None
        A name asks for one target per sequence, and says what the parts that are None are; see `ReservoirClassifier`.

    Attributes
    ----------
    reservoir_, readout_ : the fitted parts, those of the first member
    pooling_, input_pooling_ : the fitted poolings of states and, where it is included, input, where there is a pooling
    members_ : list of ReservoirRegressor, with several members
    n_features_in_ : int
    feature_names_in_ : array (n_features,), where the data had names
    target_names_in_ : list of str, where the targets had names

    Raises
    ------
    ValueError
        For a parameter outside its range, unusable data, y that does not fit X, and a sequence with no row after
        the washout (in `fit` and `score`; with a pooling in `predict` too).

    Notes
    -----
    With ``EchoState`` and ``RidgeReadout`` a prediction is bit-identical for sequences given one by one, in a list or
    in a stack. Cross-validation of one series with stock splitters starts the test part from rest and scores it cold.

    References
    ----------
    Jaeger and Haas 2004, Harnessing nonlinearity, Science 304(5667):78-80, doi:10.1126/science.1091277.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir import EchoState, ReservoirRegressor
    >>> X = np.random.default_rng(0).uniform(-0.5, 0.5, size=(1000, 1))
    >>> y = np.roll(X[:, 0], 3)  # the input three steps ago
    >>> model = ReservoirRegressor(EchoState(100, random_state=0), washout=50).fit(X[:700], y[:700])
    >>> bool(model.score(X[700:], y[700:]) > 0.99)
    True
    """

    reservoir: System | None = None
    readout: Readout | None = None
    _: KW_ONLY
    washout: int = 0
    include_input: bool = True
    pooling: PoolingChoice = None
    gaps: str = "refuse"
    n_members: int = 1
    preset: str | None = None

    _default_readout: ClassVar[Callable[[], Any]] = partial(RidgeReadout, "blocked", slack=0.02)

    @unchanged_on_error
    def fit(self, X: SequenceData, y: SequenceData, sample_weight: float | Numbers | None = None) -> ReservoirRegressor:
        """Train the readout.

        Parameters
        ----------
        X : series (T, F), stack (N, T, F) or list of series (T_i, F)
        y : targets per step: (T,), (T, K), stack or list of these; with a pooling (N,) or (N, K)
            Rows or sequences that are NaN are heard, and not learnt.
        sample_weight : None, float, one weight >= 0 for every target (shaped as y without its outputs), or one for \
every sequence (N,), default None
            What weighs 0 is left out. Other weights go to the readout, which must take them.
        """
        sequences, targets = self._read_training_data(X, y, sample_weight)
        self._train(sequences, targets)
        self._calibration = CalibrationTargets.of(sequences, targets, self._late(sequences), self._per_step)
        return self

    @present_unless(no_partial_fit)
    @unchanged_on_error
    def partial_fit(
        self, X: SequenceData, y: SequenceData, sample_weight: float | Numbers | None = None
    ) -> ReservoirRegressor:
        """Go on learning from more sequences, each of which begins at rest; what came before is kept.

        The first call also fits the reservoir and the pooling, on its own data. Calls with some sequences each are one
        `fit` on all of them, up to rounding, where the readout has ``accumulate``, as `RidgeReadout`, and the pooling
        does not learn; noise counts its trials through. Parameters are those of `fit`. To go on
        inside of a sequence use `stream`.
        """
        self.__dict__.pop("_calibration", None)
        go_on_learning(self, X, y, sample_weight)
        return self

    def predict(self, X: SequenceData) -> Any:
        """Predictions in the container of X, each shaped like y in `fit`; with a pooling (N,) or (N, K)."""
        return self.run(X)[0]

    def run(self, X: SequenceData, state: Any = None) -> tuple[Any, Any]:
        """Predictions from a given state on, and the states where they end.

        Parameters
        ----------
        X : series (T, F), stack (N, T, F) or list of series (T_i, F)
        state : None or what the reservoir's `run` returned: one entry per sequence, the entry itself for a series
            Of several members an entry is a tuple of theirs.
        """
        answers, finals = self._answers(X, *self._way("predict"), state=state)
        return self._labelled(X, answers), finals

    def stream(self, context: SequenceData | None = None) -> RegressorStream | SequenceStream:
        """The model on a stream: an object that takes a row and gives an answer.

        Parameters
        ----------
        context : None or series (T, n_features), default None
            What was heard before. None is rest.

        Returns
        -------
        RegressorStream
            With ``step(row)``, ``update(row, y)``, ``learn(y)`` and ``reset()``; `save`, `load`, `copy` and `pickle`
            take all of its state. Its readout, where that can learn, is a copy, so that this model stays as it is.
        SequenceStream
            Of a model with a pooling: it says after every row what the answer to the rows so far is.

        Raises
        ------
        ValueError
            For systems, readouts and poolings that need more than one row at a time.

        Examples
        --------
        >>> import numpy as np
        >>> from reservoir import EchoState, ReservoirRegressor
        >>> X = np.random.default_rng(0).uniform(-0.5, 0.5, size=(600, 1))
        >>> model = ReservoirRegressor(EchoState(50, random_state=0), washout=50).fit(X, np.roll(X[:, 0], 2))
        >>> stream = model.stream(X[:500])
        >>> answers = [stream.step(row) for row in X[500:]]
        >>> bool((answers == model.predict(X)[500:]).all())
        True
        """
        return RegressorStream.after(self, context) if self._streams_rows else SequenceStream.after(self, context)

    def score(self, X: SequenceData, y: SequenceData, sample_weight: float | Numbers | None = None) -> float:
        """R2 over the rows of all sequences joined, without the first `washout` rows of each and those without y."""
        self._check_fitted()
        sequences = self._inference.read(self, X)
        values = self._read_targets(y, sequences)
        weights = read_sample_weight(type(self).__name__, sample_weight, sequences, self._per_step)
        self._check_lengths(sequences)
        truth, answers, own = self._scored(sequences, values.numbers, values.known, weights, X)
        return float(r2_score(truth, answers, sample_weight=own))

    @property
    def _per_step(self) -> bool:
        return self.pooling is None and self.preset is None

    @property
    def _target_depth(self) -> bool:
        return self._flat

    def _read_training_data(
        self, X: Any, y: Any, sample_weight: Any = None, *, reset: bool = True
    ) -> tuple[Sequences, TrainingTargets]:
        """The sequences, and what the readout is to answer: a number or vector, per row or per sequence."""
        self._check_parameters()
        self._check_gap_parameter()
        sequences = read_sequences(self, X, reset=reset, gaps=self.gaps == "split")
        self._check_gaps(sequences)
        numbers, self._flat, known = self._read_targets(y, sequences)
        keep_target_names(self, X, y)
        self._check_lengths(sequences)
        given = read_sample_weight(type(self).__name__, sample_weight, sequences, self._per_step)
        weights = training_weights(type(self).__name__, known, given, self._late(sequences))
        return sequences, TrainingTargets(numbers[:, 0] if self._flat else numbers, weights)

    def _check_parameters(self) -> None:
        super()._check_parameters()
        Parameters(self).choice("preset", [*PRESETS, None])

    def _read_targets(self, y: Any, sequences: Sequences) -> Values:
        if self._per_step:
            return read_step_values(type(self).__name__, y, sequences, "a pooling or a preset")
        return read_sequence_values(type(self).__name__, y, sequences)

    def _way(self, method: str) -> tuple[str, Callable[[np.ndarray], np.ndarray] | None]:
        """What the readout is asked for the answers of `predict`, and what becomes of them."""
        return method, self._shaped

    def _shaped(self, answers: np.ndarray) -> np.ndarray:
        return answers.reshape(len(answers)) if self._flat else answers.reshape(len(answers), -1)
