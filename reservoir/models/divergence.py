"""What a forecast is held against: the range of what was learnt, and what is observed on the way."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from reservoir.models.base import TrainingRows
from reservoir.ranges import first_beyond, widths_of

JUDGED_ROWS = 500
"""How many of the last training rows tell the errors of one step."""
_LEAST_ENTRIES = 5


class DivergenceWarning(RuntimeWarning):
    """A forecast left the range of what was learnt, or does not follow what is observed."""


def last_kept(blocks: Iterable[TrainingRows], kept: list[TrainingRows]) -> Iterator[TrainingRows]:
    """The blocks as they come, the end of the last of which stays in `kept`."""
    for rows in blocks:
        kept[:] = [TrainingRows(rows.features[-JUDGED_ROWS:].copy(), rows.targets[-JUDGED_ROWS:].copy(), None)]
        yield rows


def one_step_errors(readout: Any, rows: TrainingRows) -> np.ndarray:
    """Root mean square errors (n_outputs,) of a fitted readout on the last of these rows."""
    targets = rows.targets[-JUDGED_ROWS:]
    answers = np.reshape(readout.predict(rows.features[-JUDGED_ROWS:]), targets.shape)
    return np.sqrt(np.mean((answers - targets) ** 2, axis=0))


def until_lost(rows: np.ndarray) -> np.ndarray:
    """The rows, NaN from the first on that is not finite or beyond every bound."""
    lost = np.flatnonzero(~(np.abs(rows) <= 1e100).all(axis=1))
    if lost.size:
        rows[lost[0] :] = np.nan
    return rows


def tell_beyond(
    futures: Sequence[np.ndarray], ranges: Sequence[np.ndarray], n_training_rows: int, names: Sequence[Any]
) -> None:
    """Warn of the first forecast (n_steps, n_outputs) that leaves its ranges (n_outputs, 2).

    It may lie beyond them by 1 + 3 h / n_training_rows widths after h steps, so that a line goes on without a warning.
    """
    margins = 1 + 3 * np.arange(1, len(futures[0]) + 1) / n_training_rows
    for index, (future, learnt) in enumerate(zip(futures, ranges, strict=True)):
        found = first_beyond(future, learnt, margins)
        if found is None:
            continue
        row, channel = found
        low, high = learnt[channel]
        lost = np.flatnonzero(np.isnan(future).any(axis=1))
        which = f" of sequence {index}" if len(futures) > 1 else ""
        end = f"; from row {lost[0]} on it is NaN" if lost.size else ""
        warnings.warn(
            f"The forecast{which} runs away: in row {row} its channel {names[channel]!r} is {future[row, channel]:.3g}"
            f", beyond the range that was learnt, {low:.3g} to {high:.3g}, by more than its width{end}. "
            "A larger penalty, noise in training or an ensemble may keep it; `bounds` limits it.",
            DivergenceWarning,
            stacklevel=4,
        )
        return


def tell_unfollowed(
    futures: Sequence[np.ndarray],
    tables: Sequence[np.ndarray],
    errors: np.ndarray,
    ranges: np.ndarray,
    names: Sequence[Any],
) -> None:
    """Warn where answers one step ahead (n_steps, n_outputs) of observed channels miss what is observed.

    A channel counts where it is observed in a row and in the one before. An answer misses where it is off by more than
    5 times the `errors` of training, by more than half of a typical step of the channel there, and by more than a
    thousandth of its range. A channel is not followed where more than a quarter of the answers miss.
    """
    off = np.concatenate([future[1:] - table[1:] for future, table in zip(futures, tables, strict=True)])
    steps = np.concatenate([np.diff(table, axis=0) for table in tables])
    for channel, error in enumerate(errors):
        known = np.isfinite(steps[:, channel])
        if known.sum() < _LEAST_ENTRIES:
            continue
        missed, step = np.nan_to_num(np.abs(off[known, channel]), nan=np.inf), _rms(steps[known, channel])
        limit = max(5 * error, 0.5 * step, 1e-3 * widths_of(ranges)[channel])
        if (missed > limit).mean() > 0.25:
            warnings.warn(
                f"The forecast does not follow channel {names[channel]!r}, which is observed: half of its answers one "
                f"step ahead are off by more than {np.median(missed):.3g}, where those of the training rows were by "
                f"{error:.3g} (root mean square). The other channels are then not to be trusted either; to infer them "
                "from those observed train a ReservoirRegressor.",
                DivergenceWarning,
                stacklevel=4,
            )
            return


def _rms(values: np.ndarray) -> float:
    return float(np.sqrt(np.mean(values**2)))
