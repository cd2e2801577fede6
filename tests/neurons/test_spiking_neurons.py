"""Truths that every spiking unit must meet, found by walking the files of models; each model against its theory."""

import importlib
import inspect
import pkgutil
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from sklearn.base import clone

from reservoir import neurons
from reservoir.neurons import spiking
from reservoir.neurons.exponential import expm1
from reservoir.neurons.spiking.adaptive_exponential import AdaptiveExponential
from reservoir.neurons.spiking.adaptive_threshold import AdaptiveThreshold
from reservoir.neurons.spiking.circuit_loop import NOTHING, Conductances, resting_state, run_circuit
from reservoir.neurons.spiking.hodgkin_huxley import HodgkinHuxley, open_potassium, open_sodium
from reservoir.neurons.spiking.izhikevich import Izhikevich
from reservoir.neurons.spiking.lif import LIF
from reservoir.neurons.spiking.mixture import Mixture
from reservoir.neurons.spiking.qif import QIF
from reservoir.neurons.spiking.sending import Dynamics, Wiring
from tests.neurons import spiking_oracles
from tests.neurons.spiking_oracles import twin_of

EXPORTED = [getattr(neurons, name) for name in neurons.__all__]
FILES = [importlib.import_module(f"{spiking.__name__}.{file.name}") for file in pkgutil.iter_modules(spiking.__path__)]
MODELS = [
    part
    for file in FILES
    for part in vars(file).values()
    if inspect.isclass(part) and hasattr(part, "initial_state") and part.__module__ == file.__name__
    if part is not Mixture  # what a circuit makes of several
]
every_model = pytest.mark.parametrize("model", MODELS)
OPEN = [model for model in MODELS if twin_of(model).opens]
DT = 1e-4
MAY_BE_ABSENT = list(inspect.signature(run_circuit.py_func).parameters)[13:]  # one left out is not None to Numba


def unconnected(n_units, taus, dt):
    """Units without synapses, whose currents decay with these time constants."""
    whole, nothing = np.zeros(0, np.int64), np.zeros(0)
    ends, decay = np.zeros(n_units, np.int64), np.exp(-dt / np.asarray(taus))
    dynamics = Dynamics(ends, ends, whole, nothing, nothing, nothing)
    few = np.zeros(0, np.int32)
    return Wiring(ends, ends, few, few, nothing, 1, len(taus), 0, dynamics, decay, nothing)


def run(neuron, external, n_steps, *, dt=DT, taus=(0.003, 0.008), currents=0.0, variables=None, **options):
    """Units under `external` (n_units,) or (n_steps, n_units) amperes: voltages, spikes and the last variables."""
    external = np.atleast_2d(np.asarray(external, float))
    n_units = external.shape[1]
    excitatory = options.get("excitatory", np.ones(n_units, bool))
    wiring = unconnected(n_units, taus, dt)
    if variables is None:
        variables = neuron.initial_state(n_units, np.random.default_rng(0))
    open_, tau_open, reversal = options.get("conductance", (0.0, 1.0, 0.0))
    conductances = None
    if open_:
        conductances = Conductances(np.array([reversal]), np.array([tau_open / dt * (1 - np.exp(-dt / tau_open))]))
        decay = np.append(wiring.decay, np.exp(-dt / tau_open))
        wiring = wiring._replace(decay=decay, reversal=conductances.reversal)
    state = resting_state(variables.copy(), wiring, options.get("dead"))
    state.currents[: len(taus)], state.currents[len(taus) :] = currents, open_
    cells = neuron.cells(excitatory, np.asarray(taus), dt)
    noise = options.get("noise", np.empty((0, n_units)))
    if twin_of(neuron).escapes:
        normal = noise if len(noise) else np.zeros((n_steps, n_units))
        noise = np.concatenate([normal, options.get("chance", np.full_like(normal, 0.5))], axis=1)
    voltages, spikes = np.empty((n_steps, n_units)), np.empty(((n_steps + 2) * n_units, 2), np.int64)
    rows = np.arange(n_steps if len(external) == n_steps else 0)
    nothing = np.empty((0, 2), np.int64)
    seen, absent = np.zeros(1, np.int64), dict.fromkeys(MAY_BE_ABSENT)
    n_spikes, _ = run_circuit(
        cells, wiring, state, 0, n_steps, external, rows, noise, nothing, seen, spikes, voltages, NOTHING,
        *(absent | {"conductances": conductances}).values(),
    )  # fmt: skip
    return SimpleNamespace(voltages=voltages, spikes=spikes[:n_spikes], variables=state.variables)


