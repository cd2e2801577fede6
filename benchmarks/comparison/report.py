"""The results as rows, and these as a table on the console or in Markdown."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from benchmarks.comparison.intervals import Interval, student
from benchmarks.comparison.losses import best_of, scores_of, sentences
from benchmarks.comparison.search import Budget
from benchmarks.comparison.systems import SYSTEMS
from benchmarks.comparison.tasks import TASKS

HEADS = ("system", "score, mean", "95 % interval", "search, s", "tried", "fit, s", "predict, s", "trained")
Table = dict[str, dict[str, dict]]


class Row(NamedTuple):
    """One system on one task."""

    name: str
    score: Interval
    n_lost: int
    searched: float
    tried: int
    fit: float
    predict: float
    trained: int
    best: bool
    shared: str

    def cells(self) -> tuple[str, ...]:
        """As text, in the order of `HEADS`."""
        title = SYSTEMS[self.name].title + (" (best)" if self.best else "")
        lost = f" ({self.n_lost} lost)" if self.n_lost else ""
        searched = f"as {SYSTEMS[self.shared].title}" if self.shared else f"{self.searched:.1f}"
        costs = (short(self.fit), short(self.predict), f"{self.trained:,}")
        return title, short(self.score.middle) + lost, span(self.score), searched, str(self.tried), *costs


def rows(task: str, entries: dict[str, dict]) -> list[Row]:
    """The systems of a task, in their order; times and counts are medians over seeds.

    Scores that are not finite, of a run that has left every bound, are counted and are no part of the mean.
    """
    best, found = best_of(task, entries), []
    for name, entry in entries.items():
        scores, choice, runs = scores_of(entry), entry["choice"], entry["runs"]
        seen = scores[np.isfinite(scores)]
        fit, predict, trained = (float(np.median([run[key] for run in runs])) for key in ("fit", "predict", "trained"))
        score = student(seen) if len(seen) else Interval(np.inf, np.inf, np.inf)
        shared = SYSTEMS[name].takes_search_of
        costs = (choice["seconds"], int(choice["tried"]), fit, predict, int(trained))
        found.append(Row(name, score, len(scores) - len(seen), *costs, name == best, shared))
    return found


def short(value: float) -> str:
    """Three digits."""
    if not np.isfinite(value):
        return "none"
    return (
        f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}" if abs(value) >= 0.001 or not value else f"{value:.1e}"
    )


def span(score: Interval) -> str:
    """The ends of the interval; a single seed has none."""
    return f"{short(score.low)} to {short(score.high)}" if np.isfinite(score[1:]).all() else "none"


def direction(task: str) -> str:
    """What the score is, and which is good."""
    return f"{TASKS[task].score}; {TASKS[task].better} is better"


def console(table: Table) -> str:
    """A block of lines per task, then where each system loses."""
    blocks = []
    for task, entries in table.items():
        lines = [HEADS, *(row.cells() for row in rows(task, entries))]
        widths = [max(len(line[column]) for line in lines) for column in range(len(HEADS))]
        body = ["  ".join(_aligned(line, widths)).rstrip() for line in lines]
        blocks.append("\n".join([TASKS[task].title, direction(task), "-" * len(body[0]), *body]))
    lost = ["Where each system loses"]
    for name in systems_of(table):
        lost += [SYSTEMS[name].title, *(f"    {line}" for line in sentences(name, table))]
    return "\n\n".join([*blocks, "\n".join(lost)])


def markdown(table: Table, budget: Budget, around: dict[str, str]) -> str:
    """Tables, losses and environment."""
    parts = [", ".join(f"{name} {value}" for name, value in around.items()) + ". " + budget_told(table, budget)]
    for task, entries in table.items():
        lines = [
            " | ".join(line) for line in (HEADS, ["---"] * len(HEADS), *(row.cells() for row in rows(task, entries)))
        ]
        parts += [f"### {TASKS[task].title}", direction(task) + ".", "\n".join(f"| {line} |" for line in lines)]
    parts.append("### Where each system loses")
    for name in systems_of(table):
        parts.append("\n".join([f"**{SYSTEMS[name].title}**", "", *(f"- {line}" for line in sentences(name, table))]))
    return "\n\n".join(parts) + "\n"


def budget_told(table: Table, budget: Budget) -> str:
    """One sentence about the budget and the seeds."""
    n_seeds = len(next(iter(next(iter(table.values())).values()))["runs"])
    most = "" if budget.settings >= 10_000 else f", at most {budget.settings} settings"
    return f"{budget.seconds:g} processor seconds for each search{most}; {n_seeds} seeds for each system and task."


def systems_of(table: Table) -> list[str]:
    """All systems, in their order."""
    return list(dict.fromkeys(name for entries in table.values() for name in entries))


def _aligned(line: Any, widths: list[int]) -> list[str]:
    """The first cell to the left, numbers to the right."""
    return [line[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True))]
