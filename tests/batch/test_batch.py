"""Who a task is, what a result file holds, and the tables of a study."""

import functools
import json
import logging
import pickle
import random
import threading
import time
import types
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import ParameterGrid

from reservoir.batch import processes, run_batch
from reservoir.batch.identity import canonical, function_name, read_tasks, task_seed
from reservoir.batch.records import DamagedRecordError, Record, decode, encode
from reservoir.batch.store import Store
from tests.batch.batch_tasks import SETUPS, empty, note_setup, plain, surroundings

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
VALUES = st.recursive(SCALARS, lambda part: st.lists(part, max_size=3) | st.dictionaries(st.text(), part, max_size=3))
PARAMETERS = st.dictionaries(st.text(), VALUES, max_size=4)
GRID = {"size": [1, 3], "number": [0, 1, 2]}


def one(parameters, name="f", version="", seed=0):
    (task,) = read_tasks([parameters], name, version, seed)
    return task


# Identity and seed


@given(PARAMETERS, st.randoms(use_true_random=False))
def test_the_order_of_parameters_does_not_matter(parameters, shuffle: random.Random):
    items = list(parameters.items())
    shuffle.shuffle(items)
    assert one(dict(items))[1:] == one(parameters)[1:]


@given(PARAMETERS, PARAMETERS)
def test_other_parameters_are_another_task(first, second):
    """JSON text tells parameters apart: an independent one, whose order of keys is that of Python."""
    same = json.dumps(first, sort_keys=True) == json.dumps(second, sort_keys=True)
    assert (one(first).identity == one(second).identity) == same
    assert (one(first).random_state == one(second).random_state) == same


@given(PARAMETERS, st.text(), st.text(), st.integers(0, 2**64))
def test_name_and_version_change_the_task_but_not_its_seed(parameters, name, version, seed):
    task, other = one(parameters, seed=seed), one(parameters, name, version, seed)
    assert task.random_state == other.random_state and 0 <= task.random_state < 2**32
    assert (task.identity == other.identity) == ((name, version) == ("f", ""))
    assert one(parameters, seed=seed + 1).identity == task.identity


@given(st.integers(-(2**31), 2**31 - 1), st.floats(width=32), st.booleans())
def test_numpy_scalars_are_numbers(whole, real, flag):
    numbers = {"a": whole, "b": real, "c": flag}
    arrays = {"a": np.int32(whole), "b": np.float32(real), "c": np.bool_(flag)}
    assert canonical(arrays) == canonical(numbers) == canonical({**numbers, "a": np.int64(whole)})


def test_arrays_are_their_content():
    array = np.arange(6.0).reshape(2, 3)
    same = [array.copy(order="F"), np.ascontiguousarray(array.T).T, array.astype(">f8"), np.repeat(array, 2, 0)[::2]]
    assert {canonical({"a": other}) for other in same} == {canonical({"a": array})}
    others = [array + 1, array.reshape(3, 2), array.astype("f4"), array.tolist(), np.array(["x"])]
    assert len({canonical({"a": other}) for other in [array, *others]}) == 6


def test_seeds_look_random():
    """The bits of 4,096 seeds of neighbours are balanced and no two bits go together."""
    seeds = np.array([task_seed(canonical({"number": number}), 0) for number in range(4096)], dtype=np.uint32)
    bits = (seeds[:, None] >> np.arange(32, dtype=np.uint32)) & 1
    assert np.abs(bits.mean(axis=0) - 0.5).max() < 5 * 0.5 / 64
    correlation = np.corrcoef(bits.T.astype(float)) - np.eye(32)
    assert np.abs(correlation).max() < 5 / 64


def test_the_name_of_a_function():
    assert function_name(plain) == "tests.batch.batch_tasks.plain"
    bound = [functools.partial(plain, scale=scale) for scale in (1, 2)]
    assert len({function_name(func) for func in [plain, *bound]}) == 3
    assert function_name(bound[0]) == function_name(functools.partial(plain, scale=np.int64(1)))


@pytest.mark.parametrize("value", [object(), {1, 2}, 1j, b"x", np.array([None]), {"__array__": 0}, {3: 4}])
def test_parameters_that_no_text_can_name_are_refused(value, tmp_path):
    with pytest.raises(ValueError, match="'tasks' parameter of run_batch must be"):
        run_batch(empty, [{"a": value}], store=tmp_path)


# Result files

