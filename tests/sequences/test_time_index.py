"""What the index of a table says: panels, time that does not go on, holes, labels."""

import warnings

import numpy as np
import pytest
from sklearn.base import BaseEstimator

from reservoir import ReservoirClassifier, ReservoirRegressor
from reservoir.rnn import RNNRegressor
from reservoir.sequences import SequenceWarning, from_aeon, read_sequences
from tests.loops import looped
from tests.sequence_cases import same_bits, small

pd = pytest.importorskip("pandas")
N = 60
VALUES = np.random.default_rng(0).uniform(size=(N, 2))
HOURS = pd.date_range("2024-01-01", periods=N, freq="h", name="time")


def table(index, values=VALUES):
    return pd.DataFrame(values[: len(index)], index=index, columns=["a", "b"])


def read(X):
    return read_sequences(BaseEstimator(), X, reset=True)


KINDS = {
    "stamps": HOURS,
    "of a zone": HOURS.tz_localize("Europe/Berlin"),
    "periods": HOURS.to_period("h"),
    "spans": pd.timedelta_range("1s", periods=N, freq="20ms"),
    "texts": pd.Index(HOURS.astype(str)),
    "dates": pd.Index(pd.date_range("2024-01-01", periods=N).date),
    "objects": HOURS.astype(object),
    "nanoseconds": HOURS.as_unit("ns"),
}


@pytest.mark.parametrize("index", KINDS.values(), ids=KINDS)
def test_time_that_does_not_go_on_is_refused_with_its_place(index):
    order = np.r_[:10, 11, 10, 12:N]
    np.testing.assert_array_equal(read(table(index)).rows, VALUES)
    with pytest.raises(ValueError, match=r"row 1 \(the newest row stands first\)\. Sort it, X\.sort_index"):
        read(table(index[::-1]))
    with pytest.raises(ValueError, match=r"goes back from .* at row 11.*1 such places"):
        read(table(index[order]))
    with pytest.raises(ValueError, match=r"has .* twice, at rows 4 and 5"):
        read(table(index[np.r_[:5, 4 : N - 1]]))
    with pytest.raises(ValueError, match=r"Sequence 1 of X .* row 11"):
        read([table(index), table(index[order])])
    assert len(read(table(index[::-1]).reset_index(drop=True)).rows) == N
    assert len(read(table(index[30:])).rows) == 30


def test_no_time_is_refused():
    with pytest.raises(ValueError, match=r"no time \(NaT\) at row 7"):
        read(table(HOURS.where(np.arange(N) != 7)))


@pytest.mark.parametrize("index", [KINDS[name] for name in ("stamps", "of a zone", "periods", "spans", "texts")])
def test_a_hole_is_warned_about_once_with_its_place(index):
    holed = index.delete([20, 21, 22, 40])
    with pytest.warns(SequenceWarning, match=r"X of BaseEstimator has a hole .* at row 20 \(and 1 more\)") as caught:
        read(table(holed))
    assert len(caught) == 1 and caught[0].filename == __file__
    with pytest.warns(SequenceWarning, match=r"Sequence 1 of X .* at row 20.* 1 more sequence\(s\)") as caught:
        read([table(index), table(holed), table(holed)])
    assert len(caught) == 1


REGULAR = {
    "months": pd.date_range("2000-01-01", periods=N, freq="MS"),
    "ends of quarters": pd.date_range("2000-01-01", periods=N, freq="QE"),
    "years": pd.date_range("1900-01-01", periods=N, freq="YS"),
    "working days": pd.bdate_range("2024-01-01", periods=N),
    "working days of a zone": pd.bdate_range("2024-01-01", periods=N, tz="Asia/Tokyo"),
    "days over a change of the clock": pd.date_range("2024-03-01", periods=N, tz="Europe/Berlin"),
    "jitter": HOURS + pd.to_timedelta(np.random.default_rng(1).uniform(-9, 9, N), unit="min"),
    "two rows": HOURS[:2],
    "one row": HOURS[:1],
}


@pytest.mark.parametrize("index", REGULAR.values(), ids=REGULAR)
def test_what_is_no_hole(index):
    """Calendars, working days and clocks that change, also where pandas has not been told of the frequency."""
    read(table(pd.DatetimeIndex(index, freq=None)))


