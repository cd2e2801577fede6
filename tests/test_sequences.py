"""The data contract: containers in and out, targets, scores, searches, frames, and stored estimators."""

import copy
import pickle
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import sklearn
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from sklearn.exceptions import DataConversionWarning
from sklearn.linear_model import LogisticRegression, Ridge, RidgeClassifier
from sklearn.metrics import accuracy_score, r2_score
from sklearn.model_selection import GridSearchCV, KFold, TimeSeriesSplit

from reservoir import EchoState, ReservoirClassifier, ReservoirForecaster, ReservoirRegressor
from reservoir.estimator_checks import check_sequence_estimator
from reservoir.readouts import Force
from reservoir.topologies import CirculantGraph, Cycle, Random

N, T, F = 5, 12, 2
LENGTHS = (12, 7, 9, 15, 8)
RNG = np.random.default_rng(7)
STACK = RNG.uniform(size=(N, T, F))
RAGGED = [RNG.uniform(size=(length, F)) for length in LENGTHS]
MATRIX = RNG.uniform(-1, 1, size=(20, 20))
DATA = {"series": STACK[0], "stack": STACK, "list": RAGGED}


def small(**parameters):
    return EchoState(20, **{"random_state": 0, **parameters})


def step_values(kind, *tail):
    """Numbers for every step of DATA[kind], each of shape `tail`."""
    rng = np.random.default_rng(1)
    if kind == "list":
        return [rng.uniform(size=(length, *tail)) for length in LENGTHS]
    return rng.uniform(size=(T, *tail) if kind == "series" else (N, T, *tail))


def shapes(answer):
    return [member.shape for member in answer] if isinstance(answer, list) else answer.shape


def same_bits(a, b):
    members = zip(a, b, strict=True) if isinstance(a, list) else [(a, b)]
    return type(a) is type(b) and all(np.array_equal(x, y) for x, y in members)


def after_washout(kind, values, washout):
    return np.concatenate([member[washout:] for member in ([values] if kind == "series" else values)])


SYSTEMS = {
    "default": EchoState(),
    "float32": small(dtype="float32"),
    "sparse": small(topology=sparse.csr_array(np.where(MATRIX > 0.5, MATRIX, 0))),
    "dense": small(topology=MATRIX),
    "dense as given": small(topology=MATRIX / 20, spectral_radius=None, dtype="float32"),
    "circulant graph": small(topology=CirculantGraph(in_degree=3), leak=0.3),
    "random": small(topology=Random(in_degree=4), bias_scaling=0.5),
    "cycle": small(topology=Cycle(), activation="logistic"),
    "relu": small(activation="relu", spectral_radius=0.3),
    "one leak a unit": small(leak=np.linspace(0.1, 1, 20)),
    "noise": small(noise=0.1),
}
POOLINGS = (None, "mean", "last", "max")
MODELS = {
    "default": ReservoirRegressor(),
    **{f"pooling {name}": ReservoirRegressor(small(), pooling=name) for name in POOLINGS},
    "washout": ReservoirRegressor(small(), washout=4, include_input=False),
    "noise": ReservoirRegressor(small(noise=0.1), washout=4, pooling="mean"),
    "labels": ReservoirClassifier(small()),
    "labels last": ReservoirClassifier(small(topology=MATRIX), pooling="last", include_input=True, washout=2),
    "labels by a classifier": ReservoirClassifier(small(), RidgeClassifier()),
    "forecast": ReservoirForecaster(small()),
    "forecast float32": ReservoirForecaster(small(dtype="float32"), washout=0, include_input=False),
    "forecast of an ensemble": ReservoirForecaster(small(noise=0.01), washout=2, n_members=2, squared_states=True),
    "forecast by Force": ReservoirForecaster(small(bias_scaling=0.2), Force(), washout=1, feedback_scaling=0.5),
    "foreign": ReservoirRegressor(small(), Ridge()),
    "foreign pooled": ReservoirRegressor(small(), Ridge(), pooling="mean"),
    "foreign labels": ReservoirClassifier(small(), LogisticRegression()),
    "foreign forecast": ReservoirForecaster(small(), Ridge(), washout=3),
}


