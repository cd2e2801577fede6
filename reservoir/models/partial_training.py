"""Models that go on learning: each call of `partial_fit` brings new sequences."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
from sklearn.base import is_classifier

from reservoir.models.base import TrainingRows, penalties_told, readout_of, teach
from reservoir.models.members import rows_of_members
from reservoir.models.pooled_rows import learn_poolings
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
    pieces, pooled = model._pieces(sequences).sequences, None
    if first:
        model._make_parts(pieces)
        model._n_presented = 0
        if not model._per_step:
            pooled = learn_poolings(model, sequences, targets.counted)
    elif model._target_depth != depth:
        raise ValueError(f"y of {type(model).__name__} has another depth than before.")
    members, presented = model._members(), model._n_presented
    readouts = [copy.deepcopy(member.readout_) for member in members]
    for rows in model._training_blocks(sequences, targets, presented, pooled):
        if rows.sequence is None and sequences.kind != "series":
            rows = rows._replace(sequence=np.zeros(len(rows.features), int))
        numbers = None if rows.sequence is None else rows.sequence + presented
        own = rows_of_members(rows._replace(sequence=numbers), len(members))
        for readout, rows_seen in zip(readouts, own, strict=True):
            _learn(readout, rows_seen, getattr(model, "classes_", None))
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


def _learn(readout: Any, rows: TrainingRows, classes: Any) -> None:
    """Let a readout go on with a block of rows."""
    if hasattr(readout, "accumulate"):
        teach(readout, rows)
        return
    told = {"classes": classes} if is_classifier(readout) else {}
    weights = {} if rows.weights is None else {"sample_weight": rows.weights}
    readout.partial_fit(rows.features, rows.targets, **told, **weights)
