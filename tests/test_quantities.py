"""A quantity is known by what it can do, without Brian2."""

import warnings

import numpy as np
import pytest

from reservoir import LiquidState, simulate
from reservoir.circuits import Circuit, Projection
from reservoir.neurons import GIF, LIF, Izhikevich
from reservoir.plasticity import STDP, ClopathSTDP
from reservoir.quantities import PlausibilityWarning, is_quantity, magnitude, measured_in
from reservoir.spikes import Exponential, SpikeTrains
from reservoir.validation import InvalidParameterError


class Dimension:
    """What alone is asked of a dimension."""

    def __init__(self, **powers):
        self.powers = powers

    def get_dimension(self, base):
        return self.powers.get(base, 0)


class Amperes:
    """What alone is asked of a quantity."""

    dim = Dimension(current=1)

    def __init__(self, value):
        self.value = value

    def __array__(self, dtype=None, copy=None):
        return np.array(self.value, dtype=dtype)

    def __float__(self):
        return float(self.value)


def test_what_has_dimensions_is_a_quantity():
    tensor = type("Tensor", (), {"dim": lambda self: 2})()  # a `dim` of another kind
    assert not any(map(is_quantity, (1.0, None, "volt", np.ones(3), tensor, [1.0, [tensor]])))
    assert is_quantity(Amperes(2.0)) and is_quantity([1.0, (Amperes(2.0), 3)])


def test_its_number_is_in_si_units():
    assert magnitude(Amperes(2e-9)) == 2e-9 and type(magnitude(Amperes(2))) is float
    found = magnitude([1.0, (Amperes(2.0), Amperes([3, 4]))])
    assert found[:1] == [1.0] and found[1][0] == 2.0 and found[1][1].tolist() == [3.0, 4.0]
    same = object()
    assert magnitude(same) is same
    assert measured_in([Amperes(1), Amperes(2)], "amp") and not measured_in(Amperes(1), "volt")
    assert not measured_in([Amperes(1), 2.0], "amp")


def test_a_view_of_one_number_has_no_float():
    """As the time of Brian2's clock, whose shape is told as (1,)."""
    clock = type("View", (Amperes,), {"__float__": None, "shape": (1,), "ndim": 1})(0.05)
    assert magnitude(clock) == 0.05 and type(magnitude(clock)) is float


def test_parameters_take_it():
    one, other = (LIF(background=value).cells(np.ones(2, bool), np.ones(2), 1e-4) for value in (Amperes(1e-9), 1e-9))
    assert np.array_equal(one.rest, other.rest)
    ends = dict(pre=[0, 1], post=[1, 0], delay=1e-3, time_constant=3e-3)
    assert Projection(weight=Amperes([1e-9, 2e-9]), **ends).equals(Projection(weight=[1e-9, 2e-9], **ends))
    with pytest.raises(
        InvalidParameterError, match="'delay' parameter of Projection must be a number or a quantity of sec"
    ):
        Projection(weight=1e-9, **ends | {"delay": Amperes(1)})


# Numbers as papers print them

NONE = Projection(np.zeros(0, int), np.zeros(0, int), np.zeros(0), 0.0, 1e-3)


def cells(neuron):
    return neuron.cells(np.ones(3, bool), np.array([3e-3]), 1e-4)


@pytest.mark.parametrize("use, words", [
    (lambda: cells(LIF(time_constant=30)), r"'time_constant' parameter of LIF is 30 s .* Was 0.03 s meant, 30 ms\?"),
    (lambda: cells(LIF(threshold=15, reset=0.01)), r"'threshold' .* LIF is 15 V .* Was 0.015 V meant, 15 mV\?"),
    (lambda: cells(LIF(refractory=(0.003, 3))), "'refractory' parameter of LIF is 3 s"),
    (lambda: cells(LIF(resistance=np.array([1e6, 100.0, 1e6]))), r"is 100 ohm .* Was 1e\+08 ohm meant, 100 Mohm"),
    (lambda: cells(LIF(background=13.5)), "'background' parameter of LIF is 13.5 A .* Was 1.35e-08 A meant, 13.5 nA"),
    (lambda: cells(Izhikevich(c=-65)), "'c' parameter of Izhikevich is -65 V .* Was -0.065 V meant"),
    (lambda: cells(Izhikevich(a=0.02)), "'a' parameter of Izhikevich is 0.02 1 / s .* Was 20 1 / s meant"),
    (lambda: cells(Izhikevich(capacitance=100)), "'capacitance' parameter of Izhikevich is 100 F .* 1e-10 F meant"),
    (lambda: Projection([0], [0], 30.0, 1e-3, 3e-3), "'weight' parameter of Projection is 30 A"),
    (lambda: Projection([0], [0], 5.0, 1e-3, 3e-3, reversal=0.0), "'weight' parameter of Projection is 5 S"),
    (lambda: Projection([0], [0], 3e-8, 1.5, 3e-3), "'delay' parameter of Projection is 1.5 s"),
    (lambda: Projection([0], [0], 3e-8, 1e-3, 3.0), "'time_constant' parameter of Projection is 3 s"),
    (lambda: Projection([0], [0], 1e-9, 1e-3, 0.1, reversal=0.0, magnesium=1e-3), "is 0.001 mM .* Was 1 mM meant"),
    (lambda: STDP(tau_plus=20.0).rule(Projection([0], [0], 3e-8, 1e-3, 3e-3)), "'tau_plus' parameter of STDP is 20 s"),
    (lambda: cells(GIF(tau_sfa_1=53.8)), "'tau_sfa_1' parameter of GIF is 53.8 s"),
    (lambda: ClopathSTDP(tau_plus=7.0).rule(Projection([0], [0], 3e-8, 1e-3, 3e-3)), "'tau_plus' .* is 7 s"),
    (lambda: Exponential(30.0).filter(SpikeTrains([], [], 1, 0.1), 0.01, 5), "'time_constant' .* Exponential is 30 s"),
    (lambda: SpikeTrains([0.0], [0], 1, 6e5), "'duration' parameter of SpikeTrains is 600000 s"),
    (lambda: simulate(Circuit([True], NONE, NONE, 0), currents=np.zeros((1, 1)), dt=0.1), "'dt' .* is 0.1 s"),
    (lambda: simulate(Circuit([True], NONE, NONE, 0), currents=np.ones((1, 1))), "'currents' .* is 1 A"),
    (lambda: LiquidState(step=10).fit(np.zeros((1, 1))), "'step' parameter of LiquidState is 10 s"),
])  # fmt: skip
def test_numbers_as_papers_print_them_are_doubted(use, words):
    with pytest.warns(PlausibilityWarning, match=words):
        use()


def test_what_is_plausible_or_has_a_unit_is_not_doubted():
    with warnings.catch_warnings():
        warnings.simplefilter("error", PlausibilityWarning)
        cells(LIF(background=Amperes(2.0), threshold=1.0, refractory=0.0))
        Projection([0, 1], [0, 1], [3e-8, -2e-8], 0.1, 0.5, U=0.5, D=5.0, F=0.1)
        Projection([0, 1], [0, 1], 1e-9, 1e-3, 0.1, reversal=0.0, magnesium=[0.0, 1.2])
        SpikeTrains([0.0], [0], 1, 600.0)
