"""What the rules that hear voltages and calcium do in the protocols of the experiments that they were made for."""

import numpy as np
import pytest

from reservoir.circuits import Circuit, Projection
from reservoir.neurons import LIF, AdaptiveExponential
from reservoir.plasticity import CalciumSTDP, ClopathSTDP, Later, Rule, TripletSTDP
from reservoir.quantities import PlausibilityWarning
from reservoir.spikes import SpikeTrains
from spiking import Equations, simulate
from tests.plasticity.test_plasticity import DT, FORCED, learn, pulses, wired
from tests.spiking.test_brian_safety import COMPILED
from tests.spiking.test_own_rules import Own

CURVES = {"DP": "-+", "DPD": "-+-", "DPD'": "-+-", "P": "+", "D": "-", "D'": "-"}


def seconds_above(rule, lag, threshold):
    """How long the calcium of a lone pair is above a threshold, between its two jumps and behind them."""
    wait = rule.D - lag
    (first, second), gap = ((rule.C_post, rule.C_pre), wait) if wait >= 0 else ((rule.C_pre, rule.C_post), -wait)
    tau = rule.tau_calcium
    time = min(gap, tau * np.log(max(first / threshold, 1)))
    return time + tau * np.log(max((first * np.exp(-gap / tau) + second) / threshold, 1))


@pytest.mark.parametrize("name", [*CURVES, "cortical slices", "hippocampal slices", "hippocampal cultures"])
def test_a_lone_pair_moves_the_efficacy_as_calcium_is_above_the_thresholds(name):
    """From 0.5 by gamma_p (1 - rho) and -gamma_d rho, times the seconds; and the six sets give the curves they name."""
    lags = np.arange(-60, 61, 3) * DT
    rule = CalciumSTDP.fitted(name, sigma=0.0, w_max=1e-12).set_params(tau_rho=1e4)  # small steps, which add up
    rule.D = round(rule.D / DT) * DT
    units, moment, n_steps = np.arange(len(lags)), 100, 400
    channels = np.column_stack([np.full(len(lags), moment), units])
    forced = np.column_stack([np.round(moment + lags / DT).astype(int), units])
    circuit = wired(units, units, np.full(len(lags), 1e-12 * (0.5 + 0.5 * rule.low)))
    (found,), spikes = learn([rule], [circuit], channels, n_steps, pulses(forced, n_steps, len(lags)))
    assert len(spikes) == len(lags)
    change = (found / 1e-12 - rule.low) / (1 - rule.low) - 0.5
    gain, loss = (np.array([seconds_above(rule, lag, level) for lag in lags]) for level in (rule.theta_p, rule.theta_d))
    theory = (0.5 * rule.gamma_p * gain - 0.5 * rule.gamma_d * loss) / rule.tau_rho
    np.testing.assert_allclose(change, theory, rtol=0, atol=0.01 * np.abs(theory).max())
    if name in CURVES:
        signs = np.sign(np.round(change / np.abs(change).max(), 1))
        runs = signs[signs != 0]
        assert "".join("-+"[int(one > 0)] for one in runs[np.append(True, np.diff(runs) != 0)]) == CURVES[name]


def test_noise_moves_efficacies_as_it_says():
    """Of synapses under calcium that stays above both thresholds: the variance of an Ornstein-Uhlenbeck process."""
    n, rho, seconds = 400, 200.0 / 400.0, 0.2
    rule = CalciumSTDP(C_pre=1e6, D=0.0, gamma_d=200.0, gamma_p=200.0, sigma=1.5, tau_rho=20.0, w_max=1e-12)
    circuit = wired(np.zeros(n, int), np.zeros(n, int), np.full(n, 0.5e-12))
    (found,), _ = learn([rule], [circuit], np.array([[0, 0]]), round(seconds / DT), np.zeros((1, 1)))
    speed = 400.0 / rule.tau_rho
    variance = 2 * rule.sigma**2 / rule.tau_rho / (2 * speed) * (1 - np.exp(-2 * speed * seconds))
    assert variance < 0.01 and found.mean() / 1e-12 == pytest.approx(rho, abs=5 * np.sqrt(variance / n))
    assert np.var(found / 1e-12) == pytest.approx(variance, rel=5 * np.sqrt(2 / n))


def test_noise_is_that_of_the_trial():
    """Another for every trial, and the same for one that is done again."""
    circuit = wired(np.zeros(5, int), np.zeros(5, int), np.full(5, 0.5e-12))
    trains, rule = SpikeTrains([1e-3], [0], 1, 5e-3), CalciumSTDP(C_pre=9.0, D=0.0, w_max=1e-12)
    options = {"plasticity": {"inputs": rule}, "record": "weights", "random_state": 0, "codegen": "numpy"}
    found = [simulate(circuit, trains, trial=k, **options).circuit.inputs.weight for k in (0, 1, 0)]
    assert (found[0] == found[2]).all() and (found[0] != found[1]).all()


def spike_shape(times, n_steps, dt):
    """Voltages: at rest, 2 ms of a spike at 33 mV, and the way back from -49.6 mV, 9.4 ms long."""
    since = np.arange(n_steps)[:, None] * dt - np.asarray(times)[None] + dt / 2
    since = np.where(since >= 0, since, np.inf).min(axis=1)
    return np.where(since < 2e-3, 0.033, -0.0706 + 0.021 * np.exp(-(since - 2e-3) / 9.4e-3))


