"""What is made of the parts of a fitted object and kept beside it, out of sight of files, copies and comparisons."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Generic, NamedTuple, TypeVar

_Made = TypeVar("_Made")


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
