"""Numba and Brian2 give the same spikes for the same circuit, input and seed."""

import dataclasses
import shutil

import numpy as np
import pytest

import reservoir
import spiking
from reservoir import neurons
from reservoir.circuits import Circuit, MaassColumn, PoissonBackground, Projection, damaged
from reservoir.neurons import LIF
from reservoir.neurons.spiking.equations import EquationText
from reservoir.random_numbers import NOISE, normal_numbers
from reservoir.spikes import SpikeTrains
from spiking.circuit_text import write_circuit
from spiking.unit_step import write_step
from tests.neurons.spiking_oracles import twin_of

N_INPUTS = 5
VOLTS = 1e-12  # 1e-9 mV
NONE = Projection(np.zeros(0, int), np.zeros(0, int), np.zeros(0), 0.0, 1e-3)


def trains_of(seed, duration=0.15, rate=30, n_channels=N_INPUTS):
    rng = np.random.default_rng(seed)
    counts = rng.poisson(rate * duration, n_channels)
    units = np.repeat(np.arange(n_channels), counts)
    return SpikeTrains(rng.uniform(0, duration, counts.sum()), units, n_channels, duration)


def fixed_circuit(seed):
    """80 excitatory and 20 inhibitory units, fixed weights, random delays of 0 to 3 ms."""
    rng = np.random.default_rng(seed)
    excitatory = np.arange(100) < 80
    pre, post = np.nonzero(rng.random((100, 100)) < 0.1)
    weight, tau = np.where(excitatory[pre], 3e-9, -9e-9), np.where(excitatory[pre], 3e-3, 6e-3)
    recurrent = Projection(pre, post, weight, rng.uniform(0, 3e-3, len(pre)), tau)
    channel, unit = np.nonzero(rng.random((N_INPUTS, 100)) < 0.4)
    return Circuit(excitatory, recurrent, Projection(channel, unit, 12e-9, 0.0, 3e-3), N_INPUTS)


def column(seed):
    """The column of Maass with dynamic synapses, at a lively weight."""
    return MaassColumn(weight_scale=2.0).draw(np.random.default_rng(seed), n_inputs=N_INPUTS)


def spread(circuit, seed, time_constants):
    """Random delays of 0 to 3 ms, and time constants drawn from the given ones, in both projections."""
    rng = np.random.default_rng(seed)

    def drawn(part):
        delay, tau = rng.uniform(0, 3e-3, len(part)), rng.choice(time_constants, len(part))
        return dataclasses.replace(part, delay=delay, time_constant=tau, weight=part.weight / 2)

    return dataclasses.replace(circuit, recurrent=drawn(circuit.recurrent), inputs=drawn(circuit.inputs))


def assert_same(circuit, trains, codegen="numpy", fewest=20, volts=VOLTS, **options):
    """Every spike at the same step, and the same final voltages, trial by trial."""
    options = {"record": "voltages", "random_state": 0, **options}
    ours = reservoir.simulate(circuit, trains, **options)
    theirs = spiking.simulate(circuit, trains, codegen=codegen, **options)
    assert len(ours) == len(theirs)
    for one, other in zip(ours, theirs, strict=True):
        assert len(one.spikes) >= fewest
        np.testing.assert_array_equal(one.spikes.times, other.spikes.times)
        np.testing.assert_array_equal(one.spikes.units, other.spikes.units)
        assert one.spikes == other.spikes and one.voltages.shape == other.voltages.shape
        np.testing.assert_allclose(one.voltages[-1], other.voltages[-1], rtol=0, atol=volts)
    return theirs


# The two circuits


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("draw", [fixed_circuit, column])
def test_same_spikes(draw, seed):
    assert_same(draw(seed), [trains_of(3 * seed + k) for k in range(3)], random_state=seed, fewest=100)


@pytest.fixture(params=["numpy", "cython"])
def codegen(request):
    if request.param == "cython" and not any(map(shutil.which, ("g++", "clang++", "c++", "cl"))):
        pytest.skip("Brian2 compiles with a C++ compiler, and there is none")
    return request.param