def intervals(spikes, unit=0):
    return np.diff(spikes[spikes[:, 1] == unit, 0])


def solution(neuron, seconds, external, currents, taus, times, conductance=(0.0, 1.0, 0.0), **options):
    """What SciPy makes of the equation."""
    open_, tau_open, reversal = conductance
    flow = twin_of(neuron).flow
    start = neuron.initial_state(1, np.random.default_rng(0))[:, 0]
    decaying = lambda t: external + np.dot(currents, np.exp(-t / np.asarray(taus)))  # noqa: E731
    flowing = lambda t, y: open_ * np.exp(-t / tau_open) * (reversal - y[0])  # noqa: E731
    with np.errstate(over="ignore", invalid="ignore"):  # in steps that SciPy tries and throws away
        return solve_ivp(
            lambda t, y: flow(neuron, y, decaying(t) + flowing(t, y)), (0, seconds), start,
            method="DOP853", rtol=1e-12, atol=1e-15, t_eval=times, **options,
        )  # fmt: skip


def test_all_models_are_exported_and_have_a_twin():
    assert set(MODELS) == set(EXPORTED)
    for model in MODELS:
        assert model.__name__ in spiking_oracles.TWINS, "a class of this name in tests/neurons/spiking_oracles.py"


@every_model
def test_order_of_the_step(model):
    """Below the threshold, with synaptic and injected currents, against SciPy; LIF is exact."""
    twin, neuron, taus, times = twin_of(model), model(), (0.003, 0.008), 1e-3 * np.arange(1, 17)
    external, currents = 0.3 * twin.quiet, np.array([0.5, 0.2]) * twin.quiet
    expected = solution(neuron, 0.016, external, currents, taus, times).y[0]
    steps, errors = twin.longest / 2.0 ** np.arange(4), []
    for dt in steps:
        stride = round(1e-3 / dt)
        found = run(neuron, external, 16 * stride, dt=dt, taus=taus, currents=currents[:, None])
        assert not len(found.spikes)
        errors.append(np.abs(found.voltages[stride - 1 :: stride, 0] - expected).max())
    if twin.order == np.inf:
        assert max(errors) < 1e-12
    else:
        order = np.polyfit(np.log(steps), np.log(errors), 1)[0]
        assert order == pytest.approx(twin.order, abs=0.1) and errors[0] < 1e-5


@pytest.mark.parametrize("model", OPEN)
def test_order_of_the_step_under_a_conductance(model):
    """The same with a conductance that decays too: of order 2 for all."""
    twin, neuron, taus, times = twin_of(model), model(), (0.003, 0.008), 1e-3 * np.arange(1, 17)
    external, currents = 0.3 * twin.quiet, np.array([0.5, 0.2]) * twin.quiet
    opened = 3 * twin.synapse, 0.005, float(np.mean(neuron.initial)) - 0.01
    expected = solution(neuron, 0.016, external, currents, taus, times, conductance=opened).y[0]
    without = solution(neuron, 0.016, external, currents, taus, times).y[0]
    steps, errors = twin.longest / 2.0 ** np.arange(4), []
    for dt in steps:
        stride = round(1e-3 / dt)
        settings = {"dt": dt, "taus": taus, "currents": currents[:, None], "conductance": opened}
        found = run(neuron, external, 16 * stride, **settings)
        assert not len(found.spikes)
        errors.append(np.abs(found.voltages[stride - 1 :: stride, 0] - expected).max())
    assert np.polyfit(np.log(steps), np.log(errors), 1)[0] == pytest.approx(2, abs=0.1)
    assert errors[0] < 1e-5 and np.abs(expected - without).max() > 1e-4


