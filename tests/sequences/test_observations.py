"""Rows that are known in part: by the names of their columns, with whatever says that nothing is known."""

import numpy as np
import pandas as pd
import pytest

from reservoir import EchoState
from reservoir.probes import closed_loop_exponents
from reservoir.readouts import RidgeReadout
from reservoir.sequences.observations import read_observed
from tests.loops import looped

TIME = np.arange(280)
ALL = pd.DataFrame({"temp": np.sin(TIME / 5), "wind": np.cos(TIME / 7), "load": np.sin(TIME / 11)})
TABLE, AHEAD = ALL[:200], ALL[200:206]
MODEL = looped(EchoState(20, random_state=0), washout=10, exogenous=["wind"]).fit(TABLE)
PLAIN = looped(EchoState(20, random_state=0), washout=10, exogenous=[1]).fit(TABLE.to_numpy())


class Table:
    """A table of another library: columns, types and numbers."""

    def __init__(self, frame):
        self.columns, self.dtypes, self.shape = list(frame.columns), [float] * frame.shape[1], frame.shape
        self._rows = frame.to_numpy()

    def __array__(self, dtype=None, copy=None):
        return np.array(self._rows, dtype=dtype)


def known(channels):
    """All that is known of these columns, NaN in the others."""
    rows = np.full(AHEAD.shape, np.nan)
    rows[:, channels] = AHEAD.to_numpy()[:, channels]
    return rows


@pytest.mark.parametrize("kind", [pd.DataFrame, Table])
def test_columns_go_by_their_names(kind):
    for columns in (["temp", "wind", "load"], ["load", "temp", "wind"], ["wind"], ["load", "wind"]):
        places = [list(TABLE.columns).index(name) for name in columns]
        (rows,) = read_observed("forecast", MODEL, kind(AHEAD[columns]), 6, 1)
        np.testing.assert_array_equal(rows, known(places))
        future = MODEL.forecast(6, observed=kind(AHEAD[columns]))
        np.testing.assert_array_equal(future, PLAIN.forecast(6, observed=known(places)))
    many = MODEL.forecast(6, [TABLE[:20], TABLE[50:]], observed=[AHEAD[["wind"]], AHEAD[["wind", "temp"]]])
    np.testing.assert_array_equal(many[1], MODEL.forecast(6, TABLE[50:], observed=AHEAD[["temp", "wind"]]))


def test_a_table_of_pyarrow():
    pyarrow = pytest.importorskip("pyarrow")
    whole, ahead = (pyarrow.Table.from_pandas(frame, preserve_index=False) for frame in (TABLE, AHEAD))
    model = looped(EchoState(20, random_state=0), washout=10, exogenous=["wind"]).fit(whole)
    for names in (["wind"], ["load", "wind", "temp"]):
        expected = MODEL.forecast(6, observed=AHEAD[names])
        np.testing.assert_array_equal(model.forecast(6, observed=ahead.select(names)), expected)
    gaps = ahead.set_column(0, "temp", pyarrow.array([None, *AHEAD["temp"][1:]]))
    assert np.isnan(read_observed("forecast", model, gaps, 6, 1)[0][0, 0])


def test_names_that_are_not_known():
    for table in (AHEAD.rename(columns={"wind": "Wind"}), AHEAD.assign(rain=0.0), AHEAD[["wind", "wind"]]):
        with pytest.raises(ValueError, match=r"'observed' .* a table with columns among \['temp', 'wind', 'load'\]"):
            MODEL.forecast(6, observed=table)
    with pytest.raises(ValueError, match=r"given for the exogenous channels \['wind'\] in every row"):
        MODEL.forecast(6, observed=AHEAD[["temp"]])
    with pytest.raises(ValueError, match=r"of shape \(6, 3\) for every series.*Got 'DataFrame of shape \(6, 1\)'"):
        PLAIN.forecast(6, observed=pd.DataFrame(AHEAD[["wind"]].to_numpy()))
    with pytest.warns(UserWarning, match="has column names, but ReservoirForecaster was fitted without them"):
        PLAIN.forecast(6, observed=AHEAD)