@pytest.mark.long
@pytest.mark.parametrize("draw", [fixed_circuit, column])
def test_same_spikes_for_two_seconds(draw, codegen):
    for seed in range(20):
        assert_same(draw(seed), [trains_of(seed, 2.0)], codegen, random_state=seed, fewest=1000)


# What a circuit and a call can hold


MEMBRANE = LIF().time_constant


@pytest.mark.parametrize(
    "draw, time_constants",
    [(fixed_circuit, (2e-3, 5e-3, 12e-3)), (column, (4e-3, MEMBRANE)), (column, (3e-3, np.nextafter(MEMBRANE, 1)))],
)
def test_delays_and_time_constants(draw, time_constants):
    """Among them that of the membrane, where the usual exact solution is 0 / 0, and the next larger number."""
    assert_same(spread(draw(3), 3, time_constants), [trains_of(3), trains_of(4)])


@pytest.mark.parametrize("rows", [(4, 4), (4, 2), (1, 7), (333, 700)], ids=str)
def test_currents_and_trials_of_unequal_duration(rows):
    """Rows share the duration of their own trial evenly, whether they divide it or not, and are more than steps."""
    rng = np.random.default_rng(3)
    circuit = column(2)
    trains = [trains_of(seed, duration) for seed, duration in enumerate((0.1, 0.05))]
    currents = [rng.uniform(-1e-9, 2e-9, (n_rows, circuit.n_units)) for n_rows in rows]
    assert_same(circuit, trains, currents=currents)


def test_currents_alone():
    """One row a step, without any spikes from outside."""
    rng = np.random.default_rng(1)
    circuit = fixed_circuit(1)
    assert_same(circuit, None, currents=[rng.normal(2e-9, 1e-8, (500, circuit.n_units)) for _ in range(2)])


def test_dead_and_spontaneous_units():
    rng = np.random.default_rng(5)
    circuit = damaged(damaged(column(2), fraction=0.1, rng=rng), kind="noise", fraction=0.1, rng=rng)
    assert circuit.dead.any() and (circuit.spontaneous_rate > 0).any()
    recordings = assert_same(circuit, [trains_of(seed, 0.1) for seed in range(2)])
    assert not any(np.isin(one.spikes.units, np.flatnonzero(circuit.dead)).any() for one in recordings)
    assert_same(dataclasses.replace(circuit, dead=np.ones(135, bool)), [trains_of(0, 0.1)], fewest=0)


@pytest.mark.parametrize("part", ["recurrent", "inputs"])
def test_circuits_without_a_projection(part):
    circuit = dataclasses.replace(column(1), **{part: getattr(column(1), part).select([])})
    assert_same(circuit, [trains_of(1, 0.1)], fewest=0)


@pytest.mark.parametrize("dt", [5e-5, 3e-4])
def test_other_steps(dt):
    assert_same(column(1), [trains_of(1, 0.1), trains_of(2, 0.10004)], dt=dt)


def test_a_row_whose_duration_is_not_whole_in_floating_point():
    """0.3 s divided by 50 us is 5999.999999999999."""
    assert 6000 * 5e-5 / 5e-5 != 6000
    circuit = Circuit(np.ones(3, bool), NONE, NONE, 0)
    trains = [SpikeTrains([], np.zeros(0, int), 0, 0.3)]
    assert_same(circuit, trains, currents=[np.array([[0.0, 2e-9, 5e-9]])], dt=5e-5)


@pytest.mark.parametrize("refractory", [0.0, (2.95e-3, 0.05e-3)], ids=str)
def test_refractory_times_are_truncated(refractory):
    assert_same(column(1), [trains_of(1, 0.1)], neuron=LIF(refractory=refractory))


