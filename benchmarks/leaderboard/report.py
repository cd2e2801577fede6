"""The page: means and places, seconds, every set, and where most is lost."""

from __future__ import annotations

import numpy as np

from benchmarks.leaderboard.entrants import MINIROCKET, NEIGHBOUR, PRESETS
from benchmarks.leaderboard.ranks import place_among
from benchmarks.leaderboard.results import Accuracies, Result, averages, medians, published
from benchmarks.leaderboard.sets import OTHERS, UNIVARIATE

SHOWN = ("HC2", "MR-Hydra", "ROCKET", "MiniROCKET", "H-InceptionTime", "TSFresh", "1NN-DTW")
LOSS = 0.08


def page(results: list[Result], around: str) -> str:
    """All of it in Markdown."""
    own, known, seconds = medians(results), published("univariate"), medians(results, "seconds")
    sets, others = (present(results, names) for names in (UNIVARIATE, OTHERS))
    absent = [name for name in (*UNIVARIATE, *OTHERS) if name not in {*sets, *others}]
    seeds = len({one.seed for one in results})
    parts = [
        f"Medians of up to {seeds} seeds; seconds of the processor for `fit` and `predict` of all sets, one thread. "
        f"Places are those among the {len(known)} published methods (tsml-eval, BSD-3) and that of the line. "
        f"Environment of the runs: {around}",
        *([f"Not measured, and in no number of this page: {', '.join(absent)}."] if absent else []),
        f"### {len(sets)} univariate sets",
        _means(own, known, sets, seconds),
        *_others(own, others, seconds),
        "### Where a preset loses most",
        _losses(own, [*sets, *others], MINIROCKET, LOSS)
        or f'Neither "full" nor "fast" is more than {LOSS} below MiniRocket on any of these sets.',
        "### Where the nearest neighbour is better",
        "Channels standardised, sequences stretched to one length, the Euclidean distance.",
        _losses(own, [*sets, *others], NEIGHBOUR, 0.0) or "Nowhere.",
        "### Every set",
        _sets(own, [*sets, *others]),
    ]
    return "\n\n".join(parts) + "\n"


def present(results: list[Result], names: tuple[str, ...]) -> list[str]:
    """The sets that every entrant has run."""
    own = medians(results)
    return [name for name in names if all(name in sets for sets in own.values())]


def table(head: list[str], lines: list[list[str]]) -> str:
    """A table in Markdown."""
    return "\n".join("| " + " | ".join(line) + " |" for line in [head, ["---"] * len(head), *lines])


def _means(own: Accuracies, known: Accuracies, sets: list[str], seconds: Accuracies) -> str:
    lines = []
    for who in (*own, *SHOWN):
        mine = own.get(who, known.get(who, {}))
        others = {name: values for name, values in known.items() if name != who}
        rank, by_rank, by_mean, n = place_among(others, who, mine, sets)
        mean = float(np.mean([mine[name] for name in sets]))
        total = f"{sum(seconds[who][name] for name in sets):.1f}" if who in own else ""
        cells = [title(who, own), f"{mean:.4f}", f"{rank:.1f}", f"{by_rank} of {n}", f"{by_mean}", total]
        lines.append((-mean, cells))
    head = ["method", "mean accuracy", "mean rank", "place by rank", "by mean", "seconds"]
    return table(head, [cells for _, cells in sorted(lines)])


def _others(own: Accuracies, sets: list[str], seconds: Accuracies) -> list[str]:
    """The paragraphs on the other sets; none where there are none."""
    if not sets:
        return []
    lines = []
    for who, mean in averages(own, sets).items():
        total = sum(seconds[who][name] for name in sets)
        lines.append((-mean, [title(who, own), f"{mean:.4f}", f"{total:.1f}"]))
    said = (
        f"{', '.join(sets)}. Shorter sequences go to aeon with their last row repeated; its ROCKET standardises each."
    )
    head = f"### {len(sets)} sets of several channels or lengths"
    return [head, said, table(["method", "mean accuracy", "seconds"], [cells for _, cells in sorted(lines)])]


def _sets(own: Accuracies, sets: list[str]) -> str:
    known = {who: published("univariate")[who] | published("multivariate").get(who, {}) for who in ("ROCKET", "HC2")}
    methods = own | {f"{who}, published": values for who, values in known.items()}
    lines = [[name, *(f"{values[name]:.3f}" if name in values else "" for values in methods.values())] for name in sets]
    return table(["set", *(title(who, own) if who in own else who for who in methods)], lines)


def _losses(own: Accuracies, sets: list[str], other: str, margin: float) -> str:
    """What the banks lose to another of the same run by more than a margin."""
    found = [
        f"- {name}: {title(who, own)} {own[who][name]:.3f}, {other} {own[other][name]:.3f}"
        for who in ("full", "fast")
        for name in sets
        if own[other][name] - own[who][name] > margin
    ]
    return "\n".join(found)


def title(who: str, own: Accuracies) -> str:
    """The name of a method that was measured, one of `own`, or whose accuracies are published."""
    if who in PRESETS:
        return f'`preset="{who}"`'
    return who if who in own else f"{who}, published"
