"""Brian2 leaves the program as it was, and never gives wrong spikes without a word."""

import gc
import os
import shutil
import subprocess
import sys
import tempfile
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import joblib
import numpy as np
import pytest

import spiking
from reservoir.circuits import MaassColumn
from reservoir.neurons import LIF
from reservoir.neurons.spiking.lif import LIFCells
from reservoir.spikes import SpikeTrains
from spiking import STDP, _brian, integration, side_by_side, surroundings
from tests.spiking.test_own_units import OwnUnit

ROOT = Path(__file__).resolve().parents[2]
# What every process of its own begins with.
SMALL = """if True:
    import os, signal, sys, tempfile, threading, warnings
    import numpy as np
    import spiking
    from reservoir.circuits import MaassColumn
    from reservoir.spikes import SpikeTrains
    column = MaassColumn((3, 3, 3)).draw(np.random.default_rng(0))
    def simulate(duration=0.05, **options):
        trains = SpikeTrains(np.arange(0.005, 0.05, 0.005), np.zeros(9, int), 1, duration)
        return spiking.simulate(column, trains, random_state=0, **options)
"""
COMPILER = any(map(shutil.which, ("g++", "clang++", "c++")))
COMPILED = pytest.mark.skipif(not COMPILER, reason="there is no C++ compiler")
COLUMN = MaassColumn((3, 3, 3), weight_scale=3.0).draw(np.random.default_rng(0))


def trains_of(duration=0.05, step=0.005):
    times = np.arange(step, duration, step)
    return SpikeTrains(times, np.zeros(len(times), int), 1, duration)


def simulate(duration=0.05, **options):
    return spiking.simulate(COLUMN, trains_of(duration), random_state=0, **options)


def lines_of(code, **environment):
    """Run code after SMALL in a fresh process: the lines that it prints."""
    run = subprocess.run(
        [sys.executable, "-c", SMALL + code], cwd=ROOT, env={**os.environ, **environment}, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    return run.stdout.splitlines()


def in_a_thread(work):
    """What another thread makes of it, once it is done."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(work)


# In processes of their own: what happens when Brian2 is loaded, and what stays when the program ends in an error

FIRST = """
    from reservoir.neurons import LIF
    from spiking.circuit_text import write_circuit
    from reservoir.plasticity import STDP
    write_circuit("simulate", column, LIF(), {"recurrent": STDP()}, 1e-4)
    def state():
        return (sys.excepthook, signal.getsignal(signal.SIGINT), warnings.showwarning, np.geterr(),
                np.random.get_state()[1].tolist(), sorted(os.listdir(tempfile.gettempdir())))
    before = state()
    print("brian2" in sys.modules)
    def work():
        try:
            simulate()
        except RuntimeError as error:
            print(error)
    for _ in range(2):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    print(simulate().spikes.n_units)
    print("brian2" in sys.modules, [one == other for one, other in zip(before, state())])
"""
OWN = """
    import brian2
    print(brian2.prefs.logging.file_log)
    group = brian2.NeuronGroup(1, "dv/dt = -v / (10 * ms) : 1", method="exact")
    group.v = 1
    brian2.run(10 * brian2.ms)
    print(round(float(group.v[0]), 6))
"""
INTERRUPTED = """
    import psutil, time
    from spiking.side_by_side import SideBySide
    whole, networks, run = simulate(), [], SideBySide.run
    def known(self, *arguments):
        networks.append(self)
        return run(self, *arguments)
    SideBySide.run = known
    def under_way(codegen):
        if codegen == "standalone":
            try:
                return "make" in [one.name() for one in psutil.Process().children(recursive=True)]
            except psutil.NoSuchProcess:
                return False
        return networks and networks[0].clock.variables["t"].get_value() > 0
    def interrupt(codegen):
        while not under_way(codegen):
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)
    def interrupted(codegen):
        networks.clear()
        threading.Thread(target=interrupt, args=[codegen], daemon=True).start()
        try:
            simulate(100.0, codegen=codegen)
            print("went on")
        except KeyboardInterrupt:
            print("interrupted", simulate().spikes == whole.spikes)
