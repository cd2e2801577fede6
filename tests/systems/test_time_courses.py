"""Synapses that rise, jump, are blocked by magnesium, or release by chance: closed forms, SciPy and statistics."""

import dataclasses

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.special import expit
from scipy.stats import norm

from reservoir import LiquidState, neurons, simulate
from reservoir.circuits import Circuit, PoissonBackground, Projection
from reservoir.neurons import LIF
from reservoir.random_numbers import RELEASE, event_number, numbers_of_events, round_keys
from reservoir.spikes import SpikeTrains
from tests.neurons.spiking_oracles import twin_of
from tests.spiking.test_same_spikes import NONE

DT, TAU = 1e-4, 0.02
QUIET = LIF(time_constant=TAU, resistance=1e8, background=0.0, initial=0.0, threshold=1.0, reset=0.0)
TIMES = DT * np.arange(1, 601)
MODELS = [model for name in neurons.__all__ if getattr(model := getattr(neurons, name), "hears_conductances", True)]
every_model = pytest.mark.parametrize("model", MODELS)


def lone(projection, **options):
    return Circuit([True], NONE, projection, 1, **options)


def voltages(circuit, times=(), *, neuron=QUIET, duration=0.06, dt=DT, **options):
    """Of one unit, whose channel fires at these times."""
    trains = SpikeTrains(np.asarray(times, float), np.zeros(len(times), int), 1, duration)
    return simulate(circuit, trains, neuron=neuron, dt=dt, record="voltages", random_state=0, **options).voltages[:, 0]


# Closed forms


def potential(tau):
    """Volts that an exponential current of 1 ampere, which begins at 0, has given at `TIMES` of its own."""
    return 1e8 * tau / (tau - TAU) * (np.exp(-TIMES / tau) - np.exp(-TIMES / TAU))


@pytest.mark.parametrize("decay, rise", [(5e-3, 1e-3), (0.1, 2e-3), (3e-3, 2.9e-3)])
def test_a_double_exponential_current(decay, rise):
    """The difference of two exponentials whose peak is the weight."""
    peak_at = decay * rise / (decay - rise) * np.log(decay / rise)
    factor = 1 / (np.exp(-peak_at / decay) - np.exp(-peak_at / rise))
    expected = 1e-11 * factor * (potential(decay) - potential(rise))
    found = voltages(lone(Projection([0], [0], 1e-11, 0.0, decay, rise_time=rise)), [0.0], duration=0.0601)[1:]
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-11 * expected.max())


@pytest.mark.parametrize("tau", [2e-3, 5e-3])
def test_an_alpha_current(tau):
    """R w e / (tau_m tau) exp(-t / tau_m) (1 - (1 - k t) exp(k t)) / k^2 with k = 1 / tau_m - 1 / tau."""
    k = 1 / TAU - 1 / tau
    rise = 1 - (1 - k * TIMES) * np.exp(k * TIMES)
    expected = 1e-10 * 1e8 * np.e / (TAU * tau) * np.exp(-TIMES / TAU) * rise / k**2
    found = voltages(lone(Projection([0], [0], 1e-10, 0.0, tau, rise_time=tau)), [0.0], duration=0.0601)[1:]
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-8 * expected.max())


def test_a_delta_synapse_moves_the_voltage():
    """By its weight at once, from which it decays; also through a background of such spikes, on average."""
    circuit = lone(Projection([0], [0], 2e-3, 1e-3, 0.0))
    found = voltages(circuit, [0.0])
    np.testing.assert_allclose(found[:11], 0)
    np.testing.assert_allclose(found[11:], 2e-3 * np.exp(-TIMES[: len(found) - 11] / TAU), rtol=1e-12)
    heard = PoissonBackground(np.full(400, 2000.0), 1e-4, 0.0)
    circuit = Circuit(np.ones(400, bool), NONE, NONE, 0, background=heard)
    nothing = SpikeTrains([], np.zeros(0, int), 0, 0.2)
    v = simulate(circuit, nothing, neuron=QUIET, record="voltages", random_state=0).voltages[-1]
    assert v.mean() == pytest.approx(heard.mean[0] * TAU, rel=0.02)
    assert v.std() == pytest.approx(1e-4 * np.sqrt(2000 * TAU / 2), rel=0.15)


def test_a_jump_is_lost_where_a_unit_is_held():
    """In the last step of the refractory time it arrives when the unit is free again."""
    neuron = LIF(background=0.0, initial=0.0, threshold=0.01, reset=0.0, refractory=1e-3)
    for after, kept in ((1, False), (8, False), (9, True), (12, True)):
        v = voltages(lone(Projection([0], [0], 0.02, 0.0, 0.0)), np.array([5.5, 6.5 + after]) * DT, neuron=neuron)
        assert v[6] == 0 and (v[7 + after] > 0 or v[7 + after] == 0) and (v.max() > 0 or kept) == kept


