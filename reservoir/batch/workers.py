"""What happens in a worker process: it is set up once, runs chunks of tasks, and writes every result itself."""

from __future__ import annotations

import contextlib
import faulthandler
import importlib
import os
import platform
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, NamedTuple, TypeAlias

import numba
from threadpoolctl import threadpool_limits

from reservoir.batch.failures import texts_of, warning_texts
from reservoir.batch.files import StoreError, text_of_log
from reservoir.batch.function_copies import FunctionCopies
from reservoir.batch.identity import Task, canonical
from reservoir.batch.plain_values import own_copy
from reservoir.batch.records import Record
from reservoir.batch.store import Store
from reservoir.batch.watch import kill_group, lead_group, note_attempt, note_end

THREADS = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL", "BLIS", "NUMEXPR", "NUMBA")}
TIMED_OUT = "Timeout ("
"""How what faulthandler writes begins when it ends a process."""
_WATCH = 0.5

TaskFunction: TypeAlias = Callable[..., Any]
"""``func(parameters, *, random_state)``, what a batch runs."""
Setup: TypeAlias = Callable[[], Any] | str | None
"""What prepares a process, or the name to import it by."""

_prepared: set[str] = set()


@dataclass(frozen=True)
class Job:
    """What all tasks of a batch share; sent to a worker once."""

    name: str  # of the batch
    functions: FunctionCopies
    setup: Setup
    store: Store
    retries: int
    timeout: float | None
    stop_on_error: bool
    parent: tuple[str, int]  # host and process of the caller


class Chunk(NamedTuple):
    """Tasks that a worker runs in this order."""

    number: int
    tasks: list[Task]


class Report(NamedTuple):
    """How a chunk went. What is missing in `finished` was not begun, or was under way when a process died."""

    finished: list[str]  # identities, in order
    failed: list[str]  # those among them whose error was recorded
    warned: dict[str, str]  # the first warning of those that warned
    seconds: float
    log: str | None  # of the process that died at this chunk: the first task that is not finished killed it


def resolve(setup: Setup) -> Callable[[], Any] | None:
    """The callable that a name such as "spiking.warm_up" means."""
    if not isinstance(setup, str):
        return setup
    module, _, name = setup.rpartition(".")
    return getattr(importlib.import_module(module), name)


def prepare(job: Job) -> None:
    """Set the process up for a batch: one thread for BLAS, OpenMP and Numba each, and the user's own set-up."""
    numba.set_num_threads(1)  # belongs to the thread that runs the tasks
    if job.name not in _prepared:
        if job.parent == (platform.node(), os.getpid()):
            raise RuntimeError("run_batch needs workers that are processes: Client(processes=True).")
        if not (job.store.folder / "running" / job.name).is_dir():
            raise RuntimeError(f"The worker on {platform.node()} does not see the store '{job.store.folder}'.")
        threadpool_limits(limits=1)
        job.functions.load()
        setup = resolve(job.setup)
        if setup is not None:
            setup()
        _prepared.add(job.name)


def serve(parent: int) -> None:
    """In the worker: interrupts are left to the parent, with which it ends, and with it all that it has started."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    lead_group()
    _die_with(parent)


def _die_with(parent: int) -> None:
    """End this process and what it has started soon after its parent."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_WATCH)
        kill_group(os.getpid())
        os._exit(1)

    threading.Thread(target=watch, name="watch-parent", daemon=True).start()


def run_chunk(job: Job, chunk: Chunk) -> Report:
    """Run tasks one after the other, each until its result or its error is stored.

    A file in the store says that the chunk has begun, and takes what faulthandler writes when the process dies. Where
    that file is there already, an earlier process has died at this chunk, and nothing is run.
    """
    prepare(job)
    path = job.store.log_of(job.name, chunk.number)
    try:
        log = open(path, "x")
    except FileExistsError:
        return Report([], [], {}, 0.0, text_of_log(path))
    except FileNotFoundError:  # the batch has ended
        return Report([], [], {}, 0.0, None)
    except OSError as error:
        raise StoreError(error.errno, f"A worker cannot write to the store: {error.strerror}", str(path)) from None
    with log, _faults_to(log):
        return _run_tasks(job, chunk.tasks, path, log)