@pytest.mark.parametrize("n_features", [1, 3])
@pytest.mark.parametrize("system", SYSTEMS.values(), ids=SYSTEMS)
def test_systems(system, n_features):
    check_sequence_estimator(system, n_features=n_features, random_state=n_features)


@pytest.mark.parametrize("name", MODELS)
def test_models(name):
    """A readout on BLAS depends on the number of rows by rounding."""
    check_sequence_estimator(MODELS[name], tolerance=1e-9 if "foreign" in name else 0.0)


def by_member(change):
    """A method `transform` that changes the states of every sequence."""

    def transform(self, X):
        states = EchoState.transform(self, X)
        return [change(self, x) for x in states] if isinstance(states, list) else change(self, states)

    return transform


def leaves_traces(self, X, y=None):
    self.seen_ = True
    return EchoState.fit(self, X)


def fills_gaps(self, X, y=None):
    return EchoState.fit(self, [np.nan_to_num(x) for x in X] if isinstance(X, list) else X)


def gives_tuples(self, X):
    states = EchoState.transform(self, X)
    return tuple(states) if isinstance(X, tuple) else states


def writes(self, X, y=None):
    EchoState.fit(self, X)
    X[0][0] = 0.0
    return self


def counts(self, states):
    self._calls = getattr(self, "_calls", 0) + 1
    return states * self._calls


BROKEN = {
    "two pieces": {"run": lambda self, X, state=None: EchoState.run(self, X)},
    "different answers": {"transform": by_member(counts)},
    "rows expected": {"transform": by_member(lambda self, states: states[..., 1:, :])},
    "a tuple gets tuple": {"transform": gives_tuples},
    "fit does not refuse NaN": {"fit": fills_gaps},
    "a failed fit changes": {"fit": leaves_traces},
    "writes to the data": {"fit": writes},
    "ended in ValueError": {"transform": lambda self, X: EchoState.transform(self, X[99:])},
}


@pytest.mark.parametrize("rule", BROKEN)
def test_contract_is_broken(rule):
    estimator = type("Broken", (EchoState,), BROKEN[rule])(20)
    with pytest.raises(AssertionError, match=f"^Broken breaks the data contract: .*{rule}"):
        check_sequence_estimator(estimator)


@given(st.data(), st.lists(st.integers(1, 40), min_size=1, max_size=5), st.sampled_from(sorted(SYSTEMS)))
def test_any_pieces(data, lengths, name):
    """However a ragged list is cut and ordered, the state handed over, the bits are those of one run."""
    system = SYSTEMS[name].fit(RAGGED)
    rng = np.random.default_rng(sum(lengths))
    X = [rng.uniform(-1, 1, size=(length, F)) for length in lengths]
    whole, order = system.transform(X), data.draw(st.permutations(range(len(X))))
    assert same_bits([whole[i] for i in order], system.transform([X[i] for i in order]))
    assert same_bits(whole, [system.run(x)[0] for x in X])
    if name != "noise":
        rows, cut = X[0], data.draw(st.integers(1, max(1, len(X[0]) - 1)))
        pieces, state = [], None
        for start in range(0, len(rows), cut):
            states, state = system.run(rows[start : start + cut], state)
            pieces.append(states)
        assert np.array_equal(whole[0], np.concatenate(pieces))


@pytest.mark.parametrize("tail", [(), (1,), (3,)])
@pytest.mark.parametrize("kind", DATA)
@pytest.mark.parametrize("readout", [None, Ridge()])
def test_one_prediction_a_step(kind, tail, readout):
    """Predictions are shaped like y of fit, in the container of X of predict."""
    y = step_values(kind, *tail)
    model = ReservoirRegressor(small(), readout).fit(DATA[kind], y)
    assert shapes(model.predict(DATA[kind])) == shapes(y)
    for other in DATA:
        assert shapes(model.predict(DATA[other])) == shapes(step_values(other, *tail))
    assert np.isfinite(model.score(DATA[kind], y))


