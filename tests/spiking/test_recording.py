"""What is recorded over time in Brian2: as in Numba, as other runs end, and in runs that go on from others."""

import dataclasses

import numpy as np
import pytest

import reservoir
from reservoir import neurons
from reservoir.circuits import Circuit, Projection
from reservoir.neurons import LIF
from reservoir.plasticity import (
    STDP,
    Feedback,
    InhibitorySTDP,
    Normalised,
    RateScaling,
    ReleaseSTDP,
    RewardSTDP,
    Rule,
    TripletSTDP,
    UnitVariables,
)
from spiking import Equations, simulate
from tests.neurons.spiking_oracles import twin_of
from tests.spiking.test_brian_safety import COMPILED
from tests.spiking.test_own_rules import Own
from tests.systems.test_recording import CIRCUIT, DT, OVER_TIME, trains_of
from tests.systems.test_recording import TRAINS as LONGER

UNITS = [getattr(neurons, name)() for name in neurons.__all__]
TRAINS = LONGER.window(0, 0.06)
CURRENTS = dataclasses.replace(
    CIRCUIT, background=None,
    inputs=dataclasses.replace(CIRCUIT.inputs, reversal=None, weight=np.full(len(CIRCUIT.inputs), 1e-8)),
)  # fmt: skip


def assert_alike(ours, theirs, names):
    """The same spikes, and values to 1e-9 of the largest."""
    assert ours.spikes == theirs.spikes and len(ours.spikes) > 10
    np.testing.assert_array_equal(ours.times, theirs.times)
    for name in names:
        for one, other in zip(*(_arrays(part.variables[name]) for part in (ours, theirs)), strict=True):
            np.testing.assert_allclose(other, one, rtol=0, atol=1e-9 * np.abs(one).max(), err_msg=name)


def _arrays(values):
    return list(values.values()) if isinstance(values, dict) else [values]


@pytest.mark.parametrize("neuron", UNITS, ids=lambda one: type(one).__name__)
def test_both_engines_record_the_same_at_the_same_moment(neuron):
    """Every variable of every unit, currents, conductances, and dynamic synapses, of two trials."""
    farads, volts = (one[0] for one in neuron.scales(np.ones(1, bool)))
    scale = farads * volts / 4.5e-11  # of the charge that fires LIF()
    parts = {name: dataclasses.replace(part, weight=scale * part.weight)
             for name, part in (("recurrent", CIRCUIT.recurrent), ("inputs", CIRCUIT.inputs))}  # fmt: skip
    if not getattr(neuron, "hears_conductances", True):
        parts["inputs"] = dataclasses.replace(CURRENTS.inputs, weight=scale * CURRENTS.inputs.weight)
    circuit = dataclasses.replace(CIRCUIT, background=None, **parts)
    cells = neuron.cells(circuit.excitatory, np.array([3e-3, 6e-3]), DT)
    record = OVER_TIME | {name: [0, 7] for name in cells.statements().variables if name != "v"}
    options = {"currents": [np.full((1, 27), 0.9 * twin_of(neuron).loud)] * 2, "neuron": neuron, "random_state": 0,
               "record": record, "period": 3e-4}  # fmt: skip
    trains = [trains_of(0, 0.04), trains_of(1, 0.03)]
    for ours, theirs in zip(reservoir.simulate(circuit, trains, **options),
                            simulate(circuit, trains, **options), strict=True):  # fmt: skip
        assert ours.spikes == theirs.spikes
        assert_alike(ours, theirs, record)


def test_noise_and_background_too():
    options = {"neuron": LIF(noise=5e-4), "record": OVER_TIME, "random_state": 3}
    assert_alike(reservoir.simulate(CIRCUIT, TRAINS, **options), simulate(CIRCUIT, TRAINS, **options), OVER_TIME)


# Synapses that learn

