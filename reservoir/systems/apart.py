"""Runs whose states stay in the parts that systems side by side make, so that nobody has to join them."""

from __future__ import annotations

from typing import Any

import numpy as np

from reservoir.sequences import Sequences
from reservoir.trials import run_trial


def run_apart(
    system: Any, X: Sequences | list[np.ndarray], state: Any = None, trial: Any = None
) -> tuple[list[tuple[np.ndarray, ...]], list[Any]]:
    """The states of every sequence of a list as a tuple of arrays (T_i, n_units) side by side, and where they end.

    Called as `run_trial` is. A system that has no `run_apart` makes one part.
    """
    if hasattr(system, "run_apart"):
        parts, finals = system.run_apart(X, state, trial=0 if trial is None else trial)
        return parts, finals
    if isinstance(X, Sequences) and not getattr(system, "runs_compiled", False):
        X = X.members()
    states, finals = run_trial(system, X, state, trial)
    return [(own,) for own in states], list(finals)


def joined_rows(parts: list[tuple[np.ndarray, ...]]) -> np.ndarray:
    """The states (n_rows, n_units) of all sequences, from the parts of each."""
    widths = [part.shape[1] for part in parts[0]]
    shape = sum(len(own[0]) for own in parts), sum(widths)
    rows = np.empty(shape, np.result_type(*parts[0]))
    last = 0
    for place, width in enumerate(widths):
        first, last = last, last + width
        np.concatenate([own[place] for own in parts], out=rows[:, first:last])
    return rows
