"""Files that somebody made up or that were damaged: one clear ValueError, never code, a hang, or a crash."""

import ast
import json
import os
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reservoir import EchoState, ReservoirRegressor, load, save
from reservoir.persistence import describe
from reservoir.persistence.writing import DEEPEST
from tests.persistence import saved_models
from tests.persistence.hostile_files import changed, mutated, put_together, refused, taken_apart, zipped
from tests.persistence.saved_models import SERIES, TARGETS

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def examples(tmp_path_factory):
    """Files of all fitted examples."""
    folder = tmp_path_factory.mktemp("models")
    for name, example in saved_models.fitted().items():
        save(example.model, folder / name)
    return folder


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """The bytes of one file."""
    path = tmp_path_factory.mktemp("small") / "model"
    save(ReservoirRegressor(EchoState(5, random_state=0)).fit(SERIES, TARGETS), path)
    return path.read_bytes()


# The container.


def test_every_truncation_is_refused(small, tmp_path):
    for length in range(0, len(small), 17):
        (tmp_path / "model").write_bytes(small[:length])
        refused(tmp_path / "model")


@given(st.data())
def test_changed_bytes_are_refused_or_change_nothing(small, tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "changed"
    places = st.integers(0, len(small) - 1) | st.integers(len(small) - 1500, len(small) - 1)
    changed = bytearray(small)
    for place, value in data.draw(st.lists(st.tuples(places, st.integers(0, 255)), min_size=1, max_size=4)):
        changed[place] = value
    path.write_bytes(changed)
    try:
        found = load(path)
    except ValueError as error:
        assert str(error).startswith(f"The file '{path}' ")
    else:
        path.write_bytes(small)
        assert not saved_models.difference(found, load(path))


@given(st.binary(max_size=400))
def test_any_bytes_are_refused(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "bytes"
    path.write_bytes(data)
    refused(path)


def test_files_that_cannot_be_read_say_so(tmp_path):
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "absent")
    with pytest.raises(IsADirectoryError):
        load(tmp_path)
    with pytest.raises(FileNotFoundError):
        save(EchoState(), tmp_path / "absent" / "model")


GOOD = json.dumps({"format": 1}).encode()


@pytest.mark.parametrize(
    "members",
    [
        [],
        [("../model.json", GOOD)],
        [("/model.json", GOOD)],
        [("model.json", GOOD), ("model.json", GOOD)],
        [("model.json", GOOD), ("array_1.npy", b"")],
        [("model.json", GOOD), ("../../array_0.npy", b"")],
        [("model.json", GOOD), ("array_0.pkl", b"")],
        [("model.json\0.exe", GOOD)],
    ],
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_other_members_are_refused(members, tmp_path):
    zipped(tmp_path / "model", members)
    refused(tmp_path / "model", "members|directory")


def test_compressed_members_are_refused(tmp_path):
    zipped(tmp_path / "model", [("model.json", b" " * 50_000_000)], zipfile.ZIP_DEFLATED)
    assert os.path.getsize(tmp_path / "model") < 100_000
    refused(tmp_path / "model", "compressed")


def test_a_directory_of_very_many_members_is_refused(small, tmp_path):
    end = struct.Struct("<4s4H2IH")
    for count, length in ((65_535, 1 << 30), (3, 1 << 20)):
        fields = [*end.unpack(small[-end.size :])]
        fields[4], fields[5] = count, length
        (tmp_path / "model").write_bytes(small[: -end.size] + end.pack(*fields))
        refused(tmp_path / "model", "directory")


HEADERS = {
    "huge": "{'descr': '<f8', 'fortran_order': False, 'shape': (100000, 100000000), }",
    "empty and huge": "{'descr': '<f8', 'fortran_order': False, 'shape': (0, 99999999999999999), }",
    "objects": "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }",
    "records": "{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,), }",
    "raw": "{'descr': '|V8', 'fortran_order': False, 'shape': (1,), }",
    "odd size": "{'descr': '<f3', 'fortran_order': False, 'shape': (1,), }",
    "long double": "{'descr': '<f16', 'fortran_order': False, 'shape': (1,), }",
    "texts of nothing": "{'descr': '<U0', 'fortran_order': False, 'shape': (5,), }",
    "dates": "{'descr': '<M8', 'fortran_order': False, 'shape': (1,), }",
    "code": "__import__('os').system('true')",
    "nested": "(" * 5000,
    "deep": "{'descr': '<f8', 'fortran_order': False, 'shape': (" + "1, " * 60 + "), }",
}


@pytest.mark.parametrize("name", HEADERS)
def test_headers_are_not_trusted(name, tmp_path):
    header = HEADERS[name].encode() + b"\n"
    data = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + bytes(8)
    _refused_array(tmp_path / "model", data)


@pytest.mark.parametrize("values", [np.full(9, 7, np.uint8).view(bool), np.full(3, 0x7FFFFFFF, np.uint32).view("<U1")])
def test_bytes_that_are_no_values_are_refused(values, tmp_path):
    save(EchoState(bias=np.ones(2)), tmp_path / "model")
    tree, _ = taken_apart(tmp_path / "model")
    put_together(tmp_path / "model", tree, [values])
    refused(tmp_path / "model", "holds")


def _refused_array(path, data):
    save(EchoState(bias=np.ones(2)), path)
    text = zipfile.ZipFile(path).read("model.json")
    zipped(path, [("model.json", text), ("array_0.npy", data)])
    refused(path, "array_0")


def test_files_larger_than_allowed_are_not_read(small, tmp_path):
    (tmp_path / "model").write_bytes(small)
    with pytest.raises(ValueError, match=f"holds {len(small)} bytes, more than max_bytes=1000"):
        load(tmp_path / "model", max_bytes=1000)


# The text.


TEXTS = {
    "nothing": b"",
    "no object": b"[1]",
    "nan": b'{"format": NaN}',
    "twice": b'{"format": 1, "format": 1}',
    "deep": b'{"format": ' + b"[" * 200_000,
    "long number": b'{"format": ' + b"1" * 5000 + b"}",
    "no format": b"{}",
    "text as format": b'{"format": "1"}',
    "no parts": b'{"format": 1}',
    "bytes": b'{"format": \xff}',
    "byte order": b"\xef\xbb\xbf{}",
}


@pytest.mark.parametrize("name", TEXTS)
def test_texts_are_not_trusted(name, tmp_path):
    put_together(tmp_path / "model", TEXTS[name], [])
    refused(tmp_path / "model")
    with pytest.raises(ValueError, match="is not a model of this library"):
        describe(tmp_path / "model")


def test_a_newer_format_says_so(tmp_path):
    put_together(tmp_path / "model", {"format": 2, "version": "9.1", "more": []}, [])
    for read in (load, describe):
        with pytest.raises(ValueError, match=r"has format 2, written by version 9\.1 .* reads format 1"):
            read(tmp_path / "model")


@pytest.mark.parametrize(
    "name",
    [
        *("os.system", "builtins.eval", "sklearn.svm.SVC", "reservoir.persistence.files.save", "", 3),
        *("reservoir.topologies.spectral_radius", "reservoir.plasticity.Rule", "reservoir.topologies.cycle.Cycle"),
        *("reservoir.spikes.scaling.Scaled", "reservoir.topologies.__init__", "reservoir.models.fit_in_parts"),
    ],
)
def test_only_registered_classes_are_made(name, tmp_path):
    def change(tree, arrays):
        tree["parts"][-1]["class"] = name

    refused(changed(EchoState(), tmp_path / "model", change))


def _nest(depth):
    value = 1
    for _ in range(depth):
        value = [value]
    return value


TREES = {
    "unknown parameter": lambda p: p["parameters"].update(other=1),
    "unknown attribute": lambda p: p["attributes"].update(__class__=1),
    "method": lambda p: p["attributes"].update(fit=1),
    "forward": lambda p: p["parameters"].update(topology={"part": 5}),
    "itself": lambda p: p["parameters"].update(topology={"part": 0}),
    "negative": lambda p: p["parameters"].update(topology={"array": -1}),
    "true": lambda p: p["parameters"].update(topology={"part": True}),
    "deep": lambda p: p["parameters"].update(topology=_nest(DEEPEST + 5)),
    "two kinds": lambda p: p["parameters"].update(topology={"array": 0, "part": 0}),
    "no kind": lambda p: p["parameters"].update(topology={}),
    "float": lambda p: p["parameters"].update(topology={"float": "1e5"}),
    "list as float": lambda p: p["parameters"].update(topology={"float": []}),
    "type": lambda p: p["parameters"].update(dtype={"type": "object"}),
    "dtype": lambda p: p["parameters"].update(dtype={"dtype": "O"}),
    "dtype of fields": lambda p: p["parameters"].update(dtype={"dtype": "i4,O"}),
    "scalar": lambda p: p["parameters"].update(leak={"scalar": ["int8", 300]}),
    "key twice": lambda p: p["parameters"].update(leak={"dict": [["a", 1], ["a", 2]]}),
    "no key": lambda p: p["parameters"].update(leak={"dict": [[[1], 1]]}),
    "generator": lambda p: p["parameters"].update(random_state={"random": [1, {"dict": []}]}),
    "half fitted": lambda p: p["attributes"].update(bias_={"array": 0}),
}


@pytest.mark.parametrize("name", TREES)
def test_trees_are_not_trusted(name, tmp_path):
    refused(changed(EchoState(bias=np.ones(2)), tmp_path / "model", lambda tree, _: TREES[name](tree["parts"][-1])))


def test_parts_that_hold_one_another_again_and_again_are_refused(tmp_path):
    def change(tree, arrays):
        for index in range(60):
            held = {"part": index}
            parameters = {"reservoir": held, "readout": held}
            name = "reservoir.models.ReservoirRegressor"
            tree["parts"].append({"class": name, "parameters": parameters, "attributes": {}})

    refused(changed(EchoState(), tmp_path / "model", change), "too often")


def test_loading_runs_nothing(examples):
    """With all classes imported, loading every example compiles, imports, starts and connects nothing."""
    code = """if True:
        import os, sys, importlib
        from reservoir import LiquidState, load
        from reservoir.persistence.registry import REGISTRY
        for name in REGISTRY:
            importlib.import_module(name.rpartition(".")[0])
        import codecs, numpy as np
        from reservoir.neurons import HodgkinHuxley
        codecs.lookup("cp437")  # of the names in a zip
        HodgkinHuxley().initial_state(1, np.random.default_rng(0))  # compiled functions of this library
        LiquidState().fit(np.zeros((1, 1)))
        folder, seen = sys.argv[1], set()
        names = sorted(os.listdir(folder))
        sys.addaudithook(lambda event, given: seen.add(event if event != "open" else f"open {given[0]}"))
        for name in names:
            load(os.path.join(folder, name))
        print(*sorted(seen - {f"open {os.path.join(folder, name)}" for name in names}), sep="\\n")
    """
    run = subprocess.run(
        [sys.executable, "-c", code, str(examples)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert set(run.stdout.split()) <= {"object.__getattr__", "object.__setattr__", "builtins.id"}, run.stdout


# Changes at random.


def _mutations(examples, folder, n_each, seed):
    """Files with changes at random, those that load; the others end in the one error."""
    rng, n_refused = np.random.default_rng(seed), 0
    for name in sorted(os.listdir(examples)):
        tree, arrays = taken_apart(examples / name)
        for number in range(n_each):
            path = folder / f"{name}-{number}"
            put_together(path, *mutated(rng, tree, arrays))
            try:
                load(path, max_bytes=1 << 26)
            except ValueError as error:
                assert str(error).startswith(f"The file '{path}' is not a model of this library: ")
                n_refused += 1
                path.unlink()
    return n_refused


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_random_changes_end_in_one_error_or_a_model(examples, tmp_path):
    n_refused = _mutations(examples, tmp_path, 8, seed=0)
    assert n_refused > 200 and len(list(tmp_path.iterdir())) > 50


@pytest.mark.long
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_what_loads_after_random_changes_does_not_crash(examples, tmp_path):
    """Kernels look at their bounds here, in a process of their own; a word of theirs, or a signal, fails the test."""
    (tmp_path / "files").mkdir()
    _mutations(examples, tmp_path / "files", 100, seed=int.from_bytes(os.urandom(4), "little"))
    watched = {"NUMBA_BOUNDSCHECK": "1", "NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    _asked("tests.persistence.hostile_files", str(tmp_path / "files"), **watched)


def _asked(module, *arguments, **environment):
    """What a process says that loads changed files and asks the models; a signal fails the test."""
    command = [sys.executable, "-W", "ignore", "-X", "faulthandler", "-m", module, *arguments]
    where = {**os.environ, **environment}
    run = subprocess.run(command, cwd=ROOT, env=where, capture_output=True, text=True, check=False)
    assert run.returncode == 0, f"{run.stdout[-200:]}\n{run.stderr[-3000:]}"
    return run.stdout


# One change at a time, of all places of all examples.


def test_some_single_changes_end_in_one_error_or_a_model_that_can_be_asked():
    said = _asked("tests.persistence.single_changes", "--seed", "0", "--count", "80")
    counts = ast.literal_eval(said.splitlines()[-1].removeprefix("counts "))
    assert sum(counts.values()) == 80 and counts["refused"] > 40 and counts["answers"] > 0


@pytest.mark.long
def test_a_change_at_every_place_of_every_example(tmp_path):
    watched = {"NUMBA_BOUNDSCHECK": "1", "NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    assert "counts" in _asked("tests.persistence.single_changes", "--each", **watched)
