"""Sizes that are refused before work begins: what would take more memory, or more days, than there are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reservoir.memory import WORTH_ASKING, free_bytes
from reservoir.validation import InvalidParameterError, parameter_error

LONGEST_RUN = 3 * 86_400.0
"""Seconds of work, at the least, that one call may ask for which could as well be made in pieces."""

LEAST_OF_A_PART = 1000.0
"""Bytes of one estimator among many, which holds nothing yet."""


class TooLargeError(InvalidParameterError, MemoryError):
    """A size beyond the free memory, or beyond all patience; a ValueError and a MemoryError."""


def check_fits(owner: str, name: str, value: Any, n_bytes: float, what: str) -> None:
    """TooLargeError where `what`, which the parameter decides, takes more bytes than are free.

    A look at small sizes costs a comparison. `n_bytes` is what is surely needed, never more.
    """
    if n_bytes < WORTH_ASKING:
        return
    free = free_bytes()
    if n_bytes > free:
        requirement = f"small enough for the memory: {n_bytes / 1e9:.3g} GB are needed for {what}, {free / 1e9:.3g} GB "
        raise TooLargeError(str(parameter_error(owner, name, requirement + "are free", value)))


def check_largest(owner: str, sizes: Mapping[str, float], n_bytes: float, what: str) -> None:
    """The same where several parameters decide together: the largest is named."""
    name = max(sizes, key=lambda one: sizes[one])
    check_fits(owner, name, sizes[name], n_bytes, what)


def check_series(owner: str, n_steps: int, discard: int, n_bytes: float) -> None:
    """The same for a series, and what goes before it, of so many bytes a step."""
    check_largest(owner, {"n_steps": n_steps, "discard": discard}, n_bytes * (n_steps + discard), "the series")


def check_patience(owner: str, name: str, value: Any, seconds: float, most: float, what: str) -> None:
    """TooLargeError where `what` takes more than `most` seconds on any processor; `seconds` is a lower bound."""
    if seconds > most:
        requirement = f"small enough to end: {what} take {_told(seconds)} or more, the most is {_told(most)}"
        raise TooLargeError(str(parameter_error(owner, name, requirement, value)))


def _told(seconds: float) -> str:
    return f"{seconds / 86_400:.3g} days" if seconds > 86_400 else f"{seconds / 3600:.3g} hours"
