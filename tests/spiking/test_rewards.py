"""Rewards that come from what a circuit does while it runs."""

import dataclasses

import numpy as np
import pytest
from sklearn.base import clone

import spiking
from reservoir import load, save
from reservoir.circuits import MaassColumn
from reservoir.neurons import LIF
from reservoir.plasticity import Feedback, ReadoutReward, RewardSTDP, Rule
from reservoir.readouts import RidgeReadout
from reservoir.spikes import Exponential, Latency
from spiking import STDP, Microcircuit, simulate
from tests.spiking.test_learning import COLUMN, weights
from tests.spiking.test_own_rules import Own
from tests.spiking.test_same_spikes import trains_of

EVERY = 0.02
OPTIONS = {"record": "weights", "random_state": 0, "codegen": "numpy", "dt": 5e-4}


def busy(seconds, spikes):
    """One reward for each spike of the first three units."""
    return 10.0 * (spikes.units < 3).sum()


class Counting:
    """A reward that remembers: the change of the number of spikes since the last question."""

    def __init__(self):
        self.last, self.heard = 0, []

    def __call__(self, seconds, spikes):
        change, self.last = len(spikes) - self.last, len(spikes)
        self.heard.append((seconds, spikes))
        return float(change)


def rewarded(reward=busy, **more):
    return {"recurrent": RewardSTDP(reward=reward, reward_interval=EVERY, A_plus=0.1, A_minus=0.08, **more)}


@pytest.fixture(scope="module")
def found():
    return simulate(COLUMN, trains_of(0, 0.3, 60), plasticity=rewarded(), **OPTIONS)


def test_rewards_by_a_function_are_those_that_are_known_beforehand():
    """The same rewards as a list give the same weights, where no bound and no spike depends on them."""
    part, times = COLUMN.recurrent, EVERY * np.arange(1, 15)
    learns = RewardSTDP().acts_on(part)
    small = {"A_plus": 1e-8, "A_minus": 0.8e-8, "w_max": 1e-4, "tau_c": 0.05}
    told = {"recurrent": RewardSTDP(reward=busy, reward_interval=EVERY, **small)}
    one = simulate(COLUMN, trains_of(0, 0.3, 60), plasticity=told, **OPTIONS)
    bins = one.spikes.binned(EVERY)[:, :3].sum(axis=1)
    listed = {"recurrent": RewardSTDP(times, 10.0 * bins[: len(times)], **small)}
    other = simulate(COLUMN, trains_of(0, 0.3, 60), plasticity=listed, **OPTIONS)
    assert one.spikes == other.spikes
    change, expected = (run.circuit.recurrent.weight[learns] - part.weight[learns] for run in (one, other))
    assert np.abs(expected).max() > 1e-13
    np.testing.assert_allclose(change, expected, rtol=0, atol=1e-6 * np.abs(expected).max())


def test_an_object_begins_every_trial_as_it_was_given(found):
    """Side by side, alone, again, and in processes; and it is told the time and the spikes of each stretch."""
    told, reward = [], Counting()

    def telling(seconds, spikes):
        told.append((seconds, spikes))
        return busy(seconds, spikes)

    again = simulate(COLUMN, trains_of(0, 0.3, 60), plasticity=rewarded(telling), **OPTIONS)
    assert again.spikes == found.spikes
    np.testing.assert_array_equal(again.circuit.recurrent.weight, found.circuit.recurrent.weight)
    np.testing.assert_allclose([seconds for seconds, _ in told], EVERY * np.arange(1, 15), rtol=1e-12)
    for seconds, spikes in told:
        before = again.spikes.window(seconds - EVERY, seconds)
        np.testing.assert_allclose(spikes.times, before.times, rtol=0, atol=1e-9)
        np.testing.assert_array_equal(spikes.units, before.units)
    trains = [trains_of(seed, 0.1, 60) for seed in range(3)]
    together = simulate(COLUMN, trains, plasticity=rewarded(reward), **OPTIONS)
    assert reward.heard == [] and reward.last == 0
    spread = simulate(COLUMN, trains, plasticity=rewarded(reward), n_jobs=2, **OPTIONS)
    alone = [simulate(COLUMN, one, plasticity=rewarded(reward), trial=k, **OPTIONS) for k, one in enumerate(trains)]
    for one, other, third in zip(weights(together), weights(alone), weights(spread), strict=True):
        np.testing.assert_array_equal(one, other)
        np.testing.assert_array_equal(one, third)


def test_units_that_fire_of_themselves_are_heard():
    """In numbers of spikes and in trains."""
    circuit = dataclasses.replace(COLUMN, spontaneous_rate=np.where(np.arange(27) < 3, 100.0, 0.0))
    numbers, told = [], []
    rule = Rule({}, ["w = w"], [], {}, feedback=Feedback("reward", lambda seconds, n: numbers.append(n) or 0.0, EVERY))
    plasticity = {"inputs": Own(rule), **rewarded(lambda seconds, spikes: told.append(spikes) or 0.0)}
    fired = simulate(circuit, trains_of(0, 0.1, 60), plasticity=plasticity, **OPTIONS).spikes
    assert fired.counts()[:3].min() > 3
    np.testing.assert_array_equal(np.sum(numbers, axis=0), fired.window(0, 0.08).counts())
    np.testing.assert_array_equal(np.sum([one.counts() for one in told], axis=0), fired.window(0, 0.08).counts())


