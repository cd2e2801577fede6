"""The call that runs a batch, and the tables of its study."""

import functools
import json
import logging
import pickle
import threading
import time
import types
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import ParameterGrid

from reservoir.batch import processes, run_batch
from tests.batch.batch_tasks import SETUPS, alike, empty, note_setup, plain, surroundings

GRID = {"size": [1, 3], "number": [0, 1, 2]}


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


def warning(task, *, random_state):
    for _ in range(2 * (task["number"] > 2)):
        warnings.warn(f"{task['number']} is large.", RuntimeWarning, stacklevel=2)
    if task["number"] == 4:
        raise ValueError("too large")
    return task["number"]


def test_warnings_are_told_with_the_task(tmp_path):
    with pytest.warns(UserWarning) as said:
        study = run_batch(warning, {"number": range(5)}, store=tmp_path / "store", n_jobs=1)
    assert [str(one.message) for one in said] == [
        "2 task(s) of run_batch warned, such as one with parameters {'number': 3}: RuntimeWarning: 3 is large. "
        "runs().warnings of the study has all."
    ]
    assert said[0].filename == __file__
    large = [f"RuntimeWarning: {number} is large." for number in (3, 4)]
    assert study.runs().warnings.tolist() == [[], [], [], large[:1], large[1:]]
    study.consolidate(tmp_path / "table.parquet")
    assert "3 is large" in str(pd.read_parquet(tmp_path / "table_runs.parquet").warnings[3])


def test_workers_have_one_thread(tmp_path):
    found = run_batch(surroundings, [{"number": 0}], store=tmp_path / "store", n_jobs=1).results()[0]
    assert found["numba"] == found["ours"] == 1 and set(found["pools"]) == {1} and found["faults"]
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
        ({"timeout": 1e12}, "'timeout'"),
        ({"timeout": float("inf")}, "'timeout'"),
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
