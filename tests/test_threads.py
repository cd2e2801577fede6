"""How many threads work, and what they leave behind: results in order, the first error, no threads, no settings.

The limit of one BLAS thread holds as long as anybody needs it, in all threads, and no longer.
"""

import os
import threading
from concurrent.futures import ThreadPoolExecutor

import joblib
import numpy as np
import pytest
import sklearn
from threadpoolctl import threadpool_info, threadpool_limits

from reservoir import threads
from reservoir.threads import (
    LEAST_WORK,
    limit,
    meanwhile,
    n_threads,
    one_ahead,
    one_blas_thread,
    shares,
    spread,
    still_wanted,
)


@pytest.fixture(params=[1, 2, 3, 7])
def n_wanted(request, monkeypatch):
    """So many threads, on any number of cores."""
    monkeypatch.setenv("OMP_NUM_THREADS", str(request.param))
    with threadpool_limits(request.param):
        yield request.param


@pytest.fixture
def four(monkeypatch):
    """Four of them, in all threads of the user: a limit of `threadpool_limits` is one of the thread that sets it."""
    monkeypatch.setattr(threads, "limit", lambda: 4)


def together(n):
    """A piece that ends when n threads are at pieces at once, and tells which thread was at it."""
    meeting = threading.Barrier(n)

    def meet(_):
        meeting.wait(60)
        return threading.get_ident()

    return meet


def test_threads_work_at_once_and_results_keep_their_order(n_wanted):
    assert limit() == n_wanted
    assert len(set(spread(together(n_wanted), range(n_wanted)))) == n_wanted
    assert spread(lambda piece: piece**2, range(50)) == [piece**2 for piece in range(50)]
    assert spread(lambda piece: piece, []) == []


def test_only_who_says_so_has_more_threads_than_cores(monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    with threadpool_limits(10**4):
        assert limit() == joblib.cpu_count()
    monkeypatch.setenv("LOKY_MAX_CPU_COUNT", "1")
    assert limit() == 1


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="the system keeps no process on some cores")
def test_a_process_that_is_kept_on_one_core_uses_one(monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    cores = os.sched_getaffinity(0)
    with threadpool_limits(10**4):
        try:
            os.sched_setaffinity(0, {min(cores)})
            assert limit() == 1
        finally:
            os.sched_setaffinity(0, cores)
        assert limit() == joblib.cpu_count()


def test_little_work_is_done_alone(four):
    assert [n_threads(work) for work in (0, LEAST_WORK, 2 * LEAST_WORK, 3.5 * LEAST_WORK, np.inf)] == [1, 1, 2, 3, 4]
    assert set(spread(lambda _: threading.get_ident(), range(20), work=LEAST_WORK)) == {threading.get_ident()}


def test_pieces_spread_nothing_further(four):
    assert spread(lambda _: n_threads(np.inf), range(8)) == [1] * 8
    inner = spread(lambda _: set(spread(lambda _: threading.get_ident(), range(5))), range(8))
    assert all(len(idents) == 1 for idents in inner)
    assert n_threads(np.inf) == 4


def test_callers_share_the_threads_of_the_process(four):
    """Eight threads of a user that spread at once have three helpers together."""
    most, lock, inside = [0], threading.Lock(), [0]

    def piece(_):
        with lock:
            inside[0] += 1
            most[0] = max(most[0], inside[0])
        threading.Event().wait(0.001)
        with lock:
            inside[0] -= 1

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: spread(piece, range(10)), range(8)))
    assert most[0] <= 8 + 3
    assert len(set(spread(together(4), range(4)))) == 4  # all are given back


def test_the_first_error_of_a_loop_is_raised(n_wanted):
    def fail(piece):
        if piece in (5, 6, 7):
            raise KeyError(piece)

    before = threading.active_count()
    for _ in range(20):
        with pytest.raises(KeyError, match="5"):
            spread(fail, range(20))
    assert threading.active_count() == before


def test_an_interrupt_ends_the_call_when_pieces_under_way_are_done(four):
    main, begun, finished = threading.main_thread(), [], []
    working = threading.Barrier(4)

    def piece(number):
        begun.append(number)
        working.wait(60)
        if threading.current_thread() is main:
            raise KeyboardInterrupt
        finished.append(number)
        threading.Event().wait(0.05)

    with pytest.raises(KeyboardInterrupt):
        spread(piece, range(40))
    assert len(begun) == 4 and len(finished) == 3  # none was begun after it
    assert not [thread for thread in threading.enumerate() if thread.daemon and thread.name.startswith("Thread")]
    assert len(set(spread(together(4), range(4)))) == 4


