"""The cortical microcircuit against its published table, and the Poisson background against theory, in both engines."""

import copy
import pickle
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from sklearn.base import clone

import spiking
from reservoir import LiquidState, simulate
from reservoir.circuits import Circuit, MaassColumn, PoissonBackground, Projection, damaged
from reservoir.circuits.potjans_diesmann import (
    EXTERNAL_INDEGREES,
    POPULATIONS,
    PROBABILITIES,
    RATES,
    SIZES,
    THALAMIC_PROBABILITIES,
    PotjansDiesmann,
    synaptic_weight,
)
from reservoir.neurons import LIF
from reservoir.random_numbers import BACKGROUND, uniform_numbers
from reservoir.spikes import SpikeTrains
from reservoir.systems import simulation

DT, TAU_M, TAU_S = 1e-4, 10e-3, 0.5e-3
ENGINES = {"numba": simulate, "brian2": spiking.simulate}
SCALE, SYNAPSES = 0.05, 0.1  # of the units, and of the synapses of a unit, which are twice as many by default


def silence(duration, n_channels=0):
    return SpikeTrains(np.zeros(0), np.zeros(0, int), n_channels, duration)


def synapses(n=0, **values):
    given = dict(pre=np.zeros(n, int), post=np.zeros(n, int), weight=0.0, delay=0.0, time_constant=TAU_S)
    return Projection(**given | values)


def unwired(background):
    return Circuit(np.ones(len(background), bool), synapses(), synapses(), 0, background=background)


def resting(**parameters):
    """The units of the column, at rest and with the threshold out of reach."""
    return PotjansDiesmann.neuron().set_params(**{"initial": (-65e-3, -65e-3), "threshold": 1.0} | parameters)


# The background


def test_a_background_is_a_record():
    background = PoissonBackground([8e3, 1e4], weight=9e-11, time_constant=5e-4, current=[0, 1e-10])
    assert len(background) == 2 and repr(background) == "PoissonBackground(2 units)"
    np.testing.assert_allclose(background.mean, [8e3 * 9e-11 * 5e-4, 1e4 * 9e-11 * 5e-4 + 1e-10])
    circuit = unwired(background)
    for copied in (copy.deepcopy(circuit), pickle.loads(pickle.dumps(circuit)), replace(circuit)):
        assert copied.equals(circuit) and not copied.background.rate.flags.writeable
    assert not circuit.equals(replace(circuit, background=replace(background, current=0.0)))
    assert not circuit.equals(replace(circuit, background=None))
    assert damaged(circuit, kind="combined", fraction=1.0, rng=np.random.default_rng(0)).background is background


@pytest.mark.parametrize(
    "change",
    [
        {"rate": [-1.0, 1.0]},
        {"rate": [[1.0]]},
        {"weight": [1.0]},
        {"weight": np.nan},
        {"time_constant": [0.0, 1e-3]},
        {"current": np.inf},
        {"current": "x"},
    ],
)
def test_what_is_no_background_is_refused(change):
    given = {"rate": [1.0, 2.0], "weight": 1e-10, "time_constant": 1e-3} | change
    with pytest.raises(ValueError, match=rf"The '{next(iter(change))}' parameter of PoissonBackground must be"):
        PoissonBackground(**given)


@pytest.mark.parametrize("background", [PoissonBackground([1.0] * 3, 1e-10, 1e-3), (1.0, 2.0), 8.0])
def test_a_background_has_an_entry_a_unit(background):
    with pytest.raises(ValueError, match=r"The 'background' parameter of Circuit must be None or a PoissonBackground"):
        Circuit(np.ones(2, bool), synapses(), synapses(), 0, background=background)


