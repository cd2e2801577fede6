"""Forecasters whose parameters are all given, for what tests of the loop itself are about."""

from typing import Any

from reservoir import ReservoirForecaster
from reservoir.readouts import RidgeReadout

PLAIN: dict[str, Any] = {
    "washout": 100,
    "target": "values",
    "lags": 0,
    "strategy": "recursive",
    "scaling": None,
    "transform": None,
    "season": None,
}
"""Next values by one row after the other, in the units of the data."""


def looped(reservoir: Any = None, readout: Any = None, **options: Any) -> ReservoirForecaster:
    """A forecaster that chooses nothing but what is asked for."""
    return ReservoirForecaster(reservoir, RidgeReadout() if readout is None else readout, **(PLAIN | options))
