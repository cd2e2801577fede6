"""The rows of a forecaster as its reservoir hears them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from reservoir.neurons.rate.loops import Feedback
from reservoir.sequences import Sequences
from reservoir.validation import Parameters, check_channels


class Hearing(NamedTuple):
    """Rows [scaling y(t), e(t + lead)]: channels y that come back, and drivers e, which are known in advance."""

    feedback: Feedback
    drivers: np.ndarray  # columns of e
    lead: int

    @property
    def looks_ahead(self) -> bool:
        """Whether something is heard before its row."""
        return self.lead > 0 and self.drivers.size > 0

    def scaled(self, rows: np.ndarray) -> np.ndarray:
        """The rows with the channels that come back as large as they are heard."""
        channels, scaling = self.feedback
        if scaling == 1:
            return rows
        rows = rows.copy()
        rows[:, channels] *= scaling
        return rows

    def of(self, sequences: Sequences) -> Sequences:
        """What is heard, row by row; NaN where a driver lies behind the last row of a series."""
        rows = self.scaled(sequences.rows)
        if not self.looks_ahead:
            return Sequences(rows, sequences.offsets, sequences.kind)
        rows = rows.copy()
        rows[:-1, self.drivers] = sequences.rows[1:, self.drivers]
        rows[np.ix_(sequences.offsets[1:] - 1, self.drivers)] = np.nan
        return Sequences(rows, sequences.offsets, sequences.kind)

    def complete(self, sequences: Sequences) -> Sequences:
        """What is heard, without the rows that lack a driver."""
        heard = self.of(sequences)
        if not self.looks_ahead:
            return heard
        kept = np.ones(len(heard.rows), dtype=bool)
        kept[sequences.offsets[1:] - 1] = False
        return Sequences(heard.rows[kept], sequences.offsets - np.arange(len(sequences) + 1), sequences.kind)

    def of_future(self, row: np.ndarray, table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The first input (n_features,), and what is known of those after each step (n_steps, n_features).

        The row is the last one heard, and the table (n_steps, n_features) holds NaN where nothing is known.
        """
        known = self.scaled(table)
        if not self.looks_ahead:
            return row, known
        row, known = row.copy(), known.copy()
        row[self.drivers] = table[0, self.drivers]
        known[:-1, self.drivers] = table[1:, self.drivers]
        return row, known

    def n_missing(self, table: np.ndarray) -> int:
        """In how many rows of a table drivers are asked for and not known."""
        if not self.drivers.size:
            return 0
        return int(np.isnan(table[: len(table) - 1 + self.lead, self.drivers]).any(axis=1).sum())


def read_channels(model: Any) -> Hearing:
    """How a forecaster that knows its columns hears them, by its parameters."""
    p, n_features = Parameters(model), model.n_features_in_
    names = getattr(model, "feature_names_in_", None)
    exogenous = check_channels(p.owner, "exogenous", model.exogenous, n_features, names)
    channels = np.setdiff1d(np.arange(n_features), exogenous)
    if not channels.size:
        raise p.error("exogenous", "fewer columns than there are, to leave one to forecast")
    return Hearing(Feedback(channels, float(model.feedback_scaling)), np.sort(exogenous), int(model.exogenous_lead))


def names_of(model: Any) -> list[Any]:
    """Names of the columns that a model was fitted to, or their places."""
    return list(getattr(model, "feature_names_in_", range(model.n_features_in_)))
