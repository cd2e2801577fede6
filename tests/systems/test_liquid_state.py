"""The liquid as a transformer: the data contract, its parts, and what its states are."""

import pickle
import tracemalloc

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline

from reservoir import DeepEchoState, EchoState, LiquidState, ReservoirClassifier, ReservoirRegressor
from reservoir.circuits import Circuit, MaassColumn, RandomCircuit
from reservoir.estimator_checks import check_sequence_estimator
from reservoir.neurons import LIF
from reservoir.spikes import (
    Alpha,
    Counts,
    Current,
    Exponential,
    GaussianReceptiveFields,
    Latency,
    Poisson,
    Raster,
    SendOnDelta,
    SpikeTrains,
)
from tests import oracles

COLUMN = MaassColumn((3, 3, 3), input_probability=1.0)


def liquid(**parameters):
    return LiquidState(**{"circuit": COLUMN, "encoder": Latency(), "random_state": 0, **parameters})


def poisson_trains(seed, n_channels=3, duration=0.5, rate=40.0):
    rng = np.random.default_rng(seed)
    counts = rng.poisson(rate * duration, n_channels)
    times = rng.uniform(0, duration, counts.sum())
    return SpikeTrains(times, np.repeat(np.arange(n_channels), counts), n_channels, duration)


LIQUIDS = {
    "latency": liquid(),
    "poisson": liquid(encoder=Poisson()),
    "send on delta": liquid(encoder=SendOnDelta()),
    "receptive fields": liquid(encoder=GaussianReceptiveFields(4), trace=Alpha()),
    "current": liquid(encoder=Current(5e-9), trace=Counts(0.03)),
    "noise": liquid(neuron=LIF(noise=1e-4)),
    "step": liquid(step=0.005, dt=2.5e-4, circuit=RandomCircuit(20)),
}


@pytest.mark.parametrize("system", LIQUIDS.values(), ids=LIQUIDS)
def test_the_data_contract(system):
    """Times of spikes are sums, so that a run in two pieces is one run to rounding."""
    check_sequence_estimator(system, tolerance=1e-9)


@pytest.mark.parametrize("model", [ReservoirClassifier(liquid()), ReservoirRegressor(liquid(), washout=2)])
def test_models_take_it(model):
    check_sequence_estimator(model, tolerance=1e-6)


def test_states_are_the_trace_of_the_spikes():
    """A column of the twin, filtered by a sum over all spikes."""
    trains = poisson_trains(1)
    system = liquid(encoder=None).fit(trains)
    fired, _ = oracles.spiking_circuit(system.circuit_, LIF(), trains, system._rest.variables[0], 1e-4)
    assert len(fired) > 20
    ends = np.arange(1, 51) * 0.01
    expected = np.zeros((50, 27))
    for step, unit in fired:
        age = ends - step * 1e-4
        expected[:, unit] += np.where(age > 1e-9, np.exp(-age / 0.03), 0)
    np.testing.assert_allclose(system.transform(trains), expected, rtol=0, atol=1e-9)


def test_spike_trains_instead_of_signals():
    trains = [poisson_trains(seed, duration=0.2 + 0.1 * seed) for seed in range(4)]
    system = liquid().fit(trains)
    states = system.transform(trains)
    assert [len(rows) for rows in states] == [20, 30, 40, 50] and system.n_features_in_ == 3
    for one, rows in zip(trains, states, strict=True):
        np.testing.assert_array_equal(system.transform(one), rows)
    whole, start = trains[3], system.run(trains[0])[1]
    first, middle = system.run(whole.window(0, 0.2), start)
    second, final = system.run(whole.window(0.2, 0.5), middle)
    at_once, end = system.run(whole, start)
    np.testing.assert_allclose(np.concatenate([first, second]), at_once, rtol=0, atol=1e-9)
    np.testing.assert_allclose(final, end, rtol=0, atol=1e-9)


def test_binned_spikes_go_through_models():
    """Two rates, told apart from the spikes alone: by guessing 17 of 20 are right once in 780 times."""
    y = np.arange(40) % 2
    trains = [poisson_trains(seed, rate=20 + 40 * label) for seed, label in enumerate(y)]
    X = np.stack([one.binned(0.005) for one in trains])
    model = ReservoirClassifier(liquid(encoder=Raster(), step=0.005)).fit(X[:20], y[:20])
    assert (model.predict(X[20:]) == y[20:]).sum() >= 17


