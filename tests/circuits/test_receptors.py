"""The receptors of a circuit are the different decays, and the different reversals, of its synapses."""

from dataclasses import replace

import numpy as np
import pytest

from reservoir.circuits import Circuit, PoissonBackground, Projection
from reservoir.circuits.receptors import receptors_of
from tests.circuits.generators import generator


def projection(rng, n_synapses, **options):
    return Projection(rng.integers(4, size=n_synapses), rng.integers(4, size=n_synapses), 1e-9, 0.0, **options)


@pytest.mark.parametrize("with_background", [False, True])
def test_every_synapse_finds_its_own(with_background):
    rng = generator()
    decays, reversals = np.array([1e-3, 3e-3, 6e-3]), np.array([-0.08, 0.0])
    currents = projection(rng, 20, time_constant=rng.choice(decays, 20))
    conductances = projection(rng, 30, time_constant=rng.choice(decays, 30), reversal=rng.choice(reversals, 30))
    background = PoissonBackground(np.full(4, 100.0), 1e-9, [2e-3, 2e-3, 9e-3, 1e-3]) if with_background else None
    circuit = Circuit(np.ones(4, dtype=bool), currents, conductances, 4, background=background)
    receptors = receptors_of(circuit)
    decays_of_currents = {*currents.time_constant.tolist(), *(background.time_constant.tolist() if background else ())}
    assert receptors.currents.tolist() == sorted(decays_of_currents)
    pairs = set(zip(conductances.reversal.tolist(), conductances.time_constant.tolist(), strict=True))
    assert list(map(tuple, receptors.conductances.tolist())) == sorted(pairs)
    for part in (currents, conductances, *([background] if background else [])):
        found = receptors.of(part)
        np.testing.assert_array_equal(receptors.time_constants[found], part.time_constant)
    places = receptors.of(conductances) - len(receptors.currents)
    np.testing.assert_array_equal(receptors.conductances[places, 0], conductances.reversal)
    assert receptors.of(conductances).min() >= len(receptors.currents) > receptors.of(currents).max()


def test_a_circuit_without_synapses_has_none():
    none = Projection([], [], [], 0.0, 1e-3)
    circuit = Circuit(np.ones(2, dtype=bool), none, replace(none), 1)
    assert len(receptors_of(circuit).time_constants) == 0
