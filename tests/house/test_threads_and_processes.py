"""Threads, forks and worker processes get the answers that one thread gets, and leave no setting behind."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from tests.house.public_entries import ENTRIES, run
from tests.test_threads import blas_threads

ROOT = Path(__file__).resolve().parents[2]
QUICK = [name for name in ENTRIES if not ENTRIES[name].slow]
N_THREADS = 8


def same(one, other):
    return len(one) == len(other) and all(map(np.array_equal, one, other))


@pytest.mark.parametrize("name", QUICK)
def test_threads(name):
    """Fitted and asked at once, each its own object."""
    alone, before = run(name), blas_threads()
    with ThreadPoolExecutor(N_THREADS) as pool:
        together = list(pool.map(run, [name] * N_THREADS))
    assert all(same(alone, one) for one in together)
    assert blas_threads() == before


@pytest.mark.parametrize("name", [name for name in QUICK if ENTRIES[name].fit is not None])
def test_threads_that_share_a_model(name):
    entry = ENTRIES[name]
    made = entry.make(name)
    alone = entry.ask(made, entry.X)
    with ThreadPoolExecutor(N_THREADS) as pool:
        together = list(pool.map(lambda _: entry.ask(made, entry.X), range(N_THREADS)))
    assert all(same(alone, one) for one in together)


# In processes of their own, so that one that hangs or crashes is seen

START = """if True:
    import faulthandler, multiprocessing, os, sys, warnings
    import numpy as np
    faulthandler.enable()
    faulthandler.dump_traceback_later(1200, exit=True)  # it hangs
    warnings.filterwarnings("ignore", "This process", DeprecationWarning)  # of BLAS threads beside a fork
    from tests.house import kernel_work
    def same(one, other):
        return one.keys() == other.keys() and all(np.array_equal(one[name], other[name]) for name in one)
"""
CASES = {
    "forks: os.fork, of a thread, multiprocessing": """
    import threading
    here, found = kernel_work.answers(), []
    def fork():
        child = os.fork()
        if not child:
            os._exit(0 if same(here, kernel_work.answers()) else 3)
        found.append(os.waitpid(child, 0)[1])
    fork()
    thread = threading.Thread(target=fork)
    thread.start()
    thread.join()
    with multiprocessing.get_context("fork").Pool(2) as pool:
        calls = [pool.apply_async(kernel_work.answers) for _ in range(2)]
        there = [call.get() for call in calls]
    print(*{*found}, len(found) == 2 and all(same(here, one) for one in (*there, kernel_work.answers())))
    """,
    **{
        f"multiprocessing, {method}": f"""
    here = kernel_work.answers()
    with multiprocessing.get_context({method!r}).Pool(2) as pool:
        calls = [pool.apply_async(kernel_work.answers) for _ in range(2)]
        there = [call.get() for call in calls]
    print(0, all(same(here, one) for one in there))
    """
        for method in ("spawn", "forkserver")
    },
    "loky in loky": """
    import joblib
    here = kernel_work.answers()
    there = joblib.Parallel(n_jobs=2)(joblib.delayed(kernel_work.nested_answers)() for _ in range(2))
    print(0, all(same(here, one) for pair in there for one in pair))
    """,
}
SLOW = ("multiprocessing, spawn", "multiprocessing, forkserver", "loky in loky")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
@pytest.mark.parametrize("case", [pytest.param(name, marks=[pytest.mark.long] * (name in SLOW)) for name in CASES])
def test_processes(case):
    """Kernels that the parent has used give the same bits in its children."""
    command = [sys.executable, "-W", "error", "-c", START + CASES[case]]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert (found.returncode, found.stdout.split()) == (0, ["0", "True"]), found.stderr