def test_a_naive_loop_gives_the_same_voltages(monkeypatch):
    """Counts are those of the inverse distribution, in whatever pieces; two kinds of current, two units."""
    circuit = unwired(PoissonBackground([9e3, 4e3], [8e-11, -5e-11], [TAU_S, 3e-3], [1e-10, 2e-10]))
    n_steps, voltages = 400, []
    for numbers in (10, 2_000_000):
        monkeypatch.setattr(simulation, "NUMBERS_HELD", numbers)
        found = simulate(circuit, silence(n_steps * DT), neuron=resting(), record="voltages", random_state=3)
        voltages.append(found.voltages)
    seed = int(np.random.default_rng(3).integers(2**63))
    v, current = simulation.initial_values(resting(), 2, seed, 0)[0], np.zeros(2)
    uniform, taus = uniform_numbers(seed, BACKGROUND, 0, 0, n_steps, 2), circuit.background.time_constant
    counts = stats.poisson.ppf(uniform, circuit.background.rate * DT)
    for step in range(n_steps):
        a, b = np.exp(-DT / TAU_M), np.exp(-DT / taus)
        synaptic = current / 250e-12 * (a - b) * TAU_M * taus / (TAU_M - taus)
        v = -65e-3 + a * (v + 65e-3) + synaptic + (1 - a) * 4e7 * circuit.background.current
        current = b * current + counts[step] * circuit.background.weight
        np.testing.assert_allclose(voltages[0][step], v, rtol=0, atol=1e-12)
    np.testing.assert_array_equal(*voltages)


@pytest.mark.parametrize("engine, duration", [("numba", 1.1), ("brian2", 0.4)])
def test_the_free_voltage_follows_campbell(engine, duration):
    """mean = rest + R (rate w tau_s + I); variance = rate (w tau_s tau_m / C)^2 / (2 (tau_m + tau_s)), on this grid
    to 1e-4; within five standard errors, of one sample in 2 tau_m."""
    rate, weight = np.repeat([12.8e3, 3e3], 300), np.repeat([87.8e-12, -150e-12], 300)
    taus, current = np.repeat([TAU_S, 2e-3], 300), np.repeat([0.0, 2e-10], 300)
    circuit = unwired(PoissonBackground(rate, weight, taus, current))
    recording = ENGINES[engine](circuit, silence(duration), neuron=resting(), record="voltages", random_state=0)
    late = recording.voltages[1000:]
    for units in (slice(0, 300), slice(300, 600)):
        values, n = late[:, units], 300 * (duration - 0.1) / (2 * TAU_M)
        w, tau, r = weight[units.start], taus[units.start], rate[units.start]
        variance = r * (w * tau * TAU_M / 250e-12) ** 2 / (2 * (TAU_M + tau))
        mean = -65e-3 + 4e7 * (r * w * tau + current[units.start])
        assert abs(values.mean() - mean) < 5 * np.sqrt(variance / n)
        assert abs(values.var() / variance - 1) < 5 * np.sqrt(2 / n)
    together = np.corrcoef(late[::200, :50].T)[np.triu_indices(50, 1)]
    assert abs(together.mean()) < 5 / np.sqrt(len(together) * len(late[::200]))


@pytest.mark.parametrize("engine", ENGINES)
def test_a_background_without_jumps_is_a_current(engine):
    """The same spikes as with the current injected, in the presence of other currents."""
    column = MaassColumn((3, 3, 3)).draw(np.random.default_rng(0))
    current = np.random.default_rng(1).uniform(0, 3e-9, 27)
    heard = replace(column, background=PoissonBackground(np.zeros(27), 1e-9, 7e-3, current))
    trains = SpikeTrains(np.arange(0.01, 0.2, 0.02), np.zeros(10, int), 1, 0.2)
    found = ENGINES[engine](heard, trains, random_state=0).spikes
    expected = simulate(column, trains, currents=current[None], random_state=0).spikes
    assert len(expected.times) > 20
    np.testing.assert_array_equal(found.steps(DT), expected.steps(DT))
    np.testing.assert_array_equal(found.units, expected.units)


