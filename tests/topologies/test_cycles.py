"""Cycles, double cycles, cycles with jumps and delay lines against their definition."""

import numpy as np
import pytest

from reservoir.topologies import Cycle, CycleWithJumps, DelayLine, DoubleCycle, spectral_radius
from reservoir.topologies.spectrum import perron_root
from tests import oracles


@pytest.mark.parametrize("n_units", [5, 6, 12, 13, 60])
def test_cycle_families_against_their_definition(n_units):
    for jump in {2, (n_units - 1) // 2, 3} - {1}:
        if jump < n_units / 2:
            W = CycleWithJumps(jump, 0.3).draw(n_units)
            np.testing.assert_array_equal(W.toarray(), oracles.cycle_with_jumps(n_units, jump, 0.3))
            assert perron_root(W) == pytest.approx(np.abs(np.linalg.eigvals(W.toarray())).max(), rel=1e-12)
    np.testing.assert_array_equal(DelayLine().draw(n_units).toarray(), oracles.delay_line(n_units))
    np.testing.assert_array_equal(DelayLine(-0.2).draw(n_units).toarray(), oracles.delay_line(n_units, -0.2))
    for weight in (0.4, -0.4):
        W = DoubleCycle(weight).draw(n_units)
        np.testing.assert_array_equal(W.toarray(), oracles.double_cycle(n_units, weight))
        assert spectral_radius(W) == pytest.approx(np.abs(np.linalg.eigvals(W.toarray())).max(), rel=1e-12)
    np.testing.assert_array_equal(Cycle().draw(n_units, None).toarray(), oracles.double_cycle(n_units, 0.0))


@pytest.mark.parametrize("n_units", [2, 7, 50, 3000, 100_000])
@pytest.mark.parametrize("feedback", [0.05, 1.0, -0.3])
def test_radius_of_a_delay_line_with_feedback(n_units, feedback):
    """Far from normal: a general solver sees eigenvalues up to 1 + feedback."""
    expected = 2 * np.sqrt(abs(feedback)) * np.cos(np.pi / (n_units + 1))
    assert spectral_radius(DelayLine(feedback).draw(n_units)) == pytest.approx(expected, rel=1e-12)


def test_radius_of_large_rings():
    """Where jumps divide the ring it falls into Fourier modes; the slowest obeys r**jump = 1 + 2 w r**(jump - 1)."""
    radius = perron_root(CycleWithJumps(jump=4, jump_weight=0.5).draw(20_000))
    assert radius**4 == pytest.approx(1 + radius**3, rel=1e-12)
    assert spectral_radius(DoubleCycle(0.5).draw(20_000)) == pytest.approx(1.5, rel=1e-12)
    assert spectral_radius(Cycle().draw(20_000, None)) == 1
