"""Model files with one change each: every place of an example's text with every odd value, every array in every way.

    python -m tests.persistence.single_changes --minutes 20      in random order
    python -m tests.persistence.single_changes --all             to exhaustion: hours

Every file must end in the one error, or in a model that answers or raises: no signal, no index out of bounds, no memory
beyond 4 GiB. `NUMBA_BOUNDSCHECK=1` with an empty cache lets kernels look at their bounds.
"""

import argparse
import collections
import copy
import os
import resource
import tempfile
import time
from pathlib import Path

import numpy as np

from reservoir import load, save
from tests.persistence import saved_models
from tests.persistence.hostile_files import ODD_VALUES, ask, places, put_together, taken_apart

ABSENT = object()
LIMIT = 4 << 30


def _wild(value):
    def change(array):
        array = array.copy()
        if array.dtype.kind in "biuf" and array.size:
            with np.errstate(all="ignore"):
                array.flat[array.size // 2] = np.asarray(value).astype(array.dtype)
        return array

    return change


ARRAY_CHANGES = [
    *map(_wild, (np.nan, -1, 1e15, np.iinfo(np.int64).min)),
    lambda array: array[:-1] if array.ndim else array.reshape(1),
    lambda array: np.concatenate([array, array]) if array.ndim else array.reshape(1, 1),
    lambda array: array.T,
    lambda array: array.astype("f4") if array.dtype.kind in "biuf" else array.astype("U3"),
]


class Changes:
    """All single changes of one file, by number."""

    def __init__(self, path):
        self._tree, self._arrays = taken_apart(path)
        self._values = [ABSENT, *ODD_VALUES]
        self._n_in_text = len(places(self._tree)) * len(self._values)
        self.n_changes = self._n_in_text + len(self._arrays) * len(ARRAY_CHANGES)

    def write(self, number, path):
        """The file with the change of this number."""
        tree, arrays = copy.deepcopy(self._tree), list(self._arrays)
        if number < self._n_in_text:
            place, kind = divmod(number, len(self._values))
            container, key = places(tree)[place]
            value = self._values[kind]
            if value is not ABSENT:
                container[key] = copy.deepcopy(value)
            else:
                del container[key]
        else:
            place, kind = divmod(number - self._n_in_text, len(ARRAY_CHANGES))
            arrays[place] = ARRAY_CHANGES[kind](arrays[place])
        put_together(path, tree, arrays)

    def one_at_each_place(self, rng):
        """Numbers of changes, one for every place."""
        n_values = len(self._values)
        text = [place * n_values + rng.integers(n_values) for place in range(self._n_in_text // n_values)]
        n_kinds = len(ARRAY_CHANGES)
        return text + [self._n_in_text + place * n_kinds + rng.integers(n_kinds) for place in range(len(self._arrays))]


def try_one(path):
    """What becomes of a file: "refused", "answers", "raises" or "slow"."""
    try:
        model = load(path, max_bytes=1 << 26)
    except ValueError as error:
        assert str(error).startswith(f"The file '{path}' is not a model of this library: "), error
        return "refused"
    return ask(model)


def run(examples, chosen, minutes):
    """Try the (example, number) pairs, each told before it begins; count what became of them."""
    resource.setrlimit(resource.RLIMIT_AS, (LIMIT, LIMIT))
    counts, end = collections.Counter(), time.monotonic() + 60 * minutes
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model"
        for name, number in chosen:
            print(name, number, flush=True)
            examples[name].write(number, path)
            counts[try_one(path)] += 1
            if time.monotonic() > end:
                break
    print("counts", dict(counts), flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--minutes", type=float, default=np.inf)
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--count", type=int, help="so many changes, drawn at random")
    which.add_argument("--each", action="store_true", help="one change, drawn at random, at every place")
    which.add_argument("--all", action="store_true", help="all, in random order, which is the default")
    given = parser.parse_args()
    seed = int.from_bytes(os.urandom(4), "little") if given.seed is None else given.seed
    rng, examples = np.random.default_rng(seed), {}
    with tempfile.TemporaryDirectory() as folder:
        for name, example in saved_models.fitted().items():
            save(example.model, Path(folder) / name)
            examples[name] = Changes(Path(folder) / name)
    if given.each:
        chosen = [(name, int(number)) for name, one in examples.items() for number in one.one_at_each_place(rng)]
    else:
        chosen = [(name, number) for name, one in examples.items() for number in range(one.n_changes)]
        chosen = [chosen[place] for place in rng.permutation(len(chosen))[: given.count]]
    print("seed", seed, "examples", len(examples), "changes", len(chosen), flush=True)
    run(examples, chosen, given.minutes)


if __name__ == "__main__":
    main()
