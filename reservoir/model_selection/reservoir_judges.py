"""Reservoirs with other settings, judged by forecasts from rolling origins inside the rows that are given."""

from __future__ import annotations

import warnings
from typing import Any, NamedTuple, Protocol

import numpy as np
from sklearn.base import clone

from reservoir.model_selection.backtests import refuse_gaps
from reservoir.models.base import readout_of, reservoir_of
from reservoir.models.forecasting.candidates import Candidate, folds_of, usual_horizon
from reservoir.models.forecasting.choice import MARGIN, Search
from reservoir.models.forecasting.chosen_parameters import (
    Choice,
    as_parameters,
    as_told,
    can_choose,
    chosen_readout,
    default_reservoir,
    is_automatic,
)
from reservoir.models.forecasting.divergence import BaselineWarning, warn_of_lost
from reservoir.models.forecasting.hearing import read_channels
from reservoir.models.forecasting.lessons import washout_of
from reservoir.models.forecasting.origins import courses_at, futures_of
from reservoir.models.forecasting.rolling import mean_errors, missed, score
from reservoir.models.members import seeded_members
from reservoir.models.precomputed import with_attributes
from reservoir.preprocessing.channel_moments import ChannelMoments
from reservoir.readouts import RidgeReadout
from reservoir.sequences import Sequences

_ALPHAS = np.logspace(-10, 3, 14)
_FEW = 8  # earlier rows beside states
_MARGIN = 2 * MARGIN  # by how much states must be better: of some thirty reservoirs one is better by chance


class Tried(NamedTuple):
    """A reservoir and a readout, and how well they forecast."""

    score: float  # smaller is better
    settings: dict[str, float]  # of the reservoir, where they are others
    readout: Any  # a candidate, or a penalty for each row that is learnt from
    errors: np.ndarray  # (horizon,)

    @property
    def kind(self) -> Any:
        """What it is but for its penalty."""
        kind = self.readout._replace(penalty=0.0) if isinstance(self.readout, Candidate) else None
        return tuple(sorted(self.settings.items())), kind

    @property
    def sees_states(self) -> bool:
        """Whether the reservoir matters."""
        return not isinstance(self.readout, Candidate) or self.readout.states > 0


class Judge(Protocol):
    """What tries reservoirs for a forecaster, and makes one of what was found."""

    reservoir: Any
    n_features: int
    first: Tried  # the model itself
    margin: float  # by how much others must be better

    def tried(self, settings: dict[str, float], seed: int = 0, kind: Any = None) -> list[Tried]:
        """Readouts on the reservoir with these settings, those alone that differ from `kind` in the penalty."""
        ...

    def made(self, best: Tried) -> Any:
        """The model with what was found, which has learnt all rows."""
        ...


def judge_of(model: Any, series: Any, sequences: Sequences) -> Judge:
    """The one that suits a model, whose series has been read by it."""
    if is_automatic(model) and can_choose(model):
        return _OfChoice(model, series, sequences)
    return _OfFits(model, series, sequences)


class _Draws:
    """The reservoir of a model with other settings and seeds."""

    def __init__(self, model: Any, reservoir: Any):
        self.model, self.whole = model, reservoir
        self.reservoir = reservoir
        if model.n_members > 1:
            self.reservoir = seeded_members(model, reservoir)[0].reservoir

    def drawn(self, settings: dict[str, float], seed: int) -> Any:
        """The reservoir, or one of the next seeds."""
        system = self.reservoir
        if seed:
            system = seeded_members(clone(self.model).set_params(n_members=seed), system)[-1].reservoir
        return clone(system).set_params(**settings)


