"""Tables of pandas in and out: the numbers of arrays, with the index and the names of the table."""

import subprocess
import sys
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from reservoir import load, save
from reservoir.model_selection import ReservoirSearchCV, WarmTimeSeriesSplit, sequence_scorer
from reservoir.models import ReservoirClassifier, ReservoirRegressor, fit_in_parts
from reservoir.plotting import ForecastDisplay, StatesDisplay
from reservoir.probes import closed_loop_exponents, diagnose, lyapunov_exponent, washout_estimate
from reservoir.rnn import RNNRegressor
from reservoir.spikes import SpikeTrains
from reservoir.systems import DeepEchoState, EchoState, LiquidState
from spiking import Microcircuit
from tests.house.data import COLUMN, SMALL, STACK, TABLE, X, Y
from tests.loops import looped

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
    y = TABLE["flow"] if "Regressor" in type(model).__name__ else pd.Series(list("ab" * 30), TABLE.index)
    answer = model.fit(TABLE, y).predict(TABLE)
    np.testing.assert_array_equal(answer, clone(model).fit(X, np.asarray(y)).predict(X))
    assert answer.index.equals(TABLE.index)
    assert list(model.feature_names_in_) == ["flow", "level"]
    with pytest.raises(ValueError, match="feature names should match"):
        model.predict(TABLE[["level", "flow"]])


def test_forecast_of_a_table():
    model = looped(SMALL, washout=5)
    expected = clone(model).fit(X).forecast(4, context=X[:30])
    np.testing.assert_array_equal(model.fit(TABLE).forecast(4, context=TABLE[:30]), expected)


def asked_for_tables(model):
    """A copy that gives tables; `clone` keeps the choice."""
    return clone(clone(model).set_output(transform="pandas"))


HOUR = pd.Timedelta("1h")
NEXT = pd.date_range(TABLE.index[-1] + HOUR, periods=4, freq="h")


@pytest.mark.parametrize("options", [{}, {"exogenous": [0]}, {"n_members": 2}], ids=str)
def test_a_forecast_goes_on_with_the_index(options, tmp_path):
    """That of the data of `fit`, or of the context; arrays, also in a list, stay arrays."""
    plain = looped(SMALL, washout=5, **options).set_output(transform="default").fit(TABLE)
    model = looped(SMALL, washout=5, **options).fit(TABLE)
    observed = None if "exogenous" not in options else TABLE.to_numpy()[:4]
    names = ["level"] if "exogenous" in options else ["flow", "level"]
    save(model, tmp_path / "model")
    for one in (model, load(tmp_path / "model")):
        found = one.forecast(4, observed=observed)
        expected = pd.DataFrame(plain.forecast(4, observed=observed), index=NEXT, columns=names)
        pd.testing.assert_frame_equal(found, expected)
        assert found.index.freq == NEXT.freq
    late = model.forecast(4, context=TABLE[:30], observed=observed)
    assert late.index.equals(TABLE.index[30:34])
    with pytest.warns(UserWarning, match="valid feature names"):
        assert isinstance(model.forecast(4, context=X[:30], observed=observed), np.ndarray)
    with pytest.warns(UserWarning, match="valid feature names"):
        assert asked_for_tables(model).fit(TABLE).forecast(4, X[:30], observed=observed).index.tolist() == [0, 1, 2, 3]
    assert model.score(TABLE) == plain.score(TABLE)
    assert isinstance(plain.forecast(4, observed=observed), np.ndarray)
    many = [TABLE[:20], TABLE.to_numpy()[20:40], TABLE.reset_index(drop=True)[30:]]
    with pytest.warns(UserWarning, match="valid feature names"):
        fitted = clone(model).fit(many)
    first, second, third = fitted.forecast(4, observed=None if observed is None else [observed] * 3)
    assert first.index.equals(TABLE.index[20:24]) and third.index.tolist() == [60, 61, 62, 63]
    assert isinstance(second, np.ndarray)