@every_model
def test_the_compiled_units_equal_their_twin(model):
    """Both kinds of units, one dead, with currents of all kinds, noise and refractoriness."""
    twin, rng, n_units, n_steps = twin_of(model), np.random.default_rng(1), 7, 600
    neuron = model(noise=1e-3, refractory=(5e-4, 3.2e-4), background=0.7 * twin.loud + model().background)
    for taus in [(0.003, 0.008), (0.001, 0.001), (0.002, 0.004, twin.time_constant(neuron))]:
        given = {
            "external": rng.normal(twin.loud, twin.loud, (n_steps, n_units)),
            "noise": rng.standard_normal((n_steps, n_units)),
            "excitatory": np.arange(n_units) < 4,
            "dead": np.arange(n_units) == 2,
            "variables": neuron.initial_state(n_units, rng),
            "currents": rng.normal(0, 3 * twin.loud, (len(taus), n_units)),
            "chance": rng.random((n_steps, n_units)),
        }
        found = run(neuron, n_steps=n_steps, taus=taus, **given)
        voltages, spikes = spiking_oracles.simulate(neuron, n_steps=n_steps, dt=DT, taus=taus, **given)
        assert len(spikes) > 5
        np.testing.assert_array_equal(found.spikes, spikes)
        alive = ~given["dead"]
        np.testing.assert_allclose(found.voltages[:, alive], voltages[:, alive], rtol=0, atol=1e-9)


@every_model
def test_rest_is_a_fixed_point(model):
    twin, neuron = twin_of(model), model()
    settled = run(neuron, 0.5 * twin.quiet, 100_000)
    speeds = twin.flow(neuron, settled.variables[:, 0], 0.5 * twin.quiet)
    np.testing.assert_allclose(speeds, 0, atol=1e-9 * np.abs(settled.variables[:, 0]).max())
    later = run(neuron, 0.5 * twin.quiet, 1000, variables=settled.variables)
    assert not len(settled.spikes) and np.ptp(later.voltages) < 1e-14


@every_model
def test_more_current_more_spikes(model):
    twin = twin_of(model)
    found = run(model(), np.concatenate([[twin.quiet], twin.loud * np.linspace(*twin.span, 12)]), 10_000)
    counts = np.bincount(found.spikes[:, 1], minlength=13)
    assert counts[0] == 0 and counts[2] > 3 and (np.diff(counts) >= 0).all() and counts[-1] >= twin.growth * counts[2]


@every_model
@pytest.mark.parametrize("refractory", [0.0, 0.4, 1, 1.5, 3, 7.99, 7.9995, (2, 5)])
def test_refractoriness(model, refractory):
    """Under a huge current a unit fires whenever it is free: every max(1, whole refractory steps), held in between."""
    twin = twin_of(model)
    pair = np.broadcast_to(refractory, 2)
    neuron = model(refractory=tuple(pair * DT))
    n_steps = 3000 if twin.resets else 10_000
    found = run(neuron, np.full(2, 1e-3 if twin.resets else twin.loud), n_steps, excitatory=np.array([True, False]))
    for unit, steps in enumerate(np.maximum(1, np.floor(pair + 1e-3).astype(int))):
        between = intervals(found.spikes, unit)
        assert between.min() >= steps and len(between) > 5
        if twin.resets:
            first = found.spikes[found.spikes[:, 1] == unit, 0][0]
            assert (between == steps).all() and len(np.unique(found.voltages[first:, unit])) == 1


def test_a_refractory_unit_with_a_full_spike_fires_no_second_time():
    free, bound = (run(HodgkinHuxley(refractory=s), 1e-9, 5000).spikes for s in (0.0, 0.025))
    np.testing.assert_array_equal(bound, free[::2])


@every_model
def test_a_unit_fires_above_its_threshold_and_not_at_it(model):
    twin = twin_of(model)
    current = 0.1 * twin.loud + 1e-9
    cut = twin.below(run(model(), current, 2).voltages[1, 0]) | {"refractory": 0.0}
    rising = run(model(**cut), current, 2).voltages[:, 0]
    assert rising[1] > rising[0]
    cut[twin.cut] = rising[1]
    pair = np.array([current, 1e-3])  # the second unit is above where the first is at the threshold
    assert 0 not in run(model(**cut), pair, 2).spikes[:, 1]
    cut[twin.cut] = np.nextafter(rising[1], -1)
    assert 0 in run(model(**cut), pair, 2).spikes[:, 1]