def test_exogenous_by_name():
    np.testing.assert_array_equal(MODEL.exogenous_, [1])
    assert MODEL.forecast(6, observed=AHEAD).shape == (6, 2)
    for bad in (["rain"], ["wind", "wind"], ["temp", "wind", "load"], "wind", [["wind"]], ["wind", 1]):
        with pytest.raises(ValueError, match="'exogenous' parameter of ReservoirForecaster must be"):
            looped(washout=10, exogenous=bad).fit(TABLE)
    with pytest.raises(ValueError, match=r"distinct column indices in \[0, 3\)\. Got \['wind'\]"):
        looped(washout=10, exogenous=["wind"]).fit(TABLE.to_numpy())
    for names in (np.array(["wind"]), pd.Index(["wind"]), ("wind",)):
        again = looped(EchoState(20, random_state=0), washout=10, exogenous=names).fit(TABLE)
        np.testing.assert_array_equal(again.forecast(6, observed=AHEAD), MODEL.forecast(6, observed=AHEAD))


MISSING = {
    "masked": np.ma.masked_invalid(known([1])),
    "masked, with a number below": np.ma.masked_array(np.nan_to_num(known([1]), nan=99.0), np.isnan(known([1]))),
    "None": np.where(np.isnan(known([1])), None, known([1])),
    "nested lists": [[None, one, None] for one in AHEAD["wind"]],
    "nullable": pd.DataFrame(known([1]), columns=AHEAD.columns).convert_dtypes(),
    "float32": known([1]).astype(np.float32),
}


@pytest.mark.parametrize("name", MISSING)
def test_what_is_missing_is_unknown(name):
    expected = known([1]).astype(np.float32).astype(float) if name == "float32" else known([1])
    for observed in (MISSING[name], [MISSING[name]]):
        (rows,) = read_observed("forecast", PLAIN if name != "nullable" else MODEL, observed, 6, 1)
        np.testing.assert_array_equal(rows, expected)


def test_masks_of_a_stack_and_of_integers():
    stack = np.ma.masked_array(np.full((2, 6, 3), 99), np.zeros((2, 6, 3), bool))
    stack[:, :, [0, 2]] = np.ma.masked
    for observed in (stack, list(stack)):
        for rows in read_observed("forecast", PLAIN, observed, 6, 2):
            assert np.isnan(rows[:, [0, 2]]).all() and (rows[:, 1] == 99).all()


BAD = {
    "infinity": np.full((6, 3), np.inf),
    "too large": np.full((6, 3), 1e101),
    "complex": np.full((6, 3), 1j),
    "text": np.full((6, 3), "a"),
    "dates": np.full((6, 3), np.datetime64("2024-01-01")),
    "table of dates": pd.DataFrame(np.full((6, 3), np.datetime64("2024-01-01")), columns=TABLE.columns),
    "rows": np.zeros((5, 3)),
    "columns": np.zeros((6, 2)),
    "one column": AHEAD["wind"],
    "number": 3,
    "nothing": [],
    "too many": [AHEAD, AHEAD],
}


@pytest.mark.parametrize("observed", BAD.values(), ids=BAD)
def test_what_is_no_observation(observed):
    with pytest.raises(ValueError, match=r"The 'observed' parameter of forecast must be .* Got .{1,60}$"):
        MODEL.forecast(6, observed=observed)


def test_what_is_observed_is_in_order_of_time():
    reversed_days = AHEAD.set_index(pd.date_range("2024", periods=6)[::-1])
    with pytest.raises(ValueError, match="observed of forecast must be in order of time"):
        MODEL.forecast(6, observed=reversed_days)


def test_probes_read_names_too():
    model = looped(EchoState(50, random_state=1), RidgeReadout(1e-2), washout=10, exogenous=["wind"])
    model, options = model.fit(TABLE), {"n_steps": 60, "discard": 20}
    named = closed_loop_exponents(model, 2, **options, observed=ALL[["wind"]][200:])
    full = closed_loop_exponents(model, 2, **options, observed=ALL.to_numpy()[200:])
    np.testing.assert_array_equal(named.exponents, full.exponents)


def test_a_second_table_is_refused():
    """As in the order of libraries where fit(y, X) has the drivers in X."""
    model, y, X = looped(EchoState(20, random_state=0), washout=10), TABLE[["temp"]], TABLE[["wind"]]
    stacks = np.zeros((2, 50, 1)), np.ones((2, 50, 1))
    for first, second in ((y, X), (y.to_numpy(), X.to_numpy()), ([y, y], [X, X]), stacks):
        with pytest.raises(ValueError, match="'y' parameter of ReservoirForecaster must be None, since all channels"):
            model.fit(first, second)
        assert not hasattr(model, "readout_")
    with pytest.raises(ValueError, match="'y' parameter"):
        model.fit(y).score(y, X)
    assert hasattr(model.fit(y, y), "readout_") and hasattr(model.fit(y, y.copy()), "readout_")
    model.fit(y, np.zeros(200))  # as scikit-learn hands it on
