"""Ctrl-C in the midst of long calls: it is heard at once, and the object is as it was before.

At once is said of the work that is done, not of the clock, which runs on while a busy machine lets a process wait.
"""

import contextlib
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.house.interrupt_cases import CASES

ROOT = Path(__file__).resolve().parents[2]
LIMIT = 3.0  # seconds of processor time, in which a call of two threads does the work of half as many
BEGUN = 0.4  # seconds of processor time after which a call is under way
QUICK = ("EchoState, dense", "forecast", "RNN, one epoch", "Brian2, numpy")


def work_of(process):
    """Seconds of processor time of a process, its workers and compilers."""
    seconds = 0.0
    for one in (process, *process.children(recursive=True)):
        with contextlib.suppress(psutil.NoSuchProcess):
            seconds += sum(one.cpu_times()[:4])
    return seconds


def wait_until_begun(child):
    process = psutil.Process(child.pid)
    begun = work_of(process) + BEGUN
    while (work := work_of(process)) < begun:
        assert child.poll() is None, child.stderr.read()
        time.sleep(0.01)
    return work


def interrupted(*names):
    """The work of each call from the interrupt to its end, and what was said of it."""
    command = [sys.executable, "-W", "ignore", "-m", "tests.house.interrupt_cases", *names]
    child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        for name in names:
            assert child.stdout.readline() == "ready\n", child.stderr.read()
            before = wait_until_begun(child)
            child.send_signal(signal.SIGINT)
            *said, after = child.stdout.readline().split() or [child.stderr.read(), "nan"]
            yield name, float(after) - before, said
        child.communicate()
    finally:
        child.kill()
        child.communicate()


def check(*names):
    for name, seconds, said in interrupted(*names):
        # Training of recurrent networks keeps what it has once an epoch is done, and says so.
        assert said == (["kept", "False"] if name == "RNN, epochs" else ["interrupted", "True"]), name
        assert seconds < LIMIT, f"{name} worked on for {seconds:.2f} s"


def test_an_interrupt_is_heard():
    check(*QUICK)


@pytest.mark.long
@pytest.mark.parametrize("name", [name for name in CASES if name not in QUICK])
def test_an_interrupt_is_heard_everywhere(name):
    check(name)
