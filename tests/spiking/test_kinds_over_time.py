"""Synapses of all kinds recorded over time, and in runs that go on from others, in both engines."""

import numpy as np
import pytest

import reservoir
import spiking
from reservoir.neurons import LIF, EscapeLIF
from tests.spiking.test_kinds_of_synapses import mixed, pushed
from tests.spiking.test_recording import DT, assert_alike
from tests.spiking.test_same_spikes import trains_of

ENGINES = {"numba": reservoir.simulate, "brian2": spiking.simulate}
RECORD = {"v": True, "current": True, "conductance": True, "u": {"beta": True}, "R": {"beta": True}}


def units(held, by_chance):
    """The second is the first that fires by chance too."""
    return [pytest.param(held, id="LIF", marks=pytest.mark.long), pytest.param(by_chance, id="EscapeLIF")]


@pytest.mark.parametrize("neuron", units(LIF(), EscapeLIF()))
def test_both_engines_record_the_same(neuron):
    """Blocked conductances as far as they are open; no jump of a voltage is a current."""
    options = {"neuron": neuron, "currents": pushed(neuron), "random_state": 2, "record": RECORD, "period": 5e-4}
    ours, theirs = (simulate(mixed(1, neuron), trains_of(1, 0.05), **options) for simulate in ENGINES.values())
    assert_alike(ours, theirs, RECORD)


def test_a_blocked_conductance_is_what_magnesium_leaves_open():
    """After one spike: the siemens of the unblocked twin times the block at the voltage of the unit."""
    found = {}
    for magnesium in (None, 1.0):
        synapse = {"reversal": 0.0, "magnesium": magnesium}
        circuit = reservoir.circuits.Circuit(
            [True], reservoir.circuits.Projection([], [], [], [], []),
            reservoir.circuits.Projection([0], [0], 1e-9, 1e-3, 0.05, **synapse), 1,
        )  # fmt: skip
        train = reservoir.spikes.SpikeTrains([0.001], [0], 1, 0.02)
        unit = LIF(rest=-0.06, threshold=-0.04, reset=-0.06, initial=-0.06, background=0.0)
        found[magnesium] = reservoir.simulate(circuit, train, neuron=unit, record={"v": True, "conductance": True})
    free, blocked = found[None], found[1.0]
    share = 1 / (1 + np.exp(-62 * blocked.v) / 3.57)
    np.testing.assert_allclose(blocked.conductance, free.conductance * share, rtol=1e-12)
    assert (blocked.conductance.max() > 0) and share.max() < 0.3


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("neuron", units(LIF(noise=5e-4), EscapeLIF(noise=5e-4)))
def test_two_runs_are_one(engine, neuron):
    """Spikes on their way are released as in one run; units that fire by chance hear the numbers of one run."""
    circuit, trains, options = (
        mixed(3, neuron),
        trains_of(3, 0.06),
        {"neuron": neuron, "record": ["state", {"v": True}]},
    )
    simulate, push = ENGINES[engine], {"currents": pushed(neuron)}
    whole = simulate(circuit, trains, random_state=5, **push, **options)
    first = simulate(circuit, trains.window(0, 0.0302), random_state=5, **push, **options)
    second = simulate(circuit, trains.window(0.0302, 0.06), state=first.state, **push, **options)
    steps = np.concatenate([first.spikes.steps(DT), first.state.step + second.spikes.steps(DT)])
    np.testing.assert_array_equal(steps, whole.spikes.steps(DT))
    np.testing.assert_array_equal(np.append(first.spikes.units, second.spikes.units), whole.spikes.units)
    np.testing.assert_array_equal(np.concatenate([first.v, second.v]), whole.v)
    assert len(second.spikes) > 20
