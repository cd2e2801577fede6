"""What the index of a table says of its rows: several series, time that does not go on, holes in it."""

from __future__ import annotations

import datetime
import re
import warnings
from typing import Any

import numpy as np

_TIMES = ("date", "time", "period", "duration")  # how the names of their types begin, in NumPy, pandas and polars
_ISO = re.compile(r"\d{4}-\d\d(-\d\d([T ][\d:.]+)?)?")
_LONG_STEP = 1.5
"""A step this many times as long as the usual one is a hole; months and days of 25 hours are none."""


def index_of(table: Any) -> Any:
    """The index of a table or column of pandas; None of anything else."""
    index = getattr(table, "index", None)
    return index if hasattr(index, "is_monotonic_increasing") else None


def is_time(kind: str) -> bool:
    """Whether a type of this name holds times or spans of time."""
    return kind.lower().startswith(_TIMES)


def refuse_panel(table: Any, name: str, owner: str) -> None:
    """Refuse an index of several levels, which is that of several series one below the other."""
    index, table_name = index_of(table), name.split()[-1]
    if index is not None and index.nlevels > 1:
        raise ValueError(
            f"{name} of {owner} has an index of {index.nlevels} levels, {list(index.names)}, as of several series one "
            f"below the other. Give the list of them, reservoir.sequences.from_aeon({table_name}), X and y alike; "
            f"if the rows are one series, {table_name}.reset_index(drop=True)."
        )


def check_index(table: Any, name: str, owner: str) -> str | None:
    """Refuse rows that are not in order of time; in words what else is doubtful about their index, None without."""
    refuse_panel(table, name, owner)
    index = index_of(table)
    if index is None or len(index) < 2:
        return None
    times = times_of(index)
    if times is None:
        doubt = _doubt_about_labels(index)
    else:
        _check_order(index, times, name, owner)
        doubt = _doubt_about_holes(index, times)
    return None if doubt is None else f"{name} of {owner} {doubt}"


def times_of(index: Any) -> np.ndarray | None:
    """The times (n_rows,) of an index as datetime64 or timedelta64, those of a zone as UTC; None where it has none."""
    if hasattr(index, "to_timestamp"):
        index = index.to_timestamp()
    elif getattr(index, "tz", None) is not None:
        index = index.tz_convert(None)
    values = np.asarray(index.values)
    if values.dtype.kind in "mM":
        return values
    if values.dtype.kind not in "OUT" or not (is_time(str(index.dtype)) or _is_date(values[0])):
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of zones, which become UTC
        try:
            return values.astype("datetime64[us]")
        except (ValueError, TypeError):
            return None


def usual_step(index: Any, times: np.ndarray) -> tuple[np.timedelta64, np.ndarray]:
    """The usual step of increasing times, and the rows (n_holes,) before which time is missing."""
    steps = np.diff(times)
    usual = np.median(steps.astype(np.int64)).astype(np.int64).astype(steps.dtype)
    holes = steps > _LONG_STEP * usual
    if holes.any() and skips_weekends(index, times, usual):
        days = wall_times(index, times).astype("datetime64[D]")
        holes = np.busday_count(days[:-1], days[1:]) > 1
    return usual, np.flatnonzero(holes) + 1


def skips_weekends(index: Any, times: np.ndarray, usual: np.timedelta64) -> bool:
    """Whether times are those of working days, one a day, over one weekend at least."""
    if times.dtype.kind != "M" or abs(usual - np.timedelta64(1, "D")) > np.timedelta64(2, "h"):
        return False
    days = wall_times(index, times).astype("datetime64[D]")
    return bool(np.is_busday(days).all() and np.busday_count(days[0], days[-1]) < (days[-1] - days[0]).astype(int))


def wall_times(index: Any, times: np.ndarray) -> np.ndarray:
    """Times as clocks show them in their zone."""
    return times if getattr(index, "tz", None) is None else np.asarray(index.tz_localize(None).values)


def _is_date(value: Any) -> bool:
    """Whether a label is a date, or is one in the notation of ISO 8601."""
    return isinstance(value, datetime.date) or (isinstance(value, str) and _ISO.fullmatch(value) is not None)


def _check_order(index: Any, times: np.ndarray, name: str, owner: str) -> None:
    refused, table = f"{name} of {owner} must be in order of time, but its index", name.split()[-1]
    anyhow = f"If the rows are in order all the same: {table}.reset_index(drop=True)."
    lost = np.flatnonzero(np.isnat(times))
    if lost.size:
        raise ValueError(f"{refused} has no time (NaT) at row {lost[0]}. Leave such rows out. {anyhow}")
    steps = np.diff(times).astype(np.int64)
    back = np.flatnonzero(steps < 0)
    if back.size:
        where = f"goes back from {index[back[0]]} to {index[back[0] + 1]} at row {back[0] + 1}"
        whole = "the newest row stands first" if (steps <= 0).all() else f"{back.size} such places in all"
        way = f"Sort it, {table}.sort_index(), X and y alike; several series are a list of tables"
        raise ValueError(f"{refused} {where} ({whole}). {way}. {anyhow}")
    twice = np.flatnonzero(steps == 0)
    if twice.size:
        where = f"has {index[twice[0]]} twice, at rows {twice[0]} and {twice[0] + 1}"
        way = f"Keep one of them, {table}[~{table}.index.duplicated()]; several series are a list of tables"
        raise ValueError(f"{refused} {where} ({twice.size} such places in all). {way}. {anyhow}")


def _doubt_about_holes(index: Any, times: np.ndarray) -> str | None:
    if getattr(index, "freq", None) is not None and not hasattr(index, "to_timestamp"):  # pandas made it regular
        return None
    usual, holes = usual_step(index, times)
    if not holes.size:
        return None
    row, step = holes[0], usual.astype("timedelta64[us]").item()
    more = f" (and {holes.size - 1} more)" if holes.size > 1 else ""
    what = "a hole" if holes.size < len(index) / 10 else "uneven steps"
    return (
        f"has {what} in its index: from {index[row - 1]} to {index[row]} at row {row}{more}, where the usual step is "
        f"{step}. Rows count as equal steps, and the state goes on over the hole. Give the pieces between the holes as "
        "a list, or fill them, as by X.asfreq(...).interpolate(); X.reset_index(drop=True) silences this."
    )


def _doubt_about_labels(index: Any) -> str | None:
    """What is odd about labels that are no times: numbers that go back all the time, labels that stand for groups."""
    if index.hasnans or (index.is_monotonic_increasing and index.is_unique):
        return None
    labels = np.asarray(index.values)
    same = labels[1:] == labels[:-1]
    if 2 * np.count_nonzero(same) > len(same):
        row = int(np.flatnonzero(same)[0])
        return (
            f"repeats the labels of its index, {index[row]!r} at rows {row} and {row + 1}, as those of several series "
            "one below the other, but is read as one. Give the list of them, [part for _, part in "
            "X.groupby(level=0)], and y likewise; X.reset_index(drop=True) silences this."
        )
    back = np.flatnonzero(labels[1:] < labels[:-1]) if labels.dtype.kind in "iuf" else np.zeros(0, int)
    if back.size < 2 or 4 * back.size <= len(same):
        return None
    row = int(back[0]) + 1
    return (
        f"is not in the order of its index, which goes back at {back.size} of {len(same)} rows, first from "
        f"{index[row - 1]} to {index[row]} at row {row}. Rows are read as they stand: if the index counts time, sort "
        "them, X.sort_index() and y alike; X.reset_index(drop=True) silences this."
    )