@every_model
def test_dead_units_never_fire(model):
    dead = np.array([True, False, True])
    found = run(model(), np.full(3, twin_of(model).loud), 5000, dead=dead)
    assert set(found.spikes[:, 1]) == {1} and np.isfinite(found.variables).all()


@every_model
@pytest.mark.parametrize("dt", [1e-5, 1e-4, 1e-3])
def test_no_current_is_too_large(model, dt):
    currents = np.array([1e-7, 1e-6, 1e-3, 1.0])
    neuron = model(refractory=2e-3)
    for dead in (np.zeros(8, bool), np.ones(8, bool)):
        found = run(neuron, np.concatenate([currents, -currents]), 300, dt=dt, currents=1e-3, dead=dead)
        assert np.isfinite(found.variables).all()
    silent = run(neuron, -currents, 3000, dt=dt)
    assert not len(silent.spikes)


@every_model
def test_every_parameter_is_checked(model):
    for name in model().get_params():
        for wrong in ("x", np.nan, (1.0, 2.0, 3.0)):
            neuron = clone(model()).set_params(**{name: wrong})
            with pytest.raises(ValueError, match=rf"The '{name}' parameter of {model.__name__} must be"):
                neuron.initial_state(2, np.random.default_rng(0))
                neuron.cells(np.array([True, False]), np.array([0.003]), DT)


@every_model
def test_initial_voltages(model):
    drawn, again = (model(initial=(-0.07, -0.06)).initial_state(500, np.random.default_rng(3)) for _ in range(2))
    np.testing.assert_array_equal(drawn, again)
    assert drawn[0].min() > -0.07 and drawn[0].max() < -0.06 and np.ptp(drawn[0]) > 0.009
    assert (model(initial=-0.065).initial_state(5, np.random.default_rng(3))[0] == -0.065).all()


def test_a_threshold_that_rises_and_decays():
    """After n spikes theta is a geometric sum; with a long memory, units under unlike currents fire alike."""
    neuron = AdaptiveThreshold(increment=2e-3, threshold_time_constant=0.05)
    found = run(neuron, np.array([20e-9]), 3000)
    between = (found.spikes[-1, 0] - found.spikes[:, 0]) * DT
    assert len(found.spikes) > 20 and intervals(found.spikes)[-1] > 1.5 * intervals(found.spikes)[0]
    after = (2999 - found.spikes[-1, 0]) * DT
    assert found.variables[1, 0] == pytest.approx(2e-3 * np.exp(-(between + after) / 0.05).sum(), rel=1e-12)
    currents = np.array([2e-9, 4e-9])
    fixed, adaptive = (
        np.bincount(run(model, currents, 20_000).spikes[:, 1])
        for model in (LIF(), AdaptiveThreshold(increment=1e-4, threshold_time_constant=1e3))
    )
    assert adaptive[1] / adaptive[0] - fixed[1] / fixed[0] > 1
    still = run(AdaptiveThreshold(increment=0.0), currents, 3000).spikes
    np.testing.assert_array_equal(still, run(LIF(), currents, 3000).spikes)


@pytest.mark.parametrize("tau_s", [0.003, 0.03, 0.0300000001, 0.2])
def test_lif_in_closed_form(tau_s):
    neuron, current, t = LIF(initial=0.0135), 1e-9, DT * np.arange(1, 2001)
    found = run(neuron, 0.2e-9, 2000, taus=(tau_s, 1.0), currents=np.array([[current], [0.0]]))
    tau, goal = neuron.time_constant, 1e6 * 13.7e-9
    ratio = t / tau if abs(tau_s - tau) < 1e-6 else np.expm1(t * (1 / tau - 1 / tau_s)) / (1 - tau / tau_s)
    expected = goal + (0.0135 - goal) * np.exp(-t / tau) + 1e6 * current * ratio * np.exp(-t / tau)
    tolerance = 1e-12 if tau_s in (0.003, 0.03, 0.2) else 1e-9
    assert not len(found.spikes)
    np.testing.assert_allclose(found.voltages[:, 0], expected, rtol=0, atol=tolerance)


