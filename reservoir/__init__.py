"""Reservoir and spiking computing with the face of scikit-learn."""

__version__ = "0.1.0"

import logging

from reservoir.models import ReservoirClassifier, ReservoirForecaster, ReservoirRegressor
from reservoir.persistence import load, save
from reservoir.systems import DeepEchoState, EchoState, LiquidState, simulate

__all__ = [
    "DeepEchoState",
    "EchoState",
    "LiquidState",
    "ReservoirClassifier",
    "ReservoirForecaster",
    "ReservoirRegressor",
    "load",
    "save",
    "simulate",
]

logging.getLogger(__name__).addHandler(logging.NullHandler())
