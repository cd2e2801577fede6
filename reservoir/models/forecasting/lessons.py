"""What the readout of a forecaster sees, and what it is taught."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from reservoir.models.base import TrainingRows, step_blocks
from reservoir.models.blocks import Block
from reservoir.models.forecasting.hearing import Hearing
from reservoir.sequences import Sequences
from reservoir.validation import Parameters

TARGETS = ("values", "increments", "differences")
STRATEGIES = ("recursive", "direct")
LONGEST_WASHOUT = 100
"""Rows that ``washout="auto"`` leaves out at most."""


class Lessons(NamedTuple):
    """What a readout sees after row t was heard, and what it learns to answer.

        sees    [x(t), x(t)^2, u(t), u(t - 1), ..., u(t - lags), d(t + 1), ..., d(t + horizon - 1)]
        learns  [y(t + 1), ..., y(t + horizon)], where `increments` less y(t) each

    The rows u are those that are heard, and d the channels of them that are known `ahead`.
    """

    include_input: bool  # whether u(t) is seen
    squared_states: bool  # whether x(t)^2 is
    lags: int
    increments: bool
    horizon: int
    ahead: np.ndarray  # columns of d
    unheard: int = 0  # how many of the last columns of u and d the reservoir does not hear

    @property
    def first(self) -> int:
        """Where what is seen begins in [u(t), u(t - 1), ...]."""
        return 0 if self.include_input else 1

    def told(self) -> str:
        """What makes a series longer than its washout asks for, in words."""
        horizon = self.horizon if self.horizon > 1 else 0
        return "".join(f", {name}={rows}" for name, rows in (("lags", self.lags), ("horizon", horizon)) if rows)

    def for_reservoir(self, rows: np.ndarray) -> np.ndarray:
        """What the reservoir hears of rows (..., n_columns)."""
        return rows[..., : rows.shape[-1] - self.unheard] if self.unheard else rows

    def inputs(self, heard: Sequences) -> Sequences:
        """What the reservoir hears of series."""
        return replace(heard, rows=self.for_reservoir(heard.rows))

    def features(self, states: np.ndarray, beside: np.ndarray) -> np.ndarray:
        """What is seen of states (n_rows, n_units), and beside them."""
        if self.squared_states:
            states = np.concatenate([states, states**2], axis=1)
        return np.concatenate([states, beside], axis=-1) if beside.shape[1] else states

    def beside(self, heard: np.ndarray, first: int, last: int) -> np.ndarray:
        """What is seen beside the states in the rows [first, last) of a series as it is heard (T, n_features)."""
        rows = [heard[first - lag : last - lag] for lag in range(self.first, self.lags + 1)]
        if self.ahead.size:
            rows += [heard[first + step : last + step, self.ahead] for step in range(1, self.horizon)]
        return np.concatenate(rows, axis=1) if rows else np.empty((last - first, 0))

    def targets(self, truth: np.ndarray) -> np.ndarray:
        """What is learnt (T - horizon, horizon * n_outputs) of rows y (T, n_outputs)."""
        n_rows = len(truth) - self.horizon
        ahead = [truth[step : step + n_rows] for step in range(1, self.horizon + 1)]
        if self.increments:
            ahead = [rows - truth[:n_rows] for rows in ahead]
        return np.concatenate(ahead, axis=1)

    def blocks(
        self, reservoir: Any, truths: list[np.ndarray], heard: list[np.ndarray], head: int, finals: dict[int, Any]
    ) -> Iterator[TrainingRows]:
        """The rows to learn from, without the `head` of each series, in blocks; the last states go to `finals`.

        Of every series there are the rows of y (T, n_outputs) and those that are heard (T, n_features).
        """

        def see(block: Block, rows: slice) -> np.ndarray:
            series, first = heard[block.sequence], block.first
            return self.features(block.states[rows], self.beside(series, first + rows.start, first + rows.stop))

        inputs = Sequences.of_members([self.for_reservoir(rows[:-1]) for rows in heard])
        return step_blocks(reservoir, inputs, [self.targets(rows) for rows in truths], head, see, finals)


def lessons_of(model: Any, hearing: Hearing) -> Lessons:
    """What the readout of a model is taught, by its parameters."""
    p = Parameters(model)
    if model.strategy == "direct" and model.horizon is None:
        raise p.error("horizon", 'an integer >= 1 where strategy="direct"')
    horizon = int(model.horizon) if model.strategy == "direct" else 1
    seen, squared, increments = bool(model.include_input), bool(model.squared_states), model.target == "increments"
    return Lessons(seen, squared, int(model.lags), increments, horizon, hearing.drivers)


def beside_phases(lessons: Lessons, n_features: int) -> Lessons:
    """The lessons where phases, the columns after `n_features`, are seen in the present row alone, and not heard."""
    known = lessons.ahead < n_features
    return lessons._replace(ahead=lessons.ahead[known], unheard=int((~known).sum()))


def head_of(washout: int, lags: int, reservoir: Any) -> int:
    """Rows at the head of a series that are not learnt from: some have not all rows before them that are seen."""
    return max(washout, lags, getattr(reservoir, "n_before", 0))


def washout_of(model: Any, shortest: int) -> int:
    """Rows at the head that are not learnt from where the shortest series has so many."""
    return min(LONGEST_WASHOUT, shortest // 10) if model.washout == "auto" else int(model.washout)
