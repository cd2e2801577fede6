"""Parameters that differ from unit to unit: a pair for the kinds, an array, a distribution."""

import pickle

import numpy as np
import pytest
from scipy import stats
from sklearn.base import clone

from reservoir import LiquidState, load, neurons, save, simulate
from reservoir.circuits import Circuit, MaassColumn, Projection
from reservoir.neurons import LIF, AdaptiveExponential, Izhikevich
from reservoir.spikes import SpikeTrains
from tests.neurons.spiking_oracles import twin_of
from tests.neurons.test_spiking_neurons import run

EXCITATORY = np.array([True, False, True, True, False])
every_unit = pytest.mark.parametrize("name", neurons.__all__)


def numbers_of(neuron):
    """The parameters of a record that are numbers of units, and no flags."""
    return {name: value for name, value in neuron.get_params().items() if not isinstance(value, bool)}


def varied(neuron, rng):
    """Every parameter another for each unit, and the records of these units one by one."""
    arrays, single = {}, [{} for _ in EXCITATORY]
    for name, value in numbers_of(neuron).items():
        kinds = np.broadcast_to(value, 2)
        default = np.full(5, np.mean(kinds)) if name == "initial" else np.where(EXCITATORY, *kinds)
        arrays[name] = default * rng.uniform(0.97, 1.03, 5) + (name == "noise") * 1e-4
        for one, number in zip(single, arrays[name].tolist(), strict=True):
            one[name] = number
    return clone(neuron).set_params(**arrays), [clone(neuron).set_params(**one) for one in single]


@every_unit
@pytest.mark.parametrize("opened", [(), (3.0, 5e-3, -0.07)], ids=["currents", "conductances"])
def test_units_side_by_side_are_units_alone(name, opened):
    rng, neuron = np.random.default_rng(1), getattr(neurons, name)()
    twin = twin_of(neuron)
    opened = opened if twin.opens else ()
    together, alone = varied(neuron, rng)
    external, noise = rng.normal(twin.loud, twin.loud, (2000, 5)), rng.standard_normal((2000, 5))
    currents = np.full((2, 1), 0.3 * twin.loud)
    options = {"n_steps": 2000, "currents": currents}
    options |= {"conductance": (opened[0] * twin.synapse, *opened[1:])} if opened else {}
    found = run(together, external, excitatory=EXCITATORY, noise=noise, **options)
    assert len(np.unique(found.spikes[:, 1])) > 3
    for i, one in enumerate(alone):
        expected = run(one, external[:, [i]], excitatory=EXCITATORY[[i]], noise=noise[:, [i]], **options)
        np.testing.assert_array_equal(found.spikes[found.spikes[:, 1] == i, 0], expected.spikes[:, 0])
        np.testing.assert_allclose(found.voltages[:, i], expected.voltages[:, 0], rtol=0, atol=1e-9)


@every_unit
def test_a_pair_is_of_excitatory_and_of_inhibitory_units(name):
    neuron = getattr(neurons, name)()
    for parameter in set(numbers_of(neuron)) - {"initial"}:
        second = np.broadcast_to(getattr(neuron, parameter), 2)
        first = 1.01 * second
        pair, array = (
            clone(neuron).set_params(**{parameter: value}).cells(EXCITATORY, np.array([3e-3, 5e-3]), 1e-4)
            for value in ((first[0], second[1]), np.where(EXCITATORY, first[0], second[1]))
        )
        for one, other in zip(_flat(pair), _flat(array), strict=True):
            np.testing.assert_array_equal(one, other)


def _flat(cells):
    for value in cells:
        yield from _flat(value) if isinstance(value, tuple) else [value]


@every_unit
@pytest.mark.parametrize(
    "wrong", [np.ones(3), np.ones((5, 2)), (1.0, 2.0, 3.0), ("x", 1.0), [np.nan] * 5, (np.inf, 1.0)]
)
def test_what_is_no_number_of_units_is_refused(name, wrong):
    neuron = getattr(neurons, name)()
    for parameter in neuron.get_params():
        bad = clone(neuron).set_params(**{parameter: wrong})
        with pytest.raises(ValueError, match=rf"^The '{parameter}' parameter of {name} must be .* Got "):
            bad.initial_state(5, np.random.default_rng(0))
            bad.cells(EXCITATORY, np.array([3e-3]), 1e-4)


def test_the_bounds_hold_for_each_unit():
    thresholds = np.linspace(0.014, 0.016, 5)
    with pytest.raises(ValueError, match=r"The 'reset' parameter of LIF must be in \(-inf, 0.014\]. Got 0.0141"):
        LIF(threshold=thresholds, reset=0.0141).cells(EXCITATORY, np.array([3e-3]), 1e-4)
    LIF(threshold=thresholds, reset=thresholds).cells(EXCITATORY, np.array([3e-3]), 1e-4)
    with pytest.raises(ValueError, match=r"The 'time_constant' parameter of LIF must be a number > 0\. Got -0.02"):
        LIF(time_constant=(0.03, -0.02)).cells(EXCITATORY, np.array([3e-3]), 1e-4)
    with pytest.raises(ValueError, match="The 'cutoff' parameter of AdaptiveExponential must be"):
        AdaptiveExponential(cutoff=(-0.06, 0.0)).cells(EXCITATORY, np.array([3e-3]), 1e-4)


