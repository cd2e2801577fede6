"""Synapses of all kinds in one circuit: the same spikes in both engines, and what rules hear of delays."""

import dataclasses

import numpy as np
import pytest

import reservoir
import spiking
from reservoir import neurons
from reservoir.circuits import Circuit, PoissonBackground, Projection
from reservoir.neurons import LIF
from reservoir.plasticity import STDP
from reservoir.plasticity.rule import PlasticityRule, Rule
from reservoir.spikes import SpikeTrains
from spiking import Equations, _brian
from spiking.circuit_text import write_circuit
from spiking.unit_step import write_step
from tests.neurons.spiking_oracles import twin_of
from tests.spiking.test_same_spikes import N_INPUTS, NONE, assert_same, codegen, names, trains_of  # noqa: F401

B = _brian.engine()
UNITS = [unit for name in neurons.__all__ if getattr(unit := getattr(neurons, name)(), "hears_conductances", True)]


def drawn(rng, n_senders, n_units, probability, **numbers):
    """Synapses between random pairs, with delays of 0 to 3 ms; lists are choices."""
    pre, post = np.nonzero(rng.random((n_senders, n_units)) < probability)
    each = {name: rng.choice(one, len(pre)) if isinstance(one, list) else one for name, one in numbers.items()}
    return Projection(pre, post, delay=rng.uniform(0, 3e-3, len(pre)), **each)


def mixed(seed, neuron, n_units=60):
    """Alpha, double-exponential, delta, NMDA and plain synapses, static and dynamic, some of them by chance."""
    rng = np.random.default_rng(seed)
    farads, volts = (one[0] for one in neuron.scales(np.ones(1, bool)))
    rest, charge = float(np.mean(neuron.initial)), farads * volts
    dynamics = {"U": [0.1, 0.3, 0.5], "D": 0.1, "F": 0.05}
    excites, inhibits = {"reversal": rest + 0.07}, {"reversal": rest - 0.01}

    def between(probability=0.05, **numbers):
        return drawn(rng, n_units, n_units, probability, **numbers)

    more = {
        "beta": between(weight=20 * charge, time_constant=8e-3, rise_time=[1e-3, 3e-3], **dynamics),
        "delta": between(weight=0.15 * volts, time_constant=0.0, release_probability=[0.3, 0.6, 1.0]),
        "nmda": between(
            weight=farads, time_constant=0.1, rise_time=2e-3, magnesium=[1.0, 1.5], release_probability=0.5, **excites
        ),
        "gaba": between(weight=10 * farads, time_constant=0.01, **inhibits),
    }
    alpha = between(weight=7 * charge, time_constant=[2e-3, 5e-3], rise_time=2e-3)
    inputs = drawn(
        rng, N_INPUTS, n_units, 0.5, weight=5e3 * charge, time_constant=3e-3, rise_time=3e-3,
        release_probability=0.7, **excites,
    )  # fmt: skip
    kicks = drawn(rng, N_INPUTS, n_units, 0.2, weight=0.4 * volts, time_constant=0.0)
    rates = np.full(n_units, 500.0)
    return Circuit(
        np.arange(n_units) < 0.8 * n_units, alpha, inputs, N_INPUTS, projections=more,
        input_projections={"kicks": kicks},
        background=PoissonBackground(rates, 3 * farads, 3e-3, rise_time=1e-3, **excites),
    )  # fmt: skip


def pushed(neuron, n_units=60):
    return np.full((1, n_units), 0.6 * twin_of(neuron).loud)


@pytest.mark.parametrize("neuron", [LIF(), neurons.EscapeLIF(), neurons.HodgkinHuxley()], ids=names)
def test_all_kinds_in_one_circuit(neuron):
    """Of a unit that is held, one that fires by chance, and one that nothing holds; below of all, and longer."""
    trains = [trains_of(1, 0.05), trains_of(2, 0.03)]
    assert_same(mixed(1, neuron), trains, neuron=neuron, currents=[pushed(neuron)] * 2, volts=1e-9)


@pytest.mark.long  # its loop alone takes 20 s to compile
def test_all_kinds_in_a_circuit_of_two_models():
    """Also where units of a model are not held, and with two spikes of a channel in a step."""
    neuron = {"E": LIF(noise=1e-4), "I": neurons.QIF()}
    circuit, trains = mixed(3, LIF()), trains_of(3, 0.05)
    slight = {name: dataclasses.replace(part, weight=part.weight / 100) for name, part in circuit.projections.items()}
    circuit = dataclasses.replace(
        circuit, background=None, projections={**slight, "delta": circuit.projections["delta"]},
        recurrent=dataclasses.replace(circuit.recurrent, weight=circuit.recurrent.weight / 100),
        inputs=dataclasses.replace(circuit.inputs, weight=circuit.inputs.weight / 100),
    )  # fmt: skip
    twice = SpikeTrains(np.repeat(trains.times, 2), np.repeat(trains.units, 2), N_INPUTS, 0.05)
    assert_same(circuit, [twice], neuron=neuron, volts=1e-9, currents=[np.full((1, 60), 1e-9)])


