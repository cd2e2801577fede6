"""Parameters of estimators, and of parts that stand in a dict or a list."""

import inspect

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import ParameterGrid

from reservoir import EchoState, ReservoirClassifier, ReservoirForecaster
from reservoir.estimators import AnyEstimator, BaseEstimator
from reservoir.plasticity import STDP
from reservoir.readouts import RidgeReadout


class Holder(BaseEstimator):
    """Parts of any kind in one parameter."""

    def __init__(self, parts=None, number=0):
        self.parts = parts
        self.number = number


PLACES = {"dict": ({"one": STDP()}, "one"), "list": ([STDP()], "0"), "nested": ({"one": [None, STDP()]}, "one__1")}


@pytest.mark.parametrize("kind", PLACES)
def test_a_part_within_is_listed_and_set(kind):
    parts, place = PLACES[kind]
    holder = Holder(clone(Holder(parts)).parts)
    assert holder.get_params()[f"parts__{place}__A_plus"] == 0.01 and f"parts__{place}" in holder.get_params()
    assert set(holder.get_params(deep=False)) == {"parts", "number"}
    copy = clone(holder).set_params(number=3, **{f"parts__{place}__A_plus": 0.5, f"parts__{place}__tau_plus": 0.1})
    assert copy.get_params()[f"parts__{place}__A_plus"] == 0.5 and copy.number == 3
    assert clone(copy).get_params()[f"parts__{place}__tau_plus"] == 0.1
    assert holder.get_params()[f"parts__{place}__A_plus"] == 0.01


@pytest.mark.parametrize("kind", PLACES)
def test_another_part_makes_another_container(kind):
    parts, place = PLACES[kind]
    holder = Holder(parts)
    before = repr(parts)
    holder.set_params(**{f"parts__{place}": STDP(A_plus=7.0), f"parts__{place}__tau_minus": 2.0})
    found = holder.get_params()
    assert found[f"parts__{place}__A_plus"] == 7.0 and found[f"parts__{place}__tau_minus"] == 2.0
    assert repr(parts) == before and holder.parts is not parts


def test_whole_containers_come_first():
    holder = Holder().set_params(parts__a__alpha=3.0, parts={"a": RidgeReadout(), "b": 2.0})
    assert holder.parts["a"].alpha == 3.0 and "parts__b" not in holder.get_params()


@pytest.mark.parametrize("name", ["parts__2", "parts__2__alpha", "parts__1__alpha", "parts__0__nothing", "nothing__0"])
def test_what_is_not_there_is_refused(name):
    with pytest.raises(ValueError, match="Invalid parameter"):
        Holder([RidgeReadout(), 1.0]).set_params(**{name: 1})


def test_types_and_numbers_are_no_parts():
    assert set(Holder([RidgeReadout, 1, np.ones(3)]).get_params()) == {"parts", "number"}


def test_a_grid_reaches_them():
    grid = ParameterGrid({"parts__x__alpha": [1.0, 2.0], "number": [0, 1]})
    found = [clone(Holder({"x": RidgeReadout()})).set_params(**one) for one in grid]
    assert [(one.parts["x"].alpha, one.number) for one in found] == [(1.0, 0), (2.0, 0), (1.0, 1), (2.0, 1)]


@pytest.mark.parametrize("deep", [False, True])
def test_parameters_are_those_of_scikit_learn(deep):
    """In their order too."""
    for part in (
        EchoState(topology=[[1.0]]),
        ReservoirClassifier(EchoState(), RidgeReadout()),
        STDP(),
        BaseEstimator(),
    ):
        theirs = AnyEstimator.get_params(part, deep)
        assert list(part.get_params(deep).items()) == list(theirs.items())
    model = ReservoirForecaster(EchoState(), transform=None)
    assert list(model.get_params(deep=False)) == sorted(inspect.signature(ReservoirForecaster).parameters)
    assert model.get_params(deep)["transform"] is None and not hasattr(model, "transform")


def test_an_estimator_names_its_parameters():
    class Nameless(BaseEstimator):
        def __init__(self, *parts):
            self.parts = parts

    with pytest.raises(RuntimeError, match="Estimators name all of their parameters"):
        Nameless().get_params()
