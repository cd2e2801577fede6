"""What a forecaster may be where its parameters are "auto", and where candidates are tried."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

WITH_STATES = 10.0 ** np.array([-12, -10, -8, -6, -5, -4, -3, -2, -1])
"""Penalties, a row, of readouts that see the states."""
WITHOUT_STATES = 10.0 ** np.array([-9, -7, -5, -4, -3, -2, -1, 0, 1, 2])
"""Penalties, a row, of readouts that see earlier rows alone."""
_ENDLESS = 1e12  # a penalty that leaves nothing
_FEW = 8  # earlier rows beside states
_LONGEST = 48  # rows of a horizon
_MOST_COLUMNS = 400  # of earlier rows
_MOST_ANSWERS = 1000  # of a readout that gives a horizon at once
_MOST_CHANNELS = 16  # that are asked whether they go by themselves
_ORIGINS, _ORIGINS_IN_ALL = 10, 40  # of a fold
_LEVELS = ("values", "increments")  # targets for which earlier rows are seen as they are
LEVEL_FREE = ("differences", "seasonal")
"""Targets for which differences of earlier rows are seen, so that no level matters."""
ALL_TARGETS = _LEVELS + LEVEL_FREE

Periods = tuple[float | str, ...]  # periods, ("calendar",) or nothing


class Candidate(NamedTuple):
    """One forecaster out of many."""

    transform: str | None
    season: Periods
    states: float  # weight of the states; 0 sees none
    lags: int
    own: bool  # whether a channel sees earlier rows of itself alone, of those that are predicted
    target: str  # "differences" sees increments and learns them, "seasonal" what differs from the value a season ago
    strategy: str
    penalty: float  # a row

    def targets(self, targets: tuple[str, ...]) -> tuple[str, ...]:
        """Those that are tried of these: what goes by differences stays so, and what does not."""
        if not self.target:
            return tuple(one for one in targets if one != "seasonal")
        return tuple(one for one in targets if one == self.target or {one, self.target} <= {*_LEVELS})

    @property
    def period(self) -> int:
        """Rows of the longest season that earlier rows reach back to; 0 without."""
        return max((int(one) for one in self.season if isinstance(one, float) and one <= self.lags), default=0)

    @property
    def penalties(self) -> np.ndarray:
        """All penalties that are tried."""
        return WITH_STATES if self.states else WITHOUT_STATES


class Choices(NamedTuple):
    """What may be chosen from; one entry where the user has said it."""

    transforms: list[str | None]
    seasons: list[Periods]
    lags: list[int]
    owns: list[bool]
    targets: tuple[str, ...]
    strategies: tuple[str, ...]
    horizon: int
    reach: tuple[int, int]  # earlier rows that a season may be seen back to, and half of the rows

    def without_states(self, transform: str | None, season: Periods) -> list[Candidate]:
        """Candidates that see earlier rows alone, but for targets, strategies and penalties."""
        return [Candidate(transform, season, 0.0, lags, own, "", "", 0.0) for lags in self.lags for own in self.owns]

    def last_value(self) -> Candidate | None:
        """The last value itself: increments that an endless penalty takes away; None where something forbids it."""
        lags = max(self.lags) if len(self.lags) == 1 else 1
        if "seasonal" not in self.targets or () not in self.seasons or not lags:
            return None
        return Candidate(self.transforms[0], (), 0.0, lags, False, "differences", self.strategies[0], _ENDLESS)

    def seasonal(self, transform: str | None, season: Periods) -> list[Candidate]:
        """Candidates that learn what differs from the value a season ago, but for strategies and penalties."""
        most, half = self.reach
        periods = [
            int(one) for one in season if isinstance(one, float) and one == round(one) and one <= min(most, half)
        ]
        if "seasonal" not in self.targets or not periods:
            return []
        lags = max(periods) - 1 + min(_FEW, max(1, (half - max(periods)) // 2), most + 1 - max(periods))
        if len(self.lags) == 1:
            lags = self.lags[0]
        found = [Candidate(transform, season, 0.0, lags, own, "seasonal", "", 0.0) for own in self.owns]
        return found if found[0].period else []

    def with_states(self, best: Candidate, season: Periods, lags_given: bool) -> list[Candidate]:
        """Candidates that see the states too, beside what the best without them sees."""
        lags = sorted({best.lags if lags_given else min(best.lags, _FEW), best.lags})
        first = best._replace(season=season, states=1.0, lags=best.lags if lags_given else 0, own=False)
        groups = [first, *(best._replace(season=season, states=0.1, lags=few) for few in lags)]
        return [
            group._replace(strategy="", penalty=0.0, target="" if group.states == 1 else group.target)
            for group in groups
        ]


class Fold(NamedTuple):
    """Where a readout is tried that learns from the rows before."""

    ends: list[int]  # of every series, the first row that is not learnt from
    origins: list[tuple[int, int]]  # series, and rows that are known


def choices_of(
    model: Any, positive: bool, drifts: bool, found: list[tuple[float, ...]], shortest: int, shape: tuple[int, int]
) -> Choices:
    """What a model leaves to be chosen for series with so many rows and (features, predicted channels)."""
    n_features, n_outputs = shape
    seasons: list[Periods] = [(), *found] if is_auto(model.season) else [season_given(model.season)]
    period = next((season[0] for season in seasons if season and isinstance(season[0], float)), 1.0)
    period = period if 3 * period <= shortest else 1.0
    horizon = int(model.horizon) if model.horizon is not None else usual_horizon(shortest, period)
    transform = vars(model)["transform"]  # which is no attribute
    at_once = (
        model.gaps != "free-run" and horizon > 1 and horizon * n_outputs <= _MOST_ANSWERS and n_features == n_outputs
    )
    both = ("recursive", "direct") if at_once else ("recursive",)
    most = max(0, min(_MOST_COLUMNS // n_features - 1, shortest // 5))
    usual = (8, round(period), round(2 * period) - 1) if period > 1 else (2, 8, 20)
    return Choices(
        transforms=([None, "log"] if positive else [None]) if is_auto(transform) else [transform],
        seasons=seasons,
        lags=sorted({min(lags, most) for lags in usual}) if is_auto(model.lags) else [int(model.lags)],
        owns=[False, True] if 1 < n_outputs <= _MOST_CHANNELS else [False],
        targets=(*_LEVELS, *["differences"] * drifts, "seasonal") if is_auto(model.target) else (model.target,),
        strategies=both if is_auto(model.strategy) else (model.strategy if horizon > 1 else "recursive",),
        horizon=horizon,
        reach=(_MOST_COLUMNS // n_features - 1, shortest // 2),
    )


def usual_horizon(shortest: int, period: float) -> int:
    """How many rows ahead candidates are tried where nobody has said it."""
    sixth = shortest // 6
    wanted = max(2 * round(period) if period > 1 else 0, min(shortest // 10, 50))
    return int(max(1, min(wanted, sixth if sixth >= period else min(period, shortest // 4), _LONGEST)))


def folds_of(lengths: list[int], horizon: int, known_ahead: bool) -> list[Fold]:
    """Three folds at the end of all series, and the origins in each; `known_ahead` needs a whole horizon after them."""
    shortest = min(lengths)
    size = max(shortest // 10, min(shortest // 6, 2 * horizon), 1)
    tried = list(range(len(lengths)))[:: -(-len(lengths) // _ORIGINS_IN_ALL)]
    n_origins = max(1, min(_ORIGINS, _ORIGINS_IN_ALL // len(tried)))
    least = horizon if known_ahead else max(1, min(horizon, size) // 2)
    folds = []
    for before in (3, 2, 1):
        ends = [length - before * size for length in lengths]
        origins = []
        for series in tried:
            last = min(ends[series] + size - 1, lengths[series] - least)
            rows = origins_between(ends[series], last, n_origins)
            origins += [(series, int(row)) for row in rows if not known_ahead or row <= lengths[series] - horizon]
        folds.append(Fold(ends, origins))
    return folds


def origins_between(first: int, last: int, n_origins: int) -> np.ndarray:
    """So many numbers of known rows, or fewer, evenly spaced; the first alone where there is no room."""
    return np.unique(np.linspace(first, max(first, last), n_origins).astype(int))


def is_auto(value: Any) -> bool:
    """Whether a parameter leaves something to be chosen."""
    return isinstance(value, str) and value == "auto"


def season_given(given: Any) -> Periods:
    """A season as a user gives it."""
    if given is None:
        return ()
    return ("calendar",) if isinstance(given, str) else tuple(map(float, np.atleast_1d(given)))
