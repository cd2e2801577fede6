"""The same batches on a Dask cluster of worker processes."""

import contextlib
import sys

import psutil
import pytest

from reservoir.batch import run_batch
from tests.batch.batch_tasks import logged, plain, spikes, surroundings, trouble
from tests.batch.test_survival import (
    TIMEOUT,
    calls,
    gated,
    kill_at_the_gate,
    meanwhile,
    numbered,
    table,
    wait_at_the_gate,
)

distributed = pytest.importorskip("distributed")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="sends signals")


@contextlib.contextmanager
def cluster_of(**options):
    """A client of two processes of one thread."""
    options |= {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": ":0"}
    with distributed.LocalCluster(**options, silence_logs=50) as cluster, distributed.Client(cluster) as client:
        yield client


@pytest.fixture(scope="module")
def client():
    with cluster_of() as client:
        yield client


def test_a_worker_killed_in_the_middle(client, tmp_path):
    tasks, expected = gated(tmp_path)

    def last_to_begin():
        return [psutil.Process(int((tmp_path / "log").read_text().split()[-1]))]

    with meanwhile(kill_at_the_gate, tmp_path, 2, last_to_begin):
        study = run_batch(logged, tasks, store=tmp_path / "store", client=client)
    assert table(study, tmp_path) == expected
    begun = calls(tmp_path / "log")
    assert len(begun) == 41 and set(begun) == set(range(40))


@pytest.mark.parametrize(
    "kinds",
    [{3: "crash", 9: "raise"}, pytest.param({3: "crash", 8: "hang", 9: "raise"}, marks=pytest.mark.long)],
    ids=["at once", "after a limit too"],
)
def test_tasks_that_go_wrong(kinds, client, tmp_path):
    tasks = [{**task, "kind": kinds.get(task["number"])} for task in numbered(24)]
    options = {"timeout": TIMEOUT, "retries": 0}
    study = run_batch(trouble, tasks, store=tmp_path / "dask", client=client, **options)
    errors = {failure.parameters["number"]: failure.error for failure in study.failed()}
    assert errors[3].startswith("WorkerDied") and errors[9] == "ValueError: no 9"
    assert "TimeoutError" in errors.get(8, "TimeoutError")
    good = [task for task in tasks if task["number"] not in errors]
    alone = run_batch(plain, good, store=tmp_path / "alone", client=client).results()
    done = [result for result in study.results() if result is not None]
    assert errors.keys() == kinds.keys() and [one["sum"] for one in done] == [one["sum"] for one in alone]


def test_a_client_that_is_lost_in_the_middle(client, tmp_path):
    """The error says so, and nothing that the clean-up meets hides it; the next call goes on."""
    tasks, expected = gated(tmp_path)
    lost = distributed.Client(client.cluster)

    def lose():
        wait_at_the_gate(tmp_path, 2)
        lost.close()

    with meanwhile(lose), pytest.raises(ConnectionError, match="lost while the batch ran; what is done stays"):
        run_batch(logged, tasks, store=tmp_path / "store", client=lost)
    (tmp_path / "gate").touch()
    assert table(run_batch(logged, tasks, store=tmp_path / "store", n_jobs=1), tmp_path) == expected


@pytest.mark.long
def test_brian2(tmp_path):
    """Loaded in the main threads of workers."""
    expected = run_batch(spikes, {"trial": range(4)}, store=tmp_path / "loky", n_jobs=1, setup="spiking.warm_up")
    with cluster_of(preload=["brian2"]) as client:
        study = run_batch(spikes, {"trial": range(4)}, store=tmp_path / "dask", client=client, setup="spiking.warm_up")
    assert table(study, tmp_path) == table(expected, tmp_path)
    assert not study.failed() and all(len(result["times"]) for result in study.results())


def test_workers_have_one_thread(client, tmp_path):
    found = run_batch(surroundings, [{"number": 0}], store=tmp_path / "store", client=client).results()[0]
    assert found["numba"] == found["ours"] == 1 and set(found["pools"]) == {1} and found["faults"]


def test_threads_are_refused(tmp_path):
    options = {"n_workers": 1, "processes": False, "dashboard_address": ":0"}
    for n_threads, message in ((2, "one thread each"), (1, "workers that are processes")):
        with (
            distributed.LocalCluster(**options, threads_per_worker=n_threads, silence_logs=50) as cluster,
            distributed.Client(cluster) as client,
            pytest.raises((ValueError, RuntimeError), match=message),
        ):
            run_batch(surroundings, [{"number": 0}], store=tmp_path / f"{n_threads}", client=client)
