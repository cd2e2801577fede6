"""Units of several models in one circuit."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.base import clone

import reservoir
import spiking
from reservoir import LiquidState, simulate
from reservoir.circuits import Circuit, MaassColumn, damaged
from reservoir.circuits.synapse_statistics import PRESETS
from reservoir.neurons import LIF, AdaptiveExponential, HodgkinHuxley, Izhikevich
from reservoir.neurons.spiking.circuit_loop import conduct_blocked, run_circuit
from reservoir.neurons.spiking.mixture import MixedCells, move_part, type_by_type
from reservoir.plasticity import STDP
from tests.circuits.test_pathways import mixed_circuit
from tests.spiking.test_same_spikes import NONE, assert_same, fixed_circuit, trains_of

STILL = LIF(initial=0.0135)
SERIES = np.linspace(0, 1, 20).reshape(-1, 1)


@pytest.mark.parametrize(
    "circuit", [fixed_circuit(0), pytest.param(mixed_circuit(), marks=pytest.mark.long)], ids=["currents", "all kinds"]
)
def test_one_model_by_population_is_that_model(circuit):
    trains = trains_of(0, 0.1, 60)
    by_population = {"E": STILL, "I": LIF(initial=0.0135)}
    one, other = (simulate(circuit, trains, neuron=neuron, record="voltages") for neuron in (STILL, by_population))
    assert len(one.spikes) > 50 and one.spikes == other.spikes
    np.testing.assert_allclose(one.voltages, other.voltages, rtol=0, atol=1e-14)


@pytest.mark.parametrize("one", [conduct_blocked, move_part, type_by_type, MixedCells.advance, MixedCells.conduct_each])
def test_what_calls_steps_of_any_model_is_kept_under_the_code_of_all(one):
    """As the loop itself, so that an edit of a unit is seen where it stands beside others, too."""
    digest = run_circuit.py_func.__qualname__.rpartition("_")[2]
    assert one.py_func.__qualname__.endswith(f"_{digest}")


RECORDS = {"lif": LIF(), "iz": Izhikevich(), "adex": AdaptiveExponential(), "hh": HodgkinHuxley()}
AMPERES = {"lif": 1e-8, "iz": 1e-9, "adex": 1.5e-9, "hh": 1e-9}


def several(n_units, *names, **options):
    """A circuit without synapses whose units follow these models, the records, and currents that excite them."""
    label = np.random.default_rng(0).permutation(np.arange(n_units) % len(names))
    masks = {name: label == number for number, name in enumerate(names)}
    circuit = Circuit(np.arange(n_units) % 3 > 0, NONE, NONE, 0, populations=masks)
    strength = np.array([AMPERES[name] for name in names])[label]
    currents = np.random.default_rng(1).uniform(0.5, 1.5, (400, n_units)) * strength
    return circuit, {name: clone(RECORDS[name]).set_params(**options) for name in names}, currents


@pytest.mark.parametrize("names", [("lif", "iz"), pytest.param(tuple(RECORDS), marks=pytest.mark.long)])
def test_models_do_not_hear_one_another(names):
    """Without synapses each unit moves as it does in a circuit of its own model."""
    circuit, records, currents = several(20, *names)
    for record in records.values():
        record.initial = float(np.mean(record.initial))
    mixed = simulate(circuit, currents=currents, neuron=records, record="voltages")
    assert len(set(mixed.spikes.units)) > 15
    for name, mask in circuit.populations.items():
        own = Circuit(circuit.excitatory[mask], NONE, NONE, 0)
        alone = simulate(own, currents=currents[:, mask], neuron=records[name], record="voltages")
        np.testing.assert_allclose(mixed.voltages[:, mask], alone.voltages, rtol=0, atol=1e-12)
        times = [one.tolist() for one, chosen in zip(mixed.spikes.to_lists(), mask, strict=True) if chosen]
        assert times == [one.tolist() for one in alone.spikes.to_lists()]


def test_noise_is_that_of_each_model():
    circuit, records, currents = several(200, "lif", "iz")
    records["iz"].noise = 3e-3
    options = {"currents": 0 * currents, "record": "voltages", "random_state": 0}
    noisy = simulate(circuit, neuron=records, **options).voltages
    quiet = simulate(circuit, neuron={**records, "iz": Izhikevich()}, **options).voltages
    lif, iz = (circuit.population(name) for name in ("lif", "iz"))
    np.testing.assert_allclose(noisy[:, lif], quiet[:, lif], rtol=0, atol=1e-14)
    assert np.std((noisy - quiet)[9, iz]) == pytest.approx(3e-3 * np.sqrt(10 * 1e-4), rel=0.25)


def test_spikes_are_in_order_and_dead_units_silent():
    circuit = MaassColumn((4, 3, 3), weight_scale=2.0, input_probability=1.0).draw(np.random.default_rng(0), 5)
    dead = np.arange(36) % 6 == 0
    neuron = {"E": LIF(), "I": LIF(threshold=0.0145)}
    recording = simulate(replace(circuit, dead=dead), trains_of(0, 0.2, 80), neuron=neuron, random_state=0)
    spikes = recording.spikes
    assert len(spikes) > 50 and not dead[spikes.units].any()
    assert np.array_equal(np.lexsort((spikes.units, spikes.times)), np.arange(len(spikes)))


def test_a_liquid_of_several_models(tmp_path):
    liquid = LiquidState(MaassColumn((3, 3, 3)), {"E": LIF(), "I": LIF()}, random_state=0)
    assert liquid.get_params()["neuron__E__threshold"] == 0.015
    liquid.set_params(neuron__E__threshold=0.014)
    fitted = clone(liquid).fit(SERIES)
    assert fitted.neuron["E"].threshold == 0.014 and fitted.neuron["I"].threshold == 0.015
    states = fitted.transform(SERIES)
    first, state = fitted.run(SERIES)
    np.testing.assert_array_equal(first, states)
    reservoir.save(fitted, tmp_path / "liquid")
    again = reservoir.load(tmp_path / "liquid")
    np.testing.assert_array_equal(again.transform(SERIES), states)
    assert len(state.values) and fitted.piecewise == LiquidState().piecewise


BAD = {
    "no population": {"E": LIF(), "X": LIF()},
    "not all": {"E": LIF()},
    "twice": {"E": LIF(), "I": LIF(), "first": LIF()},
    "none": {},
    "no record": {"E": LIF(), "I": 3},
}


@pytest.mark.parametrize("kind", BAD)
def test_what_is_refused(kind):
    with pytest.raises(ValueError, match="The 'neuron' parameter of simulate must be a"):
        simulate(mixed_circuit(), trains_of(0), neuron=BAD[kind])


def test_a_list_of_models_is_told_of_the_dict():
    """Whose units they are only a dict can say."""
    with pytest.raises(ValueError, match=r"The 'neuron' parameter of simulate must be .* a dict of them by popul"):
        simulate(mixed_circuit(), trains_of(0), neuron=[LIF(), Izhikevich()])


def suited_circuit():
    """`mixed_circuit` whose inhibitory units hear currents that move the membrane of `Izhikevich` by millivolts."""
    circuit = mixed_circuit()
    for name, _, part in circuit.pathways():
        if part.reversal is None:
            weight = part.weight * np.where(circuit.excitatory[part.post], 1.0, 0.03)
            circuit = circuit.replaced(name, replace(part, weight=weight))
    return circuit


def test_same_spikes_in_both_engines():
    """Every projection of the circuit, damage and currents, and two trials side by side."""
    circuit = damaged(suited_circuit(), kind="combined", fraction=0.15, rng=np.random.default_rng(0))
    neuron = {"E": LIF(), "I": Izhikevich()}
    assert_same(circuit, [trains_of(k, 0.1, rate=60) for k in range(2)], neuron=neuron, fewest=50)
    currents = np.random.default_rng(0).uniform(0, 1e-9, (1000, 40))
    assert_same(circuit, [trains_of(0, 0.1, rate=60)], neuron=neuron, currents=[currents])


def test_what_learns_is_in_its_place():
    circuit, trains = mixed_circuit(), trains_of(0, 0.1, 60)
    options = {"plasticity": {"recurrent": STDP(A_plus=0.1, w_max=1e-8)}, "record": "weights", "random_state": 0}
    learned = [
        spiking.simulate(circuit, trains, neuron=neuron, codegen="numpy", **options).circuit.recurrent.weight
        for neuron in (STILL, {"E": STILL, "I": clone(STILL)})
    ]
    np.testing.assert_allclose(*learned, rtol=1e-12)
    assert (learned[0] != circuit.recurrent.weight).any()


def test_a_microcircuit_of_several_models():
    neuron = {"E": LIF(), "I": Izhikevich()}
    column = MaassColumn((2, 3, 3), preset=PRESETS["maass2002"].suited_to(neuron))
    options = {"circuit": column, "neuron": neuron, "random_state": 0, "codegen": "numpy"}
    one, other = (spiking.Microcircuit(twin=twin, **options).fit_transform(SERIES) for twin in (True, False))
    np.testing.assert_allclose(one, other, rtol=0, atol=1e-12)


@pytest.mark.long  # a loop of its own is compiled
def test_an_empty_population_needs_no_units():
    circuit = Circuit(np.ones(3, bool), NONE, NONE, 1)
    assert simulate(circuit, trains_of(0, 0.01, 10, 1), neuron={"E": LIF(), "I": LIF()}).spikes.n_units == 3
