"""Which readouts answer by coef x + intercept, so that compiled loops may do it in their place."""

from __future__ import annotations

from reservoir.foreign_code import inherited
from reservoir.parts import Readout
from reservoir.readouts.affine import LinearReadout
from reservoir.readouts.recursive_least_squares import RecursiveLeastSquares


def is_linear(readout: Readout) -> bool:
    """Whether `predict` is coef_ x + intercept_ for every row, as it was written for the readouts of this room.

    A subclass with a `predict` of its own may answer otherwise, whatever stands in its coef_.
    """
    return inherited(readout, LinearReadout, "predict")


def learns_by_least_squares(readout: Readout) -> bool:
    """Whether `step` answers and learns as `RecursiveLeastSquares` does, so that a compiled loop may do it."""
    steps = ("step", "begin", "publish", "learning", "_advance", "_begin", "_start", "_with_constant")
    return inherited(readout, RecursiveLeastSquares, *steps)
