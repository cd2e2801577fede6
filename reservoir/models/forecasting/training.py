"""How the readout of a forecaster is taught the next row: with true rows as inputs, or with its answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from reservoir.models.base import TrainingRows, fit_readout
from reservoir.models.forecasting.choice import taught
from reservoir.models.forecasting.chosen_parameters import Choice
from reservoir.models.forecasting.closed_loop import Member, learn_in_loop
from reservoir.models.forecasting.divergence import JUDGED_ROWS, last_kept, one_step_residuals
from reservoir.models.forecasting.lessons import head_of
from reservoir.models.forecasting.starts import before_last, ends_of
from reservoir.parts import without_noise
from reservoir.sequences import Sequences, container_kind
from reservoir.trials import draws_numbers
from reservoir.validation import Parameters, parameter_error


def learn(
    model: Any, sequences: Sequences, choice: Choice | None = None, missing: list[np.ndarray] | None = None
) -> None:
    """Train the readout of a model whose reservoir is fitted, and keep from where its forecasts go on.

    Rows that are `missing` (n_rows,) of each series are heard, and not learnt.
    """
    closed = getattr(model.readout_, "closed_loop_training", False)
    if closed and missing is not None:
        raise Parameters(model).error("gaps", "'refuse' or 'split' for a readout that learns with the loop closed")
    if closed and model._lessons.horizon > 1:
        raise Parameters(model).error("strategy", '"recursive" for a readout that learns with the loop closed')
    if closed:
        _learn_closed(model, sequences, model._hearing.of(sequences))
    else:
        _learn_open(model, sequences, model._hearing.of(sequences), choice, missing)


def _learn_open(
    model: Any, sequences: Sequences, heard: Sequences, choice: Choice | None, missing: list[np.ndarray] | None
) -> None:
    """Train on true rows as inputs."""
    finals: dict[int, Any] = {}
    judged: list[TrainingRows] = []
    kept = None if missing is None else _kept(model, missing)
    blocks = _blocks(model, sequences.members(), heard.members(), finals)
    blocks = last_kept(blocks if kept is None else _chosen(blocks, kept), judged)
    if choice is None:
        fit_readout(
            model.readout_, blocks, ahead=len(sequences) == 1 and getattr(model.reservoir_, "any_thread", False)
        )
    else:
        model.readout_ = taught(model, choice, sequences.rows[:, : model.n_features_in_], blocks)
    model.training_errors_ = _errors(model, judged[0], sequences.members(), kept)
    alike = len(sequences) == 1 and without_noise(model.reservoir_) is model.reservoir_  # it has been trial 0
    known = alike or not draws_numbers(model.reservoir_)
    states = list(finals.values()) if known else before_last(model.reservoir_, model._lessons.inputs(heard))
    model._context = sequences.kind, states, *ends_of(model, sequences, heard)


def _learn_closed(model: Any, sequences: Sequences, heard: Sequences) -> None:
    """Train while the answers come back."""
    member, head = Member(model.reservoir_, model.readout_), _head(model)
    for trial, (rows, truth) in enumerate(zip(heard.members(), sequences.members(), strict=True)):
        of_loop = model._lessons, model._feedback, head
        learn_in_loop(member, *of_loop, rows, truth[:, model._feedback.channels], trial)
    model._context = sequences.kind, before_last(model.reservoir_, heard), *ends_of(model, sequences, heard)
    tail = slice(-head - JUDGED_ROWS - 1, None)
    *_, judged = _blocks(model, [sequences.members()[-1][tail]], [heard.members()[-1][tail]], {})
    model.training_errors_ = _errors(model, judged, [sequences.members()[-1][tail]])


def _head(model: Any) -> int:
    """Rows at the head of a series that are not learnt from."""
    return head_of(model.washout_, model._lessons.lags, model.reservoir_)


def _blocks(
    model: Any, members: list[np.ndarray], heard: list[np.ndarray], finals: dict[int, Any]
) -> Iterator[TrainingRows]:
    truths = [rows[:, model._feedback.channels] for rows in members]
    return model._lessons.blocks(model.reservoir_, truths, heard, _head(model), finals)


def _kept(model: Any, missing: list[np.ndarray]) -> np.ndarray:
    """Of all rows after which something is learnt, those after which, and for increments before which, all is known."""
    head, increments = _head(model), model._lessons.increments
    gone = [rows[head + 1 :] | (rows[head:-1] & increments) for rows in missing]
    return ~np.concatenate(gone)


def _chosen(blocks: Iterator[TrainingRows], kept: np.ndarray) -> Iterator[TrainingRows]:
    first = 0
    for rows in blocks:
        own = kept[first : first + len(rows.targets)]
        first += len(own)
        if own.any():
            sequence = None if rows.sequence is None else rows.sequence[own]
            yield TrainingRows(rows.features[own], rows.targets[own], sequence)


def _errors(model: Any, judged: TrainingRows, members: list[np.ndarray], kept: np.ndarray | None = None) -> np.ndarray:
    """Root mean square errors (n_outputs,) one step ahead, in units of the user, on the last rows of these members."""
    channels, first = model._feedback.channels, _head(model) + 1
    residuals = one_step_residuals(model.readout_, judged)[:, : len(channels)]
    ends = [len(rows) - model._lessons.horizon + 1 for rows in members]
    truth = np.concatenate([rows[first:end, channels] for rows, end in zip(members, ends, strict=True)])
    truth = truth if kept is None else truth[kept]
    return model.units_.of(channels).errors(residuals, truth[-len(residuals) :])


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
