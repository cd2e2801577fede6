"""Models whose reservoir has been run elsewhere, as in a search that runs one for many candidates."""

from __future__ import annotations

import copy
from typing import Any, NamedTuple

import numpy as np

from reservoir.models.base import ReservoirModel
from reservoir.models.inference import Inference
from reservoir.models.supervised import SupervisedModel
from reservoir.parts import Readout, SequenceData, Targets
from reservoir.sequences import Sequences


class TrainingData(NamedTuple):
    """Training data as a model reads them."""

    sequences: Sequences
    targets: np.ndarray  # one entry per row, or per sequence
    weights: np.ndarray | None  # of these, 0 where one does not count
    per_step: bool
    attributes: dict[str, Any]  # what a model knows from reading them, such as `n_features_in_` and `classes_`


class _Precomputed(Inference):
    """Knows X, and the sequences that a model reads from it; refuses all other data."""

    def __init__(self, X: SequenceData, sequences: Sequences):
        self._X, self._sequences = X, sequences

    def read(self, model: Any, X: SequenceData) -> Sequences:
        return self._sequences if X is self._X else super().read(model, X)

    def _check_same(self, sequences: Sequences, state: list[Any] | None) -> None:
        known = self._sequences
        if sequences is not known or state is not None:
            same = np.array_equal(known.offsets, sequences.offsets) and np.array_equal(known.rows, sequences.rows)
            if not same or state is not None:
                raise ValueError("Only the answers to the data of the fold are known.")


class PrecomputedAnswers(_Precomputed):
    """Has the readout's answers (n_rows, ...) to every row of X at hand."""

    def __init__(self, X: SequenceData, sequences: Sequences, answers: np.ndarray):
        super().__init__(X, sequences)
        self._answers = answers

    def step_answers(
        self, model: Any, sequences: Sequences, method: str, state: list[Any] | None
    ) -> tuple[np.ndarray, list[Any]]:
        self._check_same(sequences, state)
        return self._answers, [None] * len(sequences)


class PrecomputedPooling(_Precomputed):
    """Has the pooled row (n_sequences, n_columns) of every sequence of X at hand."""

    def __init__(self, X: SequenceData, sequences: Sequences, rows: np.ndarray):
        super().__init__(X, sequences)
        self._rows = rows

    def pooled_rows(self, model: Any, sequences: Sequences, state: list[Any] | None) -> tuple[np.ndarray, list[Any]]:
        self._check_same(sequences, state)
        return self._rows, [None] * len(sequences)


def read_training_data(model: SupervisedModel, X: SequenceData, y: Targets) -> TrainingData:
    """X and y as `fit` reads them; the model itself stays as it is."""
    reader = copy.copy(model)
    sequences, targets = reader._read_training_data(X, y)
    attributes = {name: value for name, value in vars(reader).items() if name not in vars(model)}
    return TrainingData(sequences, targets.values, targets.weights, reader._per_step, attributes)


def with_attributes(model: ReservoirModel, attributes: dict[str, Any]) -> Any:
    """A copy of a model with these attributes."""
    copied = _copied(model)
    vars(copied).update(attributes)
    return copied


def with_readout(model: ReservoirModel, readout: Readout, alpha: float | None = None) -> Any:
    """A copy of a model with another fitted readout; its parameter `readout` gets this `alpha`, unless that is None."""
    copied = with_attributes(model, {"readout_": readout})
    if alpha is not None and copied.readout is not None:
        copied.readout = _copied(copied.readout)
        copied.readout.alpha = alpha
    return copied


def with_inference(model: SupervisedModel, inference: Inference) -> Any:
    """A copy of a model that gets its answers here, and runs no reservoir."""
    return with_attributes(model, {"_inference": inference})


def _copied(estimator: Any) -> Any:
    """A shallow copy, in a tenth of the time of `copy.copy`, which goes through the machinery of pickling."""
    copied = object.__new__(type(estimator))
    vars(copied).update(vars(estimator))
    return copied
