"""A series and what is known beside it, put together and taken apart."""

import numpy as np
import pytest

from reservoir.adapters.series import beside, fitted_forecaster, one_step_rows, rows_to_come
from tests.adapters.cases import DRIVEN, N_AHEAD, N_TRAIN, OPTIONS, PUSH, STEPS, plain

BOTH = np.column_stack([DRIVEN, PUSH])


def test_known_channels_stand_behind():
    model, expected = plain(BOTH, exogenous=[1])
    series = beside(DRIVEN[:N_TRAIN, None], PUSH[:N_TRAIN, None])
    own = fitted_forecaster(OPTIONS, series, 1)
    coming = rows_to_come(own, PUSH[N_TRAIN : N_TRAIN + N_AHEAD, None])
    np.testing.assert_array_equal(series, BOTH[:N_TRAIN])
    np.testing.assert_array_equal(own.forecast(N_AHEAD, observed=coming), expected)
    assert rows_to_come(own, None) is None
    rows = one_step_rows(own, series)
    np.testing.assert_array_equal(rows[5:], model.predict_one_step(BOTH[:N_TRAIN])[0])
    assert np.isnan(rows[:5]).all() and rows.shape == (N_TRAIN, 1)


def test_rows_that_a_direct_readout_does_not_answer():
    options = OPTIONS | {"strategy": "direct", "horizon": 3}
    rows = one_step_rows(fitted_forecaster(options, BOTH, 1), BOTH)
    assert np.flatnonzero(np.isnan(rows[:, 0])).tolist() == [0, 1, 2, 3, 4, len(BOTH) - 2, len(BOTH) - 1]


def test_tables_keep_their_index():
    pd = pytest.importorskip("pandas")
    days = pd.date_range("2024-01-01", periods=len(STEPS), freq="D", name="day")
    table = beside(pd.DataFrame({"a": DRIVEN}, days), pd.DataFrame({"a": PUSH}, days))
    assert table.index.equals(days) and table.index.name == "day" and list(table.columns) == [0, 1]
    assert one_step_rows(fitted_forecaster(OPTIONS, table, 1), table).shape == (len(STEPS), 1)
