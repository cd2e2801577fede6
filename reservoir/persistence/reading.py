"""From a tree of plain JSON values and arrays back to a model; see `writing` for the tree."""

from __future__ import annotations

import json
import math
import re
from typing import Any

import numpy as np
from scipy import sparse, stats

from reservoir.distributions import is_family
from reservoir.persistence import randomness
from reservoir.persistence.archive import Damaged, is_plain
from reservoir.persistence.registry import FORMER_NAMES, REGISTRY
from reservoir.persistence.writing import DEEPEST, SPARSE

_MOST_PARTS = 100_000  # counted as often as they are held
_LONGEST_NUMBER = 400
_FLOATS = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}
_INTEGERS = tuple(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64))
_DATES = re.compile(r"(datetime64|timedelta64)(\[[1-9]?\d{0,8}(Y|M|W|D|h|m|s|ms|us|ns|ps|fs|as)\])?")
_TYPES = ("bool", *_INTEGERS, "float16", "float32", "float64", "complex64", "complex128")


def read_tree(text: bytes) -> Any:
    """The tree of a text; no key twice, and no number that JSON does not have."""
    return json.loads(
        text.decode("utf-8"),
        object_pairs_hook=_distinct,
        parse_constant=_no_number,
        parse_int=_integer,
        parse_float=_finite,
    )


