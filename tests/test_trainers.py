"""One model, one trainer: who comes second is told so, and nothing stays behind, however training ends."""

import copy
import inspect
import os
import pickle
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event, Thread

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import Ridge

from reservoir import EchoState, ReservoirRegressor, trainers
from reservoir.models import fit_in_parts
from reservoir.plasticity import STDP
from reservoir.readouts import LeastMeanSquares, RecursiveLeastSquares, RidgeReadout
from reservoir.rnn import RNNRegressor
from reservoir.trainers import TrainingError, one_trainer
from tests.house.exports import exported_classes, is_complete
from tests.loops import looped

LEARNS = ("fit", "partial_fit", "accumulate", "solve", "merge", "add_record", "step", "fit_transform")
LEARNS_WITH = {f"{name}.partial_fit": {"plasticity": [STDP()]} for name in ("LiquidState", "Microcircuit")}
X, Y = np.random.default_rng(0).normal(size=(2, 60, 3))
SAID = "is being trained by another thread: one model, one trainer"


class Slow:
    """Rows that say when they are read, and wait until they may be."""

    def __init__(self, rows):
        self.rows, self.read, self.go_on = rows, Event(), Event()

    def __array__(self, dtype=None, copy=None):
        self.read.set()
        assert self.go_on.wait(60)
        return np.array(self.rows, dtype=dtype)


@one_trainer
def hold(model, inside, release):
    inside.set()
    assert release.wait(60)


@contextmanager
def held(model):
    """Another thread trains the model."""
    inside, release = Event(), Event()
    thread = Thread(target=hold, args=(model, inside, release))
    thread.start()
    try:
        assert inside.wait(60)
        yield
    finally:
        release.set()
        thread.join()


def training_methods():
    for kind in sorted(exported_classes(), key=lambda kind: kind.__qualname__):
        for name in LEARNS:
            method = getattr(kind, name, None)
            if callable(method) and is_complete(kind) and not _learns_nothing(method):
                yield pytest.param(kind, name, id=f"{kind.__name__}.{name}")


def _learns_nothing(method):
    return inspect.getdoc(method) == "Nothing is learned."


@pytest.mark.parametrize(("kind", "name"), list(training_methods()))
def test_everything_that_learns_has_one_trainer(kind, name):
    part = kind(**LEARNS_WITH.get(f"{kind.__name__}.{name}", {}))
    method = getattr(part, name)
    wanted = inspect.signature(method).parameters.values()
    arguments = {
        one.name: X
        for one in wanted
        if one.default is one.empty and one.kind not in (one.VAR_KEYWORD, one.VAR_POSITIONAL)
    }
    before = vars(part).copy()
    with held(part), pytest.raises(TrainingError, match=f"{kind.__name__} {SAID}"):
        method(**arguments)
    assert vars(part) == before


MODELS = {
    "readout": (RidgeReadout(1e-3), "fit", "partial_fit"),
    "readout that goes on": (RidgeReadout(1e-3), "partial_fit", "partial_fit"),
    "online readout": (RecursiveLeastSquares(), "partial_fit", "fit"),
    "model": (ReservoirRegressor(EchoState(10, random_state=0)), "fit", "fit"),
    "model with a foreign readout": (ReservoirRegressor(EchoState(10, random_state=0), Ridge()), "fit", "fit"),
    "network": (RNNRegressor("elman", 4, max_iter=2, tol=None, random_state=0), "fit", "partial_fit"),
}


@pytest.mark.parametrize("name", MODELS)
def test_who_comes_second_disturbs_nobody(name):
    made, first, second = MODELS[name]
    model, slow = clone(made), Slow(X)
    alone = getattr(clone(made), first)(X, Y)
    with ThreadPoolExecutor(1) as pool:
        training = pool.submit(getattr(model, first), slow, Y)
        assert slow.read.wait(60)
        for rows, targets in ((X, Y), (X[:, :1], Y[:, :1])):
            with pytest.raises(TrainingError, match=SAID):
                getattr(model, second)(rows, targets)
        slow.go_on.set()
        training.result(60)
    np.testing.assert_array_equal(model.predict(X), alone.predict(X))
    getattr(model, second)(X, Y)  # and now it is free


def test_members_of_an_ensemble_are_trained_with_it():
    model = looped(EchoState(10, random_state=0), n_members=2, washout=5)
    with held(model), pytest.raises(TrainingError, match=f"ReservoirForecaster {SAID}"):
        model.fit(X)
    model.fit(X)


def test_a_model_trained_in_parts_has_one_trainer():
    model = ReservoirRegressor(EchoState(10, random_state=0))
    with held(model), pytest.raises(TrainingError, match=SAID):
        fit_in_parts(model, parts=[(X, Y)])


def test_copies_are_free():
    model = RidgeReadout(1e-3).fit(X, Y)
    with held(model):
        for other in (copy.copy(model), copy.deepcopy(model), clone(model), pickle.loads(pickle.dumps(model))):
            other.fit(X, Y)
        np.testing.assert_array_equal(model.predict(X), other.predict(X))


def test_one_thread_may_train_within_its_own_training():
    readout = LeastMeanSquares()

    @one_trainer
    def outer(model):
        model.fit(X, Y).partial_fit(X, Y)
        with ThreadPoolExecutor(1) as pool, pytest.raises(TrainingError):
            pool.submit(model.fit, X, Y).result()

    outer(readout)
    with ThreadPoolExecutor(1) as pool:
        pool.submit(readout.fit, X, Y).result()


@pytest.mark.parametrize("end", [ValueError, KeyboardInterrupt, SystemExit, GeneratorExit])
def test_it_ends_with_the_training(end):
    readout = RidgeReadout(1e-3)

    class Ends:
        def __array__(self, dtype=None, copy=None):
            raise end

    with pytest.raises(end):
        readout.fit(Ends(), Y)
    assert not trainers._TRAINERS
    with ThreadPoolExecutor(1) as pool:
        pool.submit(readout.fit, X, Y).result()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_child_knows_of_no_other_thread():
    model, mine = RidgeReadout(1e-3), RidgeReadout(1e-3)

    @one_trainer
    def fork_within(mine):
        child = os.fork()
        if not child:
            code = 1
            try:
                model.fit(X, Y)
                code = 0 if id(mine) in trainers._TRAINERS and len(trainers._TRAINERS) == 1 else 2
            finally:
                os._exit(code)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

    with held(model):
        assert fork_within(mine) == 0
