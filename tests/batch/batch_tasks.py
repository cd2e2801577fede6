"""Functions that the workers of batches run in the tests."""

import ctypes
import faulthandler
import multiprocessing
import os
import signal
import time
from pathlib import Path

import numba
import numpy as np
from threadpoolctl import threadpool_info

from reservoir.batch.identity import read_tasks
from reservoir.threads import limit

SETUPS: list[int] = []


def plain(task, *, random_state):
    """Numbers, text and an array that follow from parameters and seed."""
    draws = np.random.default_rng(random_state).normal(size=task["size"])
    return {"sum": float(draws.sum()), "draws": draws, "name": f"task {task['number']}"}


def trouble(task, *, random_state):
    """The same, but a task may have a kind that goes wrong."""
    kind = task.get("kind")
    if kind == "crash":
        ctypes.string_at(0)
    elif kind == "kill":
        os.kill(os.getpid(), 9)
    elif kind == "hang":
        ctypes.PyDLL(None).pause()  # never gives Python's lock back
    elif kind == "raise":
        raise ValueError(f"no {task['number']}")
    elif kind == "once" and not Path(task["marker"]).exists():
        Path(task["marker"]).touch()
        os.kill(os.getpid(), 9)
    return plain(task, random_state=random_state)


def ill(task, *, random_state):
    """A task on which the clock of its process has no hold; a child would stay for ten minutes."""
    kind = task["kind"]
    if kind is None:
        return "well"
    if "child" in kind:
        child = multiprocessing.get_context("fork").Process(target=time.sleep, args=(600,))
        child.start()
        with open(task["children"], "a") as numbers:
            numbers.write(f"{child.pid}\n")
    if kind == "killed beside a child":
        os.kill(os.getpid(), signal.SIGKILL)
    if kind == "stopped":
        os.kill(os.getpid(), signal.SIGSTOP)
    if kind == "no answer":
        os.stat(task["folder"])
    if kind == "forked" and os.fork() == 0:
        return "a second worker"
    if kind == "forked":
        return "well"
    if kind in ("no alarm", "late"):
        faulthandler.cancel_dump_traceback_later()
    time.sleep(1.3 if kind == "late" else 600)


def logged(task, *, random_state):
    """The same, with a line in a log for every call; from number 10 on a task waits until there is the file `gate`."""
    with open(task["log"], "a") as log:
        log.write(f"{task['number']} {os.getpid()}\n")
    while task["number"] >= 10 and not Path(task["gate"]).exists():
        time.sleep(0.01)
    return plain(task, random_state=random_state)


def surroundings(task, *, random_state):
    """What a worker is like."""
    pools = [pool["num_threads"] for pool in threadpool_info()]
    environment = {name: os.environ.get(name) for name in ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS")}
    threads = {"numba": numba.get_num_threads(), "ours": limit(), "pools": pools}
    return {**threads, **environment, "faults": faulthandler.is_enabled(), "setups": SETUPS.count(os.getpid())}


def spikes(task, *, random_state):
    """A simulation in Brian2."""
    import spiking
    from reservoir.circuits import MaassColumn
    from reservoir.spikes import SpikeTrains

    column = MaassColumn((3, 3, 3), weight_scale=3.0).draw(np.random.default_rng(task["trial"]))
    trains = SpikeTrains(np.arange(0.005, 0.05, 0.005), np.zeros(9, int), 1, 0.05)
    found = spiking.simulate(column, trains, random_state=random_state, codegen="numpy").spikes
    return {"times": found.times, "units": found.units}


def empty(task, *, random_state):
    """Nothing."""


def busy(task, *, random_state):
    """A millisecond of processor time."""
    end = time.thread_time() + 1e-3
    while time.thread_time() < end:
        pass


def spoil(value):
    """Change all that can be changed in there."""
    if isinstance(value, np.ndarray):
        value += np.ones((), value.dtype)
    elif isinstance(value, list):
        value.append(0)
    elif isinstance(value, dict):
        value["more"] = 0
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    for part in parts:
        spoil(part)


def spoils(task, *, random_state):
    """What the parameters are once they are changed; the first attempt fails after that."""
    spoil(task)
    if task["flag"] is not None and not Path(task["flag"]).exists():
        Path(task["flag"]).touch()
        raise OSError("A network file was not there for a moment.")
    return {"spoiled": task["value"], "again": task.get("again")}


def note_setup():
    """Count the set-ups of this process."""
    SETUPS.append(os.getpid())


def one(parameters, name="f", version="", seed=0):
    """A task of these parameters."""
    (task,) = read_tasks([parameters], name, version, seed)
    return task


def alike(one, other):
    """Whether two results are equal in types, structure and numbers."""
    if isinstance(one, np.ndarray):
        return isinstance(other, np.ndarray) and one.dtype == other.dtype and np.array_equal(one, other)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(alike, one, other))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(alike(one[key], other[key]) for key in one)
    return type(one) is type(other) and one == other
