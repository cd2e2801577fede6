"""Units that follow a user's own equations: the equations that they say, every number per unit, and clear refusals."""

import pickle

import numpy as np
import pytest
import scipy.stats
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

import reservoir
import spiking
from reservoir import ReservoirClassifier
from reservoir.circuits import Circuit, MaassColumn, Projection
from reservoir.neurons import LIF
from reservoir.readouts import RidgeReadout
from reservoir.spikes import SpikeTrains
from spiking import STDP, Equations, Microcircuit, _brian

B = _brian.engine()
COLUMN = MaassColumn((3, 3, 2), weight_scale=3.0).draw(np.random.default_rng(0))
TIMES = np.arange(0.005, 0.15, 0.005)
TRAINS = SpikeTrains(TIMES, np.zeros(len(TIMES), int), 1, 0.15)
NONE = Projection(np.zeros(0, int), np.zeros(0, int), np.zeros(0), 0.0, 1e-3)
DT = 1e-4
# Names of synapses (R, u), and one that looks like the engine's own (E_L).
LEAKY = Equations(
    """dv/dt = (E_L + R * (I + u) - v) / tau : volt (unless refractory)
    tau : second
    u : amp""",
    threshold="v > 15 * mV",
    reset="v = 13.5 * mV",
    refractory=(3e-3, 2e-3),
    method="exact",
    parameters={"tau": 0.03, "R": 1e6 * B.ohm, "u": (13.5e-9, 13.5e-9), "E_L": 0 * B.mV},
    initial={"v": (0.0135 * B.volt, 0.015 * B.volt)},
)


def simulate(neuron, circuit=COLUMN, trains=TRAINS, **options):
    options = {"random_state": 0, "codegen": "numpy"} | options
    return spiking.simulate(circuit, trains, neuron=neuron, **options)


def alone(inputs=NONE, n_units=1, n_inputs=1):
    """Units that do not hear one another."""
    return Circuit(np.ones(n_units, bool), NONE, inputs, n_inputs)


def silence(duration):
    return SpikeTrains(np.zeros(0), np.zeros(0, int), 1, duration)


def test_a_leaky_unit_in_words_is_the_units_of_the_library():
    own, ours = (simulate(neuron, record="voltages") for neuron in (LEAKY, LIF()))
    assert len(own.spikes) > 50 and own.spikes == ours.spikes
    np.testing.assert_allclose(own.voltages, ours.voltages, rtol=0, atol=1e-12)
    approximate = simulate(clone(LEAKY).set_params(method=None), record="voltages")
    assert np.abs(approximate.voltages[:40] - ours.voltages[:40]).max() < 1e-4


def test_conductances_act_within_a_step():
    """Exponential Euler by hand, of a unit with an excitatory and an inhibitory conductance as large as they come."""
    weight, reversal = np.array([3e-7, -6e-7]), np.array([0.0, -0.08])
    inputs = Projection([0, 1], [0, 0], weight, 0.0, [5e-3, 1e-2], reversal=reversal)
    trains = SpikeTrains([0.002, 0.003, 0.004], [0, 1, 1], 2, 0.02)
    neuron = Equations("dv/dt = I / (200 * pF) : volt", threshold="v > 1 * volt", initial={"v": -0.06})
    found = simulate(neuron, alone(inputs, n_inputs=2), trains, dt=5e-4, record="voltages").voltages[:, 0]
    dt, v, expected = 5e-4, -0.06, []
    conductances = np.zeros(2)
    for step in range(40):
        slope = -conductances.sum() / 2e-10
        rate = (conductances * (reversal - v)).sum() / 2e-10
        v += dt * rate * (np.expm1(slope * dt) / (slope * dt) if slope else 1.0)
        conductances *= np.exp(-dt / np.array([5e-3, 1e-2]))
        for time, channel in zip([4, 6, 8], [0, 1, 1], strict=True):
            conductances[channel] += np.abs(weight[channel]) * (step == time)
        expected.append(v)
    assert min(expected) < -0.07
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9)


def test_every_number_may_differ_from_unit_to_unit():
    taus, starts = np.array([0.01, 0.02, 0.05]), np.array([0.01, 0.02, 0.03])
    text = "dv/dt = (1 * Mohm * I - v) / tau : volt"
    neuron = Equations(text, threshold="v > 1 * volt", parameters={"tau": taus * B.second}, initial={"v": starts})
    found = simulate(neuron, alone(n_units=3), silence(0.01), record="voltages").voltages[-1]
    np.testing.assert_allclose(found, starts * np.exp(-0.01 / taus), rtol=1e-9)
    kinds = Circuit(np.array([True, False, True]), NONE, NONE, 1)
    by_kind = neuron.set_params(parameters__tau=(10 * B.ms, 50 * B.ms))
    found = simulate(by_kind, kinds, silence(0.01), record="voltages").voltages[-1]
    np.testing.assert_allclose(found, starts * np.exp(-0.01 / np.array([0.01, 0.05, 0.01])), rtol=1e-9)


