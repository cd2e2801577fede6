"""Regressors and classifiers on a stream: answers are those of `predict`, and all that is carried on can be kept."""

import copy
import pickle
import threading

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression, Ridge, SGDClassifier, SGDRegressor

from reservoir import (
    DeepEchoState,
    EchoState,
    LiquidState,
    ReservoirClassifier,
    ReservoirRegressor,
    load,
    save,
)
from reservoir.circuits import MaassColumn
from reservoir.models import RegressorStream
from reservoir.neurons import rate
from reservoir.readouts import BackpropagationDecorrelation, LeastMeanSquares, RecursiveLeastSquares, RidgeReadout
from reservoir.spikes import Poisson, SendOnDelta
from reservoir.topologies import CirculantGraph, Hadamard, Random
from reservoir.trainers import TrainingError

X = np.random.default_rng(0).uniform(-0.5, 0.5, size=(120, 2))
Y = np.stack([np.roll(X[:, 0], 1), np.roll(X[:, 1], 2)], axis=1)
LABELS = np.where(Y[:, 0] > 0, "up", "down")


def small(n_units=20, **options):
    return EchoState(n_units, **{"random_state": 0, "bias_scaling": 0.1} | options)


def steps(stream, rows):
    return np.array([stream.step(row) for row in rows])


SYSTEMS = {
    "circulant": small(37, topology=CirculantGraph(3)),
    "sparse": small(37, topology=Random(8)),
    "dense": small(37, topology=np.random.default_rng(1).normal(size=(37, 37))),
    "hadamard": small(37, topology=Hadamard()),
    "float32": small(37, dtype="float32"),
    "noise": small(noise=0.1),
    "relu": small(activation="relu", leak=0.3),
    **{name: small(unit=getattr(rate, name)()) for name in rate.__all__ if name != "RateUnit"},
    "deep": DeepEchoState(small(), n_layers=2),
}


@pytest.mark.parametrize("include_input", [True, False])
@pytest.mark.parametrize("y", [Y, Y[:, 1]], ids=["two", "one"])
@pytest.mark.parametrize("name", SYSTEMS)
def test_answers_are_those_of_predict(name, y, include_input):
    model = ReservoirRegressor(SYSTEMS[name], RidgeReadout(1e-4), include_input=include_input).fit(X, y)
    expected = model.predict(X)
    stream = model.stream()
    assert np.array_equal(steps(stream, X), expected)
    assert np.array_equal(steps(model.stream(X[:50]), X[50:]), expected[50:])
    assert np.array_equal(steps(stream.reset(), X[:20]), expected[:20])


@pytest.mark.parametrize("system", [small(), small(topology=np.eye(20))], ids=["together", "one by one"])
def test_members_answer_and_learn(system, tmp_path):
    model = ReservoirRegressor(system, RecursiveLeastSquares(alpha=1e-2), n_members=3).fit(X[:60], Y[:60])
    stream = model.stream(X[:60])
    assert np.array_equal(steps(stream, X[60:]), model.predict(X)[60:])
    whole = ReservoirRegressor(system, RecursiveLeastSquares(alpha=1e-2), n_members=3).fit(X, Y)
    stream = model.stream(X[:60])
    for row, target in zip(X[60:90], Y[60:90], strict=True):
        stream.update(row, target)
    stream.step(X[90])
    save(stream, tmp_path / "stream")
    for one in (stream, load(tmp_path / "stream")):
        one.learn(Y[90])
        for row, target in zip(X[91:], Y[91:], strict=True):
            one.update(row, target)
        for mine, theirs in zip(one.model.members_, whole.members_, strict=True):
            assert mine.readout_.coef_ == pytest.approx(theirs.readout_.coef_, rel=1e-6, abs=1e-8)


@pytest.mark.parametrize("readout", [Ridge(), SGDRegressor(random_state=0)])
def test_any_readout_answers(readout):
    model = ReservoirRegressor(small(), readout).fit(X, Y[:, 0])
    assert steps(model.stream(), X) == pytest.approx(model.predict(X), rel=1e-12, abs=1e-12)


THREE = np.argmax(np.abs(Y), axis=1) + (X[:, 0] > 0.3)


@pytest.mark.parametrize(
    ("labels", "readout"),
    [
        (LABELS, None),
        (THREE, None),
        (np.ones(120, int), None),
        *[(y, SGDClassifier(random_state=0)) for y in (LABELS, THREE)],
    ],
)
def test_labels_are_those_of_predict(labels, readout):
    model = ReservoirClassifier(small(), readout).fit(X, labels)
    assert np.array_equal(steps(model.stream(), X), model.predict(X))


