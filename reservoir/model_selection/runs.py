"""Runs from rest that serve all folds: a training part that begins as a longer one is a prefix of its run."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from reservoir.model_selection.lessons import CannotShareError, Lesson
from reservoir.sequences import Sequences


class Member(NamedTuple):
    """The first rows of a run, which are one sequence of a fold."""

    run: int
    length: int


class Runs(NamedTuple):
    """Rows (n_rows, n_features) of every run, and for every part of a fold its sequences."""

    rows: list[np.ndarray]
    members: list[list[Member]]


def runs_of(everything: Sequences, parts: list[np.ndarray], shared: bool) -> Runs:
    """The runs for parts of folds, given as indices. With `shared` a prefix has no run of its own."""
    if everything.kind != "series":
        if any(len(set(part.tolist())) < len(part) for part in parts):
            raise CannotShareError
        lengths = everything.lengths
        return Runs(everything.members(), [[Member(int(i), int(lengths[i])) for i in part] for part in parts])
    longest: list[np.ndarray] = []
    members: list = [None] * len(parts)
    for place in sorted(range(len(parts)), key=lambda place: -len(parts[place])):
        part = parts[place]
        known = (run for run, other in enumerate(longest) if shared and np.array_equal(other[: len(part)], part))
        run = next(known, len(longest))
        if run == len(longest):
            longest.append(part)
        members[place] = [Member(run, len(part))]
    return Runs([everything.rows[part] for part in longest], members)


class Piece(NamedTuple):
    """Rows of a run that some folds learn from."""

    start: int
    stop: int
    folds: tuple[int, ...]
    targets: np.ndarray  # (n_rows,) or (n_rows, n_outputs)


def pieces_of(lessons: list[Lesson], members: list[list[Member]], washout: int) -> dict[int, list[Piece]]:
    """For every run the pieces whose rows the same folds learn from, with the same targets, without the washout.

    Folds of a classifier that see other classes have other targets.
    """
    users: dict[tuple, list[tuple[int, int, np.ndarray]]] = {}
    for number, (lesson, parts) in enumerate(zip(lessons, members, strict=True)):
        classes = tuple(np.asarray(lesson.fitted.get("classes_", ())).tolist())
        for member, targets in zip(parts, lesson.train.split(lesson.targets), strict=True):
            users.setdefault((member.run, classes), []).append((member.length, number, targets))
    found: dict[int, list[Piece]] = {}
    for (run, _), entries in users.items():
        longest, start = max(entries, key=lambda entry: entry[0])[2], washout
        for stop in sorted({length for length, _, _ in entries}):
            folds = tuple(number for length, number, _ in entries if length >= stop)
            found.setdefault(run, []).append(Piece(start, stop, folds, longest[start:stop]))
            start = stop
    return found
