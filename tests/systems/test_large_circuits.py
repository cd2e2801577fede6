"""Large circuits: what their synapses take, that they are made ready once, and that threads change nothing."""

import dataclasses
import gc
import pickle
import tracemalloc
import weakref

import numpy as np
import pytest

from reservoir import neurons, simulate, threads
from reservoir.circuits import Circuit, PoissonBackground, Projection
from reservoir.neurons import LIF
from reservoir.spikes import SpikeTrains
from reservoir.systems import circuit_parts, circuit_wiring, placed_synapses, simulation
from reservoir.systems.circuit_wiring import kinds_of, make_wiring, prepare

DT, N = 1e-4, 250


def drawn(n_units, n_synapses, seed=0, **numbers):
    rng = np.random.default_rng(seed)
    given = {
        "weight": rng.normal(0, 3e-9, n_synapses),
        "delay": rng.uniform(2e-4, 2e-3, n_synapses),
        "time_constant": 3e-3,
    }
    ends = rng.integers(0, n_units, (2, n_synapses))
    return Projection(*ends, **given | numbers)


def circuit_of(n_units=N, n_synapses=4000, **more):
    rng = np.random.default_rng(1)
    inputs = Projection(rng.integers(0, 3, n_units), rng.integers(0, n_units, n_units), 2e-8, 0.0, 3e-3)
    excitatory = np.arange(n_units) % 5 > 0
    return Circuit(excitatory, drawn(n_units, n_synapses), inputs, 3, **more)


def trains(duration=0.05, seed=0):
    rng = np.random.default_rng(seed)
    return SpikeTrains(rng.uniform(0, duration, 60), rng.integers(0, 3, 60), 3, duration)


def in_order_of_senders(circuit):
    """The receivers, delays and weights of each sender, in the order of the projections, one by one."""
    found = {sender: [] for sender in range(circuit.n_units + circuit.n_inputs)}
    for _, source, part in circuit.pathways():
        first = 0 if source == "units" else circuit.n_units
        for pre, post, weight, delay in zip(part.pre, part.post, part.weight, part.delay, strict=True):
            found[first + pre].append((post, int(np.floor(delay / DT + 0.5)), weight))
    return found


