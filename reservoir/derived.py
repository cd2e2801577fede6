"""What is made of the parts of a fitted object and kept beside it, out of sight of files, copies and comparisons."""

from __future__ import annotations

import hashlib
import pickle
import weakref
from collections.abc import Callable, Sequence
from functools import partial, wraps
from typing import Any, Generic, NamedTuple, TypeVar

_Made = TypeVar("_Made")
_Function = TypeVar("_Function", bound=Callable[[Any], float])
_MOST_NUMBERS = 256


class _Kept(NamedTuple):
    owner: weakref.ref[Any]
    sources: tuple[Any, ...]
    made: Any


class Derived(Generic[_Made]):
    """One thing for every owner, as long as that lives and the sources stay the same objects, or equal bytes."""

    def __init__(self) -> None:
        self._kept: dict[int, _Kept] = {}

    def get(self, owner: Any, sources: Sequence[Any], make: Callable[[], _Made]) -> _Made:
        """What was made of these sources, or is made of them now; neither may hold the owner."""
        kept = self._kept.get(id(owner))
        if kept is not None and kept.owner() is owner and _same(kept.sources, sources):
            found: _Made = kept.made
            return found
        made = make()
        key = id(owner)
        self._kept[key] = _Kept(weakref.ref(owner, partial(self._forget, key)), tuple(sources), made)
        return made

    def _forget(self, key: int, gone: Any) -> None:
        kept = self._kept.get(key)
        if kept is not None and kept.owner is gone:
            del self._kept[key]


def _same(before: Sequence[Any], after: Sequence[Any]) -> bool:
    pairs = zip(before, after, strict=False)
    return len(before) == len(after) and all(
        one is other or (isinstance(one, bytes) and isinstance(other, bytes) and one == other) for one, other in pairs
    )


def remembered(function: _Function) -> _Function:
    """Decorator of what computes a number of a matrix: it is at hand where the same bytes come again.

    So many numbers are kept, and digests of the matrices, in this process alone.
    """
    known: dict[bytes, float] = {}

    @wraps(function)
    def number_of(matrix: Any) -> float:
        digest = _digest(matrix)
        if digest is None:
            return function(matrix)
        found = known.get(digest)
        if found is None:
            known[digest] = found = function(matrix)
            for oldest in list(known)[:-_MOST_NUMBERS]:
                known.pop(oldest, None)
        return found

    return number_of  # type: ignore[return-value]


def _digest(value: Any) -> bytes | None:
    """The same for equal bytes, types and shapes; None of what cannot be told so."""
    buffers: list[pickle.PickleBuffer] = []
    try:
        told = hashlib.sha256(pickle.dumps(value, 5, buffer_callback=buffers.append))
    except Exception:  # whatever a class of others raises
        return None
    for buffer in buffers:
        told.update(buffer.raw())
    return told.digest()