@pytest.mark.parametrize("tail", [(), (1,), (3,)])
@pytest.mark.parametrize("kind", ["stack", "list"])
@pytest.mark.parametrize("pooling", ["mean", "last", "max"])
def test_one_prediction_a_sequence(kind, tail, pooling):
    y = RNG.uniform(size=(N, *tail))
    model = ReservoirRegressor(small(), pooling=pooling).fit(DATA[kind], y)
    assert model.predict(DATA[kind]).shape == y.shape
    assert model.predict(STACK[0]).shape == (1, *tail)
    assert model.score(DATA[kind], y) == r2_score(y, model.predict(DATA[kind]))


@pytest.mark.parametrize("readout", [None, RidgeClassifier()])
@pytest.mark.parametrize("kind", DATA)
def test_one_label_a_step(kind, readout):
    numbers = step_values(kind)
    y = [np.where(x > 0.5, "high", "low") for x in numbers]
    y = y if kind == "list" else np.array(y)
    model = ReservoirClassifier(small(), readout, washout=2).fit(DATA[kind], y)
    assert model.per_step_ and list(model.classes_) == ["high", "low"]
    for other in DATA:
        assert shapes(model.predict(DATA[other])) == shapes(step_values(other))
        assert shapes(model.decision_function(DATA[other])) == shapes(step_values(other))
    truth, said = after_washout(kind, y, 2), after_washout(kind, model.predict(DATA[kind]), 2)
    assert model.score(DATA[kind], y) == accuracy_score(truth, said)


LABELS = {
    "strings": np.array(["b", "a", "c", "a", "b"]),
    "integers": np.array([3, 1, 2, 1, 3], dtype=np.uint8),
    "flags": np.array([True, False, False, True, True]),
    "integral floats": np.array([1.0, 2.0, 3.0, 1.0, 2.0]),
    "Series": pd.Series(["b", "a", "c", "a", "b"], index=range(50, 55)),
    "categorical": pd.Series(["b", "a", "c", "a", "b"], index=range(50, 55), dtype="category"),
}


@pytest.mark.parametrize("kind", ["stack", "list"])
@pytest.mark.parametrize("labels", LABELS.values(), ids=LABELS)
def test_one_label_a_sequence(kind, labels):
    model = ReservoirClassifier(small()).fit(DATA[kind], labels)
    answers = model.predict(DATA[kind])
    assert not model.per_step_ and set(model.classes_) == set(labels)
    assert answers.shape == (N,) and answers.dtype == model.classes_.dtype
    assert model.predict(STACK[0]).shape == (1,)
    n_classes = len(model.classes_)
    assert model.decision_function(STACK).shape == ((N,) if n_classes == 2 else (N, n_classes))
    assert model.score(DATA[kind], labels) == np.mean(answers == np.asarray(labels))


@pytest.mark.parametrize("kind", DATA)
def test_one_class_is_predicted(kind):
    y = [np.full(len(x), "a") for x in DATA[kind]] if kind != "series" else np.full(T, "a")
    answers = ReservoirClassifier(small()).fit(DATA[kind], y).predict(DATA[kind])
    assert set(np.concatenate(answers) if kind != "series" else answers) == {"a"}


def test_series_of_pandas_keep_their_order_not_their_index():
    late = pd.RangeIndex(100, 100 + T)
    frames = [pd.DataFrame(x, columns=["u", "v"]).set_index(np.arange(50, 50 + len(x))) for x in RAGGED]
    y = step_values("list")
    boxes = [pd.Series(member, index=frame.index) for member, frame in zip(y, frames, strict=True)]
    plain, named = (ReservoirRegressor(small()).fit(*data) for data in [(RAGGED, y), (frames, boxes)])
    assert list(named.feature_names_in_) == ["u", "v"] and named.n_features_in_ == F
    assert same_bits(plain.predict(RAGGED), named.predict(frames))
    assert named.score(frames, y) == plain.score(RAGGED, y)
    for target in (step_values("series"), step_values("series", 1), step_values("series", 2)):
        frame = pd.DataFrame(STACK[0], index=late, columns=["u", "v"])
        box = pd.Series(target, index=late) if target.ndim == 1 else pd.DataFrame(target, index=late)
        array = ReservoirRegressor(small()).fit(STACK[0], target).predict(STACK[0])
        assert np.array_equal(ReservoirRegressor(small()).fit(frame, box).predict(frame), array)
    pooled = ReservoirRegressor(small(), pooling="mean")
    from_frames = pooled.fit(frames, pd.Series(range(N), index=range(90, 90 + N))).predict(frames)
    assert np.array_equal(from_frames, pooled.fit(RAGGED, range(N)).predict(RAGGED))
    with pytest.raises(ValueError, match=r"Sequence 1.*feature names"):
        named.predict([frames[0], frames[1][["v", "u"]]])


