"""How many threads work, decided here alone, and how work is spread over them.

Work is spread over all cores that the process may use, as scikit-learn spreads that of its histogram-based trees, and
bounded by what bounds that: ``OMP_NUM_THREADS``, `threadpoolctl.threadpool_limits`, and the inner limit of joblib. It
comes in pieces that do not depend on the number of threads, or whose results do not depend on how it is cut, and
results stand in the order of the pieces: so the bits are the same for any number of threads.

Threads live for one call. So there is no pool that a fork could break, and none that several could wait for. A piece
that would spread its own work does it alone, and all calls of a process together start fewer threads than there are
cores. BLAS has one thread meanwhile: sums of more than one depend on how many there are.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from functools import lru_cache, partial
from itertools import pairwise
from typing import Any, Generic, TypeVar

import joblib
import numpy as np
from sklearn import config_context, get_config
from threadpoolctl import ThreadpoolController

LEAST_WORK = 500_000
"""Multiplications that are worth a thread: a millisecond or so, some ten times what it takes to start one."""

_Piece = TypeVar("_Piece")
_Result = TypeVar("_Result")

_current: ContextVar[_Spread | None] = ContextVar("current", default=None)  # whose piece this is
_ahead: ContextVar[_Ahead[Any] | None] = ContextVar("ahead", default=None)  # what else there is to do
_openmp: list[Any] | None = None  # the libraries whose limit holds
_n_helping = 0
_lock = threading.Lock()
_blas: ThreadpoolController | None = None
_blas_limit: Any = None
_blas_users = 0
_blas_lock = threading.Lock()


def n_threads(work: float) -> int:
    """How many threads this call may use, itself among them, for so many multiplications."""
    if work < 2 * LEAST_WORK or _current.get() is not None:
        return 1
    return max(1, min(int(min(work / LEAST_WORK, 1024.0)), limit()))


def limit() -> int:
    """How many threads a call may use that has enough to do, itself among them."""
    global _openmp
    if _openmp is None:
        _openmp = ThreadpoolController().select(user_api="openmp").lib_controllers
    told = [library.num_threads for library in _openmp]
    asked = os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()
    if not asked.isdecimal():  # as in scikit-learn, only who says so may have more threads than cores
        return min([_n_cores(_affinity(), os.environ.get("LOKY_MAX_CPU_COUNT")), *told])
    return max(1, min(told or [int(asked)]))


def _affinity() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 0


@lru_cache(maxsize=1)
def _n_cores(affinity: int, told: str | None) -> int:
    """The cores that this process may use, by its affinity, its cgroup, which takes files to read, and joblib."""
    return int(joblib.cpu_count())


def spread(function: Callable[[_Piece], _Result], pieces: Iterable[_Piece], work: float = np.inf) -> list[_Result]:
    """What a function gives for every piece, in their order, from as many threads as `work` is worth.

    `work` is the number of multiplications of all pieces together. The pieces are begun in their order, and so the
    error that is raised is the first one that a loop would meet. An interrupt ends the call when the pieces under way
    are done; one that takes more than half a second asks `still_wanted` on the way. No thread outlives the call.
    """
    n_wanted = n_threads(work)
    if n_wanted < 2:
        return [function(piece) for piece in pieces]
    tasks: list[Callable[[], Any]] = [partial(function, piece) for piece in pieces]
    ahead = _ahead.get()
    more = [ahead.do] if ahead is not None and not ahead.begun else []
    n_wanted = min(n_wanted, len(tasks) + len(more))
    if n_wanted < 2:
        return [task() for task in tasks]
    with _helpers(n_wanted - 1) as n_helpers:
        return _Spread([*more, *tasks]).done(n_helpers)[len(more) :]


@contextmanager
def meanwhile(function: Callable[[], _Result]) -> Iterator[Callable[[], _Result]]:
    """Context in which what is spread leaves a thread to do something else, of which more work will be made.

    It gives what tells the result, or raises the error; without other threads it is done then.
    """
    task = _Ahead(function)
    _ahead.set(task)
    try:
        yield task.result
    finally:
        _ahead.set(None)


def still_wanted() -> None:
    """Ends the piece that this is part of where an interrupt, or an error in another piece, has ended the call."""
    current = _current.get()
    if current is not None and current.ended:
        raise _Ended


def shares(sizes: Sequence[int] | np.ndarray | int, n_shares: int) -> list[slice]:
    """Consecutive items of these sizes, or so many alike, in at most so many shares of about equal size, none empty."""
    n_items = sizes if isinstance(sizes, int) else len(sizes)
    if n_shares < 2:
        return [slice(0, n_items)]
    ends = np.arange(1, n_items + 1) if isinstance(sizes, int) else np.cumsum(sizes)
    cuts = np.searchsorted(ends, ends[-1:] * np.arange(1, n_shares) / n_shares) + 1
    edges = sorted({0, *cuts.tolist(), n_items})
    return [slice(first, last) for first, last in pairwise(edges)]


def one_ahead(items: Iterable[_Result]) -> Iterator[_Result]:
    """The items, of which the next one may be made while work is spread that one takes; in whichever thread."""
    source, end = iter(items), object()
    item: Any = next(source, end)
    while item is not end:
        with meanwhile(partial(next, source, end)) as following:
            yield item
        item = following()


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Context in which BLAS uses one thread, so that results do not depend on the number of jobs.

    The limit is one of the whole process: the first thread that needs it sets it, and the last one lifts it. Inside,
    what is too small for a number is zero, as in compiled loops, whatever ``np.seterr`` says.
    """
    global _blas, _blas_limit, _blas_users
    with _blas_lock:
        if not _blas_users:
            _blas = ThreadpoolController() if _blas is None else _blas
            _disown(_blas)
            _blas_limit = _blas.limit(limits=1, user_api="blas")
        _blas_users += 1
    try:
        with np.errstate(under="ignore"):
            yield
    finally:
        with _blas_lock:
            _blas_users -= 1
            if not _blas_users:
                _disown(_blas)
                _blas_limit.restore_original_limits()
                _disown(_blas)


