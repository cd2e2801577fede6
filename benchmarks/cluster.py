"""What a batch costs on a cluster: parts measured on this machine, what they give for more workers, and a check.

    python benchmarks/cluster.py                    parts, table and check, some minutes
    python benchmarks/cluster.py --tasks 500        a shorter run

Parts are processor times, so that other programs do not count: of one fit, of the caller with Dask's scheduler for one
task, of a worker for one task beside its work, and of a worker until its first fit is done. The check is a batch of
tasks that sleep, on more workers than there are cores, against what the parts say.
"""

from __future__ import annotations

import measure  # first: it sets the number of threads

# isort: split
import logging
import os
import statistics
import tempfile
import time
from typing import NamedTuple

from distributed import Client, LocalCluster
from measure import Row

from reservoir import EchoState, ReservoirRegressor
from reservoir.batch import run_batch
from reservoir.datasets import make_narma

N_FITS, WORKERS_A_NODE, NODES = 100_000, 32, (1, 3, 10, 30, 100, 300, 1000)
CHUNK = 1.0  # seconds of tasks that travel together, as `run_batch` cuts them for Dask
N_SLEEPERS, N_NAPS, NAP = 8, 200, 0.5
SAME = 0.1  # share by which the check may miss


class Parts(NamedTuple):
    """Processor seconds."""

    fit: float
    caller: float  # of a task, with the scheduler
    worker: float  # of a task, beside the fit
    start: float  # of a worker, with its first fit


def seconds(parts: Parts, n_tasks: int, n_workers: int, data: float = 0.0) -> float:
    """The batch from the start of the workers on; `data` is what it takes until all of them have read theirs."""
    rate = max((parts.fit + parts.worker) / n_workers, parts.caller)
    return parts.start + data + n_tasks * rate + max(CHUNK, parts.fit)


def fit(task: dict, *, random_state: int) -> float:
    """One fit of 300 units to 3,000 rows, which each worker makes for itself."""
    u, y = make_narma(3000, random_state=task["number"] % 10)
    return float(ReservoirRegressor(EchoState(300, random_state=random_state % 2**32)).fit(u, y).readout_.intercept_)


def nap(task: dict, *, random_state: int) -> None:
    """A task that takes time and no processor."""
    time.sleep(task["seconds"])


def processor_seconds() -> float:
    """Of the process that is asked."""
    return time.process_time()


def batch(work, tasks: list[dict], client: Client) -> float:
    """Wall seconds of a batch with a new store."""
    with tempfile.TemporaryDirectory() as store:
        return measure.timed(lambda: run_batch(work, tasks, store=store, progress=False, client=client))


def naps(count: int, length: float) -> list[dict]:
    """Tasks that sleep."""
    return [{"number": number, "seconds": length} for number in range(count)]


def measured(n_tasks: int) -> Parts:
    """The parts, from two workers."""
    cluster = LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0")
    with cluster, Client(cluster) as client:
        numbered = [{"number": number} for number in range(2)]
        batch(fit, numbered, client)
        start = statistics.mean(client.run(processor_seconds).values())
        batch(nap, naps(50, 0.0), client)
        mine, theirs = time.process_time(), sum(client.run(processor_seconds).values())
        batch(nap, naps(n_tasks, 0.0), client)
        caller = (time.process_time() - mine) / n_tasks
        worker = (sum(client.run(processor_seconds).values()) - theirs) / n_tasks
    begin = time.process_time()
    for number in range(10):
        fit({"number": number}, random_state=number)
    return Parts((time.process_time() - begin) / 10, caller, worker, start)


def checked(parts: Parts) -> Row:
    """A batch on workers that sleep, and what the parts say of it, without the start, which has been before."""
    cluster = LocalCluster(n_workers=N_SLEEPERS, threads_per_worker=1, dashboard_address=":0")
    with cluster, Client(cluster) as client:
        batch(nap, naps(2 * N_SLEEPERS, NAP), client)
        found = batch(nap, naps(N_NAPS, NAP), client)
    expected = seconds(parts._replace(fit=NAP, start=0.0), N_NAPS, N_SLEEPERS)
    note = f"expected {expected:.3g} s; {N_SLEEPERS} workers on {os.cpu_count()} cores"
    work = f"check: {N_NAPS} tasks that sleep {NAP:g} s"
    return Row(work, found, "s", below=(1 + SAME) * expected, note=note)


def table(parts: Parts) -> list[Row]:
    """Seconds of the batch for every number of nodes, one fit a task and ten."""
    rows = []
    for n_nodes in NODES:
        n_workers = n_nodes * WORKERS_A_NODE
        one = seconds(parts, N_FITS, n_workers)
        ten = seconds(parts._replace(fit=10 * parts.fit), N_FITS // 10, n_workers)
        busy = N_FITS * parts.fit / n_workers / one
        note = f"ten fits a task {ten:.3g} s; of one fit a task, workers busy {busy:.0%}"
        rows.append(Row(f"{N_FITS:,} fits, {n_nodes:,} nodes of {WORKERS_A_NODE} workers", one, "s", note=note))
    return rows


def main() -> None:
    options = measure.parser(__doc__.split("\n")[0])
    options.add_argument("--tasks", type=int, default=5000, help="empty tasks from which parts are taken")
    options = options.parse_args()
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # workers that end slowly
    parts = measured(options.tasks)
    rows = [Row(f"part: {name}", 1e3 * value, "ms") for name, value in parts._asdict().items()]
    full = parts.fit / parts.caller
    text = f"One caller keeps {full:,.0f} workers busy with such fits, {full / WORKERS_A_NODE:,.0f} nodes."
    measure.publish([*rows, checked(parts), *table(parts)], options, "distributed", text=text)


if __name__ == "__main__":
    main()
