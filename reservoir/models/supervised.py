"""What regressor and classifier share: targets beside the sequences, one per step or one per sequence."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from reservoir.models.base import ReservoirModel, TrainingRows, fit_readout
from reservoir.models.inference import Inference, pool_sequences
from reservoir.parts import Pooling
from reservoir.sequences import Sequences
from reservoir.sequences.tables import in_tables
from reservoir.validation import parameter_error


class SupervisedModel(ReservoirModel):
    """A model that is fitted to targets, and gives answers per step or per sequence."""

    pooling: Pooling | str | None
    _inference: Inference = Inference()

    @property
    @abstractmethod
    def _per_step(self) -> bool:
        """Whether there is an answer for every step, rather than for every sequence."""

    @property
    @abstractmethod
    def _target_depth(self) -> bool:
        """What must be the same of y in every part of the data."""

    @abstractmethod
    def _read_training_data(self, X: Any, y: Any, reset: bool = True) -> tuple[Sequences, np.ndarray]:
        """The sequences, and what the readout is to answer, per row or per sequence."""

    def _train(self, sequences: Sequences, targets: np.ndarray) -> None:
        self._make_parts(sequences)
        fit_readout(self.readout_, self._training_blocks(sequences, targets))

    def _training_blocks(
        self, sequences: Sequences, targets: np.ndarray, first_trial: int = 0
    ) -> Iterator[TrainingRows]:
        """The blocks of rows that the readout learns from, computed one after the other.

        Presentation k is trial first_trial + k.
        """
        if self._per_step:
            yield from self._step_blocks(sequences, targets, first_trial=first_trial)
        else:
            rows, _ = pool_sequences(self, self.reservoir_, sequences, first_trial=first_trial)
            yield TrainingRows(rows, targets, np.arange(len(rows)))

    def _answers(
        self, X: Any, method: str, state: Any = None, shape: Callable[[np.ndarray], np.ndarray] | None = None
    ) -> tuple[Any, Any]:
        """The readout's answers, through `shape`, in the container of X, and the final states."""
        self._check_fitted()
        sequences = self._inference.read(self, X)
        states = self._states_of(state, sequences)
        if self._per_step:
            answers, finals = self._inference.step_answers(self, sequences, method, states)
        else:
            self._check_lengths(sequences)
            rows, finals = self._inference.pooled_rows(self, sequences, states)
            answers = self._pooled_answers(rows, method)
        answers = answers if shape is None else shape(answers)
        packed = sequences.pack(answers) if self._per_step else answers
        return packed, finals[0] if sequences.kind == "series" else finals

    def _labelled(self, X: Any, answers: Any) -> Any:
        """Answers to the rows of X with their index, if tables are wanted."""
        return in_tables(self, X, answers) if self._per_step else answers

    def _pooled_answers(self, rows: np.ndarray, method: str) -> np.ndarray:
        """The readout's answer for every sequence.

        It is asked for one sequence at a time, so that its answer cannot depend on the other sequences, unless it is
        known to be free of that (`row_wise`).
        """
        ask = getattr(self.readout_, method)
        if getattr(self.readout_, "row_wise", False):
            return ask(rows)
        return np.concatenate([ask(row[None]) for row in rows])

    def _scored(self, sequences: Sequences, truth: np.ndarray, predictions: Any) -> list[np.ndarray]:
        """Truth and predictions as they are scored: of all sequences joined, steps without the washout."""
        if not self._per_step:
            return [truth, predictions]
        rows = np.asarray(predictions) if sequences.kind == "series" else np.concatenate(predictions)
        members = [sequences.split(values) for values in (truth, rows)]
        return [np.concatenate([member[self.washout :] for member in own]) for own in members]

    def _states_of(self, state: Any, sequences: Sequences) -> list[Any] | None:
        """The given states as a list, one entry per sequence."""
        if state is None or sequences.kind == "series":
            return None if state is None else [state]
        wanted = f"None or one state for each of the {len(sequences)} sequences"
        if not isinstance(state, list | tuple | np.ndarray) or len(state) != len(sequences):
            raise parameter_error(type(self).__name__, "state", wanted, state)
        return list(state)