def test_trials_hear_their_own_background_and_memory_is_bounded():
    circuit = unwired(PoissonBackground(np.full(20, 1e4), 3e-10, TAU_S))
    trials = [silence(0.2), SpikeTrains(np.zeros(0), np.zeros(0, int), 0, 0.3)]
    options = {"neuron": PotjansDiesmann.neuron(), "random_state": 0}
    first, second = simulate(circuit, trials, trial=0, **options)
    again = simulate(circuit, trials[1], **options)
    other = simulate(circuit, trials[1], trial=1, **options)
    np.testing.assert_array_equal(second.spikes.times, again.spikes.times)
    early = second.spikes.times < 0.2
    np.testing.assert_array_equal(second.spikes.times[early], first.spikes.times)
    assert not np.array_equal(second.spikes.times, other.spikes.times)


def test_a_liquid_hears_its_background():
    """States do not depend on how series arrive, but do on the seed; rows of silence are not silent."""
    circuit = replace(
        MaassColumn((3, 3, 3)).draw(np.random.default_rng(0)),
        background=PoissonBackground(np.full(27, 5e3), 1e-9, 7e-3),
    )
    liquid, trials = LiquidState(circuit, random_state=0), [silence(0.1, 1), silence(0.2, 1)]
    first, second = liquid.fit(trials).transform(trials)
    assert first.any() and np.array_equal(liquid.transform(trials[1]), second)
    assert not np.array_equal(LiquidState(circuit, random_state=1).fit(trials).transform(trials[1]), second)


# The column


@pytest.fixture(scope="module")
def drawn():
    return PotjansDiesmann(SCALE).draw(np.random.default_rng(0), n_inputs=40)


def blocks(circuit, projection):
    """Receiving population, sending population, and the synapses between them."""
    edges = np.cumsum(PotjansDiesmann(SCALE).sizes())
    sender, receiver = (np.searchsorted(edges, ends, side="right") for ends in (projection.pre, projection.post))
    for i, j in np.ndindex(8, 8):
        yield i, j, np.flatnonzero((receiver == i) & (sender == j))


def relative_weight(i, j):
    return -4.0 if POPULATIONS[j].endswith("I") else 2.0 if (POPULATIONS[i], POPULATIONS[j]) == ("L23E", "L4E") else 1.0


def test_units():
    full = PotjansDiesmann(1.0)
    np.testing.assert_array_equal(full.sizes(), [20683, 5834, 21915, 5479, 4850, 1065, 14395, 2948])
    assert full.sizes().sum() == 77169 and list(full.populations()) == list(POPULATIONS)
    np.testing.assert_array_equal(full.currents(), 0.0)
    part = PotjansDiesmann(0.1)
    np.testing.assert_array_equal(part.sizes(), [2068, 583, 2192, 548, 485, 106, 1440, 295])
    assert part.populations()["L23I"] == slice(2068, 2651) and part.populations()["L6I"].stop == part.sizes().sum()
    circuit = PotjansDiesmann(SCALE).draw(np.random.default_rng(1), 0)
    for name, units in PotjansDiesmann(SCALE).populations().items():
        assert (circuit.excitatory[units] == name.endswith("E")).all()
    assert circuit.n_inputs == len(circuit.inputs) == 0 and circuit.n_units == PotjansDiesmann(SCALE).sizes().sum()


def test_numbers_of_synapses_and_probabilities(drawn):
    """(1 - 1 / (N N'))^K = 1 - p in the full circuit; a reduced one has a share of K, spread evenly over all pairs."""
    numbers = PotjansDiesmann(1.0).synapse_numbers()
    pairs = np.outer(SIZES, SIZES).astype(float)
    np.testing.assert_allclose(-np.expm1(numbers * np.log1p(-1 / pairs)), PROBABILITIES, rtol=0, atol=2e-7)
    assert 2.9e8 < numbers.sum() < 3.1e8
    np.testing.assert_allclose(PotjansDiesmann(SCALE).synapse_numbers(), SCALE * SYNAPSES * numbers, rtol=0, atol=1)
    np.testing.assert_allclose(PotjansDiesmann(SCALE, synapse_scale=1.0).synapse_numbers(), SCALE * numbers, atol=1)
    sizes = PotjansDiesmann(SCALE).sizes()
    for i, j, which in blocks(drawn, drawn.recurrent):
        assert len(which) == PotjansDiesmann(SCALE).synapse_numbers()[i, j]
        places = sizes[i] * sizes[j]
        p = -np.expm1(len(which) * np.log1p(-1 / places))
        joined = drawn.recurrent.pre[which] * drawn.n_units + drawn.recurrent.post[which]
        share = len(np.unique(joined)) / places
        assert abs(share - p) <= 0.01 * p + 5 * np.sqrt(p / places)
    alike = PotjansDiesmann(SCALE, synapse_scale=SCALE)
    joined = alike.synapse_numbers() * np.log1p(-1 / np.outer(alike.sizes(), alike.sizes()))
    np.testing.assert_allclose(-np.expm1(joined), PROBABILITIES, rtol=0.01, atol=2e-5)


