"""Who a task is: a text of its parameters, a digest and a seed."""

import enum
import functools
import hashlib
import itertools
import json
import random

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reservoir.batch import run_batch
from reservoir.batch.identity import canonical, function_name, read_tasks, task_identity, task_seed
from reservoir.batch.records import Record, decode, encode
from tests.batch.batch_tasks import empty, one, plain

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
KEYS = st.text().filter(lambda key: key != "__array__")  # which stands for arrays, and is refused
VALUES = st.recursive(SCALARS, lambda part: st.lists(part, max_size=3) | st.dictionaries(KEYS, part, max_size=3))
PARAMETERS = st.dictionaries(KEYS, VALUES, max_size=4)


@given(PARAMETERS, st.randoms(use_true_random=False))
def test_the_order_of_parameters_does_not_matter(parameters, shuffle: random.Random):
    items = list(parameters.items())
    shuffle.shuffle(items)
    assert one(dict(items))[1:] == one(parameters)[1:]


@given(PARAMETERS, PARAMETERS)
def test_other_parameters_are_another_task(first, second):
    """JSON text tells parameters apart: an independent one, whose order of keys is that of Python."""
    same = json.dumps(first, sort_keys=True) == json.dumps(second, sort_keys=True)
    assert (one(first).identity == one(second).identity) == same
    assert (one(first).random_state == one(second).random_state) == same


@given(PARAMETERS, st.text(), st.text(), st.integers(0, 2**64))
def test_name_and_version_change_the_task_but_not_its_seed(parameters, name, version, seed):
    task, other = one(parameters, seed=seed), one(parameters, name, version, seed)
    assert task.random_state == other.random_state and 0 <= task.random_state < 2**32
    assert (task.identity == other.identity) == ((name, version) == ("f", ""))
    assert one(parameters, seed=seed + 1).identity == task.identity


@given(st.text(), st.text(), st.text(), st.integers(0, 2**64))
def test_digests_are_those_of_a_list_in_json(text, name, version, seed):
    first, second = (hashlib.sha256(json.dumps(given).encode()) for given in ([text, name, version], [text, seed]))
    assert task_identity(text, name, version) == first.hexdigest()[:32]
    assert task_seed(text, seed) == int.from_bytes(second.digest()[:4], "little")


@given(st.integers(-(2**31), 2**31 - 1), st.floats(width=32), st.booleans())
def test_numpy_scalars_are_numbers(whole, real, flag):
    numbers = {"a": whole, "b": real, "c": flag}
    arrays = {"a": np.int32(whole), "b": np.float32(real), "c": np.bool_(flag)}
    assert canonical(arrays) == canonical(numbers) == canonical({**numbers, "a": np.int64(whole)})


def test_arrays_are_their_content():
    array = np.arange(6.0).reshape(2, 3)
    same = [array.copy(order="F"), np.ascontiguousarray(array.T).T, array.astype(">f8"), np.repeat(array, 2, 0)[::2]]
    assert {canonical({"a": other}) for other in same} == {canonical({"a": array})}
    others = [array + 1, array.reshape(3, 2), array.astype("f4"), array.tolist(), np.array(["x"])]
    assert len({canonical({"a": other}) for other in [array, *others]}) == 6


def test_seeds_look_random():
    """The bits of 4,096 seeds of neighbours are balanced and no two bits go together."""
    seeds = np.array([task_seed(canonical({"number": number}), 0) for number in range(4096)], dtype=np.uint32)
    bits = (seeds[:, None] >> np.arange(32, dtype=np.uint32)) & 1
    assert np.abs(bits.mean(axis=0) - 0.5).max() < 5 * 0.5 / 64
    correlation = np.corrcoef(bits.T.astype(float)) - np.eye(32)
    assert np.abs(correlation).max() < 5 / 64


def test_the_name_of_a_function():
    assert function_name(plain) == "tests.batch.batch_tasks.plain"
    bound = [functools.partial(plain, scale=scale) for scale in (1, 2)]
    assert len({function_name(func) for func in [plain, *bound]}) == 3
    assert function_name(bound[0]) == function_name(functools.partial(plain, scale=np.int64(1)))


class Volt(float):
    """A number that holds more than its value."""


class Text(str):
    """A text of another kind."""


class Mode(enum.Enum):
    """Not of numbers."""

    A = 1


def subclasses():
    """Arrays and scalars that hold more than a plain one."""
    plain = np.arange(4.0)
    mv = pytest.importorskip("brian2").mV
    dated = np.dtype("f8", metadata={"unit": "V"})
    return [
        np.ma.array(plain, mask=[0, 0, 1, 0]), np.ma.masked, np.ma.array(1.0), plain.view(np.matrix),
        plain.view(np.recarray), np.rec.array([(1, 2.0)]), plain * mv, 5 * mv, mv,
        plain.astype(dated), np.timedelta64(5, "ns"), np.datetime64("2020-01-01"), np.longdouble(1), Volt(1), Text("a"),
        Mode.A, pd.Series(plain), pd.Timestamp(0), pd.array([1, None]), pd.NA, np.zeros(1, "V8"),
    ]  # fmt: skip