def test_a_unit_that_is_not_held_hears_every_jump():
    neuron = neurons.HodgkinHuxley(refractory=5e-3)
    circuit, push = lone(Projection([0], [0], -5e-3, 0.0, 0.0)), np.full((600, 1), 3e-9)
    without, early = (voltages(circuit, times, neuron=neuron, currents=push) for times in ([], [6e-3]))
    assert np.abs(without - early)[61:90].max() > 3e-3


# Magnesium


def share(v, magnesium=1.0):
    return expit(62 * v - np.log(magnesium / 3.57))


@every_model
def test_a_blocked_conductance_is_of_order_two(model):
    """Against SciPy: a conductance that rises and decays, and moves the voltage to where it is blocked."""
    twin, neuron = twin_of(model), model()
    rest, external = float(np.mean(neuron.initial)), 0.3 * twin.quiet
    weight, decay, rise, reversal = 6 * twin.synapse / share(rest), 8e-3, 1e-3, rest - 0.03
    highest = decay * rise / (decay - rise) * np.log(decay / rise)
    factor = weight / (np.exp(-highest / decay) - np.exp(-highest / rise))
    neuron.set_params(initial=rest)

    def flow(t, y):
        s = max(t - 1e-3, 0.0)
        opened = factor * (np.exp(-s / decay) - np.exp(-s / rise)) * share(y[0])
        return twin.flow(neuron, y, external + opened * (reversal - y[0]))

    start, times = neuron.initial_state(1, np.random.default_rng(0))[:, 0], 1e-3 * np.arange(2, 17)
    settings = {"method": "DOP853", "rtol": 1e-12, "atol": 1e-15, "max_step": 1e-4}
    before = solve_ivp(flow, (0, 1e-3), start, **settings).y[:, -1]
    expected = solve_ivp(flow, (1e-3, 0.016), before, t_eval=times, **settings).y[0]
    circuit = lone(Projection([0], [0], weight, 0.0, decay, reversal=reversal, rise_time=rise, magnesium=1.0))
    steps, errors = DT / 2.0 ** np.arange(5), []
    for dt in steps:
        stride, push = round(1e-3 / dt), np.full((1, 1), external)
        found = voltages(circuit, [1e-3 - dt / 2], neuron=neuron, duration=0.016, dt=dt, currents=push)
        errors.append(np.abs(found[2 * stride - 1 :: stride] - expected).max())
    assert np.polyfit(np.log(steps[2:]), np.log(errors[2:]), 1)[0] == pytest.approx(2, abs=0.15)  # from 25 us on
    assert errors[0] < 2e-5 and np.ptp(expected) > 1e-3