def test_voltages_make_pairs_depend_on_their_rate():
    """Five pairs, as Sjoestroem and colleagues: +10 ms strengthens, ever more; -10 ms weakens at 20 Hz, not at 40 Hz.

    The paper's spike, and its numbers for visual cortex; a replication of the paper finds the turn at 30 Hz.
    """
    dt, rates, w_max, start = 5e-4, np.array([10.0, 20.0, 40.0, 50.0]), 1e-18, -0.0706
    n_steps, units = 1200, np.arange(2 * len(rates))
    arrivals = [0.03 + np.arange(5) / rate for rate in np.tile(rates, 2)]
    lags = np.repeat([0.01, -0.01], len(rates))
    voltages = np.column_stack([spike_shape(one + lag, n_steps, dt) for one, lag in zip(arrivals, lags, strict=True)])
    currents = np.diff(voltages, axis=0, prepend=start) / dt * 1e-9
    neuron = Equations("dv/dt = I / nF : volt", threshold="v > 1 * volt", initial={"v": start}, method="euler")
    inputs = Projection(units, units, np.full(len(units), 0.5 * w_max), 0.0, 3e-3)
    none = Projection(np.zeros(0, int), np.zeros(0, int), np.zeros(0), 0.0, 3e-3)
    recording = simulate(
        Circuit(np.ones(len(units), bool), none, inputs, len(units)), SpikeTrains.of_lists(arrivals, n_steps * dt),
        currents=currents, neuron=neuron, plasticity={"inputs": ClopathSTDP(w_max=w_max)}, dt=dt, record="weights",
        codegen="numpy",
    )  # fmt: skip
    after, before = (recording.circuit.inputs.weight / w_max - 0.5).reshape(2, -1)
    assert (np.diff(after) > 0).all() and after[0] > 0 and (np.diff(before) > 0).all()
    assert before[1] < 0 < before[2] and before[3] > 0.5 * after[3]


def test_what_comes_later_comes_after_its_delay_for_every_spike_of_a_step():
    """Three spikes of a channel in one step, each of which counts once at its arrival and once 4 ms later."""
    rule = Rule({}, ["w = w + nA"], [], {}, later=Later(4e-3, ["w = 2 * w"]))
    none = Projection(np.zeros(0, int), np.zeros(0, int), np.zeros(0), 0.0, 3e-3)
    circuit = Circuit(np.ones(1, bool), none, Projection([0], [0], 1e-9, 2e-3, 3e-3), 1)
    weights = []
    for n_steps in (12, 13, 16, 17):
        trains = SpikeTrains(np.full(3, 0.0101), np.zeros(3, int), 1, n_steps * DT)
        options = {"plasticity": {"inputs": Own(rule)}, "record": "weights", "dt": DT, "codegen": "numpy"}
        weights.append(simulate(circuit, trains, neuron=FORCED, **options).circuit.inputs.weight[0])
    np.testing.assert_allclose(weights, np.array([1, 4, 4, 32]) * 1e-9, rtol=1e-12)


def test_rules_give_the_units_one_set_of_numbers():
    """Two rules with one text and other numbers would share the variables of the first."""
    circuit = Circuit(np.ones(2, bool), Projection([0], [1], 1e-9, 0.0, 3e-3), Projection([0], [0], 1e-9, 0.0, 3e-3), 1)
    trains = SpikeTrains([0.001], [0], 1, 0.005)
    rules = {"inputs": ClopathSTDP(), "recurrent": ClopathSTDP(tau_minus=0.02)}
    with pytest.raises(ValueError, match=r"'plasticity' parameter of simulate must be rules .* tau_minus"):
        simulate(circuit, trains, plasticity=rules, codegen="numpy")
    rules["recurrent"] = ClopathSTDP(A_LTD=0.3, tau_x=0.02)  # numbers of synapses may differ
    with pytest.warns(PlausibilityWarning, match="'theta_plus' .* ClopathSTDP is -0.0453 V, and units begin at 0.01"):
        simulate(circuit, trains, neuron=LIF(), plasticity=rules, codegen="numpy")
    cells = AdaptiveExponential()  # it begins below
    simulate(circuit, trains, neuron=cells, plasticity=rules | {"inputs": TripletSTDP()}, codegen="numpy")


@pytest.mark.long
@COMPILED
@pytest.mark.parametrize("rule", [CalciumSTDP(sigma=0.0, tau_rho=1.0), ClopathSTDP(reference=60e-6)], ids=str)
def test_a_program_in_cpp_learns_the_same(rule):
    """Calcium that comes later, and voltages that are low-passed."""
    none = Projection(np.zeros(0, int), np.zeros(0, int), np.zeros(0), 0.0, 3e-3)
    circuit = Circuit(np.ones(3, bool), none, Projection([0, 0, 1], [0, 1, 2], 3e-10, 1e-3, 3e-3), 2)
    trains = SpikeTrains(np.arange(0.01, 0.1, 0.005), np.arange(18) % 2, 2, 0.12)
    options = {"plasticity": {"inputs": rule}, "neuron": AdaptiveExponential(background=8e-10), "record": "weights"}
    one, other = (simulate(circuit, trains, codegen=codegen, random_state=0, **options).circuit.inputs.weight
                  for codegen in ("numpy", "standalone"))  # fmt: skip
    assert (np.abs(one / 3e-10 - 1) > 1e-4).any()
    np.testing.assert_allclose(one, other, rtol=1e-9)
