"""Truths that all generators with such synapses must meet, found by walking the exports."""

import pickle
from dataclasses import replace

import numpy as np
import pytest
from sklearn.base import clone

from reservoir.circuits import Circuit
from reservoir.circuits.synapse_statistics import PRESETS
from tests.circuits.generators import FAMILIES, OWN, generator, kinds_of, make, within_error

MAASS = PRESETS["maass2002"]


@pytest.mark.parametrize("family", FAMILIES)
def test_draw(family):
    first, again = (clone(make(family)).draw(generator(3), n_inputs=2) for _ in range(2))
    other = make(family).draw(generator(4), n_inputs=2)
    assert isinstance(first, Circuit) and first.equals(again) and not first.equals(other)
    assert first.n_inputs == 2 and first.excitatory.sum() == round(0.8 * first.n_units)
    assert not np.array_equal(first.excitatory, other.excitatory)
    for projection, n_sources in ((first.recurrent, first.n_units), (first.inputs, 2)):
        assert 0 <= projection.pre.min() <= projection.pre.max() < n_sources
        assert 0 <= projection.post.min() <= projection.post.max() < first.n_units
        pairs = list(zip(projection.pre.tolist(), projection.post.tolist(), strict=True))
        assert pairs == sorted(set(pairs))
    assert first.recurrent.dynamic and not first.inputs.dynamic
    signs = np.where(first.excitatory, 1, -1)[first.recurrent.pre]
    np.testing.assert_array_equal(np.sign(first.recurrent.weight), signs)


@pytest.mark.parametrize("family", FAMILIES)
def test_scales_and_inputs_change_no_other_draw(family):
    plain = make(family).draw(generator(1), 1)
    scaled = make(family, weight_scale=0.5, input_scale=-2.0).draw(generator(1), 1)
    more = make(family, input_probability=0.9).draw(generator(1), 3)
    np.testing.assert_array_equal(scaled.recurrent.weight, 0.5 * plain.recurrent.weight)
    np.testing.assert_array_equal(scaled.inputs.weight, -2 * plain.inputs.weight)
    assert replace(scaled, recurrent=plain.recurrent, inputs=plain.inputs).equals(plain)
    assert more.recurrent.equals(plain.recurrent)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("fraction", [0.0, 0.5, 1.0])
def test_kinds_of_units(family, fraction):
    circuit = make(family, excitatory_fraction=fraction).draw(generator())
    assert circuit.excitatory.sum() == round(circuit.n_units * fraction)
    total = sum(make(family, excitatory_fraction=fraction).draw(generator(seed)).excitatory for seed in range(100))
    assert np.abs(total / 100 - fraction).max() <= 5 * np.sqrt(0.25 / 100)


@pytest.mark.parametrize("family", FAMILIES)
def test_input_synapses(family):
    circuit = make(family, input_probability=0.3).draw(generator(), n_inputs=200)
    inputs = circuit.inputs
    assert within_error(np.arange(200 * circuit.n_units) < len(inputs), 0.3, np.sqrt(0.3 * 0.7))
    np.testing.assert_array_equal(inputs.weight, np.where(circuit.excitatory[inputs.post], 18e-9, 9e-9))
    assert (inputs.time_constant == 3e-3).all() and (inputs.delay == 0).all()
    assert len(make(family, input_probability=1.0).draw(generator(), 2).inputs) == 2 * circuit.n_units
    assert len(make(family, input_probability=0.0).draw(generator(), 2).inputs) == 0
    assert len(make(family).draw(generator(), 0).inputs) == 0


@pytest.mark.parametrize("family", FAMILIES)
def test_synapses_of_all_families_have_the_same_statistics(family):
    drawn = [make(family, weight_scale=2.0).draw(generator(seed)) for seed in range(20)]
    for kind in ("EE", "IE"):
        mean = 2 * getattr(MAASS, kind).weight
        weights = [circuit.recurrent.weight[kinds_of(circuit) == kind] for circuit in drawn]
        assert within_error(np.concatenate(weights), mean, abs(mean))


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(
    "name, value",
    [
        ("excitatory_fraction", 1.1),
        ("preset", "maass2003"),
        ("preset", None),
        ("weight_scale", np.nan),
        ("input_scale", "1"),
        ("input_probability", -0.1),
    ],
)
def test_parameters_out_of_range(family, name, value):
    owner = family.__name__ if family in OWN else "Synapses"
    with pytest.raises(ValueError, match=rf"The '{name}' parameter of {owner} must be"):
        make(family, **{name: value}).draw(generator())
    with pytest.raises(ValueError, match=rf"The 'n_inputs' parameter of {family.__name__} must be"):
        make(family).draw(generator(), -1)


@pytest.mark.parametrize("family", FAMILIES)
def test_generators_are_copied_and_cloned(family):
    part = pickle.loads(pickle.dumps(clone(make(family, excitatory_fraction=0.7))))
    assert part.draw(generator()).equals(make(family, excitatory_fraction=0.7).draw(generator()))


@pytest.mark.parametrize("family", FAMILIES)
def test_a_subclass_is_told_its_own_name(family):
    own = type("Own", (family,), {})
    with pytest.raises(ValueError, match="The 'n_inputs' parameter of Own must be"):
        own().draw(generator(), -1)
