"""Rules as compiled functions: the same as their twins and as Brian2, in pieces, and over time."""

import dataclasses
import shutil

import numpy as np
import pytest

import reservoir
import spiking
from reservoir.circuits import MaassColumn
from reservoir.neurons import LIF
from reservoir.plasticity import (
    STDP,
    CalciumSTDP,
    ClopathSTDP,
    DiehlCookSTDP,
    HeterosynapticSTDP,
    InhibitorySTDP,
    Normalised,
    OffsetSTDP,
    RateScaling,
    ReleaseSTDP,
    RewardSTDP,
    Rule,
    SuppressionSTDP,
    TripletSTDP,
)
from reservoir.spikes import SpikeTrains
from tests.plasticity.plasticity_oracles import twin_of
from tests.plasticity.test_plasticity import (
    AMPERE,
    DT,
    FORCED,
    VARIANTS,
    changed,
    expected,
    pulses,
    random_circuit,
    random_spikes,
    wired,
)
from tests.spiking.test_own_rules import Own

BALANCE = InhibitorySTDP(eta=0.01)
TOGETHER = {
    "pairs": {"recurrent": [STDP(A_plus=0.05, A_minus=0.06, mu_plus=0.5, mu_minus=0.3), BALANCE], "inputs": STDP()},
    "nearest": {"recurrent": STDP(pairing="nearest", mu_minus=1.0), "inputs": DiehlCookSTDP(A_plus=0.1)},
    "triplets": [TripletSTDP.fitted("hippocampus"), BALANCE, OffsetSTDP(A=0.05, between=("inputs", "E"))],
    "release": {"recurrent": ReleaseSTDP(A_plus=0.1), "inputs": SuppressionSTDP(A_plus=0.1)},
    "rewards": {"recurrent": RewardSTDP([0.01, 0.03], [20.0, -9.0]), "inputs": HeterosynapticSTDP(A=0.01)},
    "sums": {"recurrent": Normalised(STDP(A_plus=0.1), every=3.3e-3), "inputs": RateScaling(eta=0.5)},
}


def learn(rule, circuit, channels, currents):
    """What a rule makes of the synapses of a circuit, and the spikes (n, 2), as (step, unit)."""
    steps = np.unique(channels, axis=0)
    trains = SpikeTrains(steps[:, 0] * DT, steps[:, 1], circuit.n_inputs, len(currents) * DT)
    found = reservoir.simulate(circuit, trains, currents=currents, neuron=FORCED, dt=DT, plasticity={"inputs": rule},
                               record="weights", random_state=0)  # fmt: skip
    values, _ = changed(twin_of(rule), found.circuit.inputs)
    return values, np.column_stack([found.spikes.steps(DT), found.spikes.units])


def test_every_kernel_equals_the_twin_of_its_rule():
    """With units that fire more often than their spikes are kept."""
    rng, n_steps = np.random.default_rng(0), 400
    for rule in VARIANTS:
        if rule.rule(random_circuit(rule, rng).inputs).kernel is None:
            continue
        circuit = random_circuit(rule, rng, 5, 4)
        channels, forced = random_spikes(n_steps, 5, 60, rng), random_spikes(n_steps, 4, 250, rng)
        values, spikes = learn(rule, circuit, channels, pulses(forced, n_steps, 4))
        assert np.bincount(spikes[:, 1]).max() > 40
        scale = changed(twin_of(rule), circuit.inputs)[1]
        learned = expected(rule, circuit, channels, spikes, n_steps)
        np.testing.assert_allclose(values / scale, learned / scale, rtol=0, atol=1e-12, err_msg=str(rule))


def test_more_spikes_on_their_way_than_there_was_room_for():
    """A channel that speaks in every step, 80 ms before it is heard."""
    circuit, rule = wired([0, 0], [0, 1], [AMPERE, AMPERE], [0.08, 0.001]), STDP(A_plus=0.001, A_minus=0.002)
    channels, forced = np.column_stack([np.arange(150), np.zeros(150, int)]), np.array([[120, 0], [120, 1]])
    values, spikes = learn(rule, circuit, channels, pulses(forced, 200, 2))
    assert len(spikes) == 2
    np.testing.assert_allclose(values, expected(rule, circuit, channels, spikes, 200), rtol=1e-12)


