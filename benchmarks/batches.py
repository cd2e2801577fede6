"""Seconds that a batch costs beside its tasks: overhead per task for loky and Dask, and a resume with all done.

    python benchmarks/batches.py                     10,000 tasks, two workers
    python benchmarks/batches.py --many 100000       and a rehearsal of a million, with so many empty tasks

Workers are started before the clock. Overhead is wall time times workers, less the time of the tasks, over the tasks.
Stores are removed at the end only: ext4 makes files slowly for minutes after thousands have been deleted.
"""

from __future__ import annotations

import measure  # first: it sets the number of threads

# isort: split
import importlib.util
import os
import resource
import statistics
import tempfile
import time
from functools import partial

from measure import Row

from reservoir.batch import run_batch

N_TASKS, N_WORKERS, MILLISECOND = 10_000, 2, 1e-3


def wait(task: dict, *, random_state: int) -> None:
    """Work of so many seconds."""
    end = time.perf_counter() + task["seconds"]
    while time.perf_counter() < end:
        pass


def seconds_of(tasks: list[dict], folder: str, options: dict) -> float:
    """Wall time of a batch with an empty store."""
    store = tempfile.mkdtemp(dir=folder)
    return measure.timed(partial(run_batch, wait, tasks, store=store, progress=False, **options))


def overheads(engine: str, folder: str, options: dict, repeats: int) -> list[Row]:
    """Milliseconds per task beside the task, for empty ones and for those of a millisecond."""
    seconds_of(numbered(50, 0.0), folder, options)  # starts the workers
    rows = []
    for seconds, name in ((0.0, "empty"), (MILLISECOND, "1 ms")):
        taken = statistics.median(seconds_of(numbered(N_TASKS, seconds), folder, options) for _ in range(repeats))
        overhead = 1e3 * (N_WORKERS * taken / N_TASKS - seconds)
        work = f"{N_TASKS:,} tasks, {name}, {engine}"
        note = f"{taken:.3g} s in all, {N_TASKS / taken:,.0f} tasks a second, {N_WORKERS} workers"
        rows.append(Row(work, overhead, "ms a task", below=1.0 if engine == "loky" else None, note=note))
    return rows


def numbered(count: int, seconds: float) -> list[dict]:
    """Tasks of so many seconds."""
    return [{"number": number, "seconds": seconds} for number in range(count)]


def rehearsal(count: int, engine: str, folder: str, options: dict) -> list[Row]:
    """So many empty tasks: run, resume with all done, read, write a table; with memory and disk."""
    tasks, store = numbered(count, 0.0), tempfile.mkdtemp(dir=folder)
    run = partial(run_batch, wait, tasks, store=store, progress=False, **options)
    taken = measure.timed(run)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    note = f"{1e3 * taken / count:.2g} ms a task in all; {memory:.2g} GB here at most, {disk_of(store):.2g} GB of disk"
    rows = [Row(f"{count:,} empty tasks, {engine}", taken, "s", note=note)]
    rows.append(Row(f"resume with {count:,} finished", measure.timed(run), "s", below=5.0))
    study = run()
    rows.append(Row(f"to_frame of {count:,}", measure.timed(study.to_frame), "s"))
    tables = partial(study.consolidate, f"{folder}/table.parquet")
    rows.append(Row(f"consolidate {count:,} to Parquet", measure.timed(tables), "s"))
    return rows


def disk_of(store: str) -> float:
    """Gigabytes that the files of results take."""
    folders = [entry.path for entry in os.scandir(store) if entry.is_dir()]
    return sum(entry.stat().st_blocks for folder in folders for entry in os.scandir(folder)) * 512 / 2**30


def rows_of(folder: str, many: int, repeats: int) -> list[Row]:
    """All rows; Dask's where it is installed."""
    local = {"n_jobs": N_WORKERS}
    rows = overheads("loky", folder, local, repeats)
    rows += rehearsal(many, "loky", folder, local) if many else []
    if importlib.util.find_spec("distributed"):
        from distributed import Client, LocalCluster

        cluster = LocalCluster(n_workers=N_WORKERS, threads_per_worker=1, dashboard_address=":0")
        with cluster, Client(cluster) as client:
            rows += overheads("Dask", folder, {"client": client}, repeats)
            rows += rehearsal(many, "Dask", folder, {"client": client})[:1] if many else []
    return rows


def main() -> None:
    options = measure.parser(__doc__.split("\n")[0])
    options.add_argument("--many", type=int, default=0, help="rehearse with so many empty tasks")
    options = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = rows_of(folder, options.many, options.repeats)
    measure.publish(rows, options, "distributed")


if __name__ == "__main__":
    main()