def test_a_long_piece_that_nobody_wants_ends(four):
    working = threading.Barrier(4)

    def piece(number):
        working.wait(60)
        if number == 2:
            raise KeyError
        while True:
            still_wanted()
            threading.Event().wait(0.001)

    with pytest.raises(KeyError):
        spread(piece, range(4))


def test_something_else_is_done_meanwhile(four):
    """By a thread of what is spread, once; and when its result is asked for where nothing was spread."""
    meet, made = together(4), []

    def make():
        made.append(meet(0))
        return "made"

    with meanwhile(make) as found:
        assert len(set(spread(meet, range(3)))) == 3
        assert spread(lambda piece: piece, range(3)) == [0, 1, 2]
    assert found() == found() == "made" and len(made) == 1
    with meanwhile(lambda: "late") as found:
        pass
    assert found() == "late"
    with meanwhile({}.popitem) as found:
        assert spread(lambda piece: piece, range(9)) == list(range(9))
    with pytest.raises(KeyError):
        found()


def test_one_ahead_gives_all_items_in_order(n_wanted):
    def items():
        yield from range(5)
        raise IndexError

    found = []
    with pytest.raises(IndexError):
        for item in one_ahead(items()):
            found += spread(lambda piece, item=item: 10 * item + piece, range(3))
    assert found == [10 * item + piece for item in range(5) for piece in range(3)]


def test_helpers_have_the_settings_of_their_caller(four):
    meet = together(4)

    def settings(_):
        meet(_)
        return np.geterr()["over"], sklearn.get_config()["transform_output"]

    with np.errstate(over="raise"), sklearn.config_context(transform_output="pandas"):
        assert spread(settings, range(4)) == [("raise", "pandas")] * 4


def test_no_more_threads_than_the_system_gives(four, monkeypatch):
    def refuse(self):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    assert spread(lambda piece: piece, range(9)) == list(range(9))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_fork_in_the_midst_of_it(four):
    """A child of a process in which all helpers are at work has helpers of its own."""
    at_work, go_on = threading.Barrier(5), threading.Event()

    def hold(_):
        at_work.wait(60)
        go_on.wait(60)

    caller = threading.Thread(target=spread, args=(hold, range(4)))
    caller.start()
    at_work.wait(60)
    child = os.fork()
    if not child:
        os._exit(0 if len(set(spread(together(4), range(4)))) == 4 else 3)
    go_on.set()
    caller.join()
    assert os.waitpid(child, 0)[1] == 0 and threads._n_helping == 0


def blas_threads():
    return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]


def test_one_blas_thread_in_threads():
    """The limit holds as long as one of them needs it, and no longer."""
    before, inside, go_on = blas_threads(), threading.Barrier(2), threading.Event()

    def hold():
        with one_blas_thread():
            inside.wait()
            go_on.wait()

    thread = threading.Thread(target=hold)
    with one_blas_thread():
        thread.start()
        inside.wait()
    assert set(blas_threads()) <= {1}
    go_on.set()
    thread.join()
    assert blas_threads() == before


def test_one_blas_thread_under_a_limit_of_another_thread():
    """Newer threadpoolctl would leave the limit to the thread that has set one before."""

    def inside():
        with one_blas_thread():
            return set(blas_threads())

    before = blas_threads()
    with threadpool_limits(2, user_api="blas"), ThreadPoolExecutor(1) as pool:
        assert pool.submit(inside).result() == {1}
    assert blas_threads() == before


def test_the_limit_ends_with_an_error():
    before = blas_threads()
    with pytest.raises(KeyError), one_blas_thread():
        raise KeyError
    assert blas_threads() == before


@pytest.mark.parametrize("n_shares", [1, 2, 3, 7])
def test_shares_are_all_items_in_order(n_shares):
    for sizes in ([5], [1] * 20, [100, 1, 1], [1, 1, 100], [3, 9, 2, 7, 7, 1]):
        cut = shares(sizes, n_shares)
        assert [item for one in cut for item in sizes[one]] == sizes
        assert len(cut) <= n_shares and all(len(sizes[one]) for one in cut)
        assert max(sum(sizes[one]) for one in cut) <= sum(sizes) / n_shares + max(sizes)


@pytest.mark.long
def test_workers_of_joblib_work_alone():
    with joblib.parallel_config("loky", n_jobs=2, inner_max_num_threads=1):
        assert joblib.Parallel()(joblib.delayed(limit)() for _ in range(2)) == [1, 1]
