"""How an index goes on: as pandas itself would have gone on."""

import json

import numpy as np
import pytest

from reservoir.sequences.future import UNKNOWN, ending_of, index_after

pd = pytest.importorskip("pandas")
WHOLE = {
    "hours": pd.date_range("2024-01-01", periods=30, freq="h", name="time"),
    "seven minutes": pd.date_range("2024-01-01 00:03", periods=30, freq="7min"),
    "days of a zone": pd.date_range("2024-03-20", periods=30, freq="D", tz="Europe/Berlin"),
    "hours of a zone": pd.date_range("2024-03-30", periods=30, freq="h", tz="America/New_York"),
    "months": pd.date_range("2000-01-01", periods=30, freq="MS"),
    "ends of months": pd.date_range("2000-01-31", periods=30, freq="ME"),
    "quarters": pd.date_range("2000-01-01", periods=30, freq="QS"),
    "years": pd.date_range("1990-01-01", periods=30, freq="YS"),
    "weeks": pd.date_range("2024-01-03", periods=30, freq="W-WED"),
    "working days": pd.bdate_range("2024-01-01", periods=30),
    "periods": pd.period_range("2024-01", periods=30, freq="M", name="month"),
    "spans": pd.timedelta_range("0s", periods=30, freq="20ms"),
    "numbers": pd.RangeIndex(5, 65, 2, name="step"),
    "years as numbers": pd.Index(range(1990, 2020)),
    "seconds": pd.Index(np.arange(30) * 0.25),
}


@pytest.mark.parametrize("whole", WHOLE.values(), ids=WHOLE)
def test_the_rest_of_an_index(whole):
    """Known to pandas or told from the labels, and after its end went through a file."""
    plain = whole if isinstance(whole, pd.PeriodIndex) else type(whole)(whole, name=whole.name)
    for index in (whole, plain):
        ending = json.loads(json.dumps(ending_of(pd.DataFrame(index=index[:20]))))
        found = index_after(ending, 10)
        pd.testing.assert_index_equal(found, whole[20:], exact=False)
        assert getattr(found, "freqstr", None) == getattr(whole, "freqstr", None)


def test_the_frequency_after_a_hole():
    hours = WHOLE["hours"].delete([3, 12, 13])
    assert index_after(ending_of(pd.DataFrame(index=hours)), 2)[0] == hours[-1] + pd.Timedelta("1h")
    days = pd.bdate_range("2024-01-01", periods=30).delete(27)
    assert index_after(ending_of(pd.DataFrame(index=days)), 5)[0] == days[-1] + pd.Timedelta("3D")


@pytest.mark.parametrize("index", [
    pd.Index([3, 1, 2]), pd.Index(list("abc")), pd.RangeIndex(1), pd.DatetimeIndex(["2024-01-01", None]),
    pd.DatetimeIndex(["2024-01-01", "2024-01-02", "2024-01-05", "2024-01-07", "2024-01-10"]),
], ids=str)  # fmt: skip
def test_where_nothing_can_be_told_rows_are_counted(index):
    assert ending_of(pd.DataFrame(index=index)) == UNKNOWN
    assert index_after(UNKNOWN, 3).tolist() == [0, 1, 2]


def test_an_array_has_no_index():
    assert ending_of(np.zeros((4, 2))) is None
