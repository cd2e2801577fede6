"""What a new user touches first: displays, tables, progress, converters, and what a report of a bug needs."""

import ast
import configparser
import inspect
import itertools
import logging
import pkgutil
import re
import subprocess
import sys
import types
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import config_context
from sklearn.base import BaseEstimator, clone
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import reservoir
import spiking
from reservoir import (
    DeepEchoState,
    EchoState,
    LiquidState,
    ReservoirClassifier,
    ReservoirForecaster,
    ReservoirRegressor,
    simulate,
)
from reservoir import progress as progress_module
from reservoir.__main__ import NEEDED, OPTIONAL, main
from reservoir.circuits import Circuit, MaassColumn
from reservoir.model_selection import ReservoirSearchCV
from reservoir.probes import memory_capacity
from reservoir.progress import Progress
from reservoir.readouts import RidgeReadout
from reservoir.rnn import RNNRegressor
from reservoir.sequences import from_aeon, to_aeon
from reservoir.spikes import Raster, SpikeTrains
from spiking import STDP, Microcircuit

ROOT = Path(__file__).resolve().parents[2]
RNG = np.random.default_rng(5)
X = RNG.uniform(size=(60, 2))
Y = X[:, 0]
STACK = RNG.uniform(size=(4, 30, 2))
TABLE = pd.DataFrame(X, columns=["flow", "level"], index=pd.date_range("2024-01-01", periods=60, freq="h"))
COLUMN = MaassColumn((2, 2, 2))
SMALL = EchoState(10, random_state=0)
SYSTEMS = [
    SMALL,
    DeepEchoState(EchoState(4), 2, random_state=0),
    LiquidState(COLUMN, random_state=0),
    Microcircuit(COLUMN, random_state=0),
]


def modules():
    for package in (reservoir, spiking):
        yield package
        for found in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            yield import_module(found.name)


def classes():
    """Every estimator and part of the library that can be made without arguments."""
    found = {value for module in modules() for value in vars(module).values() if inspect.isclass(value)}
    ours = {one for one in found if issubclass(one, BaseEstimator) and one.__module__.split(".")[0] in
            ("reservoir", "spiking")}  # fmt: skip
    required = {one for one in ours if any(
        p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD
        for p in inspect.signature(one).parameters.values())}  # fmt: skip
    return sorted(ours - required, key=lambda one: one.__qualname__)


# Displays


@pytest.mark.parametrize("one", classes(), ids=lambda one: one.__name__)
def test_every_part_is_displayed(one):
    assert one.__name__ in one()._repr_html_()
    assert len(repr(one())) < 200


@pytest.mark.parametrize(
    "model, parts",
    [
        (ReservoirRegressor(EchoState(9, topology=np.eye(9)), RidgeReadout("gcv")), ["EchoState", "RidgeReadout"]),
        (ReservoirClassifier(LiquidState(COLUMN, encoder=Raster())), ["LiquidState", "MaassColumn", "Raster"]),
        (ReservoirForecaster(DeepEchoState(layers=[SMALL, EchoState(7)])), ["DeepEchoState", "EchoState", "n_units=7"]),
        (ReservoirSearchCV(ReservoirRegressor(SMALL), {"washout": [1]}), ["ReservoirRegressor", "EchoState"]),
        (Microcircuit(COLUMN, plasticity={"recurrent": STDP()}), ["MaassColumn", "STDP"]),
    ],
)
def test_nested_parts_are_displayed(model, parts):
    page = re.sub(r"\s*<[^>]*>\s*", "", model._repr_html_())
    assert all(part in page for part in [type(model).__name__, *parts])


def test_fitted_models_are_displayed():
    model = ReservoirRegressor(SMALL).fit(TABLE, Y)
    page = model._repr_html_()
    assert "EchoState" in page and "itted" in page


def test_records_are_told_in_a_line():
    circuit = COLUMN.draw(np.random.default_rng(0))
    trains = SpikeTrains([0.01], [0], 1, 0.1)
    capacity = memory_capacity(SMALL, n_steps=300, random_state=0)
    records = [trains, circuit, circuit.recurrent, simulate(circuit, trains, record="voltages"), capacity]
    for record in records:
        text = repr(record)
        assert type(record).__name__ in text and len(text) < 100 and "\n" not in text and "array" not in text
    assert isinstance(circuit, Circuit) and f"{capacity.total:.2f}" in repr(capacity)
    assert "voltages" in repr(records[3]) and "spike" in repr(records[3])


# Tables


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: type(system).__name__)
def test_one_series_becomes_a_table(system):
    """With its index and named columns; stacks and lists come back as without `set_output`."""
    plain, tabular = clone(system).fit(TABLE), clone(system).set_output(transform="pandas").fit(TABLE)
    states, table = plain.transform(TABLE), tabular.transform(TABLE)
    names = list(plain.get_feature_names_out())
    assert names == [f"{type(system).__name__.lower()}{k}" for k in range(states.shape[1])]
    assert list(table.columns) == names and table.index.equals(TABLE.index)
    np.testing.assert_array_equal(table, states)
    pd.testing.assert_frame_equal(clone(tabular).fit_transform(TABLE), table)
    assert tabular.transform(TABLE[20:40]).index.equals(TABLE.index[20:40])
    assert clone(tabular).fit(X).transform(X).index.equals(pd.RangeIndex(60))
    for many in (np.stack([X, X]), [X, X[:20]], [TABLE, TABLE[:20]]):
        before, after = plain.fit(many).transform(many), tabular.fit(many).transform(many)
        assert type(before) is type(after) and all(map(np.array_equal, before, after))
        fresh = clone(tabular).fit_transform(many)
        assert type(fresh) is type(before) and all(map(np.array_equal, before, fresh))


