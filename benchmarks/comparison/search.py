"""The search that every system gets: random settings, judged inside the training data, until the seconds are up.

The first settings are the first values of the space; then come random ones, each with a reservoir or network of its
own seed, until two thirds of the seconds are used. In the last third the best four are judged again with further seeds,
in turns, and the one with the smallest mean loss is chosen. Seconds are processor seconds of one thread, so that other
programs on the machine take nothing away. What is compiled or loaded on first use is not counted.
"""

from __future__ import annotations

import time
import warnings
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from benchmarks.comparison.kinds import KINDS
from benchmarks.comparison.systems.base import System
from benchmarks.comparison.tasks.base import Task

EXPLORING, FINALISTS, MOST_SEEDS = 2 / 3, 4, 6


class Budget(NamedTuple):
    """Processor seconds, and at most so many settings."""

    seconds: float
    settings: int = 10_000


class Choice(NamedTuple):
    """What a search has found."""

    settings: dict
    loss: float
    tried: int
    seconds: float


def search(task: Task, system: System, lesson: Any, budget: Budget, seed: int) -> Choice:
    """The settings with the smallest loss on held-out parts of the lesson, which has no test part."""
    rng, losses = np.random.default_rng(seed), defaultdict(list)
    candidates = proposals(system.space(task.kind), rng)
    loss_of(task, system, KINDS[task.kind].piece(lesson), next(proposals(system.space(task.kind), rng)), 0)
    start = time.process_time()

    def judge(settings: tuple) -> None:
        losses[settings].append(loss_of(task, system, lesson, dict(settings), int(rng.integers(2**31))))

    for settings in candidates:
        judge(tuple(settings.items()))
        if time.process_time() - start > EXPLORING * budget.seconds or len(losses) >= budget.settings:
            break
    ranked = sorted(losses, key=lambda key: losses[key][0])[:FINALISTS]
    for settings in [key for _ in range(MOST_SEEDS - 1) for key in ranked]:
        if time.process_time() - start > budget.seconds:
            break
        judge(settings)
    best = min(ranked, key=lambda key: np.mean(losses[key]))
    return Choice(dict(best), float(np.mean(losses[best])), len(losses), time.process_time() - start)


def proposals(space: dict[str, list], rng: np.random.Generator) -> Iterator[dict]:
    """The first values, then random ones, none of them twice, until there are no others."""
    n_settings = int(np.prod([len(values) for values in space.values()]))
    seen: set[tuple] = set()
    while len(seen) < n_settings:
        places = tuple(int(rng.integers(len(values))) if seen else 0 for values in space.values())
        if places not in seen:
            seen.add(places)
            yield {name: values[place] for (name, values), place in zip(space.items(), places, strict=True)}


def loss_of(task: Task, system: System, lesson: Any, settings: dict, seed: int) -> float:
    """The loss of a model of these settings; infinite where it cannot be fitted or leaves every bound."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        try:
            loss = KINDS[task.kind].validate(system.build(task.kind, settings, seed), lesson, task)
        except (ValueError, FloatingPointError, np.linalg.LinAlgError):
            return float("inf")
    return loss if np.isfinite(loss) else float("inf")
