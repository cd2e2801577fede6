"""A class that takes the parameters of a model."""

import inspect

import pytest
from sklearn.base import BaseEstimator, clone

from reservoir import EchoState, ReservoirClassifier, ReservoirForecaster
from reservoir.adapters.parameters import parameters_of, with_parameters_of


class Base(BaseEstimator):
    def __init__(self, horizon=None):
        self.told = horizon


@with_parameters_of(ReservoirForecaster, without=("exogenous",), to_base=("horizon",), horizon=3)
class Adapter(Base):
    pass


def test_the_parameters_of_the_model():
    known = inspect.signature(ReservoirForecaster).parameters
    taken = inspect.signature(Adapter).parameters
    assert list(taken) == [name for name in known if name != "exogenous"]
    assert {one.name for one in taken.values() if one != known[one.name]} == {"horizon"}
    model = Adapter(EchoState(7), washout=2)
    assert (model.reservoir.n_units, model.washout, model.horizon, model.told) == (7, 2, 3, 3)
    assert parameters_of(model) == {name: getattr(model, name) for name in taken}
    assert ReservoirForecaster(**parameters_of(model)).horizon == 3
    with pytest.raises(TypeError, match="units"):
        Adapter(units=3)


def test_parts_that_are_none_are_reached():
    model = Adapter().set_params(reservoir__spectral_radius=0.5, readout__alpha=1.0)
    assert clone(model).get_params()["reservoir__spectral_radius"] == 0.5 and model.readout.alpha == 1.0
    assert Adapter().reservoir is None


def test_parts_that_are_none_are_those_of_the_model():
    @with_parameters_of(ReservoirClassifier)
    class Classifier(BaseEstimator):
        def __init__(self):
            super().__init__()

    ours, theirs = (kind().set_params(readout__solver="qr").readout for kind in (ReservoirClassifier, Classifier))
    assert theirs.get_params() == ours.get_params() and ours.alpha == "loo"
