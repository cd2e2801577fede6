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
    rows = {
        (*one, 0.0) for one in zip(conductances.reversal.tolist(), conductances.time_constant.tolist(), strict=True)
    }
    assert list(map(tuple, receptors.conductances.tolist())) == sorted(rows)
    for part in (currents, conductances, *([background] if background else [])):
        (share,) = receptors.of(part)
        np.testing.assert_allclose(receptors.decays(1e-3)[share.receptor], np.exp(-1e-3 / part.time_constant))
        assert (share.factor == 1).all()
    (of_conductances,), (of_currents,) = receptors.of(conductances), receptors.of(currents)
    places = of_conductances.receptor - len(receptors.currents)
    np.testing.assert_array_equal(receptors.conductances[places, 0], conductances.reversal)
    assert of_conductances.receptor.min() >= len(receptors.currents) > of_currents.receptor.max()


def test_what_rises_is_the_difference_of_two():
    """Which it shares with what decays alike; of an alpha function they lie to both sides of its time constant."""
    rng = generator()
    rising = projection(rng, 5, time_constant=[3e-3, 3e-3, 6e-3, 6e-3, 2e-3], rise_time=[1e-3, 2e-3, 1e-3, 3e-3, 2e-3])
    plain = projection(rng, 2, time_constant=[3e-3, 1e-3])
    jumps = Projection([0, 1, 2], [1, 2, 3], 1e-4, 0.0, 0.0)
    circuit = Circuit(np.ones(4, dtype=bool), rising, plain, 4, projections={"jumps": jumps})
    receptors = receptors_of(circuit)
    found = receptors.currents
    assert [tau for tau in found if tau not in (1e-3, 2e-3, 3e-3, 6e-3)] == pytest.approx([2e-3, 2e-3], rel=2e-4)
    assert receptors.n_receptors == 7 and receptors.decays(1e-3)[-1] == 0
    slow, fast = receptors.of(rising)
    np.testing.assert_allclose(found[slow.receptor], rising.time_constant, rtol=2e-4)
    np.testing.assert_allclose(found[fast.receptor], rising.rise_time, rtol=2e-4)
    np.testing.assert_array_equal(slow.factor, -fast.factor)
    assert (receptors.of(jumps)[0].receptor == 6).all()
    nmda = projection(rng, 2, time_constant=0.1, rise_time=2e-3, reversal=0.0, magnesium=[0.0, 1.0])
    conductances = receptors_of(Circuit(np.ones(4, dtype=bool), nmda, plain, 4)).conductances
    assert sorted(map(tuple, conductances)) == [(0, 2e-3, 0), (0, 2e-3, 1), (0, 0.1, 0), (0, 0.1, 1)]


def test_a_circuit_without_synapses_has_none():
    none = Projection([], [], [], 0.0, 1e-3)
    circuit = Circuit(np.ones(2, dtype=bool), none, replace(none), 1)
    assert receptors_of(circuit).n_receptors == 0