def test_lif_fires_at_the_rate_of_theory():
    neuron, currents = LIF(refractory=0.0032), np.linspace(1.6e-9, 30e-9, 15)
    found = run(neuron, currents, 20_000)
    goal = 1e6 * (13.5e-9 + currents)
    expected = 0.0032 + 0.03 * np.log((goal - 0.0135) / (goal - 0.015))
    for unit in range(15):
        between = intervals(found.spikes, unit)[1:] * DT
        assert np.ptp(between) == 0 and 0 <= between[0] + 1e-12 - (expected[unit] - DT) <= 2 * DT


@pytest.mark.parametrize("spread", [0.002, 0.01])
def test_lif_noise_in_the_long_run(spread):
    rng = np.random.default_rng(0)
    neuron = LIF(noise=spread, threshold=1.0, time_constant=0.005)
    found = run(neuron, np.zeros(400), 1000, dt=1e-3, noise=rng.standard_normal((1000, 400)))
    assert found.voltages[100:].std() == pytest.approx(spread, rel=0.02)


@every_model
def test_noise_is_added_after_the_step(model):
    xi, size = np.array([[-2.0, 0.5, 1.0]]), twin_of(model).noise(model(noise=0.01), DT)
    noisy, quiet = (run(model(noise=0.01), np.zeros(3), 1, noise=n).voltages for n in (xi, np.empty((0, 3))))
    np.testing.assert_allclose(noisy - quiet, size * xi, rtol=1e-10)


@every_model
def test_spikes_come_when_theory_says(model):
    """The first spike of a model, and all of one that is not reset, against an event of SciPy."""
    twin, dt = twin_of(model), 1e-5
    neuron = model(**twin.sharp)
    cut, short = getattr(neuron, twin.cut), 1e-6 * twin.resets  # volts; v may grow too fast for SciPy there

    def crossing(t, y):
        return y[0] - (cut - short)

    crossing.direction, crossing.terminal = 1, twin.resets
    exact = solution(neuron, twin.seconds, twin.loud, [0.0], [1.0], None, events=crossing)
    found = run(neuron, twin.loud, round(twin.seconds / dt), dt=dt)
    expected = exact.t_events[0]
    assert len(expected) >= (1 if twin.resets else 4)
    speeds = np.array([twin.flow(neuron, y, twin.loud)[0] for y in exact.y_events[0]])
    times = (found.spikes[: len(expected), 0] + 1) * dt
    assert (np.abs(times - expected) < 3 * dt + short / speeds).all()
    if not twin.resets:
        assert len(found.spikes) == len(expected)
        assert found.voltages.max() == pytest.approx(exact.y[0].max(), abs=5e-4)


def test_hodgkin_huxley_is_of_order_two_through_a_spike():
    neuron, seconds, errors, steps = HodgkinHuxley(), 0.02, [], 1e-5 / 2.0 ** np.arange(4)
    times = 1e-3 * np.arange(1, 21)
    expected = solution(neuron, seconds, 1e-9, [0.0], [1.0], times).y[0]
    for dt in steps:
        stride = round(1e-3 / dt)
        errors.append(np.abs(run(neuron, 1e-9, 20 * stride, dt=dt).voltages[stride - 1 :: stride, 0] - expected).max())
    assert expected.max() > -0.02
    assert np.polyfit(np.log(steps), np.log(errors), 1)[0] == pytest.approx(2, abs=0.1)


def test_hodgkin_huxley_rheobase():
    """A tonic current of 10 uA/cm2 makes it fire for ever, one of 5 at most once; a spike rises to some 40 mV."""
    found = run(HodgkinHuxley(), np.array([0.2, 0.5, 0.7, 1.0]) * 1e-9, 50_000, dt=2e-5)
    counts = np.bincount(found.spikes[:, 1], minlength=4)
    assert counts[0] == 0 and counts[1] <= 1 and counts[2] > 40 and counts[3] > counts[2]
    assert 0.03 < found.voltages[:, 3].max() < 0.05 and found.voltages.min() > -0.08


