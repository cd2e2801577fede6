"""What a forecast is held against: the range of what was learnt, and what is observed on the way."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from reservoir.models.base import TrainingRows
from reservoir.models.forecasting.hearing import names_of
from reservoir.models.forecasting.reading import margins_of, stays_near
from reservoir.ranges import first_beyond, widths_of
from reservoir.readouts.linear import is_linear

_REACHED = 1 - 1e-6  # share of a margin, up to rounding, that a forecast reaches which is kept there
_LOST = 1.05  # how many times the error of the last value is worth a warning
JUDGED_ROWS = 500
"""How many of the last training rows tell the errors of one step."""


class DivergenceWarning(RuntimeWarning):
    """A forecast left the range of what was learnt, or does not follow what is observed."""


class BaselineWarning(UserWarning):
    """A forecaster loses to the last value inside the training rows."""


def warn_of_lost(owner: str, horizon: int, error: float, naive: float, *, chosen: bool) -> None:
    """Warn where the mean error over a horizon is larger than that of the last value, both in deviations."""
    if error > _LOST * naive:
        advice = "." if chosen else "; readout=None lets the data choose, the penalty among others."
        warnings.warn(
            f"{owner} loses to the last value at rolling origins inside the training rows: up to {horizon} rows ahead "
            f"its mean error is {error:.3g} deviations, that of the last value {naive:.3g}. The series may be a random "
            f"walk, or too short{advice}",
            BaselineWarning,
            stacklevel=6,
        )


def last_kept(blocks: Iterable[TrainingRows], kept: list[TrainingRows]) -> Iterator[TrainingRows]:
    """The blocks as they come, the end of the last of which stays in `kept`."""
    for rows in blocks:
        kept[:] = [TrainingRows(rows.features[-JUDGED_ROWS:].copy(), rows.targets[-JUDGED_ROWS:].copy(), None)]
        yield rows


def one_step_residuals(readout: Any, rows: TrainingRows) -> np.ndarray:
    """Answers less targets (at most 500, n_outputs) of a fitted readout on the last of these rows."""
    features, targets = rows.features[-JUDGED_ROWS:], rows.targets[-JUDGED_ROWS:]
    linear = is_linear(readout)  # then `predict` would only check what is known to be right
    answers = features @ np.transpose(readout.coef_) + readout.intercept_ if linear else readout.predict(features)
    return np.reshape(answers, targets.shape) - targets


def until_lost(rows: np.ndarray) -> np.ndarray:
    """The rows, NaN from the first on that is not finite or beyond every bound."""
    kept = np.abs(rows) <= 1e100
    if not kept.all():
        rows[np.argmin(kept.all(axis=1)) :] = np.nan
    return rows


def judge(model: Any, futures: np.ndarray, tables: np.ndarray | None, ranges: np.ndarray) -> None:
    """Warn of forecasts (n_series, n_steps, n_outputs) that leave what a model learnt, or what is observed.

    They may lie beyond the ranges (n_series, n_outputs, 2) by 1 + 3 h / T widths h steps after T training rows, so that
    a line goes on without a warning. Where they are kept so near, the warning says that they are.
    """
    channels = model._feedback.channels
    margins = margins_of(model, futures.shape[1])
    beyond = first_beyond(futures, ranges, margins * _REACHED if stays_near(model) else margins)
    if beyond is None and tables is None:
        return
    names = names_of(model)
    names = [names[channel] for channel in channels]
    if beyond is not None:
        tell_beyond(futures, beyond, ranges, names, kept=stays_near(model))
    if tables is not None:
        tell_unfollowed(futures, tables[..., channels], model.training_errors_, model.training_range_, names)


def tell_beyond(
    futures: np.ndarray, beyond: tuple[int, ...], ranges: np.ndarray, names: Sequence[Any], *, kept: bool
) -> None:
    """Warn of the first value of (n_series, n_steps, n_outputs) that is `beyond` its range, or is kept before it."""
    series, row, channel = beyond
    low, high = ranges[series, channel]
    lost = np.flatnonzero(np.isnan(futures[series]).any(axis=1))
    which = f" of sequence {series}" if len(futures) > 1 else ""
    end = f"; from row {lost[0]} on it is NaN" if lost.size else ""
    advice = (
        "It is kept there by bounds='auto', and not to be trusted from there on."
        if kept
        else ("A larger penalty, noise in training or an ensemble may keep it; `bounds` limits it.")
    )
    warnings.warn(
        f"The forecast{which} runs away: in row {row} its channel {names[channel]!r} is {futures[beyond]:.3g}, beyond "
        f"the range that was learnt, {low:.3g} to {high:.3g}, by more than its width{end}. {advice}",
        DivergenceWarning,
        stacklevel=5,
    )


def tell_unfollowed(
    futures: np.ndarray, tables: np.ndarray, errors: np.ndarray, ranges: np.ndarray, names: Sequence[Any]
) -> None:
    """Warn where the answers (n_series, n_steps, n_outputs) to observed channels miss what tables of that shape hold.

    A channel counts where it is observed in a row and in the one before. An answer misses where it is off by more than
    5 times the `errors` of training, by more than a quarter of the root mean square step of the channel there, and by
    more than a thousandth of its range. Where errors are as in training, whatever their distribution, at most one in 25
    misses (Chebyshev's inequality); a channel is not followed where more miss than chance adds to that.
    """
    off, steps = futures[:, 1:] - tables[:, 1:], np.diff(tables, axis=1)
    for channel, error in enumerate(errors):
        known = np.isfinite(steps[..., channel])
        if not known.any():
            continue
        errors_here = np.nan_to_num(np.abs(off[known, channel]), nan=np.inf)
        typical_step = np.sqrt(np.mean(steps[known, channel] ** 2))
        missed = errors_here > max(5 * error, 0.25 * typical_step, 1e-3 * widths_of(ranges)[channel])
        expected = missed.size / 25
        if missed.sum() > 1 + expected + 3 * np.sqrt(expected):
            warnings.warn(
                f"The forecast does not follow channel {names[channel]!r}, which is observed: {missed.mean():.0%} of "
                f"its answers one step ahead are off by {np.median(errors_here[missed]):.3g} or so, where those of the "
                f"training rows were by {error:.3g}. The other channels are not to be trusted then: to infer them from "
                "what is observed train a ReservoirRegressor.",
                DivergenceWarning,
                stacklevel=5,
            )
            return
