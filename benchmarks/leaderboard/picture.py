"""Mean ranks on a line, and bars over those that do not differ."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

from benchmarks.leaderboard.entrants import PRESETS
from benchmarks.leaderboard.ranks import critical_difference, mean_ranks
from benchmarks.leaderboard.report import SHOWN, present, title
from benchmarks.leaderboard.results import Accuracies, Result, medians, published
from benchmarks.leaderboard.sets import UNIVARIATE

SHADE, INK, OWN = "#767676", "#000000", "#d55e00"


def cliques(ranks: list[float], difference: float) -> list[tuple[int, int]]:
    """First and last of the longest runs of sorted ranks within the difference; runs of one are none."""
    found: list[tuple[int, int]] = []
    for first, low in enumerate(ranks):
        last = max(k for k, high in enumerate(ranks) if high - low <= difference)
        if last > first and (not found or last > found[-1][1]):
            found.append((first, last))
    return found


def draw(axes: Any, ranks: dict[str, float], difference: float, own: Collection[str] = ()) -> None:
    """The diagram of Demsar (2006): names at their mean ranks, the best at the left; `own` ones stand out."""
    names = sorted(ranks, key=lambda name: ranks[name])
    values = [ranks[name] for name in names]
    half, low, high = (len(names) + 1) // 2, int(min(values)), int(max(values)) + 1
    bars = cliques(values, difference)
    top = 0.6 + 0.35 * len(bars)
    axes.plot([low, high], [0, 0], color=INK, linewidth=1)
    for tick in range(low, high + 1):
        axes.plot([tick, tick], [0, 0.15], color=INK, linewidth=1)
        axes.text(tick, 0.25, str(tick), ha="center", va="bottom")
    axes.plot([low, low + difference], [1.2, 1.2], color=SHADE, linewidth=2)
    axes.text(low + difference + 0.1, 1.2, f"critical difference {difference:.2f}", va="center", color=SHADE)
    for level, (first, last) in enumerate(bars):
        axes.plot([values[first], values[last]], [-0.35 * (level + 1)] * 2, color=SHADE, linewidth=3)
    for place, (name, value) in enumerate(zip(names, values, strict=True)):
        left = place < half
        depth = -top - 0.5 * (place if left else len(names) - 1 - place)
        end = low - 0.2 if left else high + 0.2
        color = OWN if name in own else INK
        axes.plot([value, value, end], [0, depth, depth], color=color, linewidth=0.8)
        text = f"{name}  {value:.1f}" if left else f"{value:.1f}  {name}"
        axes.text(
            end - 0.08 if left else end + 0.08, depth, text, ha="right" if left else "left", va="center", color=color
        )
    axes.set(xlim=(low - 0.4 * (high - low), high + 0.4 * (high - low)), ylim=(-top - 0.5 * half, 1.6))
    axes.axis("off")


def _label(who: str, own: Accuracies) -> str:
    return title(who, own).strip("`")


def draw_results(axes: Any, results: list[Result]) -> None:
    """Who was measured, and some published methods, on the univariate sets."""
    own, known = medians(results), published("univariate")
    sets = present(results, UNIVARIATE)
    shown = {_label(who, own): known[who] for who in SHOWN} | {_label(who, own): own[who] for who in own}
    ranks = mean_ranks(shown, sets)
    draw(axes, ranks, critical_difference(len(ranks), len(sets)), {_label(who, own) for who in PRESETS})


def write(path: Path, results: list[Result]) -> None:
    """The picture as a file."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(9, 4), layout="constrained")
    draw_results(axes, results)
    figure.savefig(path, dpi=150)
    plt.close(figure)