def test_rates_of_hodgkin_huxley_where_they_are_0_over_0():
    for rate, singular, limit in [(open_sodium, -40.0, 1000.0), (open_potassium, -55.0, 100.0)]:
        around = [rate(singular + shift)[0] for shift in (-1e-3, -1e-9, 0.0, 1e-9, 1e-3)]
        assert around[2] == limit and (np.diff(around) >= 0).all()
        np.testing.assert_allclose(around, limit, rtol=1e-4)


def test_adaptation_lengthens_the_intervals():
    adapting = intervals(run(AdaptiveExponential(), 1e-9, 10_000).spikes)
    constant = intervals(run(AdaptiveExponential(a=0.0, b=0.0), 1e-9, 10_000).spikes)
    assert (np.diff(adapting[:5]) > 0).all() and adapting[-1] > 1.5 * adapting[0]
    assert np.ptp(constant) <= 1 and len(constant) > 2 * len(adapting)


def test_adex_without_exponential_and_adaptation_is_lif():
    shared = {"rest": -0.07, "reset": -0.065, "refractory": (0.002, 0.001), "initial": -0.07}
    lif = LIF(time_constant=0.02, resistance=1e8, threshold=-0.05, background=0.0, **shared)
    adex = AdaptiveExponential(
        capacitance=2e-10, leak_conductance=1e-8, threshold=-0.050001, slope=1e-9, cutoff=-0.05, a=0.0, b=0.0, **shared
    )
    rng = np.random.default_rng(0)
    external = rng.normal(4e-10, 2e-10, (5000, 6))
    first, second = (run(neuron, external, 5000, currents=4e-10) for neuron in (lif, adex))
    assert len(first.spikes) > 50
    np.testing.assert_array_equal(first.spikes, second.spikes)


def test_regular_and_fast_spiking_units_of_izhikevich():
    found = run(Izhikevich(), np.full(2, 1e-9), 10_000, excitatory=np.array([True, False]))
    regular, fast = intervals(found.spikes, 0), intervals(found.spikes, 1)
    assert regular[5:].mean() > 1.5 * regular[0] and len(fast) > 2 * len(regular)
    assert np.ptp(fast[3:]) <= 3 and fast[3:].mean() < 1.3 * fast[1]


def test_izhikevich_under_strong_inhibition_stands_where_the_equation_does():
    neuron = Izhikevich()
    found = run(neuron, np.array([-1e-8, -1e-7]), 20_000)
    for i, current in enumerate((-1e-8, -1e-7)):
        v, u = found.variables[:, i]
        dv, du = spiking_oracles.Izhikevich.flow(neuron, (v, u), current)
        assert v < -0.07 and abs(dv) < 1e-6 and abs(du) < 1e-6


def test_izhikevich_beyond_the_point_of_no_return_fires_at_once_in_a_long_step():
    found = run(Izhikevich(), np.zeros(1), 1, dt=1e-3, variables=np.array([[0.02], [-13.0]]))
    assert len(found.spikes) == 1
    np.testing.assert_allclose(found.variables[0], -0.065)


def test_qif_fires_at_the_rate_of_theory():
    """The time from reset to peak in closed form, and the root law near the onset."""
    neuron = QIF()
    onset = neuron.leak_conductance * (neuron.threshold - neuron.rest) / 4
    currents = onset + np.array([-0.001, 0.04, 0.16, 0.64, 5.0]) * 1e-10
    found = run(neuron, currents, 30_000)
    middle, curve = (neuron.rest + neuron.threshold) / 2, neuron.leak_conductance / (neuron.threshold - neuron.rest)
    assert 0 not in found.spikes[:, 1]
    for i, current in enumerate(currents[1:], 1):
        width = np.sqrt((current - onset) / curve)
        angle = np.arctan((neuron.peak - middle) / width) - np.arctan((neuron.reset - middle) / width)
        expected = neuron.capacitance / (curve * width) * angle
        assert np.abs(intervals(found.spikes, i) * DT - expected).max() < 2 * DT


def test_the_vector_exponential():
    x = np.concatenate([np.linspace(-60, 60, 20_001), np.geomspace(1e-300, 1, 500), [0.0]])
    found = np.array([expm1(value) for value in x])
    np.testing.assert_allclose(found, np.expm1(x), rtol=1e-15)
    assert expm1(1e5) == expm1(700.0) < np.inf and expm1(-1e5) == -1
