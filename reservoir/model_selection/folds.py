"""The folds of a cross-validation: data, splits and scorers, and a fold as a model reads it."""

from __future__ import annotations

import numbers
from collections.abc import Callable, Mapping, Sized
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from sklearn import config_context
from sklearn.base import clone

from reservoir.model_selection.seeds import seeded
from reservoir.models.precomputed import TrainingData, read_training_data, with_attributes
from reservoir.models.supervised import SupervisedModel
from reservoir.parts import SequenceData, Targets
from reservoir.sequences import Sequences, read_sequences


class Fold(NamedTuple):
    """One split of the data."""

    train: np.ndarray  # indices of rows of a series, or of sequences
    test: np.ndarray
    X_train: Any
    y_train: Any
    X_test: Any
    y_test: Any
    fit_params: dict[str, Any]  # of the training part

    def data(self, part: str) -> tuple[Any, Any]:
        """X and y of the test or training part."""
        return (self.X_test, self.y_test) if part == "test" else (self.X_train, self.y_train)


@dataclass(frozen=True)
class CrossValidation:
    """What all candidates share; a worker gets it once."""

    estimator: Any
    X: Any
    y: Any
    kind: str  # of container
    splits: list[tuple[np.ndarray, np.ndarray]]
    scorers: dict[str, Callable[..., Any]]
    standard_scorers: bool  # whether all are scikit-learn's own
    with_train_scores: bool
    error_score: Any
    redraws: bool = False  # whether seeds take the place of those of the reservoir
    fit_params: dict[str, Any] = field(default_factory=dict)  # what `fit` takes beside X and y

    def candidate(self, parameters: dict[str, Any], seed: int | None) -> Any:
        """An unfitted candidate; the seed is for what has none, and for the reservoir where it is to be drawn anew."""
        model = clone(self.estimator).set_params(**clone(parameters, safe=False))
        return model if seed is None else seeded(model, seed, self.redraws)

    def folds(self, share: float) -> list[Fold]:
        """All splits, with this share of their training parts."""
        return [self._fold(self._shortened(train, share), test) for train, test in self.splits]

    @property
    def scored_parts(self) -> tuple[str, ...]:
        """The parts of a fold that are scored."""
        return ("test", "train") if self.with_train_scores else ("test",)

    def scores(self, model: Any, X: SequenceData, y: Targets | None) -> list[float]:
        """The scores of a fitted model, one per metric; one that overflows is not finite, which the search tells."""
        rest = () if y is None else (y,)
        quick = config_context(skip_parameter_validation=self.standard_scorers)  # half of the time of a short score
        with quick, np.errstate(over="ignore", invalid="ignore"):
            return [_number(scorer(model, X, *rest), scorer) for scorer in self.scorers.values()]

    def _shortened(self, train: np.ndarray, share: float) -> np.ndarray:
        """The first rows of a series; of sequences as many, evenly spread."""
        n_kept = max(1, round(share * len(train)))
        if self.kind == "series" or n_kept == len(train):
            return train[:n_kept]
        return train[np.arange(n_kept) * len(train) // n_kept]

    def _fold(self, train: np.ndarray, test: np.ndarray) -> Fold:
        X_train, y_train, X_test, y_test = (_take(data, own) for own in (train, test) for data in (self.X, self.y))
        beside = {name: self._own(value, train) for name, value in self.fit_params.items()}
        return Fold(train, test, X_train, y_train, X_test, y_test, beside)

    def _own(self, value: Any, train: np.ndarray) -> Any:
        """Of what has an entry for every row, or every sequence, those of the training part."""
        aligned = isinstance(value, Sized) and not isinstance(value, str | Mapping) and len(value) == len(self.X)
        return _take(value, train) if aligned else value


class ReadFold(NamedTuple):
    """A fold as a model reads it."""

    fold: Fold
    training: TrainingData
    test: Sequences

    def sequences(self, part: str) -> Sequences:
        """The test or training part."""
        return self.test if part == "test" else self.training.sequences


def read_fold(model: SupervisedModel, fold: Fold) -> ReadFold:
    """Both parts of a fold, read by an unfitted model."""
    training = read_training_data(model, fold.X_train, fold.y_train)
    reader = with_attributes(model, training.attributes)
    return ReadFold(fold, training, read_sequences(reader, fold.X_test, reset=False))


def _number(score: Any, scorer: Callable[..., Any]) -> float:
    found = score.item() if hasattr(score, "item") else score
    if not isinstance(found, numbers.Real):
        raise TypeError(f"A scorer must return a number (several metrics: a dict of scorers). {scorer} gave {score!r}.")
    return float(found)


def _take(data: Any, indices: np.ndarray) -> Any:
    """Rows of a table or array, or members of a list."""
    if data is None:
        return None
    if hasattr(data, "iloc"):
        return data.iloc[indices]
    return data[indices] if hasattr(data, "shape") else [data[index] for index in indices]
