"""Rules of a user's own: continuous and thresholded variables, variables of the units, feedback, text before a spike.

Two published rules show what the record can say: the voltage-based one of Clopath, Buesing, Vasilaki and Gerstner 2010
(doi:10.1038/nn.2479), and the calcium-based one of Graupner and Brunel 2012 (doi:10.1073/pnas.1109359109). The numbers
here are made to move weights in a short time.
"""

import numpy as np
import pytest
from sklearn.base import BaseEstimator

from reservoir.circuits import Circuit, Projection
from reservoir.neurons import LIF
from reservoir.plasticity import Feedback, Rule, UnitVariables
from reservoir.spikes import SpikeTrains
from spiking import Equations, simulate
from tests.spiking.test_brian_safety import COMPILED

DT, W_MAX = 1e-4, 2e-9
NONE = Projection(np.zeros(0, int), np.zeros(0, int), np.zeros(0), 0.0, 1e-3)
CIRCUIT = Circuit(np.ones(3, bool), NONE, Projection([0, 0, 0], [0, 1, 2], 1e-9, 0.0, 3e-3), 1)
ARRIVALS = np.arange(0.01, 0.1, 0.01)
TRAINS = SpikeTrains(ARRIVALS, np.zeros(len(ARRIVALS), int), 1, 0.1)
NUMBERS = {"A": (0.1, "1"), "tau": (0.02, "second"), "w_max": (W_MAX, "amp")}
STEPS = np.round(ARRIVALS / DT).astype(int)


class Own(BaseEstimator):
    """A rule of all synapses."""

    def __init__(self, text):
        self.text = text

    def acts_on(self, projection):
        return np.ones(len(projection), bool)

    def rule(self, projection):
        return self.text


def learn(text, neuron=None, circuit=CIRCUIT, trains=TRAINS, **options):
    options = {"codegen": "numpy", "random_state": 0, "record": "weights"} | options
    neuron = LIF(background=16e-9) if neuron is None else neuron
    return simulate(circuit, trains, neuron=neuron, plasticity={"inputs": Own(text)}, **options)


def weights(*given, **options):
    return learn(*given, **options).circuit.inputs.weight


def test_a_rule_without_traces_and_with_names_of_the_unit():
    """`tau` is a number of LIF, and `R` and `u` are variables of these units: all rules may have them."""
    rule = Rule({}, ["w = w * (1 - A)"], [], NUMBERS)
    np.testing.assert_allclose(weights(rule), 1e-9 * 0.9 ** len(ARRIVALS), rtol=1e-12)
    neuron = Equations("dv/dt = (R * I - v) / tau : volt", threshold="v > 1 * volt", parameters={"R": 1e6, "tau": 1.0})
    with pytest.raises(ValueError, match="that fit together"):  # R without a unit
        learn(rule, neuron)
    neuron = Equations("dv/dt = (R * I - v) / tau : volt\nR : ohm\ntau : second\ndu/dt = 1 / second : 1",
                       threshold="v > 1 * volt", parameters={"R": 1e6, "tau": 1.0})  # fmt: skip
    by_unit = Rule({}, ["w = u_post * w_max"], [], NUMBERS)
    np.testing.assert_allclose(weights(by_unit, neuron), (STEPS[-1] + 1) * DT * W_MAX, rtol=1e-9)


def test_text_before_a_spike_is_passed_on():
    """The first spike has the weight that the rule has just made; `on_pre` comes behind it."""
    one = SpikeTrains([0.01], [0], 1, 0.02)
    quiet = LIF(background=0.0, initial=(0.0, 0.0), reset=0.0)
    plain = simulate(CIRCUIT, one, neuron=quiet, record="voltages", codegen="numpy").voltages
    late, early = (learn(rule, quiet, trains=one, record=("weights", "voltages")) for rule in (
        Rule({}, ["w = w_max"], [], NUMBERS), Rule({}, [], [], NUMBERS, before=["w = w_max"]),
    ))  # fmt: skip
    np.testing.assert_allclose(late.voltages, plain, rtol=1e-12)
    np.testing.assert_allclose(early.voltages, 2 * plain, rtol=1e-12)
    assert (late.circuit.inputs.weight == W_MAX).all() and (early.circuit.inputs.weight == W_MAX).all()