def test_rows_may_be_lists_tuples_tables_and_rows_of_them():
    table = pd.DataFrame(X, columns=["a", "b"])
    model = ReservoirRegressor(small()).fit(table, Y)
    expected = model.predict(table)[0]
    turned, whole = table[["b", "a"]], X[0].astype(np.float32).astype(float)
    for row in (X[0], list(X[0]), tuple(X[0]), X[:1], table.iloc[:1], table.iloc[0], np.asfortranarray(X)[0]):
        assert np.array_equal(model.stream().step(row), expected)
    assert np.array_equal(model.stream().step(X[0].astype(np.float32)), model.stream().step(whole))
    for row in (turned.iloc[:1], turned.iloc[0]):
        with pytest.raises(ValueError, match="feature names"):
            model.stream().step(row)
    assert ReservoirRegressor(small()).fit(X[:, :1], Y[:, 0]).stream().step(0.25) is not None


BAD_ROWS = [
    *([0.1], [0.1, 0.2, 0.3], 0.1, "row", None, [[0.1, 0.2], [0.3, 0.4]], [0.1, np.nan], [0.1, None], [np.inf, 0]),
    *(np.array([0.1, np.nan]), np.array([0.1, 1e101]), np.array([0.1]), np.array([0.1, 1j])),
    np.ma.masked_array([0.1, 0.2], [True, False]),
]


@pytest.mark.parametrize("system", [small(), SYSTEMS["deep"]], ids=["compiled", "plain"])
def test_bad_rows_are_refused_and_change_nothing(system):
    model = ReservoirRegressor(system).fit(X, Y)
    stream, twin = model.stream(X[:9]), model.stream(X[:9])
    for row in BAD_ROWS:
        with pytest.raises(ValueError, match="RegressorStream"):
            stream.step(row)
    assert stream.n_heard == 9
    assert np.array_equal(stream.step(X[9]), twin.step(X[9]))


def test_states_that_overflow_change_nothing():
    system = EchoState(3, activation="identity", topology=1e160 * np.eye(3), spectral_radius=None, random_state=0)
    stream = ReservoirRegressor(system, LeastMeanSquares(1e-300)).fit(X[:1], Y[:1]).stream()
    stream.step(X[0])
    state = stream.step(X[0]) is not None and stream.state
    for dtype in (float, np.float32):
        with pytest.raises(ValueError, match="overflow"):
            stream.step(X[0].astype(dtype))
        assert np.array_equal(stream.state, state)


def naive(model, rows, targets):
    """Answers before each update, with the features from one run and `partial_fit` of the readout alone."""
    states = model.reservoir_.run(rows)[0]
    readout, answers = copy.deepcopy(model.readout_), []
    for features, target in zip(np.hstack([states, rows]), targets, strict=True):
        answers.append(readout.predict(features[None])[0])
        readout.partial_fit(features[None], np.asarray(target)[None])
    return np.array(answers), readout


@pytest.mark.parametrize("readout", [RecursiveLeastSquares(0.99, 1e-2), LeastMeanSquares(), RidgeReadout(1e-2)])
def test_updates_learn_one_row_after_another(readout):
    model = ReservoirRegressor(small(), readout).fit(X[:60], Y[:60])
    before, stream = model.predict(X), model.stream()
    answers = np.array([stream.update(*pair) for pair in zip(X[:30], Y[:30], strict=True)])
    expected, learned = naive(model, X[:30], Y[:30])
    assert answers == pytest.approx(expected, rel=1e-6, abs=1e-9)
    assert stream.model.readout_.coef_ == pytest.approx(learned.coef_, rel=1e-6, abs=1e-8)
    assert np.array_equal(model.predict(X), before)  # the model itself has learnt nothing
    late = model.stream()
    for row, target in zip(X[:30], Y[:30], strict=True):
        late.step(row)
        late.learn(target)
    assert np.array_equal(late.model.readout_.coef_, stream.model.readout_.coef_)


def test_the_washout_is_heard_and_not_learnt():
    model = ReservoirRegressor(small(), RecursiveLeastSquares(), washout=5).fit(X[:60], Y[:60])
    stream = model.stream()
    for row, target in zip(X[:5], Y[:5], strict=True):
        stream.update(row, target)
    assert np.array_equal(stream.model.readout_.coef_, model.readout_.coef_)
    stream.update(X[5], Y[5])
    assert not np.array_equal(stream.model.readout_.coef_, model.readout_.coef_)


@pytest.mark.parametrize("readout", [RecursiveLeastSquares(), SGDClassifier(random_state=0)])
def test_classifiers_learn_too(readout):
    stream = ReservoirClassifier(small(), readout).fit(X[:40], LABELS[:40]).stream()
    for row, label in zip(X, LABELS, strict=True):
        assert stream.update(row, label) in ("up", "down")
    with pytest.raises(ValueError, match="one of the classes"):
        stream.update(X[0], "sideways")
    assert stream.n_heard == 120


@pytest.mark.parametrize("target", [[1.0], np.nan, None, "a", [1.0, np.inf], [1.0, 2.0, 3.0]])
def test_a_target_that_cannot_be_learnt_leaves_all_as_it_was(target):
    model = ReservoirRegressor(small(), RecursiveLeastSquares()).fit(X, Y)
    stream, twin = model.stream(X[:3]), model.stream(X[:3])
    with pytest.raises(ValueError):
        stream.update(X[3], target)
    assert stream.n_heard == 3 and stream.seen is None
    assert np.array_equal(stream.step(X[3]), twin.step(X[3]))


