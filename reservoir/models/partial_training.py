"""Models that go on learning: each call of `partial_fit` brings new sequences."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any

import numpy as np
from sklearn.base import is_classifier

from reservoir.models.base import TrainingRows, penalties_told, readout_of, teach
from reservoir.models.members import rows_of_members
from reservoir.parts import Labels, SequenceData
from reservoir.readouts.candidates import one_penalty_warning
from reservoir.validation import Parameters, parameter_error


def no_partial_fit(model: Any) -> str:
    """Why a model cannot go on learning; nothing where it can."""
    readout = readout_of(model)
    if hasattr(readout, "accumulate") or hasattr(readout, "partial_fit"):
        return ""
    return (
        f"{type(model).__name__} has no partial_fit with the readout {type(readout).__name__}, which has neither "
        "accumulate nor partial_fit. RidgeReadout and RecursiveLeastSquares go on learning."
    )


def go_on_learning(model: Any, X: SequenceData, y: Any, sample_weight: Any, **options: Any) -> None:
    """Let a model learn from more sequences, each from rest; the first call fits the reservoir and the pooling too."""
    first = not hasattr(model, "readout_")
    depth = None if first else model._target_depth
    sequences, targets = model._read_training_data(X, y, sample_weight, reset=first, **options)
    model._check_weighable(targets)
    pieces = model._pieces(sequences).sequences
    if first:
        model._make_parts(pieces)
        model._n_presented = 0
        blocks = model._first_blocks(sequences, targets)
    elif model._target_depth != depth:
        raise ValueError(f"y of {type(model).__name__} has another depth than before.")
    else:
        blocks = model._training_blocks(sequences, targets, model._n_presented)
    members, presented = model._members(), model._n_presented
    readouts = [copy.deepcopy(member.readout_) for member in members]
    many = sequences.kind != "series"
    _learn_all(readouts, (_numbered(rows, presented, many) for rows in blocks), getattr(model, "classes_", None))
    with penalties_told(model), one_penalty_warning():
        for readout in readouts:
            if hasattr(readout, "accumulate"):
                readout.solve()
    for member, readout in zip(members, readouts, strict=True):
        member.readout_ = readout
    model.readout_, model._n_presented = readouts[0], presented + len(pieces)
    model._tell_members()


def known_classes(model: Any, classes: Labels | None) -> Any:
    """The classes of a classifier that goes on learning: those of the first call, which must be given there."""
    owner = type(model).__name__
    if isinstance(model.class_weight, str):
        wanted = "None or a dictionary for partial_fit, which does not know how often classes will come"
        raise Parameters(model).error("class_weight", wanted)
    if not hasattr(model, "readout_"):
        if classes is None:
            raise parameter_error(owner, "classes", "given in the first call of partial_fit: all labels to come", None)
        return classes
    if classes is not None and not np.array_equal(np.unique(np.asarray(classes)), model.classes_):
        raise parameter_error(owner, "classes", f"None or those of before, {model.classes_.tolist()}", classes)
    return model.classes_


def _numbered(rows: TrainingRows, presented: int, many: bool) -> TrainingRows:
    """Rows with the numbers of their sequences behind those that were presented before."""
    numbers = rows.sequence
    if numbers is None and many:
        numbers = np.zeros(len(rows.features), int)
    return rows._replace(sequence=None if numbers is None else numbers + presented)


def _learn_all(readouts: list[Any], blocks: Iterable[TrainingRows], classes: Any) -> None:
    """Let the readout of each member go on with its rows of all blocks, none of which is held when they solve."""
    for rows in blocks:
        for readout, own in zip(readouts, rows_of_members(rows, len(readouts)), strict=True):
            _learn(readout, own, classes)


def _learn(readout: Any, rows: TrainingRows, classes: Any) -> None:
    """Let a readout go on with a block of rows."""
    if hasattr(readout, "accumulate"):
        teach(readout, rows)
        return
    told = {"classes": classes} if is_classifier(readout) else {}
    weights = {} if rows.weights is None else {"sample_weight": rows.weights}
    readout.partial_fit(rows.features, rows.targets, **told, **weights)