class Reader:
    """Makes the parts of one model, each from those before it."""

    def __init__(self, arrays: list[np.ndarray], max_bytes: float):
        self.arrays, self.max_bytes = arrays, max_bytes
        self.parts: list[Any] = []
        self._sources: dict[int, Any] = {}  # of random numbers, by their numbers: parts may share one
        self._sizes: list[tuple[int, int]] = []  # parts in all, and levels, of each part
        self._size, self._levels = 0, 0
        self._kinds = {
            "tuple": self._tuple,
            "dict": self._dict,
            "float": lambda name, depth: _FLOATS[name],
            "array": lambda index, depth: self._array(index),
            "dates": self._dates,
            "scalar": self._scalar,
            "texts": self._texts,
            "dtype": self._dtype,
            "type": self._type,
            "sparse": self._sparse,
            "random": self._random,
            "distribution": self._distribution,
            "part": lambda index, depth: self._part(index),
        }

    def add_part(self, tree: Any) -> None:
        """Make the next part."""
        if not isinstance(tree, dict) or set(tree) != {"class", "parameters", "attributes"}:
            raise Damaged("one of its parts does not have the fields of a part")
        name, parameters, attributes = tree["class"], tree["parameters"], tree["attributes"]
        name = FORMER_NAMES.get(name, name) if isinstance(name, str) else name
        if not isinstance(name, str) or name not in REGISTRY:
            raise Damaged(f"it holds a {name!r:.100}, which this version of the library does not know")
        if not isinstance(parameters, dict) or not isinstance(attributes, dict):
            raise Damaged("one of its parts does not have the fields of a part")
        self._size, self._levels = 1, 1
        fields = [{key: self.value(value) for key, value in one.items()} for one in (parameters, attributes)]
        if self._size > _MOST_PARTS or self._levels > DEEPEST:
            raise Damaged("its parts hold one another too often")
        self._sizes.append((self._size, self._levels))
        self.parts.append(REGISTRY[name].put_together(name, *fields, max_bytes=self.max_bytes))

    def value(self, tree: Any, depth: int = 0) -> Any:
        """The value of a tree."""
        if depth > DEEPEST:
            raise Damaged("it is nested too deep")
        if tree is None or isinstance(tree, bool | int | float | str):
            return tree
        if isinstance(tree, list):
            return [self.value(one, depth + 1) for one in tree]
        if len(tree) != 1 or next(iter(tree)) not in self._kinds:
            raise Damaged("it holds a value of no known kind")
        ((kind, content),) = tree.items()
        return self._kinds[kind](content, depth)

    def _tuple(self, tree: Any, depth: int) -> tuple[Any, ...]:
        return tuple(self.value(_as_list(tree), depth + 1))

    def _dict(self, tree: Any, depth: int) -> dict[str | int, Any]:
        pairs = [_as_list(pair, 2) for pair in _as_list(tree)]
        found = {key: self.value(one, depth + 1) for key, one in pairs if isinstance(key, str | int)}
        if len(found) != len(pairs):
            raise Damaged("it holds a dictionary with a key twice, or with a key that is neither a text nor an integer")
        return found

    def _array(self, index: Any) -> np.ndarray:
        return self.arrays[_as_index(index, len(self.arrays))]

    def _dates(self, tree: Any, depth: int) -> np.ndarray:
        name, index = _as_list(tree, 2)
        integers = self._array(index)
        if not isinstance(name, str) or not _DATES.fullmatch(name) or integers.dtype != np.int64:
            raise Damaged("it holds dates of no known kind")
        return integers.view(name)

    def _part(self, index: Any) -> Any:
        size, levels = self._sizes[_as_index(index, len(self.parts))]
        self._size, self._levels = self._size + size, max(self._levels, levels + 1)
        return self.parts[index]

    def _scalar(self, tree: Any, depth: int) -> Any:
        name, content = _as_list(tree, 2)
        value = self.value(content, depth + 1)
        if name == "str" and type(value) is str:
            return np.str_(value)
        if name not in _TYPES or type(value) not in (bool, int, float):
            raise Damaged("it holds a number of an unknown type")
        return np.dtype(name).type(value)

    def _random(self, tree: Any, depth: int) -> Any:
        number, state = _as_list(tree, 2)
        if type(number) is not int:
            raise Damaged("it holds a random generator without a number")
        if number not in self._sources:
            self._sources[number] = randomness.source_of(self.value(state, depth + 1))
        return self._sources[number]

    def _distribution(self, tree: Any, depth: int) -> Any:
        name, args, kwds = _as_list(tree, 3)
        if not isinstance(name, str) or not is_family(name):
            raise Damaged("it holds a distribution that SciPy does not know")
        given = self.value(_as_list(args), depth + 1), self._dict(kwds, depth + 1)
        try:
            return getattr(stats, name)(*given[0], **{str(key): value for key, value in given[1].items()})
        except (TypeError, ValueError) as error:
            raise Damaged(f"it holds a distribution that cannot be made: {error}") from error

    def _texts(self, tree: Any, depth: int) -> np.ndarray:
        if not all(isinstance(one, str) for one in _as_list(tree)):
            raise Damaged("it holds an array of texts with something else among them")
        found = np.empty(len(tree), dtype=object)
        found[:] = tree
        return found

    def _dtype(self, name: Any, depth: int) -> np.dtype:
        if not isinstance(name, str) or len(name) > 10 or not is_plain(np.dtype(name)):
            raise Damaged("it holds an unknown type of numbers")
        return np.dtype(name)

    def _type(self, name: Any, depth: int) -> type:
        if name not in _TYPES:
            raise Damaged("it holds an unknown type of numbers")
        return np.dtype(name).type

    def _sparse(self, tree: Any, depth: int) -> Any:
        name, shape, *indices = _as_list(tree, 5)
        if name not in SPARSE or not all(type(size) is int and 0 <= size < 1 << 31 for size in _as_list(shape, 2)):
            raise Damaged("it holds a sparse matrix of no known kind")
        data, inner, starts = map(self._array, indices)
        n_outer, n_inner = shape if name.startswith("csr") else shape[::-1]
        good = data.ndim == 1 and inner.shape == data.shape and starts.shape == (n_outer + 1,)
        good = good and data.dtype.kind in "biufc" and inner.dtype == starts.dtype
        good = good and inner.dtype in (np.int32, np.int64) and starts[0] == 0 and starts[-1] == data.size
        if not good or (np.diff(starts) < 0).any() or (inner.size and not 0 <= inner.min() <= inner.max() < n_inner):
            raise Damaged("it holds a sparse matrix whose indices lead outside")
        return getattr(sparse, name)((data, inner, starts), shape=tuple(shape))


def _as_list(tree: Any, length: int | None = None) -> list[Any]:
    if not isinstance(tree, list) or (length is not None and len(tree) != length):
        raise Damaged("it holds a value of another form than its kind has")
    return tree


def _as_index(index: Any, size: int) -> int:
    if type(index) is not int or not 0 <= index < size:
        raise Damaged("it points to what it does not hold")
    return index


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Damaged("it holds a key twice")
    return found


def _no_number(name: str) -> Any:
    raise Damaged(f"it holds {name}, which is no number of JSON")


def _integer(digits: str) -> int:
    if len(digits) > _LONGEST_NUMBER:
        raise Damaged("it holds a number that is too long")
    return int(digits)


def _finite(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise Damaged("it holds a number that is too large")
    return value
