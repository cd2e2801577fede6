"""One call that runs thousands of simulations, on this machine or a cluster, and survives what happens meanwhile."""

from __future__ import annotations

import contextlib
import os
import platform
import threading
from typing import Any

import joblib

from reservoir.batch.cluster import Cluster, check_client
from reservoir.batch.dispatch import Dispatch, WorkerPool
from reservoir.batch.function_copies import FunctionCopies
from reservoir.batch.identity import Task, Tasks, function_identity, read_tasks
from reservoir.batch.processes import Processes
from reservoir.batch.store import Store, new_batch_name
from reservoir.batch.study import Study
from reservoir.batch.workers import Job, Setup, TaskFunction, resolve
from reservoir.progress import Progress
from reservoir.sizes import check_fits
from reservoir.validation import check_choice, check_flag, check_integer, check_path, check_real, parameter_error

_PROCESS_BYTES = 2e7
_LONGEST = min(1e9, threading.TIMEOUT_MAX)


def run_batch(
    func: TaskFunction,
    tasks: Tasks,
    *,
    store: str | os.PathLike[str],
    n_jobs: int = -1,
    client: Any = None,
    seed: int = 0,
    retries: int = 1,
    timeout: float | None = None,
    on_error: str = "record",
    setup: Setup = None,
    progress: bool = True,
    version: str = "",
) -> Study:
    """Results of one function for many parameters, each in a file of its own, so that no crash costs what is done.

        result_k = func(parameters_k, random_state=seed_k),   seed_k = digest(seed, parameters_k) mod 2^32

    What the store holds already is not run again: the same call after a crash, or with more tasks, goes on where it
    stood. Tasks that failed in an earlier call are tried again.

    Parameters
    ----------
    func : callable
        ``func(parameters: dict, *, random_state: int)``. Returns numbers, strings, lists, dictionaries with strings as
        keys and NumPy arrays, nested as you like. It must depend on nothing else. Every attempt begins with the
        parameters as given, and with what closure, defaults and object of the function held; it must leave modules and
        files as they were, since a worker runs many tasks. It reaches the workers by cloudpickle; one that a module
        holds is imported there.
    tasks : grid {name: values}, or iterable of dictionaries
        Parameters: numbers, strings, lists, dictionaries, NumPy scalars and arrays. Equal ones are refused: number
        repeats with a parameter of their own. A grid is taken in the order of scikit-learn's `ParameterGrid`.
    store : path
        Folder of the results, made if absent. With a cluster all machines must see it under this name.
    n_jobs : int, default -1
        Worker processes on this machine; -1 is one for every core, -2 one fewer. Not used with `client`.
    client : None or distributed.Client, default None
        Runs the tasks on a Dask cluster, whose workers must be processes of one thread.
    seed : int >= 0, default 0
        Seed of the batch. A store belongs to one seed.
    retries : int >= 0, default 1
        Further attempts for a task that raises, whose process dies, or that runs too long.
    timeout : None or float in (0, 1e9], seconds, default None
        Time for one attempt. Its process and what it has started are ended when that has passed, even in compiled code.
    on_error : "record" or "raise", default "record"
        Whether the batch goes on when a task has failed, or ends with a `TaskError`. The error is stored either way.
    setup : None, callable or str, default None
        Called without arguments once here and once in every worker before its first task, such as
        ``"spiking.warm_up"``, which compiles Brian2's code once. A string is a name to import.
    progress : bool, default True
        A bar with rate and remaining time in a terminal or a notebook, where tqdm is installed; elsewhere a line
        every 30 s and at the end in the log ``reservoir.batch`` (level INFO), or on standard error where no handler
        takes it.
    version : str, default ""
        Part of the identity of tasks. Change it when something that the digest of `func` does not see computes
        something else, such as an installed package or a file: all tasks are run anew with the seeds that they had.

    Returns
    -------
    Study
        `results`, `to_frame`, `runs`, `failed`, `pending` and `consolidate`.

    Raises
    ------
    ValueError
        For a parameter outside its range, equal tasks, and a store of another seed.
    TaskError
        For a task that failed, with ``on_error="raise"``.
    PicklingError
        For a function that no worker can be sent, such as one that holds a lock or an open file.
    OSError
        Where a result cannot be written, such as on a full disk, or the store cannot be read. The same call goes on
        when there is room again. ConnectionError for a cluster that was lost.

    Warns
    -----
    UserWarning
        Once, where tasks have warned: how many, with the parameters and the text of one of them. All texts stand in the
        column ``warnings`` of `Study.runs`.

    Notes
    -----
    A task's identity is a digest of its parameters, of `func` and `version`. That of `func` takes in its name, code,
    constants, defaults and closure, the state of its object, and the functions, classes and values that the code names,
    but for installed packages. So an edit, another closure or another Python runs all tasks anew; comments, and the
    docstring of `func`, count for nothing. A seed depends on the parameters and `seed` alone, so that configurations
    draw different numbers; where they are to be compared on the same draws, let `func` seed from a trial number among
    the parameters. Among n tasks about n^2 / 2^33 pairs share a seed. Workers use one thread for BLAS, OpenMP and Numba
    each. Results are not flushed to the disk one by one: a power cut may cost the last seconds, never the store. An
    interrupt ends the batch, what is done stays. See ``docs/batches.md`` for costs and clusters.

    Examples
    --------
    >>> import tempfile
    >>> from reservoir.batch import run_batch
    >>> def power(task, *, random_state):
    ...     return {"value": task["base"] ** task["exponent"]}
    >>> with tempfile.TemporaryDirectory() as store:
    ...     study = run_batch(power, {"base": [2, 3], "exponent": [1, 2]}, store=store, n_jobs=1)
    ...     study.to_frame()
       base  exponent status  value
    0     2         1   done      2
    1     2         2   done      4
    2     3         1   done      3
    3     3         2   done      9
    """
    if not callable(func):
        raise parameter_error("run_batch", "func", "callable", func)
    seed = check_integer("run_batch", "seed", seed, 0)
    retries = check_integer("run_batch", "retries", retries, 0)
    timeout = None if timeout is None else check_real("run_batch", "timeout", timeout, 0, _LONGEST, closed="right")
    stop = check_choice("run_batch", "on_error", on_error, ["record", "raise"]) == "raise"
    check_flag("run_batch", "progress", progress)
    if not isinstance(version, str):
        raise parameter_error("run_batch", "version", "a string", version)
    read = read_tasks(tasks, function_identity(func), version, seed)
    n_workers = _n_workers(n_jobs) if client is None else check_client(client)
    folder = Store(check_path("run_batch", "store", store))
    parent = platform.node(), os.getpid()
    functions = FunctionCopies(func)
    job = Job(new_batch_name(), functions, _checked_setup(setup), folder, retries, timeout, stop, parent)
    folder.open(seed)
    missing = _missing(read, folder)
    if missing:
        shown = Progress(len(read), "tasks", "reservoir.batch", int(progress), len(read) - len(missing))
        _run(job, client, n_workers, missing, shown)
    return Study(read, folder)