def _run_tasks(job: Job, tasks: list[Task], path: Path, log: IO[str]) -> Report:
    start, report = time.perf_counter(), Report([], [], {}, 0.0, None)
    for task in tasks:
        if not path.exists():
            break
        run = _run_task(job, task, log)
        report.finished.append(task.identity)
        if run["warnings"]:
            report.warned[task.identity] = run["warnings"][0]
        if "error" in run:
            report.failed.append(task.identity)
            if job.stop_on_error:
                break
    return report._replace(seconds=time.perf_counter() - start)


def _run_task(job: Job, task: Task, log: IO[str]) -> dict[str, Any]:
    """How the task went, with an "error" where no attempt gave a result; its record is stored."""
    start = time.perf_counter()
    parameters = canonical(task.parameters)
    for attempt in range(1, job.retries + 2):
        with warnings.catch_warnings(record=True) as said:
            result, failure = _attempt(job, task, log)
        run = run_of(time.perf_counter() - start, attempt, said)
        if failure is None:
            try:
                job.store.write(task.identity, Record(run, parameters, result), "done")
            except StoreError:
                raise
            except Exception as error:  # a result that no file can hold
                failure = texts_of(error)
            else:
                return run
    run |= failure or {}
    job.store.write(task.identity, Record(run, parameters, None), "failed")
    return run


def _attempt(job: Job, task: Task, log: IO[str]) -> tuple[Any, dict[str, str] | None]:
    """The result, or the texts of the error, within the limit of time."""
    start = time.perf_counter()
    with _time_limit(job.timeout, log):
        try:
            with _one_process():
                result = job.functions.next()(own_copy(task.parameters), random_state=task.random_state)
        except BaseException as error:  # also a SystemExit: a task must not end its worker
            return None, texts_of(error)
    taken = time.perf_counter() - start
    if job.timeout is not None and taken > job.timeout:  # the task had put off its alarm
        return None, {"error": out_of_time(job.timeout), "traceback": f"It ended by itself after {taken:.3g} s."}
    return result, None


@contextlib.contextmanager
def _one_process() -> Iterator[None]:
    """A child that a task forks ends where the task ends, else there would be two workers."""
    process = os.getpid()
    try:
        yield
    finally:
        if os.getpid() != process:
            os._exit(0)


def out_of_time(timeout: float | None) -> str:
    """What is recorded of a task that ran too long."""
    return f"TimeoutError: ran longer than timeout={timeout:g} s"


def run_of(seconds: float | None, attempts: int, said: Sequence[warnings.WarningMessage] = ()) -> dict[str, Any]:
    """The part of a record that differs from run to run, with each warning of a task once."""
    return {
        "seconds": seconds and round(seconds, 6),
        "attempts": attempts,
        "finished": round(time.time(), 3),
        "host": platform.node(),
        "process": os.getpid(),
        "warnings": warning_texts(said),
    }


@contextlib.contextmanager
def _time_limit(seconds: float | None, log: IO[str]) -> Iterator[None]:
    """End the process after this time, wherever it is: the clock is a thread of faulthandler, without Python's lock."""
    if seconds is None:
        yield
        return
    note_attempt(log)
    faulthandler.dump_traceback_later(seconds, exit=True, file=log)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()
        note_end(log)


@contextlib.contextmanager
def _faults_to(log: IO[str]) -> Iterator[None]:
    """Python's stack goes to this file if the process crashes."""
    faulthandler.enable(file=log)
    try:
        yield
    finally:
        faulthandler.disable()
        if sys.__stderr__ is not None:
            with contextlib.suppress(OSError, ValueError):  # closed, or no file
                faulthandler.enable(file=sys.__stderr__)
