"""Where units begin to fire and how fast, what chance makes of them, and what they resonate with: as theory says."""

import numpy as np
import pytest

import reservoir
from reservoir import LiquidState
from reservoir.circuits import Circuit, MaassColumn
from reservoir.neurons import (
    GIF,
    LIF,
    EscapeLIF,
    FitzHughNagumo,
    HindmarshRose,
    Izhikevich,
    MorrisLecar,
    ResonateAndFire,
)
from reservoir.random_numbers import ESCAPE, uniform_numbers
from reservoir.spikes import SpikeTrains
from tests.neurons.test_spiking_neurons import DT, intervals, run
from tests.spiking.test_same_spikes import NONE, assert_same


def settled(neuron, currents, seconds, after):
    """Intervals in milliseconds of each unit, of the spikes after so many seconds."""
    found = run(neuron, currents, round(seconds / DT)).spikes
    return [1e3 * DT * intervals(found[found[:, 0] > after / DT], unit) for unit in range(len(currents))]


def test_fitzhugh_nagumo_fires_between_its_hopf_points():
    """In closed form, where the trace of the Jacobian is 0: x^2 = 1 - epsilon b. Periods are of a fine integration."""
    neuron = FitzHughNagumo()
    one = neuron.capacitance * neuron.scale / neuron.time_scale
    x = np.array([-1, 1]) * np.sqrt(1 - neuron.epsilon * neuron.b)
    low, high = (x + neuron.a) / neuron.b - x + x**3 / 3
    assert (low, high) == pytest.approx((0.33128, 1.41872), abs=1e-5)
    found = settled(neuron, one * np.array([low - 0.02, low + 0.02, 0.5, 1.0, high - 0.02, high + 0.02]), 0.6, 0.25)
    assert [len(one) > 0 for one in found] == [False, True, True, True, True, False]
    assert (found[2].mean(), found[3].mean()) == pytest.approx((39.47, 36.70), rel=2e-3)


def test_types_of_morris_and_lecar():
    """Type II begins at once near 10 Hz, type I at any low rate; rates against an exact integration."""
    second = settled(MorrisLecar.of_type("II"), np.array([80, 90, 100, 150]) * 1e-11, 1.2, 0.5)
    first = settled(MorrisLecar.of_type("I"), np.array([39.0, 40.5, 45.0, 60.0]) * 1e-11, 1.2, 0.2)
    assert MorrisLecar.of_type("II").get_params() == MorrisLecar().get_params()
    assert not len(second[0]) and not len(first[0])
    assert [1e3 / one.mean() for one in second[1:]] == pytest.approx([9.73, 11.72, 15.11], rel=2e-3)
    assert [1e3 / one.mean() for one in first[2:]] == pytest.approx([10.07, 17.06], rel=2e-3)
    assert 1e3 / first[1].mean() < 4


def test_hindmarsh_and_rose_burst():
    neuron = HindmarshRose()
    one = neuron.capacitance * neuron.scale / neuron.time_scale
    silent, low, burst, longer, high = settled(neuron, one * np.array([1, 1.5, 2, 3, 4]), 1.6, 0.6)
    assert not len(silent)
    assert np.ptp(low) < 1 and low.mean() == pytest.approx(149.2, rel=0.03)
    assert np.ptp(high) < 1 and high.mean() == pytest.approx(20.1, rel=0.03)
    for bursting in (burst, longer):
        assert 5 < bursting.max() / bursting.min() < 9


def test_escape_without_memory_has_the_analytic_rate():
    """A voltage that stands still, on which a spike changes nothing: intervals are geometric behind the dead time."""
    above, n_units, n_steps, seed = 0.4e-3, 200, 10_000, 7
    still = {"rest": above, "threshold": 0.0, "reset": above, "initial": above, "background": 0.0}
    neuron = EscapeLIF(**still, escape_rate=80.0, escape_width=0.5e-3, refractory=2e-3)
    chance = uniform_numbers(seed, ESCAPE, 0, 0, n_steps, n_units)
    spikes = run(neuron, np.zeros(n_units), n_steps, chance=chance).spikes
    p = -np.expm1(-80.0 * np.exp(above / 0.5e-3) * DT)
    between = np.concatenate([intervals(spikes, unit) for unit in range(n_units)])
    mean, deviation = 19 + 1 / p, np.sqrt(1 - p) / p
    assert between.min() == 20 and between.mean() == pytest.approx(mean, rel=4 * deviation / mean / len(between) ** 0.5)
    assert between.std() == pytest.approx(deviation, rel=0.03)


