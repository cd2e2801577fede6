"""Workers of a Dask cluster. Dask runs a chunk of a dead worker again, which then reports the death."""

from __future__ import annotations

import queue
import time
from concurrent.futures import CancelledError
from typing import Any

from reservoir.batch.files import text_of_log
from reservoir.batch.workers import Chunk, Job, Report, run_chunk
from reservoir.validation import parameter_error

_LOOK_EVERY = 2.0
_LOST = "The cluster was lost while the batch ran; what is done stays, make the same call with a new client:"


class Cluster:
    """Chunks of one batch on the workers of a `distributed.Client`, one for each at a time."""

    chunk_seconds = 1.0

    def __init__(self, job: Job, client: Any):
        self._job, self._client = job, client
        self._running: dict[int, tuple[Any, Chunk]] = {}
        self._done: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._looked, self._n_workers = 0.0, 0
        self._shared = client.submit(_same, job, key=f"{job.name}-job", pure=False)

    def capacity(self) -> int:
        """How many workers there are now; 1 while a cluster is being started."""
        if time.monotonic() - self._looked > _LOOK_EVERY:
            self._check_connection()
            threads = self._client.nthreads()
            if any(number > 1 for number in threads.values()):
                wanted = (
                    "a Client whose workers have one thread each: simulators and time limits do not share a process"
                )
                raise parameter_error("run_batch", "client", wanted, self._client)
            self._looked, self._n_workers = time.monotonic(), len(threads)
        return max(1, self._n_workers)

    def submit(self, chunk: Chunk) -> None:
        """Hand a chunk to the scheduler."""
        key = f"{self._job.name}-{chunk.number}"
        future = self._client.submit(run_chunk, self._shared, chunk, key=key, pure=False)
        self._running[chunk.number] = future, chunk
        future.add_done_callback(lambda _: self._done.put(chunk.number))

    def next(self, seconds: float) -> tuple[Chunk, Report] | None:
        """A chunk that has ended, or None after so many seconds."""
        from distributed import KilledWorker

        try:
            number = self._done.get(timeout=seconds)
        except queue.Empty:
            self._check_connection()
            return None
        future, chunk = self._running.pop(number)
        try:
            return chunk, future.result()
        except CancelledError as error:  # by a client that has lost its scheduler
            self._check_connection()
            raise ConnectionError(f"{_LOST} its tasks were cancelled.") from error
        except KilledWorker:
            log = text_of_log(self._job.store.log_of(self._job.name, chunk.number))
            return chunk, Report([], [], {}, 0.0, log)

    def _check_connection(self) -> None:
        if self._client.status not in ("running", "connecting"):
            raise ConnectionError(f"{_LOST} the client is {self._client.status}.")

    def close(self) -> None:
        """Let go of what the cluster holds."""
        self._shared.release()

    def abort(self) -> None:
        """Take back what has not begun; a task under way goes on to its end and is not followed by another."""
        self._client.cancel([self._shared, *(future for future, _ in self._running.values())])


def check_client(client: Any) -> int:
    """How many workers there are; refuses anything but a synchronous `distributed.Client`."""
    try:
        from distributed import Client
    except ImportError as error:
        raise ImportError('client= needs distributed: pip install "reservoir-spiking[dask]"') from error
    if not isinstance(client, Client) or client.asynchronous:
        raise parameter_error("run_batch", "client", "None or a distributed.Client that is not asynchronous", client)
    return len(client.nthreads())


def _same(job: Job) -> Job:
    return job