def test_a_voltage_on_the_threshold_does_not_fire():
    """Only a voltage above it does. Nothing moves these units, so that the value is exact in both engines."""
    circuit = Circuit(np.ones(2, bool), NONE, NONE, 0)
    trains = [SpikeTrains([], np.zeros(0, int), 0, 1e-3)]
    still = {"rest": 0.0, "background": 0.0, "reset": 0.0, "initial": 0.0}
    for threshold, n_spikes in ((0.0, 0), (-1e-15, 2)):
        neuron = LIF(**{**still, "threshold": threshold, "reset": min(0.0, threshold)})
        recording = assert_same(circuit, trains, neuron=neuron, fewest=n_spikes)[0]
        assert len(recording.spikes) == n_spikes


def with_dynamic_inputs(circuit):
    dynamics = {name: np.full(len(circuit.inputs), value) for name, value in (("U", 0.3), ("D", 0.1), ("F", 0.05))}
    delay = np.random.default_rng(0).uniform(0, 2e-3, len(circuit.inputs))
    return dataclasses.replace(circuit, inputs=dataclasses.replace(circuit.inputs, delay=delay, **dynamics))


def test_spikes_of_a_channel_in_one_step_all_count():
    """Up to four, of static and of dynamic synapses; beside a trial in which no two meet."""
    single = trains_of(1, 0.1)
    repeats = np.arange(len(single)) % 4 + 1
    together = SpikeTrains(np.repeat(single.times, repeats), np.repeat(single.units, repeats), N_INPUTS, 0.1)
    for circuit in (column(1), with_dynamic_inputs(column(1))):
        more, once = assert_same(circuit, [together, single], trial=0)
        assert len(more.spikes) > len(once.spikes)


def test_a_rule_hears_every_spike_of_a_step():
    """Two spikes at once leave twice the trace of one."""
    circuit = Circuit([True], NONE, Projection([0], [0], [1e-9], [1e-3], [3e-3]), 1)
    options = {"plasticity": {"inputs": spiking.STDP(tau_plus=0.02)}, "record": "traces", "random_state": 0}
    once, twice = spiking.simulate(
        circuit, [SpikeTrains([0.005] * n, [0] * n, 1, 0.01) for n in (1, 2)], **options
    )  # fmt: skip
    for recording, n in ((once, 1), (twice, 2)):
        assert recording.traces["inputs"]["arrivals"][0] == pytest.approx(n * np.exp(-0.004 / 0.02), rel=1e-9)


# Random numbers


def background_of(n_units, seed):
    """Thousands of spikes a second, of both signs and two kinds."""
    rng = np.random.default_rng(seed)
    weight, tau = rng.choice([1e-10, -1e-10], n_units), rng.choice([2e-3, 5e-3], n_units)
    return PoissonBackground(rng.uniform(2e3, 2e4, n_units), weight, tau, 1e-10)


@pytest.mark.parametrize("seed", range(3))
def test_noise_and_background(seed):
    """Three trials of one stimulus, in which units differ, and more spontaneous units than one."""
    circuit = column(seed)
    circuit = dataclasses.replace(circuit, background=background_of(circuit.n_units, seed))
    circuit = damaged(circuit, kind="noise", fraction=0.05, rng=np.random.default_rng(seed))
    recordings = assert_same(circuit, [trains_of(seed)] * 3, neuron=LIF(noise=5e-4), random_state=seed, fewest=100)
    assert len({one.spikes.times.tobytes() for one in recordings}) == 3


@pytest.mark.long
def test_noise_and_background_for_two_seconds(codegen):
    for seed in range(20):
        circuit = column(seed)
        circuit = dataclasses.replace(circuit, background=background_of(circuit.n_units, seed))
        trains, neuron = [trains_of(seed, 2.0)], LIF(noise=5e-4)
        assert_same(circuit, trains, codegen, neuron=neuron, random_state=seed, fewest=1000)