@pytest.mark.long
@pytest.mark.parametrize("neuron", UNITS, ids=names)
def test_all_kinds_for_half_a_second(neuron, codegen):  # noqa: F811
    """A fifth of one for `Izhikevich`, in which rounding grows by a factor of ten in 30 ms, from 1e-13 V on."""
    duration = 0.2 if isinstance(neuron, neurons.Izhikevich) else 0.5
    for seed in range(5):
        options = {"neuron": neuron, "currents": [pushed(neuron)], "random_state": seed, "volts": 1e-6}
        assert_same(mixed(seed, neuron), [trains_of(seed, duration)], codegen, **options)


def test_trials_side_by_side_release_what_each_does_alone():
    circuit, trains = mixed(4, LIF()), [trains_of(4, 0.03)] * 3
    options = {"neuron": LIF(), "record": "voltages", "random_state": 1}
    together = spiking.simulate(circuit, trains, **options)
    alone = spiking.simulate(circuit, trains[0], trial=2, **options)
    np.testing.assert_array_equal(together[2].voltages, alone.voltages)
    assert (together[0].voltages != together[1].voltages).any()


def test_ten_rises_and_decays_need_a_variable_for_each_constant():
    """And one for each constant that several share."""
    rng = np.random.default_rng(0)
    numbers = {"weight": 1e-10, "time_constant": [4e-3, 6e-3, 8e-3, 1e-2, 2e-2], "rise_time": [1e-3, 2e-3]}
    circuit = Circuit(np.ones(20, bool), drawn(rng, 20, 20, 0.5, **numbers), NONE, 0)
    written = write_circuit("test", circuit, LIF(), None, 1e-4)
    lines = write_step(written, written.equations, False).model.splitlines()
    assert sum(line.startswith("I_") for line in lines) == 7 and len(written.paths) == 10


def test_a_program_takes_no_release_by_chance():
    with pytest.raises(ValueError, match="The 'codegen' parameter of simulate must be another one for"):
        spiking.simulate(mixed(0, LIF()), trains_of(0, 0.01), codegen="standalone")


# A third opinion


def test_brian2_by_itself_agrees():
    """Its own text, solved by SymPy: alpha currents and delta synapses of a leaky unit."""
    brian2 = pytest.importorskip("brian2")
    ms, nA, mV = brian2.ms, brian2.nA, brian2.mV
    arrivals, kicks = np.array([1, 2, 9]), np.array([4.0, 14.0])
    synapses = Projection([0], [0], 2e-10, 0.0, 5e-3, rise_time=5e-3)
    circuit = Circuit([True], NONE, synapses, 2, input_projections={"kicks": Projection([1], [0], 3e-3, 0.0, 0.0)})
    neuron = LIF(time_constant=0.02, resistance=1e8, background=0.0, initial=0.0, threshold=1.0, reset=0.0)
    trains = SpikeTrains(np.append(arrivals, kicks) * 1e-3, [0, 0, 0, 1, 1], 2, 0.03)
    ours = reservoir.simulate(circuit, trains, neuron=neuron, record="voltages", random_state=0).voltages[:, 0]
    brian2.start_scope()
    brian2.prefs.codegen.target, before = "numpy", brian2.prefs.codegen.target
    text = "dv/dt = (100*Mohm * I - v) / (20*ms) : volt\ndI/dt = (y - I) / (5*ms) : amp\ndy/dt = -y / (5*ms) : amp"
    cell = brian2.NeuronGroup(1, text, method="exact")
    spikes = [brian2.SpikeGeneratorGroup(1, [0] * len(one), one * ms) for one in (arrivals, kicks)]
    paths = [
        brian2.Synapses(one, cell, on_pre=line)
        for one, line in zip(spikes, (f"y_post += {0.2 * np.e} * nA", "v_post += 3 * mV"), strict=True)
    ]
    for path in paths:
        path.connect()
    watch = brian2.StateMonitor(cell, "v", record=True, when="end")
    names_ = {"nA": nA, "mV": mV, "ms": ms, "Mohm": brian2.Mohm}
    brian2.Network(cell, *spikes, *paths, watch).run(30 * ms, namespace=names_)
    brian2.prefs.codegen.target = before
    jumped = np.isin(np.arange(300), np.round(kicks * 10))  # the voltage jumps when units move next
    np.testing.assert_allclose(ours[~jumped], np.asarray(watch.v)[0][~jumped], rtol=0, atol=1e-8 * ours.max())