def test_tables_asked_for_everywhere():
    """A setting of scikit-learn for the whole program changes no model."""
    model = ReservoirClassifier(DeepEchoState(layers=[SMALL, SYSTEMS[2]]), make_pipeline(StandardScaler(), Ridge()))
    expected = clone(model).fit(STACK, list("abab")).decision_function(STACK)
    with config_context(transform_output="pandas"):
        found = model.fit(STACK, list("abab")).decision_function(STACK)
        assert isinstance(clone(SMALL).fit_transform(X), pd.DataFrame)
    np.testing.assert_array_equal(found, expected)


def test_one_record_of_spikes_becomes_a_table():
    trains = SpikeTrains([0.01, 0.2], [0, 0], 1, 0.3)
    liquid = LiquidState(COLUMN, random_state=0).fit(trains)
    states = liquid.transform(trains)
    liquid.set_output(transform="pandas")
    np.testing.assert_array_equal(liquid.transform(trains).to_numpy(), states)
    assert np.array_equal(liquid.transform([trains, trains])[1], states)


@pytest.mark.parametrize(
    "model", [ReservoirRegressor(SMALL), ReservoirClassifier(SMALL), RNNRegressor(max_iter=1, random_state=0)]
)
def test_a_table_is_answered_as_its_numbers(model):
    y = TABLE["flow"] if "Regressor" in type(model).__name__ else pd.Series(list("ab" * 30))
    answer = model.fit(TABLE, y).predict(TABLE)
    np.testing.assert_array_equal(answer, clone(model).fit(X, np.asarray(y)).predict(X))
    assert list(model.feature_names_in_) == ["flow", "level"]
    with pytest.raises(ValueError, match="feature names should match"):
        model.predict(TABLE[["level", "flow"]])


def test_forecast_of_a_table():
    model = ReservoirForecaster(SMALL, washout=5)
    expected = clone(model).fit(X).forecast(4, context=X[:30])
    np.testing.assert_array_equal(model.fit(TABLE).forecast(4, context=TABLE[:30]), expected)


# Progress


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
    system = Microcircuit(COLUMN, plasticity={"recurrent": STDP()}, random_state=0, codegen="numpy", verbose=2)
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


def test_the_library_is_silent():
    """No calls of print, and a log that says nothing until a program asks for it."""
    for path in [*ROOT.glob("reservoir/**/*.py"), *ROOT.glob("spiking/**/*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            assert not (isinstance(node, ast.Name) and node.id == "print"), path
            written = isinstance(node, ast.Attribute) and node.attr in ("stdout", "__stdout__")
            assert not written or path.name == "__main__.py" or "std_silent" in ast.unparse(node), path
    for name in ("reservoir", "spiking"):
        assert any(isinstance(handler, logging.NullHandler) for handler in logging.getLogger(name).handlers)


# Converters


SIZES = st.integers(1, 4)


@given(SIZES, SIZES, SIZES)
def test_aeon_and_back(n_cases, n_channels, n_times):
    cases = np.arange(n_cases * n_channels * n_times, dtype=np.float32).reshape(n_cases, n_channels, n_times)
    stack = from_aeon(cases)
    assert stack.dtype == cases.dtype and stack.flags.c_contiguous
    assert all(stack[i, t, c] == cases[i, c, t] for i, c, t in np.ndindex(cases.shape))
    np.testing.assert_array_equal(to_aeon(stack), cases)
    np.testing.assert_array_equal(from_aeon(cases[:, 0]), from_aeon(cases[:, :1]))
    ragged = [case[:, : 1 + k % n_times] for k, case in enumerate(cases)]
    for make in (list, tuple, lambda cases: [pd.DataFrame(case) for case in cases]):
        series = from_aeon(make(ragged))
        assert [one.shape for one in series] == [case.T.shape for case in ragged]
        assert all(map(np.array_equal, to_aeon(series), ragged))
    np.testing.assert_array_equal(to_aeon(cases[0]), cases[:1].swapaxes(1, 2))  # one series


@pytest.mark.parametrize("data", [3, "abc", [], [1, 2], np.zeros(3), np.zeros((1, 1, 1, 1)), [np.zeros((2, 2)), 3]])
@pytest.mark.parametrize("convert", [from_aeon, to_aeon])
def test_what_cannot_be_converted(convert, data):
    with pytest.raises(ValueError, match=convert.__name__):
        convert(data)


# The environment


def test_the_environment_is_told():
    command = [sys.executable, "-W", "error", "-m", "reservoir", "--version"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    found = dict(re.split(r":\s+", line, maxsplit=1) for line in run.stdout.splitlines())
    assert found["reservoir-spiking"] == reservoir.__version__
    assert found["numpy"] == np.__version__ and found["Python"].startswith("{}.{}.{}".format(*sys.version_info[:3]))
    assert set(found) >= {*NEEDED, *OPTIONAL, "processor", "cores", "C++ compiler", "threads, numba"}
    assert re.search(r"\((not )?writable\)$", found["Numba's cache"])


def test_the_command_line_says_what_it_is_for(capsys):
    main([])
    said = capsys.readouterr().out
    assert "--version" in said and "report of a bug" in said
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])
    assert capsys.readouterr().out == said


def test_no_package_is_forgotten():
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    extras = config["options.extras_require"]
    wanted = [config["options"]["install_requires"]] + [
        text for name, text in extras.items() if name not in ("test", "lint", "docs", "bench")
    ]
    names = {
        re.match(r"[\w-]+", line).group().lower()
        for text in wanted
        for line in text.splitlines()
        if line and not line.startswith("#")
    }
    assert names <= {name.lower() for name in (*NEEDED, *OPTIONAL)}
