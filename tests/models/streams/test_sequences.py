"""Models of whole sequences on a stream: after every row the answer is that of `predict` to the rows so far."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from reservoir import DeepEchoState, EchoState, ReservoirClassifier, ReservoirRegressor
from reservoir.models import SequenceStream, Shares
from reservoir.preprocessing import SequenceScaler, WithGradient
from reservoir.systems import Prepared, Reversed, SideBySide
from reservoir.topologies import Cycle, Repeated
from tests.models.streams.copies import COPIES

RNG = np.random.default_rng(0)
X = [RNG.normal(size=(n, 2)).cumsum(axis=0) for n in RNG.integers(9, 20, 15)]
LABELS = np.array(["a", "b", "c"])[np.arange(15) % 3]
TARGETS = RNG.normal(size=(15, 2))
SHARES = Shares(2, random_state=0)


def small(n_units=12, **options):
    return EchoState(n_units, **{"random_state": 0, "bias_scaling": 0.1} | options)


def ahead(*transformers, system=None):
    """A system that hears gradients."""
    return Prepared(make_pipeline(*(transformers or (WithGradient(), SequenceScaler()))), system or small())


def assert_is_predict(model, methods=("predict",), sequences=X[:2]):
    stream = model.stream()
    for rows in sequences:
        stream.reset()
        for t, row in enumerate(rows):
            answer = stream.step(row)
            if t < model.washout:
                assert answer is None
                continue
            assert np.array_equal(answer, model.predict(rows[: t + 1])[0])
            for method in methods:
                assert np.array_equal(getattr(stream, method)(), getattr(model, method)(rows[: t + 1])[0])
        assert stream.n_heard == len(rows)


SYSTEMS = {
    "rate": small(),
    "float32": small(dtype="float32"),
    "noise": small(noise=0.1),
    "delays": small(topology=Repeated(Cycle(), length=4), delay=[1, 2, 5] * 4),
    "deep": DeepEchoState(small(), n_layers=2),
    "sides": SideBySide([("one", small()), ("two", small(5, dtype="float32"))]),
    "scaled": Prepared(SequenceScaler(), small()),
    "gradient": ahead(),
    "twice": ahead(WithGradient(), "passthrough", WithGradient()),
    "gradient of sides": ahead(WithGradient(), system=SideBySide([("one", small(leak=0.4)), ("two", small(5))])),
}


@pytest.mark.parametrize("include_input", [False, True])
@pytest.mark.parametrize("n_members", [1, 2])
@pytest.mark.parametrize("name", SYSTEMS)
def test_labels_are_those_of_the_rows_so_far(name, n_members, include_input):
    model = ReservoirClassifier(
        SYSTEMS[name], pooling=[SHARES, "max"], n_members=n_members, include_input=include_input, washout=n_members
    )
    assert_is_predict(model.fit(X, LABELS), ["predict", "decision_function"])


@pytest.mark.parametrize("system", [small(), small(1), ahead()], ids=["units", "unit", "ahead"])
@pytest.mark.parametrize("pooling", ["mean", "last", "max", SHARES, ["last", "mean", SHARES], [("max", 0.5)]], ids=str)
def test_poolings_that_count(system, pooling):
    series = [rows[:, :1] for rows in X]  # a single column, which NumPy adds in an order of its own
    model = ReservoirRegressor(system, pooling=pooling, include_input=True).fit(series, TARGETS)
    assert_is_predict(model, sequences=series[:1])


@pytest.mark.parametrize("preset", ["fast", "full", "classic"])
def test_presets_stream(preset):
    model = ReservoirClassifier(preset=preset).fit(X, LABELS)
    assert_is_predict(model, ["decision_function"], X[:1])


@pytest.mark.parametrize("n_members", [1, 2])
def test_probabilities(n_members):
    model = ReservoirClassifier(ahead(), LogisticRegression(), pooling=[SHARES], n_members=n_members).fit(X, LABELS)
    assert_is_predict(model, ["predict_proba", "decision_function"])
    for readout in (None, SGDClassifier(random_state=0)):
        with pytest.raises(AttributeError, match="predict_proba"):
            ReservoirClassifier(small(), readout).fit(X, LABELS).stream(X[0]).predict_proba()


def test_one_number_and_one_class():
    assert_is_predict(ReservoirRegressor(small(), pooling="mean").fit(X, TARGETS[:, 0]))
    assert_is_predict(ReservoirClassifier(small()).fit(X, ["a", "b", "b"] * 5), ["decision_function"])
    assert_is_predict(ReservoirClassifier(small()).fit(X, ["a"] * 15))


@pytest.mark.parametrize("system", [small(), ahead()], ids=["causal", "ahead"])
def test_pieces_between_gaps_are_pooled_together(system):
    model = ReservoirClassifier(system, gaps="split", washout=2, include_input=True).fit(X, LABELS)
    rows = np.concatenate([X[0][:6], X[1][:1] * np.nan, X[1][:2], X[1][:2] * np.nan, X[2][:5]])
    stream = model.stream()
    for t, row in enumerate(rows):
        answer = stream.step(row)
        assert answer is None if t < 2 else answer == model.predict([rows[: t + 1]])[0]
        if t >= 2:
            assert np.array_equal(stream.decision_function(), model.decision_function([rows[: t + 1]])[0])


@pytest.mark.parametrize("way", COPIES)
@pytest.mark.parametrize("system", [small(), SYSTEMS["gradient of sides"]], ids=["causal", "ahead"])
def test_all_of_it_is_kept(system, way, tmp_path):
    model = ReservoirClassifier(system, pooling=[SHARES, "max", "mean", "last"], include_input=True, washout=1)
    stream = model.fit(X, LABELS).stream()
    for row in X[0]:
        same = COPIES[way](stream, tmp_path)
        stream.step(row)
        same.step(row)
        assert same.n_heard == stream.n_heard
        if stream.n_heard > 1:
            assert np.array_equal(same.decision_function(), stream.decision_function())


@pytest.mark.parametrize("change", [
    {"n_rows": 0}, {"above": np.zeros((1, 12), int)}, {"above": np.zeros(12, int)}, {"highest": np.zeros(3)},
    {"sums": np.zeros(12)},
])  # fmt: skip
def test_counts_that_do_not_fit_are_refused(change):
    model = ReservoirClassifier(small(), pooling=[SHARES, "max"]).fit(X, LABELS)
    stream = model.stream(X[0])
    with pytest.raises(ValueError, match="counted"):
        SequenceStream(model, stream.states, [stream.counts[0]._replace(**change)], n_heard=3, n_in_piece=3)
    with pytest.raises(ValueError, match="window"):
        SequenceStream(ReservoirClassifier(ahead()).fit(X, LABELS), n_heard=3, n_in_piece=3)


@pytest.mark.parametrize("system", [small(), ahead()], ids=["causal", "ahead"])
def test_goes_on_behind_a_context(system):
    model = ReservoirClassifier(system).fit(X, LABELS)
    stream = model.stream(X[0][:5])
    assert stream.predict() == model.predict(X[0][:5])[0]
    assert stream.step(X[0][5]) == model.predict(X[0][:6])[0]
    assert repr(stream) == "<SequenceStream: 6 rows heard by ReservoirClassifier>"
    table = pd.DataFrame(X[0], columns=["a", "b"])
    model = ReservoirClassifier(system).fit([table, table], ["a", "b"])
    assert np.array_equal(model.stream(table[:5]).step(table.iloc[5]), model.predict(table[:6])[0])


def test_bad_rows_change_nothing():
    model = ReservoirClassifier(ahead()).fit(X, LABELS)
    stream, twin = model.stream(X[0][:4]), model.stream(X[0][:4])
    for row in ([0.1], [0.1, np.nan], "row", None, [np.inf, 0.0], [1e101, 0.0]):
        with pytest.raises(ValueError, match="SequenceStream"):
            stream.step(row)
    stream.step(X[0][4]), twin.step(X[0][4])
    assert np.array_equal(stream.decision_function(), twin.decision_function()) and stream.n_heard == 5


def test_states_that_overflow_change_nothing():
    options = {"activation": "identity", "topology": 1e30 * np.eye(3), "spectral_radius": None}
    system = EchoState(3, dtype="float32", random_state=0, **options)
    model = ReservoirClassifier(system, pooling="mean").fit([rows[:1] for rows in X], LABELS)
    stream = model.stream(X[0][:1])
    before = stream.decision_function()
    with pytest.raises(ValueError, match="overflow"):
        for row in X[0]:
            stream.step(row)
            before = stream.decision_function()
    assert np.array_equal(stream.decision_function(), before)


@pytest.mark.parametrize(("options", "reason"), [
    ({"reservoir": Reversed(small())}, "neighbours.*Reversed"),
    ({"reservoir": Prepared(WithGradient(), Reversed(small()))}, "causal = False"),
    ({"reservoir": Prepared(FunctionTransformer(), small())}, "neighbours"),
    ({"reservoir": SideBySide([("one", small()), ("two", Reversed(small()))])}, "neighbours.*SideBySide"),
    *(({"pooling": name}, "together") for name in ("segments", "weighted", "model_space", ["mean", "segments"])),
])  # fmt: skip
def test_what_needs_whole_sequences_is_refused(options, reason):
    model = ReservoirClassifier(**{"reservoir": small(), "pooling": "mean"} | options).fit(X, LABELS)
    with pytest.raises(ValueError, match=f"SequenceStream needs .*{reason}"):
        model.stream()


def test_models_of_rows_and_what_was_not_heard():
    with pytest.raises(ValueError, match="answers every row"):
        SequenceStream(ReservoirClassifier(small()).fit(X[0], np.arange(len(X[0])) % 2))
    with pytest.raises(ValueError, match="not fitted"):
        ReservoirClassifier(small()).stream()
    with pytest.raises(ValueError, match="no row behind the washout of 3"):
        ReservoirClassifier(small(), washout=3).fit(X, LABELS).stream(X[0][:3]).predict()
