"""Simulations in a process of their own: off the main thread, and several at once."""

from __future__ import annotations

import os
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from joblib.externals.loky import ProcessPoolExecutor
from joblib.externals.loky.cloudpickle_wrapper import dumps, loads
from joblib.externals.loky.process_executor import BrokenProcessPool

from reservoir.batch.watch import kill_group
from reservoir.batch.workers import serve

_IDLE_SECONDS = 300.0
_OUR_ERRORS = ("builtins", "reservoir", "spiking")


class _Worker:
    """A process that simulates; another one takes its place when it has died, or been idle for long."""

    def __init__(self) -> None:
        self._parent, self._since = os.getpid(), time.monotonic()
        self._executor = self._started()
        self._process: Future[int] | None = None  # its number, once it has begun
        self._turn = threading.Lock()

    def run(self, work: Callable[..., Any], *arguments: Any) -> Any:
        """What `work` returns in the process; threads wait for one another."""
        with self._turn:
            if time.monotonic() - self._since > _IDLE_SECONDS / 2:  # it may be about to end
                self._end()
            try:
                if self._process is None:
                    self._process = self._executor.submit(os.getpid)
                return self._executor.submit(with_plain_errors, work, *arguments).result()
            except BrokenProcessPool as error:
                self._end()
                raise RuntimeError(
                    "The process of a simulation has died: memory ran out, or standard error says more."
                ) from error
            except (KeyboardInterrupt, SystemExit):
                self._end()
                raise
            finally:
                self._since = time.monotonic()

    def is_ours(self) -> bool:
        """Whether this process has started it, and no parent of it that has forked."""
        return self._parent == os.getpid()

    def _end(self) -> None:
        """Kill the process with all that it has started, as compilers, and wait for its death."""
        if self._process is not None and self._process.done() and not self._process.exception():
            kill_group(self._process.result())
        self._executor.shutdown(wait=True, kill_workers=True)
        self._executor, self._process = self._started(), None

    def _started(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(1, timeout=_IDLE_SECONDS, initializer=serve, initargs=(self._parent,))


_asked: ContextVar[_Worker | None] = ContextVar("own_process", default=None)
_idle: list[_Worker] = []


@contextmanager
def own_process() -> Iterator[None]:
    """Context in which simulations of Brian2 run in a process of their own, with the same results.

    Brian2 can be loaded in the main thread alone, and two of its simulations at once would disturb one another. So a
    thread of a web server, of a notebook or of a pool simulates inside this context: `simulate`, `warm_up` and
    `Microcircuit` alike. Contexts that are open at the same time have a process each; simulations of one context run
    one after the other. A process loads Brian2 once, in some seconds, and then waits for the next context, until it has
    been idle for five minutes. It ends with the program. Progress is told at the end of each network of 64 trials.

    Yields
    ------
    None

    Raises
    ------
    RuntimeError
        Where the process dies in a simulation, as it does when memory runs out; the next one has a new
        process. Errors of Brian2 itself come as a RuntimeError with their text, all others as they are.

    Examples
    --------
    >>> from concurrent.futures import ThreadPoolExecutor
    >>> import numpy as np
    >>> import spiking
    >>> from reservoir.circuits import MaassColumn
    >>> from reservoir.spikes import SpikeTrains
    >>> column = MaassColumn((3, 3, 3)).draw(np.random.default_rng(0))
    >>> regular = SpikeTrains(np.arange(0.01, 0.1, 0.02), np.zeros(5, int), n_units=1, duration=0.1)
    >>> def answer(seed):
    ...     with spiking.own_process():
    ...         return spiking.simulate(column, regular, random_state=seed).spikes.n_units
    >>> with ThreadPoolExecutor(2) as pool:
    ...     list(pool.map(answer, range(3)))
    [27, 27, 27]
    """
    worker = _idle_worker() or _Worker()
    token = _asked.set(worker)
    try:
        yield
    finally:
        _asked.reset(token)
        _idle.append(worker)


def _idle_worker() -> _Worker | None:
    while True:
        try:
            worker = _idle.pop()
        except IndexError:
            return None
        if worker.is_ours():
            return worker


def asked_worker() -> _Worker | None:
    """Where simulations are to run: None is here."""
    worker = _asked.get()
    return worker if worker is not None and worker.is_ours() else None


def run_where_asked(work: Callable[..., Any], *arguments: Any) -> Any:
    """What `work` returns, here or in the process of the context."""
    worker = asked_worker()
    return work(*arguments) if worker is None else worker.run(work, *arguments)


def run_apart(work: Callable[..., Any], *arguments: Any) -> Any:
    """What `work` returns in a process in which nothing but this library runs."""
    if asked_worker() is not None:
        return run_where_asked(work, *arguments)
    with own_process():
        return run_where_asked(work, *arguments)


def with_plain_errors(work: Callable[..., Any], *arguments: Any) -> Any:
    """In a worker: what `work` returns, or an error that can be sent and read without Brian2.

    Errors of Brian2 hold the objects of a network, at which a worker would die.
    """
    try:
        return work(*arguments)
    except Exception as error:
        if _can_be_sent(error):
            raise
        raise RuntimeError(f"A simulation failed in its process.\n{traceback.format_exc()}") from None


def _can_be_sent(error: Exception) -> bool:
    try:
        loads(dumps(error))
    except Exception:  # what may be raised here has no end
        return False
    return type(error).__module__.partition(".")[0] in _OUR_ERRORS
