"""Workers on this machine: loky's executors, one process each, so that a death harms and blames nobody else."""

from __future__ import annotations

import os
import queue
import time
from concurrent.futures import Future
from pathlib import Path
from typing import Any, NamedTuple

from joblib.externals.loky import ProcessPoolExecutor
from joblib.externals.loky.process_executor import TerminatedWorkerError

from reservoir.batch.files import text_of_log
from reservoir.batch.watch import Watch, has_ended, kill_group
from reservoir.batch.workers import THREADS, TIMED_OUT, Chunk, Job, Report, run_chunk, serve

_IDLE_SECONDS = 60.0
_LOOK_EVERY = 0.5

_held: dict[str, Job] = {}


class Idle(NamedTuple):
    """An executor that waits since a time of the monotonic clock, and the process that it belongs to."""

    since: float
    parent: int
    executor: ProcessPoolExecutor


class Worker(NamedTuple):
    """An executor of one process, and the number of the process, which it gives when it holds the job."""

    executor: ProcessPoolExecutor
    holds: Future[int]

    def process(self) -> int | None:
        """Its number, once it has said so."""
        return self.holds.result() if self.holds.done() and not self.holds.exception() else None


_idle: list[Idle] = []  # kept for the next batch


class Processes:
    """Chunks of one batch on `n_jobs` processes."""

    chunk_seconds = 0.5

    def __init__(self, job: Job, n_jobs: int):
        self._job, self._n_jobs = job, n_jobs
        self._free: list[Worker] = []
        self._busy: dict[int, tuple[Worker, Chunk]] = {}
        self._done: queue.SimpleQueue[tuple[int, Future[Report | None]]] = queue.SimpleQueue()
        self._watch, self._looked = Watch(job.timeout), 0.0

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
        lost = self._lost()
        if lost is not None:
            return lost
        try:
            number, future = self._done.get(timeout=seconds)
        except queue.Empty:
            return None
        if number not in self._busy:  # given up before
            return None
        worker, chunk = self._busy.pop(number)
        self._watch.forget(self._log_of(chunk))
        try:
            report = future.result()
        except TerminatedWorkerError:
            _end(worker)
            return chunk, self._report_of_death(chunk)
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
            _end(worker)

    def _lost(self) -> tuple[Chunk, Report] | None:
        """A chunk whose worker has died or runs too long; nothing more is heard of it."""
        if time.monotonic() - self._looked < _LOOK_EVERY:
            return None
        self._looked = time.monotonic()
        for number, (worker, chunk) in self._busy.items():
            process, log = worker.process(), self._log_of(chunk)
            late = self._watch.is_late(log)
            if process is not None and (late or has_ended(process)):
                _end(worker)
                self._watch.forget(log)
                del self._busy[number]
                return chunk, self._report_of_death(chunk, late)
        return None

    def _log_of(self, chunk: Chunk) -> Path:
        return self._job.store.log_of(self._job.name, chunk.number)

    def _report_of_death(self, chunk: Chunk, late: bool = False) -> Report:
        log = text_of_log(self._log_of(chunk))
        if log is not None and late and not log.startswith(TIMED_OUT):
            log = f"{TIMED_OUT}the process did not end by itself, and was killed)\n{log}"
        return Report([], [], {}, 0.0, log)

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
                1, timeout=_IDLE_SECONDS, env=THREADS, initializer=serve, initargs=(os.getpid(),)
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


def _end(worker: Worker) -> None:
    """Kill a worker and what its tasks have started."""
    process = worker.process()
    if process is not None:
        kill_group(process)
    worker.executor.shutdown(wait=False, kill_workers=True)


def _hold(job: Job) -> int:
    _held[job.name] = job
    return os.getpid()


def _release(name: str) -> None:
    _held.pop(name, None)


def _run_held(name: str, chunk: Chunk) -> Report | None:
    return run_chunk(_held[name], chunk) if name in _held else None
