"""Synapses that are conductances, in both engines."""

import dataclasses

import numpy as np
import pytest

import spiking
from reservoir import LiquidState, neurons, simulate
from reservoir.circuits import Circuit, MaassColumn, Projection
from reservoir.circuits.synapse_statistics import KINDS, PRESETS
from reservoir.neurons import LIF
from reservoir.plasticity import STDP, InhibitorySTDP
from reservoir.spikes import SpikeTrains
from tests.neurons.spiking_oracles import twin_of
from tests.oracles import spiking_circuit
from tests.spiking.test_same_spikes import N_INPUTS, NONE, assert_same, trains_of
from tests.systems.test_simulation import recording_start

DT = 1e-4
OPEN = [name for name in neurons.__all__ if twin_of(getattr(neurons, name)).opens]
VOLTS = {True: 0.06, False: 0.0}  # reversal of excitatory and of inhibitory synapses, from rest; LIF() rests at 0


def statistics(inputs_too=True):
    """The synapses of Maass and colleagues as conductances: the same currents at the threshold of 15 mV."""
    preset = PRESETS["maass2002"]
    pairs = {}
    for kind in KINDS:
        pair, reversal = getattr(preset, kind), VOLTS[kind[0] == "E"]
        pairs[kind] = dataclasses.replace(pair, weight=pair.weight / abs(reversal - 0.015), reversal=reversal)
    if not inputs_too:
        return dataclasses.replace(preset, **pairs)
    to = {name: getattr(preset, name) / 0.045 for name in ("input_to_excitatory", "input_to_inhibitory")}
    return dataclasses.replace(preset, **pairs, **to, input_reversal=0.06)


def column(seed, shape=(15, 3, 3), inputs_too=True):
    circuit = MaassColumn(shape, weight_scale=2.0, preset=statistics(inputs_too)).draw(
        np.random.default_rng(seed), n_inputs=N_INPUTS
    )
    delays = np.random.default_rng(seed).uniform(0, 3e-3, len(circuit.recurrent))
    return dataclasses.replace(circuit, recurrent=dataclasses.replace(circuit.recurrent, delay=delays))


@pytest.mark.parametrize("inputs_too", [True, False])
def test_a_column_equals_its_twin(inputs_too):
    circuit, trains = column(1, (4, 3, 3), inputs_too), trains_of(1, 0.2, 60)
    recording = simulate(circuit, trains, record="voltages", random_state=1)
    fired, voltages = spiking_circuit(circuit, LIF(), trains, recording_start(circuit, 1), DT)
    assert len(fired) > 50
    np.testing.assert_array_equal(np.column_stack([recording.spikes.steps(DT), recording.spikes.units]), fired)
    np.testing.assert_allclose(recording.voltages, voltages, rtol=0, atol=1e-12)


BESIDE_CURRENTS = ("LIF", "HodgkinHuxley")  # of which conductances beside currents are tested in short
CASES = [(name, True) for name in OPEN] + [
    pytest.param(name, False, marks=[pytest.mark.long] * (name not in BESIDE_CURRENTS)) for name in OPEN
]


@pytest.mark.parametrize("name, inputs_too", CASES)
def test_both_engines_give_the_same_spikes(name, inputs_too):
    """Of the other units the inputs are currents of their size, or conductances that suit them."""
    model = getattr(neurons, name)
    circuit = column(2, inputs_too=inputs_too)
    if not issubclass(model, LIF):
        rest, size = float(np.mean(model().initial)), twin_of(model).synapse / twin_of(LIF).synapse
        parts = {part: getattr(circuit, part) for part in ("recurrent", "inputs")}
        for part, one in parts.items():
            is_current = one.reversal is None
            parts[part] = dataclasses.replace(
                one,
                weight=(0.6 if is_current else 3) * size * one.weight,
                reversal=None if is_current else one.reversal + rest,
            )
        circuit = dataclasses.replace(circuit, **parts)
    push = np.full((1, 135), 0.5 * twin_of(model).loud)
    assert_same(circuit, [trains_of(seed) for seed in (2, 3)], neuron=model(), currents=[push, push], fewest=50)


def lone(weight, reversal, tau=5e-3):
    return Circuit([True], NONE, Projection([0], [0], [weight], [0.0], [tau], reversal=[reversal]), 1)


