"""How far a long run is: lines in a log, and a bar in a terminal."""

import io
import itertools
import logging
import os
import re
import subprocess
import sys
import types
from pathlib import Path

import numpy as np
import pytest
from sklearn.base import clone

from reservoir import (
    EchoState,
    ReservoirRegressor,
)
from reservoir import progress as progress_module
from reservoir.circuits import MaassColumn
from reservoir.model_selection import ReservoirSearchCV
from reservoir.progress import Progress
from spiking import STDP, Microcircuit

ROOT = Path(__file__).resolve().parents[1]
RNG = np.random.default_rng(5)
X = RNG.uniform(size=(60, 2))
Y = X[:, 0]
COLUMN = MaassColumn((2, 2, 2))
SMALL = EchoState(10, random_state=0)


def lines(caplog, n_pieces, verbose):
    caplog.clear()
    with caplog.at_level(logging.INFO, "reservoir"), Progress(n_pieces, "pieces", "reservoir.x", verbose, 2) as shown:
        for k in range(n_pieces - 2):
            shown.add(1, f"note {k}")
    return [record.getMessage() for record in caplog.records]


@pytest.mark.parametrize("verbose, n_lines", [(0, 0), (False, 0), (1, 1), (True, 1), (2, 8), (9, 8)])
def test_lines_of_progress(caplog, still_clock, verbose, n_lines):
    said = lines(caplog, 10, verbose)
    assert len(said) == n_lines
    if said:
        assert re.fullmatch(r"10 of 10 pieces, note 7, \S+ a second, 0 s left", said[-1])


def test_lines_come_in_intervals(caplog, monkeypatch):
    times = itertools.count(0.0, 10.0)
    monkeypatch.setattr(progress_module, "time", types.SimpleNamespace(monotonic=lambda: next(times)))
    assert 1 < len(lines(caplog, 10, 1)) < 8


class Terminal:
    """Standard error of somebody who looks."""

    def __init__(self):
        self.text = ""

    def write(self, text):
        self.text += text

    def flush(self):
        pass

    def isatty(self):
        return True


def test_a_bar_in_a_terminal(caplog, still_clock, monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    assert lines(caplog, 10, 1) == [] and "10/10" in terminal.text and "note 7" in terminal.text
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)  # not installed
    assert len(lines(caplog, 10, 1)) == 1
    monkeypatch.setattr(sys, "stderr", None)  # as under pythonw
    assert len(lines(caplog, 10, 1)) == 1


def test_brian_tells_its_steps(caplog):
    system = Microcircuit(
        COLUMN, plasticity={"recurrent": STDP()}, random_state=0, codegen="numpy", twin=False, verbose=2
    )
    with caplog.at_level(logging.INFO, "spiking"):
        verbose = system.fit(X[:10])
    said = [record.getMessage() for record in caplog.records if record.name == "spiking"]
    assert said[-1].startswith("1000 of 1000 steps")
    quiet = clone(system).set_params(verbose=0)
    caplog.clear()
    with caplog.at_level(logging.INFO, "spiking"):
        quiet.fit(X[:10])
    assert not [record for record in caplog.records if record.name == "spiking"]
    assert quiet.circuit_.equals(verbose.circuit_)
    with pytest.raises(ValueError, match=r"'verbose' parameter of Microcircuit must be an integer >= 0. Got -1"):
        system.set_params(verbose=-1).fit(X[:10])


def test_a_search_tells_its_tasks(caplog, still_clock):
    search = ReservoirSearchCV(ReservoirRegressor(SMALL), {"readout__alpha": [0.1, 1.0]}, cv=2, verbose=1)
    with caplog.at_level(logging.INFO, "reservoir.model_selection"):
        search.fit([X, X, X], [Y, Y, Y])
    (record,) = caplog.records
    assert re.match(r"(\d+) of \1 tasks", record.getMessage())


# Without anybody's handlers: in forks of one process


CALLS = {  # by the log that tells of them
    "reservoir.rnn": """
        from reservoir.rnn import RNNRegressor
        RNNRegressor("elman", 3, max_iter=2, random_state=0, verbose=1).fit(X, X)
    """,
    "reservoir.model_selection": """
        from reservoir import EchoState, ReservoirRegressor
        from reservoir.model_selection import ReservoirSearchCV
        model = ReservoirRegressor(EchoState(5, random_state=0))
        ReservoirSearchCV(model, {"readout__alpha": [0.1, 1.0]}, cv=2, verbose=1).fit([X, X], [X, X])
    """,
    "reservoir.batch": """
        from reservoir.batch import run_batch
        run_batch(task, [{"x": 1}], store=folder, n_jobs=1, progress=True)
    """,
    "spiking": """
        from reservoir.circuits import MaassColumn
        from spiking import STDP, Microcircuit
        rules = {"recurrent": STDP()}
        Microcircuit(MaassColumn((2, 2, 2)), plasticity=rules, random_state=0, twin=False, verbose=1).fit(X[:5])
    """,
}
LINE = re.compile(r"(reservoir|spiking)[.\w]*: (\d+) of \2 \w+.*, \S+ a second, 0 s left")
TASK = "def task(parameters, *, random_state):\n    return parameters['x']\n"
LOGS = {  # what a program does about its logs
    "none": "",
    "all": "logging.basicConfig(level='INFO')",
    "of its own": "logging.getLogger('reservoir').addHandler(logging.StreamHandler())",
    "a file": "logging.basicConfig(level='INFO', filename='file.log')",
}
PROGRAM = f"""if True:
    import logging, os, sys, textwrap
    sys.modules["tqdm"] = sys.modules["tqdm.auto"] = None
    import numpy as np
    from tasks import task
    folder, X, CALLS = "store", np.sin(np.arange(30.0))[:, None], {CALLS!r}
    for name, log in {LOGS!r}.items():
        child = os.fork()
        if not child:
            print(">", name, file=sys.stderr)
            exec(log)
            for call in CALLS if name == "none" else ["reservoir.rnn"]:
                exec(textwrap.dedent(CALLS[call]))
            logging.shutdown()
            sys.stderr.flush()
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """What scripts without tqdm write to standard error, which is a pipe, by their logs; and the file of a log."""
    if not hasattr(os, "fork"):
        pytest.skip("there is no fork")
    folder = tmp_path_factory.mktemp("told")
    (folder / "tasks.py").write_text(TASK)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(folder)])}
    command = [sys.executable, "-c", PROGRAM]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, cwd=folder)
    assert run.returncode == 0, run.stderr
    parts = (part.partition("\n") for part in run.stderr.split("> ")[1:])
    lines = {name: [line for line in said.splitlines() if "a second" in line] for name, _, said in parts}
    return lines, (folder / "file.log").read_text()


def test_who_asks_for_lines_sees_them_in_a_pipe(told):
    lines = told[0]["none"]
    assert all(map(LINE.fullmatch, lines))
    assert [line.partition(":")[0] for line in lines] == list(CALLS)


@pytest.mark.parametrize("log", ["all", "of its own"])
def test_lines_come_once_where_a_log_is_set_up(log, told):
    """A handler whose log lets no line through is no reason for silence."""
    assert len(told[0][log]) == 1


def test_lines_go_to_a_log_alone_that_takes_them(told):
    lines, file = told
    assert lines["a file"] == [] and file.count("2 of 2 epochs") == 1


def test_a_closed_pipe_ends_no_fit(monkeypatch):
    closed = io.StringIO()
    closed.close()
    monkeypatch.setattr(sys, "stderr", closed)
    with Progress(2, "pieces", "reservoir.x", 2) as shown:
        shown.add(2)
