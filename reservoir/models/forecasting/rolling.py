"""Candidates at rolling origins inside the training rows: what they learn before each fold, and their errors in it."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from reservoir.models.forecasting.candidates import Candidate, Fold
from reservoir.models.forecasting.chosen import ChosenReadout, as_seen
from reservoir.models.forecasting.closed_loop import Course, Member, free_run
from reservoir.models.forecasting.columns import Layout, Moments, Sums, solved
from reservoir.models.forecasting.lessons import Lessons
from reservoir.models.forecasting.units import SeriesUnits
from reservoir.neurons.rate.loops import Feedback, Levels

_LEAST_ROWS = 2  # that a readout may learn from
_LEAST_ERROR = 1e-6  # deviations
_ROWS_AT_ONCE = 4096


class Trial(NamedTuple):
    """Series as candidates of one transform hear them, and the truth that they are held against."""

    heard: list[np.ndarray]  # (T, n_features + n_phases) each
    levels: list[np.ndarray]  # (T, n_outputs) each, what is learnt
    truth: list[np.ndarray]  # the same in units of the user
    units: SeriesUnits  # of the predicted channels
    bounds: np.ndarray  # (n_outputs, 2), what forecasts are kept in here
    deviations: np.ndarray  # (n_outputs,), of the truth
    head: int  # rows that are not learnt from


class Driven(NamedTuple):
    """A reservoir that hears the series: its states, and how it goes on from each origin."""

    reservoir: Any
    blocks: list[np.ndarray]  # (T, n_states) each
    befores: dict[tuple[int, int], Any]  # the state before the last known row of every origin
    lessons: Lessons
    feedback: Feedback


def naive_errors(trial: Trial, folds: list[Fold], horizon: int) -> np.ndarray:
    """Mean errors (horizon,) of the last value, in deviations."""
    last = [np.stack([trial.truth[series][row - 1] for series, row in fold.origins]) for fold in folds]
    told = trial.truth, trial.deviations
    return mean_errors(
        [missed(*told, fold, rows[None, :, None], horizon) for fold, rows in zip(folds, last, strict=True)]
    )[0]


def score(errors: np.ndarray, evenly: bool = False) -> float:
    """Mean logarithm of the errors (horizon,) that are known, the near ones first or all alike."""
    known = np.isfinite(errors)
    weights = np.arange(1.0, len(errors) + 1)[known] ** (0.0 if evenly else -0.5)
    return float(np.log(errors[known] + _LEAST_ERROR) @ weights / weights.sum()) if known.any() else np.inf


def errors_of(
    trial: Trial,
    layout: Layout,
    driven: Driven | None,
    folds: list[Fold],
    groups: list[Candidate],
    horizon: int,
    strategies: tuple[str, ...],
    targets: tuple[str, ...],
    slow: bool = False,
) -> Iterator[tuple[Candidate, np.ndarray]]:
    """All candidates of the groups that could learn before every fold, and their mean errors (horizon,)."""
    for strategy in strategies:
        learnt = moments_of(trial, layout, driven, folds, horizon if strategy == "direct" else 1)
        for group in groups:
            penalties = group.penalties[:: 3 if slow and group.states else 1]
            found: dict[Candidate, list[tuple[np.ndarray, np.ndarray]]] = {}
            for fold, moments in zip(folds, learnt, strict=True):
                if moments is None or moments.n_rows < _LEAST_ROWS or not fold.origins:
                    continue
                for target, answers in solved(layout, moments, group, penalties, group.targets(targets)).items():
                    forecasts = _forecasts(trial, layout, driven, fold, group, horizon, strategy, answers)
                    sums = missed(trial.truth, trial.deviations, fold, forecasts, horizon)
                    for k, penalty in enumerate(penalties):
                        candidate = group._replace(target=target, strategy=strategy, penalty=float(penalty))
                        found.setdefault(candidate, []).append((sums[0][k : k + 1], sums[1]))
            for candidate, sums_of in found.items():
                if len(sums_of) == len(folds):
                    yield candidate, mean_errors(sums_of)[0]


def moments_of(
    trial: Trial, layout: Layout, driven: Driven | None, folds: list[Fold], horizon: int
) -> list[Moments | None]:
    """Moments before every fold of the rows whose targets, so many rows, stand before it."""
    sums, found = Sums(), []
    at = [max(trial.head, layout.lags)] * len(trial.heard)
    for fold in folds:
        for series, end in enumerate(fold.ends):
            last = end - horizon
            for first in range(at[series], last, _ROWS_AT_ONCE):
                stop = min(first + _ROWS_AT_ONCE, last)
                sums.add(
                    _rows(trial, layout, driven, series, first, stop),
                    _targets(trial.levels[series], first, stop, horizon),
                )
            at[series] = max(at[series], last)
        found.append(sums.moments() if sums.n_rows else None)
    return found


def _rows(trial: Trial, layout: Layout, driven: Driven | None, series: int, first: int, last: int) -> np.ndarray:
    states = np.empty((last - first, 0)) if driven is None else driven.blocks[series][first:last]
    return layout.rows(states, trial.heard[series], first, last)


def _targets(levels: np.ndarray, first: int, last: int, horizon: int) -> np.ndarray:
    return np.concatenate([levels[first + step : last + step] for step in range(1, horizon + 1)], axis=1)


def missed(
    truth: list[np.ndarray], deviations: np.ndarray, fold: Fold, forecasts: np.ndarray, horizon: int
) -> tuple[np.ndarray, np.ndarray]:
    """Sums (n_candidates, horizon) of the errors of forecasts (n_candidates, n_origins, horizon or 1, n_outputs).

    They are in deviations of the truth, and come with how many there are (horizon,).
    """
    rows = np.full((len(fold.origins), horizon, len(deviations)), np.nan)
    for index, (series, row) in enumerate(fold.origins):
        following = truth[series][row : row + horizon]
        rows[index, : len(following)] = following
    known = np.isfinite(rows)
    errors = np.nan_to_num(np.abs(forecasts - rows) / deviations, nan=np.inf)
    return np.where(known, errors, 0).sum(axis=(1, 3)), known.sum(axis=(0, 2))


def mean_errors(sums: list[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """Mean errors (n_candidates, horizon) of all folds, NaN where no truth is known."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        errors, counts = (np.sum(parts, axis=0) for parts in zip(*sums, strict=True))
        return np.where(counts > 0, errors / counts, np.nan)


