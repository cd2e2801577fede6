"""Where every system loses: to whom, by how much, and whether the interval leaves room for a tie."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from benchmarks.comparison.intervals import TIES, Interval, loss, student
from benchmarks.comparison.systems import SYSTEMS
from benchmarks.comparison.tasks import TASKS

COSTS = {"fit": "seconds of fit", "predict": "seconds of predict", "trained": "trained numbers"}


class Loss(NamedTuple):
    """A system loses on a task to the system with the best mean."""

    task: str
    winner: str
    size: Interval
    scale: str
    certain: bool  # the interval excludes a tie


def scores_of(entry: dict) -> np.ndarray:
    """Scores, seed by seed."""
    return np.array([run["score"] for run in entry["runs"]], dtype=float)


def best_of(task: str, entries: dict[str, dict]) -> str:
    """The system with the best mean score (of its logarithm where ratios count)."""
    spec = TASKS[task]
    sign = 1 if spec.better == "lower" else -1

    def middle(name: str) -> float:
        scores = scores_of(entries[name])
        with np.errstate(divide="ignore"):
            return sign * student(np.log(scores) if spec.scale == "ratio" else scores).middle

    return min(entries, key=middle)


def losses_of(name: str, table: dict[str, dict[str, dict]]) -> list[Loss]:
    """The tasks on which another system has the better mean."""
    found = []
    for task, entries in table.items():
        winner = best_of(task, entries)
        if name in entries and winner != name:
            spec = TASKS[task]
            size = loss(scores_of(entries[name]), scores_of(entries[winner]), spec.scale, spec.better)
            if size.middle != TIES[spec.scale]:
                found.append(Loss(task, winner, size, spec.scale, size.excludes(TIES[spec.scale])))
    return found


def costs_of(name: str, table: dict[str, dict[str, dict]]) -> list[tuple[str, str, str, float]]:
    """(task, cost, cheapest system, how many times its cost), medians, the largest factor of each cost."""
    found = {}
    for task, entries in table.items():
        for cost in COSTS:
            spent = {other: float(np.median([run[cost] for run in e["runs"]])) for other, e in entries.items()}
            cheapest = min(spent, key=spent.__getitem__)
            if name in spent and spent[name] > spent[cheapest]:
                factor = spent[name] / max(spent[cheapest], 1e-9)
                if factor > found.get(cost, (task, cost, cheapest, 0.0))[3]:
                    found[cost] = (task, cost, cheapest, factor)
    return list(found.values())


def told(found: Loss) -> str:
    """One sentence."""
    spec, size, winner = TASKS[found.task], found.size, SYSTEMS[found.winner].title
    tie = "a tie is excluded" if found.certain else "a tie is not excluded"
    if not np.isfinite(size.middle):
        return f"{spec.title}: for some seeds it leaves every bound, unlike {winner}"
    if found.scale == "ratio":
        much = f"{_round(size.middle)} times the error of {winner} ({_round(size.low)} to {_round(size.high)})"
    else:
        unit = spec.score.split(",")[-2].strip() if spec.better == "higher" else spec.score
        more = "less" if spec.better == "higher" else "more"
        much = f"{_round(size.middle)} {more} ({_round(size.low)} to {_round(size.high)}) {unit} than {winner}"
    return f"{spec.title.rstrip('?')}: {much}; {tie}"


def told_cost(cost: tuple[str, str, str, float]) -> str:
    """One sentence."""
    task, name, cheapest, factor = cost
    where = TASKS[task].title.split(":")[0]
    return f"{COSTS[name]}: up to {_round(factor)} times those of {SYSTEMS[cheapest].title} ({where})"


def sentences(name: str, table: dict[str, dict[str, Any]]) -> list[str]:
    """All that a system loses; there is always something."""
    scores, costs = losses_of(name, table), costs_of(name, table)
    found = [told(one) for one in sorted(scores, key=lambda one: not one.certain)] + [told_cost(one) for one in costs]
    return found or ["nowhere among these tasks and systems, in score or cost"]


def _round(value: float) -> str:
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:.3g}".replace("e+0", "e")
