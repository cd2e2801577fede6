"""Numba and Brian2 give the same spikes for the same arrays."""

import dataclasses
import sys
import threading

import numpy as np
import pytest

import reservoir
import spiking
from reservoir.circuits import Circuit, MaassColumn, Projection, damaged
from reservoir.neurons import LIF, AdaptiveExponential, HodgkinHuxley, Izhikevich
from reservoir.spikes import SpikeTrains
from spiking._brian import engine


def trains_of(n_units, duration, rate, seed):
    rng = np.random.default_rng(seed)
    counts = rng.poisson(rate * duration, n_units)
    return SpikeTrains(rng.uniform(0, duration, counts.sum()), np.repeat(np.arange(n_units), counts), n_units, duration)


def fixed_circuit(seed):
    """100 units, 80 of them excitatory, fixed weights and random delays."""
    rng = np.random.default_rng(seed)
    excitatory = np.arange(100) < 80
    pre, post = (part.ravel() for part in np.nonzero(rng.random((100, 100)) < 0.1))
    weight = np.where(excitatory[pre], 3e-9, -9e-9)
    tau = np.where(excitatory[pre], 3e-3, 6e-3)
    recurrent = Projection(pre, post, weight, rng.uniform(0, 3e-3, len(pre)), tau)
    channel, unit = (part.ravel() for part in np.nonzero(rng.random((5, 100)) < 0.4))
    inputs = Projection(channel, unit, np.full(len(channel), 12e-9), 0.0, 3e-3)
    return Circuit(excitatory, recurrent, inputs, 5)


def column(seed):
    return MaassColumn(weight_scale=2.0).draw(np.random.default_rng(seed), n_inputs=5)


def assert_same(circuit, trains, seed, **options):
    options = {"record": "voltages", "random_state": seed, **options}
    ours = reservoir.simulate(circuit, trains, **{k: v for k, v in options.items() if k != "codegen"})
    theirs = spiking.simulate(circuit, trains, **options)
    for one, other in zip(ours, theirs, strict=True):
        assert len(one.spikes) > 20 and one.spikes == other.spikes
        np.testing.assert_allclose(one.voltages[-1], other.voltages[-1], rtol=0, atol=1e-12)  # 1e-9 mV


@pytest.mark.parametrize("draw", [fixed_circuit, column])
def test_same_spikes(draw):
    circuit = draw(1)
    assert_same(circuit, [trains_of(5, 0.3, 30, seed) for seed in range(3)], 7)


def test_same_spikes_with_currents_damage_and_unequal_trials():
    rng = np.random.default_rng(3)
    circuit = damaged(damaged(column(2), fraction=0.1, rng=rng), kind="noise", fraction=0.1, rng=rng)
    trains = [trains_of(5, duration, 30, seed) for seed, duration in enumerate((0.2, 0.1))]
    currents = [rng.uniform(-1e-9, 2e-9, (rows, 135)) for rows in (4, 2)]
    assert_same(circuit, trains, 0, currents=currents)


@pytest.mark.long
@pytest.mark.parametrize("codegen", ["numpy", "cython"])
@pytest.mark.parametrize("draw", [fixed_circuit, column])
def test_same_spikes_for_two_seconds(draw, codegen):
    for seed in range(20):
        assert_same(draw(seed), [trains_of(5, 2.0, 30, seed)], seed, codegen=codegen)


def test_tiles_are_single_runs():
    circuit = column(4)
    trains = [trains_of(5, 0.1, 40, seed) for seed in range(3)]
    together = spiking.simulate(circuit, trains, random_state=1)
    alone = [spiking.simulate(circuit, one, random_state=1) for one in trains]
    assert [one.spikes for one in together] == [one.spikes for one in alone]


@pytest.mark.parametrize("neuron", [LIF(), AdaptiveExponential(), Izhikevich(), HodgkinHuxley()])
def test_other_units_follow_the_same_equations(neuron):
    """By methods of their own; below threshold the difference shrinks with the square of the step."""
    none = np.zeros(0)
    silent = Projection(none.astype(int), none.astype(int), none, none, none)
    circuit = Circuit([True], silent, Projection([0], [0], [2e-10], [0.0], [3e-3]), 1)
    trains = SpikeTrains([0.005], [0], 1, 0.03)
    differences = []
    for dt in (1e-4, 2.5e-5):
        options = {"neuron": neuron, "dt": dt, "record": "voltages", "random_state": 0}
        ours, theirs = (run(circuit, trains, **options).voltages for run in (reservoir.simulate, spiking.simulate))
        differences.append(np.abs(ours - theirs).max())
    assert differences[1] < max(differences[0] / 8, 1e-12) and differences[0] < 1e-4


def test_noise_has_the_stated_size():
    """Standard deviation of the free voltage in the long run."""
    none = np.zeros(0)
    silent = Projection(none.astype(int), none.astype(int), none, none, none)
    circuit = Circuit(np.ones(400, bool), silent, silent, 0)
    neuron = LIF(threshold=1.0, reset=0.0, background=0.0, initial=0.0, noise=2e-3, time_constant=5e-3)
    trains = SpikeTrains([], np.zeros(0, int), 0, 0.05)
    for run in (reservoir.simulate, spiking.simulate):
        assert run(circuit, trains, neuron=neuron, record="voltages", random_state=0).voltages[
            -1
        ].std() == pytest.approx(2e-3, rel=0.15)


# Safety


def test_the_state_of_the_program_is_left_as_it_was():
    hook, brian2 = sys.excepthook, engine()
    brian2.prefs.codegen.target = "cython"
    spiking.simulate(column(0), trains_of(5, 0.02, 30, 0))
    assert brian2.prefs.codegen.target == "cython" and sys.excepthook is hook
    broken = dataclasses.replace(column(0), spontaneous_rate=None)
    with pytest.raises(ValueError, match="'neuron' parameter of simulate must be"):
        spiking.simulate(broken, trains_of(5, 0.02, 30, 0), neuron=type("Own", (LIF,), {})())
    assert brian2.prefs.codegen.target == "cython"
    brian2.prefs.codegen.target = "auto"
    assert len(spiking.simulate(column(0), trains_of(5, 0.1, 50, 0)).spikes)  # the lock is free


def test_two_simulations_at_once_are_refused(monkeypatch):
    """In threads Brian2 gives wrong spikes without an error."""
    from spiking import _brian

    found = []

    def second():
        try:
            spiking.simulate(column(0), trains_of(5, 0.02, 30, 0))
        except RuntimeError as error:
            found.append(str(error))

    first = _brian._Tiles.run

    def run(self):
        thread = threading.Thread(target=second)
        thread.start()
        thread.join()
        return first(self)

    monkeypatch.setattr(_brian._Tiles, "run", run)
    assert spiking.simulate(column(0), trains_of(5, 0.02, 30, 0)).spikes.n_units == 135
    assert len(found) == 1 and "under way in this process" in found[0]


def test_codegen_is_checked():
    with pytest.raises(ValueError, match="'codegen' parameter of simulate must be"):
        spiking.simulate(column(0), trains_of(5, 0.02, 30, 0), codegen="standalone")
