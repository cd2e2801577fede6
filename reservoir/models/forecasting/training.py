"""How the readout of a forecaster is taught the next row: with true rows as inputs, or with its answers."""

from __future__ import annotations

from typing import Any

import numpy as np

from reservoir.models.base import TrainingRows, fit_readout
from reservoir.models.forecasting.closed_loop import Member, learn_in_loop
from reservoir.models.forecasting.divergence import JUDGED_ROWS, last_kept, one_step_errors
from reservoir.models.forecasting.starts import after
from reservoir.sequences import Sequences, container_kind
from reservoir.trials import draws_numbers
from reservoir.validation import parameter_error


def learn(model: Any, sequences: Sequences) -> None:
    """Train the readout of a model whose reservoir is fitted, and keep from where its forecasts go on."""
    closed = getattr(model.readout_, "closed_loop_training", False)
    (_learn_closed if closed else _learn_open)(model, sequences, model._hearing.of(sequences))


def _learn_open(model: Any, sequences: Sequences, heard: Sequences) -> None:
    """Train on true rows as inputs."""
    inputs, targets = _lessons(model, sequences.members(), heard.members())
    finals: dict[int, Any] = {}
    judged: list[TrainingRows] = []
    fit_readout(model.readout_, last_kept(model._step_blocks(inputs, targets, finals), judged))
    model.training_errors_ = one_step_errors(model.readout_, judged[0])
    if not draws_numbers(model.reservoir_):
        model._context = sequences.kind, list(finals.values()), [member[-1].copy() for member in heard.members()]
    else:
        model._context = sequences.kind, *after(model.reservoir_, heard)


def _learn_closed(model: Any, sequences: Sequences, heard: Sequences) -> None:
    """Train while the answers come back."""
    member = Member(model.reservoir_, model.readout_)
    for trial, (rows, truth) in enumerate(zip(heard.members(), sequences.members(), strict=True)):
        view, targets = (model._features, model.squared_states), truth[1:, model._feedback.channels]
        learn_in_loop(member, *view, model._feedback, model.washout, rows, targets, trial)
    model._context = sequences.kind, *after(model.reservoir_, heard)
    tail = slice(-model.washout - JUDGED_ROWS - 1, None)
    lessons = _lessons(model, [sequences.members()[-1][tail]], [heard.members()[-1][tail]])
    *_, judged = model._step_blocks(*lessons)
    model.training_errors_ = one_step_errors(model.readout_, judged)


def _lessons(model: Any, members: list[np.ndarray], heard: list[np.ndarray]) -> tuple[Sequences, np.ndarray]:
    """What is heard before every row but the first, and that row."""
    inputs = Sequences.of_members([rows[:-1] for rows in heard])
    return inputs, np.concatenate([rows[1:, model._feedback.channels] for rows in members])


def refuse_second_table(owner: str, X: Any, y: Any) -> None:
    """Refuse tables beside X, as in libraries where fit(y, X) has the drivers in X; a vector is ignored."""
    try:
        kind = container_kind(y, owner)
    except ValueError:
        return
    if y is not X and (kind == "list" or not np.array_equal(np.asarray(y), np.asarray(X))):
        wanted = (
            "None, since all channels stand in X: join the tables, column beside column, and name what is known in "
            "advance in 'exogenous'"
        )
        raise parameter_error(owner, "y", wanted, f"a second {'table' if kind == 'series' else kind}")
