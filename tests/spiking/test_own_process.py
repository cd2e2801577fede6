"""A process for simulations of a thread: the same bits, errors passed on, its death told, nothing left behind."""

import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import psutil
import pytest
from numpy.testing import assert_array_equal

import spiking
from reservoir.circuits import MaassColumn
from reservoir.neurons import LIF
from reservoir.neurons.spiking.lif import LIFCells
from reservoir.spikes import SpikeTrains
from spiking import STDP, Microcircuit, execution, worker_process
from spiking.worker_process import run_where_asked
from tests.spiking.test_brian_safety import lines_of

COLUMN = MaassColumn((3, 3, 3), weight_scale=3.0).draw(np.random.default_rng(0))
TRAINS = SpikeTrains(np.arange(0.005, 0.05, 0.005), np.zeros(9, int), 1, 0.05)


class BrokenCells(LIFCells):
    """A step whose words Brian2 refuses, with an error that no other process could read."""

    @staticmethod
    def statements():
        return LIFCells.statements()._replace(threshold="v > nowhere")


class Broken(LIF):
    """Units of this step."""

    def cells(self, *given):
        return BrokenCells(*super().cells(*given))


def simulate(**options):
    return spiking.simulate(COLUMN, TRAINS, random_state=0, codegen="numpy", **options)


@pytest.mark.long
def test_threads_that_load_nothing_simulate_at_once():
    """In a fresh process, which never loads Brian2 itself."""
    code = """
    from concurrent.futures import ThreadPoolExecutor
    inside = threading.Barrier(2)
    def work(_):
        with spiking.own_process():
            inside.wait()
            answers = [simulate(record="voltages") for _ in range(2)]
            process = spiking.worker_process.run_where_asked(os.getpid)
            return process, answers[0].spikes == answers[1].spikes, answers[0].voltages.sum()
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(work, range(2)))
    (one, *same), (other, *answers) = found
    print("brian2" in sys.modules, one != other, same == answers, same[0])
    """
    assert lines_of(code) == ["False True True True"]


def test_threads_at_once_have_the_bits_of_the_main_thread():
    """Spikes, voltages and what was learned, of calls and of a transformer."""
    options = {"record": ("voltages", "weights"), "plasticity": {"recurrent": STDP(A_plus=0.1)}}
    series, inside = np.sin(np.arange(6) / 3)[:, None], threading.Barrier(2)

    def work():
        system = Microcircuit(MaassColumn((3, 3, 3)), plasticity=options["plasticity"], random_state=0, twin=False)
        return simulate(**options), system.fit_transform(series), system.circuit_.recurrent.weight

    def elsewhere(_):
        with spiking.own_process():
            inside.wait()
            spiking.warm_up(COLUMN)
            return *work(), run_where_asked(os.getpid)

    recording, states, weights = work()
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(elsewhere, range(2)))
    assert len({os.getpid(), *(process for *_, process in found)}) == 3 and len(recording.spikes) > 20
    for other, other_states, other_weights, _ in found:
        assert other.spikes == recording.spikes
        assert_array_equal(other.voltages, recording.voltages)
        assert_array_equal(other.circuit.recurrent.weight, recording.circuit.recurrent.weight)
        assert_array_equal(other_states, states)
        assert_array_equal(other_weights, weights)


def test_errors_are_passed_on():
    with spiking.own_process():
        with pytest.raises(ValueError, match="The 'dt' parameter of simulate"):
            simulate(dt=-1)
        with pytest.raises(RuntimeError, match="nowhere"):
            simulate(neuron=Broken())
        with pytest.raises(ZeroDivisionError):
            run_where_asked(divmod, 1, 0)
        assert simulate().spikes.n_units == 27


@pytest.mark.long
def test_errors_of_workers_are_passed_on(monkeypatch):
    """They had killed the worker, which could not send them."""
    monkeypatch.setattr(execution, "_TILES", 1)
    with pytest.raises(RuntimeError, match="nowhere"):
        spiking.simulate(COLUMN, [TRAINS] * 2, neuron=Broken(), codegen="numpy", n_jobs=2)


def test_a_death_is_told_and_the_next_simulation_has_a_new_process():
    with spiking.own_process():
        before = run_where_asked(os.getpid)
        with pytest.raises(RuntimeError, match="has died"):
            run_where_asked(os._exit, 3)
        assert run_where_asked(os.getpid) not in (before, os.getpid())


def test_a_process_serves_one_context_after_the_other_and_contexts_at_once_have_their_own():
    with spiking.own_process():
        outer = run_where_asked(os.getpid)
        with spiking.own_process():
            assert run_where_asked(os.getpid) != outer
        assert run_where_asked(os.getpid) == outer
    assert run_where_asked(os.getpid) == os.getpid()
    with spiking.own_process():
        assert run_where_asked(os.getpid) == outer


def test_a_process_that_may_be_about_to_end_is_replaced():
    with spiking.own_process():
        before = run_where_asked(os.getpid)
        worker_process.asked_worker()._since -= worker_process._IDLE_SECONDS
        assert run_where_asked(os.getpid) != before


def test_a_forked_child_does_not_use_the_process_of_its_parent(monkeypatch):
    with spiking.own_process():
        monkeypatch.setattr(worker_process.os, "getpid", lambda: -1)
        assert run_where_asked(threading.get_ident) == threading.get_ident()
        monkeypatch.undo()


def compile_for_ever(path):
    """Start what starts another process and ends, as a driver of compilers does."""
    subprocess.run(["sh", "-c", f"sleep 1000 & echo $! > {path}.part; mv {path}.part {path}"], check=True)
    time.sleep(1000)


@pytest.mark.skipif(sys.platform == "win32", reason="sends a signal")
def test_an_interrupt_ends_what_the_process_has_started(tmp_path):
    """Also what is no child of it any more."""

    def interrupt():
        while not (tmp_path / "process").exists():
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)

    with spiking.own_process():
        run_where_asked(os.getpid)
        timer = threading.Thread(target=interrupt)
        with pytest.raises(KeyboardInterrupt):
            timer.start()
            run_where_asked(compile_for_ever, tmp_path / "process")
    started = int((tmp_path / "process").read_text())
    assert not psutil.pid_exists(started) or not psutil.wait_procs([psutil.Process(started)], timeout=60)[1]


@pytest.mark.skipif(sys.platform == "win32", reason="sends a signal")
def test_an_interrupt_ends_the_process():
    with spiking.own_process():
        process = psutil.Process(run_where_asked(os.getpid))
        timer = threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT))
        with pytest.raises(KeyboardInterrupt):
            timer.start()
            run_where_asked(time.sleep, 1000)
        assert not psutil.wait_procs([process], timeout=60)[1]
        assert run_where_asked(os.getpid) not in (process.pid, os.getpid())
