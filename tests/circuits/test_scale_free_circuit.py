"""Scale-free circuits have the degrees of Barabasi and Albert."""

import numpy as np
import pytest

from reservoir.circuits import ScaleFreeCircuit
from tests.circuits.generators import decay, degrees, generator, within_error


def test_scale_free_circuit():
    circuit = ScaleFreeCircuit(4000, 5).draw(generator())
    heard, sent = degrees(circuit)
    assert decay(heard + sent) == pytest.approx(-1 / (3 - 1), abs=0.06)
    for degree in (heard, sent):
        assert degree.max() > 10 * degree.mean() and decay(degree) == pytest.approx(-0.5, abs=0.08)
    older = circuit.recurrent.pre < circuit.recurrent.post
    assert within_error(older, 0.5, 0.5)
    assert np.corrcoef(heard, sent)[0, 1] > 0.8
    youngest = 5 * np.sqrt(4000 / np.arange(3001, 4001))  # links are left out evenly
    assert (heard + sent)[3000:].mean() == pytest.approx(youngest.mean(), rel=0.03)
    hubs = np.flatnonzero(heard > 50)
    shares = heard[hubs] / (heard + sent)[hubs]
    assert np.abs(shares - 0.5).max() < 5 * 0.5 / np.sqrt((heard + sent)[hubs].min())


def test_parameters_out_of_range():
    """A link becomes one synapse, so that there are half as many as pairs."""
    with pytest.raises(ValueError, match="The 'n_synapses_per_unit' parameter of ScaleFreeCircuit must be"):
        ScaleFreeCircuit(9, 4.5).draw(generator())