RESULTS = [
    None, 1, 1.5, float("inf"), "text \u00fc\ud800", True, [], {}, [1, [2.5, "a"], None], {"a": {"b": [1]}},
    np.arange(6).reshape(2, 3), np.array(3.0), np.zeros((0, 4)), np.array(["ab", "c"]), np.array([1 + 2j]),
    {"array": np.ones(3, "f4"), "more": [np.array([True]), {"deep": np.arange(2)}]},
]  # fmt: skip


def alike(one, other):
    if isinstance(one, np.ndarray):
        return isinstance(other, np.ndarray) and one.dtype == other.dtype and np.array_equal(one, other)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(alike, one, other))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(alike(one[key], other[key]) for key in one)
    return type(one) is type(other) and one == other


@pytest.mark.parametrize("result", RESULTS, ids=repr)
def test_a_record_comes_back(result):
    record = Record({"seconds": 0.5}, canonical({"a": 1}), result)
    back = decode(encode(record))
    assert alike(back.result, result) and back[:2] == record[:2]


@pytest.mark.parametrize("result", [object(), {1: 2}, {1, 2}, np.array([None]), {"__array__": 0}, 1j, b"x"])
def test_what_cannot_be_stored_is_refused(result):
    with pytest.raises(TypeError, match="A result of run_batch must be"):
        encode(Record({}, "{}", result))


@pytest.mark.parametrize("result", [None, {"a": 1.5, "b": np.arange(3)}])
def test_every_prefix_of_a_file_is_ignored(result, tmp_path):
    store, task = Store(tmp_path / "store"), one({"a": 1})
    store.open(0)
    store.write(task.identity, Record({"seconds": 0.1}, canonical({"a": 1}), result), "done")
    (name,) = store.scan()["done"].values()
    path, whole = Path(name), Path(name).read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        assert store.scan() == {"done": {}, "failed": {}}  # by its length
        other = path.with_name(f"{task.identity}-{length:x}.done")  # as if that were not seen
        path.rename(other)
        assert store.read(str(other)) is None and not other.exists()
    path.write_bytes(whole)
    assert store.scan()["done"] == {task.identity: name} and alike(store.read(name).result, result)