LEARN = {
    "reward": RewardSTDP([0.02, 0.04], 50.0),
    "normalised": Normalised(STDP(A_plus=0.1), every=0.007),
}
LONG = {"triplets": TripletSTDP(A2_plus=0.05, A2_minus=0.05), "scaling": RateScaling(eta=1.0)}
RULES = [
    pytest.param(rule, id=name, marks=[pytest.mark.long] * (name in LONG)) for name, rule in (LEARN | LONG).items()
]


@pytest.mark.parametrize("rule", RULES)
def test_weights_over_time_are_those_with_which_runs_end(rule):
    """Also where a rule settles them at spikes only; and traces are as they have faded."""
    options = {"plasticity": {"recurrent": rule}, "random_state": 0, "codegen": "numpy"}
    traces = {} if isinstance(rule, RateScaling) else {"traces": [0, 1, 60]}
    found = simulate(CURRENTS, TRAINS, record={"weights": True, **traces}, period=1e-3, **options)
    assert found.weights["recurrent"].shape == (60, len(CIRCUIT.recurrent))
    np.testing.assert_array_equal(found.weights["recurrent"][0], CIRCUIT.recurrent.weight)
    ended = simulate(CURRENTS, TRAINS.window(0, 0.053), record=("weights", "traces", "state"), **options)
    expected = ended.circuit.recurrent.weight
    if isinstance(rule, Normalised):  # which scales them once more in the end
        learned = ended.state.arrays["recurrent.w"]  # 0 where nothing is learned
        expected = np.where(learned > 0, np.copysign(learned, expected), expected)
    np.testing.assert_allclose(found.weights["recurrent"][53], expected, rtol=1e-12)
    for name, values in (found.traces or {}).get("recurrent", {}).items():
        np.testing.assert_allclose(values[53], ended.traces["recurrent"][name][[0, 1, 60]], rtol=1e-12)
    assert (found.weights["recurrent"][-1] != found.weights["recurrent"][0]).sum() > 10


def test_variables_of_synapses_by_their_names_and_a_list_alone():
    """U, which learns; a list alone is of the first projection that learns; what has no such variable is refused."""
    options = {"random_state": 0, "codegen": "numpy"}
    found = simulate(CURRENTS, TRAINS, plasticity={"recurrent": ReleaseSTDP()}, period=0.01,
                     record={"U": {"recurrent": True}, "weights": [3, 1]}, **options)  # fmt: skip
    ended = simulate(CURRENTS, TRAINS.window(0, 0.05), plasticity={"recurrent": ReleaseSTDP()}, record="weights",
                     **options)  # fmt: skip
    np.testing.assert_allclose(found.U["recurrent"][5], ended.circuit.recurrent.U, rtol=1e-12)
    assert (found.U["recurrent"][5] != CIRCUIT.recurrent.U).any()
    np.testing.assert_array_equal(found.weights["recurrent"], np.tile(CIRCUIT.recurrent.weight[[3, 1]], (6, 1)))
    for record, text in [
        ({"eligibility": {"recurrent": [0]}}, "dict of variables that synapses of 'recurrent' have, weights, D"),
        ({"traces": {"inputs": [0]}}, "dict of variables that synapses of 'inputs' have, weights"),
        ({"I": [0]}, "dict of variables that units have, current, conductance, v"),
    ]:
        with pytest.raises(ValueError, match=f"'record' parameter of simulate must be a {text}"):
            simulate(CURRENTS, TRAINS, plasticity={"recurrent": STDP(between=("E", "E"))}, record=record, **options)
    with pytest.raises(ValueError, match="'record' parameter of simulate must be with traces at the end, or over time"):
        simulate(CURRENTS, TRAINS, plasticity=[STDP()], record=["traces", {"traces": True}], **options)


