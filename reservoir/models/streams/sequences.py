"""The stream of a model of whole sequences: after every row comes the answer to all rows so far."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from reservoir.models.pooled_rows import as_seen, of_members
from reservoir.models.poolings.joined import Joined
from reservoir.models.poolings.tally import Counts, Tally
from reservoir.models.streams.rows import FLOAT, read_context, read_row
from reservoir.models.streams.windows import Parts, hearings_of
from reservoir.parts import Numbers, SequenceData
from reservoir.trainers import one_trainer
from reservoir.validation import check_integer, parameter_error


class SequenceStream:
    """A fitted model with one answer per sequence that hears one row after another; the models' `stream` makes it.

    Rows are run and counted as they come, and not held. What looks at the next row, as the gradient of the presets
    "fast" and "full" does, takes the last row for the end of the sequence, and it is run once more when the next comes.
    """

    def __init__(
        self,
        model: Any,
        states: Sequence[Any] | None = None,
        counts: Sequence[Counts | None] | None = None,
        window: Numbers | None = None,
        n_heard: int = 0,
        n_in_piece: int = 0,
    ):
        owner = type(self).__name__
        model._check_fitted()
        if model._per_step:
            raise ValueError(f"{owner} needs a model that answers whole sequences. This one answers every row.")
        self.model, self._hearings = model, hearings_of(owner, model)
        self.n_heard = check_integer(owner, "n_heard", n_heard, 0)
        self.n_in_piece = check_integer(owner, "n_in_piece", n_in_piece, 0)
        self.states = [None] * len(self._hearings) if states is None else list(states)
        asks = [_asked(owner, pooling) for pooling in self._poolings]
        begun = [None] * len(asks) if counts is None else list(counts)
        if len(self.states) != len(self._hearings) or len(begun) != len(asks):
            raise parameter_error(owner, "counts", "those of every pooling, and a state for each system", counts)
        self._tallies = [Tally(one, before) for one, before in zip(asks, begun, strict=True)]
        self.window = self._read_window(owner, window)
        pairs = zip(self._hearings, self.states, strict=True)
        self._provisional = [hearing.provisional(self.window, state) for hearing, state in pairs]

    @classmethod
    def after(cls, model: Any, context: SequenceData | None) -> Self:
        """The stream of a model at the beginning of a sequence, or behind its first rows."""
        stream = cls(model)
        if context is not None:
            for row in read_context(cls.__name__, model, context).rows:
                stream._hear(row.astype(FLOAT))
        return stream

    @one_trainer
    def step(self, row: Numbers | float) -> Any:
        """Hear a row, and answer the rows so far.

        Parameters
        ----------
        row : array (n_features,), a list or tuple of as many numbers, or a series or table of one row
            NaN only with ``gaps="split"``.

        Returns
        -------
        label, number or array (n_outputs,)
            What `predict` gives for the sequence of all rows so far. None while no row stands behind the washout.
        """
        self._hear(read_row(type(self).__name__, self.model, row, gaps=self.model.gaps == "split"))
        return self._answer("predict") if self._counts_rows else None

    def predict(self) -> Any:
        """The answer to the rows so far, as `step` has given it."""
        return self._answer("predict")

    def decision_function(self) -> Any:
        """The score of the rows so far, or (n_classes,) scores, as `decision_function` of the model."""
        return self._answer("decision_function")

    def predict_proba(self) -> np.ndarray:
        """Probabilities (n_classes,) by the rows so far, where the readout has them."""
        probabilities: np.ndarray = self._answer("predict_proba")
        return probabilities

    def reset(self) -> Self:
        """Begin the next sequence."""
        vars(self).update(vars(type(self)(self.model)))
        return self

    @property
    def counts(self) -> list[Counts | None]:
        """What was counted of the final rows, for every pooling; None before the first."""
        return [tally.so_far() for tally in self._tallies]

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.n_heard} rows heard by {type(self.model).__name__}>"

    def __reduce__(self) -> Any:
        return type(self), (self.model, self.states, self.counts, self.window, self.n_heard, self.n_in_piece)

    @property
    def _poolings(self) -> list[Any]:
        """Those of the states of every member, and that of the inputs where they are seen."""
        own = [member.pooling_ for member in self.model._members()]
        return [*own, self.model.input_pooling_] if self.model.include_input else own

    @property
    def _ahead(self) -> int:
        return max(hearing.ahead for hearing in self._hearings)

    @property
    def _counts_rows(self) -> bool:
        """Whether a row stands behind the washout."""
        return self.n_in_piece > self.model.washout or self._tallies[0].so_far() is not None

    def _hear(self, row: np.ndarray) -> None:
        """Run and count a row (n_features,); nothing is changed where it raises."""
        if np.isnan(row).any():
            self._end_piece()
            return
        window = np.concatenate([self.window, row[None]])
        places = [max(0, len(window) - 1 - 2 * hearing.ahead) for hearing in self._hearings]
        moved = [
            hearing.moved(window[place:], state)
            for hearing, place, state in zip(self._hearings, places, self.states, strict=True)
        ]
        finals, self.states, self._provisional = map(list, zip(*moved, strict=True))
        self.n_heard, self.n_in_piece = self.n_heard + 1, self.n_in_piece + 1
        self.window = window[max(0, len(window) - 2 * self._ahead) :]
        self._count(self._tallies[: len(self.model._members())], self._hearings, finals, final=True)
        if self.model.include_input and self.n_in_piece > self.model.washout:
            self._tallies[-1].add(row[None])

    def _count(self, tallies: list[Tally], hearings: list[Any], parts: list[Parts | None], *, final: bool) -> None:
        """Count the rows behind the washout of what has become final, or of what has not."""
        split = len(tallies) if len(hearings) == 1 else 1
        for k, (hearing, own) in enumerate(zip(hearings, parts, strict=True)):
            if own is None:
                continue
            first = self.n_in_piece - hearing.ahead - 1 if final else self.n_in_piece - len(own[0])
            late = [part[max(0, self.model.washout - first) :] for part in own]
            if len(late[0]):
                for tally, columns in zip(tallies[k : k + split], of_members(late, split), strict=True):
                    tally.add(*columns)

    def _end_piece(self) -> None:
        """Go back to rest in a gap; the last rows of the piece are final."""
        self._tallies = self._all_counted()
        self.states, self.n_in_piece = [None] * len(self._hearings), 0
        self.window, self._provisional = self.window[:0], [None] * len(self._hearings)
        self.n_heard += 1

    def _all_counted(self) -> list[Tally]:
        """The tallies, with the rows that are not final."""
        if not self._ahead:
            return self._tallies
        n_members = len(self.model._members())
        own = [tally.twin() for tally in self._tallies[:n_members]]
        self._count(own, self._hearings, self._provisional, final=False)
        return [*own, *self._tallies[n_members:]]

    def _answer(self, method: str) -> Any:
        """What the model answers to the rows so far."""
        getattr(self.model, method)  # says why the model has none
        model, counted = self.model, [tally.so_far() for tally in self._all_counted()]
        if any(one is None for one in counted):
            raise ValueError(f"{type(self).__name__} has heard no row behind the washout of {model.washout} rows.")
        vectors = [pooling.of_counts(one)[None] for pooling, one in zip(self._poolings, counted, strict=True)]
        n_members = len(model._members())
        rows = as_seen(vectors[:n_members], vectors[-1] if model.include_input else None)
        asked, shape = model._way(method)
        answers = model._pooled_answers(rows, asked)
        return (answers if shape is None else shape(answers))[0]

    def _read_window(self, owner: str, window: Any) -> np.ndarray:
        """The last rows of the piece, which what looks ahead will see again."""
        shape = min(self.n_in_piece, 2 * self._ahead), self.model.n_features_in_
        rows = np.empty((0, shape[1])) if window is None else np.array(window, dtype=FLOAT)
        if rows.shape != shape or not np.isfinite(rows).all():
            raise parameter_error(owner, "window", f"{shape} finite numbers, the last rows", window)
        return rows


def _asked(owner: str, pooling: Any) -> Any:
    """What a pooling counts; ValueError where it needs the rows together."""
    parts = pooling.poolings_ if isinstance(pooling, Joined) else [pooling]
    for part in parts:
        if not hasattr(part, "asks") or part.asks() is None:
            raise ValueError(
                f"{owner} needs poolings that count rows as they come, as Shares, Max, Mean and Last. "
                f"{type(part).__name__} needs the rows of a sequence together: ask `predict` for the rows so far."
            )
    return pooling.asks()
