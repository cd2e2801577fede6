"""What "auto" means for a forecaster: the candidate that does best at rolling origins inside the training rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cached_property
from typing import Any

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
from reservoir.models.forecasting.chosen_parameters import Choice, as_told, chosen_readout
from reservoir.models.forecasting.columns import Layout, Sums, solved
from reservoir.models.forecasting.divergence import warn_of_lost
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

MARGIN = 0.15  # by how much the score with states, and that of seasonal differences, must be better
_PREFERENCE = 0.15  # by how much what goes by differences may be worse
_SMOOTH = 0.003  # deviations that the error of one step is below where what is far ahead tells candidates apart
_FAR = 100  # rows ahead that are tried then


def choose(model: Any, X: Any, sequences: Sequences) -> Choice:
    """The best candidate of a model, whose reservoir is given, for the series X of `fit`, read as `sequences`."""
    search = Search(model, X, sequences)
    best = search.chosen()
    told = search.told(best)
    warn_of_lost(type(model).__name__, told["horizon"], told["error"], told["error_of_last_value"], chosen=True)
    return Choice(best, search.choices.horizon, told)


class Search:
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

    def chosen(self) -> Candidate:
        """The best of all that are tried."""
        for transform in self.choices.transforms:
            self.try_without_states(transform)
        if not self.scores:
            raise self.too_short()
        if self.is_smooth():
            self.look_far()
        earlier = self.best_without_states(*self.transforms())
        for transform in self.transforms():
            self.try_with_states(self.best_without_states(transform))
        return self.beside_last_value(self.best(earlier))

    def try_without_states(self, transform: str | None) -> None:
        """Candidates that see earlier rows alone."""
        seasons = self.choices.seasons
        trial, layout = self.prepared(transform, seasons, max(self.choices.lags))
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
        if self.scores[repeating] < self.scores[best] - MARGIN:
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
        trial, layout = self.prepared(earlier.transform, seasons, earlier.lags)
        driven, layout = self.driven(self.model.reservoir, trial, layout)
        lags_given = len(self.choices.lags) == 1
        groups = [group for season in seasons for group in self.choices.with_states(earlier, season, lags_given)]
        self._judge(trial, layout, driven, list(dict.fromkeys(groups)))

    def best(self, earlier: Candidate) -> Candidate:
        """Of all the best; states must be worth their while beside all that do without them."""
        seeing = [candidate for candidate in self.scores if candidate.states]
        first = min(seeing, key=self.scores.__getitem__, default=earlier)
        without = min(value for candidate, value in self.scores.items() if not candidate.states)
        return first if self.scores[first] < without - MARGIN else earlier

    def beside_last_value(self, best: Candidate) -> Candidate:
        """The best, or the last value itself where that does better."""
        last = self.choices.last_value()
        if last is None:
            return best
        self.errors[last] = self.errors_of_last_value
        self.scores[last] = score(self.errors[last], self.evenly)
        return last if self.scores[last] < self.scores[best] else best

    @cached_property
    def errors_of_last_value(self) -> np.ndarray:
        """Those of the last value (horizon,), once the horizon is settled."""
        trial, _ = self.prepared(None, [()], 0)
        return naive_errors(trial, self.folds, self.choices.horizon)

    def told(self, best: Candidate) -> dict[str, Any]:
        """What was chosen, its score and errors, and the scores of the best of each kind."""
        names = ("transform", "season", "lags", "own", "target", "strategy")
        kinds: dict[str, dict[str, float]] = {name: {} for name in ("states", *names)}
        for candidate, value in self.scores.items():
            words = {"states": str(candidate.states > 0)} | {name: _word(getattr(candidate, name)) for name in names}
            for name, word in words.items():
                kinds[name][word] = min(value, kinds[name].get(word, np.inf))
        naive = self.errors_of_last_value
        known = np.isfinite(naive)
        return as_told(best, self.choices.horizon) | {
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
        for candidate, errors, value in self.judged(self.choices, trial, layout, driven, groups):
            self.errors[candidate], self.scores[candidate] = errors, value

    def judged(
        self, choices: Choices, trial: Trial, layout: Layout, driven: Driven | None, groups: list[Candidate]
    ) -> Iterator[tuple[Candidate, np.ndarray, float]]:
        """All candidates of the groups that forecast, their errors (horizon,) and scores."""
        told = choices.horizon, choices.strategies, choices.targets, self.slow
        for candidate, errors in errors_of(trial, layout, driven, self.folds, groups, *told):
            value = score(errors, self.evenly)
            if np.isfinite(value):
                yield candidate, errors, value

    def _judge_again(self, groups: list[Candidate]) -> None:
        """Try groups that see the same earlier rows, from the first row on that has them before it."""
        if groups:
            trial, layout = self.prepared(groups[0].transform, [groups[0].season], groups[0].lags)
            self._judge(trial, layout, None, groups)

    def prepared(self, transform: str | None, seasons: list[Periods], lags: int) -> tuple[Trial, Layout]:
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

    def driven(self, reservoir: Any, trial: Trial, layout: Layout) -> tuple[Driven, Layout]:
        """A copy of a reservoir that has heard the series, and the layout with its states."""
        model, n = self.model, layout.n_features
        inputs = Sequences.of_members([np.nan_to_num(rows[:, :n]) for rows in trial.heard])
        reservoir = clone(reservoir)
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
        driven = Driven(still, states, self._befores(still, inputs), lessons, self.hearing.feedback)
        return driven, layout._replace(n_states=states[0].shape[1])

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
    return as_seen(layout, coef[0], intercept[0], layout.n_states + n_beside, chosen_readout(candidate))


def _spans(levels: list[np.ndarray], truth: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """What forecasts are kept in, (n_outputs, 2), a range beyond that of the rows; and deviations of the truth."""
    rows = np.concatenate(levels)
    low, high = rows.min(axis=0), rows.max(axis=0)
    width = np.where(high > low, high - low, 1.0)
    return np.column_stack([low - width, high + width]), ChannelMoments.of_rows(np.concatenate(truth)).deviations


def _word(value: Any) -> str:
    return ", ".join(map(str, value)) or "None" if isinstance(value, tuple) else str(value)
