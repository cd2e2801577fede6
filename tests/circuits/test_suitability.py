"""Synapses that suit units, and circuits that are refused for others."""

import numpy as np
import pytest
from scipy import stats

import reservoir
import spiking
from reservoir import LiquidState, neurons
from reservoir.circuits import Circuit, MaassColumn, Projection
from reservoir.circuits.synapse_statistics import KINDS, PRESETS
from reservoir.neurons import LIF, AdaptiveExponential
from reservoir.spikes import SpikeTrains

TRAINS = SpikeTrains(np.arange(0.005, 0.1, 0.005), np.arange(19) % 4, 4, 0.1)
OTHERS = [getattr(neurons, name) for name in neurons.__all__ if not issubclass(getattr(neurons, name), LIF)]
others = pytest.mark.parametrize("model", OTHERS)


@others
@pytest.mark.parametrize("run", [reservoir.simulate, spiking.simulate])
def test_the_default_column_is_refused_where_its_spikes_are_volts(model, run):
    column = MaassColumn().draw(np.random.default_rng(0), n_inputs=4)
    with pytest.raises(
        ValueError, match=rf"^The 'neuron' parameter of simulate must be one that suits .* Got {model.__name__}"
    ):
        run(column, TRAINS, neuron=model(), random_state=0)


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
    assert len(recording.spikes) > 20
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
