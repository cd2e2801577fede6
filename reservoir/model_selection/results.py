"""What a task finds, and the table of a search, with the columns of scikit-learn's searches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.stats import rankdata

from reservoir.model_selection.folds import CrossValidation


class TaskResult:
    """Scores and times of the candidates of one task, filled in fold by fold."""

    def __init__(self, cv: CrossValidation, n_candidates: int):
        shape = n_candidates, len(cv.splits)
        self.scores = {part: np.full((len(cv.scorers), *shape), np.nan) for part in cv.scored_parts}
        self.fit_seconds, self.score_seconds = np.zeros(shape), np.zeros(shape)
        self.failed = np.zeros(shape, dtype=bool)  # where an error was met
        self.errors: list[str] = []

    def to_dict(self) -> dict[str, Any]:
        """As numbers, arrays and strings, which a file or another process can take."""
        times = {"fit_seconds": self.fit_seconds, "score_seconds": self.score_seconds}
        return {"scores": self.scores, "errors": self.errors, "failed": self.failed, **times}


class ResultTable:
    """Scores (n_metrics, n_candidates, n_seeds, n_folds) of the test and perhaps training parts, and times."""

    def __init__(
        self, metrics: Sequence[str], candidates: list[dict[str, Any]], n_seeds: int, n_folds: int, parts: Sequence[str]
    ):
        self._metrics, self._candidates = list(metrics), candidates
        shape = len(candidates), n_seeds, n_folds
        self._scores = {part: np.full((len(self._metrics), *shape), np.nan) for part in parts}
        self._seconds = {name: np.zeros(shape) for name in ("fit", "score")}
        self._failed = np.zeros(shape, dtype=bool)
        self.shares = np.zeros(len(candidates))  # of the training parts that a candidate has seen
        self.n_fits = int(np.prod(shape))

    def put(
        self,
        candidates: Sequence[int],
        seed: int,
        share: float,
        result: dict[str, Any] | None,
        error_score: float | str,
    ) -> None:
        """Take in the result of a task; None where its process died."""
        rows = list(candidates)
        self.shares[rows] = share
        self._failed[rows, seed] = True if result is None else result["failed"]
        for part, scores in self._scores.items():
            scores[:, rows, seed] = error_score if result is None else result["scores"][part]
        for name, seconds in self._seconds.items():
            seconds[rows, seed] += 0.0 if result is None else result[f"{name}_seconds"]

    def mean_scores(self, metric: str) -> np.ndarray:
        """Mean over seeds and folds (n_candidates,)."""
        with np.errstate(invalid="ignore"):  # infinities of both signs
            return self._scores["test"][self._metrics.index(metric)].mean(axis=1).mean(axis=1)

    def not_finite(self) -> dict[str, tuple[int, np.ndarray]]:
        """For parts with scores that are not finite, though nothing failed: their number, and means (n_candidates,)."""
        found = {}
        for part, scores in self._scores.items():
            for metric, own in zip(self._metrics, scores, strict=True):
                number = int((~np.isfinite(own) & ~self._failed).sum())
                if number:
                    with np.errstate(invalid="ignore"):
                        found[part if metric == "score" else f"{part} {metric}"] = number, own.mean(axis=(1, 2))
        return found

    def columns(self, with_seeds: bool, with_shares: bool) -> dict[str, Any]:
        """The table as a dictionary of columns."""
        table: dict[str, Any] = {}
        for name, seconds in self._seconds.items():
            table[f"mean_{name}_time"] = seconds.mean(axis=(1, 2))
            table[f"std_{name}_time"] = seconds.std(axis=(1, 2))
        table |= self._parameter_columns()
        table["params"] = self._candidates
        if with_shares:
            table["training_share"] = self.shares
        for part in self._scores:
            for metric, scores in zip(self._metrics, self._scores[part], strict=True):
                table |= self._score_columns(part, metric, scores, with_seeds)
        return table

    def _parameter_columns(self) -> dict[str, np.ma.MaskedArray]:
        names = sorted({name for parameters in self._candidates for name in parameters})
        columns = {}
        for name in names:
            values = np.ma.masked_all(len(self._candidates), dtype=object)
            for index, parameters in enumerate(self._candidates):
                if name in parameters:
                    values[index] = _Held(parameters[name])
            _release(values)
            columns[f"param_{name}"] = values
        return columns

    def _score_columns(self, part: str, metric: str, scores: np.ndarray, with_seeds: bool) -> dict[str, np.ndarray]:
        with np.errstate(over="ignore", invalid="ignore"):  # the spread of scores as bad as -1e200, or infinite
            return self._spreads(part, metric, scores, with_seeds)

    def _spreads(self, part: str, metric: str, scores: np.ndarray, with_seeds: bool) -> dict[str, np.ndarray]:
        splits = scores.mean(axis=1)
        columns = {f"split{fold}_{part}_{metric}": splits[:, fold] for fold in range(splits.shape[1])}
        columns[f"mean_{part}_{metric}"] = splits.mean(axis=1)
        columns[f"std_{part}_{metric}"] = splits.std(axis=1)
        if part != "test":
            return columns
        if with_seeds:
            seeds = scores.mean(axis=2)
            columns |= {f"seed{seed}_test_{metric}": seeds[:, seed] for seed in range(seeds.shape[1])}
            columns[f"std_seed_{metric}"] = seeds.std(axis=1)
        columns[f"rank_test_{metric}"] = self._ranks(columns[f"mean_test_{metric}"])
        return columns

    def _ranks(self, means: np.ndarray) -> np.ndarray:
        """1 for the best; a candidate that has seen a larger share of training stands before all that saw less."""
        ranks = np.empty(len(means), dtype=np.int32)
        order = ascending(means)
        for share in np.unique(self.shares):
            own = self.shares == share
            ranks[own] = rankdata(-order[own], method="min") + (self.shares > share).sum()
        return ranks


def ascending(scores: np.ndarray) -> np.ndarray:
    """Whole numbers in the order of scores: what is no number is worse than the worst, which may be -inf."""
    return np.where(np.isnan(scores), 0, 1 + np.searchsorted(np.unique(scores[~np.isnan(scores)]), scores))


class _Held:
    """Keeps NumPy from taking a value that is a sequence apart."""

    def __init__(self, value: Any):
        self.value = value


def _release(values: np.ma.MaskedArray) -> None:
    for index in np.flatnonzero(~np.ma.getmaskarray(values)):
        values.data[index] = values.data[index].value
