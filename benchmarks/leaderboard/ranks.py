"""Mean ranks over sets, and how far two must lie apart to differ."""

from __future__ import annotations

import numpy as np
from scipy import stats

from benchmarks.leaderboard.results import Accuracies


def mean_ranks(accuracies: Accuracies, sets: list[str]) -> dict[str, float]:
    """The mean rank of every method that has all sets, 1 for the most accurate; equal accuracies share their ranks."""
    names = [name for name, own in accuracies.items() if own.keys() >= {*sets}]
    table = np.array([[accuracies[name][one] for name in names] for one in sets])
    ranks = stats.rankdata(-np.round(table, 6), axis=1).mean(axis=0)
    return dict(zip(names, ranks.tolist(), strict=True))


def place_among(known: Accuracies, name: str, own: dict[str, float], sets: list[str]) -> tuple[float, int, int, int]:
    """Mean rank and place of one more method among known ones, its place by the mean, and how many there are."""
    together = {**known, name: own}
    ranks = mean_ranks(together, sets)
    means = {who: np.mean([accuracies[one] for one in sets]) for who, accuracies in together.items()}
    by_rank = 1 + sum(rank < ranks[name] - 1e-9 for rank in ranks.values())
    by_mean = 1 + sum(mean > means[name] + 1e-9 for mean in means.values())
    return ranks[name], by_rank, by_mean, len(ranks)


def critical_difference(n_methods: int, n_sets: int, level: float = 0.05) -> float:
    """The least difference of two mean ranks that the test of Nemenyi calls one.

    Demsar 2006, Statistical comparisons of classifiers over multiple data sets, Journal of Machine Learning Research
    7:1-30.
    """
    quantile = stats.studentized_range.ppf(1 - level, n_methods, np.inf) / np.sqrt(2)
    return float(quantile * np.sqrt(n_methods * (n_methods + 1) / (6 * n_sets)))