def test_each_row_is_learnt_once_at_most():
    stream = ReservoirRegressor(small(), RecursiveLeastSquares()).fit(X, Y).stream()
    with pytest.raises(ValueError, match="no row to learn"):
        stream.learn(Y[0])
    stream.update(X[0], Y[0])
    with pytest.raises(ValueError, match="once at most"):
        stream.learn(Y[0])
    with pytest.raises(ValueError, match="row by row"):
        ReservoirRegressor(small(), Ridge()).fit(X, Y).stream().update(X[0], Y[0])


COPIES = {
    "copy": lambda stream, folder: copy.copy(stream),
    "deepcopy": lambda stream, folder: copy.deepcopy(stream),
    "pickle": lambda stream, folder: pickle.loads(pickle.dumps(stream)),
    "file": lambda stream, folder: (save(stream, folder / "stream"), load(folder / "stream"))[1],
}


@pytest.mark.parametrize("way", COPIES)
@pytest.mark.parametrize(
    "system",
    [small(), SYSTEMS["deep"], LiquidState(MaassColumn((2, 2, 2)), encoder=Poisson(300.0), random_state=0)],
    ids=["rate", "deep", "liquid"],
)
def test_all_of_it_is_kept_and_goes_on_bit_for_bit(system, way, tmp_path):
    model = ReservoirRegressor(system, RecursiveLeastSquares(0.99), washout=3).fit(X[:30], Y[:30])
    stream = model.stream(X[:2])
    for row, target in zip(X[2:10], Y[2:10], strict=True):
        stream.update(row, target)
    stream.step(X[10])
    same = COPIES[way](stream, tmp_path)
    for one in (stream, same):
        one.learn(Y[10])
    pairs = list(zip(X[11:30], Y[11:30], strict=True))
    mine, theirs = ([one.update(*pair) for pair in pairs] for one in (stream, same))
    assert np.array_equal(mine, theirs)
    assert np.array_equal(stream.model.readout_.coef_, same.model.readout_.coef_)
    assert stream.n_heard == same.n_heard == 30


def test_gaps_split_streams_as_they_split_series():
    rows = X[:40].copy()
    rows[[7, 8, 30], [0, 1, 0]] = np.nan
    for y in (Y, Y[:, 0]):
        model = ReservoirRegressor(small(), gaps="split").fit(X, y)
        assert np.array_equal(steps(model.stream(), rows), model.predict(rows), equal_nan=True)


class Whole(SendOnDelta):
    """An encoder that says it wants whole sequences."""

    piecewise = False


def test_what_needs_whole_sequences_is_refused():
    pooled = ReservoirRegressor(small(), pooling="mean").fit([X, X], [0.0, 1.0])
    with pytest.raises(ValueError, match="answers whole sequences"):
        RegressorStream(pooled)
    liquid = LiquidState(MaassColumn((2, 2, 2)), encoder=Whole(), random_state=0)
    with pytest.raises(ValueError, match="piecewise"):
        ReservoirRegressor(liquid).fit(X[:20], Y[:20]).stream()
    with pytest.raises(ValueError, match="row_wise"):
        ReservoirRegressor(small(), BackpropagationDecorrelation()).fit(X, Y).stream()
    with pytest.raises(ValueError, match="one series"):
        ReservoirRegressor(small()).fit(X, Y).stream([X, X])
    with pytest.raises(ValueError, match="not fitted"):
        ReservoirRegressor(small()).stream()


def test_one_stream_one_thread():
    """A second thread that comes while a row is answered is told so."""
    said = []

    def from_another():
        try:
            stream.step(X[0])
        except TrainingError as error:
            said.append(str(error))

    class Asked(RecursiveLeastSquares):
        def predict(self, rows):
            thread = threading.Thread(target=from_another)
            thread.start()
            thread.join()
            return super().predict(rows)

    stream = ReservoirRegressor(small(), Asked()).fit(X, Y).stream()
    stream.step(X[0])
    assert said and "RegressorStream" in said[0]
    assert stream.n_heard == 1


@pytest.mark.parametrize("classes", [["down", "up"], [0, 1], [3, 7, 1]])
@pytest.mark.parametrize("readout", [LogisticRegression(), SGDClassifier(random_state=0)])
def test_members_that_classify_answer_with_labels(readout, classes):
    """Labels have no mean: they go by that of probabilities or scores, as in `predict`."""
    labels = np.array(classes)[np.digitize(Y[:, 0], np.linspace(-0.5, 0.5, len(classes) + 1)[1:-1])]
    model = ReservoirClassifier(small(), readout, n_members=3).fit(X, labels)
    stream = model.stream()
    assert steps(stream, X).tolist() == model.predict(X).tolist()
    if hasattr(readout, "partial_fit"):
        assert stream.update(X[0], labels[0]) in classes
