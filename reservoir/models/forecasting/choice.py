"""What "auto" means for a forecaster: the candidate that does best at rolling origins inside the training rows."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import clone

from reservoir.models.base import TrainingRows
from reservoir.models.blocks import run_in_blocks
from reservoir.models.forecasting.candidates import (
    Candidate,
    Choices,
    Fold,
    Periods,
    choices_of,
    folds_of,
    is_auto,
)
from reservoir.models.forecasting.chosen import ChosenReadout, as_seen
from reservoir.models.forecasting.columns import Layout, Sums, solved
from reservoir.models.forecasting.divergence import BaselineWarning
from reservoir.models.forecasting.hearing import names_of, read_channels
from reservoir.models.forecasting.lessons import Lessons, washout_of
from reservoir.models.forecasting.origins import states_before
from reservoir.models.forecasting.periods import drifts, found_seasons
from reservoir.models.forecasting.rolling import Driven, Trial, errors_of, naive_errors, score
from reservoir.models.forecasting.season import read_season
from reservoir.models.forecasting.units import SeriesUnits
from reservoir.parts import without_noise
from reservoir.preprocessing.channel_moments import ChannelMoments
from reservoir.sequences import Sequences
from reservoir.sequences.gaps import pieces_of
from reservoir.systems import EchoState

_MARGIN = 0.15  # by how much the score with states, and that of seasonal differences, must be better
_PREFERENCE = 0.15  # by how much what goes by differences may be worse
_SMOOTH = 0.003  # deviations that the error of one step is below where what is far ahead tells candidates apart
_FAR = 100  # rows ahead that are tried then
_LOST = 1.05  # how many times the error of the last value is worth a warning
_PLAIN = {"target": "values", "lags": 0, "strategy": "recursive", "season": None, "transform": None}
AUTOMATIC = tuple(_PLAIN)
"""Parameters that know "auto"."""


class Choice(NamedTuple):
    """What was chosen, and what tells it."""

    candidate: Candidate
    horizon: int
    told: dict[str, Any]  # the attribute `chosen_`


def choice_of(model: Any) -> Choice | None:
    """What was chosen for a fitted model, if anything was."""
    told = vars(model).get("chosen_")
    if told is None:
        return None
    seen = told["transform"], tuple(told["season"] or ()), told["weight_of_states"], told["lags"], told["own_lags"]
    return Choice(Candidate(*seen, told["target"], told["strategy"], told["penalty"]), told["horizon"], told)


def is_automatic(model: Any) -> bool:
    """Whether a model leaves anything to be chosen."""
    return any(is_auto(vars(model)[name]) for name in AUTOMATIC)


def can_choose(model: Any) -> bool:
    """Whether the readout is the model's own, and sees the rows that come back."""
    return model.readout is None and bool(model.include_input) and model.feedback_scaling > 0


def plain(model: Any) -> dict[str, Any]:
    """The parameters where nothing can be chosen: "auto" is what they were before there was a choice."""
    given = {name: vars(model)[name] for name in AUTOMATIC}
    return {name: _PLAIN[name] if is_auto(one) else one for name, one in given.items()}


def as_parameters(choice: Choice) -> dict[str, Any]:
    """The parameters of what was chosen. The readout answers values, whatever it learnt."""
    c = choice.candidate
    season = (c.season[0] if c.season == ("calendar",) else list(c.season)) if c.season else None
    found = {"target": "values", "lags": c.lags, "strategy": c.strategy, "season": season, "transform": c.transform}
    return found | {"horizon": choice.horizon}


def default_reservoir(n_features: int) -> EchoState:
    """The reservoir of a forecaster that has none of its own."""
    options: dict[str, Any] = {"spectral_radius": 0.9, "leak": 0.3, "bias_scaling": 0.5, "random_state": 0}
    return EchoState(300, input_scaling=0.3 / np.sqrt(n_features), **options)


def choose(model: Any, X: Any, sequences: Sequences) -> Choice:
    """The best candidate of a model, whose reservoir is given, for the series X of `fit`, read as `sequences`."""
    search = _Search(model, X, sequences)
    for transform in search.choices.transforms:
        search.try_without_states(transform)
    if not search.scores:
        raise search.too_short()
    if search.is_smooth():
        search.look_far()
    earlier = search.best_without_states(*search.transforms())
    for transform in search.transforms():
        search.try_with_states(search.best_without_states(transform))
    best = search.best(earlier)
    told = search.told(best)
    _warn_of_lost(type(model).__name__, told)
    return Choice(best, search.choices.horizon, told)


