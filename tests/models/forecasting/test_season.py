"""Phases of seasons: the naive twin, what goes on exactly, dates, and what is refused."""

import numpy as np
import pandas as pd
import pytest

from reservoir.models.forecasting.season import Moment, read_season
from reservoir.sequences import Sequences


def rows(n_rows, kind="series"):
    return Sequences(np.zeros((n_rows, 1)), np.array([0, n_rows]), kind)


def dated(start, n_rows, freq, **options):
    return pd.DataFrame({"load": np.zeros(n_rows)}, index=pd.date_range(start, periods=n_rows, freq=freq, **options))


def fitted(season, X):
    return read_season("Model", season, X, rows(len(X)))


def columns_of(season, X):
    (columns,), (moment,) = season.of_series("Model", X, rows(len(X)))
    return columns, moment


def waves(turns, n_rows_a_turn):
    """The naive twin: sin and cos of up to three harmonics, none faster than two rows a turn."""
    columns = []
    for k in (1, 2, 3):
        if 2 * k < n_rows_a_turn:
            columns.append([np.sin(2 * np.pi * k * turn) for turn in turns])
        if 2 * k <= n_rows_a_turn:
            columns.append([np.cos(2 * np.pi * k * turn) for turn in turns])
    return np.transpose(columns)


@pytest.mark.parametrize("period", [2, 3, 4, 5, 6.5, 7, 11.04, 24])
def test_the_phases_of_a_period(period):
    season = fitted(period, np.zeros((60, 1)))
    columns, _ = columns_of(season, np.zeros((60, 1)))
    np.testing.assert_allclose(columns, waves(np.arange(60) / period, period), atol=1e-12)
    assert columns.shape[1] == season.n_columns
    assert np.linalg.matrix_rank(columns) == columns.shape[1]  # no column says what another says


def test_several_periods_share_no_harmonic():
    season = fitted([24, 12, 168], np.zeros((400, 1)))
    columns, _ = columns_of(season, np.zeros((400, 1)))
    assert season.periods.tolist() == [12, 24, 168] and columns.shape[1] == 6 + 4 + 6  # 24 / 2 is 12
    assert np.linalg.matrix_rank(columns) == columns.shape[1]


@pytest.mark.parametrize("season", [7, 9.5, [5, 11.5]])
def test_phases_go_on_exactly(season):
    """After the series of `fit`, after a part of it, and in pieces: the bits of one long series."""
    whole, X = np.zeros((90, 1)), np.zeros((50, 1))
    made = fitted(season, X)
    expected, _ = columns_of(fitted(season, whole), whole)
    np.testing.assert_array_equal(made.of_future(made.ends[0], 40), expected[50:])
    columns, moment = columns_of(made, whole[:30])
    np.testing.assert_array_equal(np.vstack([columns, made.of_future(moment, 60)]), expected)


@pytest.mark.parametrize("freq", ["h", "D", "MS", "ME", "B", "QS", "30min", "W"])
def test_dates_tell_where_a_context_stands(freq):
    table = dated("2020-01-31", 60, freq)
    season = fitted(7.5, table)
    expected, _ = columns_of(season, np.zeros((100, 1)))
    late, moment = columns_of(season, table[23:])
    np.testing.assert_array_equal(late, expected[23:60])
    np.testing.assert_array_equal(season.of_future(moment, 40), expected[60:])
    np.testing.assert_array_equal(season.of_future(season.ends[0], 40), expected[60:])
    _, moment = columns_of(season, table[41:42])  # a row alone has no step
    np.testing.assert_array_equal(season.of_future(moment, 10), expected[42:52])
    reset, _ = columns_of(season, table[23:].reset_index(drop=True))
    np.testing.assert_array_equal(reset, expected[:37])  # as an array
    before = dated(table.index[0], 60, freq)
    assert rows_before(season, before, table.index[0] - 5 * table.index.freq, freq) == -5


def rows_before(season, table, start, freq):
    return columns_of(season, dated(start, len(table), freq))[1].position - len(table)


def test_numbers_and_periods_of_pandas():
    years = pd.DataFrame({"spots": np.zeros(60)}, index=np.arange(1700, 1760))
    months = pd.DataFrame({"spots": np.zeros(60)}, index=pd.period_range("2001-03", periods=60, freq="M"))
    for table in (years, months):
        season = fitted(11, table)
        late, moment = columns_of(season, table[13:])
        expected, _ = columns_of(season, np.zeros((70, 1)))
        np.testing.assert_array_equal(np.vstack([late, season.of_future(moment, 10)]), expected[13:])