def test_spikes_are_refused_where_they_do_not_fit():
    series, trains = np.random.default_rng(0).random((20, 3)), poisson_trains(0)
    with pytest.raises(ValueError, match="X of LiquidState must be as in fit"):
        liquid().fit(series).transform(trains)
    with pytest.raises(ValueError, match="X of LiquidState must be SpikeTrains of 3 channels"):
        liquid().fit(trains).transform(poisson_trains(0, n_channels=2))
    with pytest.raises(ValueError, match="X of LiquidState must be SpikeTrains of 3 channels"):
        liquid().fit(trains).transform(series)
    with pytest.raises(ValueError, match="at least one step"):
        liquid().fit(trains).transform(trains.window(0, 0.001))


def test_a_circuit_is_a_part():
    series = np.random.default_rng(0).random((20, 2))
    circuit = COLUMN.draw(np.random.default_rng(5), n_inputs=2)
    assert isinstance(circuit, Circuit)
    first, other = (LiquidState(circuit, encoder=Latency(), random_state=0).fit(series) for _ in range(2))
    np.testing.assert_array_equal(first.transform(series), other.transform(series))
    np.testing.assert_array_equal(clone(first).fit(series).transform(series), first.transform(series))
    with pytest.raises(ValueError, match="n_inputs"):
        LiquidState(circuit).fit(series[:, :1])


def test_defaults_are_reached_by_name():
    system = LiquidState().set_params(circuit__lam=1.0, neuron__refractory=0.004, encoder__max_rate=50.0)
    assert system.circuit.lam == 1.0 and system.neuron.refractory == 0.004 and system.trace is None
    assert LiquidState().set_params(trace__time_constant=0.01).trace.time_constant == 0.01


def test_search_over_wiring_and_synapses():
    """Every candidate is the liquid with its parameters; where lam leaves no synapse, their strength is no matter."""
    rng = np.random.default_rng(0)
    X = [rng.random((12, 2)) + label for label in (0, 0.5) for _ in range(10)]
    y = np.repeat([0, 1], 10)
    model = ReservoirClassifier(liquid(encoder=Latency(low=0.0, high=1.5)))
    grid = {"reservoir__circuit__lam": [0.0, 2.0], "reservoir__circuit__weight_scale": [1.0, 2.0]}
    search = GridSearchCV(model, grid, cv=2, error_score="raise").fit(X, y)
    found = search.cv_results_["mean_test_score"]
    alone = [cross_val_score(clone(model).set_params(**one), X, y, cv=2).mean() for one in search.cv_results_["params"]]
    np.testing.assert_array_equal(found, alone)
    assert found[0] == found[1] and len(set(found)) > 1 and search.score(X, y) == 1


def test_in_a_pipeline_and_through_pickle():
    series = np.random.default_rng(0).random((30, 2))
    labels = (series[:, 0] > 0.5).astype(int)
    model = make_pipeline(liquid(), LogisticRegression()).fit(series, labels)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(model.predict(series), again.predict(series))
    assert list(liquid().fit(series).get_feature_names_out()[:2]) == ["liquidstate0", "liquidstate1"]


def test_a_layer_of_a_deep_system():
    series = np.random.default_rng(0).random((20, 2))
    deep = DeepEchoState(layers=[liquid(), EchoState(10)], random_state=0).fit(series)
    assert deep.transform(series).shape == (20, 37)


BAD = {
    "circuit": ("a", MaassColumn, 3),
    "neuron": ("a", LIF, Exponential()),
    "encoder": ("a", Poisson, Exponential()),
    "trace": ("a", Exponential, Poisson()),
    "dt": (0.0, -1.0, "a", None),
    "step": (0.0, 1.5e-4, 1e-5, "a", None),
    "random_state": ("a", -1),
}


@pytest.mark.parametrize("name, value", [(name, value) for name, values in BAD.items() for value in values])
def test_bad_parameters(name, value):
    system = liquid().set_params(**{name: value})
    with pytest.raises(ValueError, match=f"'{name}' parameter of LiquidState must be"):
        system.fit(np.random.default_rng(0).random((20, 2)))
    assert not hasattr(system, "n_features_in_")


def test_models_say_what_to_do_with_spike_trains():
    with pytest.raises(ValueError, match="binned"):
        ReservoirClassifier().fit([poisson_trains(0), poisson_trains(1)], [0, 1])


def test_memory_of_many_trials_is_that_of_their_states():
    """Final states, which are far larger than a short record of states, are not kept by `transform`."""
    system = liquid(circuit=MaassColumn()).fit(poisson_trains(0))
    trains = [poisson_trains(seed, duration=0.02) for seed in range(400)]
    system.transform(trains[:2])
    tracemalloc.start()
    states = system.transform(trains)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5_000_000 + 3 * sum(rows.nbytes for rows in states)