@pytest.mark.long
def test_a_program_of_its_own_hears_the_same():
    """Currents whose rows do not divide the time, noise, background, two spikes in one step."""
    if not any(map(shutil.which, ("g++", "clang++", "c++", "cl"))):
        pytest.skip("Brian2 compiles with a C++ compiler, and there is none")
    circuit = with_dynamic_inputs(column(3))
    circuit = dataclasses.replace(circuit, background=background_of(circuit.n_units, 3))
    single = trains_of(3, 0.1)
    trains = SpikeTrains(np.repeat(single.times, 2), np.repeat(single.units, 2), N_INPUTS, 0.1)
    currents = np.random.default_rng(0).normal(0, 1e-9, (37, circuit.n_units))
    assert_same(circuit, [trains] * 2, "standalone", currents=[currents] * 2, neuron=LIF(noise=5e-4))


def test_an_own_unit_keeps_the_noise_of_its_text():
    """``xi`` in the text of a user's unit is white noise, made of the numbers of the trial: Euler's step."""
    circuit = Circuit(np.ones(3, bool), NONE, NONE, 0)
    options = {"neuron": Diffusing(), "record": "voltages", "random_state": 0}
    recording = spiking.simulate(circuit, SpikeTrains([], np.zeros(0, int), 0, 2e-3), **options)
    seed = int(np.random.default_rng(0).integers(2**63))
    expected = 2e-3 * np.cumsum(normal_numbers(seed, NOISE, 0, 0, 20, 3), axis=0) * np.sqrt(1e-4)
    np.testing.assert_allclose(recording.voltages, expected, rtol=1e-9, atol=1e-15)


class Diffusing(LIF):
    """Nothing but noise."""

    def cells(self, excitatory, time_constants, dt):
        return super().cells(excitatory, time_constants, dt)

    def initial_state(self, n_units, rng):
        return np.zeros((1, n_units))

    def equations(self):
        return EquationText(
            "dv/dt = 0 * {current} * ohm / second {noise} : volt", "v > threshold", "v = threshold", {"v": "volt"},
            {"size": (2e-3, "volt * second**-0.5"), "threshold": (1.0, "volt")}, method="euler", noise="+ size * xi",
        )  # fmt: skip


# Tiles


def test_tiles_are_single_runs():
    """Trials side by side, unequal in duration, or one by one, in any order: the same spikes and voltages."""
    circuit = dataclasses.replace(column(4), background=background_of(135, 4))
    trains = [trains_of(seed, duration) for seed, duration in enumerate((0.05, 0.1, 0.05))]
    options = {"neuron": LIF(noise=5e-4), "record": "voltages", "random_state": 1}
    together = spiking.simulate(circuit, trains, **options)
    turned = spiking.simulate(circuit, trains[::-1], trial=[2, 1, 0], **options)[::-1]
    alone = [spiking.simulate(circuit, one, trial=k, **options) for k, one in enumerate(trains)]
    for recordings in zip(together, turned, alone, strict=True):
        assert all(one.spikes == recordings[0].spikes for one in recordings)
        assert all(np.array_equal(one.voltages, recordings[0].voltages) for one in recordings)


def test_more_trials_than_one_network_holds():
    """Of one stimulus, no two alike."""
    circuit = MaassColumn((3, 3, 3)).draw(np.random.default_rng(0), n_inputs=N_INPUTS)
    options = {"neuron": LIF(noise=1e-3), "random_state": 0}
    ours, theirs = (
        run(circuit, [trains_of(0, 0.03, 60)] * 70, **options) for run in (reservoir.simulate, spiking.simulate)
    )
    assert [one.spikes for one in ours] == [one.spikes for one in theirs]
    assert len({one.spikes.times.tobytes() for one in theirs}) > 65


# All units

UNITS = [getattr(neurons, name)() for name in neurons.__all__]


def names(neuron):
    return type(neuron).__name__


def pushed(neuron, n_units=20):
    """Units without synapses under currents that make most of them fire."""
    circuit = Circuit(np.arange(n_units) % 3 > 0, NONE, NONE, 0)
    currents = np.linspace(-0.1, 1, n_units)[None] * twin_of(neuron).largest
    return circuit, [SpikeTrains([], np.zeros(0, int), 0, 0.1)], [currents]


