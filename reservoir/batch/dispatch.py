"""The loop of a batch: chunks go to workers, a death is blamed on one task, finished tasks are counted."""

from __future__ import annotations

import collections
import warnings
from typing import Protocol

from reservoir.batch.claim import Claim
from reservoir.batch.failures import cut
from reservoir.batch.identity import Task, canonical
from reservoir.batch.records import Record
from reservoir.batch.workers import TIMED_OUT, Chunk, Job, Report, out_of_time, run_of
from reservoir.progress import Progress

_POLL = 0.2
_FALSE_STARTS = 2
_SHOWN = 300  # characters of a parameter list or a warning


class TaskError(RuntimeError):
    """A task failed in a batch with ``on_error="raise"``."""


class WorkerPool(Protocol):
    """Workers of one batch."""

    chunk_seconds: float  # how long a chunk should take

    def capacity(self) -> int:
        """How many chunks run at once."""

    def submit(self, chunk: Chunk) -> None:
        """Start a chunk."""

    def next(self, seconds: float) -> tuple[Chunk, Report] | None:
        """A chunk that has ended, or None after so many seconds."""

    def close(self) -> None:
        """End well."""

    def abort(self) -> None:
        """End at once."""


class Dispatch:
    """The tasks that wait, and what becomes of those under way.

    A worker runs the tasks of a chunk in their order and stores each before the next. So when a process dies, the first
    task of its chunk that has no file is the one that it died at. That one runs again in a chunk of its own.
    """

    def __init__(self, job: Job, pool: WorkerPool, tasks: list[Task], progress: Progress, claim: Claim):
        self._job, self._pool, self._progress, self._claim = job, pool, progress, claim
        self._waiting = collections.deque(tasks)
        self._suspects: collections.deque[Task] = collections.deque()
        self._deaths: collections.Counter[str] = collections.Counter()
        self._under_way = self._n_chunks = self._false_starts = self._n_failed = 0
        self._size = 1
        self._n_warned, self._first_warning = 0, ""

    def run(self) -> None:
        """Run all tasks."""
        while self._waiting or self._suspects or self._under_way:
            while (self._waiting or self._suspects) and self._under_way < self._pool.capacity():
                self._n_chunks += 1
                self._pool.submit(Chunk(self._n_chunks, self._next_tasks()))
                self._under_way += 1
            ended = self._pool.next(_POLL)
            self._claim.renew()
            if ended is not None:
                self._under_way -= 1
                self._take(*ended)
        if self._n_warned:
            text = f"{self._n_warned} task(s) of run_batch warned, such as one with {self._first_warning}"
            warnings.warn(f"{text}. runs().warnings of the study has all.", UserWarning, stacklevel=4)

    def _next_tasks(self) -> list[Task]:
        if self._suspects:
            return [self._suspects.popleft()]
        fair = -(-len(self._waiting) // (2 * self._pool.capacity()))
        return [self._waiting.popleft() for _ in range(min(self._size, fair))]

    def _take(self, chunk: Chunk, report: Report) -> None:
        if report.log is not None:
            finished, failed, suspect = self._after_death(chunk.tasks, report.log)
        else:
            finished, failed, suspect = set(report.finished), report.failed, None
            self._learn(len(finished), report.seconds)
            self._hear(chunk.tasks, report.warned)
        rest = [task for task in chunk.tasks if task.identity not in finished and task is not suspect]
        self._waiting.extendleft(reversed(rest))
        self._job.store.log_of(self._job.name, chunk.number).unlink(missing_ok=True)
        self._n_failed += len(failed)
        self._progress.add(len(finished), f"{self._n_failed} failed")
        if failed and self._job.stop_on_error:
            raise self._error(next(task for task in chunk.tasks if task.identity == failed[0]))

    def _hear(self, tasks: list[Task], warned: dict[str, str]) -> None:
        """Count the tasks that warned, and keep what the first one said."""
        for task in tasks if warned and not self._n_warned else ():
            if task.identity in warned:
                told = f"{task.parameters}"[:_SHOWN], warned[task.identity][:_SHOWN].rstrip(".")
                self._first_warning = "parameters {}: {}".format(*told)
                break
        self._n_warned += len(warned)

    def _learn(self, n_finished: int, seconds: float) -> None:
        """Choose the size of the next chunks: at most twice the last, and about the time that the workers want."""
        if not n_finished:
            self._false_starts += 1
            if self._false_starts >= _FALSE_STARTS + self._pool.capacity():
                self._claim.check()
                raise RuntimeError("The workers of run_batch die before they begin a task, perhaps in 'setup'.")
            return
        self._false_starts = 0
        wanted = self._pool.chunk_seconds * n_finished / max(seconds, 1e-6)
        self._size = max(1, min(2 * self._size, int(wanted)))

    def _after_death(self, tasks: list[Task], log: str) -> tuple[set[str], list[str], Task | None]:
        """What is finished, what failed, and the task that is to run again alone, because a process died at it."""
        paths = {task.identity: self._job.store.find(task.identity) for task in tasks}
        finished = {identity for identity, path in paths.items() if path is not None}
        failed = [identity for identity, path in paths.items() if path is not None and path.endswith("failed")]
        suspect = next((task for task in tasks if task.identity not in finished), None)
        if suspect is None:
            return finished, failed, None
        self._deaths[suspect.identity] += 1
        if self._deaths[suspect.identity] <= self._job.retries:
            self._suspects.append(suspect)
            return finished, failed, suspect
        self._record_death(suspect, log)
        return finished | {suspect.identity}, [*failed, suspect.identity], None

    def _record_death(self, task: Task, log: str) -> None:
        if log.startswith(TIMED_OUT):
            error = out_of_time(self._job.timeout)
        else:
            error = "WorkerDied: the process died while it ran this task"
        run = run_of(None, self._deaths[task.identity]) | {"error": error, "traceback": cut(log)}
        self._job.store.write(task.identity, Record(run, canonical(task.parameters), None), "failed")

    def _error(self, task: Task) -> TaskError:
        path = self._job.store.find(task.identity)
        record = self._job.store.read(path) if path else None
        trace = record.run["traceback"] if record else ""
        return TaskError(f"A task of run_batch failed, with parameters {task.parameters}:\n{trace}")