LOW_PASSED = UnitVariables(("dslow/dt = (v - slow) / tau : volt",))
OWN = Rule(
    {"x": "tau"},
    [
        "w = clip(w + w_max * A * told / 100 + A * slow_post * nA / mV, 0 * amp, w_max)",
        "x += 1",
        "ca += 1",
        "heard = t",
    ],
    ["w = clip(w - A * x * w_max, 0 * amp, w_max)"],
    {"A": (0.01, "1"), "tau": (0.02, "second"), "w_max": (5e-8, "amp")},
    model=("dca/dt = -ca * (1 + ca) / tau : 1 (clock-driven)", "heard : second"),
    units=LOW_PASSED,
    feedback=Feedback("told", lambda seconds, spikes: float(spikes.sum()), 7e-3),
)
LEAKY = Equations(
    "dv/dt = (R * I - v) / tau + 0.2 * mV * xi / sqrt(tau) : volt\ndslow/dt = (v - slow) / (50 * ms) : volt\n"
    "leak = v / R : amp\nR : ohm\ntau : second",
    threshold="v > 15 * mV and v_before < 15 * mV", reset="v = 5 * mV", refractory=2.05e-3,
    parameters={"R": 1e6, "tau": (0.03, 0.02)}, initial={"v": (0.0, 0.015)},
)  # fmt: skip


def test_variables_of_units_from_equations_and_rules():
    record = {"v": True, "slow": True, "I": [0], "leak": True, "current": [0]}
    pushed = np.full((1, 27), 1.4e-8)
    found = simulate(CURRENTS, TRAINS, currents=pushed, neuron=LEAKY, record=record, random_state=0)
    np.testing.assert_allclose(found.leak, found.v / 1e6, rtol=1e-12)
    np.testing.assert_allclose(found.I, found.current + 1.4e-8, rtol=1e-9)
    slow = found.slow[:-1] + DT / 0.05 * (found.v[:-1] - found.slow[:-1])
    np.testing.assert_allclose(found.slow[1:], slow, rtol=1e-9, atol=1e-15)
    record = {"slow": [0, 3], "x": {"inputs": True}, "told": {"inputs": [0]}, "ca": {"inputs": [2]}}
    found = simulate(CURRENTS, TRAINS, plasticity={"inputs": Own(OWN)}, record=record, random_state=0, codegen="numpy")
    assert found.slow.shape == (600, 2) and found.x["inputs"].max() > 1 and found.told["inputs"].max() > 0


# Going on


def both(trains, cut, **options):
    """One run, and the two that it is made of."""
    first = simulate(CURRENTS, trains.window(0, cut), random_state=5, **options)
    second = simulate(CURRENTS, trains.window(cut, trains.duration), state=first.state, **options)
    return simulate(CURRENTS, trains, random_state=5, **options), first, second


def assert_one_run(whole, first, second, names):
    steps = np.concatenate([first.spikes.steps(DT), first.state.step + second.spikes.steps(DT)])
    np.testing.assert_array_equal(steps, whole.spikes.steps(DT))
    np.testing.assert_array_equal(np.append(first.spikes.units, second.spikes.units), whole.spikes.units)
    for name in names:
        for one, other, wanted in zip(*(_arrays(part.variables[name]) for part in (first, second, whole)), strict=True):
            np.testing.assert_array_equal(np.concatenate([one, other]), wanted)
    assert whole.state.arrays.keys() == second.state.arrays.keys()
    for name, values in whole.state.arrays.items():
        np.testing.assert_array_equal(values, second.state.arrays[name], err_msg=name)


GOING_ON = {
    "two models": {"neuron": {"E": LIF(noise=5e-4), "I": neurons.AdaptiveThreshold(increment=1e-3)}},
    "equations": {"neuron": LEAKY, "currents": np.full((1, 27), 1.4e-8)},
    "rules": {"plasticity": [
        RewardSTDP([0.02, 0.04], 50.0), InhibitorySTDP(),
        Normalised(TripletSTDP(between=("inputs", "E")), every=0.007),
    ]},
    "own": {"plasticity": {"inputs": Own(OWN)}, "codegen": "numpy"},
}  # fmt: skip


@pytest.mark.parametrize("options", GOING_ON.values(), ids=GOING_ON)
@pytest.mark.parametrize("cut", [0.0302])
def test_two_runs_are_one(options, cut, tmp_path):
    """To the bit, with spikes on their way, two of a channel among them, traces, and what learns."""
    record = {"v": True, "current": [0], "u": {"recurrent": True}, "weights": {"recurrent": True, "inputs": True}}
    whole, first, second = both(TRAINS, cut, record=["state", record], **options)
    assert_one_run(whole, first, second, record)
    reservoir.save(second.state, tmp_path / "state.npz")
    again = reservoir.load(tmp_path / "state.npz")
    assert again.arrays.keys() == second.state.arrays.keys() and again.step == 600