def test_own_equations_hear_all_kinds():
    """Text of a user: close to the record of the library, since its conductances are those before a step."""
    text = "dv/dt = (-v + 100*Mohm * I) / (20*ms) : volt (unless refractory)"
    own = Equations(text, threshold="v > 15*mV", reset="v = 0*mV", refractory=2e-3, initial=0.0)
    record = LIF(time_constant=0.02, resistance=1e8, background=0.0, initial=0.0, threshold=0.015, reset=0.0)
    record.set_params(refractory=2e-3)
    circuit, trains = mixed(2, record, 20), trains_of(2, 0.05)
    circuit = dataclasses.replace(circuit, projections={**circuit.projections})
    found = [spiking.simulate(circuit, trains, neuron=one, record="voltages", random_state=0) for one in (own, record)]
    early = [one.voltages[:60] for one in found]
    assert np.abs(early[1]).max() > 1e-3
    np.testing.assert_allclose(early[0], early[1], rtol=0, atol=2e-4)
    bare = Equations("dv/dt = -v / (20*ms) + I / (1*nA) / (20*ms) : 1", threshold="v > 1", reset="v = 0")
    with pytest.raises(ValueError, match="units with a voltage in volts, for synapses with a reversal or the time"):
        spiking.simulate(circuit, trains, neuron=bare)


@pytest.mark.parametrize("step", [49, 50, 51])
def test_a_jump_counts_from_the_first_free_step_on(step):
    """Held for 2 ms after the spike of step 31, in the words of the library and in those of a user."""
    record = LIF(time_constant=0.02, resistance=1e8, background=0.0, initial=0.0, threshold=0.015, reset=0.0)
    record.set_params(rest=0.0, refractory=2e-3)
    own = Equations(
        "dv/dt = (-v + R * I) / tau : volt (unless refractory)", threshold="v > 0.015 * volt", reset="v = 0 * volt",
        refractory=2e-3, method="exact", parameters={"R": 1e8 * B.ohm, "tau": 0.02 * B.second}, initial=0.0,
    )  # fmt: skip
    kick = Projection([0], [0], weight=0.02, delay=0.0, time_constant=0.0)
    circuit, trains = Circuit(np.ones(1, bool), NONE, kick, 1), SpikeTrains([3e-3, step * 1e-4], [0, 0], 1, 6e-3)
    one, other = (spiking.simulate(circuit, trains, neuron=neuron, codegen="numpy").spikes for neuron in (record, own))
    assert one.steps(1e-4).tolist() == other.steps(1e-4).tolist() == [31] + [step + 1] * (step >= 50)


# Delays before and behind the synapse


class Timing(PlasticityRule):
    """Adds to w the time of every event that it hears, in volts a kilosecond: of senders, or of receivers."""

    def __init__(self, of="pre"):
        self.of = of

    def rule(self, projection):
        heard = {"pre": [], "post": []}
        heard[self.of] = ["w += 1e-3 * t / second * amp"]
        return Rule({}, heard["pre"], heard["post"], {})


@pytest.mark.parametrize("behind, arrives, returns", [(None, 5e-3, 0.0), (0.0, 5e-3, 0.0), (2e-3, 3e-3, 2e-3)])
def test_a_rule_hears_both_spikes_at_the_synapse(behind, arrives, returns):
    """The sender after the axon, the receiver after the dendrite; the receiver is reached after both."""
    synapse = Projection([0], [0], 0.04, 5e-3, 0.0, dendritic_delay=behind)
    neuron = LIF(background=0.0, initial=0.0, threshold=0.01, reset=0.0)
    circuit, one = Circuit([True], NONE, synapse, 1), SpikeTrains([1.05e-3], [0], 1, 0.02)
    for of, expected in (("pre", 1e-3 + arrives), ("post", None)):
        options = {"plasticity": {"inputs": Timing(of)}, "record": ("weights", "voltages"), "random_state": 0}
        found = spiking.simulate(circuit, one, neuron=neuron, **options)
        fired = found.spikes.times
        np.testing.assert_allclose(fired, [6.1e-3])
        wanted = fired[0] + returns if expected is None else expected
        assert found.circuit.inputs.weight[0] == pytest.approx(0.04 + 1e-3 * wanted, abs=1e-12)


def test_a_dendritic_delay_shifts_the_window():
    """A pair at the synapse has the lag that it has there, whatever the way to the receiver."""
    rule = STDP(A_plus=0.01, A_minus=0.02, w_max=2e-9)
    changes = []
    for behind in (None, 4e-3):
        synapse = Projection([0], [0], 1e-9, 5e-3, 3e-3, dendritic_delay=behind)
        circuit, one = Circuit([True], NONE, synapse, 1), SpikeTrains([0.01], [0], 1, 0.05)
        push = np.zeros((500, 1))
        push[180:181] = 1e-4
        options = {"currents": push, "plasticity": {"inputs": rule}, "record": "weights", "random_state": 0}
        found = spiking.simulate(circuit, one, neuron=LIF(background=0.0, initial=0.0), **options)
        fired = found.spikes.times[0]
        lag = fired - 0.015 if behind is None else fired + 4e-3 - 0.011
        changes.append(found.circuit.inputs.weight[0] - 1e-9)
        assert changes[-1] == pytest.approx(2e-9 * rule.window(lag), rel=1e-6)
    assert changes[0] > changes[1] > 0