class _Ahead(Generic[_Result]):
    """What is done before anybody asks for it."""

    def __init__(self, function: Callable[[], _Result]):
        self.begun, self._function = False, function
        self._found: list[_Result] = []
        self._error: BaseException | None = None

    def do(self) -> None:
        self.begun = True
        try:
            self._found.append(self._function())
        except Exception as error:  # whoever asks for the result will hear of it
            self._error = error

    def result(self) -> _Result:
        if not self.begun:
            return self._function()
        if self._error is not None:
            raise self._error
        return self._found[0]


class _Ended(BaseException):
    """Ends a piece of which nobody wants the result."""


class _Spread:
    """Tasks that several threads take one by one."""

    def __init__(self, tasks: list[Callable[[], Any]]):
        self._tasks = tasks
        self._results: list[Any] = [None] * len(tasks)
        self._failed: list[tuple[int, BaseException]] = []
        self._next, self.ended, self._lock = 0, False, threading.Lock()
        self._helpers: list[threading.Thread] = []

    def done(self, n_helpers: int) -> list[Any]:
        """All results, from this thread and so many more."""
        try:
            self._start(n_helpers)
            copy_context().run(self._work)
            self._join()
        except BaseException:  # an interrupt, of this thread alone
            self.ended = True
            self._join()
            raise
        if self._failed:
            _, error = min(self._failed, key=lambda one: one[0])
            self._failed.clear()
            raise error
        return self._results

    def _start(self, n_helpers: int) -> None:
        """Helpers under the settings of this thread; fewer where the system gives no more."""
        settings = np.geterr(), get_config()
        for _ in range(n_helpers):
            helper = threading.Thread(target=copy_context().run, args=(self._help, *settings), daemon=True)
            try:
                helper.start()
            except RuntimeError:
                break
            self._helpers.append(helper)

    def _join(self) -> None:
        for helper in self._helpers:
            while helper.is_alive():  # with a limit, so that an interrupt is heard on every system
                helper.join(0.1)

    def _help(self, floating_point: Any, config: dict[str, Any]) -> None:
        with np.errstate(**floating_point), config_context(**config):
            self._work()

    def _work(self) -> None:
        _current.set(self)
        here = threading.current_thread() is threading.main_thread()
        while (index := self._take()) is not None:
            try:
                self._results[index] = self._tasks[index]()
            except BaseException as error:
                if here and not isinstance(error, Exception | _Ended):
                    raise
                self._failed += [] if isinstance(error, _Ended) else [(index, error)]
                self.ended = True

    def _take(self) -> int | None:
        with self._lock:
            index = self._next
            self._next += 1
        return None if self.ended or index >= len(self._tasks) else index


@contextmanager
def _helpers(n_wanted: int) -> Iterator[int]:
    """How many of the wanted helpers a call gets, of those that the process has left."""
    global _n_helping
    most = limit() - 1
    with _lock:
        n_given = max(0, min(n_wanted, most - _n_helping))
        _n_helping += n_given
    try:
        yield n_given
    finally:
        with _lock:
            _n_helping = max(0, _n_helping - n_given)


def _forget_helpers() -> None:
    """In a forked child no thread lives but the one that forked."""
    global _n_helping
    _n_helping = 0
    _lock.release()


def _disown(blas: Any) -> None:
    """Let any thread change a limit: newer threadpoolctl keeps the one of OpenBLAS for the thread that set it."""
    for library in blas.lib_controllers:
        if hasattr(library, "clear_controlling_thread"):
            library.clear_controlling_thread(force=True)


if hasattr(os, "register_at_fork"):  # a child must inherit no lock that is held
    os.register_at_fork(before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_forget_helpers)
    os.register_at_fork(
        before=_blas_lock.acquire, after_in_parent=_blas_lock.release, after_in_child=_blas_lock.release
    )
