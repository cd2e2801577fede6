"""Containers in and out: any cut and order, frames, and stored estimators."""

import pickle
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import sklearn
from hypothesis import given
from hypothesis import strategies as st

from reservoir import ReservoirClassifier, ReservoirRegressor
from reservoir.readouts import RidgeReadout
from reservoir.sequences import read_sequences
from reservoir.topologies import Random
from tests.loops import looped
from tests.sequence_cases import DATA, MATRIX, RAGGED, STACK, SYSTEMS, F, N, T, same_bits, small, step_values


@given(st.data(), st.lists(st.integers(1, 40), min_size=1, max_size=5), st.sampled_from(sorted(SYSTEMS)))
def test_any_pieces(data, lengths, name):
    """However a ragged list is cut and ordered, the state handed over, the bits are those of one run."""
    system = SYSTEMS[name].fit(RAGGED)
    rng = np.random.default_rng(sum(lengths))
    X = [rng.uniform(-1, 1, size=(length, F)) for length in lengths]
    whole, order = system.transform(X), data.draw(st.permutations(range(len(X))))
    assert same_bits([whole[i] for i in order], system.transform([X[i] for i in order]))
    assert same_bits(whole, [system.run(x)[0] for x in X])
    rows, cut = X[0], data.draw(st.integers(1, max(1, len(X[0]) - 1)))
    pieces, state = [], None
    for start in range(0, len(rows), cut):
        states, state = system.run(rows[start : start + cut], state)
        pieces.append(states)
    assert np.array_equal(whole[0], np.concatenate(pieces))


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
    forecaster = looped(small(), RidgeReadout(1.0), washout=2).fit(RAGGED)
    answers = [*(model.run(RAGGED)[0] for model in models), forecaster.forecast(5)]
    (tmp_path / "models").write_bytes(pickle.dumps((models, forecaster, RAGGED)))
    program = (
        "import pickle\n"
        "models, forecaster, X = pickle.load(open('models', 'rb'))\n"
        "answers = [*(model.run(X)[0] for model in models), forecaster.forecast(5)]\n"
        "pickle.dump(answers, open('answers', 'wb'))"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=tmp_path)
    for here, there in zip(answers, pickle.loads((tmp_path / "answers").read_bytes()), strict=True):
        assert same_bits(here, there)


class Lazy:
    """A table of another library, as polars has them: names and types of columns, and no index."""

    def __init__(self, values, columns):
        self.values, self.columns, self.dtypes = np.array(values, dtype=float), columns, ["Float64"] * len(columns)
        self.shape = self.values.shape

    def __len__(self):
        return len(self.values)

    def __getitem__(self, column):
        return self.values[:, self.columns.index(column)]

    def __array__(self, dtype=None, copy=None):
        return np.array(self.values, dtype=dtype)


def test_a_table_without_an_index():
    table = Lazy(STACK[0], ["u", "v"])
    system = small().fit(table)
    assert same_bits(system.transform(table), small().fit(STACK[0]).transform(STACK[0]))
    model = ReservoirRegressor(small()).set_output(transform="pandas").fit(table, STACK[0, :, 0])
    assert list(model.predict(table).index) == list(range(T))
    forecaster = looped(small(), washout=2).set_output(transform="pandas").fit(table)
    assert list(forecaster.forecast(2).index) == [0, 1]
    table.values[3, 1] = np.nan
    with pytest.raises(ValueError, match="NaN at row 3, column 'v'"):
        small().fit(table)


def test_what_has_been_read_is_not_read_again():
    system = small().fit(RAGGED)
    sequences = read_sequences(system, RAGGED, reset=False)
    assert read_sequences(system, sequences, reset=False) is sequences
    assert same_bits(system.transform(sequences), system.transform(RAGGED))