MODELS = [ReservoirRegressor(SMALL), ReservoirClassifier(SMALL), RNNRegressor(max_iter=1, tol=None, random_state=0)]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
def test_predictions_have_the_index_of_x_and_the_names_of_y(model, tmp_path):
    column = pd.Series(list("ab" * 30) if "Classifier" in type(model).__name__ else Y, name="target", index=TABLE.index)
    plain, tabular = clone(model).fit(TABLE, column.to_numpy()), clone(model).fit(TABLE, column)
    asked = asked_for_tables(model).fit(TABLE, column.to_numpy())
    assert isinstance(plain.predict(TABLE), np.ndarray) and asked.predict(TABLE).index.equals(TABLE.index)
    assert isinstance(clone(model).set_output(transform="default").fit(TABLE, column).predict(TABLE), np.ndarray)
    expected = pd.Series(plain.predict(TABLE), index=TABLE.index, name="target")
    save(tabular, tmp_path / "model")
    for one in (tabular, load(tmp_path / "model")):
        pd.testing.assert_series_equal(one.predict(TABLE), expected)
        pd.testing.assert_series_equal(one.run(TABLE)[0], expected)
    assert tabular.predict(TABLE[30:]).index.equals(TABLE.index[30:])
    assert tabular.score(TABLE, column) == plain.score(TABLE, column)
    with pytest.warns(UserWarning, match="valid feature names"):
        assert tabular.predict(STACK).shape == (4, 30)
    with pytest.warns(UserWarning, match="valid feature names"):
        tables, rows = tabular.predict([TABLE, X])
    assert tables.equals(expected) and isinstance(rows, np.ndarray)
    assert cross_val_score(tabular, TABLE, column, cv=WarmTimeSeriesSplit(2, warmup=5)).shape == (2,)


def test_several_targets_one_a_sequence_and_states():
    two = pd.DataFrame({"p": Y, "q": -Y}, index=TABLE.index)
    found = ReservoirRegressor(SMALL).fit(TABLE, two).predict(TABLE)
    assert list(found.columns) == ["p", "q"] and found.index.equals(TABLE.index)
    network = asked_for_tables(RNNRegressor(hidden_layer_sizes=3, max_iter=1, tol=None, random_state=0)).fit(TABLE, two)
    assert list(network.states(TABLE).columns) == ["rnnregressor0", "rnnregressor1", "rnnregressor2"]
    pooled = asked_for_tables(ReservoirRegressor(SMALL, pooling="mean")).fit([TABLE, TABLE[:9]], [1.0, 2.0])
    assert isinstance(pooled.predict([TABLE, TABLE[:9]]), np.ndarray)
    probable = asked_for_tables(ReservoirClassifier(SMALL, LogisticRegression())).fit(TABLE, list("ab" * 30))
    assert isinstance(probable.predict_proba(TABLE), np.ndarray)
    for model in MODELS:
        with pytest.raises(ValueError, match=r"'transform' parameter of .* must be one of 'default', 'pandas', None"):
            clone(model).set_output(transform="polars")


def test_others_get_arrays_from_predict():
    """Under the setting of the whole program too: what is built on predictions reshapes them, and teaches arrays."""
    around = TransformedTargetRegressor(ReservoirRegressor(SMALL), transformer=StandardScaler())
    with config_context(transform_output="pandas"):
        assert isinstance(around.fit(TABLE, TABLE["flow"]).predict(TABLE), np.ndarray)
        assert isinstance(looped(SMALL, washout=5).fit(X).forecast(3), np.ndarray)


# No word about names that the library itself has caused. Warnings are errors in these tests.


@pytest.mark.parametrize("tables", [TABLE, [TABLE, TABLE[:40]]], ids=["table", "list"])
def test_no_warning_about_names(tables, tmp_path):
    pooled = isinstance(tables, list)
    y = [TABLE["flow"], TABLE["flow"][:40]] if pooled else TABLE["flow"]
    for model in (ReservoirRegressor(SMALL), RNNRegressor(max_iter=1, tol=None, random_state=0)):
        model.fit(tables, y).score(tables, y)
        sequence_scorer("r2")(model, tables, y)
        save(model, tmp_path / "model")
        load(tmp_path / "model").score(tables, y)
    diagnose(ReservoirRegressor(SMALL).fit(tables, y), tables, warn=False)
    diagnose(ReservoirRegressor(SMALL), tables, y, warn=False)
    diagnose(SMALL, tables, warn=False)
    fitted = clone(SMALL).fit(tables)
    fitted.run(tables), diagnose(fitted, tables, warn=False), StatesDisplay.from_estimator(fitted, TABLE)
    fit_in_parts(ReservoirRegressor(SMALL), [([table], [table["flow"]]) for table in (TABLE, TABLE[:40])], n_jobs=1)
    forecaster = looped(SMALL, washout=5, feedback_scaling=0.5).fit(tables)
    forecaster.score(tables), forecaster.forecast(3, context=TABLE), sequence_scorer("r2", warmup=5)(forecaster, tables)
    diagnose(forecaster, tables, warn=False)
    ForecastDisplay.from_estimator(forecaster, TABLE[30:], context=TABLE[:30])
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "(?!.*feature names)")  # what it says of a forecast of noise
        closed_loop_exponents(forecaster, n_steps=20, discard=5, context=TABLE)
    washout_estimate(fitted, TABLE), lyapunov_exponent(fitted, TABLE, washout=5, interval=1)