@given(st.data())
def test_a_changed_byte_is_seen(data):
    whole = bytearray(encode(Record({"seconds": 0.1}, "{}", {"a": np.arange(3)})))
    place = data.draw(st.integers(0, len(whole) - 1))
    whole[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(DamagedRecordError):
        decode(bytes(whole))


# The call and its tables


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return run_batch(plain, GRID, store=tmp_path_factory.mktemp("batch") / "store", n_jobs=1)


def test_a_grid_is_that_of_scikit_learn(study):
    assert study.tasks == list(ParameterGrid(GRID)) and study.pending() == [] and study.failed() == []
    assert "6 done, 0 failed, 0 pending" in repr(study)


def test_results_are_those_of_the_function(study):
    expected = [
        plain(task, random_state=seed) for task, seed in zip(study.tasks, study.runs().random_state, strict=True)
    ]
    assert all(map(alike, study.results(), expected))


def test_finished_tasks_are_not_run_again(study):
    before = study.runs()
    more = run_batch(plain, {**GRID, "number": range(3)}, store=study.store, n_jobs=1)
    pd.testing.assert_frame_equal(more.runs(), before)
    other = run_batch(plain, GRID, store=study.store, n_jobs=1, version="2")
    assert (other.runs().random_state == before.random_state).all() and not set(other.runs().task) & set(before.task)
    pd.testing.assert_frame_equal(other.to_frame(), study.to_frame())


def test_the_tables(study, tmp_path):
    frame = study.to_frame()
    assert list(frame.columns) == ["number", "size", "status", "sum", "draws", "name"]
    study.consolidate(tmp_path / "table.parquet")
    study.consolidate(tmp_path / "table.csv")
    read_csv = functools.partial(pd.read_csv, converters={"sum": float})  # old versions round by themselves
    parquet, text = pd.read_parquet(tmp_path / "table.parquet"), read_csv(tmp_path / "table.csv")
    for place, result in enumerate(study.results()):
        assert parquet["sum"][place] == text["sum"][place] == result["sum"]
        assert parquet.draws[place].tolist() == json.loads(text.draws[place]) == result["draws"].tolist()
    runs = pd.read_parquet(tmp_path / "table_runs.parquet")
    assert (runs.seconds > 0).all() and runs.traceback.isna().all()
    assert len(pd.read_csv(tmp_path / "table_runs.csv")) == 6


def test_names_that_meet_and_results_of_several_kinds(tmp_path):
    def mixed(task, *, random_state):
        return {"status": 1, "kind": 2} if task["kind"] == "dict" else task["kind"]

    study = run_batch(mixed, {"kind": ["dict", 3, "x", [1]]}, store=tmp_path / "store", n_jobs=1)
    frame = study.to_frame()
    assert list(frame.columns) == ["kind", "status", "status_", "kind_", "result"]
    assert study.results() == [{"status": 1, "kind": 2}, 3, "x", [1]]
    study.consolidate(tmp_path / "table.parquet")
    assert len(pd.read_parquet(tmp_path / "table.parquet")) == 4


def test_workers_have_one_thread(tmp_path):
    found = run_batch(surroundings, [{"number": 0}], store=tmp_path / "store", n_jobs=1).results()[0]
    assert found["numba"] == 1 and set(found["pools"]) == {1} and found["faults"]
    assert found["NUMBA_NUM_THREADS"] == found["OMP_NUM_THREADS"] == "1"


@pytest.mark.parametrize("setup", ["tests.batch.batch_tasks.note_setup", note_setup])
def test_setup_runs_once_in_every_process(setup, tmp_path):
    """Of a batch; the one worker of the second batch is that of the first."""
    before = len(SETUPS)
    for version in ("1", "2"):
        study = run_batch(surroundings, {"number": range(9)}, store=tmp_path, n_jobs=1, setup=setup, version=version)
        counts = {
            (process, found["setups"]) for process, found in zip(study.runs().process, study.results(), strict=True)
        }
        assert len(counts) == 1
    run_batch(surroundings, {"number": range(9)}, store=tmp_path, n_jobs=1, setup=setup)
    assert len(SETUPS) == before + 3


def test_a_worker_is_kept_for_the_next_batch_unless_it_is_about_to_end(tmp_path, monkeypatch):
    now = [time.monotonic()]
    monkeypatch.setattr(processes, "time", types.SimpleNamespace(monotonic=lambda: now[0]))

    def executor(name):
        run_batch(plain, {"number": [1], "size": [3]}, store=tmp_path / name, n_jobs=1)
        return processes._idle[-1].executor

    first = executor("first")
    assert executor("second") is first
    now[0] += processes._IDLE_SECONDS / 2
    assert executor("third") is not first


def test_a_line_in_the_log_where_there_is_no_terminal(tmp_path, caplog, still_clock):
    with caplog.at_level(logging.INFO, "reservoir.batch"):
        run_batch(plain, GRID, store=tmp_path / "store", n_jobs=1)
        run_batch(plain, {**GRID, "number": [5]}, store=tmp_path / "store", n_jobs=1, progress=False)
    (record,) = caplog.records
    assert "6 of 6 tasks, 0 failed" in record.getMessage() and "a second" in record.getMessage()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"seed": -1}, "'seed' parameter of run_batch must be an integer >= 0"),
        ({"n_jobs": 0}, "'n_jobs' parameter of run_batch must be an integer other than 0"),
        ({"retries": -1}, "'retries'"),
        ({"timeout": 0}, "'timeout'"),
        ({"on_error": "ignore"}, "'on_error'"),
        ({"setup": "nothing"}, "'setup'"),
        ({"progress": 1}, "'progress'"),
        ({"version": 2}, "'version'"),
        ({"client": "tcp://"}, "'client'"),
        ({"tasks": "text"}, "'tasks'"),
        ({"tasks": [3]}, "number 0"),
        ({"tasks": [{"a": 1}, {"a": 2}, {"a": np.int8(1)}]}, "Tasks 0 and 2 of run_batch have equal parameters"),
        ({"func": 3}, "'func'"),
    ],
)
def test_wrong_parameters(options, message, tmp_path):
    options = {"func": empty, "tasks": [{"a": 1}], "store": tmp_path / "store"} | options
    with pytest.raises(ValueError, match=message):
        run_batch(options.pop("func"), options.pop("tasks"), **options)
    assert not (tmp_path / "store").exists()


def test_a_store_is_for_one_seed_and_nothing_else(tmp_path, study):
    with pytest.raises(ValueError, match="holds results for seed=0, not 1"):
        run_batch(plain, GRID, store=study.store, seed=1)
    (tmp_path / "thesis.txt").touch()
    with pytest.raises(ValueError, match="a folder with other files"):
        run_batch(plain, GRID, store=tmp_path)


def test_a_function_that_cannot_be_sent(tmp_path):
    lock = threading.Lock()
    with pytest.raises(pickle.PicklingError):
        run_batch(lambda task, *, random_state: lock, [{"a": 1}], store=tmp_path / "store", n_jobs=1)