@pytest.mark.parametrize("reward, error, shape", [
    (lambda seconds, spikes: 1 / 0, ZeroDivisionError, "division by zero"),
    (lambda seconds, spikes: np.nan, ValueError, "'reward' parameter of RewardSTDP must be a function that gives"),
    (lambda seconds, spikes: None, ValueError, "'reward' parameter of RewardSTDP must be a function that gives"),
    (lambda seconds, spikes: [1.0, 2.0], ValueError, "'reward' parameter of RewardSTDP must be a function that gives"),
])  # fmt: skip
def test_errors_of_a_reward_leave_everything_as_it_was(reward, error, shape):
    """The circuit, the rule, a fitted system, and Brian2, which simulates on."""
    series = np.random.default_rng(0).random((6, 2))
    part = Microcircuit(MaassColumn((2, 2, 2)), plasticity={"recurrent": STDP()}, random_state=0, dt=5e-4).fit(series)
    before = dict(vars(part))
    with pytest.raises(error, match=shape):
        part.set_params(plasticity=rewarded(reward)).fit(series)
    assert {**vars(part), "plasticity": 0} == {**before, "plasticity": 0}
    assert len(simulate(COLUMN, trains_of(0, 0.02, 60), **OPTIONS).spikes) >= 0


def test_what_a_reward_refuses(tmp_path):
    class Uncopied:
        def __deepcopy__(self, memo):
            raise TypeError("not this one")

        def __call__(self, seconds, spikes):
            return 0.0

    trains = trains_of(0, 0.05, 60)
    with pytest.raises(
        ValueError, match=r"'reward' parameter of RewardSTDP must be .* copied for each trial .*not this"
    ):
        simulate(COLUMN, trains, plasticity=rewarded(Uncopied()), **OPTIONS)
    with pytest.raises(ValueError, match=r"'codegen' parameter of simulate must be another one .* feedback"):
        simulate(COLUMN, trains, plasticity=rewarded(), **OPTIONS | {"codegen": "standalone"})
    with pytest.raises(ValueError, match="'reward' parameter of RewardSTDP must be None, or a function in place"):
        RewardSTDP([0.1], reward=busy).rule(COLUMN.recurrent)
    series = np.random.default_rng(0).random((3, 2))
    part = Microcircuit(MaassColumn((2, 2, 2)), plasticity=rewarded(), random_state=0, dt=5e-4).fit(series)
    with pytest.raises(ValueError, match="reward"):
        save(part, tmp_path / "rewarded.npz")
    assert not list(tmp_path.iterdir())


@pytest.mark.long
def test_a_reward_in_another_process(found):
    with spiking.own_process():
        other = simulate(COLUMN, trains_of(0, 0.3, 60), plasticity=rewarded(), **OPTIONS)
    np.testing.assert_array_equal(other.circuit.recurrent.weight, found.circuit.recurrent.weight)


def test_a_readout_rewards(tmp_path):
    """It sees the states of the liquid to which it was fitted, and is copied, searched and saved as a part."""
    rng = np.random.default_rng(0)
    series = rng.random((7, 2))
    liquid = Microcircuit(MaassColumn((3, 3, 3), weight_scale=3.0), LIF(), encoder=Latency(), step=EVERY, dt=1e-3,
                          random_state=0)  # fmt: skip
    states = liquid.fit_transform(series)
    readout = RidgeReadout(1e-3).fit(states, series[:, 0])
    seen = []
    reward = ReadoutReward(
        readout, series[:, 0], Exponential(0.03), score=lambda target, found: seen.append(found) or 0.0
    )
    rules = {"recurrent": RewardSTDP(reward=reward, reward_interval=EVERY)}
    learning = clone(liquid).set_params(plasticity=rules).fit(series)
    np.testing.assert_allclose(seen, readout.predict(states)[:-1], rtol=0, atol=1e-9)
    np.testing.assert_array_equal(learning.circuit_.recurrent.weight, learning.initial_circuit_.recurrent.weight)
    assert reward._row == 0 and reward._memory is None
    signs = clone(liquid).set_params(plasticity=rules | {
        "recurrent": RewardSTDP(reward=ReadoutReward(readout, readout.predict(states), Exponential(0.03), amount=50.0),
                                reward_interval=EVERY)}).fit(series)  # fmt: skip
    assert (signs.circuit_.recurrent.weight != signs.initial_circuit_.recurrent.weight).any()
    short = RewardSTDP(reward=ReadoutReward(readout, series[:3, 0], Exponential(0.03)), reward_interval=EVERY)
    with pytest.raises(ValueError, match="'targets' parameter of ReadoutReward must be a row for each stretch"):
        clone(liquid).set_params(plasticity={"recurrent": short}).fit(series)
    save(signs, tmp_path / "signs.npz")
    again = load(tmp_path / "signs.npz")
    np.testing.assert_array_equal(again.transform(series), signs.transform(series))
