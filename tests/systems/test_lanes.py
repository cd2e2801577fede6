"""Lanes equal single reservoirs."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone

from reservoir.systems import EchoState, EchoStateLanes
from reservoir.systems import lanes as lanes_room
from reservoir.topologies import CirculantGraph, Cycle, Random

setting = st.fixed_dictionaries(
    {},
    optional={
        "spectral_radius": st.floats(0.0, 0.8),
        "input_scaling": st.floats(0.0, 2.0),
        "bias_scaling": st.floats(0.0, 1.0),
        "leak": st.floats(0.05, 1.0),
        "noise": st.floats(0.0, 0.1),
    },
)


def joined(lanes, X, n_rows):
    return np.concatenate([states for _, states in lanes.blocks(X, n_rows)], axis=1)


@given(
    settings=st.lists(setting, min_size=1, max_size=35),
    topology=st.sampled_from([None, CirculantGraph(3), Random(4), Cycle(), np.eye(12) + 0.1]),
    activation=st.sampled_from(["tanh", "identity", "relu", "logistic"]),
    n_features=st.integers(1, 3),
)
def test_lanes_equal_single_runs(settings, topology, activation, n_features):
    X = np.random.default_rng(n_features).normal(size=(40, n_features))
    base = EchoState(12, topology=topology, activation=activation, leak=0.5, random_state=7)
    states = joined(EchoStateLanes(base, settings).fit(X), X, n_rows=40)
    for lane, values in enumerate(settings):
        expected = clone(base).set_params(**values).fit_transform(X)
        np.testing.assert_allclose(states[lane], expected, rtol=0, atol=1e-12 * max(1, np.abs(expected).max()))


def test_blocks_are_one_run():
    X = np.random.default_rng(0).normal(size=(100, 2))
    lanes = EchoStateLanes(EchoState(30, random_state=0), [{"leak": 0.3}, {"leak": 0.9}]).fit(X)
    np.testing.assert_array_equal(joined(lanes, X, 100), joined(lanes, X, 7))
    assert [first for first, _ in lanes.blocks(X, 30)] == [0, 30, 60, 90]


def test_given_weights_are_used_as_given():
    X = np.random.default_rng(0).normal(size=(20, 1))
    base = EchoState(10, input_weights=np.full((10, 1), 0.3), bias=np.full(10, 0.2), random_state=0)
    states = joined(EchoStateLanes(base, [{"input_scaling": 5.0, "bias_scaling": 7.0}]).fit(X), X, 20)
    np.testing.assert_allclose(states[0], base.fit_transform(X), rtol=0, atol=1e-12)


def test_float32():
    X = np.random.default_rng(0).normal(size=(50, 1))
    base = EchoState(40, dtype="float32", random_state=0)
    states = joined(EchoStateLanes(base, [{"leak": 0.5}] * 17).fit(X), X, 50)
    assert states.dtype == np.float32
    np.testing.assert_allclose(states[16], base.set_params(leak=0.5).fit_transform(X), atol=1e-5)


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ([], "settings"),
        ([{"n_units": 3}], "settings"),
        ([{"leak": 0}], "leak"),
        ([{"spectral_radius": None}], "spectral_radius"),
        ([{"noise": -1}], "noise"),
    ],
)
def test_bad_settings(settings, word):
    with pytest.raises(ValueError, match=f"The '{word}' parameter of EchoStateLanes must be"):
        EchoStateLanes(EchoState(5), settings).fit(np.zeros((3, 1)))


def test_blocks_take_one_series():
    lanes = EchoStateLanes(EchoState(5, random_state=0), [{}]).fit(np.zeros((3, 1)))
    with pytest.raises(ValueError, match="one series"):
        list(lanes.blocks([np.zeros((3, 1))]))


def test_lanes_are_grouped_once_and_anew_for_other_weights(monkeypatch):
    X = np.random.default_rng(0).normal(size=(20, 2))
    lanes, grouped, calls = EchoStateLanes(EchoState(9, random_state=0), [{"leak": 0.3}, {}]), lanes_room.grouped, []
    lanes.fit(X)
    monkeypatch.setattr(lanes_room, "grouped", lambda *given: calls.append(1) or grouped(*given))
    seen, first = repr(vars(lanes)), joined(lanes, X, 20)
    np.testing.assert_array_equal(joined(lanes, X, 20), first)
    assert len(calls) == 1 and repr(vars(lanes)) == seen
    lanes.reservoir_.W_in_ *= 2.0
    assert np.abs(joined(lanes, X, 20) - first).max() > 0.1
    lanes.fit(X)
    np.testing.assert_array_equal(joined(lanes, X, 20), first)