@pytest.mark.parametrize("place", range(21))
@pytest.mark.parametrize("nested", [lambda value: value, lambda value: [1, (value,)], lambda value: {"b": [value]}])
def test_what_is_more_than_its_numbers_is_neither_parameter_nor_result(place, nested):
    value = nested(subclasses()[place])
    with pytest.raises(ValueError, match="'tasks' parameter of run_batch must be made of"):
        canonical({"a": value})
    with pytest.raises(ValueError, match="'tasks' parameter of run_batch must be made of"):
        function_name(functools.partial(plain, value))
    with pytest.raises(TypeError, match="A result of run_batch must be made of"):
        encode(Record({}, "{}", value))
    assert len(subclasses()) == 21


def every_subclass(kind):
    """All classes that derive from it, in whatever has been imported."""
    for derived in kind.__subclasses__():
        yield derived
        yield from every_subclass(derived)


def test_no_subclass_of_an_array_is_taken_for_one():
    pytest.importorskip("brian2")
    plain, found = np.arange(4.0), set()
    for kind in every_subclass(np.ndarray):
        try:
            value = plain.view(kind)
        except Exception:  # some need more to be made
            continue
        found.add(kind.__name__)
        with pytest.raises(ValueError, match="'tasks' parameter of run_batch must be made of"):
            canonical({"a": [value]})
        with pytest.raises(TypeError, match="A result of run_batch must be made of"):
            encode(Record({}, "{}", {"a": value}))
    assert {"MaskedArray", "matrix", "recarray", "memmap", "Quantity"} <= found


def like(values):
    """What is not told apart in a key, by rules of its own: NumPy's scalars, byte orders, lists and tuples."""
    if isinstance(values, np.ndarray):
        little = values.astype(values.dtype.newbyteorder("<"))
        return ("array", little.dtype.str, values.shape, little.tobytes())
    if isinstance(values, list | tuple):
        return ("list", *map(like, values))
    if isinstance(values, dict):
        return ("dict", *sorted((name, like(value)) for name, value in values.items()))
    plain = values.item() if isinstance(values, np.generic) else values
    return (type(plain).__name__, repr(plain))


KINDS = ["?", "i1", "<i8", ">i8", "<f4", "<f8", ">f8", "<c8", "S2", "<U1", ">U1", "<U2", "<M8[s]"]
ARRAYS = st.sampled_from(KINDS).flatmap(
    lambda kind: st.sampled_from([(), (1,), (2,), (1, 2), (2, 1)]).map(lambda shape: np.zeros(shape).astype(kind))
)
FEW = st.sampled_from([0, 1, 0.0, -0.0, 1.0, True, False, None, "", "0", "1", np.int8(1), np.float32(0.1), 0.1])
CLOSE = st.recursive(
    FEW | ARRAYS,
    lambda part: st.lists(part, max_size=2) | st.tuples(part) | st.dictionaries(st.sampled_from("ab"), part),
)


@given(st.lists(CLOSE, min_size=2, max_size=12))
def test_equal_identities_have_equal_texts_and_equal_values(values):
    """Values that are close to one another, so that many are equal."""
    tasks = [one({"a": value}) for value in values]
    texts, likes = [canonical({"a": value}) for value in values], [like(value) for value in values]
    for first, second in itertools.combinations(range(len(values)), 2):
        same = likes[first] == likes[second]
        assert (tasks[first].identity == tasks[second].identity) == (texts[first] == texts[second]) == same
        assert like(decode(encode(Record({}, "", values[first]))).result) == likes[first]


def test_a_number_that_is_too_long_for_a_text_is_refused():
    with pytest.raises(ValueError, match="'tasks' parameter of run_batch must be made of integers of at most 4300"):
        canonical({"a": [10**5000]})


def test_members_of_enumerations_are_their_values():
    for kind, value in ((enum.IntEnum, 1), (enum.StrEnum, "a"), (enum.IntFlag, 4)):
        member = kind("Kind", {"member": value}).member
        assert canonical({"a": member, "b": {"c": [member]}}) == canonical({"a": value, "b": {"c": [value]}})
        assert decode(encode(Record({}, "{}", [member]))).result == [value]


def test_tasks_share_nothing():
    """A generator may yield one list that grows; every task keeps what it was."""

    def growing():
        held = []
        for number in range(3):
            held.append(number)
            yield {"held": held}

    assert [task.parameters["held"] for task in read_tasks(growing(), "f", "", 0)] == [[0], [0, 1], [0, 1, 2]]


@pytest.mark.parametrize("value", [object(), {1, 2}, 1j, b"x", np.array([None]), {"__array__": 0}, {3: 4}])
def test_parameters_that_no_text_can_name_are_refused(value, tmp_path):
    with pytest.raises(ValueError, match="'tasks' parameter of run_batch must be"):
        run_batch(empty, [{"a": value}], store=tmp_path)
