"""Streams of regressors and classifiers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Self

import numpy as np
from sklearn.base import is_classifier

from reservoir.models.streams.learning import check_learns, learn_row, with_own_readouts
from reservoir.models.streams.rows import FLOAT, check_streams, read_context, read_row
from reservoir.models.streams.steps import steps_of
from reservoir.parts import Numbers, SequenceData
from reservoir.trainers import one_trainer
from reservoir.validation import check_finite_array, check_integer, parameter_error


class SupervisedStream(ABC):
    """A fitted model that hears one row after another; see the models' `stream`."""

    def __init__(self, model: Any, state: Any = None, n_heard: int = 0, seen: np.ndarray | None = None):
        owner = type(self).__name__
        self._check(model)
        self.model = with_own_readouts(model)
        self.n_heard = check_integer(owner, "n_heard", n_heard, 0)
        self._steps, self._shape = steps_of(owner, self.model, state), (self.model.n_features_in_,)
        self._rest, self._seen = state is None, None if seen is None else np.array(seen, dtype=FLOAT)
        self._fresh = False  # whether what was seen last still stands in the steps

    @classmethod
    def after(cls, model: Any, context: SequenceData | None) -> Self:
        """The stream of a model at rest, or behind a series."""
        cls._check(model)
        if context is None:
            return cls(model)
        sequences = read_context(cls.__name__, model, context)
        return cls(model, model.run(context)[1], len(sequences.rows))

    @classmethod
    def _check(cls, model: Any) -> None:
        """Refuse a model that cannot answer row by row."""
        model._check_fitted()
        if not model._per_step:
            raise ValueError(f"{cls.__name__} needs a model that answers every row. This one answers whole sequences.")
        check_streams(cls.__name__, model)

    @one_trainer
    def step(self, row: Numbers | float) -> Any:
        """Hear a row, and answer it.

        Parameters
        ----------
        row : array (n_features,), a list or tuple of as many numbers, or a series or table of one row
            An array of float64 is the fastest.

        Returns
        -------
        What `predict` gives for this row behind all rows before.
        """
        return self._answered(row)

    @one_trainer
    def update(self, row: Numbers | float, y: Any) -> Any:
        """Hear a row, answer it, and then learn what the answer should have been.

        It is ``step(row)`` followed by ``learn(y)``, so that the answer tells the error on a row that was not learnt.
        Nothing is changed where it raises.
        """
        target = self._target(y)
        check_learns(type(self).__name__, self.model)
        before = self._moment()
        answer = self._answered(row)
        try:
            self._learn(target)
        except Exception:
            self._go_back(*before)
            raise
        return answer

    @one_trainer
    def learn(self, y: Any) -> Self:
        """Learn what the answer to the last row should have been; for targets that come after the answer was used.

        Each row is learnt once at most. Rows of the washout are not, as in `fit`.
        """
        check_learns(type(self).__name__, self.model)
        self._learn(self._target(y))
        return self

    def reset(self) -> Self:
        """Go back to rest; what the readout has learnt is kept."""
        self._steps, self._rest, self.n_heard = steps_of(type(self).__name__, self.model, None), True, 0
        self._seen, self._fresh = None, False
        return self

    @property
    def state(self) -> Any:
        """What the system continues from, as its `run` gives it; None at rest."""
        return None if self._rest else self._steps.state

    @property
    def seen(self) -> np.ndarray | None:
        """What the readout saw of the last row (n_columns,), or those of all members, until that is learnt."""
        return self._steps.features if self._fresh else self._seen

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.n_heard} rows heard by {type(self.model).__name__}>"

    def __reduce__(self) -> Any:
        return type(self), (self.model, self.state, self.n_heard, self.seen)

    def _answered(self, row: Any) -> Any:
        if type(row) is not np.ndarray or row.dtype is not FLOAT or row.shape != self._shape:
            row = self._read(row)
        if self._splits and np.isnan(row).any():
            self.reset()
            return self._missing()
        answers = self._steps(row)
        self.n_heard += 1
        self._rest, self._fresh = False, True
        return self._shaped(answers)

    def _read(self, row: Any) -> np.ndarray:
        return read_row(type(self).__name__, self.model, row, gaps=self._splits)

    @property
    def _splits(self) -> bool:
        return self.model.gaps == "split"

    def _learn(self, target: Any) -> None:
        seen = self.seen
        if seen is None:
            raise ValueError(f"{type(self).__name__} has no row to learn: hear one, which is learnt once at most.")
        if self.n_heard > self.model._washout:
            for member, own in zip(self.model._members(), np.atleast_2d(seen), strict=True):
                learn_row(member, own, target)
        self._seen, self._fresh = None, False

    def _moment(self) -> tuple[int, bool, np.ndarray | None]:
        return self.n_heard, self._rest, self.seen

    def _go_back(self, n_heard: int, rest: bool, seen: np.ndarray | None) -> None:
        """Undo the last row, whose target could not be learnt."""
        self._steps.undo()
        self.n_heard, self._rest, self._seen, self._fresh = n_heard, rest, seen, False

    @abstractmethod
    def _shaped(self, answers: Any) -> Any:
        """The answer to a row, as the user gets it."""

    @abstractmethod
    def _missing(self) -> Any:
        """The answer to a row that is missing."""

    @abstractmethod
    def _target(self, y: Any) -> Any:
        """The target of a row, as the readout learns it."""


class RegressorStream(SupervisedStream):
    """A fitted `ReservoirRegressor` that hears one row after another; `ReservoirRegressor.stream` makes it."""

    def _shaped(self, answers: Any) -> Any:
        return answers.item() if self.model._flat else answers.reshape(-1).copy()

    def _missing(self) -> Any:
        answer = self.model.predict(np.zeros((1, *self._shape)))[0] * np.nan
        return float(answer) if self.model._flat else answer

    def _target(self, y: Any) -> Any:
        shape = () if self.model._flat else (np.size(y),)
        target = check_finite_array(type(self).__name__, "y", y, shape)
        return float(target) if self.model._flat else target


class ClassifierStream(SupervisedStream):
    """A fitted `ReservoirClassifier` of rows that hears one after another; `ReservoirClassifier.stream` makes it."""

    def _shaped(self, answers: Any) -> Any:
        return self.model._decide(answers)[0]

    def _missing(self) -> Any:
        raise NotImplementedError  # a classifier of rows refuses gaps

    def _target(self, y: Any) -> Any:
        model = self.model
        found = np.flatnonzero(model.classes_ == y) if np.ndim(y) == 0 else np.zeros(0)
        if found.size != 1:
            raise parameter_error(type(self).__name__, "y", f"one of the classes {model.classes_.tolist()}", y)
        return y if is_classifier(model.readout_) else model._signs(found)[0]