def _run(job: Job, client: Any, n_workers: int, missing: list[Task], progress: Progress) -> None:
    setup = resolve(job.setup)
    if setup is not None:
        setup()
    with progress, job.store.begin(job.name) as claim:
        job.store.clear(claim.now)
        pool: WorkerPool = Processes(job, _at_most(n_workers, missing)) if client is None else Cluster(job, client)
        try:
            Dispatch(job, pool, missing, progress, claim).run()
        except BaseException:
            with contextlib.suppress(Exception):  # the first error is the one that counts
                pool.abort()
            raise
        pool.close()


def _missing(tasks: list[Task], store: Store) -> list[Task]:
    """The tasks without a result; errors of earlier calls are forgotten."""
    found = store.scan()
    missing = [task for task in tasks if task.identity not in found["done"]]
    for task in missing:
        if task.identity in found["failed"]:
            store.forget_failure(found["failed"][task.identity])
    return missing


def _n_workers(n_jobs: int) -> int:
    number = check_integer("run_batch", "n_jobs", n_jobs)
    if number == 0:
        raise parameter_error("run_batch", "n_jobs", "an integer other than 0", n_jobs)
    return number if number > 0 else max(1, joblib.cpu_count() + 1 + number)


def _at_most(n_workers: int, tasks: list[Task]) -> int:
    """No more processes than tasks, or than fit into the memory."""
    n_workers = min(n_workers, len(tasks))
    check_fits("run_batch", "n_jobs", n_workers, _PROCESS_BYTES * n_workers, "the worker processes alone")
    return n_workers


def _checked_setup(setup: Setup) -> Setup:
    if setup is None or callable(setup) or (isinstance(setup, str) and "." in setup):
        return setup
    raise parameter_error("run_batch", "setup", "None, a callable or its name, such as 'spiking.warm_up'", setup)
