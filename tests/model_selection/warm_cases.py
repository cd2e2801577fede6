"""Data and models for the tests of warm splits and of scorers."""

import numpy as np

from reservoir import EchoState, ReservoirRegressor
from reservoir.datasets import make_mackey_glass
from reservoir.model_selection import WarmTimeSeriesSplit
from reservoir.readouts import RidgeReadout

SERIES = make_mackey_glass(401)
X, Y = SERIES[:-1], SERIES[1:, 0]
LABELS = np.where(Y > np.median(Y), "high", "low")
RNG = np.random.default_rng(3)
LENGTHS = (12, 7, 9, 15, 8)
STACK = RNG.uniform(size=(5, 12, 2))
RAGGED = [RNG.uniform(size=(length, 2)) for length in LENGTHS]
RMSE = "neg_root_mean_squared_error"
CV = WarmTimeSeriesSplit(4, warmup=60)


def system(**parameters):
    """A reservoir that has forgotten its start after 60 rows."""
    return EchoState(
        40, **{"spectral_radius": 0.4, "input_scaling": 1.0, "bias_scaling": 0.0, "random_state": 0, **parameters}
    )


MODEL = ReservoirRegressor(system(), RidgeReadout(), washout=20)


def lists(folds):
    return [(train.tolist(), test.tolist()) for train, test in folds]


def step_targets(kind, *tail):
    rng = np.random.default_rng(1)
    if kind == "list":
        return [rng.uniform(size=(length, *tail)) for length in LENGTHS]
    return rng.uniform(size=(5, 12, *tail))
