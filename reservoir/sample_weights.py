"""How much a row, or a sequence, counts in what is learnt and scored; what weighs nothing is left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.utils.class_weight import compute_class_weight

from reservoir.parts import Numbers
from reservoir.sequences import Sequences, n_dimensions
from reservoir.validation import parameter_error, real_array


def read_sample_weight(
    owner: str, sample_weight: float | Numbers | None, sequences: Sequences, per_step: bool
) -> np.ndarray | None:
    """Weights (n_rows,), or (n_sequences,) where targets are one per sequence; None where all weigh alike.

    One number for every sequence is that of all its rows.
    """
    if sample_weight is None:
        return None
    n_samples = len(sequences.rows) if per_step else len(sequences)
    if n_dimensions(sample_weight) == 0 and not isinstance(sample_weight, list | tuple):
        return _weights(owner, sample_weight, sample_weight, n_samples)
    if sequences.kind == "series" or not per_step:
        return _weights(owner, sample_weight, sample_weight, n_samples)
    members = list(sample_weight)  # type: ignore[arg-type]
    if len(members) != len(sequences) or {n_dimensions(one) for one in members} == {0}:
        return np.repeat(_weights(owner, sample_weight, sample_weight, len(sequences)), sequences.lengths)
    lengths = zip(members, sequences.lengths, strict=True)
    return np.concatenate([_weights(owner, sample_weight, one, int(length)) for one, length in lengths])


def training_weights(owner: str, known: np.ndarray, weights: np.ndarray | None, late: np.ndarray) -> np.ndarray | None:
    """The weights (n,) of what is learnt, 0 where there is no target; None where all count alike.

    `known` says where there is one, and `late` which of them come after the washout. At least one must count.
    """
    if weights is None and known.all():
        return None
    found = np.where(known, 1.0 if weights is None else weights, 0.0)
    if not (found[late] > 0).any():
        aside = "" if late.all() else " after the washout"
        raise ValueError(f"{owner} has nothing to learn from: all targets{aside} are missing or have a weight of zero.")
    return None if (found == 1).all() else found


def after_washout(sequences: Sequences, washout: int | None) -> np.ndarray:
    """Which samples are learnt from and scored: rows after the washout, or with None all sequences."""
    if washout is None:
        return np.ones(len(sequences), dtype=bool)
    positions = np.arange(len(sequences.rows)) - np.repeat(sequences.offsets[:-1], sequences.lengths)
    return positions >= washout


def class_weights(owner: str, class_weight: Any, classes: np.ndarray, labels: np.ndarray) -> np.ndarray | None:
    """The weight (n_classes,) of every class; None where all weigh alike.

    "balanced" is n_labels / (n_classes * n_labels_of_the_class) over these labels.
    """
    if class_weight is None:
        return None
    wanted = "None, 'balanced' or a dict with a finite weight >= 0 for classes of y"
    if isinstance(class_weight, str) and class_weight == "balanced":
        seen = np.unique(labels)
        by_class = np.ones(len(classes))
        by_class[np.isin(classes, seen)] = compute_class_weight("balanced", classes=seen, y=labels)
    elif isinstance(class_weight, Mapping):
        given = real_array(list(class_weight.values()))
        places = {label: place for place, label in enumerate(classes.tolist())}
        good = given is not None and given.ndim == 1 and bool((np.isfinite(given) & (given >= 0)).all())
        if not good or given is None or not set(class_weight) <= set(places):
            raise parameter_error(owner, "class_weight", f"{wanted}, which are {classes.tolist()}", class_weight)
        by_class = np.ones(len(classes))
        by_class[[places[label] for label in class_weight]] = given
    else:
        raise parameter_error(owner, "class_weight", wanted, class_weight)
    return by_class


def _weights(owner: str, sample_weight: Any, values: Any, n_samples: int) -> np.ndarray:
    """Finite weights (n_samples,) >= 0, from as many or from one number."""
    found = real_array(values)
    if found is not None and found.ndim == 0:
        found = np.full(n_samples, found)
    if found is None or found.shape != (n_samples,) or not (np.isfinite(found) & (found >= 0)).all():
        wanted = (
            f"None, a finite number >= 0, or such numbers, one for every target ({n_samples} here) or one for every "
            "sequence"
        )
        raise parameter_error(owner, "sample_weight", wanted, sample_weight)
    return found
