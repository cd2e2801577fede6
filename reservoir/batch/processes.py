"""Workers on this machine: loky's executors, one process each, so that a death harms and blames nobody else."""

from __future__ import annotations

import os
import queue
import signal
import time
from concurrent.futures import Future
from typing import Any, NamedTuple

from joblib.externals.loky import ProcessPoolExecutor
from joblib.externals.loky.process_executor import TerminatedWorkerError

from reservoir.batch.workers import THREADS, Chunk, Job, Report, die_with, run_chunk

_IDLE_SECONDS = 60.0

_held: dict[str, Job] = {}


class Idle(NamedTuple):
    """An executor that waits since a time of the monotonic clock, and the process that it belongs to."""

    since: float
    parent: int
    executor: ProcessPoolExecutor


class Worker(NamedTuple):
    """An executor of one process, and the answer to whether it holds the job."""

    executor: ProcessPoolExecutor
    holds: Future[None]


_idle: list[Idle] = []  # kept for the next batch


class Processes:
    """Chunks of one batch on `n_jobs` processes."""

    chunk_seconds = 0.5

    def __init__(self, job: Job, n_jobs: int):
        self._job, self._n_jobs = job, n_jobs
        self._free: list[Worker] = []
        self._busy: dict[int, tuple[Worker, Chunk]] = {}
        self._done: queue.SimpleQueue[tuple[int, Future[Report | None]]] = queue.SimpleQueue()

    def capacity(self) -> int:
        """How many chunks run at once."""
        return self._n_jobs

    def submit(self, chunk: Chunk) -> None:
        """Hand a chunk to an idle worker, or to a new one."""
        worker = self._free.pop() if self._free else self._new_worker()
        self._busy[chunk.number] = worker, chunk
        future = _submitted(worker.executor, _run_held, self._job.name, chunk)
        future.add_done_callback(lambda future: self._done.put((chunk.number, future)))

    def next(self, seconds: float) -> tuple[Chunk, Report] | None:
        """A chunk that has ended, or None after so many seconds."""
        try:
            number, future = self._done.get(timeout=seconds)
        except queue.Empty:
            return None
        worker, chunk = self._busy.pop(number)
        try:
            report = future.result()
        except TerminatedWorkerError:
            worker.executor.shutdown(wait=False, kill_workers=True)
            return chunk, _report_of_death(self._job, chunk)
        if report is None:  # the job could not be sent, or loky has replaced the process by one without it
            worker.holds.result()
            worker = Worker(worker.executor, _submitted(worker.executor, _hold, self._job))
        self._free.append(worker)
        if report is None:
            self.submit(chunk)
            return None
        return chunk, report

    def close(self) -> None:
        """Keep the workers for the next batch; they end when they have been idle for a minute."""
        for worker in self._free:
            _submitted(worker.executor, _release, self._job.name)
            _idle.append(Idle(time.monotonic(), os.getpid(), worker.executor))

    def abort(self) -> None:
        """Kill all workers."""
        for worker in [*self._free, *(worker for worker, _ in self._busy.values())]:
            worker.executor.shutdown(wait=False, kill_workers=True)

    def _new_worker(self) -> Worker:
        """A worker that holds the job; one of an earlier batch if there is any that is not about to end by itself.

        A call that comes at that moment makes loky warn in a thread, which is lost where warnings are errors.
        """
        while _idle:
            idle = _idle.pop()
            if idle.parent == os.getpid() and time.monotonic() - idle.since < _IDLE_SECONDS / 2:
                executor = idle.executor
                break
        else:
            executor = ProcessPoolExecutor(
                1, timeout=_IDLE_SECONDS, env=THREADS, initializer=_start, initargs=(os.getpid(),)
            )
        return Worker(executor, _submitted(executor, _hold, self._job))


def _submitted(executor: ProcessPoolExecutor, *call: Any) -> Future[Any]:
    """The future of a call, also where the process was killed while it was idle."""
    try:
        return executor.submit(*call)
    except TerminatedWorkerError as error:
        future: Future[Any] = Future()
        future.set_exception(error)
        return future


def _report_of_death(job: Job, chunk: Chunk) -> Report:
    try:
        log = job.store.log_of(job.name, chunk.number).read_text(errors="replace")
    except FileNotFoundError:
        log = None
    return Report([], [], {}, 0.0, log)


def _start(parent: int) -> None:
    """In the worker: interrupts are left to the parent, and the worker does not outlive it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    die_with(parent)


def _hold(job: Job) -> None:
    _held[job.name] = job


def _release(name: str) -> None:
    _held.pop(name, None)


def _run_held(name: str, chunk: Chunk) -> Report | None:
    return run_chunk(_held[name], chunk) if name in _held else None