def odd_member(members, index, value):
    return [value if i == index else member for i, member in enumerate(members)]


VALUES, LENGTH_LABELS = step_values("list", 2), [np.zeros(length, int) for length in LENGTHS]
REGRESSORS = {
    "length of a member": (RAGGED, odd_member(VALUES, 3, VALUES[3][1:]), "Member 3 of y"),
    "outputs of a member": (RAGGED, odd_member(VALUES, 2, VALUES[2][:, :1]), "member 2"),
    "depth of a member": (RAGGED, odd_member(VALUES, 2, VALUES[2][:, 0]), "member 2"),
    "NaN in a member": (RAGGED, odd_member(VALUES, 1, VALUES[1] * np.nan), "NaN"),
    "number of members": (RAGGED, VALUES[:-1], "Got 4 for 5 sequences"),
    "one per sequence": (RAGGED, np.arange(5.0), "one number per sequence"),
    "length of a series": (STACK[0], np.zeros(T - 1), r"\[12, 11\]"),
    "too deep": (STACK[0], np.zeros((T, 2, 2)), "y of ReservoirRegressor"),
    "no target": (STACK[0], None, "requires y to be passed"),
}
CLASSIFIERS = {
    "no label": (STACK, None, "requires y to be passed"),
    "indicators": (STACK, np.eye(N)[:, :3], "labels, not indicators"),
    "indicators for a list": (RAGGED, np.eye(N), "labels, not indicators"),
    "one label for one series": (STACK[0], "a", r"\[X\]"),
    "continuous": (STACK, np.linspace(0.1, 0.9, N), "continuous"),
    "two types": (STACK, np.array(["a", 1, 2, "b", 3], dtype=object), "y"),
    "None": (STACK, ["a", None, "b", "a", "b"], "None"),
    "length of a member": (RAGGED, odd_member(LENGTH_LABELS, 4, np.zeros(3, int)), "Member 4 of y"),
}


@pytest.mark.parametrize("X, y, text", REGRESSORS.values(), ids=REGRESSORS)
def test_target_is_refused(X, y, text):
    with pytest.raises(ValueError, match=text):
        ReservoirRegressor(small()).fit(X, y)
    fitted = ReservoirRegressor(small()).fit(RAGGED, step_values("list"))
    with pytest.raises(ValueError, match=text):
        fitted.score(X, y)


@pytest.mark.parametrize("X, y, text", CLASSIFIERS.values(), ids=CLASSIFIERS)
def test_label_is_refused(X, y, text):
    with pytest.raises(ValueError, match=text):
        ReservoirClassifier(small()).fit(X, y)


def test_pooled_target_is_refused():
    for y, text in [(np.zeros(N - 1), "inconsistent"), (step_values("stack", 1), "y of ReservoirRegressor")]:
        with pytest.raises(ValueError, match=text):
            ReservoirRegressor(small(), pooling="mean").fit(STACK, y)
    with pytest.raises(ValueError, match=r"wrap it, \[X\]"):
        ReservoirRegressor(small(), pooling="mean").fit(STACK[0], np.zeros(T))


@pytest.mark.parametrize("y", [np.array([[0], [1], [0], [1], [1]]), np.ones((N, T, 1), dtype=int)])
def test_column_of_labels_warns(y):
    with pytest.warns(DataConversionWarning):
        model = ReservoirClassifier(small()).fit(STACK, y)
    assert same_bits(model.predict(STACK), ReservoirClassifier(small()).fit(STACK, y[..., 0]).predict(STACK))


