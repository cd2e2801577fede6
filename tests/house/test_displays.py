"""How estimators, parts and records show themselves: a page in notebooks, and a line."""

import inspect
import re

import numpy as np
import pytest
from sklearn.base import BaseEstimator

from reservoir import simulate
from reservoir.circuits import Circuit
from reservoir.model_selection import ReservoirSearchCV
from reservoir.models import ReservoirClassifier, ReservoirForecaster, ReservoirRegressor
from reservoir.probes import memory_capacity
from reservoir.readouts import RidgeReadout
from reservoir.spikes import Raster, SpikeTrains
from reservoir.systems import DeepEchoState, EchoState, LiquidState
from spiking import STDP, Microcircuit
from tests.house.data import COLUMN, SMALL, TABLE, Y
from tests.house.exports import is_complete, modules


def parts():
    """Every estimator and part of the library that can be made without arguments, not only those that are exported."""
    found = {value for module in modules() for value in vars(module).values() if inspect.isclass(value)}
    ours = {one for one in found if one.__module__.startswith(("reservoir.", "spiking."))}
    parts = [one for one in ours if issubclass(one, BaseEstimator) and is_complete(one)]
    return sorted(parts, key=lambda one: one.__qualname__)


@pytest.mark.parametrize("one", parts(), ids=lambda one: one.__name__)
def test_every_part_is_displayed(one):
    assert one.__name__ in one()._repr_html_()
    assert len(repr(one())) < 200


@pytest.mark.parametrize(
    "model, parts",
    [
        (ReservoirRegressor(EchoState(9, topology=np.eye(9)), RidgeReadout("gcv")), ["EchoState", "RidgeReadout"]),
        (ReservoirClassifier(LiquidState(COLUMN, encoder=Raster())), ["LiquidState", "MaassColumn", "Raster"]),
        (ReservoirForecaster(DeepEchoState(layers=[SMALL, EchoState(7)])), ["DeepEchoState", "EchoState", "n_units=7"]),
        (ReservoirSearchCV(ReservoirRegressor(SMALL), {"washout": [1]}), ["ReservoirRegressor", "EchoState"]),
        (Microcircuit(COLUMN, plasticity={"recurrent": STDP()}), ["MaassColumn", "STDP"]),
    ],
)
def test_nested_parts_are_displayed(model, parts):
    page = re.sub(r"\s*<[^>]*>\s*", "", model._repr_html_())
    assert all(part in page for part in [type(model).__name__, *parts])


def test_fitted_models_are_displayed():
    model = ReservoirRegressor(SMALL).fit(TABLE, Y)
    page = model._repr_html_()
    assert "EchoState" in page and "itted" in page


def test_records_are_told_in_a_line():
    circuit = COLUMN.draw(np.random.default_rng(0))
    trains = SpikeTrains([0.01], [0], 1, 0.1)
    capacity = memory_capacity(SMALL, n_steps=300, random_state=0)
    records = [trains, circuit, circuit.recurrent, simulate(circuit, trains, record="voltages"), capacity]
    for record in records:
        text = repr(record)
        assert type(record).__name__ in text and len(text) < 100 and "\n" not in text and "array" not in text
    assert isinstance(circuit, Circuit) and f"{capacity.total:.2f}" in repr(capacity)
    assert "voltages" in repr(records[3]) and "spike" in repr(records[3])
