"""From a model to a tree of plain JSON values, and the arrays it points to.

What JSON has stands for itself. All else is an object of one key, the name of its kind:

    {"tuple": [...]}   {"dict": [[key, value], ...]}   {"float": "nan"}   {"array": 3}   {"scalar": ["int64", 3]}
    {"texts": [...]}   {"dtype": "<f8"}   {"type": "float32"}   {"sparse": [...]}   {"random": [5, {...}]}   {"part": 7}
    {"dates": ["datetime64[D]", 3]}, an array of integers that stands for dates or durations

A part stands in a list of parts, behind all parts that it holds, as {"class", "parameters", "attributes"}. What a
model holds twice is written once.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import sparse

from reservoir.persistence import randomness
from reservoir.persistence.archive import is_plain
from reservoir.persistence.registry import REGISTRY, entry_of
from reservoir.quantities import magnitude

DEEPEST = 40
SPARSE = ("csr_array", "csr_matrix", "csc_array", "csc_matrix")
_KEPT = ", ".join(sorted(name.rpartition(".")[2] for name in REGISTRY if name.startswith("sklearn.")))
_ADVICE = (
    "A model file keeps the parts of this library, with numbers, texts, arrays and random generators in them, and of "
    f"scikit-learn {_KEPT}. Use joblib.dump or pickle for the rest, where the reader trusts the writer."
)


class Writer:
    """The parts and arrays of one model."""

    def __init__(self) -> None:
        self.parts: list[dict[str, Any]] = []
        self.arrays: list[np.ndarray] = []
        self._known: dict[int, dict[str, Any]] = {}
        self._held: list[Any] = []  # so that no identity comes twice

    def part(self, part: Any, path: str, depth: int = 0) -> dict[str, Any]:
        """Add a part, behind those that it holds."""
        name, entry = entry_of(part)
        if entry is None:
            kind = type(part)
            raise ValueError(
                f"'{path}' cannot be saved: it is a {kind.__module__}.{kind.__qualname__}. {_way_out(part)}"
            )
        parameters, attributes = entry.taken_apart(part)
        unknown = sorted(set(attributes) - set(entry.known()))
        if unknown:
            raise ValueError(f"'{path}.{unknown[0]}' cannot be saved: it is no attribute of {name} that a file keeps.")
        fields = [
            {key: self.value(value, f"{path}.{key}", depth + 1) for key, value in values.items()}
            for values in (parameters, attributes)
        ]
        self.parts.append({"class": name, "parameters": fields[0], "attributes": fields[1]})
        return {"part": len(self.parts) - 1}

    def value(self, value: Any, path: str, depth: int = 0) -> Any:
        """The tree of a value that stands at `path`."""
        if depth > DEEPEST:
            raise ValueError(f"'{path}' cannot be saved: it is nested more than {DEEPEST} deep.")
        value = value if isinstance(value, list | tuple) else magnitude(value)
        if value is None or type(value) in (bool, int, str):
            return value
        if type(value) is float:
            return value if math.isfinite(value) else {"float": repr(value)}
        if type(value) in (list, tuple):
            members = [self.value(one, f"{path}[{index}]", depth + 1) for index, one in enumerate(value)]
            return members if type(value) is list else {"tuple": members}
        if type(value) is dict:
            pairs = [
                [self._key(key, path), self.value(one, f"{path}[{key!r}]", depth + 1)] for key, one in value.items()
            ]
            return {"dict": pairs}
        if id(value) not in self._known:
            self._held.append(value)
            self._known[id(value)] = self._other(value, path, depth)
        return self._known[id(value)]

    def _key(self, key: Any, path: str) -> Any:
        if type(key) not in (str, int, bool):
            raise ValueError(f"'{path}' cannot be saved: its key {key!r} is neither a text nor an integer.")
        return key

    def _other(self, value: Any, path: str, depth: int) -> dict[str, Any]:
        if type(value) in (np.ndarray, np.memmap):
            return self._array(np.asarray(value), path)
        if isinstance(value, np.generic):
            return self._scalar(value, path, depth)
        if isinstance(value, np.dtype) and is_plain(value):
            return {"dtype": value.str}
        if isinstance(value, type) and issubclass(value, np.generic) and is_plain(np.dtype(value)):
            return {"type": np.dtype(value).name}
        if sparse.issparse(value) and type(value).__name__ in SPARSE:
            arrays = [self._array(part, path)["array"] for part in (value.data, value.indices, value.indptr)]
            return {"sparse": [type(value).__name__, list(map(int, value.shape)), *arrays]}
        if isinstance(value, randomness.KINDS):
            state = randomness.state_of(value)
            if state is not None:
                return {"random": [len(self._held), self.value(state, path, depth + 1)]}
        return self.part(value, path, depth)

    def _scalar(self, value: np.generic, path: str, depth: int) -> dict[str, Any]:
        if value.dtype.kind not in "biufU" or not is_plain(value.dtype):
            raise ValueError(f"'{path}' cannot be saved: it is a number of {value.dtype}. {_ADVICE}")
        return {
            "scalar": [value.dtype.name if value.dtype.kind != "U" else "str", self.value(value.item(), path, depth)]
        }

    def _array(self, array: np.ndarray, path: str) -> dict[str, Any]:
        if array.dtype == object and array.ndim == 1 and all(type(one) is str for one in array):
            return {"texts": array.tolist()}
        array = array.astype(array.dtype.newbyteorder("<"), copy=False)
        if array.dtype.kind in "mM":
            return {"dates": [array.dtype.name, self._array(array.view(np.int64), path)["array"]]}
        if not is_plain(array.dtype) or (array.dtype.kind == "U" and not array.dtype.itemsize):
            raise ValueError(f"'{path}' cannot be saved: it is an array of {array.dtype}. {_ADVICE}")
        self.arrays.append(array)
        return {"array": len(self.arrays) - 1}


def _way_out(part: Any) -> str:
    """What to do about a part that no file keeps."""
    if hasattr(part, "not_saved"):
        return str(part.not_saved)
    if hasattr(part, "refit"):
        return "Save its best_estimator_, the model that the search has found."
    return "By itself it goes into a file by numpy.save." if isinstance(part, np.ndarray) else _ADVICE
