"""The reservoir and its unit: who may say what, and when compiled loops do what `run` does."""

import copy
import pickle

import numba
import numpy as np
import pytest
from sklearn.base import clone

from reservoir import DeepEchoState, EchoState
from reservoir.neurons import LIF
from reservoir.neurons.rate import Euler, LeakyIntegrator
from reservoir.probes.tangent import tangent_of
from reservoir.readouts import Force, LeastMeanSquares
from reservoir.systems import EchoStateLanes
from tests.loops import looped

X = np.random.default_rng(0).uniform(-1, 1, (60, 2))
SERIES = np.sin(np.arange(400) / 5).reshape(-1, 1)


@numba.njit
def soft_sign(x):
    return x / (1 + abs(x))


def test_no_unit_is_the_leaky_one():
    for options in ({}, {"leak": 0.3, "activation": "relu"}, {"leak": np.linspace(0.1, 1, 9)}):
        plain = EchoState(9, random_state=0, **options).fit(X)
        given = EchoState(9, unit=LeakyIntegrator(**options), random_state=0).fit(X)
        np.testing.assert_array_equal(plain.transform(X), given.transform(X))
        assert isinstance(plain.unit_, LeakyIntegrator) and plain.unit is None


@pytest.mark.parametrize(
    "options", [{"leak": 0.5}, {"leak": np.ones(9)}, {"activation": "relu"}, {"activation": soft_sign}]
)
def test_beside_a_unit_its_parameters_stand_alone(options):
    system = EchoState(9, unit=Euler(), **options)
    before = dict(vars(system))
    with pytest.raises(ValueError, match=f"The '{next(iter(options))}' parameter of EchoState must be left at "):
        system.fit(X)
    assert vars(system) == before


@pytest.mark.parametrize("unit", [3, "euler", Euler, LIF()])
def test_what_is_no_rate_unit_is_refused(unit):
    with pytest.raises(ValueError, match="The 'unit' parameter of EchoState must be None or a rate unit"):
        EchoState(9, unit=unit).fit(X)


def test_the_unit_is_that_of_the_fit():
    system = EchoState(9, unit=Euler(0.1), random_state=0).fit(X)
    states = system.transform(X)
    system.set_params(unit__step=0.5)
    np.testing.assert_array_equal(system.transform(X), states)
    assert not np.array_equal(clone(system).fit_transform(X), states)


@pytest.mark.parametrize("options", [{}, {"activation": soft_sign}, {"unit": Euler(activation=soft_sign)}])
def test_copies_answer_alike(options):
    system = EchoState(9, random_state=0, noise=0.1, **options).fit(X)
    for twin in (copy.deepcopy(system), copy.copy(system), pickle.loads(pickle.dumps(system))):
        np.testing.assert_array_equal(twin.transform(X), system.transform(X))
    np.testing.assert_array_equal(
        system.without_noise().transform(X), EchoState(9, random_state=0, **options).fit_transform(X)
    )


def test_matrices_that_are_replaced_are_used():
    system = EchoState(9, random_state=0).fit(X)
    other = EchoState(9, random_state=1).fit(X)
    system.W_, system.W_in_, system.bias_ = other.W_, other.W_in_, other.bias_
    np.testing.assert_array_equal(system.transform(X), other.transform(X))


class Clipped(EchoState):
    """Another equation: states clipped after every step."""

    def run(self, X, state=None):
        if isinstance(X, list):
            pairs = [self.run(x, None if state is None else state[i]) for i, x in enumerate(X)]
            return [a for a, _ in pairs], [b for _, b in pairs]
        rows = []
        for row in np.asarray(X):
            state = np.clip(super().run(row[None], state)[1], -0.3, 0.3)
            rows.append(state)
        return np.array(rows), state


def on_an_object():
    system = EchoState(30, random_state=0)
    system.run = Clipped(30, random_state=0).fit(SERIES).run
    return system


def test_who_runs_the_compiled_equation():
    assert EchoState().runs_compiled and EchoState(unit=Euler()).runs_compiled
    assert type("Named", (EchoState,), {})().runs_compiled
    assert not Clipped().runs_compiled and not on_an_object().runs_compiled
    assert DeepEchoState().runs_layers
    assert not type("Other", (DeepEchoState,), {"run": lambda self, X, state=None: None})().runs_layers


@pytest.mark.parametrize("readout", [None, Force(), LeastMeanSquares(0.1)])
def test_a_subclass_with_another_equation_forecasts_by_it(readout):
    model = looped(Clipped(30, random_state=0), readout, washout=20).fit(SERIES)
    system, state, row, own = model.reservoir_, model.reservoir_.run(SERIES[:-1])[1], SERIES[-1], []
    for _ in range(5):
        states, state = system.run(row[None], state)
        row = np.atleast_1d(model.readout_.predict(model._features(states, row[None]))[0])
        own.append(row)
    np.testing.assert_allclose(model.forecast(5), own, rtol=0, atol=1e-9)


def test_nobody_takes_a_subclass_for_its_weights():
    system = Clipped(30, random_state=0).fit(SERIES)
    assert tangent_of(system) is None
    assert tangent_of(DeepEchoState(Clipped(5), 2, random_state=0).fit(SERIES)) is None
    with pytest.raises(ValueError, match="The 'reservoir' parameter of EchoStateLanes must be"):
        EchoStateLanes(Clipped(5), [{}]).fit(SERIES)
