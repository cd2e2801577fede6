"""What the contract of rate units allows beside what the units of the house do."""

from typing import Any, NamedTuple

import numpy as np
import pytest

from reservoir import DeepEchoState, EchoState
from reservoir.compilation import kernel
from reservoir.neurons.activations import activation_of, squash
from reservoir.neurons.rate.unit import RateUnit
from reservoir.probes import closed_loop_exponents
from reservoir.probes.tangent import tangent_of
from reservoir.readouts import Force, RidgeReadout
from reservoir.systems import EchoStateLanes
from tests.loops import looped

X = np.random.default_rng(0).uniform(-1, 1, (60, 1))
WAVE = np.sin(np.arange(150) / 5).reshape(-1, 1)


class OneLeakCells(NamedTuple):
    leak: Any  # one number for all units

    @staticmethod
    @kernel()
    def step(cells, state, heard, scratch):
        for i in range(heard.size):
            heard[i] = state[i] + cells.leak * (heard[i] / (1 + abs(heard[i])) - state[i])
            state[i] = heard[i]

    @staticmethod
    @kernel()
    def step_lanes(cells, state, heard):
        for i in range(heard.size):
            state[i] += cells.leak * (heard[i] / (1 + abs(heard[i])) - state[i])


class OneLeak(RateUnit):
    """x' = x + leak (h / (1 + |h|) - x)."""

    def __init__(self, leak=0.5):
        self.leak = leak

    def cells(self, n_units, matrices, dtype):
        return OneLeakCells(dtype.type(self.leak))


def test_lanes_whose_numbers_differ_are_not_advanced_as_one():
    system = EchoState(12, unit=OneLeak(), random_state=0)
    for settings in ([{"unit__leak": 0.1}, {"unit__leak": 0.9}], [{"spectral_radius": 0.5}, {"input_scaling": 0.3}]):
        lanes = EchoStateLanes(system, settings).fit(X)
        found = np.concatenate([block for _, block in lanes.blocks(X)], axis=1)
        for lane, setting in zip(found, settings, strict=True):
            single = EchoState(12, unit=OneLeak(), random_state=0).set_params(**setting)
            np.testing.assert_allclose(lane, single.fit_transform(X), rtol=0, atol=1e-12)


class FasterThanMeanCells(NamedTuple):
    slow: Any
    activation: Any

    @staticmethod
    @kernel()
    def step(cells, state, heard, scratch):
        squash(cells.activation, heard)
        n = heard.size
        for i in range(n):
            state[i] = heard[i]
            state[n + i] += cells.slow * (state[i] - state[n + i])
            heard[i] = state[i] - state[n + i]

    @staticmethod
    @kernel()
    def tangent(cells, state, heard, moved, driven, scratch):
        pass


class FasterThanMean(RateUnit):
    """x' = tanh(h), m' = m + slow (x' - m); readouts see x' - m'."""

    n_arrays = 2
    shows_state = False

    def __init__(self, slow=0.2):
        self.slow = slow

    def cells(self, n_units, matrices, dtype):
        return FasterThanMeanCells(dtype.type(self.slow), activation_of("tanh"))


@pytest.fixture
def showing():
    return EchoState(15, unit=FasterThanMean(), random_state=0)


def test_readouts_see_what_a_unit_shows(showing):
    system = showing.fit(X)
    x, m, W = np.zeros(15), np.zeros(15), system.W_.toarray()
    for u, shown in zip(X, system.transform(X), strict=True):
        x = np.tanh(W @ x + system.W_in_ @ u + system.bias_)
        m += 0.2 * (x - m)
        np.testing.assert_allclose(shown, x - m, rtol=0, atol=1e-12)


@pytest.mark.parametrize("readout", [RidgeReadout(1e-4), Force(1e-2)])
@pytest.mark.parametrize("n_members", [1, 2])
def test_a_forecast_of_what_is_shown_is_that_of_the_steps(showing, readout, n_members):
    model = looped(showing, readout, washout=20, n_members=n_members).fit(WAVE)
    members = getattr(model, "members_", [model])
    states = [member.reservoir_.run(WAVE[:-1])[1] for member in members]
    row, answers = WAVE[-1:], []
    for _ in range(6):
        outputs = []
        for k, member in enumerate(members):
            seen, states[k] = member.reservoir_.run(row, states[k])
            seen = np.hstack([seen, row]) if model.include_input else seen
            outputs.append(np.ravel(member.readout_.predict(seen)))
        row = np.mean(outputs, axis=0)[None]
        answers.append(row[0])
    if not isinstance(readout, Force):  # which goes on from where training has left its loop
        np.testing.assert_allclose(model.forecast(6), answers, rtol=0, atol=1e-9)
    assert np.isfinite(model.forecast(6)).all()


def test_what_needs_the_slope_of_what_is_shown_says_so(showing):
    assert tangent_of(showing.fit(WAVE)) is not None
    assert tangent_of(DeepEchoState(layers=[showing, EchoState(5)], random_state=0).fit(WAVE)) is None
    with pytest.raises(ValueError, match="an EchoState that shows its state"):
        closed_loop_exponents(looped(showing, washout=20).fit(WAVE))