@pytest.mark.parametrize("name", OPEN)
@pytest.mark.parametrize("dt", [1e-4, 1e-3])
def test_no_conductance_is_too_large(name, dt):
    """However strong inhibition is, units are silent, and none goes further than rest and reversal hold it."""
    neuron = getattr(neurons, name)()
    rest = float(np.mean(neuron.initial))
    every = SpikeTrains(np.arange(0, 0.3, 1e-3), np.zeros(300, int), 1, 0.3)
    for weight in (1e-7, 1e-5, 1e-3):
        circuit = lone(weight, rest - 0.01)
        recording = simulate(circuit, every, neuron=neuron, dt=dt, record="voltages", random_state=0)
        settled = recording.voltages[len(recording.voltages) // 10 :]
        assert not len(recording.spikes) and settled.min() > rest - 0.0101 and settled.max() < rest + 0.01
    assert settled[-1] == pytest.approx(rest - 0.01, abs=1e-4)


@pytest.mark.parametrize("run", [simulate, spiking.simulate])
def test_units_that_hear_no_conductances_refuse_them(run):
    message = "The 'neuron' parameter of simulate must be units that hear conductances.* Got ResonateAndFire"
    one = SpikeTrains([0.001], [0], 1, 0.01)
    for neuron in (neurons.ResonateAndFire(), {"E": neurons.ResonateAndFire()}):
        with pytest.raises(ValueError, match=message):
            run(lone(1e-9, 0.0), one, neuron=neuron, random_state=0)


def test_a_large_conductance_holds_the_voltage_at_its_reversal():
    """And no voltage leaves the interval between rest and reversal."""
    neuron = LIF(background=0.0, initial=0.0, threshold=1.0, reset=0.0, time_constant=0.03)
    every = SpikeTrains(np.arange(6000) * DT, np.zeros(6000, int), 1, 0.6)
    for weight in (1e-7, 1e-6, 1e-5):
        v = simulate(lone(weight, -0.01, tau=1e-3), every, neuron=neuron, record="voltages").voltages[:, 0]
        g = weight * 1e-3 / DT  # the jumps come once a step, and decay by their mean
        assert v[-1] == pytest.approx(-0.01 * g * 1e6 / (1 + g * 1e6), rel=1e-6) and v.min() > -0.01


def test_the_sign_tells_what_learns_and_nothing_else():
    pair = Projection([0, 1], [0, 0], [3e-8, -2e-8], 0.0, 3e-3, reversal=[0.06, -0.01])
    flipped = dataclasses.replace(pair, weight=-pair.weight)
    trains = SpikeTrains(np.arange(0.01, 0.1, 0.01), np.arange(9) % 2, 2, 0.1)
    voltages = [
        simulate(Circuit([True], NONE, part, 2), trains, record="voltages", random_state=0).voltages
        for part in (pair, flipped)
    ]
    np.testing.assert_array_equal(*voltages)
    assert STDP().acts_on(pair).tolist() == [True, False] and InhibitorySTDP().acts_on(pair).tolist() == [False, True]


def test_conductances_learn_as_currents_do():
    """The change of a weight looks at spikes alone: forced by a large current, the same in both kinds."""
    from spiking import simulate as learn

    rng = np.random.default_rng(0)
    pre, post = (ends.ravel() for ends in np.mgrid[:6, :4])
    weight = rng.uniform(0.1, 1.0, pre.size) * np.where(pre < 3, 1, -1) * 1e-13
    trains, currents = trains_of(0, 0.3, 60, 6), np.where(rng.random((3000, 4)) < 0.006, 1e-3, 0.0)
    rules = {"inputs": InhibitorySTDP(eta=0.1)}
    learned = []
    for reversal in (None, np.where(pre < 3, 0.06, -0.01)):
        circuit = Circuit(np.ones(4, bool), NONE, Projection(pre, post, weight, 1e-3, 3e-3, reversal=reversal), 6)
        one = learn(circuit, trains, currents=currents, plasticity=rules, record="weights", random_state=0)
        assert len(one.spikes) > 30
        learned.append(one.circuit.inputs.weight)
    np.testing.assert_allclose(*learned, rtol=1e-12)
    assert (learned[0] != weight).sum() == (pre >= 3).sum() and (np.sign(learned[1]) == np.sign(weight)).all()


def test_a_liquid_of_conductances_continues():
    liquid = LiquidState(MaassColumn((3, 3, 3), preset=statistics(), input_probability=1.0), random_state=0)
    trains = trains_of(0, 0.4, 60)
    whole, final = liquid.fit(trains).run(trains)
    first, state = liquid.run(cut(trains, 0, 0.2))
    second, last = liquid.run(cut(trains, 0.2, 0.4), state)
    assert whole.max() > 0
    np.testing.assert_allclose(np.concatenate([first, second]), whole, rtol=1e-12)
    np.testing.assert_allclose(last, final, rtol=1e-9, atol=1e-18)


def cut(trains, first, last):
    inside = (trains.times >= first) & (trains.times < last)
    return SpikeTrains(trains.times[inside] - first, trains.units[inside], trains.n_units, last - first)


@pytest.mark.parametrize("reversal", ["a", [0.0, 1.0], np.nan, [None]])
def test_a_bad_reversal(reversal):
    with pytest.raises(ValueError, match="The 'reversal' parameter of Projection must be finite numbers"):
        Projection([0], [0], [1e-9], [0.0], [3e-3], reversal=reversal)


def test_currents_and_conductances_are_not_mixed_in_one_projection():
    preset = statistics()
    with pytest.raises(ValueError, match="The 'IE' parameter of SynapseStatistics must be with a reversal potential"):
        dataclasses.replace(preset, IE=PRESETS["maass2002"].IE)
    with pytest.raises(ValueError, match="The 'reversal' parameter of PairStatistics must be"):
        dataclasses.replace(preset.EE, reversal="a")
    with pytest.raises(ValueError, match="The 'input_reversal' parameter of SynapseStatistics must be"):
        dataclasses.replace(preset, input_reversal=np.inf)
    parts = [lone(1e-9, 0.0).inputs, Projection([0], [0], [1e-9], [0.0], [3e-3])]
    with pytest.raises(ValueError, match="all currents or all conductances"):
        Projection.joined(parts)
    assert "conductance" in repr(parts[0]) and len(Projection.joined(parts[:1] * 2).reversal) == 2