def lively(seed, duration):
    """A column with delays of which a part lies behind the synapse, release by chance, and currents that rise."""
    rng = np.random.default_rng(seed)
    column = MaassColumn((3, 3, 5), weight_scale=4.0, input_scale=2.0).draw(rng, n_inputs=4)
    n, n_inputs = len(column.recurrent), len(column.inputs)
    delay, behind = rng.uniform(0, 3e-3, n), rng.random(n) * (rng.random(n) < 0.5)
    recurrent = dataclasses.replace(column.recurrent, delay=delay, dendritic_delay=delay * behind,
                                    release_probability=rng.uniform(0.3, 1, n))  # fmt: skip
    inputs = dataclasses.replace(column.inputs, delay=rng.uniform(0, 3e-3, n_inputs), rise_time=1e-3)
    n_spikes = int(60 * duration * 4)
    times, channels = rng.uniform(0, duration, n_spikes), rng.integers(0, 4, n_spikes)
    twice = rng.integers(1, 3, n_spikes)  # two spikes of a channel in one step
    trains = SpikeTrains(np.repeat(times, twice), np.repeat(channels, twice), 4, duration)
    return dataclasses.replace(column, recurrent=recurrent, inputs=inputs), trains


def assert_same(circuit, one, other, spikes_too=True):
    """The same spikes, and weights, utilisations and traces within 1e-12 of the largest."""
    assert one.spikes == other.spikes
    for name in (pathway.name for pathway in circuit.pathways()):
        for field in ("weight", "U"):
            mine, theirs = (getattr(found.circuit.projection(name), field) for found in (one, other))
            if theirs is not None and len(theirs):
                np.testing.assert_allclose(mine, theirs, rtol=0, atol=1e-12 * np.abs(theirs).max())
    assert set(one.traces) == set(other.traces)
    for name, traces in other.traces.items():
        assert set(one.traces[name]) == set(traces)
        for trace, values in traces.items():
            np.testing.assert_allclose(one.traces[name][trace], values, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", TOGETHER)
def test_the_same_spikes_and_weights_as_brian2(name):
    circuit, trains = lively(0, 0.05)
    options = {"plasticity": TOGETHER[name], "random_state": 1, "record": ("weights", "traces")}
    ours, theirs = reservoir.simulate(circuit, trains, **options), spiking.simulate(circuit, trains, **options)
    assert len(ours.spikes) > 50
    assert_same(circuit, ours, theirs)


@pytest.mark.long
@pytest.mark.parametrize("codegen", ["numpy", "cython"])
@pytest.mark.parametrize("name", TOGETHER)
def test_the_same_for_two_seconds(name, codegen):
    if codegen == "cython" and not any(map(shutil.which, ("g++", "clang++", "c++", "cl"))):
        pytest.skip("Brian2 compiles with a C++ compiler, and there is none")
    for seed in range(20):
        circuit, trains = lively(seed, 2.0)
        options = {"plasticity": TOGETHER[name], "random_state": seed, "record": ("weights", "traces")}
        theirs = spiking.simulate(circuit, trains, codegen=codegen, **options)
        assert_same(circuit, reservoir.simulate(circuit, trains, **options), theirs)


@pytest.mark.parametrize("kind", ["conductances", "delta synapses"])
def test_other_kinds_of_synapses(kind):
    column, trains = lively(2, 0.05)
    static = {"U": None, "D": None, "F": None, "rise_time": None}
    more = {"reversal": 0.06} if kind == "conductances" else {"time_constant": 0.0}
    scale = 20.0 if kind == "conductances" else 1e5
    parts = {name: dataclasses.replace(part, weight=np.abs(part.weight) * scale, **static, **more)
             for name, _, part in column.pathways()}  # fmt: skip
    circuit = dataclasses.replace(column, excitatory=np.ones(column.n_units, bool), **parts)
    rules = {"recurrent": STDP(A_plus=0.05), "inputs": TripletSTDP(A3_plus=0.1)}
    options = {"plasticity": rules, "random_state": 1, "record": ("weights", "traces")}
    ours, theirs = reservoir.simulate(circuit, trains, **options), spiking.simulate(circuit, trains, **options)
    assert len(ours.spikes) > 50
    assert_same(circuit, ours, theirs)


OVER_TIME = {"weights": {"recurrent": [0, 7, 20], "inputs": slice(0, 9)}, "u": {"recurrent": [3, 9]}, "v": [2]}


@pytest.mark.parametrize("name", ["pairs", "release", "rewards", "sums"])
def test_pieces_and_values_over_time(name):
    """Two runs, the second from the state of the first, have the bits of one; and rows are those of Brian2."""
    (circuit, trains), cut = lively(0, 0.05), 0.0234
    first = next(iter(TOGETHER[name]))
    more = {"U": {"recurrent": True}} if name == "release" else {"traces": {first: [1, 5, 8]}}
    options = {"plasticity": TOGETHER[name], "record": ["weights", "state", OVER_TIME | more], "period": 7e-4}
    whole = reservoir.simulate(circuit, trains, random_state=1, **options)
    theirs = spiking.simulate(circuit, trains, random_state=1, **options)
    one = reservoir.simulate(circuit, trains.window(0, cut), random_state=1, **options)
    two = reservoir.simulate(circuit, trains.window(cut, 0.05), state=one.state, **options)
    np.testing.assert_array_equal(np.concatenate([one.v, two.v]), whole.v)
    for projection in TOGETHER[name]:
        assert two.circuit.projection(projection).equals(whole.circuit.projection(projection))
    for variable in {*OVER_TIME, *more} - {"v"}:
        for projection, rows in theirs.variables[variable].items():
            parts = [found.variables[variable][projection] for found in (one, two, whole)]
            columns = rows if variable == "traces" else {"": rows}
            for trace, values in columns.items():
                a, b, c = (part[trace] if trace else part for part in parts)
                np.testing.assert_array_equal(np.concatenate([a, b]), c)
                np.testing.assert_allclose(c, values, rtol=0, atol=1e-12 * np.abs(values).max())
                assert np.ptp(values, axis=0).any()


def test_states_of_other_rules_are_refused():
    circuit, trains = lively(0, 0.01)
    state = reservoir.simulate(circuit, trains, plasticity=[STDP()], record="state", random_state=0).state
    for rules in (None, [TripletSTDP()], [DiehlCookSTDP()], [STDP(), BALANCE]):
        with pytest.raises(
            ValueError, match="'state' parameter of simulate must be a state of the same circuit, units"
        ):
            reservoir.simulate(circuit, trains, plasticity=rules, state=state)
    for name in [name for name in state.arrays if name.endswith((": travelling", ": branches", ": log"))]:
        wrong = dataclasses.replace(state, arrays={**state.arrays, name: state.arrays[name] + 99})
        with pytest.raises(
            ValueError, match="'state' parameter of simulate must be a state of the same circuit, units"
        ):
            reservoir.simulate(circuit, trains, plasticity=[STDP()], state=wrong)


@pytest.mark.parametrize("rule", [
    CalciumSTDP(), ClopathSTDP(), RewardSTDP(reward=lambda time, spikes: 1.0), Own(Rule({}, ["w = 0 * amp"], [], {})),
], ids=lambda rule: type(rule).__name__)  # fmt: skip
def test_what_runs_in_brian2_alone(rule):
    circuit, trains = lively(0, 0.01)
    with pytest.raises(ValueError, match=r"'plasticity' parameter of simulate must be .* runs in Brian2 only"):
        reservoir.simulate(circuit, trains, plasticity={"recurrent": rule})


def test_learning_does_not_change_what_does_not_learn():
    """A rule that changes nothing gives the spikes of a circuit without it, and all weights as they were."""
    circuit, trains = lively(1, 0.05)
    options = {"random_state": 0, "neuron": LIF(noise=1e-4)}
    still = STDP(A_plus=0.0, A_minus=0.0)
    plain = reservoir.simulate(circuit, trains, **options)
    found = reservoir.simulate(circuit, trains, plasticity=[still], record="weights", **options)
    assert found.spikes == plain.spikes and found.circuit.equals(circuit)