def test_no_warning_about_names_in_searches():
    cv, y = WarmTimeSeriesSplit(2, warmup=5), TABLE["flow"]
    for model in (ReservoirRegressor(SMALL), RNNRegressor(max_iter=1, tol=None, random_state=0)):
        cross_val_score(model, TABLE, y, cv=cv, scoring=cv.scorer("r2"))
        cross_val_score(model, TABLE, y, cv=cv)
    cross_val_score(looped(SMALL, washout=5), TABLE, cv=WarmTimeSeriesSplit(2, warmup=5))
    grids = {"reservoir__leak": [0.3, 0.9]}
    search = ReservoirSearchCV(ReservoirRegressor(SMALL), grids, cv=cv).fit(TABLE, y)
    search.score(TABLE, y), search.predict(TABLE)
    searched = ReservoirSearchCV(looped(SMALL, washout=5), grids, cv=cv).fit(TABLE)
    searched.score(TABLE), searched.forecast(3)
    GridSearchCV(ReservoirRegressor(SMALL), grids, cv=cv, scoring=cv.scorer("r2")).fit(TABLE, y).score(TABLE, y)
    tables, targets = [TABLE, TABLE[:40], TABLE[20:], TABLE[5:]], [1.0, 2.0, 1.5, 1.0]
    ReservoirSearchCV(ReservoirRegressor(SMALL, pooling="mean"), grids, cv=KFold(2)).fit(tables, targets)
    make_pipeline(StandardScaler(), ReservoirRegressor(SMALL)).fit(TABLE, y).score(TABLE, y)


def test_arrays_do_without_pandas():
    code = """if True:
        import sys
        from importlib.abc import MetaPathFinder
        class Without(MetaPathFinder):
            def find_spec(self, name, path, target=None):
                if name.partition(".")[0] == "pandas":
                    raise ImportError(name)
        sys.meta_path.insert(0, Without())
        import numpy as np
        from reservoir import EchoState, ReservoirForecaster, ReservoirRegressor
        X = np.sin(np.arange(60.0))[:, None]
        model = ReservoirForecaster(EchoState(5, random_state=0), washout=5).fit(X)
        model.forecast(3, X), model.predict_one_step(X)
        ReservoirRegressor(EchoState(5, random_state=0)).fit(X, X[:, 0]).predict(X)
    """
    assert not subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).returncode


def test_intervals_are_tables():
    model = looped(SMALL, washout=5).fit(TABLE)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # 60 rows are few
        ends = model.forecast_interval(4, 0.5)
        for y in (TABLE["flow"], TABLE, TABLE[["flow"]]):
            answers = ReservoirRegressor(SMALL).fit(TABLE, y).predict_interval(TABLE[:30], 0.5)
            assert all(type(one) is type(y) and one.index.equals(TABLE.index[:30]) for one in answers)
            assert (np.asarray(answers[1]) <= np.asarray(answers[2])).all()
    for end in ends:
        assert end.index.equals(NEXT) and end.index.freq == NEXT.freq and list(end.columns) == ["flow", "level"]


def test_one_column_is_a_table_by_its_name():
    model = looped(SMALL, washout=5)
    with pytest.raises(ValueError, match=r"X\.to_frame\(\) is one series with one feature"):
        model.fit(TABLE["flow"])
    future = model.fit(TABLE["flow"].to_frame()).forecast(4)
    assert list(future.columns) == ["flow"] and future.index.equals(NEXT)