def test_the_voltage_rule_of_clopath_and_colleagues():
    """Two low-passed voltages of the unit, a low-passed arrival of the synapse, and potentiation in every step."""
    low, high, w_max = 5e-3, 1e-2, 1e-18  # so small that the synapses do not move the voltage
    rule = Rule(
        {},
        ["w = clip(w - w_max * A_minus * clip(u_minus_post - low, 0 * mV, inf * mV) / mV, 0 * amp, w_max)", "x += 1"],
        [],
        {
            "A_minus": (0.003, "1"), "A_plus": (0.02, "hertz"), "tau_minus": (0.01, "second"),
            "tau_plus": (0.007, "second"), "tau_x": (0.015, "second"), "low": (low, "volt"), "high": (high, "volt"),
            "w_max": (w_max, "amp"),
        },
        model=("dx/dt = -x / tau_x : 1 (clock-driven)",),
        on_step=["w = clip(w + dt * w_max * A_plus * x * clip(v_post - high, 0 * mV, inf * mV) / mV"
                 " * clip(u_plus_post - low, 0 * mV, inf * mV) / mV, 0 * amp, w_max)"],
        units=UnitVariables(
            ("du_minus/dt = (v - u_minus) / tau_minus : volt", "du_plus/dt = (v - u_plus) / tau_plus : volt"),
            start={"u_minus": "v"},
        ),
    )  # fmt: skip
    neuron = Equations("dv/dt = I / nF : volt", threshold="v > 1 * volt", initial={"v": 0.012}, method="euler")
    circuit = Circuit(CIRCUIT.excitatory, NONE, Projection([0, 0, 0], [0, 1, 2], w_max / 2, 0.0, 3e-3), 1)
    currents = 1.5e-9 * np.sin(np.arange(1000)[:, None] / np.array([20.0, 40.0, 80.0]))
    found = weights(rule, neuron, circuit, currents=currents, record=("weights", "voltages"))
    v, w, x = np.full(3, 0.012), np.full(3, w_max / 2), 0.0
    u_minus, u_plus = v.copy(), np.zeros(3)
    for step in range(1000):
        x *= np.exp(-DT / 0.015)
        v = v + DT * currents[step] / 1e-9
        u_minus = v + (u_minus - v) * np.exp(-DT / 0.01)
        u_plus = v + (u_plus - v) * np.exp(-DT / 0.007)
        above = np.maximum(v - high, 0) * np.maximum(u_plus - low, 0) * 1e6
        w = np.clip(w + DT * w_max * 0.02 * x * above, 0, w_max)
        if step in STEPS:
            w = np.clip(w - w_max * 0.003 * np.maximum(u_minus - low, 0) * 1e3, 0, w_max)
            x += 1
    assert len(set(w)) == 3 and (abs(w / w_max - 0.5) > 0.01).all() and 0 < w.min() < w.max() < w_max
    np.testing.assert_allclose(found, w, rtol=1e-9)


def test_the_calcium_rule_of_graupner_and_brunel():
    """Calcium that decays and jumps at both spikes, two thresholds, and an efficacy with two stable values."""
    numbers = {
        "tau_ca": (0.02, "second"), "tau_rho": (0.5, "second"), "gain": (20.0, "1"), "loss": (10.0, "1"),
        "ltp": (1.8, "1"), "ltd": (1.0, "1"), "low": (0.5e-9, "amp"), "w_max": (W_MAX, "amp"),
    }  # fmt: skip
    rule = Rule(
        {}, ["ca += 1"], ["ca += 2"], numbers,
        model=(
            "dca/dt = -ca / tau_ca : 1 (clock-driven)",
            "drho/dt = (-rho * (1 - rho) * (0.5 - rho) + gain * (1 - rho) * int(ca > ltp) - loss * rho * int(ca > ltd))"
            " / tau_rho : 1 (clock-driven)",
        ),
        before=["w = low + rho * (w_max - low)"], start={"rho": "w / w_max"}, read=("w", "rho", "ca"),
        finish=lambda found, end: {"w": 0.5e-9 + found["rho"] * (W_MAX - 0.5e-9)},
    )  # fmt: skip
    found = learn(rule, LIF(background=18e-9))
    fired = {unit: np.round(found.spikes.times[found.spikes.units == unit] / DT).astype(int) for unit in range(3)}
    expected = []
    for unit in range(3):
        ca, rho = 0.0, 0.5
        for step in range(1000):
            slope = -rho * (1 - rho) * (0.5 - rho) + 20 * (1 - rho) * (ca > 1.8) - 10 * rho * (ca > 1.0)
            rho, ca = rho + DT * slope / 0.5, ca * (1 - DT / 0.02)
            ca += (step in STEPS) + 2 * (step in fired[unit])
        expected.append(0.5e-9 + rho * (W_MAX - 0.5e-9))
    assert sum(map(len, fired.values())) > 3 and max(abs(np.array(expected) / 1.25e-9 - 1)) > 0.05
    np.testing.assert_allclose(found.circuit.inputs.weight, expected, rtol=1e-9)