@every_model
@pytest.mark.parametrize("dt", [1e-4, 1e-3])
def test_no_blocked_conductance_is_too_large(model, dt):
    neuron = model()
    rest = float(np.mean(neuron.initial))
    for weight in (1e-7, 1e-3):
        circuit = lone(Projection([0], [0], weight, 0.0, 5e-3, reversal=rest - 0.01, magnesium=1.0))
        v = voltages(circuit, np.arange(0, 0.1, 1e-3), neuron=neuron, duration=0.1, dt=dt)
        assert rest - 0.0101 < v[len(v) // 3 :].min() <= v[len(v) // 3 :].max() < rest + 0.01


def test_magnesium_blocks_at_rest_and_not_at_zero():
    """Half at the voltage where [Mg] / 3.57 = exp(62 v); none without magnesium."""
    for volts in (-0.07, -0.02, 0.0, 0.02):
        neuron = LIF(rest=volts, initial=volts, background=0.0, threshold=1.0, reset=volts, resistance=1e8)
        ways = ({}, {"magnesium": 0.0}, {"magnesium": 1.5})
        free, none, blocked = (
            voltages(lone(Projection([0], [0], 1e-13, 0.0, 5e-3, reversal=0.1, **way)), [0.0], neuron=neuron) - volts
            for way in ways
        )
        np.testing.assert_allclose(free, none, rtol=1e-9, atol=1e-18)
        assert blocked.max() / free.max() == pytest.approx(share(volts, 1.5), rel=1e-3)


# Release


def released(probability, n_spikes=400, n_synapses=200, **options):
    """How many of the spikes each of these synapses has passed on, by what they have charged a unit of its own."""
    neuron = LIF(time_constant=1.0, resistance=1e6, background=0.0, initial=0.0, threshold=1.0, reset=0.0)
    units = np.arange(n_synapses)
    synapses = Projection(np.zeros(n_synapses, int), units, 1e-6, 0.0, 0.0, release_probability=probability)
    circuit = Circuit(np.ones(n_synapses, bool), NONE, synapses, 1)
    trains = SpikeTrains(np.arange(n_spikes) * 2 * DT, np.zeros(n_spikes, int), 1, 2 * DT * n_spikes + DT)
    recorded = simulate(circuit, trains, neuron=neuron, record="voltages", random_state=0, **options)
    kept = np.exp(DT / 1.0) ** np.arange(len(recorded.voltages))[:, None]
    moved = np.diff(recorded.voltages * kept, axis=0, prepend=0.0) / kept
    return np.cumsum(np.round(moved / 1e-6), axis=0).astype(int)


@pytest.mark.parametrize("probability", [0.1, 0.5, 0.9])
def test_synapses_release_with_their_probability(probability):
    """Independently of one another, and from spike to spike: counts are binomial."""
    counts = released(probability)
    total, n_synapses = counts[-1], counts.shape[1]
    mean, variance = 400 * probability, 400 * probability * (1 - probability)
    assert abs(total.mean() - mean) < 4 * np.sqrt(variance / n_synapses)
    fano = total.var(ddof=1) / mean
    assert abs(fano - (1 - probability)) < 4 * (1 - probability) * np.sqrt(2 / n_synapses)
    each = np.diff(counts[1::2], axis=0)
    correlation = np.corrcoef(each[:, :20].T)[np.triu_indices(20, 1)]
    assert np.abs(correlation).max() < norm.isf(1e-4 / 380) / np.sqrt(len(each))
    assert abs(np.corrcoef(each[1:].ravel(), each[:-1].ravel())[0, 1]) < 4 / np.sqrt(each.size)


def test_a_probability_of_one_releases_all_and_repeats_differ():
    assert (released(1.0)[-1] == 400).all()
    first, other = (released(0.5, trial=k) for k in (0, 1))
    np.testing.assert_array_equal(first, released(0.5))
    assert (first[-1] != other[-1]).mean() > 0.8


def test_which_spikes_are_released_is_a_function_of_trial_step_and_synapse():
    """The numbers of `numbers_of_events`, by the number of the synapse in the circuit; of two spikes in a step, two."""
    counts, seed = released(0.3, 5, 4), int(np.random.default_rng(0).integers(2**63))
    for step in range(0, 10, 2):
        numbers = numbers_of_events(seed, RELEASE, 0, np.full(4, step), np.arange(4), np.ones(4, int))
        np.testing.assert_array_equal(counts[step + 1] - counts[step], numbers < 0.3)
    keys = round_keys(seed, RELEASE)
    both = [event_number(keys, np.uint64(3), np.uint64(7), 11, nth) for nth in range(6)]
    np.testing.assert_array_equal(
        both, numbers_of_events(seed, RELEASE, 3, np.array([7]), np.array([11]), np.array([6]))
    )


def test_a_liquid_in_pieces_releases_what_the_whole_does():
    """And trials of a batch what each does alone."""
    rng = np.random.default_rng(0)
    pre, post = np.nonzero(rng.random((30, 30)) < 0.2)
    options = {"U": 0.5, "D": 0.1, "F": 0.05, "rise_time": 2e-3}
    chances = rng.uniform(0.2, 0.8, len(pre))
    recurrent = Projection(pre, post, 3e-9, 2e-3, 4e-3, release_probability=chances, **options)
    kicks = Projection(np.repeat([0, 1], 30), np.tile(np.arange(30), 2), 1e-3, 1e-3, 0.0, release_probability=0.7)
    nmda = Projection(
        post, pre, 2e-9, 1e-3, 0.05, reversal=0.06, rise_time=2e-3, magnesium=1.0, release_probability=0.5
    )
    circuit = Circuit(np.ones(30, bool), recurrent, kicks, 2, projections={"nmda": nmda})
    rows = np.random.default_rng(1).uniform(size=(40, 2))
    liquid = LiquidState(circuit, LIF(background=14e-9), step=5e-3, random_state=0).fit(rows)
    whole, last = liquid.run(rows)
    first, state = liquid.run(rows[:17])
    second, final = liquid.run(rows[17:], state)
    assert whole.max() > 0
    np.testing.assert_array_equal(np.concatenate([first, second]), whole)
    np.testing.assert_array_equal(np.asarray(final.values), np.asarray(last.values))
    sure = dataclasses.replace(nmda, release_probability=None)
    other = LiquidState(circuit.replaced("nmda", sure), LIF(background=14e-9), step=5e-3, random_state=0).fit(rows)
    assert (other.transform(rows) != whole).any()


# What comes from outside


@pytest.mark.parametrize("rise", [None, 1e-3, 4e-3])
def test_a_background_of_conductances(rise):
    """In the mean of what is said, and in the variance by Campbell's theorem, of 300 units in the long run."""
    heard = PoissonBackground(np.full(300, 1500.0), 1e-12, 4e-3, reversal=0.07, rise_time=rise)
    circuit = Circuit(np.ones(300, bool), NONE, NONE, 0, background=heard)
    nothing = SpikeTrains([], np.zeros(0, int), 0, 0.3)
    v = simulate(circuit, nothing, neuron=QUIET, record="voltages", random_state=0).voltages[1500:]
    drive = 1e8 * heard.mean[0]
    assert v.mean() == pytest.approx(0.07 * drive / (1 + drive), rel=0.01)
    seconds = np.linspace(0, 0.5, 200_001)
    course = np.exp(-seconds / 4e-3)
    if rise is not None:
        course = seconds * course if rise == 4e-3 else course - np.exp(-seconds / rise)
        course /= course.max()
    np.testing.assert_allclose(heard.mean[0], 1500e-12 * np.trapezoid(course, seconds), rtol=1e-4)