"""


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    """One program that loads Brian2, is interrupted where signals can be sent, and ends in an error of the user."""
    folder = tmp_path_factory.mktemp("program")
    code = SMALL + FIRST + OWN
    if sys.platform != "win32":
        code += INTERRUPTED + "    interrupted('numpy')\n"
        code += "    interrupted('standalone')\n" if COMPILER else ""
    ended = subprocess.run(
        [sys.executable, "-c", code + "    raise ValueError('of the user')"],
        cwd=ROOT, env={**os.environ, "TMPDIR": str(folder)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == 1 and len(ended.stdout.splitlines()) >= 7, ended.stderr
    return ended, folder


def test_brian2_is_loaded_by_the_first_simulation_and_changes_nothing(program):
    """No hook, no handler, no channel of warnings, no random numbers, no file."""
    before, *_, after = program[0].stdout.splitlines()[:5]
    assert before == "False" and after == f"True {[True] * 6}"


def test_brian2_is_there_for_the_user(program):
    """It writes no file of its own, and runs a network of the user's."""
    assert program[0].stdout.splitlines()[5:7] == ["False", "0.367879"]


def test_a_thread_cannot_load_brian2(program):
    first, second, third = program[0].stdout.splitlines()[1:4]
    assert first == second and third == "27"
    assert "imported in the main thread" in first and "spiking.own_process()" in first


@pytest.mark.skipif(sys.platform == "win32", reason="sends a signal")
def test_an_interrupt_ends_a_simulation(program):
    """Brian2 by itself stops and returns what it has, as if that were all; while it compiles, it goes on.

    The interrupt comes once the clock of the network has moved, or once the program is compiled.
    """
    assert program[0].stdout.splitlines()[7:] == ["interrupted True"] * (2 if COMPILER else 1)


def test_an_error_leaves_no_file_and_no_words_of_brian2(program):
    ended, folder = program
    assert ended.stderr.endswith("ValueError: of the user\n")
    assert "Brian" not in ended.stderr and not list(folder.iterdir())


# Two at once


def test_two_simulations_at_once_are_refused(monkeypatch):
    """In threads Brian2 gives wrong spikes without an error."""
    alone, found, run = simulate(), [], side_by_side.SideBySide.run

    def run_beside_another(self, *arguments):
        found.append(in_a_thread(simulate).exception())
        return run(self, *arguments)

    monkeypatch.setattr(side_by_side.SideBySide, "run", run_beside_another)
    beside = simulate()
    assert len(alone.spikes) > 20 and beside.spikes == alone.spikes
    assert isinstance(*found, RuntimeError) and "Another Brian2 simulation is under way" in str(*found)
    assert "spiking.own_process()" in str(*found)


def test_threads_give_the_spikes_or_an_error():
    alone = simulate()

    def work():
        try:
            return simulate().spikes == alone.spikes
        except RuntimeError as error:
            return "under way" in str(error)

    answers = joblib.Parallel(n_jobs=2, backend="threading")(joblib.delayed(work)() for _ in range(6))
    assert answers == [True] * 6
    assert simulate().spikes == alone.spikes


def test_a_thread_after_the_other_is_served():
    alone = simulate()
    assert in_a_thread(simulate).result().spikes == alone.spikes


@pytest.mark.long
def test_processes():
    """joblib's own, two at a time."""
    alone = simulate()
    calls = (joblib.delayed(spiking.simulate)(COLUMN, trains_of(), random_state=0) for _ in range(4))
    with joblib.parallel_config(backend="loky", n_jobs=2):
        answers = joblib.Parallel()(calls)
    assert len(alone.spikes) > 20 and all(one.spikes == alone.spikes for one in answers)


# Preferences, errors, and what the user does with Brian2


