"""What a system is, and the models around it."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from sklearn.base import BaseEstimator

from benchmarks.comparison.systems.in_step import InStep
from reservoir import EchoState, ReservoirClassifier, ReservoirForecaster, ReservoirRegressor
from reservoir.models import Last, Mean, Segments
from reservoir.readouts import RidgeReadout

WASHOUT = 100
ALL = ("classify", "regress", "forecast")


class System(NamedTuple):
    """A system: what may be set, and how a model is built of it.

    Attributes
    ----------
    name : str
        Short name, also that of its file.
    title : str
        Name in tables.
    space : callable
        ``space(kind)`` gives {name: values}, of which a search draws; the first of each is tried first.
    build : callable
        ``build(kind, settings, seed)`` gives a model that is not fitted.
    trained : callable
        ``trained(model)`` counts the numbers that training has set.
    kinds : tuple of str
        What it can be asked for.
    takes_search_of : str
        Name of a system whose settings it takes, where it has no search of its own.
    note : str
        What a reader must know.
    version : str
        Changed where the system becomes another one: stored results of it alone are then not taken.
    """

    name: str
    title: str
    space: Any
    build: Any
    trained: Any
    kinds: tuple = ALL
    takes_search_of: str = ""
    note: str = ""
    version: str = ""


class MeanAndSpread(BaseEstimator):
    """Pooling: mean and standard deviation over the rows."""

    def pool(self, rows: np.ndarray) -> np.ndarray:
        """(n_rows, n_columns) -> (2 * n_columns,)."""
        return np.concatenate([rows.mean(axis=0), rows.std(axis=0)])


POOLINGS = {
    "mean": Mean(),
    "mean and spread": MeanAndSpread(),
    "last": Last(),
    "2 segments": Segments(2),
    "3 segments": Segments(3),
}


def readout_space(kind: str) -> dict[str, list]:
    """Settings of the readout, which all systems without backpropagation share."""
    if kind == "classify":
        poolings = ["mean", "3 segments", "mean and spread", "2 segments", "last"]
        return {"pooling": poolings, "alpha": [1.0, 0.1, 10.0, 0.01, 100.0]}
    if kind == "regress":
        return {"alpha": [1e-6, 1e-8, 1e-4, 1e-2, 1.0]}
    return {"alpha": [1e-10, 1e-6, 1e-14, 1e-18, 1e-22, 1e-3]}


def read_out(kind: str, system: Any, settings: dict, include_input: bool = True) -> Any:
    """The model of this kind around a system, with a ridge readout."""
    if kind == "classify":
        pooling = POOLINGS[settings["pooling"]]
        return ReservoirClassifier(
            system, RidgeReadout(settings["alpha"]), pooling=pooling, include_input=include_input
        )
    readout = RidgeReadout(settings["alpha"], solver="qr")
    if kind == "regress":
        return ReservoirRegressor(system, readout, washout=WASHOUT)
    if isinstance(system, EchoState):
        return ReservoirForecaster(system, readout, washout=WASHOUT, scaling=None)
    return InStep(system, readout, washout=WASHOUT)


def count_readout(model: Any) -> int:
    """Numbers in the readout."""
    return int(np.size(model.readout_.coef_) + np.size(model.readout_.intercept_))
