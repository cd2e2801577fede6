"""Input weights without chance, against published digits and orbits, and those that are learnt from rows."""

import numpy as np
import pytest

from reservoir import EchoState
from reservoir.wiring import ChebyshevInputWeights, LogisticInputWeights, PiSigns, k_means_input_weights
from reservoir.wiring.pi_signs import decimals_of_pi

PI = "14159265358979323846264338327950288419716939937510582097494459230781640628620899862803482534211706798214808651"


def test_decimals_of_pi():
    assert "".join(map(str, decimals_of_pi(len(PI)))) == PI
    assert decimals_of_pi(1).tolist() == [1]
    long = decimals_of_pi(12_000)
    assert np.array_equal(long[:100], decimals_of_pi(100))
    assert long[761:767].tolist() == [9] * 6  # Feynman's point
    assert np.abs(np.bincount(long) / 1200 - 1).max() < 0.15


def test_signs_go_unit_by_unit():
    found = PiSigns().draw(10, 3, None)
    expected = [1.0 if int(digit) >= 5 else -1.0 for digit in PI[:30]]
    assert found.T.ravel().tolist() == expected
    system = EchoState(10, input_weights=PiSigns(), input_scaling=0.5, random_state=0).fit(np.zeros((1, 3)))
    assert np.array_equal(system.W_in_, 0.5 * found)
    with pytest.raises(ValueError, match="'n_units' parameter of PiSigns must be at most 100000 units"):
        PiSigns().draw(100_001, 2, None)


def test_logistic_orbits_are_those_that_were_published():
    """The example of ReservoirComputing.jl, in single precision."""
    expected = [
        [0.0529682, 0.104272, 0.1523], [0.185602, 0.345578, 0.477687], [0.559268, 0.836769, 0.923158],
        [0.912003, 0.50537, 0.262468], [0.296938, 0.924893, 0.716241], [0.772434, 0.257023, 0.751987],
    ]  # fmt: skip
    np.testing.assert_allclose(LogisticInputWeights().draw(6, 3, None), expected, rtol=1e-4)


@pytest.mark.parametrize("order", [2, 3, 4, 7])
def test_chebyshev_orbits(order):
    found = ChebyshevInputWeights(order).draw(300, 2, None)
    np.testing.assert_allclose(found[1:], np.cos(order * np.arccos(found[:-1])), atol=1e-10)
    assert np.abs(found).max() <= 1 and (np.ptp(found, axis=0) > 1.5).all()


@pytest.mark.parametrize("part", [
    LogisticInputWeights(0), LogisticInputWeights(4.1), LogisticInputWeights(amplitude=0),
    LogisticInputWeights(divisor=1), ChebyshevInputWeights(1), ChebyshevInputWeights(2.5),
    ChebyshevInputWeights(amplitude=2),
])  # fmt: skip
def test_bad_parameters(part):
    with pytest.raises(ValueError, match=f"parameter of {type(part).__name__} must be"):
        part.draw(3, 1, None)


def test_k_means_finds_where_the_rows_are():
    rng = np.random.default_rng(0)
    directions = np.array([[1.0, 0, 0], [0, -1, 0], [0, 0.6, 0.8]])
    rows = [length * one + 0.01 * rng.normal(size=3) for one in directions for length in rng.uniform(2, 3, 40)]
    found = k_means_input_weights(np.array(rows), 3, random_state=0)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, rtol=1e-12)
    np.testing.assert_allclose(np.max(found @ directions.T, axis=0), 1, atol=1e-3)
    pieces = [np.array(rows[:50]), np.array(rows[50:])]
    assert np.array_equal(found, k_means_input_weights(pieces, 3, random_state=0))
    EchoState(3, input_weights=found).fit(np.array(rows))
    with pytest.raises(ValueError, match="must be at most the 1 different rows of X"):
        k_means_input_weights(np.ones((9, 2)), 2)
    assert not k_means_input_weights(np.zeros((3, 2)), 1).any()
