"""The joints: what the library exports fits them, what does not is named, and every mark stands in the table."""

import ast
import importlib
import inspect
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

from reservoir import DeepEchoState, EchoState, ReservoirClassifier, ReservoirRegressor, parts
from reservoir.parts import MARKS, check_part, members_of
from reservoir.rnn import RNNRegressor
from tests.loops import looped

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted([*ROOT.glob("reservoir/**/*.py"), *ROOT.glob("spiking/**/*.py")])
KINDS = {
    kind for kind in vars(parts).values() if inspect.isclass(kind) and getattr(kind, "_is_protocol", False)
} - {parts.SupportsArray}  # fmt: skip
FOREIGN = {
    # NumPy, SciPy, pandas, pyarrow
    "shape", "ndim", "dtype", "dtypes", "columns", "column_names", "iloc", "toarray", "tocsr", "tocoo", "to_dict",
    "to_numpy", "index", "to_frame", "is_monotonic_increasing", "to_timestamp", "tz", "freq", "freqstr", "rvs", "dist",
    # Numba, Matplotlib, scikit-learn, Brian2, threadpoolctl, Python
    "py_func", "instance_class", "get_position", "get_params", "set_params", "dim", "get_dimension", "source",
    "clear_controlling_thread", "targetoptions", "_fields", "item", "regressor_", "__closure__",
    "steps", "sched_getaffinity",
    "frozen", "register_at_fork", "best_estimator_", "best_index_", "refit", "__file__", "__module__", "__qualname__",
    "_cache",
    # records of the library, told apart from the arrays in them
    "binned", "state_in_tasks", "warmup", "spikes", "weight", "reversal", "table", "validation_scores_",
    "populations", "trains",
    # neo and quantities; monitors of Brian2
    "rescale", "magnitude", "t_stop", "t_start", "spiketrains", "clock", "i", "t", "__iter__",
}  # fmt: skip
ROOMS = {
    "reservoir.systems": [parts.System],
    "reservoir.readouts": [parts.Readout],
    "reservoir.topologies": [parts.Topology],
    "reservoir.wiring": [parts.InputWeights, parts.Delays],
    "reservoir.circuits": [parts.CircuitModel],
    "reservoir.spikes": [parts.Encoder, parts.Trace, parts.VoltageTrace],
    "reservoir.models.poolings.named": [parts.Pooling],
    "reservoir.plasticity": [parts.PlasticityRule],
    "reservoir.rnn.cells": [parts.RecurrentCell],
    "reservoir.neurons": [parts.SpikingUnit],
    "reservoir.neurons.rate": [parts.RateUnit],
}

NO_JOINT = {
    "EchoStateLanes",
    "Synapses",
    "Population",
    "Connection",
    "ReadoutReward",
}  # candidates at once; of what others are made


def asked():
    """What the code asks of other objects by hasattr and getattr: {name: places}."""
    places = defaultdict(list)
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if not (isinstance(node, ast.Call) and ast.unparse(node.func) in ("hasattr", "getattr")):
                continue
            whom, name = node.args[:2]
            if isinstance(name, ast.Constant) and ast.unparse(whom) not in ("self", "cls"):
                places[name.value].append(f"{path.relative_to(ROOT)}:{node.lineno}")
    return places


def test_every_mark_that_code_asks_for_stands_in_the_table():
    known = {mark.name for mark in MARKS} | FOREIGN
    own = {  # the private state of a part, which persistence reads
        name for name, places in asked().items()
        if name.startswith("_") and all(place.startswith("reservoir/persistence/") for place in places)
    }  # fmt: skip
    unknown = {name: places for name, places in asked().items() if name not in known | own}
    assert not unknown, f"add a Mark to MARKS, or the attribute of another library to FOREIGN here: {unknown}"


def test_every_mark_in_the_table_is_asked_for():
    unasked = {mark.name for mark in MARKS} - set(asked())
    assert not unasked, f"no code asks for {unasked}: take them out of MARKS in reservoir/parts/marks.py"


def test_a_mark_stands_once_for_a_kind_of_part_and_says_what_it_means():
    pairs = [(mark.name, mark.part) for mark in MARKS]
    assert len(set(pairs)) == len(pairs)
    assert {mark.part for mark in MARKS} <= KINDS and all(mark.meaning for mark in MARKS)


@pytest.mark.parametrize("kind", sorted(KINDS, key=lambda kind: kind.__name__), ids=lambda kind: kind.__name__)
def test_a_kind_of_part_says_its_contract(kind):
    assert len(inspect.cleandoc(kind.__doc__)) > 40 and members_of(kind)


def fits(cls, kind):
    return all(hasattr(cls, name) or name in inspect.get_annotations(cls) for name in members_of(kind))


@pytest.mark.parametrize("room", ROOMS)
def test_every_export_of_a_room_is_a_part(room):
    module = importlib.import_module(room)
    names = getattr(module, "__all__", [name for name in vars(module) if name[0].isupper()])
    classes = [value for name in names if inspect.isclass(value := getattr(module, name))]
    classes = [cls for cls in classes if hasattr(cls, "get_params") and cls.__module__.startswith("reservoir.")]
    classes = [cls for cls in classes if cls.__name__ not in NO_JOINT]
    assert classes
    odd = [cls for cls in classes if not any(fits(cls, kind) for kind in ROOMS[room])]
    assert not odd


class Halving:
    """A system from outside the package."""

    def fit(self, X):
        return self

    def run(self, X, state=None):
        return X / 2, X[-1]


def test_a_part_is_known_by_its_methods():
    check_part("owner", "system", Halving(), parts.System)
    for kind in KINDS - {parts.System, parts.TrialSystem}:  # which is told by a keyword of `run`
        with pytest.raises(ValueError, match=r"The 'part' parameter of Owner must be an? "):
            check_part("Owner", "part", Halving(), kind)


class Learner(Halving):
    """What learns from targets is no system, although it has all the methods of one."""

    def fit(self, X, y):
        return self


@pytest.mark.parametrize("made", [
    lambda: looped(RNNRegressor()), lambda: ReservoirRegressor(ReservoirRegressor()),
    lambda: ReservoirClassifier(Learner()), lambda: DeepEchoState(RNNRegressor()),
    lambda: DeepEchoState(layers=[EchoState(3), Learner()]),
])  # fmt: skip
def test_a_model_that_learns_from_targets_is_no_system(made):
    X = np.zeros((30, 1))
    wanted = r"must be (None or )?a system, whose fit\(X\) takes the series alone \(missing .* 'y'\)\. Got "
    with pytest.raises(ValueError, match=wanted):
        made().fit(X, X[:, 0])


@pytest.mark.parametrize("value, kind, optional, message", [
    (3, parts.System, False, "a system with fit and run (missing: fit, run). Got 3."),
    (Halving, parts.System, False, "a system with fit and run (an instance, not the class)."),
    (Halving(), parts.OnlineReadout, False, "an online readout with fit, predict and step (missing: predict, step)."),
    ("ring", parts.Topology, True, "None or a topology with draw (missing: draw). Got 'ring'."),
])  # fmt: skip
def test_what_is_missing_is_named(value, kind, optional, message):
    with pytest.raises(ValueError) as caught:
        check_part("Owner", "part", value, kind, optional=optional)
    assert str(caught.value).startswith(f"The 'part' parameter of Owner must be {message.removesuffix('.')}")