def test_weights_and_delays(drawn):
    unit = synaptic_weight(0.15e-3) / np.sqrt(SYNAPSES)
    for i, j, which in blocks(drawn, drawn.recurrent):
        if len(which) < 100:
            continue
        weights, delays = drawn.recurrent.weight[which] / unit, drawn.recurrent.delay[which]
        mean, error = relative_weight(i, j), 5 / np.sqrt(len(which))
        assert abs(weights.mean() / mean - 1) < 0.1 * error
        assert abs(weights.std() / abs(mean) / 0.1 - 1) < error
        middle = 1.5e-3 if j % 2 == 0 else 0.75e-3
        truncated = stats.truncnorm((1e-4 - middle) / (middle / 2), np.inf, middle, middle / 2)
        assert abs(delays.mean() - truncated.mean()) < error * truncated.std() and delays.min() >= 1e-4
    assert (np.sign(drawn.recurrent.weight) == np.where(drawn.excitatory, 1, -1)[drawn.recurrent.pre]).all()
    assert (drawn.recurrent.time_constant == TAU_S).all() and not drawn.recurrent.dynamic


def test_thalamic_fibres(drawn):
    inputs, sizes = drawn.inputs, PotjansDiesmann(SCALE).sizes()
    for probability, units in zip(THALAMIC_PROBABILITIES, PotjansDiesmann(SCALE).populations().values(), strict=True):
        reached = np.count_nonzero((inputs.post >= units.start) & (inputs.post < units.stop))
        places = 40 * (units.stop - units.start)
        assert abs(reached - probability * places) <= 5 * np.sqrt(probability * places)
    assert len(inputs) < 0.1 * 40 * sizes.sum() and set(inputs.pre) == set(range(40))
    twice = PotjansDiesmann(SCALE, input_scale=-2.0).draw(np.random.default_rng(0), 40)
    np.testing.assert_allclose(twice.inputs.weight.mean(), -2 * inputs.weight.mean(), rtol=0.01)
    assert twice.recurrent.equals(drawn.recurrent)


def test_reduction_keeps_mean_and_variance_of_the_input(drawn):
    """At the rates of the full circuit: sum of rate w tau_s, and of rate w^2, over all that a unit hears."""
    full, unit = PotjansDiesmann(1.0).synapse_numbers() / SIZES[:, None], synaptic_weight(0.15e-3)
    weights = unit * np.array([[relative_weight(i, j) for j in range(8)] for i in range(8)])
    outside = 8.0 * EXTERNAL_INDEGREES
    expected = TAU_S * ((full * weights) @ RATES + outside * unit), (full * weights**2) @ RATES + outside * unit**2
    sizes, background, recurrent = PotjansDiesmann(SCALE).sizes(), drawn.background, drawn.recurrent
    rates = np.repeat(RATES, sizes)[recurrent.pre]
    mean = np.bincount(recurrent.post, rates * recurrent.weight * TAU_S, drawn.n_units) + background.mean
    variance = np.bincount(recurrent.post, rates * recurrent.weight**2, drawn.n_units)
    variance += background.rate * background.weight**2
    for i, units in enumerate(PotjansDiesmann(SCALE).populations().values()):
        assert mean[units].mean() == pytest.approx(expected[0][i], rel=0.01)
        assert variance[units].mean() / 1.01 == pytest.approx(expected[1][i], rel=0.01)  # weights vary by 10 %