def test_distributions_are_drawn_with_the_system():
    rng = np.random.default_rng(0)
    neuron = LIF(time_constant=stats.norm(0.03, 0.002), threshold=(stats.uniform(0.015, 0.001), 0.016))
    drawn = neuron.drawn(EXCITATORY, rng)
    assert drawn.time_constant.shape == (5,) and np.ptp(drawn.time_constant) > 1e-4
    assert (drawn.threshold[~EXCITATORY] == 0.016).all() and np.ptp(drawn.threshold[EXCITATORY]) > 0
    assert LIF().drawn(EXCITATORY, rng).get_params() == LIF().get_params() and neuron.threshold[1] == 0.016
    with pytest.raises(ValueError, match="The 'time_constant' parameter of LIF must be drawn first"):
        neuron.cells(EXCITATORY, np.array([3e-3]), 1e-4)
    with pytest.raises(ValueError, match="The 'rest' parameter of LIF must be a frozen distribution of finite numbers"):
        LIF(rest=stats.norm(np.nan, 1)).drawn(EXCITATORY, rng)
    negative = LIF(time_constant=stats.norm(-1, 0.1))
    with pytest.raises(ValueError, match=r"The 'time_constant' parameter of LIF must be a number > 0\. Got -"):
        LiquidState(MaassColumn((2, 2, 2)), negative, random_state=0).fit(np.zeros((5, 1)))


def test_a_liquid_of_unlike_units(tmp_path):
    rows = np.sin(np.arange(20.0))[:, None]
    liquid = LiquidState(MaassColumn((3, 3, 3)), LIF(time_constant=stats.uniform(0.02, 0.02)), random_state=0)
    states = liquid.fit(rows).transform(rows)
    again = clone(liquid).fit(rows)
    np.testing.assert_array_equal(again.transform(rows), states)
    other = clone(liquid).set_params(random_state=1).fit(rows)
    assert not np.array_equal(other.neuron_.time_constant, liquid.neuron_.time_constant)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(liquid)).transform(rows), states)
    save(liquid, tmp_path / "model.npz")
    kept = load(tmp_path / "model.npz")
    np.testing.assert_array_equal(kept.transform(rows), states)
    np.testing.assert_array_equal(clone(kept).fit(rows).transform(rows), states)
    given = clone(liquid).set_params(neuron=clone(liquid.neuron_)).fit(rows)
    save(given, tmp_path / "model.npz")
    np.testing.assert_array_equal(load(tmp_path / "model.npz").transform(rows), given.transform(rows))
    pair = clone(liquid).set_params(neuron=Izhikevich(b=(200.0, 250.0)), neuron__a=(20.0, 100.0))
    pair.set_params(circuit__weight_scale=0.03, circuit__input_scale=0.03).fit(rows)
    save(pair, tmp_path / "pair.npz")
    np.testing.assert_array_equal(load(tmp_path / "pair.npz").transform(rows), pair.transform(rows))


def test_the_recovery_begins_where_each_unit_rests():
    pair = Izhikevich(b=(200.0, 250.0))
    state = pair.drawn(EXCITATORY, np.random.default_rng(0)).initial_state(5, np.random.default_rng(0))
    np.testing.assert_allclose(state[1], np.where(EXCITATORY, 200, 250) * state[0])
    with pytest.raises(ValueError, match="The 'b' parameter of Izhikevich must be of the units of a circuit"):
        pair.initial_state(5, np.random.default_rng(0))


def rates_of_the_program(excitatory, r, n_steps):
    """Mean rates (E, I) in hertz of the program that Izhikevich 2003 prints, without synapses: steps of 1 ms."""
    a, b = np.where(excitatory, 0.02, 0.02 + 0.08 * r), np.where(excitatory, 0.2, 0.25 - 0.05 * r)
    c, d = np.where(excitatory, -65 + 15 * r**2, -65), np.where(excitatory, 8 - 6 * r**2, 2)
    rng, v, n_spikes = np.random.default_rng(1), np.full(len(r), -65.0), np.zeros(len(r))
    u = b * v
    for _ in range(n_steps):
        current = np.where(excitatory, 5, 2) * rng.normal(size=len(r))
        fired = v >= 30
        n_spikes += fired
        v, u = np.where(fired, c, v), np.where(fired, u + d, u)
        for _ in range(2):
            v = v + 0.5 * (0.04 * v**2 + 5 * v + 140 - u + current)
        u = u + a * (b * v - u)
    return [1e3 * n_spikes[kind].mean() / n_steps for kind in (excitatory, ~excitatory)]


def test_the_network_of_izhikevich():
    """Units with a to d drawn as in the program that Izhikevich 2003 prints, without synapses, fire as they do there.

    Its long steps cost it a sixth of the spikes of the excitatory ones.
    """
    rng, n_units = np.random.default_rng(0), 100
    excitatory, r = np.arange(n_units) < 80, rng.uniform(size=100)
    neuron = Izhikevich(
        a=np.where(excitatory, 20.0, 20 + 80 * r),
        b=np.where(excitatory, 200.0, 250 - 50 * r),
        c=np.where(excitatory, -0.065 + 0.015 * r**2, -0.065),
        d=np.where(excitatory, 8 - 6 * r**2, 2.0),
        noise=(0.16, 0.06),
    )
    empty = Projection(np.zeros(0, int), np.zeros(0, int), np.zeros(0), 0.0, 1e-3)
    still = SpikeTrains([], np.zeros(0, int), 0, 1.0)
    spikes = simulate(Circuit(excitatory, empty, empty, 0), still, neuron=neuron, random_state=0).spikes
    rates = spikes.rates()
    found = [rates[kind].mean() for kind in (excitatory, ~excitatory)]
    np.testing.assert_allclose(found, rates_of_the_program(excitatory, r, 1000), rtol=0.4)
