"""Model files made by hand: taken apart, changed in every way that comes to mind, and put together again."""

import copy
import io
import json
import os
import resource
import signal
import sys
import zipfile

import numpy as np
import pytest

from reservoir import load, save
from reservoir.sizes import TooLargeError
from tests.persistence.saved_models import NAMES, SERIES, STACK, TARGETS, answers

ODD_VALUES = [
    None, True, -1, 0, 1, 2, 3, 7, 10**6, 2**31, 2**63, 2**70, -0.5, 0.5, 1e-9, 1e300, "", "tanh", "sgd", [], {},
    [1, 2], {"float": "nan"}, {"float": "inf"}, {"tuple": [1, 2]}, {"dict": []}, {"array": 0}, {"array": 1},
    {"scalar": ["int64", 9]}, {"part": 0}, {"part": 1}, {"dtype": "<f4"}, {"type": "float64"}, {"texts": ["a", "b"]},
    {"sparse": ["csr_array", [2, 2], 0, 0, 0]}, {"dates": ["datetime64[D]", 0]}, {"dates": ["M8", 0]},
]  # fmt: skip


def taken_apart(path):
    """The tree and the arrays of a file."""
    with zipfile.ZipFile(path) as archive:
        tree = json.loads(archive.read("model.json"))
        arrays = [np.lib.format.read_array(io.BytesIO(archive.read(name))) for name in archive.namelist()[1:]]
    return tree, arrays


def put_together(path, tree, arrays):
    """A file of a tree and arrays, whatever they are."""
    text = tree if isinstance(tree, bytes) else json.dumps(tree).encode()
    members = {"model.json": text}
    for index, array in enumerate(arrays):
        stream = io.BytesIO()
        np.lib.format.write_array(stream, np.asarray(array), version=(1, 0))
        members[f"array_{index}.npy"] = stream.getvalue()
    zipped(path, members.items())


def zipped(path, members, compression=zipfile.ZIP_STORED):
    """A zip of (name, bytes) pairs."""
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in members:
            archive.writestr(zipfile.ZipInfo(name), data, compress_type=compression)


def refused(path, match="."):
    """The file ends in the one error, and so does its description where the text is to blame."""
    with pytest.raises(ValueError, match=match) as caught:
        load(path)
    assert str(caught.value).startswith(f"The file '{path}' is not a model of this library: ")


def changed(model, path, change):
    """A file of a model whose tree and arrays were changed."""
    save(model, path)
    tree, arrays = taken_apart(path)
    put_together(path, change(tree, arrays) or tree, arrays)
    return path


def part(tree, name):
    """The last part of a class in a tree."""
    return [one for one in tree["parts"] if one["class"].endswith(f".{name}")][-1]


def places(tree):
    """All containers of a tree with the keys in them."""
    found, waiting = [], [tree["parts"]]
    while waiting:
        one = waiting.pop()
        for key in list(one) if isinstance(one, dict) else range(len(one)):
            found.append((one, key))
            if isinstance(one[key], dict | list):
                waiting.append(one[key])
    return found


def mutated(rng, tree, arrays):
    """A copy with one to three changes."""
    tree, arrays = copy.deepcopy(tree), [array.copy() for array in arrays]
    for _ in range(rng.integers(1, 4)):
        if arrays and rng.random() < 0.5:
            index = rng.integers(len(arrays))
            arrays[index] = _other_array(rng, arrays[index], arrays)
        else:
            _change(rng, tree)
    return tree, arrays


def _change(rng, tree):
    spots = places(tree)
    container, key = spots[rng.integers(len(spots))]
    kind = rng.integers(5)
    if kind == 0 and isinstance(container, dict):
        del container[key]
    elif kind == 1:
        other, name = spots[rng.integers(len(spots))]
        container[key] = copy.deepcopy(other[name]) if name in other or isinstance(other, list) else None
    elif kind == 2 and isinstance(container[key], int | float) and not isinstance(container[key], bool):
        container[key] = container[key] * float(rng.choice([-1, 0, 0.5, 2, 1e9])) + int(rng.integers(-1, 2))
        container[key] = int(container[key]) if rng.random() < 0.8 else container[key]
    else:
        container[key] = copy.deepcopy(ODD_VALUES[rng.integers(len(ODD_VALUES))])


def _other_array(rng, array, arrays):
    kind = rng.integers(6)
    if kind == 0:
        return arrays[rng.integers(len(arrays))]
    if kind == 1 and array.ndim:
        return np.concatenate([array, array[-1:]])
    if kind == 2 and array.ndim:
        return array[:-1]
    if kind == 3:
        return array.T
    if kind == 4:
        return (
            array.astype(rng.choice(["f8", "f4", "i8", "i4", "u4", "?", "c16"]))
            if array.dtype.kind in "biuf"
            else array
        )
    if array.dtype.kind in "biuf" and array.size:
        changed = array.copy()
        with np.errstate(all="ignore"):
            wild = np.array(rng.choice([-1, 0, 1, 5, 1e5, 1e12, -1e15, np.nan, np.inf])).astype(array.dtype)
        changed.flat[rng.integers(array.size)] = wild
        return changed
    return array


class TooLong(BaseException):
    """An answer that takes its time; the change was to a step or a count, and the user would interrupt."""


def ask_all(folder):
    """Load every file of a folder, printing its name before, and ask it."""
    resource.setrlimit(resource.RLIMIT_AS, (6 << 30, 6 << 30))
    n_loaded = 0
    for name in sorted(os.listdir(folder)):
        print(name, flush=True)
        try:
            model = load(os.path.join(folder, name), max_bytes=1 << 26)
        except ValueError:
            continue
        n_loaded += 1
        ask(model)
    print("loaded", n_loaded, flush=True)


def ask(model):
    """Let a model answer and train it on: "answers" or "raises", or "slow" where some of it was.

    What is raised is no matter, but for the word of a kernel that it was led outside its arrays, and want of memory.
    """
    signal.signal(signal.SIGALRM, _interrupt)
    said = [_try(answers, model)]
    for data in ((SERIES, TARGETS), (SERIES, TARGETS[:, 0]), (STACK, STACK[:, :, 0]), (STACK, NAMES)):
        if hasattr(model, "partial_fit"):
            said.append(_try(model.partial_fit, *data))
    return "slow" if "slow" in said else said[0]


def _interrupt(*_):
    raise TooLong


def _try(call, *given):
    signal.setitimer(signal.ITIMER_REAL, 20)
    try:
        with np.errstate(all="ignore"):
            call(*given)
    except TooLong:
        return "slow"
    except Exception as error:
        wanted = isinstance(error, MemoryError) and not isinstance(error, TooLargeError)  # which is told in time
        if wanted or str(error) == "index is out of bounds":  # the words of Numba, not of NumPy
            raise
        return "raises"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    return "answers"


if __name__ == "__main__":
    ask_all(sys.argv[1])