@pytest.fixture
def preferences():
    """Brian2's, put back after the test."""
    found = _brian.engine().prefs
    names = ("codegen.target", "core.default_float_dtype", "core.stop_on_keyboard_interrupt")
    names += ("codegen.runtime.cython.cache_dir",)
    before = {name: found[name] for name in names}
    yield found
    for name, value in before.items():
        found[name] = value


@pytest.mark.parametrize("target", ["auto", "numpy", "cython"])
def test_preferences_are_put_back(preferences, target, monkeypatch):
    alone = simulate()
    wanted = {"codegen.target": target, "core.default_float_dtype": np.float32}
    for name, value in wanted.items():
        preferences[name] = value
    assert simulate().spikes == alone.spikes  # in double precision
    assert {name: preferences[name] for name in wanted} == wanted

    broken = LIFCells.statements()._replace(threshold="v > nowhere")
    monkeypatch.setattr(LIFCells, "statements", staticmethod(lambda: broken))
    with pytest.raises(_brian.engine().BrianObjectException, match="units_spike_thresholder"):  # in Brian2 itself
        simulate()
    monkeypatch.undo()
    assert {name: preferences[name] for name in wanted} == wanted and preferences.core.stop_on_keyboard_interrupt
    assert simulate().spikes == alone.spikes  # the lock is free


def test_cython_has_a_folder_of_the_process_where_the_home_takes_no_file(preferences, tmp_path):
    """With one warning; and what is chosen, and takes files, is what is used."""
    brian2, name = _brian.engine(), "codegen.runtime.cython.cache_dir"
    preferences[name] = str(tmp_path / "cython")
    assert surroundings.cython_folder(brian2) == str(tmp_path / "cython")
    for nowhere in "~no-user-of-this-name/there", os.path.join(os.devnull, "there"):
        preferences[name] = nowhere
        with pytest.warns(RuntimeWarning, match="CYTHON_CACHE_DIR") as said:
            folders = {surroundings.cython_folder(brian2) for _ in range(2)}
        assert len(said) == len(folders) == 1 and os.listdir(*folders) == [".living"]


CHANGED = {
    "core.network.default_schedule": ["start", "groups", "synapses", "thresholds", "resets", "end"],
    "legacy.refractory_timing": True,
    "core.default_integer_dtype": np.int64,
    "codegen.loop_invariant_optimisations": False,
    "codegen.runtime.numpy.discard_units": True,
}


def test_no_preference_of_the_user_is_heard(preferences):
    """But those that say what the machine has."""
    alone, before = simulate(), {name: preferences[name] for name in CHANGED}
    try:
        for name, value in CHANGED.items():
            preferences[name] = value
        assert simulate().spikes == alone.spikes
        assert {name: preferences[name] for name in CHANGED} == CHANGED
    finally:
        for name, value in before.items():
            preferences[name] = value
    preferences["codegen.runtime.cython.cache_dir"] = "somewhere"
    assert _brian.machine_preferences()["codegen.runtime.cython.cache_dir"] == "somewhere"


def test_a_call_inside_a_simulation_of_the_user_leaves_that_as_it_was():
    """Its network operation calls the library at every step of 1 ms, and stops the run at last."""
    brian2, alone = _brian.engine(), simulate()

    def own(times):
        brian2.seed(3)
        text = "dv/dt = -v/(5*ms) + xi*(1*ms)**-0.5 : 1"
        group = brian2.NeuronGroup(3, text, threshold="v>0.3", reset="v=0", method="euler", dt=0.25 * brian2.ms)
        spikes, found = brian2.SpikeMonitor(group), []

        def call():
            if len(found) < times:
                found.append(simulate().spikes)
            if group.t > 7.9 * brian2.ms:
                brian2.stop()
                simulate(0.01)

        inner = brian2.NetworkOperation(call, dt=brian2.ms)
        network = brian2.Network(group, spikes, inner)
        network.run(20 * brian2.ms, namespace={})
        return np.asarray(spikes.t).tolist(), float(network.t), found

    (one, ended, found), (other, *_) = own(2), own(0)
    assert len(one) > 3 and one == other and ended < 9e-3
    assert all(spikes == alone.spikes for spikes in found)


