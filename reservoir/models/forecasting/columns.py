"""What readouts of candidates see, their moments, and ridge regression on any part of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from reservoir.models.forecasting.candidates import LEVEL_FREE, Candidate, Periods

PHASE_WEIGHT = 3.0
"""How much larger than they are phases of seasons are for the penalty."""
_LEAST_VARIANCE = 1e-12
_ROUNDING = 1e-12  # share of the variance of rows that a difference of them must have to be more than their rounding


class Moments(NamedTuple):
    """Rows that were seen, and the centred products of columns and targets."""

    n_rows: int
    mean_x: np.ndarray  # (p,)
    mean_y: np.ndarray  # (q,)
    xx: np.ndarray  # (p, p)
    xy: np.ndarray  # (p, q)


class Sums:
    """Products of columns and targets that grow by blocks of rows."""

    def __init__(self) -> None:
        self._n_rows, self._shift = 0, np.zeros(0)

    def add(self, rows: np.ndarray, targets: np.ndarray) -> None:
        """Take in rows (n_rows, p) and their targets (n_rows, q)."""
        if not len(rows):
            return
        if not self._n_rows:  # near the means, for the sake of rounding
            self._shift, self._shift_y = rows.mean(axis=0), targets.mean(axis=0)
            self._x, self._y = np.zeros(rows.shape[1]), np.zeros(targets.shape[1])
            self._xx, self._xy = np.zeros((rows.shape[1],) * 2), np.zeros((rows.shape[1], targets.shape[1]))
        rows, targets = rows - self._shift, targets - self._shift_y
        self._n_rows += len(rows)
        self._x += rows.sum(axis=0)
        self._y += targets.sum(axis=0)
        self._xx += rows.T @ rows
        self._xy += rows.T @ targets

    @property
    def n_rows(self) -> int:
        """How many rows there were."""
        return self._n_rows

    def moments(self) -> Moments:
        """Those of all rows so far, of which there is one at least."""
        n, x, y = self._n_rows, self._x / self._n_rows, self._y / self._n_rows
        xx, xy = self._xx - n * np.outer(x, x), self._xy - n * np.outer(x, y)
        return Moments(n, x + self._shift, y + self._shift_y, xx, xy)


class Layout(NamedTuple):
    """The columns [states, u(t), u(t - 1), ..., u(t - lags), phases, known ahead] of a table of rows."""

    n_states: int
    scales: np.ndarray  # (n_features,), deviations of the columns u as they are heard
    predicted: np.ndarray  # which of them come back
    size: float  # how large these are heard
    lags: int
    phases: dict[Periods, tuple[int, int]]  # places among all phases
    ahead: np.ndarray  # (n_ahead,), columns of u that are seen in later rows
    horizon: int  # rows for which these are seen

    @property
    def n_features(self) -> int:
        """How many columns u there are."""
        return len(self.scales)

    @property
    def n_phases(self) -> int:
        """How many phases there are."""
        return max((stop for _, stop in self.phases.values()), default=0)

    @property
    def start_of_phases(self) -> int:
        """The first column of phases."""
        return self.n_states + (self.lags + 1) * self.n_features

    @property
    def n_columns(self) -> int:
        """How many columns there are."""
        return self.start_of_phases + self.n_phases + len(self.ahead) * (self.horizon - 1)

    def rows(self, states: np.ndarray, heard: np.ndarray, first: int, last: int) -> np.ndarray:
        """The rows [first, last) of a series, of which `heard` (T, n_features + n_phases) is all that is heard."""
        n = self.n_features
        parts = [states, *(heard[first - lag : last - lag, :n] for lag in range(self.lags + 1))]
        parts += [heard[first:last, n:], *(heard[first + j : last + j, self.ahead] for j in range(1, self.horizon))]
        return np.concatenate(parts, axis=1)

    def places(self) -> np.ndarray:
        """Where the columns stand in what a readout sees, to which phases are as the other columns that are heard."""
        n, wide = self.n_features, self.n_features + self.n_phases
        heard = self.n_states + wide * np.arange(self.lags + 1)[:, None] + np.arange(n)
        phases = self.n_states + n + np.arange(self.n_phases)
        later = self.n_states + wide * (self.lags + 1) + np.arange(len(self.ahead) * (self.horizon - 1))
        return np.concatenate([np.arange(self.n_states), heard.ravel(), phases, later])

    def seen(self, candidate: Candidate, channel: int | None) -> tuple[np.ndarray, np.ndarray, int]:
        """Columns that a candidate sees, their weights for the penalty, and how many states and own rows lead them.

        The own rows are those of one channel, or of all that are predicted, the newest first.
        """
        n = self.n_features
        own = self.predicted if channel is None else self.predicted[[channel]]
        others = np.setdiff1d(np.arange(n), self.predicted)
        newest = self.n_states + n * np.arange(candidate.lags + 1)[:, None]
        first, last = self.phases.get(candidate.season, (0, 0))
        states = np.arange(self.n_states if candidate.states else 0)
        later = np.arange(self.start_of_phases + self.n_phases, self.n_columns)
        columns = [states, (newest + own).ravel(), (newest + others).ravel()]
        columns += [self.start_of_phases + np.arange(first, last), later]
        repeated = candidate.lags + 1
        weights = [np.full(len(states), candidate.states), np.tile(1 / self.scales[own], repeated)]
        weights += [np.tile(1 / self.scales[others], repeated), np.full(last - first, PHASE_WEIGHT)]
        weights += [np.tile(1 / self.scales[self.ahead], self.horizon - 1)]
        return np.concatenate(columns), np.concatenate(weights), len(own)


class _Mixture(NamedTuple):
    """What the penalty is on: weight (column `kept` less column `less`, where that is not -1), for each direction."""

    kept: np.ndarray
    less: np.ndarray
    weights: np.ndarray

    def products(self, products: np.ndarray) -> np.ndarray:
        """The products of the columns (p, p) as those of the directions (q, q)."""
        mixed = self.weights[:, None] * self._without(products)
        return self.weights[:, None] * self._without(mixed.T)

    def on_columns(self, coef: np.ndarray) -> np.ndarray:
        """Coefficients of the directions (q, r) as those of the columns (p, r)."""
        scaled = self.weights[:, None] * coef
        found = np.zeros((max(self.kept.max(), self.less.max()) + 1, coef.shape[1]))
        found[self.kept] = scaled
        found[self.less[self.less >= 0]] -= scaled[self.less >= 0]
        return found

    def _without(self, rows: np.ndarray) -> np.ndarray:
        found = rows[self.kept]
        found[self.less >= 0] -= rows[self.less[self.less >= 0]]
        return found


def solved(
    layout: Layout, moments: Moments, candidate: Candidate, penalties: np.ndarray, targets: Iterable[str]
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Coefficients (n_penalties, n_columns, n_answers) and intercepts (n_penalties, n_answers) for every target.

    They answer values: of increments the present row is part of the coefficients, and of what is seasonal the row a
    season before. A penalty a minimises sum (y - c x)^2 + a n_rows c^2 over the weighted columns x, or over differences
    of unit variance of earlier rows; then it shrinks the mean difference, too, by 1 + a.
    """
    n_answers, outputs = len(moments.mean_y), len(layout.predicted)
    least = {"differences": 1, "seasonal": candidate.period or np.inf}  # earlier rows
    known = [target for target in targets if candidate.lags >= least.get(target, 0)]
    bases = {target: _base(layout, target, candidate.period, n_answers) for target in known if target != "values"}
    sides = {target: moments.xy - moments.xx[:, base] / layout.size for target, base in bases.items()}
    sides["values"] = moments.xy
    coef = {target: np.zeros((len(penalties), layout.n_columns, n_answers)) for target in known}
    for channel in range(outputs) if candidate.own else [None]:
        answers = np.arange(n_answers) if channel is None else np.arange(channel, n_answers, outputs)
        columns, weights, width = layout.seen(candidate, channel)
        products = moments.xx[np.ix_(columns, columns)]
        for taught, mixture in _mixtures(layout, candidate, known, weights, width, products / moments.n_rows):
            values, vectors = np.linalg.eigh(mixture.products(products))
            values, vectors = np.maximum(values, 0), mixture.on_columns(vectors)
            for target in taught:
                along = vectors.T @ sides[target][np.ix_(columns, answers)]
                shrunk = along / (values + moments.n_rows * penalties[:, None])[..., None]
                coef[target][:, columns[:, None], answers] = vectors @ shrunk
    found = {}
    for target, of_target in coef.items():
        intercept, lost = moments.mean_y - moments.mean_x @ of_target, penalties / (1 + penalties)
        if target in bases:
            before = moments.mean_x[bases[target]] / layout.size
            of_target[:, bases[target], np.arange(n_answers)] += 1 / layout.size
            intercept -= before
            intercept -= (moments.mean_y - before) * lost[:, None] if target in LEVEL_FREE else 0.0
        found[target] = of_target, intercept
    return found