class _OfChoice(_Draws):
    """Tries what sees the states as the forecaster's own choice does: the same folds, moments and scores."""

    def __init__(self, model: Any, series: Any, sequences: Sequences):
        reservoir = default_reservoir() if model.reservoir is None else model.reservoir
        super().__init__(model, reservoir)
        self.series, self.n_features = series, sequences.rows.shape[1]
        self.search = Search(with_attributes(model, {"reservoir": self.reservoir}), series, sequences)
        best = self.search.chosen()
        self.first = Tried(self.search.scores[best], {}, best, self.search.errors[best])
        self.margin = 0.0 if best.states else _MARGIN
        self._prepare(best)

    def tried(self, settings: dict[str, float], seed: int = 0, kind: Any = None) -> list[Tried]:
        """See `Judge`."""
        if kind is not None and not kind.states:
            return [self.first]
        driven, layout = self.search.driven(self.drawn(settings, seed), self.trial, self.layout)
        asked, found = self.asked, []
        if kind is not None:
            alone = self.search.choices._replace(targets=(kind.target,), strategies=(kind.strategy,))
            asked = [(alone, [kind._replace(strategy="", penalty=0.0)])]
        for choices, groups in asked:
            for lags in sorted({group.lags for group in groups}):  # each learns all rows that have theirs before them
                lessons, alike = driven.lessons._replace(lags=lags), [group for group in groups if group.lags == lags]
                seen, heard = layout._replace(lags=lags), driven._replace(lessons=lessons)
                judged = self.search.judged(choices, self.trial, seen, heard, alike)
                found += [Tried(value, settings, candidate, errors) for candidate, errors, value in judged]
        return found

    def made(self, best: Tried) -> Any:
        """See `Judge`."""
        told = self.search.told(self.first.readout)
        known = np.isfinite(best.errors)
        told |= as_told(best.readout, self.search.choices.horizon)
        told |= {"score": best.score, "error": float(best.errors[known].mean())}
        owner, horizon = type(self.model).__name__, self.search.choices.horizon
        warn_of_lost(owner, horizon, told["error"], told["error_of_last_value"], chosen=True)
        parameters = as_parameters(Choice(best.readout, self.search.choices.horizon, told))
        parts = {"reservoir": clone(self.whole).set_params(**best.settings), "readout": chosen_readout(best.readout)}
        made = clone(self.model).set_params(**parameters, **parts).fit(self.series)
        made.chosen_ = told
        return made

    def _prepare(self, best: Candidate) -> None:
        """The series as all reservoirs hear it, and what is asked of each."""
        choices = self.search.choices
        season = choices.seasons[0] if len(choices.seasons) == 1 else ()
        lags_given = len(choices.lags) == 1
        few = choices.lags[0] if lags_given else min(_FEW, max(choices.lags))
        alone = best._replace(season=season, states=1.0, lags=few if lags_given else 0, own=False)
        beside = best._replace(season=season, states=0.1, lags=few)
        groups = [one._replace(target="", strategy="", penalty=0.0) for one in (alone, beside)]
        loops = choices._replace(
            strategies=("recursive",) if "recursive" in choices.strategies else choices.strategies,
            targets=("increments",) if "increments" in choices.targets else choices.targets,
        )
        self.asked = [(loops, groups)]
        if not self.search.evenly:
            targets = ("increments", "differences") if best.target == "differences" else (best.target,)
            same = (best.strategy,) == loops.strategies and targets == loops.targets
            more = [one for one in choices.with_states(best, best.season, lags_given) if not (same and one in groups)]
            self.asked.append((choices._replace(strategies=(best.strategy,), targets=targets), more))
        seasons = list(dict.fromkeys([season, best.season]))
        trial, self.layout = self.search.prepared(best.transform, seasons, max(best.lags, few))
        least = min(min(fold.ends) for fold in self.search.folds)
        self.trial = trial._replace(head=washout_of(self.model, least))  # of a model that learns the rows of a fold


class _OfFits(_Draws):
    """Tries models that are fitted to the rows before each fold, whatever their readouts; penalties share a fit."""

    margin = 0.0

    def __init__(self, model: Any, series: Any, sequences: Sequences):
        super().__init__(model, reservoir_of(model))
        refuse_gaps("tune with a readout that is given", sequences.rows)
        self.series, (n_rows, self.n_features) = series, sequences.rows.shape
        hearing = read_channels(model)
        self.truth = [sequences.rows[:, hearing.feedback.channels]]
        self.deviations = ChannelMoments.of_rows(self.truth[0]).deviations
        self.horizon = usual_horizon(n_rows, 1.0) if model.horizon is None else int(model.horizon)
        self.folds = folds_of([n_rows], self.horizon, bool(hearing.drivers.size))
        self.n_rows, self.ridge = n_rows, type(readout_of(model)) is RidgeReadout
        alone = clone(model).set_params(n_members=1, reservoir=clone(self.reservoir))
        self.first = self._scored({}, None, [self._fitted(alone, fold.ends[0]) for fold in self.folds])

    def tried(self, settings: dict[str, float], seed: int = 0, kind: Any = None) -> list[Tried]:
        """See `Judge`."""
        parts = {"reservoir": self.drawn(settings, seed)} | ({"readout": self._ridge(1.0)} if self.ridge else {})
        candidate = clone(self.model).set_params(n_members=1, **parts)
        fitted = [self._fitted(clone(candidate), fold.ends[0]) for fold in self.folds]
        if not self.ridge:
            return [self._scored(settings, None, fitted)]
        paths = [
            one.readout_.solve_path(list(_ALPHAS * fold.ends[0])) for one, fold in zip(fitted, self.folds, strict=True)
        ]
        found = []
        for alpha, *readouts in zip(_ALPHAS, *paths, strict=True):
            models = [with_attributes(one, {"readout_": own}) for one, own in zip(fitted, readouts, strict=True)]
            found.append(self._scored(settings, float(alpha), models))
        return found

    def made(self, best: Tried) -> Any:
        """See `Judge`."""
        made = clone(self.model)
        if best.settings:
            made.set_params(reservoir=clone(self.whole).set_params(**best.settings))
        if best.readout is not None:
            made.set_params(readout=self._ridge(best.readout * self.n_rows))
        return made.fit(self.series)

    def _ridge(self, alpha: float) -> RidgeReadout:
        return clone(readout_of(self.model)).set_params(alpha=alpha)

    def _fitted(self, candidate: Any, end: int) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", BaselineWarning)  # the last fit says so
            return candidate.fit(self.series[:end])

    def _scored(self, settings: dict[str, float], alpha: float | None, fitted: list[Any]) -> Tried:
        """What models that learnt the rows before each fold miss in it."""
        sums = []
        for model, fold in zip(fitted, self.folds, strict=True):
            origins = np.array([row for _, row in fold.origins])
            courses = courses_at(model, self.series, origins, self.horizon)
            forecasts = np.stack(futures_of(model, courses))[:, : self.horizon]
            sums.append(missed(self.truth, self.deviations, fold, forecasts[None], self.horizon))
        errors = mean_errors(sums)[0]
        return Tried(score(errors), settings, alpha, errors)