@pytest.mark.parametrize("neuron", UNITS, ids=names)
def test_all_units_give_the_same_spikes(neuron):
    """At the default step, in a circuit with weights that suit them, and under constant currents through full spikes.

    Under some of them rounding grows from spike to spike in units whose recovery hears how far a spike overshoots.
    """
    circuit, trains, currents = pushed(neuron)
    assert_same(circuit, trains, neuron=neuron, currents=currents, volts=1e-9, fewest=10)
    farads, volts = (one[0] for one in neuron.scales(np.ones(1, bool)))
    scale = farads * volts / 4.5e-11  # of the charge that fires LIF()
    circuit = column(1)
    scaled = (dataclasses.replace(part, weight=scale * part.weight) for part in (circuit.recurrent, circuit.inputs))
    circuit = dataclasses.replace(circuit, **dict(zip(("recurrent", "inputs"), scaled, strict=True)))
    push = [np.full((1, 135), 0.9 * twin_of(neuron).loud)]
    assert_same(circuit, [trains_of(1, 0.1)], neuron=neuron, currents=push, volts=1e-9)


@pytest.mark.long
@pytest.mark.parametrize("compiled", ["cython", "standalone"])
@pytest.mark.parametrize("neuron", UNITS, ids=names)
def test_all_units_compiled(neuron, compiled):
    """In every target of Brian2."""
    circuit, trains, currents = pushed(neuron)
    assert_same(circuit, trains, compiled, neuron=neuron, currents=currents, volts=1e-9, fewest=10)


@pytest.mark.parametrize("neuron", [LIF(initial=0.0), *UNITS[1:]], ids=names)
def test_units_with_numbers_of_their_own_give_the_same_spikes(neuron):
    """Every parameter differs from unit to unit, or from kind to kind."""
    circuit, trains, currents = pushed(neuron)
    rng, numbers = np.random.default_rng(0), {}
    for number, (name, value) in enumerate(neuron.get_params().items()):
        if name not in ("initial", "noise") and not isinstance(value, bool):
            value = np.where(circuit.excitatory, *np.broadcast_to(value, 2)) * rng.uniform(0.95, 1.05, 20)
            numbers[name] = value if number % 2 else (value[0], value[1])
    assert_same(circuit, trains, neuron=type(neuron)(**numbers), currents=currents, volts=1e-9, fewest=10)


@pytest.mark.parametrize("n_kinds", [10])
def test_many_time_constants_cost_nothing(n_kinds):
    """One variable of the units for each, and no equation to be solved before a run."""
    circuit = spread(fixed_circuit(1), 1, np.linspace(2e-3, 20e-3, n_kinds))
    written = write_circuit("test", circuit, LIF(), None, 1e-4)
    text = write_step(written, written.equations, False)
    assert sum(line.startswith("I_") for line in text.model.splitlines()) == n_kinds
    assert_same(circuit, [trains_of(1, 0.05)])


def test_noise_has_the_stated_size():
    """Standard deviation of the free voltage in the long run, in both engines."""
    circuit = Circuit(np.ones(400, bool), NONE, NONE, 0)
    neuron = LIF(threshold=1.0, reset=0.0, background=0.0, initial=0.0, noise=2e-3, time_constant=5e-3)
    options = {"neuron": neuron, "record": "voltages", "random_state": 0}
    for run in (reservoir.simulate, spiking.simulate):
        voltages = run(circuit, SpikeTrains([], np.zeros(0, int), 0, 0.05), **options).voltages[-1]
        assert voltages.std() == pytest.approx(2e-3, rel=0.15)


@pytest.mark.filterwarnings("ignore::reservoir.quantities.PlausibilityWarning")
def test_voltages_that_overflow_are_told_by_both_engines():
    circuit = Circuit(np.ones(2, bool), NONE, NONE, 0)
    options = {"neuron": neurons.Izhikevich(), "currents": np.full((50, 2), -1e300), "dt": 1e-3}
    for run in (reservoir.simulate, spiking.simulate):
        with pytest.raises(ValueError, match="The voltages of Izhikevich overflow"), np.errstate(all="ignore"):
            run(circuit, **options)