class _Search:
    """Candidates of one model and their scores."""

    def __init__(self, model: Any, X: Any, sequences: Sequences):
        self.model, self.X, self.sequences = model, X, sequences
        self.hearing = read_channels(model)
        outputs, n_features = self.hearing.feedback.channels, sequences.rows.shape[1]
        self.members = self._pieces(sequences)
        lengths, rows = list(map(len, self.members)), np.concatenate(self.members)[:, outputs]
        deviations = ChannelMoments.of_rows(rows).deviations
        levels = [(member[:, outputs] - rows.mean(axis=0)) / deviations for member in self.members]
        found = found_seasons(levels) if is_auto(model.season) else []
        self.drifts, self.evenly = drifts(levels), False
        positive = bool((rows > 0).all() and (rows.max(axis=0) > 1.5 * rows.min(axis=0)).any())
        shape = n_features, len(outputs)
        self.choices: Choices = choices_of(model, positive, self.drifts, found, min(lengths), shape)
        self.slow = not getattr(model.reservoir, "runs_compiled", False)
        ahead = self.choices.strategies == ("direct",) and shape[0] > shape[1]
        self.ahead = self.hearing.drivers if ahead else np.zeros(0, dtype=np.int64)
        self.folds: list[Fold] = folds_of(lengths, self.choices.horizon, ahead)
        if self.slow:
            self.folds = [fold._replace(origins=fold.origins[::4]) for fold in self.folds]
        self.head = washout_of(model, min(lengths))
        self.errors: dict[Candidate, np.ndarray] = {}
        self.scores: dict[Candidate, float] = {}

    def _pieces(self, whole: Sequences) -> list[np.ndarray]:
        """The series, or the long ones of the pieces between their gaps."""
        pieces = pieces_of(whole, cut=self.model.gaps != "refuse").sequences.members()
        least = max(map(len, pieces)) / 2 if self.model.gaps != "refuse" else 0
        return [piece for piece in pieces if len(piece) >= least]

    def try_without_states(self, transform: str | None) -> None:
        """Candidates that see earlier rows alone."""
        seasons = self.choices.seasons
        trial, layout = self._prepared(transform, seasons, max(self.choices.lags))
        groups = [group for season in seasons for group in self.choices.without_states(transform, season)]
        self._judge(trial, layout, None, groups)
        for season in seasons:
            self._judge_again(self.choices.seasonal(transform, season))

    def transforms(self) -> list[str | None]:
        """Those of which a candidate could learn before every fold."""
        known = {one.transform for one in self.scores}
        return [one for one in self.choices.transforms if one in known]

    def best_without_states(self, *transforms: str | None) -> Candidate:
        """Of those of these transforms the best; seasonal differences must be worth their while.

        In a series that drifts it is one that goes by differences, and so by no level, where that is nearly as good.
        """
        tried = [one for one in self.scores if not one.states and one.transform in transforms]
        seasonal = [one for one in tried if one.target == "seasonal"]
        usual = [one for one in tried if one.target != "seasonal"] or seasonal
        best = min(usual, key=self.scores.__getitem__)
        free = [one for one in usual if one.target == "differences"]
        differing = min(free, key=self.scores.__getitem__, default=best)
        repeating = min(seasonal, key=self.scores.__getitem__, default=best)
        if self.scores[repeating] < self.scores[best] - _MARGIN:
            return repeating
        return differing if self.scores[differing] < self.scores[best] + _PREFERENCE else best

    def is_smooth(self) -> bool:
        """Whether noise does not limit forecasts: one step is nearly exact, and small errors grow from there."""
        loops = [errors[0] for candidate, errors in self.errors.items() if candidate.strategy == "recursive"]
        return not self.drifts and min(loops, default=np.inf) < _SMOOTH

    def look_far(self) -> None:
        """Judge by rows further ahead, all alike, and by loops alone, since no readout at once follows such growth."""
        horizon = self.choices.horizon
        if self.model.horizon is None:
            horizon = max(horizon, min(min(map(len, self.members)) // 10, _FAR))
        self.choices, self.evenly = self.choices._replace(horizon=horizon, strategies=("recursive",)), True
        nearest = [self.best_without_states(transform) for transform in self.transforms()]
        self.errors, self.scores = {}, {}
        for candidate in nearest:
            target = "seasonal" if candidate.target == "seasonal" else ""
            self._judge_again([candidate._replace(target=target, strategy="", penalty=0.0)])

    def try_with_states(self, earlier: Candidate) -> None:
        """Candidates that see the states, too."""
        given = len(self.choices.seasons) == 1
        seasons = [earlier.season] if given or not earlier.season else [(), earlier.season]
        trial, layout = self._prepared(earlier.transform, seasons, earlier.lags)
        driven = self._driven(trial, layout)
        layout = layout._replace(n_states=driven.blocks[0].shape[1])
        lags_given = len(self.choices.lags) == 1
        groups = [group for season in seasons for group in self.choices.with_states(earlier, season, lags_given)]
        self._judge(trial, layout, driven, list(dict.fromkeys(groups)))

    def best(self, earlier: Candidate) -> Candidate:
        """Of all the best; states must be worth their while beside all that do without them."""
        seeing = [candidate for candidate in self.scores if candidate.states]
        first = min(seeing, key=self.scores.__getitem__, default=earlier)
        without = min(value for candidate, value in self.scores.items() if not candidate.states)
        return first if self.scores[first] < without - _MARGIN else earlier

    def told(self, best: Candidate) -> dict[str, Any]:
        """What was chosen, its score and errors, and the scores of the best of each kind."""
        trial, _ = self._prepared(None, [()], 0)
        names = ("transform", "season", "lags", "own", "target", "strategy")
        kinds: dict[str, dict[str, float]] = {name: {} for name in ("states", *names)}
        for candidate, value in self.scores.items():
            words = {"states": str(candidate.states > 0)} | {name: _word(getattr(candidate, name)) for name in names}
            for name, word in words.items():
                kinds[name][word] = min(value, kinds[name].get(word, np.inf))
        naive = naive_errors(trial, self.folds, self.choices.horizon)
        known = np.isfinite(naive)
        return {
            "target": best.target,
            "lags": best.lags,
            "own_lags": best.own,
            "states": best.states > 0,
            "weight_of_states": best.states,
            "strategy": best.strategy,
            "horizon": self.choices.horizon,
            "season": list(best.season) or None,
            "transform": best.transform,
            "penalty": best.penalty,
            "score": self.scores[best],
            "error": float(self.errors[best][known].mean()),
            "error_of_last_value": float(naive[known].mean()),
            "scores": kinds,
        }

    def too_short(self) -> ValueError:
        """That no candidate could learn before every fold."""
        shortest, owner = min(map(len, self.members)), type(self.model).__name__
        return ValueError(
            f"X has a series of {shortest} sample(s), in which {owner} cannot choose by rolling origins (washout="
            f"{self.head}, lags={self.choices.lags}, horizon={self.choices.horizon}). Give at least 8 rows, more "
            "where washout or lags are given, or all of target, lags, strategy, season and transform, and a readout."
            f"{self.sequences.hint(self.sequences.rows.shape[1] >= 8)}"
        )

    def _judge(self, trial: Trial, layout: Layout, driven: Driven | None, groups: list[Candidate]) -> None:
        c = self.choices
        tried = errors_of(trial, layout, driven, self.folds, groups, c.horizon, c.strategies, c.targets, self.slow)
        for candidate, errors in tried:
            value = score(errors, self.evenly)
            if np.isfinite(value):
                self.errors[candidate], self.scores[candidate] = errors, value

    def _judge_again(self, groups: list[Candidate]) -> None:
        """Try groups that see the same earlier rows, from the first row on that has them before it."""
        if groups:
            trial, layout = self._prepared(groups[0].transform, [groups[0].season], groups[0].lags)
            self._judge(trial, layout, None, groups)

    def _prepared(self, transform: str | None, seasons: list[Periods], lags: int) -> tuple[Trial, Layout]:
        """The series as candidates of a transform hear them, with the phases of these seasons."""
        owner, channels, sequences = type(self.model).__name__, self.hearing.feedback.channels, self.sequences
        asked = {"transform": transform, "scaling": self.model.scaling}
        units = SeriesUnits.learned(owner, sequences, channels, names_of(self.model), **asked)
        rows, phases = [units.heard(sequences.rows)], {}
        for season in filter(None, seasons):
            made = read_season(owner, "calendar" if season == ("calendar",) else list(season), self.X, sequences)
            columns = [] if made is None else made.of_series(owner, self.X, sequences)[0]
            first = sum(part.shape[1] for part in rows[1:])
            rows.append(np.concatenate(columns))
            phases[season] = first, first + rows[-1].shape[1]
        members = self._pieces(replace(sequences, rows=np.hstack(rows)))
        whole, n_features = Sequences.of_members(members), sequences.rows.shape[1]
        seasonal = np.arange(n_features, whole.rows.shape[1])
        heard = self.hearing._replace(drivers=np.concatenate([self.hearing.drivers, seasonal])).of(whole).members()
        levels = [member[:, channels] for member in members]
        truth = [member[:, channels] for member in self.members]
        trial = Trial(heard, levels, truth, units.of(channels), *_spans(levels, truth), self.head)
        return trial, self._layout(whole.rows[:, :n_features], lags, phases)

    def _layout(self, rows: np.ndarray, lags: int, phases: dict[Periods, tuple[int, int]]) -> Layout:
        return layout_of(self.hearing, rows, lags, phases, (self.ahead, self.choices.horizon if len(self.ahead) else 1))

    def _driven(self, trial: Trial, layout: Layout) -> Driven:
        """The reservoir of the model, which has heard the series."""
        model, n = self.model, layout.n_features
        inputs = Sequences.of_members([np.nan_to_num(rows[:, :n]) for rows in trial.heard])
        reservoir = clone(model.reservoir)
        reservoir.fit([rows[:-1] if self.hearing.looks_ahead else rows for rows in inputs.members()])
        blocks: list[list[np.ndarray]] = [[] for _ in trial.heard]
        for of_run in run_in_blocks(reservoir, inputs, first_trial=0):
            for block in of_run:
                blocks[block.sequence].append(np.asarray(block.states, dtype=np.float64))
        states = [np.concatenate(parts) for parts in blocks]
        if model.squared_states:
            states = [np.hstack([rows, rows**2]) for rows in states]
        still, squared = without_noise(reservoir), bool(model.squared_states)
        lessons = Lessons(True, squared, layout.lags, False, 1, np.zeros(0, dtype=np.int64), layout.n_phases)
        return Driven(still, states, self._befores(still, inputs), lessons, self.hearing.feedback)

    def _befores(self, reservoir: Any, inputs: Sequences) -> dict[tuple[int, int], Any]:
        """The state before the last known row of every origin."""
        found: dict[tuple[int, int], Any] = {}
        for series, heard in enumerate(inputs.members()):
            known = np.unique([row for fold in self.folds for one, row in fold.origins if one == series])
            if known.size:
                states = states_before(reservoir, heard, known - 1)
                found |= {(series, int(row)): state for row, state in zip(known, states, strict=True)}
        return found


def layout_of(
    hearing: Any, rows: np.ndarray, lags: int, phases: dict[Periods, tuple[int, int]], ahead: tuple[np.ndarray, int]
) -> Layout:
    """The columns of rows (n_rows, n_features) in units of the model, before there are states."""
    channels, size = hearing.feedback
    scales = ChannelMoments.of_rows(rows).deviations
    scales[channels] *= size
    return Layout(0, scales, channels, size, lags, phases, *ahead)


def taught(model: Any, choice: Choice, rows: np.ndarray, blocks: Iterable[TrainingRows]) -> ChosenReadout:
    """The chosen readout of a model, which learns from blocks of rows of all that it sees.

    The rows (n_rows, n_features) are all that it learns from, in its units.
    """
    candidate, lessons, sums = choice.candidate, model._lessons, Sums()
    phases = {candidate.season: (0, lessons.unheard)} if candidate.season else {}
    ahead = lessons.ahead, lessons.horizon if len(lessons.ahead) else 1
    layout = layout_of(model._hearing, rows, lessons.lags, phases, ahead)
    n_beside = layout.n_columns + lessons.unheard * lessons.lags
    for block in blocks:
        layout = layout._replace(n_states=block.features.shape[1] - n_beside)
        sums.add(np.asarray(block.features[:, layout.places()], dtype=np.float64), block.targets)
    found = solved(layout, sums.moments(), candidate, np.array([candidate.penalty]), [candidate.target])
    coef, intercept = found[candidate.target]
    return as_seen(layout, coef[0], intercept[0], layout.n_states + n_beside, candidate.penalty)


def _spans(levels: list[np.ndarray], truth: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """What forecasts are kept in, (n_outputs, 2), a range beyond that of the rows; and deviations of the truth."""
    rows = np.concatenate(levels)
    low, high = rows.min(axis=0), rows.max(axis=0)
    width = np.where(high > low, high - low, 1.0)
    return np.column_stack([low - width, high + width]), ChannelMoments.of_rows(np.concatenate(truth)).deviations


def _word(value: Any) -> str:
    return ", ".join(map(str, value)) or "None" if isinstance(value, tuple) else str(value)


def _warn_of_lost(owner: str, told: dict[str, Any]) -> None:
    """Warn where what was chosen loses to the last value."""
    error, naive = told["error"], told["error_of_last_value"]
    if error > _LOST * naive:
        warnings.warn(
            f"{owner} loses to the last value at rolling origins inside the training rows: up to {told['horizon']} "
            f"rows ahead its mean error is {error:.3g} deviations, that of the last value {naive:.3g}. The series may "
            "be a random walk, or too short.",
            BaselineWarning,
            stacklevel=5,
        )