@pytest.mark.parametrize("least", [4096, 50])
def test_synapses_stand_in_the_order_of_senders(monkeypatch, least):
    """Of a sender in that of slices of receivers, and there in that of the projections."""
    monkeypatch.setattr(placed_synapses, "_LEAST_OF_A_SLICE", least)
    monkeypatch.setattr(placed_synapses, "_AT_A_TIME", 1000)
    circuit = circuit_of(projections={"more": drawn(N, 500, 2)})
    made = make_wiring(circuit, kinds_of(circuit), DT)
    wiring, width = made.wiring, placed_synapses.slices_of(N).width
    for sender, expected in in_order_of_senders(circuit).items():
        rows = slice(wiring.begins[sender], wiring.ends[sender])
        delays = wiring.place[rows] // wiring.n_kinds
        found = list(zip(wiring.receiver[rows].tolist(), delays.tolist(), wiring.weight[rows].tolist(), strict=True))
        assert found == sorted(expected, key=lambda one: one[0] // width)
        assert (np.diff(made.starts[sender]) >= 0).all() and made.starts[sender, -1] == wiring.ends[sender]
    assert made.shortest == 0 and wiring.n_slots == 1 + round(circuit.recurrent.delay.max() / DT)


def test_synapses_can_be_left_out():
    circuit = circuit_of()
    out = np.random.default_rng(3).random(4000) < 0.3
    made = make_wiring(circuit, kinds_of(circuit), DT, {"recurrent": ~out}).wiring
    rest = circuit.replaced("recurrent", circuit.recurrent.select(~out))
    expected = make_wiring(rest, kinds_of(rest), DT).wiring
    for name in ("begins", "ends", "receiver", "place", "weight"):
        np.testing.assert_array_equal(getattr(made, name), getattr(expected, name))


def test_a_synapse_takes_few_bytes():
    """24 in its record, and as many more while the loop is made ready."""
    n, rng = 500_000, np.random.default_rng(0)
    columns = rng.integers(0, 2000, (2, n)), rng.normal(0, 1e-12, n), rng.uniform(1e-3, 2e-3, n)
    nothing = Projection(np.zeros(0, int), np.zeros(0, int), 0.0, 0.0, 1e-3)
    simulate(Circuit(np.ones(2, bool), nothing, nothing, 0), currents=np.zeros((2, 2)))  # compiles
    tracemalloc.start()
    try:
        record = Projection(*columns[0], *columns[1:], 5e-4)
        held, _ = tracemalloc.get_traced_memory()
        circuit = Circuit(np.ones(2000, bool), record, nothing, 0)
        tracemalloc.reset_peak()
        simulate(circuit, currents=np.zeros((2, 2000)))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    state = 8 * 2000 * (3 + 21)  # variables, currents, and the ring
    room = 65_536 * 16 + 3_000_000  # for spikes, and what does not grow with the circuit
    assert held <= 24.5 * n
    assert peak - held - state - room <= 24 * n


def test_a_circuit_is_made_ready_once(monkeypatch):
    circuit, calls = circuit_of(), []
    made = circuit_wiring.make_wiring
    monkeypatch.setattr(circuit_wiring, "make_wiring", lambda *args: calls.append(args[2]) or made(*args))
    first = simulate(circuit, trains(), random_state=0)
    again = simulate(circuit, trains(), random_state=0, neuron=LIF())
    assert len(calls) == 1 and first.spikes == again.spikes
    simulate(circuit, trains(), random_state=0, dt=2e-4)
    simulate(circuit, trains(), random_state=0, dt=2e-4)
    assert calls == [DT, 2e-4]
    other = dataclasses.replace(circuit, recurrent=dataclasses.replace(circuit.recurrent, weight=1e-9))
    assert simulate(other, trains(), random_state=0).spikes != first.spikes and len(calls) == 3


def test_what_was_made_ready_goes_with_its_circuit():
    circuit = circuit_of()
    size = len(pickle.dumps(circuit))
    kept = weakref.ref(prepare(circuit, kinds_of(circuit), DT).wiring.weight)
    assert kept() is not None and len(pickle.dumps(circuit)) == size
    del circuit
    gc.collect()
    assert kept() is None


def test_arrays_that_were_made_writeable_are_read_again():
    circuit = circuit_of()
    before = simulate(circuit, trains(), random_state=0)
    weight = circuit.recurrent.weight
    weight.flags.writeable = True
    weight *= -1
    after = simulate(circuit, trains(), random_state=0)
    assert after.spikes != before.spikes


def test_read_only_arrays_are_kept_and_others_copied():
    weight, delay = np.array([1e-9, 2e-9]), np.array([1e-3, 2e-3])
    delay.flags.writeable = False
    part = Projection([0, 1], [1, 0], weight, delay, 3e-3)
    weight[0] = 7.0
    assert part.weight[0] == 1e-9 and part.delay is delay
    none = np.zeros(0, np.int32)
    none.flags.writeable = False
    assert Projection(none, none, 1e-9, 1e-3, 3e-3).post.dtype == np.int32
    view = np.array([1e-3, 2e-3, 5e-3])
    hidden = view[:2]
    hidden.flags.writeable = False
    part = Projection([0, 1], [1, 0], 1e-9, hidden, 3e-3)
    view[0] = 7.0
    assert part.delay[0] == 1e-3


def test_numbers_that_are_all_the_same_take_the_memory_of_one():
    part = Projection([0, 1, 2], [1, 0, 2], [2e-9] * 3, 1e-3, [3e-3] * 3)
    assert all(getattr(part, name).strides == (0,) for name in ("weight", "delay", "time_constant"))
    assert pickle.loads(pickle.dumps(part)).equals(part) and part.select([0, 2]).weight.tolist() == [2e-9] * 2
    signed = Projection([0, 1], [1, 0], [0.0, -0.0], 1e-3, 3e-3)
    assert np.signbit(signed.weight).tolist() == [False, True]


def test_weights_of_single_precision():
    """They are kept so, and the spikes are those of the same numbers in double precision."""
    circuit = circuit_of()
    single = circuit.recurrent.weight.astype(np.float32)
    circuits = [
        circuit.replaced("recurrent", dataclasses.replace(circuit.recurrent, weight=weight))
        for weight in (single, single.astype(np.float64))
    ]
    assert circuits[0].recurrent.weight.dtype == np.float32
    inputs = dataclasses.replace(circuit.inputs, weight=circuit.inputs.weight.astype(np.float32))
    whole = circuits[0].replaced("inputs", inputs)
    assert prepare(whole, kinds_of(whole), DT).wiring.weight.dtype == np.float32
    found = [simulate(one, trains(), random_state=0, record="state") for one in circuits]
    assert found[0].spikes == found[1].spikes and len(found[0].spikes) > 100
    np.testing.assert_array_equal(found[0].state.arrays["ring"], found[1].state.arrays["ring"])


# Parts of the units, one after the other or by threads


def in_parts(monkeypatch, circuit, n_parts, **options):
    monkeypatch.setattr(simulation, "n_parts", lambda engine: n_parts)
    return simulate(circuit, trains(), random_state=3, record="state", **options)


def assert_same(found, expected):
    assert found.spikes == expected.spikes
    for name, array in expected.state.arrays.items():
        np.testing.assert_array_equal(found.state.arrays[name], array, err_msg=name)


def everything():
    """Dynamic and static synapses, that release by chance or move voltages, a background, spontaneous, dead units."""
    background = PoissonBackground(rate=np.where(np.arange(N) < 90, 500.0, 2e3), weight=5e-10, time_constant=3e-3)
    more = {
        "dynamic": drawn(N, 800, 4, U=0.4, D=0.2, F=0.1),
        "rising": drawn(N, 300, 5, rise_time=1e-3),
        "chance": drawn(N, 300, 6, release_probability=0.4, delay=3e-4),
        "kicks": drawn(N, 300, 7, weight=1e-3, time_constant=0.0),
    }
    rate = np.where(np.arange(N) % 9 == 1, 50.0, 0.0)
    dead = np.arange(N) % 11 == 0
    return circuit_of(projections=more, background=background, spontaneous_rate=rate, dead=dead)


@pytest.mark.parametrize("n_parts", [2, 3])
def test_parts_have_the_bits_of_the_whole(monkeypatch, n_parts):
    monkeypatch.setattr(placed_synapses, "_LEAST_OF_A_SLICE", 50)
    for circuit in (everything(), circuit_of()):
        whole = in_parts(monkeypatch, circuit, 1, neuron=LIF(noise=1e-3))
        assert len(whole.spikes) > 100
        assert_same(in_parts(monkeypatch, circuit, n_parts, neuron=LIF(noise=1e-3)), whole)


@pytest.mark.parametrize("name", sorted(neurons.__all__))
def test_units_of_every_model_can_be_cut(monkeypatch, name):
    """Coefficients of some units are those that these have in the whole."""
    monkeypatch.setattr(placed_synapses, "_LEAST_OF_A_SLICE", 50)
    neuron, circuit = getattr(neurons, name)(), circuit_of()
    dt = DT / 4 if name == "HodgkinHuxley" else DT
    cells = neuron.cells(circuit.excitatory, np.array([3e-3, 5e-3]), dt)
    units = np.arange(64, 192)
    own = neuron.cells(circuit.excitatory[units], np.array([3e-3, 5e-3]), dt)
    assert circuit_parts._can_be_cut(cells)
    compare(circuit_parts._cut(cells, units, N), own)


def compare(found, expected):
    assert type(found) is type(expected)
    if isinstance(expected, tuple):
        for one, other in zip(found, expected, strict=True):
            compare(one, other)
    else:
        np.testing.assert_array_equal(found, expected)


def test_small_circuits_mixtures_and_foreign_units_are_not_cut(monkeypatch):
    def wanted(circuit):
        engine = simulation.make_engine("test", circuit, LIF(noise=1e-3), DT)
        return circuit_parts.n_parts(engine)

    monkeypatch.setattr(circuit_parts, "n_threads", lambda work: 8 if work > 1e6 else 1)
    assert wanted(circuit_of()) == 1
    large = circuit_of(20_000, 1000)
    assert wanted(large) == 1  # inputs without a delay: windows of a step are not worth it
    delayed = large.replaced("inputs", dataclasses.replace(large.inputs, delay=1e-3))
    assert wanted(delayed) == 4

    mixed = simulation.make_engine("test", delayed, {"E": LIF(), "I": LIF()}, DT)
    assert circuit_parts.n_parts(mixed) == 1

    class Foreign(tuple):
        __module__ = "somewhere"

    assert not circuit_parts._can_be_cut(Foreign())


def test_threads_share_a_large_trial(monkeypatch):
    """By two threads, if the machine has them, and by one: the same bits."""
    circuit = circuit_of(9000, 90_000)
    circuit = circuit.replaced("inputs", dataclasses.replace(circuit.inputs, delay=5e-4))
    monkeypatch.setattr(threads, "LEAST_WORK", 1000)
    found = {}
    for n_threads in (1, 2):
        monkeypatch.setattr(threads, "limit", lambda n=n_threads: n)
        found[n_threads] = simulate(circuit, trains(0.02), neuron=LIF(noise=1e-3), random_state=0, record="state")
    assert len(found[1].spikes) > 100
    assert_same(found[2], found[1])
