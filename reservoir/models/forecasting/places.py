"""Where rows that do not say it stand in the seasons that were found: where what these do fits the rows best."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import numpy as np

from reservoir.derived import Derived
from reservoir.models.forecasting.season import Season

_LEAST_VARIANCE = 1e-9
_ROWS_OF_FIT = 10  # rows of a context that what is known of the noise from `fit` counts as
_PIECES = 20  # of the rows of `fit` by which it is tried how sure a place is
_LEAST_SHARE = 0.05  # of what is new in a row, below which it does not matter where in a season it stands


class Place(NamedTuple):
    """Where a series begins in the seasons of a model, by its rows."""

    first: int  # rows behind a row that stands as the first of `fit` does
    probability: float
    doubt: float  # share of what the seasons do that may be wrong; 0 where they do next to nothing


class _Pattern(NamedTuple):
    """What seasons do to the predicted channels, in the units of a model, and rows that they were learnt from."""

    levels: np.ndarray  # (period, n_outputs), from the first row of `fit` on
    memory: np.ndarray  # (n_outputs,), the share of the rest that is left a row later
    noise: np.ndarray  # (n_outputs,), variance of what is new in a row
    known: list[tuple[np.ndarray, int]]  # rows (T_i, n_outputs) of `fit`, and where they begin

    @property
    def news(self) -> np.ndarray:
        """What the seasons add to what is new in a row (period, n_outputs)."""
        return self.levels - self.memory * np.roll(self.levels, 1, axis=0)

    @property
    def unlike(self) -> np.ndarray:
        """By which share (period,) of its variance the pattern differs from itself so many rows on."""
        centred = self.levels - self.levels.mean(axis=0)
        alike = np.sum([_meeting(turn, turn) for turn in centred.T], axis=0)
        return 1 - alike / max(float((centred**2).sum()), _LEAST_VARIANCE)


_PATTERNS: Derived[_Pattern] = Derived()


def place_of(model: Any, rows: np.ndarray) -> Place:
    """Where rows (n_rows, n_outputs) in the units of a fitted model begin in its seasons; NaN is not known.

    What is new in a row, y(t) - r y(t - 1) with the memory r of the noise, is held against what the seasons add to it,
    at every place of the longest season and whatever the level. Where the rows leave it open the place is 0. How sure
    that is is tried on pieces of as many rows of the series of `fit`; rows that do not hold a season once are not.
    """
    kept = vars(model)["_calibration"]
    asked = model.season_, model._feedback.channels, model.n_features_in_, kept.members()
    pattern = _PATTERNS.get(model, (kept,), partial(_learned, *asked))
    gains = _gains(pattern, rows)
    best = int(np.argmax(gains))
    chances = np.exp(gains - gains[best])
    chances /= chances.sum()
    if not (pattern.news.var(axis=0) > _LEAST_SHARE * pattern.noise).any():
        return Place(best, float(chances[best]), 0.0)
    unlike = pattern.unlike
    missed = unlike[_trials(pattern, len(rows))]
    unseen = 1 - len(rows) / len(pattern.levels)  # of a season
    doubt = max(float(np.roll(unlike, best) @ chances), float(missed.mean()), unseen)
    return Place(best, min(float(chances[best]), float(np.mean(missed < _LEAST_VARIANCE))), doubt)


def _trials(pattern: _Pattern, n_rows: int) -> list[int]:
    """How many rows from where they are, round the period, pieces of known rows are placed by their values."""
    each, missed = max(1, _PIECES // len(pattern.known)), []
    for rows, begin in pattern.known[:_PIECES]:
        length = min(n_rows, len(rows))
        for first in np.unique(np.linspace(0, len(rows) - length, each).astype(int)):
            best = int(np.argmax(_gains(pattern, rows[first : first + length])))
            missed.append((best - begin - int(first)) % len(pattern.levels))
    return missed


def _learned(season: Season, channels: np.ndarray, n_features: int, members: list[np.ndarray]) -> _Pattern:
    """What seasons did in the rows of `fit`, by least squares of what is new in each row."""
    one_turn = season.of_rows(0, round(season.periods.max()))
    found = []
    for channel in channels:
        parts = [(rows[:, channel], rows[:, n_features:]) for rows in members]
        walk, _ = _effects(parts, 1.0)
        rest = [levels - phases @ walk for levels, phases in parts]
        rest = [levels - levels.mean() for levels in rest]
        lasting = sum(levels[1:] @ levels[:-1] for levels in rest)
        memory = float(np.clip(lasting / max(sum(levels @ levels for levels in rest), _LEAST_VARIANCE), 0, 1))
        coef, noise = _effects(parts, memory)
        found.append((one_turn @ coef, memory, noise))
    levels, memories, noises = zip(*found, strict=True)
    begins = [int(np.argmin(((one_turn - rows[0, n_features:]) ** 2).sum(axis=1))) for rows in members]
    known = list(zip([rows[:, channels] for rows in members], begins, strict=True))
    return _Pattern(np.column_stack(levels), np.array(memories), np.array(noises), known)


def _effects(parts: list[tuple[np.ndarray, np.ndarray]], memory: float) -> tuple[np.ndarray, float]:
    """Coefficients of phases (n_columns,) in what is new in the rows of series, and the variance of the rest."""
    new = [(y[1:] - memory * y[:-1], phases[1:] - memory * phases[:-1]) for y, phases in parts if len(y) > 1]
    targets = np.concatenate([y - y.mean() for y, _ in new])
    columns = np.concatenate([phases - phases.mean(axis=0) for _, phases in new])
    coef = np.linalg.lstsq(columns, targets, rcond=None)[0]
    return coef, max(float(np.mean((targets - columns @ coef) ** 2)), _LEAST_VARIANCE)


def _gains(pattern: _Pattern, rows: np.ndarray) -> np.ndarray:
    """Log likelihood (period,) of rows (n_rows, n_outputs) at every place, whatever their level and size of noise."""
    period, gains = len(pattern.levels), np.zeros(len(pattern.levels))
    for levels, steps, memory, noise in zip(rows.T, pattern.news.T, pattern.memory, pattern.noise, strict=True):
        new = levels[1:] - memory * levels[:-1]
        known = np.flatnonzero(np.isfinite(new))
        if not known.size:
            continue
        new, phases = new[known] - new[known].mean(), (known + 1) % period
        sums, counts = np.bincount(phases, new, period), np.bincount(phases, minlength=period).astype(np.float64)
        missed = new @ new - 2 * _meeting(sums, steps) + _meeting(counts, steps**2)
        missed -= _meeting(counts, steps) ** 2 / len(new)
        gains -= (len(new) + _ROWS_OF_FIT) / 2 * np.log(np.maximum(missed, 0) + _ROWS_OF_FIT * noise)
    return gains


def _meeting(rows: np.ndarray, turn: np.ndarray) -> np.ndarray:
    """The sum over k of rows(k) turn(k + s) for every shift s, round and round."""
    return np.fft.irfft(np.conj(np.fft.rfft(rows)) * np.fft.rfft(turn), len(turn))