def test_distributions_are_drawn_for_each_unit():
    law = scipy.stats.uniform(0.01, 0.02)
    neuron = Equations(
        "dv/dt = (1 * Mohm * I - v) / tau : volt\ntau : second", threshold="v > 1 * volt",
        parameters={"tau": (law, 0.5)}, initial={"v": law},
    )  # fmt: skip
    kinds, rng = np.arange(40) < 30, np.random.default_rng(0)
    taus = neuron.drawn(kinds, rng).parameters["tau"]
    assert (
        (taus[~kinds] == 0.5).all() and len(set(taus[kinds])) == 30 and 0.01 <= taus[:30].min() < taus[:30].max() < 0.03
    )
    (voltages,) = neuron.drawn(kinds, rng).initial_state(40, rng)
    assert len(set(voltages)) == 40 and neuron.parameters["tau"][0] is law
    assert LEAKY.drawn(kinds, rng) is LEAKY


def test_noise_has_the_spread_of_its_equation():
    """In the long run of dv/dt = -v / tau + s xi: s sqrt(tau / 2); 400 units give it to 3.5 % (one standard error)."""
    neuron = Equations(
        "dv/dt = (1 * Mohm * I - v) / (5 * ms) + 20 * mV / sqrt(second) * xi : volt", threshold="v > 1 * volt"
    )
    assert neuron.noise == 1 and LEAKY.noise == 0
    found = simulate(neuron, alone(n_units=400), silence(0.04), record="voltages").voltages[-1]
    expected = 0.02 * np.sqrt(0.005 / 2)
    assert abs(found.std() / expected - 1) < 0.15 and abs(found.mean()) < 5 * expected / 20


def test_a_variable_may_change_at_spikes_alone_and_a_threshold_know_the_step_before():
    neuron = Equations(
        "dv/dt = (1 * Mohm * (I + 40 * nA) - v) / (10 * ms) : volt\nlevel : 1\nn_spikes : 1",
        threshold="v > level * 10 * mV and v_before <= level * 10 * mV", reset="level += 1",
        initial={"level": 1, "n_spikes": 0},
    )  # fmt: skip
    spikes = simulate(neuron, alone(), silence(0.05)).spikes
    expected = -0.01 * np.log(1 - np.array([10, 20, 30]) / 40)
    np.testing.assert_allclose(spikes.times, expected, rtol=0, atol=2 * DT)


def test_searches_copies_and_files_of_python(tmp_path):
    system = Microcircuit(
        MaassColumn((2, 2, 2), weight_scale=3.0), clone(LEAKY), random_state=0, codegen="numpy", step=2e-3,
        plasticity={"recurrent": STDP(A_plus=0.1)},
    )  # fmt: skip
    rng = np.random.default_rng(0)
    X, y = [rng.random((6, 1)) for _ in range(4)], [0, 1, 0, 1]
    states = system.fit(X).transform(X)
    assert states[0].shape == (6, 8) and not system.circuit_.recurrent.equals(system.initial_circuit_.recurrent)
    again = pickle.loads(pickle.dumps(system)).transform(X)
    assert all((one == other).all() for one, other in zip(again, states, strict=True))
    model = ReservoirClassifier(system.set_params(plasticity=None), RidgeReadout(1.0))
    search = GridSearchCV(model, {"reservoir__neuron__parameters__tau": [0.01, 0.03]}, cv=[([0, 1], [2, 3])])
    search.fit(X, y)
    assert search.best_estimator_.reservoir.neuron.parameters["tau"] in (0.01, 0.03)
    assert LEAKY.parameters["tau"] == 0.03
    with pytest.raises(ValueError, match=r"neuron' cannot be saved: .* Its text is code, .* pickle"):
        reservoir.save(system.fit(X), tmp_path / "own.model")
    first, state = system.run(X[0][:3])
    np.testing.assert_array_equal(np.concatenate([first, system.run(X[0][3:], state)[0]]), system.transform(X[0]))


def test_numba_refuses_them_by_name():
    for call in (
        lambda: reservoir.simulate(COLUMN, TRAINS, neuron=LEAKY),
        lambda: reservoir.LiquidState(COLUMN, LEAKY).fit(TRAINS),
    ):
        with pytest.raises(ValueError, match=r"^The 'neuron' parameter of \w+ must be .*Equations runs in Brian2 only"):
            call()


def test_text_and_groups_of_brian2_are_told_where_to_go():
    group = B.NeuronGroup(2, "dv/dt = -v / ms : 1", threshold="v > 1", reset="v = 0", method="exact")
    B.Network(group).run(0 * B.ms)
    for neuron in (group, "dv/dt = -v / ms : 1"):
        for call in (lambda one: simulate(one), lambda one: Microcircuit(COLUMN, one).fit(TRAINS)):
            with pytest.raises(
                ValueError, match=r"^The 'neuron' parameter of \w+ must be .*equations in spiking\.Equations"
            ):
                call(neuron)