@pytest.mark.parametrize("kind", DATA)
def test_washout_is_neither_learnt_nor_scored(kind):
    y = step_values(kind)
    X, other = DATA[kind], copy.deepcopy(y)
    for member in [other] if kind == "series" else other:
        member[:4] = 1e3
    model, spoilt = (ReservoirRegressor(small(), washout=4).fit(X, target) for target in (y, other))
    assert same_bits(model.predict(X), spoilt.predict(X))
    assert model.score(X, y) == model.score(X, other)
    truth, said = after_washout(kind, y, 4), after_washout(kind, model.predict(X), 4)
    assert model.score(X, y) == r2_score(truth, said)


@pytest.mark.parametrize("model", [ReservoirRegressor(small(), washout=2), ReservoirRegressor()])
@pytest.mark.parametrize("kind", DATA)
def test_search(model, kind):
    """A search reaches every part, on every container, also of a model made with defaults."""
    grid = {
        "reservoir__spectral_radius": [0.3, 0.9],
        "reservoir__leak": [0.2, 1.0],
        "readout__alpha": [0.1, 9],
    }
    splits = TimeSeriesSplit(2) if kind == "series" else KFold(2)
    search = GridSearchCV(model, grid, cv=splits, error_score="raise").fit(DATA[kind], step_values(kind))
    assert len(set(search.cv_results_["mean_test_score"])) == 8  # every candidate is another model
    best, found = search.best_estimator_, search.best_params_
    assert best.reservoir_.leak == found["reservoir__leak"]
    assert best.readout_.alpha_ == found["readout__alpha"]
    assert best.reservoir_.spectral_radius == found["reservoir__spectral_radius"]
    assert shapes(search.predict(DATA[kind])) == shapes(step_values(kind))


def test_search_over_labels():
    grid = {"reservoir__leak": [0.2, 1.0], "readout__alpha": [1e-3, 1.0], "pooling": ["mean", "last"]}
    search = GridSearchCV(ReservoirClassifier(), grid, cv=KFold(2)).fit(RAGGED, list("ababa"))
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def test_output_as_frame():
    frame = pd.DataFrame(STACK[0], index=pd.RangeIndex(30, 30 + T), columns=["u", "v"])
    states = small().set_output(transform="pandas").fit(frame).transform(frame)
    assert list(states.index) == list(frame.index)
    assert list(states.columns) == [f"echostate{i}" for i in range(20)]
    assert np.array_equal(states, small().fit(STACK[0]).transform(STACK[0]))


@pytest.mark.parametrize("kind", DATA)
def test_frames_as_output_leave_models_alone(kind):
    y = step_values(kind)
    plain = ReservoirRegressor(small()).fit(DATA[kind], y).predict(DATA[kind])
    with sklearn.config_context(transform_output="pandas"):
        assert same_bits(plain, ReservoirRegressor(small()).fit(DATA[kind], y).predict(DATA[kind]))
    framed = ReservoirRegressor(small().set_output(transform="pandas"))
    assert same_bits(plain, framed.fit(DATA[kind], y).predict(DATA[kind]))


def test_pickle_in_a_fresh_process(tmp_path):
    y = step_values("list")
    models = [
        small().fit(RAGGED),
        ReservoirRegressor(small(topology=Random(4))).fit(RAGGED, y),
        ReservoirClassifier(small(topology=MATRIX)).fit(RAGGED, list("abcab")),
    ]
    forecaster = ReservoirForecaster(small(), washout=2).fit(RAGGED)
    answers = [*(model.run(RAGGED)[0] for model in models), forecaster.forecast(5)]
    (tmp_path / "models").write_bytes(pickle.dumps((models, forecaster, RAGGED)))
    program = (
        "import pickle\n"
        "models, forecaster, X = pickle.load(open('models', 'rb'))\n"
        "answers = [*(model.run(X)[0] for model in models), forecaster.forecast(5)]\n"
        "pickle.dump(answers, open('answers', 'wb'))"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=120, cwd=tmp_path)
    for here, there in zip(answers, pickle.loads((tmp_path / "answers").read_bytes()), strict=True):
        assert same_bits(here, there)
