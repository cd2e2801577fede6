"""Tables of pandas in and out: the numbers of arrays, with the index and the names of the table."""

import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from reservoir.models import ReservoirClassifier, ReservoirForecaster, ReservoirRegressor
from reservoir.rnn import RNNRegressor
from reservoir.spikes import SpikeTrains
from reservoir.systems import DeepEchoState, EchoState, LiquidState
from spiking import Microcircuit
from tests.house.data import COLUMN, SMALL, STACK, TABLE, X

SYSTEMS = [
    SMALL,
    DeepEchoState(EchoState(4), 2, random_state=0),
    LiquidState(COLUMN, random_state=0),
    Microcircuit(COLUMN, random_state=0),
]


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: type(system).__name__)
def test_one_series_becomes_a_table(system):
    """With its index and named columns; stacks and lists come back as without `set_output`."""
    plain, tabular = clone(system).fit(TABLE), clone(system).set_output(transform="pandas").fit(TABLE)
    states, table = plain.transform(TABLE), tabular.transform(TABLE)
    names = list(plain.get_feature_names_out())
    assert names == [f"{type(system).__name__.lower()}{k}" for k in range(states.shape[1])]
    assert list(table.columns) == names and table.index.equals(TABLE.index)
    np.testing.assert_array_equal(table, states)
    pd.testing.assert_frame_equal(clone(tabular).fit_transform(TABLE), table)
    assert tabular.transform(TABLE[20:40]).index.equals(TABLE.index[20:40])
    assert clone(tabular).fit(X).transform(X).index.equals(pd.RangeIndex(60))
    for many in (np.stack([X, X]), [X, X[:20]], [TABLE, TABLE[:20]]):
        before, after = plain.fit(many).transform(many), tabular.fit(many).transform(many)
        assert type(before) is type(after) and all(map(np.array_equal, before, after))
        fresh = clone(tabular).fit_transform(many)
        assert type(fresh) is type(before) and all(map(np.array_equal, before, fresh))


def test_tables_asked_for_everywhere():
    """A setting of scikit-learn for the whole program changes no model."""
    model = ReservoirClassifier(DeepEchoState(layers=[SMALL, SYSTEMS[2]]), make_pipeline(StandardScaler(), Ridge()))
    expected = clone(model).fit(STACK, list("abab")).decision_function(STACK)
    with config_context(transform_output="pandas"):
        found = model.fit(STACK, list("abab")).decision_function(STACK)
        assert isinstance(clone(SMALL).fit_transform(X), pd.DataFrame)
    np.testing.assert_array_equal(found, expected)


def test_one_record_of_spikes_becomes_a_table():
    trains = SpikeTrains([0.01, 0.2], [0, 0], 1, 0.3)
    liquid = LiquidState(COLUMN, random_state=0).fit(trains)
    states = liquid.transform(trains)
    liquid.set_output(transform="pandas")
    np.testing.assert_array_equal(liquid.transform(trains).to_numpy(), states)
    assert np.array_equal(liquid.transform([trains, trains])[1], states)


@pytest.mark.parametrize(
    "model", [ReservoirRegressor(SMALL), ReservoirClassifier(SMALL), RNNRegressor(max_iter=1, tol=None, random_state=0)]
)
def test_a_table_is_answered_as_its_numbers(model):
    y = TABLE["flow"] if "Regressor" in type(model).__name__ else pd.Series(list("ab" * 30))
    answer = model.fit(TABLE, y).predict(TABLE)
    np.testing.assert_array_equal(answer, clone(model).fit(X, np.asarray(y)).predict(X))
    assert list(model.feature_names_in_) == ["flow", "level"]
    with pytest.raises(ValueError, match="feature names should match"):
        model.predict(TABLE[["level", "flow"]])


def test_forecast_of_a_table():
    model = ReservoirForecaster(SMALL, washout=5)
    expected = clone(model).fit(X).forecast(4, context=X[:30])
    np.testing.assert_array_equal(model.fit(TABLE).forecast(4, context=TABLE[:30]), expected)