GOOD = "dv/dt = (I * ohm - v) / ms : volt"
UP = {"threshold": "v > 1 * mV"}
LAW = scipy.stats.uniform(0.01, 0.02)


@pytest.mark.parametrize("model, options, name, words", [
    (GOOD, {}, "threshold", "text for Brian2, such as 'v > 20 \\* mV'"),
    ("", UP, "model", "text for Brian2"),
    ("dv/dt = I * ohm / : volt", UP, "model", "equations of Brian2, a line each .invalid syntax"),
    ("v is I", UP, "model", "equations of Brian2, a line each .Expected end of text"),
    ("dv/dt = I / ms : volt", UP, "model", "that fit together .Expression 'I / ms' does not have the expected unit"),
    (GOOD, {"threshold": "v > 1 * ms"}, "threshold", "a condition of Brian2 .Comparison of expressions with different"),
    (GOOD, UP | {"reset": "v = 1 * second"}, "reset", "statements of Brian2 .The right-hand-side"),
    ("dv/dt = (R * I - v) / tau : volt", {"threshold": "v > vt"}, "parameters", "values for R, tau, vt"),
    (GOOD, UP | {"parameters": {"tua": 1.0}}, "parameters", "names that the texts use, not tua"),
    (GOOD + "\ntau : second", UP, "parameters", "a value for 'tau'"),
    (GOOD + "\ntau : second", UP | {"parameters": {"tau": 1 * B.mV}}, "parameters", "tau in second"),
    (GOOD + "\ntau : second", UP | {"parameters": {"tau": np.ones(5)}}, "parameters", "arrays .18,., as 'tau'"),
    (GOOD + "\ntau : second", UP | {"parameters": {"tau": (1 * B.ms, 0.01)}}, "parameters", "one unit for 'tau'"),
    (GOOD + "\ntau : second", UP | {"parameters": {"tau": (1 * B.ms, LAW)}}, "tau", "a number without a unit"),
    (GOOD + "\ntau : second", UP | {"parameters": {"tau": (np.nan, LAW)}}, "tau", "a number"),
    (GOOD + "\ntau : second", UP | {"parameters": {"tau": [LAW, "10 ms"]}}, "tau", "a number"),
    (GOOD + "\ntau : second", UP | {"parameters": {"tau": "10 ms"}}, "parameters", "finite numbers, pairs or arrays"),
    ("dv/dt = -v / ms : volt", UP, "model", "I, the sum of all currents"),
    ("du/dt = (I * ohm - u) / ms : volt", {"threshold": "u > 1 * mV"}, "model", "the voltage v"),
    (GOOD + "\nhold : 1", UP, "model", "names of the simulation, such as hold"),
    ("dv/dt = (I * ohm - v) / ms + xi_2 * mV / ms**0.5 : volt", UP, "model", "one noise, xi, not xi_2"),
    (GOOD, UP | {"initial": {"u": 1.0}}, "initial", "values for v, not u"),
    (GOOD, UP | {"initial": {"v": (LAW, 0.01)}}, "initial", "a distribution or two numbers as 'v'"),
    (GOOD, UP | {"initial": {"v": 1 * B.ms}}, "initial", "'v' in volt"),
    ("dv/dt = (I * ohm - v**2 / mV) / ms : volt", UP | {"method": "exact"}, "method", "can integrate the model"),
    (GOOD, UP | {"method": "magic"}, "method", "one of None, 'exact'"),
    (GOOD, UP | {"refractory": "v > 0"}, "refractory", "a number >= 0"),
])  # fmt: skip
def test_what_does_not_fit_is_refused_in_one_line(model, options, name, words, caplog):
    """No page of Brian2 behind it."""
    with pytest.raises(ValueError, match=f"^The '{name}' parameter of Equations must be .*{words}") as refused:
        simulate(Equations(model, **options))
    assert refused.value.__cause__ is None and not [one for one in caplog.records if one.levelname == "WARNING"]


def test_conductances_need_volts_and_no_exact_step():
    inputs = Projection([0], [0], 1e-9, 0.0, 5e-3, reversal=0.0)
    plain = Equations("dv/dt = (I / nA - v) / ms : 1", threshold="v > 1")
    assert len(simulate(plain, alone(), silence(0.01)).spikes) == 0
    for neuron, words in ((plain, "a voltage in volts"), (Equations(GOOD, method="exact", **UP), "another method")):
        with pytest.raises(ValueError, match=f"^The 'neuron' parameter of simulate must be units .*{words}"):
            simulate(neuron, alone(inputs), silence(0.01))