def test_a_third_factor_comes_from_the_simulation():
    """The reward is the number of spikes of all units in the last 5 ms, which the synapse hears from then on."""
    told = []

    def reward(seconds, spikes):
        told.append((seconds, spikes.sum()))
        return spikes.sum()

    rule = Rule({}, ["w = clip(w + w_max * A * reward / 100, 0 * amp, w_max)"], [], NUMBERS,
                feedback=Feedback("reward", reward, 5e-3))  # fmt: skip
    found = learn(rule, LIF(background=18e-9))
    steps = np.round(found.spikes.times / DT).astype(int)
    edges = np.arange(0, 1000, 50)
    counts = np.array([((steps >= edge - 50) & (steps < edge)).sum() for edge in edges])
    np.testing.assert_allclose([seconds for seconds, _ in told], edges * DT, rtol=0, atol=1e-9)
    np.testing.assert_array_equal([number for _, number in told], counts)
    heard = counts[STEPS // 50].sum()
    assert heard > 3
    np.testing.assert_allclose(found.circuit.inputs.weight, 1e-9 + W_MAX * 1e-3 * heard, rtol=1e-9)
    with pytest.raises(ValueError, match=r"^The 'codegen' parameter of simulate must be another one .* feedback"):
        learn(rule, codegen="standalone")


def test_spikes_of_a_unit_move_the_variables_that_a_rule_gives_it():
    """Here a count, of which synapses hear; and two rules that want two things of one name are refused."""
    counting = UnitVariables(("dn/dt = 0 / second : 1",), reset=("n += jump",))
    rule = Rule({}, ["w = n_post * nA"], [], {"jump": (1.0, "1")}, units=counting)
    found = learn(rule, LIF(background=18e-9))
    last = STEPS[-1] * DT
    counts = [(found.spikes.times[found.spikes.units == unit] < last - DT / 2).sum() for unit in range(3)]
    assert max(counts) > 0
    np.testing.assert_allclose(found.circuit.inputs.weight, np.array(counts) * 1e-9, rtol=0, atol=1e-20)
    other = rule._replace(units=UnitVariables(("dn/dt = 1 / second : 1",)))
    both = Circuit(CIRCUIT.excitatory, Projection([0], [1], 1e-9, 0.0, 3e-3), CIRCUIT.inputs, 1)
    with pytest.raises(ValueError, match=r"^The 'plasticity' parameter .* two variables of one name, n"):
        simulate(both, TRAINS, plasticity={"inputs": Own(rule), "recurrent": Own(other)}, codegen="numpy")


@pytest.mark.parametrize("change, shape", [
    ({"parameters": {"hold": (1.0, "1")}}, "^The 'plasticity' parameter of simulate must be rules .* such as hold"),
    ({"model": ("u : 1",)}, "^The 'plasticity' parameter of simulate must be rules .* such as u"),
    ({"traces": {"x_post": "tau"}}, "^The 'plasticity' parameter of simulate must be rules .* such as x_post"),
    ({"on_pre": ["w = w * nothing"]}, "^The 'text' parameter of Rule must be what Brian2 reads .*nothing.*resolved"),
    ({"on_pre": ["w = = w"]}, "^The 'text' parameter of Rule must be what Brian2 reads .Parsing the statement failed"),
    ({"on_pre": ["w = v_post"]}, "^The 'text' parameter of Rule must be what Brian2 reads .The right-hand-side"),
    ({"units": UnitVariables(("dz/dt = : 1",))}, "^The 'text' parameter of UnitVariables must be what Brian2 reads"),
])  # fmt: skip
def test_what_a_rule_cannot_say_is_refused_before_anything_runs(change, shape, caplog):
    with pytest.raises(ValueError, match=shape):
        learn(Rule({}, ["w = w * (1 - A)"], [], NUMBERS)._replace(**change))
    assert not [one for one in caplog.records if "never included in a network" in one.message]


@pytest.mark.long
@COMPILED
def test_a_program_in_cpp_says_the_same():
    """Own equations, variables of units with first values, text before a spike and in every step."""
    neuron = Equations("dv/dt = (1 * Mohm * (I + 30 * nA) - v) / tau : volt\ntau : second",
                       threshold="v > 15 * mV", reset="v = 0 * mV",
                       parameters={"tau": np.array([0.01, 0.02, 0.03])})  # fmt: skip
    rule = Rule(
        {}, ["x += 1"], [], NUMBERS, model=("dx/dt = -x**2 / tau : 1 (clock-driven)",), start={"x": "w / w_max"},
        before=["w = clip(w * (1 + A * u_post / (100 * mV)), 0 * amp, w_max)"],
        on_step=["w = clip(w - dt * w_max * x / second, 0 * amp, w_max)"],
        units=UnitVariables(("du/dt = (v - u) / tau : volt",), reset=("u += 1 * mV",), start={"u": "v"}),
    )  # fmt: skip
    one, other = (learn(rule, neuron, codegen=codegen) for codegen in ("numpy", "standalone"))
    assert len(one.spikes) > 10 and one.spikes == other.spikes
    np.testing.assert_allclose(one.circuit.inputs.weight, other.circuit.inputs.weight, rtol=1e-9)
    assert len(set(one.circuit.inputs.weight)) == 3
