"""The penalties to choose among, and what is said where the choice ends at their edge."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np

from reservoir.validation import Parameters, real_array

DEFAULT_ALPHA = 1e-6
DEFAULT_ALPHAS = np.logspace(-8, 4, 25)
WIDE_ALPHAS = np.logspace(-1, 7, 17)
_NEARLY_CONSTANT = 0.1  # degrees of freedom
_NO_PENALTY = 1e-16
_SHOWN = 8  # columns that a warning names
_UNASKED: ContextVar[bool] = ContextVar("unasked", default=False)


class PenaltyWarning(UserWarning):
    """The best penalty lies at the edge of the candidates: a better one may lie beyond."""


@contextmanager
def penalty_warnings() -> Iterator[list[warnings.WarningMessage]]:
    """Context whose warnings of an edge stand in the list that it gives, at its end; others come as they are."""
    edges: list[warnings.WarningMessage] = []
    with warnings.catch_warnings(record=True) as said:
        yield edges
    for one in said:
        if issubclass(one.category, PenaltyWarning):
            edges.append(one)
        else:
            warnings.warn_explicit(one.message, one.category, one.filename, one.lineno)


@contextmanager
def one_penalty_warning() -> Iterator[None]:
    """Context in which many fits warn of an edge once, at its end; other warnings come as they are."""
    with penalty_warnings() as edges:
        yield
    if edges:
        first = min(edges, key=lambda one: str(one.message))  # in no order, where several threads fitted
        text = said_once(sorted(str(one.message) for one in edges))
        warnings.warn_explicit(text, first.category, first.filename, first.lineno)


@contextmanager
def unasked_candidates() -> Iterator[None]:
    """Context, in this thread, for candidates that nobody has asked for.

    Nothing is said of an edge, and the default penalty serves where there are too few rows to choose another.
    """
    token = _UNASKED.set(True)
    try:
        yield
    finally:
        _UNASKED.reset(token)


def candidates_are_asked() -> bool:
    """Whether somebody has asked for the candidates: not within `unasked_candidates`."""
    return not _UNASKED.get()


def said_once(texts: list[str]) -> str:
    """The text of the first warning, and how many more there are."""
    return f"{texts[0]} So it is in {len(texts) - 1} more fit(s)." if len(texts) > 1 else texts[0]


def read_candidates(readout: Any) -> np.ndarray:
    """The parameter `alphas` of a readout, sorted."""
    if readout.alphas is None:
        return WIDE_ALPHAS if isinstance(readout.alpha, str) and readout.alpha == "loo" else DEFAULT_ALPHAS
    alphas = real_array(readout.alphas)
    if alphas is None or alphas.ndim != 1 or not len(alphas) or not ((alphas > 0) & np.isfinite(alphas)).all():
        raise Parameters(readout).error("alphas", "None or a 1-D array of numbers > 0")
    return np.sort(alphas)


def edge_advice(owner: str, alphas: np.ndarray, best: np.ndarray, trace: float) -> str:
    """What to do about targets (n_outputs,) whose best candidate is the first or the last; empty where none is.

    `trace` is the sum of the squared singular values of the rows. Penalties far above it make predictions constant,
    those below its rounding are none.
    """
    if trace * _NO_PENALTY < np.finfo(float).tiny:
        return f"The features of {owner} are constant, so that predictions are, whatever its alpha."
    low, high = (_named(np.flatnonzero(best == edge), len(best)) for edge in (0, len(alphas) - 1))
    least, most = np.floor(np.log10(trace * _NO_PENALTY)), np.ceil(np.log10(trace / _NEARLY_CONSTANT))
    said = []
    if low:
        advice = f"try {_range(least, np.log10(alphas[-1]))}, or alpha=0 if y has no noise"
        nothing = "smaller ones are none beside rounding, alpha=0 does as well"
        said.append(f"{alphas[0]:.3g}, the lower edge, for {low}: {advice if alphas[0] > 10**least else nothing}")
    if high:
        advice = f"try {_range(np.log10(alphas[0]), most)}, or scale the features down"
        nothing = "larger ones change nothing, predictions are constant there: the features do not tell these targets"
        said.append(f"{alphas[-1]:.3g}, the upper edge, for {high}: {advice if alphas[-1] < 10**most else nothing}")
    many = f"{len(best)} target" + "s" * (len(best) > 1)
    return f"The best alpha of {owner} lies at an edge of the candidates. Of {many}: {'; '.join(said)}." if said else ""


def _named(targets: np.ndarray, n_targets: int) -> str:
    """How many targets, and which columns of y they are where there are several; empty for none."""
    if n_targets == 1 or not targets.size:
        return "1" * targets.size
    shown = ", ".join(map(str, targets[:_SHOWN])) + ", ..." * (targets.size > _SHOWN)
    return f"{targets.size} (column {shown})"


def _range(least: float, most: float) -> str:
    """Two candidates per decade, as one writes them."""
    return f"alphas=np.logspace({least:.3g}, {most:.3g}, {int(np.ceil(2 * (most - least))) + 1})"
