"""A probe of a fitted model asks its reservoir, which hears what the model lets it hear."""

import functools
import inspect
from dataclasses import astuple, is_dataclass

import numpy as np
import pytest
from sklearn.base import clone

from reservoir import (
    DeepEchoState,
    EchoState,
    LiquidState,
    ReservoirClassifier,
    ReservoirRegressor,
    probes,
)
from reservoir.model_selection import ReservoirSearchCV, WarmTimeSeriesSplit
from reservoir.probes import information_processing_capacity, kernel_rank, memory_capacity
from reservoir.rnn import RNNRegressor
from reservoir.spikes import SpikeTrains
from tests.loops import looped

RNG = np.random.default_rng(0)
U = RNG.uniform(-1, 1, size=(400, 1))
NO_SYSTEM = {"closed_loop_exponents", "lyapunov_spectrum"}  # of a forecaster, and of equations
FEW = {
    "diagnose": {"washout": 20, "warn": False},
    "information_processing_capacity": {"max_degree": 2, "n_steps": 2000, "n_delays": 20},
    "separation": {"n_pairs": 20},
}


def functions():
    """Every probe of a system, by name."""
    found = {name: getattr(probes, name) for name in probes.__all__ if inspect.isfunction(getattr(probes, name))}
    return {name: one for name, one in found.items() if name not in NO_SYSTEM}


def answer(name, asked, X=U):
    """What a probe says of a system or a model, as plain numbers."""
    probe = functions()[name]
    taken = inspect.signature(probe).parameters
    options = FEW.get(name, {}) | ({"random_state": 0} if "random_state" in taken else {})
    found = probe(asked, X, **options) if "X" in taken else probe(asked, **options)
    if name == "diagnose":
        return [row[:2] for row in found.rows()]
    return astuple(found) if is_dataclass(found) else found


def system(**parameters):
    return EchoState(12, activation="identity", bias_scaling=0.3, random_state=0, **parameters)


CV = WarmTimeSeriesSplit(2, warmup=20)
STACK = U.reshape(8, 50, 1)
MODELS = {
    "y (T,)": (ReservoirRegressor(system()), U, U[:, 0]),
    "y (T, 1)": (ReservoirRegressor(system()), U, U),
    "a target a sequence": (ReservoirRegressor(system(), pooling="mean"), STACK, np.arange(8.0)),
    "labels": (ReservoirClassifier(system()), U, U[:, 0] > 0),
    "a label a sequence": (ReservoirClassifier(system()), STACK, np.arange(8) % 2),
    "forecaster": (looped(system(), washout=10), U),
    "members": (looped(system(), n_members=2, washout=10), U),
    "search": (ReservoirSearchCV(ReservoirRegressor(system()), {"washout": [1, 2]}, cv=CV), U, U[:, 0]),
}


@functools.cache
def fitted(name):
    model, *data = MODELS[name]
    return model.fit(*data)


@pytest.mark.parametrize("name", functions())
@pytest.mark.parametrize("model", MODELS)
def test_a_probe_of_a_model_asks_its_reservoir(name, model):
    asked = fitted(model)
    reservoir = getattr(asked, "best_estimator_", asked).reservoir_
    found, expected = answer(name, asked), answer(name, reservoir)
    if name == "diagnose":
        found = [row for row in found if not row[0].startswith("free")]
    np.testing.assert_equal(found, expected)


@pytest.mark.parametrize("name", functions())
def test_what_comes_back_is_scaled_as_in_the_model(name):
    """As a reservoir whose input weights are so much smaller, but for what `diagnose` says of input and forecasts."""
    model = looped(system(), feedback_scaling=0.5, washout=10).fit(U)
    plain = system(input_weights=model.reservoir_.W_in_ / 2, bias=model.reservoir_.bias_).fit(U)
    found, expected = answer(name, model), answer(name, plain)
    if name == "diagnose":
        found, expected = (
            [row for row in rows if not row[0].startswith(("input", "free"))] for rows in (found, expected)
        )
    np.testing.assert_equal(found, expected)


@pytest.mark.parametrize("name", functions())
@pytest.mark.parametrize("model", [ReservoirRegressor(), ReservoirClassifier(), RNNRegressor()], ids=str)
def test_a_model_that_has_learned_nothing_is_refused(name, model):
    with pytest.raises(
        ValueError, match=f"The '(system|W)' parameter of {name} must be a system, or a fitted model. Got"
    ):
        answer(name, model)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_trained_network_is_asked_for_what_it_computes_inside():
    network = RNNRegressor("gru", 6, max_iter=2, random_state=0).fit(U, U[:, 0])
    assert memory_capacity(network, random_state=0).total > 1.5
    assert kernel_rank(network, random_state=0).rank == 6


@pytest.mark.parametrize("model", [EchoState(5), DeepEchoState(EchoState(5)), looped(EchoState(5))], ids=str)
def test_capacities_of_several_inputs(model):
    """A fitted system or model is asked by as many inputs as it was fitted to."""
    fitted = model.fit(RNG.normal(size=(200, 3)))
    found = memory_capacity(fitted, 5, n_steps=500)
    assert found.per_input.shape == (3, 5) and 1 < found.total <= 5 * getattr(model, "n_layers", 1)
    assert information_processing_capacity(fitted, 2, 3, n_steps=500).n_functions > 3 + 6


def test_spike_trains_of_other_systems_are_refused_by_name():
    trains = SpikeTrains([0.01, 0.02], [0, 1], 2, 0.5)
    for name in ("washout_estimate", "echo_state_index", "diagnose", "lyapunov_exponent"):
        with pytest.raises(
            ValueError, match=f"The 'X' parameter of {name} must be rows of numbers, as EchoState hears"
        ):
            answer(name, EchoState(5).fit(RNG.normal(size=(20, 2))), trains)
    with pytest.raises(ValueError, match="'system' parameter of lyapunov_exponent must be one of rate units"):
        answer("lyapunov_exponent", LiquidState(random_state=0), trains)


@pytest.mark.parametrize("name", functions())
def test_tables_bring_their_names_and_numbers_of_a_probe_need_none(name):
    """Warnings are errors: the library asks of itself no names that only the user's tables have."""
    pandas = pytest.importorskip("pandas")
    table, other = (pandas.DataFrame(U, columns=[column]) for column in "uv")
    models = [system(), ReservoirRegressor(system(), washout=5), looped(system(), washout=5)]
    for model in models:
        named = model.fit(table, U[:, 0])
        plain = clone(model).fit(U, U[:, 0])
        np.testing.assert_equal(answer(name, named, table), answer(name, plain))
        if "X" in inspect.signature(functions()[name]).parameters:
            with pytest.raises(ValueError, match="feature names"):
                answer(name, named, other)