def test_a_missing_working_day_is_a_hole():
    days = pd.bdate_range("2024-01-01", periods=N)
    with pytest.warns(SequenceWarning, match=r"from 2024-01-12 .* to 2024-01-16 .* at row 10,"):
        read(table(days.delete(10)))


def test_numbers_of_rows_are_fine_after_any_cut():
    rows, numbers = table(pd.RangeIndex(N)), np.arange(N)
    for part in (rows[20:], rows[::3], rows.drop(numbers[10:30]), pd.concat([rows, rows]), rows[:1], rows[:0:-40]):
        read(part)
    read(table(pd.Index(numbers / 7)))
    read(table(pd.Index([f"row {number}" for number in numbers])))
    read(table(pd.Index(list("ba" * (N // 2)))))
    read(table(pd.array([1, None, *range(N - 2)], dtype="Int64")))


def test_numbers_that_go_back_all_the_time_and_labels_that_repeat_are_doubted():
    rows = table(pd.RangeIndex(N))
    for part in (rows[::-1], rows.sample(frac=1, random_state=0), rows.sample(frac=1, replace=True, random_state=0)):
        with pytest.warns(SequenceWarning, match="not in the order of its index, which goes back at"):
            read(part)
    for labels in (["s1", "s2"], [7, 3], pd.Categorical(["x", "y"])):
        with pytest.warns(SequenceWarning, match="repeats the labels .* at rows 0 and 1"):
            read(table(pd.Index(np.repeat(labels, N // 2))))


# Panels


PANEL = pd.concat({"x": table(HOURS[:30]), "y": table(HOURS[:N], VALUES[::-1])}, names=["id", "time"])
MEMBERS = [table(HOURS[:30]), table(HOURS[:N], VALUES[::-1])]


@pytest.mark.parametrize(
    "model",
    [small(), looped(small(), washout=5), ReservoirClassifier(small()), ReservoirRegressor(small())],
    ids=lambda model: type(model).__name__,
)
def test_a_panel_is_refused_with_the_way_out(model):
    y = np.zeros(len(PANEL))
    with pytest.raises(ValueError, match=r"2 levels, \['id', 'time'\].*from_aeon\(X\).*X\.reset_index"):
        model.fit(PANEL, y)
    with pytest.raises(ValueError, match=r"Sequence 0 of X .* 2 levels"):
        model.fit([PANEL, PANEL], [y, y])


def test_the_members_of_a_panel():
    """In the order of their first rows, also where rows of several stand between one another, to any depth."""
    shuffled = PANEL.iloc[np.argsort(np.r_[np.arange(30) * 2, 1, np.arange(1, N) * 2 + 1], kind="stable")]
    deep = pd.concat({"site": PANEL}, names=["site"])
    for panel in (PANEL, shuffled, deep):
        for found, member in zip(from_aeon(panel), MEMBERS, strict=True):
            pd.testing.assert_frame_equal(found, member, check_freq=False)
    y = from_aeon(PANEL["a"])
    answers = ReservoirRegressor(small()).fit(from_aeon(PANEL), y).predict(from_aeon(PANEL))
    arrays = [member.to_numpy() for member in MEMBERS]
    assert same_bits(answers, ReservoirRegressor(small()).fit(arrays, [rows[:, 0] for rows in arrays]).predict(arrays))


@pytest.mark.parametrize("make", [lambda: ReservoirRegressor(small()), lambda: RNNRegressor(max_iter=1, tol=None)])
def test_targets_are_looked_at_too(make):
    X, y = table(HOURS), pd.Series(VALUES[:, 0], index=HOURS)
    make().fit(X, y)
    for odd, text in ((y[::-1], "y of .* newest row stands first.*y.sort_index"), (PANEL["a"], "y of .* 2 levels")):
        with pytest.raises(ValueError, match=text):
            make().fit(X, odd)
    with pytest.raises(ValueError, match=r"Member 1 of y .* must be in order of time"):
        make().fit([X, X], [y, y[::-1]])
    late = make().fit(X[:-1], y[1:])  # the next row as target
    assert late.predict(X).shape == (N,)


def test_per_sequence_targets_have_labels_of_their_own():
    X = [table(HOURS), table(HOURS), table(HOURS)]
    labels = pd.Series(["x", "y", "x"], index=pd.to_datetime(["2024-03-01", "2024-02-01", "2024-02-01"]))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert ReservoirClassifier(small()).fit(X, labels).predict(X).shape == (3,)