def _forecasts(
    trial: Trial,
    layout: Layout,
    driven: Driven | None,
    fold: Fold,
    group: Candidate,
    horizon: int,
    strategy: str,
    answers: tuple[np.ndarray, np.ndarray],
) -> np.ndarray:
    """Forecasts (n_penalties, n_origins, horizon, n_outputs), kept in the bounds, in units of the user."""
    coef, intercept = answers
    if strategy == "direct":
        rows = np.concatenate([_rows(trial, layout, driven, series, row - 1, row) for series, row in fold.origins])
        found = np.matmul(rows, coef) + intercept[:, None]
        found = found.reshape(len(coef), len(rows), horizon, -1)
    elif driven is not None and group.states:
        found = _of_states(trial, layout, driven, fold, horizon, coef, intercept)
    else:
        found = _of_earlier_rows(trial, layout, fold, horizon, coef, intercept)
    return trial.units.given(np.clip(found, trial.bounds[:, 0], trial.bounds[:, 1]))


def _of_earlier_rows(
    trial: Trial, layout: Layout, fold: Fold, horizon: int, coef: np.ndarray, intercept: np.ndarray
) -> np.ndarray:
    """Closed loops of all readouts from all origins at once."""
    n, start, n_lags = layout.n_features, layout.start_of_phases, layout.lags
    of_rows, of_phases = coef[:, layout.n_states : start], coef[:, start:]
    heard = [trial.heard[series] for series, _ in fold.origins]
    places = [
        np.minimum(np.arange(row - 1, row + horizon), len(rows) - 1)
        for rows, (_, row) in zip(heard, fold.origins, strict=True)
    ]
    future = np.stack([rows[place] for rows, place in zip(heard, places, strict=True)])
    past = [rows[row - 1 - n_lags : row, :n][::-1].ravel() for rows, (_, row) in zip(heard, fold.origins, strict=True)]
    seen = np.broadcast_to(np.stack(past), (len(coef), len(past), (n_lags + 1) * n))
    low, high = trial.bounds.T
    out = np.empty((len(coef), len(past), horizon, len(layout.predicted)))
    for step in range(horizon):
        answers = seen @ of_rows + future[:, step, n:] @ of_phases + intercept[:, None]
        out[:, :, step] = np.clip(answers, low, high)
        row = np.broadcast_to(future[:, step + 1, :n], (*seen.shape[:2], n)).copy()
        row[..., layout.predicted] = layout.size * out[:, :, step]
        seen = np.concatenate([row, seen[..., : n_lags * n]], axis=-1)
    return out


def _of_states(
    trial: Trial, layout: Layout, driven: Driven, fold: Fold, horizon: int, coef: np.ndarray, intercept: np.ndarray
) -> np.ndarray:
    """Closed loops of the reservoir, one readout and one origin after the other."""
    n_columns = layout.n_states + (layout.n_features + layout.n_phases) * (layout.lags + 1)
    out = np.full((len(coef), len(fold.origins), horizon, len(layout.predicted)), np.nan)
    courses = [_course(trial, layout, driven, series, row, horizon) for series, row in fold.origins]
    for k in range(len(coef)):
        readout = as_seen(layout, coef[k], intercept[k], n_columns, ChosenReadout())
        run = free_run([Member(driven.reservoir, readout)], driven.lessons, driven.feedback)
        for index, course in enumerate(courses):
            out[k, index, : len(course.known)] = run(course)
    return out


def _course(trial: Trial, layout: Layout, driven: Driven, series: int, row: int, horizon: int) -> Course:
    heard = trial.heard[series]
    known = np.nan_to_num(heard[row : row + horizon])
    known[:, layout.predicted] = np.nan
    past = heard[row - 1 - layout.lags : row][::-1]
    free = np.full((len(known), len(layout.predicted)), np.nan)
    return Course(
        (driven.befores[series, row],), past, known, Levels(trial.levels[series][row - 1], free), trial.bounds[None]
    )
