"""A quantity is known by what it can do, without Brian2."""

import numpy as np
import pytest

from reservoir.circuits import Projection
from reservoir.neurons import LIF
from reservoir.quantities import is_quantity, magnitude, measured_in
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