@pytest.mark.parametrize("engine", ENGINES)
def test_one_spike_moves_the_voltage_by_015_millivolts(engine):
    one = synapses(1, weight=synaptic_weight(0.15e-3), time_constant=TAU_S)
    circuit = Circuit([True], synapses(), one, 1)
    spike = SpikeTrains([1e-3], [0], 1, 6e-3)
    recording = ENGINES[engine](circuit, spike, neuron=resting(), dt=1e-5, record="voltages", random_state=0)
    assert recording.voltages.max() + 65e-3 == pytest.approx(0.15e-3, rel=1e-4)
    assert synaptic_weight(0.15e-3) == pytest.approx(87.8e-12, rel=1e-3)


def test_the_neuron():
    neuron = PotjansDiesmann.neuron()
    assert isinstance(neuron, LIF) and neuron.resistance == pytest.approx(40e6) and neuron.time_constant == 10e-3
    first = neuron.initial_state(100_000, np.random.default_rng(0))
    assert first.mean() == pytest.approx(-58e-3, abs=2e-4) and first.std() == pytest.approx(10e-3, rel=0.01)


def test_draws_and_clones():
    part = clone(PotjansDiesmann(0.01, synapse_scale=0.05))
    first, again = (part.draw(np.random.default_rng(0)) for _ in range(2))
    assert first.equals(again) and not first.equals(part.draw(np.random.default_rng(1)))
    assert PotjansDiesmann(1e-5).sizes().min() == 1


@pytest.mark.parametrize(
    "name, value",
    [
        ("scale", 0),
        ("scale", 1.1),
        ("scale", "1"),
        ("synapse_scale", 0.0),
        ("synapse_scale", 2),
        ("input_scale", np.nan),
        ("n_inputs", -1),
    ],
)
def test_out_of_range(name, value):
    with pytest.raises(ValueError, match=rf"The '{name}' parameter of PotjansDiesmann must be"):
        given = {} if name == "n_inputs" else {name: value}
        PotjansDiesmann(**{"scale": 0.01} | given).draw(np.random.default_rng(0), value if name == "n_inputs" else 0)


# Its activity


def mean_rates(scale, seed, duration, engine):
    """Hertz, of each population, after half a second."""
    column = PotjansDiesmann(scale)
    circuit = column.draw(np.random.default_rng(seed), n_inputs=0)
    spikes = ENGINES[engine](circuit, silence(duration), neuron=column.neuron(), random_state=seed).spikes
    counts = np.bincount(spikes.units[spikes.times >= 0.5], minlength=circuit.n_units) / (duration - 0.5)
    return np.array([counts[units].mean() for units in column.populations().values()])


@pytest.mark.parametrize(
    "engine, scale, seed, duration",
    [
        ("numba", 0.07, 0, 1.5),
        *(pytest.param("numba", 0.1, seed, 5.5, marks=pytest.mark.long) for seed in range(3)),
        pytest.param("brian2", 0.1, 0, 2.5, marks=pytest.mark.long),
    ],
)
def test_a_tenth_fires_like_the_full_circuit(engine, scale, seed, duration):
    """Or less than a tenth: within 30 % of the rates that NEST's own example of the column gives."""
    np.testing.assert_allclose(mean_rates(scale, seed, duration, engine) / RATES, 1.0, rtol=0, atol=0.3)


@pytest.mark.long
def test_a_fifth_is_closer():
    """Within 25 % everywhere, and nearer than a tenth in the mean."""
    fifth, tenth = (mean_rates(scale, 0, 3.5, "numba") / RATES - 1 for scale in (0.2, 0.1))
    assert np.abs(fifth).max() < 0.25
    assert np.abs(fifth).mean() < np.abs(tenth).mean()


def test_the_circuit_knows_its_populations():
    column = PotjansDiesmann(0.005)
    circuit = column.draw(np.random.default_rng(0), 1)
    assert list(circuit.populations) == list(column.populations())
    for name, units in column.populations().items():
        np.testing.assert_array_equal(np.flatnonzero(circuit.population(name)), np.r_[units])