def _base(layout: Layout, target: str, period: int, n_answers: int) -> np.ndarray:
    """The columns (n_answers,) of the rows from which what is learnt differs."""
    step, channel = np.divmod(np.arange(n_answers), len(layout.predicted))
    back = period - 1 - step % period if target == "seasonal" else 0
    places: np.ndarray = layout.n_states + layout.n_features * back + layout.predicted[channel]
    return places


def _mixtures(
    layout: Layout, candidate: Candidate, targets: list[str], weights: np.ndarray, width: int, variances: np.ndarray
) -> list[tuple[list[str], _Mixture]]:
    """Targets, and what the penalty of their readouts is on."""
    plain = [target for target in targets if target not in LEVEL_FREE]
    every = np.arange(len(weights))
    found = [(plain, _Mixture(every, np.full(len(weights), -1), weights))] if plain else []
    first = layout.n_states if candidate.states else 0
    for target, apart in (("differences", 1), ("seasonal", candidate.period)):
        if target not in targets:
            continue
        steps = np.arange(first, first + width * (candidate.lags + 1 - apart))
        older = np.arange(first + len(steps), first + width * (candidate.lags + 1))
        kept = np.delete(every, older)
        less = np.where(np.isin(kept, steps), kept + width * apart, -1)
        cross = variances[steps, steps + width * apart]
        both = variances[steps, steps] + variances[steps + width * apart, steps + width * apart]
        spread, mixed = both - 2 * cross, weights.copy()
        mixed[steps] = np.where(spread > _ROUNDING * both, 1 / np.sqrt(np.maximum(spread, _LEAST_VARIANCE)), 0.0)
        found.append(([target], _Mixture(kept, less, mixed[kept])))
    return found