def test_a_clock_and_objects_of_the_user_do_no_harm():
    brian2, alone = _brian.engine(), simulate(record="voltages")
    before = brian2.defaultclock.dt
    group = brian2.NeuronGroup(1, "dx/dt = -x / (10 * ms) : 1", method="exact", name="units")
    group.x = 1
    try:
        brian2.defaultclock.dt = 1e-3 * brian2.second
        beside = simulate(record="voltages")
        assert float(group.x[0]) == 1 and float(brian2.defaultclock.dt) == 1e-3
    finally:
        brian2.defaultclock.dt = before
    assert beside.spikes == alone.spikes and np.array_equal(beside.voltages, alone.voltages)


def test_the_global_random_numbers_neither_matter_nor_change():
    """Also where Brian2 draws: noise."""
    answers = []
    for seed in (1, 2):
        np.random.seed(seed)  # noqa: NPY002
        before = np.random.get_state()[1].copy()  # noqa: NPY002
        answers.append(simulate(neuron=LIF(noise=1e-3)))
        np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002
    assert len(answers[0].spikes) and answers[0].spikes == answers[1].spikes


def test_warnings_reach_the_program():
    simulate()
    with pytest.warns(UserWarning, match="of the user"):
        warnings.warn("of the user", stacklevel=1)


# The same network on every target, and no code compiled twice


@pytest.mark.long
@COMPILED
def test_a_seed_means_the_same_on_every_target(tmp_path):
    """And the second simulation compiles nothing. In a process of its own, which has no compiled code at first."""
    code = f"""
    from pathlib import Path
    from spiking._brian import engine
    engine().prefs.codegen.runtime.cython.cache_dir = {str(tmp_path)!r}
    trains = SpikeTrains(np.arange(0.005, 0.2, 0.004), np.zeros(49, int), 1, 0.2)
    compiled, answers = [], []
    for codegen in ("numpy", "cython", "cython", "standalone"):
        answers.append(spiking.simulate(column, trains, record="voltages", random_state=0, codegen=codegen))
        compiled.append(len([*Path({str(tmp_path)!r}).rglob("*.so"), *Path({str(tmp_path)!r}).rglob("*.pyd")]))
    print(compiled[0] == 0, compiled[1] > 5, compiled[1] == compiled[2])
    for one in answers[1:]:
        print(len(one.spikes) > 20, one.spikes == answers[0].spikes)
        print(np.abs(one.voltages[-1] - answers[0].voltages[-1]).max() < 1e-12)
    """
    assert lines_of(code) == ["True True True", *["True True", "True"] * 3]


@pytest.mark.long
@COMPILED
def test_a_program_of_the_user_stays_as_it_is():
    """One that waits to be built, and what it answers once it has run."""
    code = """
    import brian2 as b
    b.set_device("cpp_standalone", build_on_run=False, directory=None)
    group = b.NeuronGroup(3, "dv/dt = (2 - v)/(10*ms) : 1", threshold="v > 1", reset="v = 0", method="exact")
    spikes = b.SpikeMonitor(group)
    network = b.Network(group, spikes)
    network.run(50 * b.ms)
    alone = simulate(codegen="numpy").spikes
    print(len(alone) > 0, simulate(codegen="standalone").spikes == alone)
    b.get_device().build(directory=None, run=True)
    print(len(spikes.t), simulate(codegen="standalone").spikes == alone, len(spikes.t), b.get_device().has_been_run)
    """
    assert lines_of(code) == ["True True", "21 True 21 True"]


