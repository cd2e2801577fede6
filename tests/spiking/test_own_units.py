"""A user's own spiking unit, in both engines."""

from typing import NamedTuple

import numpy as np
import pytest

import reservoir
import spiking
from reservoir.compilation import kernel
from reservoir.neurons import LIF, AdaptiveThreshold, HodgkinHuxley
from reservoir.neurons.spiking.equations import EquationText, equations_of
from spiking import STDP, Microcircuit
from tests.spiking.test_same_spikes import assert_same, column, trains_of

MEMBRANE, FARADS = 0.05, 3e-8


class OwnCells(NamedTuple):
    """Coefficients of one step."""

    leak: float
    drift: float
    gain: float
    weights: np.ndarray
    threshold: float
    keep: float

    @staticmethod
    @kernel()
    def advance(cells, step, external, currents, noise, state, fired):
        v, ready, n_fired = state.variables, state.ready, 0
        for i in range(ready.size):
            v[1, i] *= cells.keep
            v[0, i] = cells.leak * v[0, i] + cells.drift + cells.gain * external[i]
            for r in range(currents.shape[0]):
                v[0, i] += cells.weights[r] * currents[r, i]
            if v[0, i] > cells.threshold + v[1, i] and step >= ready[i]:
                v[0, i] = 0.0
                v[1, i] += 1e-3
                ready[i] = step + 1
                fired[n_fired] = i
                n_fired += 1
        return n_fired


class OwnUnit:
    """Leaky integrators with a threshold that rises; no noise, no refractory time, and names that mean nothing."""

    def __init__(self, tau=3e-3, before=0.015):
        self.tau, self.before = tau, before

    def initial_state(self, n_units, rng):
        return np.stack([rng.uniform(0, self.before, n_units), np.zeros(n_units)])

    def cells(self, excitatory, time_constants, dt):
        leak, decay = np.exp(-dt / MEMBRANE), np.exp(-dt / time_constants)
        weights = (decay - leak) / (1 / MEMBRANE - 1 / time_constants) / FARADS
        gain = MEMBRANE * (1 - leak)
        keep = float(np.exp(-dt / self.tau))
        return OwnCells(float(leak), 0.5 * gain, gain / FARADS, weights, self.before, keep)

    def equations(self):
        return EquationText(
            "dv/dt = noise + ({current}) / C - v / membrane{noise} : volt\ndtheta/dt = -theta / tau : volt",
            threshold="v > before + theta",
            reset="v = 0 * volt; theta += rise",
            variables={"v": "volt", "theta": "volt"},
            parameters={
                "C": (FARADS, "farad"),
                "membrane": (MEMBRANE, "second"),
                "noise": (0.5, "volt / second"),
                "tau": (self.tau, "second"),
                "before": (self.before, "volt"),
                "rise": (1e-3, "volt"),
            },
            method="exact",
        )


class Quick(LIF):
    """Other parameters, and everything else as it is."""

    def __init__(self, time_constant=0.02, refractory=(0.002, 0.001)):
        super().__init__(time_constant=time_constant, refractory=refractory)


class Changed(LIF):
    """A step of its own, and the equations of LIF."""

    def cells(self, excitatory, time_constants, dt):
        return super().cells(excitatory, time_constants, dt)._replace(threshold=0.014)


class Told(Changed):
    """That step, and what it does in words."""

    def equations(self):
        text = super().equations()
        return text._replace(parameters=text.parameters | {"threshold": (0.014, "volt")})


@pytest.mark.parametrize("neuron", [OwnUnit(), OwnUnit(tau=1e-2), Quick(), Told()])
def test_both_engines_give_the_same_spikes(neuron):
    """Also where a time constant is that of a synapse."""
    assert_same(column(1), [trains_of(1, 0.2)], neuron=neuron, fewest=100)


def test_a_microcircuit_of_own_units_learns_and_goes_on():
    trains = [trains_of(seed, 0.2) for seed in range(2)]
    system = Microcircuit(column(2), OwnUnit(), plasticity={"recurrent": STDP(A_plus=0.1)}, random_state=0).fit(trains)
    assert not system.circuit_.recurrent.equals(system.initial_circuit_.recurrent)
    states = system.transform(trains)
    assert states[0].max() > 0 and system.run(trains)[1].shape[0] == 2
    for one, other in zip(system.set_params(twin=False).transform(trains), states, strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-12)


@pytest.mark.parametrize("cells, words", [
    (Changed(), "missing: equations of Changed for its own cells; those of LIF are inherited"),
    (type("Bare", (), {"cells": None, "initial_state": None})(), "missing: equations"),
    (LIF, "an instance, not the class"),
])  # fmt: skip
def test_a_unit_without_equations_of_its_own_is_refused(cells, words):
    with pytest.raises(ValueError, match=rf"^The 'neuron' parameter of simulate must be .*{words}"):
        spiking.simulate(column(0), trains_of(0), neuron=cells)


@pytest.mark.parametrize("change, words", [
    ({"variables": {"theta": "volt", "v": "volt"}}, "with the voltage 'v' in 'volt' as first variable"),
    ({"parameters": {"C": (1.0, "coulomb")}}, "in units among .*, not coulomb"),
])  # fmt: skip
def test_equations_that_do_not_fit_are_refused(change, words, monkeypatch):
    wrong = OwnUnit().equations()._replace(**change)
    monkeypatch.setattr(OwnUnit, "equations", lambda unit: wrong)
    with pytest.raises(ValueError, match=f"^The 'neuron' parameter of simulate must be .*{words}"):
        spiking.simulate(column(0), trains_of(0), neuron=OwnUnit())


def test_variables_are_those_of_the_state():
    class Short(Quick):
        def initial_state(self, n_units, rng):
            return np.zeros((2, n_units))

    with pytest.raises(ValueError, match=r"^The 'neuron' parameter .* has a row for each of its variables, v\. Got "):
        spiking.simulate(column(0), trains_of(0), neuron=Short())


def test_what_the_fields_say():
    """A quiet unit has no noise in its equations; the voltage before a step has the name that the unit gives it."""
    assert equations_of("test", LIF()).noise == "" != equations_of("test", LIF(noise=1e-3)).noise
    assert HodgkinHuxley().equations().before in HodgkinHuxley().equations().threshold
    assert AdaptiveThreshold().equations().kept == ("theta",)
    noisy = OwnUnit().equations()._replace(noise=" + sigma * xi")
    assert noisy.text.format(current="I", noise=noisy.noise).startswith(
        "dv/dt = noise + (I) / C - v / membrane + sigma * xi :"
    )


def test_numba_alone_needs_no_equations():
    assert len(reservoir.simulate(column(0), trains_of(0, 0.1), neuron=Changed(), random_state=0).spikes) > 50