@pytest.mark.parametrize(
    ("freq", "n_rows", "parts"),
    [("h", 24 * 15, ["day", "week"]), ("6h", 8, ["day"]), ("D", 40, ["week"]), ("D", 800, ["week", "year"]),
     ("MS", 30, ["year"]), ("QS", 9, ["year"]), ("W", 104, ["year"]), ("B", 40, ["week"])],
)  # fmt: skip
def test_the_calendar_by_frequency(freq, n_rows, parts):
    table = dated("2021-01-01", n_rows, freq)
    season = fitted("calendar", table)
    assert season.parts == parts
    turns = {"day": [], "week": [], "year": []}
    for date in table.index:
        midnight = date.normalize()
        turns["day"].append((date - midnight) / pd.Timedelta("1D"))
        turns["week"].append((date.day_of_week + turns["day"][-1]) / 7)
        of_year = (date.day_of_year - 1 + turns["day"][-1]) / (366 if date.is_leap_year else 365)
        turns["year"].append((date.month - 1) / 12 if freq in ("MS", "QS") else of_year)
    columns, moment = columns_of(season, table)
    naive = [waves(turns[part], period) for part, period in zip(parts, season.periods, strict=True)]
    np.testing.assert_allclose(columns, np.hstack(naive), atol=1e-9)
    longer = dated("2021-01-01", n_rows + 30, freq)
    np.testing.assert_array_equal(season.of_future(moment, 30), columns_of(season, longer)[0][n_rows:])
    np.testing.assert_array_equal(season.of_future(season.ends[0], 30), season.of_future(moment, 30))


def test_the_calendar_of_a_zone_an_array_and_a_row():
    table = dated("2021-03-20", 24 * 16, "h", tz="Europe/Berlin")  # an hour is left out on the 28th
    season = fitted("calendar", table)
    columns, _ = columns_of(season, table)
    noons = table.index.hour == 12
    np.testing.assert_allclose(columns[noons, 1], -1.0, atol=1e-12)  # cos of half a day
    as_array, moment = columns_of(season, np.zeros((100, 1)))
    np.testing.assert_array_equal(as_array, columns[:100])  # an array begins where fit began
    np.testing.assert_array_equal(season.of_future(moment, 200), columns[100:300])
    _, moment = columns_of(season, table[9:10])
    np.testing.assert_array_equal(season.of_future(moment, 20), columns[10:30])
    with pytest.raises(ValueError, match="go by an index in steps of h, zone Europe/Berlin; the data have one in"):
        columns_of(season, dated("2021-04-20", 50, "h"))
    with pytest.raises(ValueError, match="steps of 2h"):
        columns_of(season, dated("2021-04-20", 50, "2h", tz="Europe/Berlin"))


def test_series_of_a_list_have_their_own_dates():
    tables = [dated("2021-01-01", 30, "D"), dated("2021-01-05", 20, "D")]
    sequences = Sequences.of_members([np.zeros((30, 1)), np.zeros((20, 1))])
    season = read_season("Model", 7, tables, sequences)
    assert season.ends == [Moment(30, None), Moment(24, None)]
    (first, second), _ = season.of_series("Model", tables, sequences)
    np.testing.assert_array_equal(first[4:24], second)
    arrays = read_season("Model", 7, sequences.members(), sequences)
    assert arrays.ends == [Moment(30, None), Moment(20, None)]  # each begins at phase 0


@pytest.mark.parametrize("season", [1.5, 31, [7, 7], [], "weekly", True, [[7]], np.nan, "7", -3])
def test_what_is_no_season(season):
    with pytest.raises(ValueError, match=r"The 'season' parameter of Model must be None, 'calendar', or one period"):
        fitted(season, np.zeros((60, 1)))


def test_where_there_is_no_calendar():
    for X in (np.zeros((60, 1)), dated("2021-01-01", 60, "h").reset_index(drop=True)):
        with pytest.raises(ValueError, match="the calendar needs series with an index of dates in regular steps"):
            fitted("calendar", X)
    for X in (dated("2021-01-01", 60, "YS"), dated("2021-01-01", 10, "D")):
        with pytest.raises(ValueError, match="the calendar needs a day, week or year of at least two rows"):
            fitted("calendar", X)
