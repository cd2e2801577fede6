"""Random circuits: all pairs are alike."""

import numpy as np
import pytest

from reservoir.circuits import RandomCircuit
from tests.circuits.generators import decay, degrees, generator, within_error


@pytest.mark.parametrize("allow_self", [False, True])
def test_random_circuit(allow_self):
    n_units, mean = 1000, 7.4
    pairs = RandomCircuit(n_units, mean, allow_self=allow_self).draw(generator())
    fixed = RandomCircuit(n_units, mean, degree="in_degree", allow_self=allow_self).draw(generator())
    for degree in degrees(pairs):
        assert within_error(degree, mean, np.sqrt(mean)) and degree.var() == pytest.approx(mean, rel=0.25)
    heard, sent = degrees(fixed)
    np.testing.assert_array_equal(np.bincount(heard)[7:], [600, 400])
    assert sent.var() == pytest.approx(mean, rel=0.25)
    for circuit in (pairs, fixed):
        loops = np.sum(circuit.recurrent.pre == circuit.recurrent.post)
        assert (0 < loops < 25) == allow_self and (loops == 0) != allow_self
        assert abs(decay(next(degrees(circuit)))) < 0.25


@pytest.mark.parametrize("degree", ["pairs", "in_degree"])
@pytest.mark.parametrize("allow_self", [False, True])
@pytest.mark.parametrize("n_circuits", [600, pytest.param(2000, marks=pytest.mark.long)])
def test_all_pairs_are_equally_likely(n_circuits, degree, allow_self):
    counts = np.zeros((6, 6))
    part = RandomCircuit(6, 2.5, degree=degree, allow_self=allow_self)
    for seed in range(n_circuits):
        recurrent = part.draw(generator(seed)).recurrent
        counts[recurrent.pre, recurrent.post] += 1
    pairs = counts[~np.eye(6, dtype=bool)] if not allow_self else counts
    share = 2.5 / (6 if allow_self else 5)
    assert np.abs(pairs / n_circuits - share).max() <= 5 * np.sqrt(share * (1 - share) / n_circuits)


@pytest.mark.parametrize(
    "part, name",
    [
        (RandomCircuit(degree="out"), "degree"),
        (RandomCircuit(allow_self=1), "allow_self"),
    ],
)
def test_parameters_out_of_range(part, name):
    with pytest.raises(ValueError, match=rf"The '{name}' parameter of {type(part).__name__} must be"):
        part.draw(generator())
