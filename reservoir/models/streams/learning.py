"""Readouts that learn from one row after another."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from reservoir.models.base import penalties_told


def learns(readout: Any) -> bool:
    """Whether a readout can go on learning."""
    return hasattr(readout, "step") or hasattr(readout, "partial_fit")


def check_learns(owner: str, model: Any) -> None:
    """ValueError where the readout of a model cannot go on learning."""
    readout = model.readout_
    if not learns(readout):
        given = f"{type(readout).__name__}, the readout of {owner},"
        which = f"The readout that {type(model).__name__} chose in `fit`" if model.readout is None else given
        raise ValueError(
            f"{which} does not learn row by row. Give a readout with step or partial_fit, as "
            "readout=RecursiveLeastSquares()."
        )


def learn_row(model: Any, features: np.ndarray, target: Any) -> None:
    """Let the readout of a model go on with the features (n_columns,) of one row, and what is the answer to them."""
    readout = model.readout_
    if hasattr(readout, "step"):
        readout.step(features, target)
    else:
        with penalties_told(model):
            readout.partial_fit(features[None], np.asarray(target)[None])


def with_own_readouts(model: Any) -> Any:
    """The same fitted model, with readouts of its own where they can learn."""
    own = copy.copy(model)
    if hasattr(model, "members_"):
        own.members_ = [with_own_readouts(member) for member in model.members_]
        own.readout_ = own.members_[0].readout_
    elif learns(model.readout_):
        own.readout_ = copy.deepcopy(model.readout_)
    return own