def test_a_piece_shorter_than_the_delays():
    options = {"plasticity": [STDP(A_plus=0.05)], "record": ["state", {"v": True}]}
    assert_one_run(*both(trains_of(2, 0.02), 0.0005, **options), ["v"])


@pytest.mark.long
@COMPILED
@pytest.mark.parametrize("compiled", ["cython", "standalone"])
def test_compiled_programs_stop_and_go_on(compiled):
    """A C++ program stops in the same state, but cannot begin with one."""
    options = {"plasticity": [STDP(A_plus=0.05)], "record": ["state", {"v": True, "weights": True}], "random_state": 5}
    cut = TRAINS.window(0, 0.0302)
    first, plain = (simulate(CURRENTS, cut, codegen=one, **options) for one in (compiled, "numpy"))
    assert first.spikes == plain.spikes and first.state.arrays.keys() == plain.state.arrays.keys()
    for name, values in plain.state.arrays.items():
        np.testing.assert_allclose(first.state.arrays[name], values, rtol=1e-9, atol=1e-18, err_msg=name)
    assert_alike(plain, first, ["v", "weights"])
    rest, whole = TRAINS.window(0.0302, 0.06), simulate(CURRENTS, TRAINS, codegen="numpy", **options)
    if compiled == "standalone":
        with pytest.raises(ValueError, match=r"'codegen' parameter .* begins at rest"):
            simulate(CURRENTS, rest, state=first.state, codegen=compiled, plasticity=[STDP(A_plus=0.05)])
    second = simulate(CURRENTS, rest, state=first.state, codegen="cython", **options | {"random_state": None})
    np.testing.assert_array_equal(302 + second.spikes.steps(DT), [k for k in whole.spikes.steps(DT) if k >= 302])


def test_rules_may_begin_later_but_not_change():
    """A circuit settles, then learns. Other rules, or none any more, do not fit what the state has learned."""
    settled = simulate(CURRENTS, TRAINS, record="state", random_state=0).state
    learned = simulate(CURRENTS, TRAINS, state=settled, plasticity=[STDP(A_plus=0.05)], record=["state", "weights"])
    assert (learned.circuit.recurrent.weight != CIRCUIT.recurrent.weight).any()
    for rules in (None, [TripletSTDP()]):
        with pytest.raises(
            ValueError, match="'state' parameter of simulate must be a state of the same circuit, units"
        ):
            simulate(CURRENTS, TRAINS, state=learned.state, plasticity=rules)
    for wrong in (reservoir.simulate(CURRENTS, TRAINS, record="state", random_state=0).state, [settled]):
        with pytest.raises(ValueError, match="'state' parameter of simulate must be"):
            simulate(CURRENTS, TRAINS, state=wrong)
    ring = Circuit([True] * 2, Projection([0], [1], 1e-9, 1e-3, 3e-3), Projection([0, 1], [0, 1], 1e-9, 0.0, 3e-3), 2)
    with pytest.raises(ValueError, match="'state' parameter of simulate must be a state of the same circuit"):
        simulate(ring, TRAINS, state=settled)


def test_trials_go_on_side_by_side():
    """In any order and beside others, also of other lengths."""
    trains = [trains_of(k, 0.02 + 0.01 * k) for k in range(2)]
    options = {"neuron": LIF(noise=5e-4)}
    first = simulate(CURRENTS, trains, record="state", random_state=0, **options)
    alone = [simulate(CURRENTS, trains[0], state=one.state, **options).spikes for one in first]
    several = simulate(CURRENTS, [trains[0]] * 2, state=[one.state for one in reversed(first)], **options)
    assert [one.spikes for one in reversed(several)] == alone and len({one.times.tobytes() for one in alone}) == 2