def test_first_spikes_come_by_the_hazard():
    """The share of units without a spike falls as exp(-integral of rho), while the voltage rises by its closed form."""
    n_units, n_steps, neuron = 2000, 600, GIF(initial=-0.067)
    current = 0.14e-9
    spikes = run(
        neuron, np.full(n_units, current), n_steps, chance=uniform_numbers(3, ESCAPE, 0, 0, n_steps, n_units)
    ).spikes
    firsts = np.full(n_units, n_steps)
    np.minimum.at(firsts, spikes[:, 1], spikes[:, 0])
    t = DT * np.arange(1, n_steps + 1)
    v = neuron.rest + current / neuron.leak_conductance * -np.expm1(-t * neuron.leak_conductance / neuron.capacitance)
    left = np.exp(-np.cumsum(neuron.escape_rate * np.exp((v - neuron.threshold) / neuron.escape_width)) * DT)
    found = np.array([(firsts > step).mean() for step in range(n_steps)])
    assert 0.05 < left[-1] < 0.9 and np.abs(found - left).max() < 1.95 / n_units**0.5  # Kolmogorov, one in a thousand


def test_narrow_escape_is_the_leaky_unit():
    currents = np.linspace(1e-9, 8e-9, 6)
    sharp, plain = (run(model, currents, 3000).spikes for model in (EscapeLIF(escape_width=1e-12), LIF()))
    assert len(plain) > 50
    np.testing.assert_array_equal(sharp, plain)


def test_gif_adapts_by_current_and_threshold():
    """A long step of current: each part alone lengthens the intervals; without both they have no trend."""
    nothing = dict.fromkeys(("q_stc_1", "q_stc_2", "q_sfa_1", "q_sfa_2"), 0.0)
    parts = [{}, {**nothing, "q_stc_1": 56.7e-12}, {**nothing, "q_sfa_1": 0.0117}, nothing]
    trends = []
    for part in parts:
        n_steps = 4000
        found = run(
            GIF(**part), np.full(100, 0.35e-9), n_steps, chance=uniform_numbers(0, ESCAPE, 0, 0, n_steps, 100)
        ).spikes
        early, late = (found[:, 0] < 500).sum() / 500, (found[:, 0] > 3000).sum() / 1000
        trends.append(late / early)
    assert trends[0] < trends[1] < trends[2] < 0.9 and trends[3] > 0.95


def test_chance_belongs_to_the_trial():
    """Trials are independent, one trial is the same alone or among others, and both engines hear the same."""
    circuit, neuron = Circuit(np.ones(30, bool), NONE, NONE, 0), EscapeLIF(noise=2e-4)
    trains, push = SpikeTrains([], np.zeros(0, int), 0, 0.1), [np.full((1, 30), 1.2e-9)] * 3
    three = assert_same(circuit, [trains] * 3, neuron=neuron, currents=push)
    assert len({one.spikes.times.tobytes() for one in three}) == 3
    alone = reservoir.simulate(circuit, trains, neuron=neuron, currents=push[0], random_state=0, trial=2)
    assert alone.spikes == three[2].spikes
    mixed = {"E": EscapeLIF(), "I": Izhikevich(noise=5e-4)}
    circuit = Circuit(np.arange(30) % 3 > 0, NONE, NONE, 0)
    recording = assert_same(circuit, [trains], neuron=mixed, currents=push[:1])[0]
    own = reservoir.simulate(circuit, trains, neuron=EscapeLIF(), currents=push[0], random_state=0, record="voltages")
    assert not np.array_equal(recording.voltages[:, ~circuit.excitatory], own.voltages[:, ~circuit.excitatory])


def test_a_liquid_of_chance_in_pieces_is_the_whole():
    rows = np.random.default_rng(0).uniform(size=(20, 2))
    liquid = LiquidState(MaassColumn((3, 3, 3)), EscapeLIF(), random_state=0).fit(rows)
    whole, _ = liquid.run(rows, trial=3)
    first, state = liquid.run(rows[:7], trial=3)
    second, _ = liquid.run(rows[7:], state)
    np.testing.assert_allclose(np.concatenate([first, second]), whole, rtol=1e-12)
    assert whole.max() > 0 and not np.array_equal(liquid.run(rows, trial=4)[0], whole)


def test_resonance():
    """The voltage follows a sine by the transfer function, and most of all one of its own frequency."""
    neuron = ResonateAndFire(threshold=1.0, reset=0.0)
    rates, t = np.arange(10.0, 81.0, 2.0), DT * np.arange(6000)
    found = run(neuron, 1e-11 * np.sin(2 * np.pi * rates * t[:, None]), 6000).voltages
    size = np.ptp(found[4000:], axis=0) / 2
    omega, rate = 2 * np.pi * neuron.frequency, 2j * np.pi * rates + 1 / neuron.time_constant
    np.testing.assert_allclose(size, 1e-11 / neuron.capacitance * omega / np.abs(rate**2 + omega**2), rtol=2e-3)
    assert rates[size.argmax()] == 40


def test_pulses_a_period_apart_add_up_and_inhibition_fires():
    """As the paper has it: a doublet fires at the period and not at half of it; so does a doublet of inhibition."""
    pulse = 1.6e-8
    steps = np.array([[1000, 1250], [1000, 1125]])  # a period of 40 Hz is 250 steps
    for sign in (1, -1):
        external = np.zeros((2000, 2))
        for unit, pair in enumerate(steps):
            external[pair, unit] = sign * pulse
        assert set(run(ResonateAndFire(), external, 2000).spikes[:, 1]) == {0}
