"""Runs from rest that serve all folds: a training part that begins as a longer one is a prefix of its run."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from reservoir.model_selection.folds import ReadFold
from reservoir.model_selection.sharing import CannotShareError
from reservoir.sequences import Sequences


class Prefix(NamedTuple):
    """The first rows of a run, which are one sequence of a fold."""

    run: int
    length: int


class Presentation(NamedTuple):
    """A sequence as a trial of the system."""

    sequence: int
    trial: int


class SharedRuns(NamedTuple):
    """Rows (n_rows, n_features) and trial of every run, and for every part of a fold its sequences."""

    rows: list[np.ndarray]
    trials: list[int]
    prefixes: list[list[Prefix]]


def presentations(part: np.ndarray, numbered: bool) -> list[Presentation]:
    """The sequences of a part of a fold: number k is trial k where they are `numbered`, otherwise all are trial 0."""
    return [Presentation(index, trial if numbered else 0) for trial, index in enumerate(part.tolist())]


def shared_runs(everything: Sequences, parts: list[np.ndarray], numbered: bool) -> SharedRuns:
    """The runs for parts of folds, given as indices; a prefix of a longer one has no run of its own.

    Where they are `numbered`, as is training with noise, a sequence has one run for each trial that it is.
    """
    if everything.kind != "series":
        return _runs_of_sequences(everything, parts, numbered)
    longest: list[np.ndarray] = []
    prefixes: list[Any] = [None] * len(parts)
    for number in sorted(range(len(parts)), key=lambda number: -len(parts[number])):
        part = parts[number]
        alike = (run for run, other in enumerate(longest) if np.array_equal(other[: len(part)], part))
        run = next(alike, len(longest))
        if run == len(longest):
            longest.append(part)
        prefixes[number] = [Prefix(run, len(part))]
    return SharedRuns([everything.rows[part] for part in longest], [0] * len(longest), prefixes)


def _runs_of_sequences(everything: Sequences, parts: list[np.ndarray], numbered: bool) -> SharedRuns:
    if any(len(set(part.tolist())) < len(part) for part in parts):
        raise CannotShareError
    members, lengths = everything.members(), everything.lengths
    asked = [presentations(part, numbered) for part in parts]
    every = [one for part in asked for one in part] if numbered else presentations(np.arange(len(members)), False)
    runs = {one: run for run, one in enumerate(dict.fromkeys(every))}
    prefixes = [[Prefix(runs[one], int(lengths[one.sequence])) for one in part] for part in asked]
    return SharedRuns([members[one.sequence] for one in runs], [one.trial for one in runs], prefixes)


class TrainingRows(NamedTuple):
    """Rows of a run that some folds learn from."""

    start: int
    stop: int
    folds: tuple[int, ...]
    targets: np.ndarray  # (n_rows,) or (n_rows, n_outputs)


def training_rows(folds: list[ReadFold], prefixes: list[list[Prefix]], washout: int) -> dict[int, list[TrainingRows]]:
    """For every run the stretches whose rows the same folds learn from, with the same targets, without the washout.

    Folds of a classifier that see other classes have other targets.
    """
    users: dict[tuple[Any, ...], list[tuple[int, int, np.ndarray]]] = {}
    for number, (fold, parts) in enumerate(zip(folds, prefixes, strict=True)):
        training = fold.training
        classes = tuple(np.asarray(training.attributes.get("classes_", ())).tolist())
        for prefix, targets in zip(parts, training.sequences.split(training.targets), strict=True):
            users.setdefault((prefix.run, classes), []).append((prefix.length, number, targets))
    found: dict[int, list[TrainingRows]] = {}
    for (run, _), entries in users.items():
        longest, start = max(entries, key=lambda entry: entry[0])[2], washout
        for stop in sorted({length for length, _, _ in entries}):
            learning = tuple(number for length, number, _ in entries if length >= stop)
            found.setdefault(run, []).append(TrainingRows(start, stop, learning, longest[start:stop]))
            start = stop
    return found