@pytest.mark.long
@COMPILED
def test_a_program_leaves_no_file_and_no_device(tmp_path):
    """The C++ program of a simulation that learns: the same weights, and Brian2 as it was, in the program's folder."""
    code = """
    from spiking import STDP
    learning = dict(plasticity={"recurrent": STDP(A_plus=0.1)}, record="weights")
    one, other = (simulate(0.2, codegen=codegen, **learning) for codegen in ("numpy", "standalone"))
    weights = [answer.circuit.recurrent.weight for answer in (one, other, simulate(0.2, **learning))]
    print(one.spikes == other.spikes, np.abs(weights[0] - weights[1]).max() < 1e-20, (weights[0] == weights[2]).all())
    import brian2
    print(type(brian2.get_device()).__name__, sorted(os.listdir(tempfile.gettempdir())))
    """
    assert lines_of(code, TMPDIR=str(tmp_path)) == ["True True True", "RuntimeDevice []"]


def test_names_in_the_code_stay_the_same(monkeypatch):
    """A name that counts on, as those of clocks do, makes Brian2 compile all anew for every simulation."""
    found, run = [], side_by_side.SideBySide.run

    def keep_names(self, *arguments):
        parts = (*self.sources.values(), *self.synapses, *self.spikes, *self.monitors.all)
        variables = [variable for part in parts for variable in part.variables.values()]
        owners = [getattr(variable, "owner", None) for variable in variables]
        found.append({owner.name for owner in owners if owner is not None})
        kept.append(self)
        return run(self, *arguments)

    kept: list = []
    monkeypatch.setattr(side_by_side.SideBySide, "run", keep_names)
    for _ in range(2):
        simulate(record=["voltages", {"v": [0], "current": [1]}], period=1e-3, currents=np.zeros((5, 27)))
    assert found[0] == found[1] and {"steps", "units", "voltages"} <= found[0]


def test_equations_are_solved_once_for_circuits_of_every_size(monkeypatch):
    unit, options = OwnUnit(), {"record": "voltages"}
    brian2, solved, before = _brian.engine(), [], simulate(neuron=unit, **options)
    exact = brian2.exact
    monkeypatch.setattr(brian2, "exact", lambda *given: solved.append(given) or exact(*given))
    monkeypatch.setattr(integration, "_solved", {})
    for shape in ((3, 3, 2), (3, 2, 2)):
        circuit = MaassColumn(shape).draw(np.random.default_rng(0))
        currents = np.zeros((5, circuit.n_units))
        spiking.simulate(circuit, trains_of(), neuron=unit, random_state=0, currents=currents)
    after = simulate(neuron=unit, **options)
    assert len(solved) in (1, 2) and np.array_equal(after.voltages, before.voltages)  # with currents and without


# Memory


def resident():
    """Bytes that the process holds."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def sweep(k, plastic):
    """A simulation of which every number is another one each time."""
    rule = STDP(A_plus=0.01 + k / 1000, tau_plus=0.02 + k / 1e4, mu_plus=0.5 + k / 100, w_max=1e-6 * (1 + k / 100))
    neuron = LIF(time_constant=0.03 + k / 1000, threshold=0.015 + k / 1e6)
    simulate(0.02, neuron=neuron, plasticity={"recurrent": rule} if plastic else None)


@pytest.mark.parametrize("plastic", [False, True])
def test_no_object_stays_behind(plastic):
    """A network is made of some 970 objects that Python's collector sees; a tenth of one would be too much."""
    for k in range(3):  # Brian2 fills its caches, once for networks that are alike
        sweep(k, plastic)
    gc.collect()
    before = len(gc.get_objects())
    for k in range(3, 9):
        sweep(k, plastic)
    gc.collect()
    grown = len(gc.get_objects()) - before
    assert grown < 6 * 97


@pytest.mark.long
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads the memory of the process as Linux gives it")
def test_memory_stays_flat():
    """A network that is kept takes 400 KB; the bound is an eighth of it. Measured were 0.4 KB a simulation.

    The first simulations do not count: 2 MB go to caches and to memory that the allocator holds on to.
    """
    for _ in range(30):
        simulate(record="voltages")
    gc.collect()
    before = resident()
    for _ in range(100):
        simulate(record="voltages")
    gc.collect()
    assert resident() - before < 100 * 50 * 1024


def test_no_file_stays_behind(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    simulate()
    assert not list(tmp_path.iterdir())
