"""Bad values of every parameter of the first estimators: refused in `fit`, in one shape, and nothing has changed."""

import re

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from reservoir import EchoState, ReservoirClassifier, ReservoirForecaster, ReservoirRegressor
from reservoir.models import Segments
from reservoir.neurons.rate import Euler
from reservoir.readouts import RidgeReadout
from reservoir.topologies import CirculantGraph, Cycle, Random
from tests.house.test_bad_input import SYSTEM, F, X, Y, unchanged
from tests.loops import PLAIN

SQUARE = np.eye(20)
SMALL = {EchoState: {"n_units": 20}, ReservoirForecaster: {"reservoir": SYSTEM, **PLAIN}}
REAL = (-1, np.nan, np.inf, "a", True, [1.0], 1j)
COUNT = (0, -1, 2.5, True, "a", None, np.array([2, 3]))
MODEL = {
    "reservoir": ("a", 3, Ridge(), EchoState),
    "readout": ("a", 3, EchoState(), Ridge),
    "washout": (-1, 2.5, True, "a", None),
    "include_input": (1, None, "a"),
}
PARAMETERS = {
    EchoState: {
        "n_units": COUNT,
        "topology": ("a", 3, np.ones(20), SQUARE[:3], np.eye(3), SQUARE * np.nan, SQUARE * 1j, Random),
        "spectral_radius": REAL,
        "input_scaling": (-1, np.nan, np.inf, "a", True, [1.0] * (F + 1), [[1.0]], 1j),
        "bias_scaling": REAL,
        "noise": (*REAL, None),
        "input_connectivity": (*REAL, None, 0, 1.5),
        "scaled_by": ("spectrum", None, 3, True),
        "leak": (*REAL, None, 0, 1.5, np.ones(3), [np.nan] * 20, ["a"] * 20, [1j] * 20, [[1], [1, 2]]),
        "activation": ("sine", None, 3, ["tanh"], np.tanh),
        "input_weights": (3, "a", np.ones((20, 3)), np.full((20, F), np.inf), np.ones((20, F)) * 1j),
        "bias": (3, "a", np.ones(3), np.full(20, np.nan), np.ones(20) * 1j, [[1], [1, 2]]),
        "dtype": ("float16", int, None, "a", 3, np.ones(2)),
        "unit": ("euler", 3, Euler, Random(), [Euler()]),
        "delay": (0, -1, 1.5, "a", True, None, [1, 2]),
        "random_state": (-1, 1.5, "a", True, [1, 2]),
    },
    RidgeReadout: {
        "alpha": (*REAL, None),
        "alphas": (3, "a", [0.0], [-1.0], [], [np.nan], [[1.0]]),
        "solver": ("svd", None, 3),
        "slack": (*REAL, None),
        "fit_intercept": (1, None, "a"),
    },
    ReservoirRegressor: {
        **MODEL,
        "pooling": ("median", 3, True, Segments),
        "preset": ("best", 3, True),
        "gaps": ("fill", None, True, 3),
        "n_members": COUNT,
    },
    ReservoirClassifier: {
        **MODEL,
        "pooling": ("median", 3, True, Segments),
        "preset": ("best", 3, True, None),
        "n_members": COUNT,
        "gaps": ("fill", None, True, 3),
        "class_weight": (3, "a", True, [1.0], {"other": 1.0}, {0: -1.0}, {0: np.nan}, {0: "b"}, np.ones(2)),
    },
    ReservoirForecaster: {
        **MODEL,
        "squared_states": (1, None, "a"),
        "feedback_scaling": (*REAL, None),
        "exogenous_lead": (2, -1, None, True, 0.5, "a"),
        "bounds": (3, "a", (1, 0), (0, 0), (0, 1, 2), [(0, 1)] * 9, (np.nan, 1)),
        "exogenous": ("a", ["a"], 3, None, [F], [-1], [0, 0], [0.5], list(range(F)), [[0]]),
        "n_members": COUNT,
        "gaps": ("fill", None, True, 3),
        "scaling": ("robust", 3, True, Ridge()),
        "transform": ("sqrt", 3, True, np.log),
        "season": (1.5, "weekly", True, [7, 7], [], np.nan, 1e9, [[7]], {}),
        "target": ("a", None, 1),
        "lags": (-1, None, True, 0.5, "a"),
        "strategy": ("a", None, 1),
        "horizon": (0, True, 0.5, "a"),
    },
    CirculantGraph: {"in_degree": COUNT, "distribution": ("cauchy", None, 3)},
    Random: {"in_degree": COUNT, "distribution": ("cauchy", None, 3)},
    Cycle: {},
    Segments: {"n_segments": COUNT},
}


def test_table_of_parameters_is_complete():
    assert all(table.keys() == owner().get_params(deep=False).keys() for owner, table in PARAMETERS.items())


@pytest.mark.parametrize("owner, name", [(owner, name) for owner in PARAMETERS for name in PARAMETERS[owner]])
def test_bad_parameter(owner, name):
    """Every bad value is refused in `fit`, in one shape, and the estimator stays as it was."""
    unclear = []
    for value in PARAMETERS[owner][name]:
        part = owner(**SMALL.get(owner, {}) | {name: value})
        estimator = EchoState(20, topology=part) if hasattr(part, "draw") else part
        estimator = ReservoirRegressor(SYSTEM, pooling=part) if owner is Segments else estimator
        sequences = owner in (Segments, ReservoirClassifier)
        before = dict(vars(estimator))
        try:
            estimator.fit(*(([X, X], [0, 1]) if sequences else (np.tile(X, (10, 1)), np.tile(Y, 10))))
            unclear.append(f"{value!r} is accepted")
        except Exception as error:
            shape = rf"The '{name}' parameter of {owner.__name__} must be (.|\n)+\. Got (.|\n)+\."
            if not isinstance(error, ValueError) or not re.fullmatch(shape, str(error)):
                unclear.append(f"{value!r} ends in {type(error).__name__}: {error}")
        assert unchanged(estimator, before)
    assert not unclear
