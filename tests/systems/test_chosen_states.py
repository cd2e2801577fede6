"""States beside filtered spikes: voltages, some units, populations."""

import numpy as np
import pytest

import reservoir
from reservoir import LiquidState, ReservoirClassifier
from reservoir.circuits import MaassColumn
from reservoir.circuits.synapse_statistics import PRESETS
from reservoir.neurons import LIF, Izhikevich
from reservoir.probes import diagnose
from reservoir.readouts import RidgeReadout
from reservoir.spikes import Counts, Voltages
from tests.spikes.parts import some_trains

TRAINS = some_trains(n_spikes=300, n_units=3, duration=0.5)


def liquid(**parameters):
    column = MaassColumn((3, 3, 2), weight_scale=2.0)
    return LiquidState(**{"circuit": column, "random_state": 0, **parameters})


def test_voltages_are_those_of_the_simulation_at_the_ends_of_rows():
    system = liquid(trace=Voltages()).fit(TRAINS)
    found = system.transform(TRAINS)
    spikes = liquid(trace=Counts(0.01)).fit(TRAINS).transform(TRAINS)
    assert found.shape == spikes.shape == (50, 18)
    assert np.ptp(found) > 5e-3 and found.max() <= 0.015
    head, state = system.run(TRAINS.window(0, 0.2))
    tail, _ = system.run(TRAINS.window(0.2, 0.5), state)
    np.testing.assert_allclose(np.concatenate([head, tail]), found, rtol=0, atol=1e-12)


def test_voltages_beside_spikes_of_the_same_run():
    """A unit that fired at the end of a row stands at its reset there."""
    system = liquid(trace=Voltages(), step=1e-4).fit(TRAINS)
    voltages, spikes = system.transform(TRAINS), liquid(trace=Counts(1e-4), step=1e-4).fit(TRAINS).transform(TRAINS)
    fired = np.argwhere(spikes > 0)
    assert len(fired) > 20
    assert (voltages[tuple(fired.T)] == LIF().reset).all()


def test_some_units_and_populations():
    every = liquid().fit(TRAINS)
    states, excitatory = every.transform(TRAINS), every.circuit_.excitatory
    for units, wanted in [
        ([3, 0, 7], states[:, [3, 0, 7]]),
        (np.array([2]), states[:, [2]]),
        (excitatory, states[:, excitatory]),
        ("I", states[:, ~excitatory]),
        (["E", "I"], np.stack([states[:, excitatory].mean(axis=1), states[:, ~excitatory].mean(axis=1)], axis=1)),
    ]:
        system = liquid(units=units).fit(TRAINS)
        np.testing.assert_array_equal(system.transform(TRAINS), wanted)
        names = system.get_feature_names_out()
        assert len(names) == wanted.shape[1]
        part, state = system.run(TRAINS.window(0, 0.2))
        rest, _ = system.run(TRAINS.window(0.2, 0.5), state)
        np.testing.assert_allclose(np.concatenate([part, rest]), wanted, rtol=0, atol=1e-12)
    assert liquid(units=["E", "I"]).fit(TRAINS).get_feature_names_out().tolist() == ["liquidstate_E", "liquidstate_I"]
    assert liquid(units=[3, 0]).fit(TRAINS).get_feature_names_out().tolist() == ["liquidstate3", "liquidstate0"]


@pytest.mark.parametrize(
    "units", [[], [0, 0], [18], [-1], [True, False], "X", ["E", "X"], 3, [0.5], np.ones((2, 2), int)]
)
def test_units_that_are_refused(units):
    with pytest.raises(ValueError, match="The 'units' parameter of LiquidState must be None, "):
        liquid(units=units).fit(TRAINS)


@pytest.mark.parametrize("options", [{"trace": Voltages()}, {"units": ["E", "I"]}, {"units": [1, 4]}])
def test_models_files_and_probes(options, tmp_path):
    trials = [some_trains(n_spikes=60 + 120 * (k % 2), n_units=3, duration=0.3, seed=k) for k in range(10)]
    model = ReservoirClassifier(liquid(**options), RidgeReadout(1e-6), pooling="mean").fit(trials, [0, 1] * 5)
    reservoir.save(model, tmp_path / "model")
    again = reservoir.load(tmp_path / "model")
    np.testing.assert_array_equal(again.decision_function(trials), model.decision_function(trials))
    found = diagnose(liquid(**options).fit(trials), trials, warn=False)
    assert found.mean_rate == diagnose(liquid().fit(trials), trials, warn=False).mean_rate


def test_voltages_of_another_unit():
    suited = PRESETS["maass2002"].suited_to(Izhikevich())
    column = MaassColumn((2, 2, 2), preset=suited, weight_scale=0.0)
    found = liquid(neuron=Izhikevich(), trace=Voltages(), circuit=column).fit(TRAINS)
    assert found.transform(TRAINS).max() <= 0.03
