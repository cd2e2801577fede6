"""Types of cells have the firing pattern that gives them their names."""

import numpy as np
import pytest

from reservoir.neurons import AdaptiveExponential, Izhikevich
from reservoir.neurons.spiking.cell_types import ADEX, IZHIKEVICH
from tests.neurons.test_spiking_neurons import intervals, run


@pytest.fixture(scope="module")
def between():
    """Intervals in steps of 0.1 ms under a step of current, by type."""
    pushed = {name: (Izhikevich.of_type(name), 1e-9) for name in IZHIKEVICH}
    pushed |= {name: (AdaptiveExponential.of_type(name), 65e-12) for name in ADEX}
    return {name: intervals(run(unit, np.array([push]), 5000).spikes) for name, (unit, push) in pushed.items()}


def test_types_of_izhikevich(between):
    def settled(name):
        return between[name][len(between[name]) // 2 :].mean()

    assert between["RS"][0] < between["RS"][-1] and np.ptp(between["RS"][3:]) <= 2
    assert between["IB"][0] < 0.3 * settled("IB") and np.ptp(between["IB"][4:]) <= 2  # a burst, then single spikes
    assert between["CH"].max() > 8 * np.median(between["CH"])  # burst after burst
    assert settled("FS") < 0.4 * settled("RS") and np.ptp(between["FS"][3:]) <= 3
    assert between["LTS"][0] < 0.4 * settled("LTS") < settled("RS")
    assert settled("TC") < 0.2 * settled("RS")


def test_units_with_much_recovery_answer_to_the_end_of_inhibition():
    external = np.where((np.arange(6000) >= 1000) & (np.arange(6000) < 3000), -0.5e-9, 0.0)[:, None]
    after = {name: run(Izhikevich.of_type(name), external, 6000).spikes[:, 0] for name in ("TC", "LTS", "RS")}
    assert len(after["RS"]) == 0 and all(len(after[name]) and 3000 < after[name][0] < 3300 for name in ("TC", "LTS"))


def test_types_of_the_adaptive_exponential_unit(between):
    assert np.ptp(between["tonic"][2:]) <= 3
    assert (np.diff(between["adapting"][:8]) > 0).all() and between["adapting"][-1] > 1.5 * between["adapting"][0]
    assert (
        between["initial burst"][0] < 0.2 * between["initial burst"][-1] and np.ptp(between["initial burst"][6:]) <= 2
    )
    assert (between["bursting"] > 300).sum() > 3 and np.median(between["bursting"]) < 40


def test_other_parameters_and_other_names():
    assert (
        Izhikevich.of_type("FS", capacitance=2e-10).get_params()
        == Izhikevich(a=100.0, b=200.0, c=-0.065, d=2.0, capacitance=2e-10).get_params()
    )
    assert Izhikevich.of_type("CH", c=-0.055).c == -0.055
    with pytest.raises(ValueError, match="The 'cell_type' parameter of AdaptiveExponential must be one of 'tonic'"):
        AdaptiveExponential.of_type("RS")
