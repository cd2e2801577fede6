"""Seasons: the phases of what repeats, as columns that are known in advance.

A season of `period` rows adds, for every harmonic k, the columns sin and cos of 2 pi k t / period in row t. There are
at most six harmonics of a season, none shorter than two rows (of one that is just two rows long the cosine alone),
and none that a season before has already. Rows are counted from the first row of the series of `fit`.

"calendar" takes the seasons from the dates of the index instead: the day, the week and the year, each where a step is
at most half of it and the longest series of `fit` holds it twice. A year goes by months where steps are months or
longer.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from reservoir.sequences import Sequences, is_one_series
from reservoir.sequences.future import (
    UNKNOWN,
    Ending,
    beginning_of,
    ending_of,
    index_after,
    index_from,
    moved_to,
    rows_between,
)
from reservoir.sequences.time_index import index_of, times_of, usual_step, wall_times
from reservoir.validation import InvalidParameterError, parameter_error, real_array

MOST_HARMONICS = 6
_DAY = np.timedelta64(1, "D")
PARTS = {"day": 1.0, "week": 7.0, "year": 365.2425}  # in days
_MONTH = 30.44
_MOST_MONTHS = 12  # rows of a year that goes by months


class Moment(NamedTuple):
    """Where a series stands after its last row."""

    position: int  # rows since the first row of the series of `fit`
    ending: Ending | None  # of its dates, where the calendar is asked


class Season(NamedTuple):
    """The seasons of a fitted forecaster."""

    periods: np.ndarray  # (n_seasons,), in rows
    parts: list[str]  # of the calendar, one for each season; none where rows are counted
    origin: Ending | None  # the index of the first series of `fit` at its first row
    ends: list[Moment]  # of the series of `fit`

    @property
    def n_columns(self) -> int:
        """How many columns a row gets."""
        return len(self._waves())

    def of_series(
        self, owner: str, X: Any, sequences: Sequences, places: list[int] | None = None
    ) -> tuple[list[np.ndarray], list[Moment]]:
        """The columns (n_rows, n_columns) of every series of X, and the moments after them.

        A series without an index that tells the place of its rows begins so many rows behind where the first series of
        `fit` began, or there.
        """
        of_each = zip(tables_of(X, sequences), sequences.lengths, places or [0] * len(sequences), strict=True)
        found = [self._of_table(owner, table, int(length), place) for table, length, place in of_each]
        return [columns for columns, _ in found], [moment for _, moment in found]

    def of_future(self, moment: Moment, n_rows: int) -> np.ndarray:
        """The columns (n_rows, n_columns) of the rows after a moment."""
        if moment.ending is None:
            return self.of_rows(moment.position, n_rows)
        return self._columns(_calendar_turns(self.parts, self.periods, index_after(moment.ending, n_rows)))

    def tells_place(self, owner: str, table: Any) -> bool:
        """Whether the index of a table says where its rows stand in the series of `fit`."""
        return self._beginning(owner, table) is not None

    def of_rows(self, first: int, n_rows: int) -> np.ndarray:
        """The columns (n_rows, n_columns) of periods so many rows after the first of `fit`."""
        rows = np.arange(first, first + n_rows, dtype=np.float64)[:, None]
        return self._columns(np.remainder(rows, self.periods) / self.periods)  # without whole turns

    def _of_table(self, owner: str, table: Any, n_rows: int, place: int) -> tuple[np.ndarray, Moment]:
        own = self._beginning(owner, table)
        first = place if own is None or self.origin is None else rows_between(self.origin, own)
        if not self.parts or self.origin is None:
            return self.of_rows(first, n_rows), Moment(first + n_rows, None)
        index = index_from(self.origin, n_rows) if own is None else index_of(table)
        moment = Moment(first + n_rows, moved_to(self.origin, index))
        return self._columns(_calendar_turns(self.parts, self.periods, index)), moment

    def _beginning(self, owner: str, table: Any) -> Ending | None:
        """The place of the first row of a table in the steps of the series of `fit`; None where it tells none."""
        own, index, origin = ending_of(table), index_of(table), self.origin
        if own is None or origin in (None, UNKNOWN):
            return None
        begins = moved_to(origin, index[:1])
        if begins == UNKNOWN:  # of another kind, as of a table whose index was reset
            return None
        naive = [getattr(index, "tz", None) is None, origin["zone"] is None]
        if naive[0] != naive[1] or (own != UNKNOWN and own["step"] != origin["step"]):
            told = [f"steps of {one.get('step')}, zone {one.get('zone')}" for one in (origin, own)]
            raise ValueError(
                f"The seasons of {owner} go by an index in {told[0]}; the data have one in {told[1]}. Give such data, "
                "or an array, which begins at the phase of the first row of fit."
            )
        return begins

    def _waves(self) -> list[tuple[int, int, bool]]:
        """Season, harmonic and whether it is the sine, for every column."""
        known: set[float] = set()
        waves = []
        for season, period in enumerate(self.periods.tolist()):
            for harmonic in range(1, MOST_HARMONICS + 1):
                frequency = round(harmonic / period, 9)
                if frequency <= 0.5 and frequency not in known:
                    known.add(frequency)
                    waves += [(season, harmonic, True)] * (frequency < 0.5) + [(season, harmonic, False)]
        return waves

    def _columns(self, turns: np.ndarray) -> np.ndarray:
        angles = 2 * np.pi * turns
        waves = [(np.sin if sine else np.cos)(harmonic * angles[:, k]) for k, harmonic, sine in self._waves()]
        return np.stack(waves, axis=-1)


def read_season(owner: str, season: Any, X: Any, sequences: Sequences) -> Season | None:
    """The seasons that a user asks for, of the series X of `fit`; None where there are none."""
    if season is None:
        return None
    tables, longest = tables_of(X, sequences), int(sequences.lengths.max())
    origin = beginning_of(tables[0])
    if isinstance(season, str) and season == "calendar":
        made = Season(*_calendar_of(owner, tables, longest, origin), origin, [])
    else:
        made = Season(_read_periods(owner, season, longest), [], origin, [])
    return made._replace(ends=made.of_series(owner, X, sequences)[1])


def _read_periods(owner: str, season: Any, longest: int) -> np.ndarray:
    """One period or several, each of at least two rows, and twice in the longest series."""
    given = real_array(season) if np.asarray(season).dtype.kind in "fiu" else None
    periods = np.zeros(0) if given is None else np.atleast_1d(given)
    good = periods.ndim == 1 and periods.size > 0 and len(set(periods)) == len(periods)
    if not good or not ((periods >= 2) & (2 * periods <= longest)).all():
        wanted = (
            f"None, 'calendar', or one period or distinct periods of 2 to {longest / 2:g} rows, so that the longest "
            "series holds each twice"
        )
        raise parameter_error(owner, "season", wanted, season)
    return np.sort(periods)


def _calendar_of(owner: str, tables: list[Any], longest: int, origin: Ending | None) -> tuple[np.ndarray, list[str]]:
    """How many rows the parts of the calendar are long that the series hold twice, and their names."""
    kinds = [ending and ending["kind"] for ending in map(ending_of, tables)]
    if origin is None or origin["kind"] not in ("time", "period") or kinds != [origin["kind"]] * len(tables):
        raise _no_calendar(owner, "series with an index of dates in regular steps")
    index = index_of(max(tables, key=len))
    step, _ = usual_step(index, np.asarray(times_of(index)))
    days = step / _DAY
    parts = [name for name, length in PARTS.items() if 2 * days <= length and 2 * length <= 1.01 * longest * days]
    if not parts:
        raise _no_calendar(owner, "a day, week or year of at least two rows, which the longest series holds twice")
    months = max(1, round(days / _MONTH))
    by_months = days > 0.9 * _MONTH
    return np.array([12 / months if by_months else PARTS[name] / days for name in parts]), parts


def _no_calendar(owner: str, needed: str) -> InvalidParameterError:
    return parameter_error(owner, "season", f"None or periods in rows: the calendar needs {needed}", "calendar")


def _calendar_turns(parts: list[str], periods: np.ndarray, index: Any) -> np.ndarray:
    """Turns (n_rows, n_parts) of the day, the week or the year at dates, as clocks show them in their zone."""
    times = wall_times(index, np.asarray(times_of(index))).astype("datetime64[us]")
    days = times.astype("datetime64[D]")
    clock = (times - days) / _DAY
    turns = []
    for part, period in zip(parts, periods, strict=True):
        if part == "day":
            turns.append(clock)
        elif part == "week":
            turns.append(((days.astype(np.int64) + 3) % 7 + clock) / 7)  # Monday is 0
        elif period <= _MOST_MONTHS:
            turns.append(times.astype("datetime64[M]").astype(np.int64) % 12 / 12)
        else:
            year = times.astype("datetime64[Y]")
            turns.append((times - year) / ((year + np.timedelta64(1, "Y")).astype("datetime64[us]") - year))
    return np.stack(turns, axis=-1)


def tables_of(X: Any, sequences: Sequences) -> list[Any]:
    """The series of a container; arrays in place of what has been read already."""
    if isinstance(X, Sequences):
        return sequences.members()
    return [X] if is_one_series(X) else list(X)
