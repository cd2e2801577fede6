"""Synapses that suit units, and circuits that are refused for others."""

import numpy as np
import pytest
from scipy import stats

import reservoir
import spiking
from reservoir import LiquidState, neurons
from reservoir.circuits import Circuit, MaassColumn, Projection
from reservoir.circuits.synapse_statistics import KINDS, PRESETS
from reservoir.neurons import LIF, AdaptiveExponential, Izhikevich
from reservoir.spikes import SpikeTrains
from tests.spiking.test_same_spikes import NONE

TRAINS = SpikeTrains(np.arange(0.005, 0.1, 0.005), np.arange(19) % 4, 4, 0.1)
OTHERS = [getattr(neurons, name) for name in neurons.__all__ if not issubclass(getattr(neurons, name), LIF)]
engines = pytest.mark.parametrize("run", [reservoir.simulate, spiking.simulate])
others = pytest.mark.parametrize("model", OTHERS)


@others
@engines
def test_the_default_column_is_refused_where_its_spikes_are_volts(model, run):
    column = MaassColumn().draw(np.random.default_rng(0), n_inputs=4)
    with pytest.raises(
        ValueError, match=rf"^The 'neuron' parameter of simulate must be one that suits .* Got {model.__name__}"
    ):
        run(column, TRAINS, neuron=model(), random_state=0)


@engines
@pytest.mark.parametrize("field", ["projections", "input_projections"])
def test_projections_of_any_name_are_asked(run, field):
    strong = Projection([0, 1, 2], [1, 2, 0], 3e-8, 1e-3, 3e-3)
    circuit = Circuit(np.ones(3, bool), NONE, NONE, 4, **{field: {"strong": strong}})
    with pytest.raises(ValueError, match=r"half of which move a unit by 0.9 volts"):
        run(circuit, TRAINS, neuron=Izhikevich(), random_state=0)


@engines
def test_each_model_of_a_circuit_is_asked(run):
    """The many synapses that suit its excitatory units hide none of the others."""
    column, models = MaassColumn((5, 3, 3)), {"E": LIF(), "I": Izhikevich()}
    with pytest.raises(ValueError, match=r"must be one that suits .* Got Izhikevich"):
        run(column.draw(np.random.default_rng(0), 4), TRAINS, neuron=models, random_state=0)
    suited = MaassColumn((5, 3, 3), preset=PRESETS["maass2002"].suited_to(models)).draw(np.random.default_rng(0), 4)
    assert run(suited, TRAINS, neuron=models, random_state=0).spikes.n_units == 45


def test_synapses_suit_their_receivers():
    """In a circuit of two models each gets what it gets among its own; so does the default liquid."""
    models, plain = {"E": LIF(), "I": Izhikevich()}, PRESETS["maass2002"]
    mixed, own = plain.suited_to(models), plain.suited_to(Izhikevich())
    for kind in KINDS:
        wanted = getattr(own if kind[1] == "I" else plain, kind).weight
        assert getattr(mixed, kind).weight == pytest.approx(wanted, rel=1e-9)
    assert mixed.input_to_excitatory == pytest.approx(18e-9) and mixed.input_to_inhibitory == own.input_to_inhibitory
    unsaid = plain.suited_to({"E": object(), "I": Izhikevich()})
    assert unsaid.EE.weight == pytest.approx(30e-9) and unsaid.EI.weight == mixed.EI.weight
    circuit = LiquidState(neuron=models, random_state=0).fit(np.zeros((2, 2))).circuit_
    heard = np.where(circuit.excitatory[circuit.inputs.post], 18e-9, own.input_to_inhibitory)
    np.testing.assert_allclose(circuit.inputs.weight, heard, rtol=1e-9)
    with pytest.raises(ValueError, match="The 'neuron' parameter of LiquidState must"):
        LiquidState(neuron={"E": LIF(), "I": Izhikevich}).fit(np.zeros((2, 2)))


@others
def test_the_default_liquid_suits_its_units(model):
    """It fires, and no voltage lies where no membrane is."""
    rows = np.random.default_rng(0).uniform(size=(20, 8))
    liquid = LiquidState(neuron=model(), random_state=0).fit(rows)
    assert liquid.transform(rows).max() > 0
    trains = SpikeTrains(np.arange(0.002, 0.3, 0.002), np.arange(149) % 4, 4, 0.3)
    column = MaassColumn(preset=PRESETS["maass2002"].suited_to(model())).draw(np.random.default_rng(0), n_inputs=4)
    recording = reservoir.simulate(column, trains, neuron=model(), random_state=0, record="voltages")
    rest = recording.voltages[0].mean()
    assert len(recording.spikes) > 10
    assert np.quantile(recording.voltages, 0.001) > rest - 0.05 and recording.voltages.max() < 0.1


def test_weights_grow_with_the_charge_that_fires_a_unit():
    preset, farads, volts = PRESETS["maass2002"], *(one[0] for one in LIF().scales(np.ones(1, bool)))
    same, twice = preset.suited_to(LIF()), preset.suited_to(LIF(resistance=5e5, background=27e-9))
    for kind in KINDS:
        weight = getattr(preset, kind).weight
        assert getattr(same, kind).weight == pytest.approx(weight, rel=1e-9)
        assert getattr(twice, kind).weight == pytest.approx(2 * weight, rel=1e-9)
    assert farads * volts == pytest.approx(4.5e-11) and twice.input_to_inhibitory == pytest.approx(18e-9)
    pair = preset.suited_to(LIF(resistance=(1e6, 5e5), background=(13.5e-9, 27e-9)))
    assert pair.EE.weight == pytest.approx(30e-9) and pair.EI.weight == pytest.approx(120e-9)


def test_the_default_liquid_of_unlike_units():
    """What differs from unit to unit counts by its mean."""
    rows, unlike = np.zeros((2, 2)), np.linspace(0.9, 1.1, 135)
    for neuron in (
        LIF(time_constant=0.03 * unlike),
        LIF(threshold=stats.norm(0.015, 1e-4)),
        AdaptiveExponential(capacitance=281e-12 * unlike, slope=(stats.uniform(1e-3, 1e-3), 2e-3)),
    ):
        LiquidState(neuron=neuron, random_state=0).fit(rows)
    means = PRESETS["maass2002"].suited_to(AdaptiveExponential(capacitance=281e-12 * unlike))
    assert means.EE.weight == pytest.approx(PRESETS["maass2002"].suited_to(AdaptiveExponential()).EE.weight)


def test_conductances_suit_all_and_other_records_are_not_asked():
    none = Projection(np.zeros(0, int), np.zeros(0, int), np.zeros(0), 0.0, 1e-3)
    strong = Projection([0], [0], [1e-3], [0.0], [3e-3], reversal=[0.0])
    one = SpikeTrains([0.001], [0], 1, 0.01)
    reservoir.simulate(Circuit([True], none, strong, 1), one, neuron=AdaptiveExponential(), random_state=0)
    assert PRESETS["maass2002"].suited_to(object()) is PRESETS["maass2002"]
