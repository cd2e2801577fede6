"""One model, one trainer: two threads that train the same object would lose what one of them learned."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from threading import get_ident
from typing import Any, TypeVar

_Method = TypeVar("_Method", bound=Callable[..., Any])
_TRAINERS: dict[int, tuple[int]] = {}
"""Who trains the object of this id, as the only member of a tuple of that call; it lives as long as the call."""


class TrainingError(RuntimeError):
    """Raised where a thread would train what another thread is training; what that one does goes on undisturbed.

    Predictions need no such care: any number of threads may read a fitted model at once. While it is trained nothing is
    promised to them, so train a copy and put it in the place of the model.
    """


def one_trainer(method: _Method) -> _Method:
    """Decorator of what trains its first argument: no second thread may before it returns; the same one may.

    Nothing is kept in the object, so that copies, pickles and forked children know of no training.
    """

    @functools.wraps(method)
    def alone(self: Any, *args: Any, **kwargs: Any) -> Any:
        mine = this_thread()
        try:
            begin_training(self, mine)
            return method(self, *args, **kwargs)
        finally:
            end_training(self, mine)

    return alone  # type: ignore[return-value]


def this_thread() -> tuple[int]:
    """A new trainer: this thread in the call that asks."""
    return (get_ident(),)


def begin_training(model: Any, trainer: tuple[int]) -> None:
    """TrainingError where another thread trains the model. To be called inside the ``try`` that ends the training."""
    if _TRAINERS.setdefault(id(model), trainer) != trainer:
        raise TrainingError(
            f"{type(model).__name__} is being trained by another thread: one model, one trainer. "
            "Train a copy of it (sklearn.base.clone, copy.deepcopy), or one after the other."
        )


def end_training(model: Any, trainer: tuple[int]) -> None:
    """The call that came first in its thread takes its entry away, however it ended."""
    if _TRAINERS.get(id(model)) is trainer:
        del _TRAINERS[id(model)]


def _forget_other_threads() -> None:
    """In a forked child no thread lives but the one that forked."""
    for key, trainer in list(_TRAINERS.items()):
        if trainer != (get_ident(),):
            del _TRAINERS[key]


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_other_threads)
