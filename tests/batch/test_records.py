"""What a result file holds, and that a damaged one is seen."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reservoir.batch.identity import canonical
from reservoir.batch.records import DamagedRecordError, Record, decode, encode
from reservoir.batch.store import Store, new_batch_name
from tests.batch.batch_tasks import alike, one

RESULTS = [
    None, 1, 1.5, float("inf"), "text \u00fc\ud800", True, [], {}, [1, [2.5, "a"], None], {"a": {"b": [1]}},
    np.arange(6).reshape(2, 3), np.array(3.0), np.zeros((0, 4)), np.array(["ab", "c"]), np.array([1 + 2j]),
    {"array": np.ones(3, "f4"), "more": [np.array([True]), {"deep": np.arange(2)}]},
]  # fmt: skip


@pytest.mark.parametrize("result", RESULTS, ids=repr)
def test_a_record_comes_back(result):
    record = Record({"seconds": 0.5}, canonical({"a": 1}), result)
    back = decode(encode(record))
    assert alike(back.result, result) and back[:2] == record[:2]


@pytest.mark.parametrize("result", [object(), {1: 2}, {1, 2}, np.array([None]), {"__array__": 0}, 1j, b"x"])
def test_what_cannot_be_stored_is_refused(result):
    with pytest.raises(TypeError, match="A result of run_batch must be"):
        encode(Record({}, "{}", result))


@pytest.mark.parametrize("result", [None, {"a": 1.5, "b": np.arange(3)}])
def test_every_prefix_of_a_file_is_ignored(result, tmp_path):
    store, task = Store(tmp_path / "store"), one({"a": 1})
    store.open(0)
    (store.folder / task.identity[:2]).mkdir()
    store.write(task.identity, Record({"seconds": 0.1}, canonical({"a": 1}), result), "done")
    (name,) = store.scan()["done"].values()
    path, whole = Path(name), Path(name).read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        assert store.scan() == {"done": {}, "failed": {}}  # by its length
        other = path.with_name(f"{task.identity}-{length:x}.done")  # as if that were not seen
        path.rename(other)
        with pytest.warns(RuntimeWarning, match="is no result .* is kept under a name with '.damaged'"):
            assert store.read(str(other)) is None and not other.exists()
        assert other.with_name(f"{other.name}.damaged").read_bytes() == whole[:length]
    path.write_bytes(whole)
    assert store.scan()["done"] == {task.identity: name} and alike(store.read(name).result, result)


@given(st.data())
def test_a_changed_byte_is_seen(data):
    whole = bytearray(encode(Record({"seconds": 0.1}, "{}", {"a": np.arange(3)})))
    place = data.draw(st.integers(0, len(whole) - 1))
    whole[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(DamagedRecordError):
        decode(bytes(whole))


def test_every_changed_byte_costs_one_task(tmp_path):
    """Each of them is seen, said, and set aside; the result beside it still comes."""
    store, tasks = Store(tmp_path), [one({"a": number}) for number in range(2)]
    store.open(0)
    with store.begin(new_batch_name()):
        for task in tasks:
            store.write(task.identity, Record({}, canonical(task.parameters), {"a": np.arange(3)}), "done")
    paths = store.scan()["done"]
    path, other = Path(paths[tasks[0].identity]), paths[tasks[1].identity]
    whole = path.read_bytes()
    for place, byte in enumerate(whole):
        path.write_bytes(whole[:place] + bytes([byte ^ (1 << place % 8)]) + whole[place + 1 :])
        with pytest.warns(RuntimeWarning, match=f"{path.name}' is no result .* kept under a name with '.damaged'"):
            assert store.read(str(path)) is None
        assert store.scan()["done"] == {tasks[1].identity: other}
    assert store.read(other).result["a"].tolist() == [0, 1, 2]


PEAK = """
import os, resource, sys
import numpy as np
from reservoir.batch.records import Record
from reservoir.batch.store import Store, new_batch_name

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

def measured(work):
    store = Store(sys.argv[1])
    store.open(0)
    with store.begin(new_batch_name()):
        store.write("ab" * 16, Record({}, "{}", {"a": np.zeros(2)}), "done")
        store.read(store.scan()["done"].popitem()[1])
        before = peak()
        held = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (held + SIZE * 3 // 2 * 2**20,) * 2)  # more ends in a MemoryError
        if work == "write":
            result = {"a": np.ones((SIZE, 128, 512)), "b": [np.ones((SIZE, 512, 256), "f4")]}
            store.write("cd" * 16, Record({}, "{}", result), "done")
        else:
            result = store.read(store.scan()["done"]["cd" * 16]).result
            assert (result["a"] == 1).all() and (result["b"][0] == 1).all() and result["a"].flags.writeable
    print(peak() - before, flush=True)

for work in ("write", "read"):
    if not os.fork():
        measured(work)
        os._exit(0)
    assert os.wait()[1] == 0
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak of memory in kB")
def test_a_large_result_is_not_copied(tmp_path):
    """Written and read within one and a half times its own memory, 128 MiB."""
    command = [sys.executable, "-c", PEAK.replace("SIZE", "128"), str(tmp_path / "store")]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    written, read = map(float, done.stdout.split())
    assert 0 < written < 1.5 * 128 and 0 < read < 1.5 * 128
