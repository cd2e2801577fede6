"""Deep reservoirs against their layers run one by one in plain NumPy, and in every model."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import BaseEstimator, clone
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit

from reservoir import DeepEchoState, EchoState, ReservoirClassifier, ReservoirRegressor
from reservoir.estimator_checks import check_sequence_estimator
from reservoir.readouts import RidgeReadout
from tests import oracles
from tests.loops import looped

RNG = np.random.default_rng(5)
X = RNG.uniform(-1, 1, size=(40, 2))
LEAKS = np.linspace(0.05, 1.0, 12)
ARRANGEMENTS = [("stacked", False), ("stacked", True), ("grouped", False)]


def small(**parameters):
    return EchoState(**{"n_units": 12, "bias_scaling": 0.3, "spectral_radius": 0.7, **parameters})


def deep(*args, **parameters):
    return DeepEchoState(small(), *args, **{"random_state": 0, **parameters})


class Delay(BaseEstimator):
    """A system from elsewhere: the centred rows `n_steps` ago. Its state is longer than a row of its states."""

    def __init__(self, n_steps=2):
        self.n_steps = n_steps

    def fit(self, X, y=None):
        members = [X] if getattr(X, "ndim", 0) == 2 else X
        self.mean_ = np.mean(np.concatenate(list(members)), axis=0)
        return self

    def run(self, X, state=None):
        if getattr(X, "ndim", 0) == 2:
            return self._run(X, state)
        state = [None] * len(X) if state is None else state
        states, finals = zip(*map(self._run, X, state), strict=True)
        return (np.stack(states) if isinstance(X, np.ndarray) else list(states)), np.stack(finals)

    def _run(self, rows, state):
        held = np.zeros((self.n_steps, rows.shape[1])) if state is None else np.reshape(state, (self.n_steps, -1))
        held = np.concatenate([held, rows - self.mean_])
        return held[: len(rows)], held[len(rows) :].ravel()


class TwoParts(Delay):
    """A system whose state is no vector."""

    def _run(self, rows, state):
        states, final = super()._run(rows, state)
        return states, final.reshape(2, -1)


def plain_states(system, inputs, state):
    """The layers one by one, from the state of all."""
    joined, below = [], None
    starts = np.split(state, np.cumsum([layer.n_units for layer in system.layers_])[:-1])
    for layer, start in zip(system.layers_, starts, strict=True):
        heard = inputs if below is None or system.arrangement == "grouped" else below
        if below is not None and system.input_to_all and system.arrangement == "stacked":
            heard = np.hstack([below, inputs])
        leak = np.asarray(layer.leak)
        below = oracles.leaky_states(layer.W_, layer.W_in_, layer.bias_, leak, heard, start, layer.activation)
        joined.append(below)
    return np.hstack(joined)


@given(
    sizes=st.lists(st.integers(1, 15), min_size=1, max_size=4),
    arrangement=st.sampled_from(["stacked", "grouped"]),
    input_to_all=st.booleans(),
    leak=st.floats(0.05, 1.0),
    activation=st.sampled_from(list(oracles.ACTIVATIONS)),
    seed=st.integers(0, 2**32),
)
def test_states_equal_the_layers_one_by_one(sizes, arrangement, input_to_all, leak, activation, seed):
    rng = np.random.default_rng(seed)
    shared = {"spectral_radius": None, "leak": leak, "activation": activation}
    layers = [small(n_units=n, topology=rng.uniform(-1, 1, (n, n)) / n, **shared) for n in sizes]
    inputs, start = rng.uniform(-1, 1, (20, 2)), rng.uniform(-1, 1, sum(sizes))
    system = DeepEchoState(layers=layers, arrangement=arrangement, input_to_all=input_to_all, random_state=seed)
    states, final = system.fit(inputs).run(inputs, start)
    expected = plain_states(system, inputs, start)
    assert states.shape == (20, sum(sizes))
    np.testing.assert_allclose(states, expected, rtol=0, atol=1e-12 * max(1, np.abs(expected).max()))
    np.testing.assert_array_equal(final, states[-1])


@pytest.mark.parametrize(("arrangement", "input_to_all"), ARRANGEMENTS)
def test_leak_of_each_unit_equals_the_plain_recursion(arrangement, input_to_all):
    alone = small(leak=LEAKS, random_state=0).fit(X)
    expected = oracles.leaky_states(alone.W_, alone.W_in_, alone.bias_, LEAKS, X)
    np.testing.assert_allclose(alone.transform(X), expected, rtol=0, atol=1e-12)
    shape = {"arrangement": arrangement, "input_to_all": input_to_all}
    system = DeepEchoState(small(leak=LEAKS), random_state=0, **shape).fit(X)
    np.testing.assert_allclose(system.transform(X), plain_states(system, X, np.zeros(36)), rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    "system",
    [
        DeepEchoState(),
        DeepEchoState(small(), 1),
        DeepEchoState(small(dtype="float32"), 2),
        DeepEchoState(small(noise=0.1), 2),
        DeepEchoState(small(leak=LEAKS), input_to_all=True),
        DeepEchoState(small(), arrangement="grouped"),
        DeepEchoState(layers=[small(dtype="float32"), EchoState(5), small(leak=0.1)], input_to_all=True),
        DeepEchoState(layers=[DeepEchoState(small(), 2), DeepEchoState(small(), 2, arrangement="grouped")]),
        DeepEchoState(layers=[Delay(), small(), Delay(3)]),
        DeepEchoState(layers=(small(), Delay()), arrangement="grouped"),
        ReservoirRegressor(deep(), washout=2),
        ReservoirRegressor(deep(), Ridge(), pooling="mean"),
        ReservoirClassifier(deep(arrangement="grouped")),
        looped(deep(input_to_all=True), RidgeReadout(1.0), washout=2),
    ],
)
def test_data_contract(system):
    check_sequence_estimator(system)


def test_one_layer_is_an_echo_state():
    one = deep(1).fit(X)
    alone = small(random_state=one.layers_[0].random_state).fit(X)
    np.testing.assert_array_equal(one.transform(X), alone.transform(X))
    listed = DeepEchoState(layers=[small(random_state=3)]).fit_transform(X)
    np.testing.assert_array_equal(listed, small(random_state=3).fit_transform(X))


def test_grouped_is_systems_side_by_side():
    parts = [small(random_state=1), EchoState(7, leak=0.2, random_state=2), small(noise=0.1, random_state=3)]
    states = DeepEchoState(layers=parts, arrangement="grouped").fit_transform(X)
    np.testing.assert_array_equal(states, np.hstack([clone(part).fit_transform(X) for part in parts]))
    np.testing.assert_array_equal(states, DeepEchoState(layers=parts, arrangement="grouped").fit_transform(X))


def test_stacked_is_a_system_on_the_states_of_another():
    first, second = small(random_state=1), EchoState(7, random_state=2)
    below = first.fit_transform(X)
    states = DeepEchoState(layers=[first, second], inter_scaling=None).fit_transform(X)
    np.testing.assert_array_equal(states, np.hstack([below, second.fit_transform(below)]))


def test_layers_that_learn_see_what_they_hear():
    system = DeepEchoState(layers=[small(), Delay()], random_state=0).fit([X[:15], X[15:]])
    heard = system.layers_[0].transform([X[:15], X[15:]])
    np.testing.assert_array_equal(system.layers_[1].mean_, np.concatenate(heard).mean(axis=0))
    assert system.run(X)[1].shape == (12 + 2 * 12,) and system.transform(X).shape == (40, 24)


def test_seeds():
    first, again = deep().fit(X), deep().fit(X)
    assert len({layer.random_state for layer in first.layers_}) == 3
    np.testing.assert_array_equal(first.transform(X), again.transform(X))
    assert not np.array_equal(first.transform(X), deep(random_state=1).fit_transform(X))
    from_layer = [DeepEchoState(small(random_state=4)).fit_transform(X) for _ in range(2)]
    np.testing.assert_array_equal(*from_layer)
    np.testing.assert_array_equal(
        DeepEchoState(small(random_state=4), random_state=0).fit_transform(X), again.transform(X)
    )
    assert not np.array_equal(*[DeepEchoState(small()).fit_transform(X) for _ in range(2)])
    mixed = DeepEchoState(layers=[small(random_state=9), small()], random_state=0).fit(X)
    assert mixed.layers_[0].random_state == 9 and mixed.layers_[1].random_state is not None
    np.testing.assert_array_equal(mixed.transform(X), clone(mixed).fit_transform(X))


def test_parameters_of_the_caller_stay():
    layers = [small(), EchoState(5)]
    system = DeepEchoState(layers=layers, random_state=0).fit(X)
    assert system.layers is layers and system.layer is None
    assert all(layer.random_state is None and not hasattr(layer, "W_") for layer in layers)


def test_names_and_frames():
    frame = pd.DataFrame(X, columns=["a", "b"], index=np.arange(40) + 3)
    states = deep(2).set_output(transform="pandas").fit_transform(frame)
    assert list(states.columns) == [f"deepechostate{i}" for i in range(24)]
    assert list(states.index) == list(frame.index)
    np.testing.assert_array_equal(states.to_numpy(), deep(2).fit_transform(X))


def test_types():
    mixed = DeepEchoState(layers=[small(dtype="float32"), small()], random_state=0).fit(X)
    assert mixed.transform(X).dtype == np.float64
    assert deep().set_params(layer__dtype="float32").fit_transform(X).dtype == np.float32
    nested = DeepEchoState(DeepEchoState(small(dtype="float32"), 2), 2, random_state=0)
    assert nested.__sklearn_tags__().transformer_tags.preserves_dtype == ["float32"]
    assert nested.fit_transform(X).dtype == np.float32


SHAPE = r"(?s)^The '{}' parameter of {} must be .+\. Got .+\.$"


@pytest.mark.parametrize(
    ("parameters", "name", "owner"),
    [
        ({"n_layers": 0}, "n_layers", "DeepEchoState"),
        ({"n_layers": 2.0}, "n_layers", "DeepEchoState"),
        ({"n_layers": True}, "n_layers", "DeepEchoState"),
        ({"arrangement": "parallel"}, "arrangement", "DeepEchoState"),
        ({"arrangement": None}, "arrangement", "DeepEchoState"),
        ({"input_to_all": 1}, "input_to_all", "DeepEchoState"),
        ({"layer": 3}, "layer", "DeepEchoState"),
        ({"layer": EchoState}, "layer", "DeepEchoState"),
        ({"layer": TwoParts()}, "layer", "DeepEchoState"),
        ({"layer": Ridge()}, "layer", "DeepEchoState"),
        ({"layers": []}, "layers", "DeepEchoState"),
        ({"layers": small()}, "layers", "DeepEchoState"),
        ({"layers": [small(), "a"]}, r"layers\[1\]", "DeepEchoState"),
        ({"layers": [small(), TwoParts()]}, "layers", "DeepEchoState"),
        ({"random_state": -1}, "random_state", "DeepEchoState"),
        ({"layer": small(random_state="a")}, "random_state", "EchoState"),
        ({"layer": small(leak=1.5)}, "leak", "EchoState"),
        ({"layer": small(leak=LEAKS[1:])}, "leak", "EchoState"),
        ({"layers": [small(), small(n_units=0)]}, "n_units", "EchoState"),
    ],
)
def test_bad_parameters(parameters, name, owner):
    system = DeepEchoState(**parameters)
    before = dict(vars(system))
    with pytest.raises(ValueError, match=SHAPE.format(name, owner)):
        system.fit(X)
    assert vars(system) == before


@pytest.mark.parametrize("state", [np.zeros(35), np.zeros((1, 36)), np.full(36, np.nan), "rest"])
def test_bad_states(state):
    with pytest.raises(ValueError, match=SHAPE.format("state", "DeepEchoState")):
        deep().fit(X).run(X, state)


def test_states_that_overflow_are_refused():
    system = deep().set_params(layer__activation="identity", layer__spectral_radius=1e9).fit(X)
    with pytest.raises(ValueError, match=r"overflow|must lie within"):
        system.transform(X)


@pytest.mark.parametrize("layer", [None, small()])
@pytest.mark.parametrize("jobs", [None, 2])
def test_a_search_reaches_the_layers(layer, jobs):
    model = ReservoirRegressor(DeepEchoState(layer, 2, random_state=0))
    grid = {"reservoir__layer__leak": [0.3, 1.0], "reservoir__n_layers": [1, 2]}
    search = GridSearchCV(model, grid, cv=TimeSeriesSplit(2), n_jobs=jobs).fit(X, np.roll(X[:, 0], 1))
    best = search.best_estimator_.reservoir_
    assert best.layers_[0].leak == search.best_params_["reservoir__layer__leak"]
    assert len(best.layers_) == search.best_params_["reservoir__n_layers"]


def test_a_forecast_runs_step_by_step():
    series = np.sin(np.arange(400) / 5).reshape(-1, 1)
    model = looped(deep(2, input_to_all=True)).fit(series[:350])
    forecast = model.forecast(50)
    assert np.abs(forecast - series[350:]).max() < 0.01
    _, state = model.reservoir_.run(series[:349])
    row = series[349:350]
    for step in range(3):
        states, state = model.reservoir_.run(row, state)
        row = model.readout_.predict(np.hstack([states, row])).reshape(1, 1)
        np.testing.assert_allclose(forecast[step], row[0], rtol=0, atol=1e-9)
