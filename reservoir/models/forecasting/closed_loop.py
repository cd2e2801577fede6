"""Systems and readouts with the loop closed: answers come back as inputs.

`free_run` makes a function that runs fitted parts on their own answers, `learn_in_loop` trains a readout while its
answers come back. Both take one compiled kernel where they can, and go step by step for any other system or readout.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from reservoir.compilation import REASSOCIATE, kernel
from reservoir.neurons.products import add_product
from reservoir.neurons.rate import loops
from reservoir.neurons.rate.loops import Feedback, collect, feed_back, hear
from reservoir.neurons.rate.unit import compiled_for, step
from reservoir.neurons.vectors import STRIPE
from reservoir.parts import System
from reservoir.readouts import recursive_least_squares
from reservoir.readouts.linear import is_linear, learns_by_least_squares
from reservoir.readouts.recursive_least_squares import measure, multiply, sweep
from reservoir.systems.ensembles import joined, joined_states
from reservoir.systems.rate_runs import close_loop, noise_of, rows_at_once, weights_of
from reservoir.trials import run_trial

Features: TypeAlias = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""What a readout sees of states (n_rows, n_units) and rows of the input."""


class Member(NamedTuple):
    """A fitted system and its readout."""

    reservoir: Any
    readout: Any


def free_run(
    members: list[Member], features: Features, squared_states: bool, feedback: Feedback, bounds: np.ndarray
) -> Callable[[Iterable[Any], np.ndarray, np.ndarray], np.ndarray]:
    """A function that runs the members on their own answers, whose mean comes back to all.

    It takes the present state of each member, the first input row, and known (n_steps, n_features), the input after
    each step with NaN where the answer comes back, and gives the answers (n_steps, n_outputs). `features(states, row)`
    is what a readout sees; answers beyond the bounds (n_outputs, 2) are set to them.
    """
    if not all(_runs_compiled(system) and is_linear(readout) for system, readout in members):
        return lambda states, row, known: _plain_run(members, features, feedback, bounds, list(states), row, known)
    systems = [system for system, _ in members]
    weights = weights_of(systems[0]) if len(systems) == 1 else joined(systems)
    coef, intercept = _joint_readout(members, squared_states)
    rest = [np.zeros(weights_of(system).state_size) for system in systems]

    def run(states: Iterable[Any], row: np.ndarray, known: np.ndarray) -> np.ndarray:
        starts = [zero if x is None else x for zero, x in zip(rest, states, strict=True)]
        state = joined_states(starts, weights.n_arrays)
        options: Any = {"squares": squared_states, "known": known, "bounds": bounds, **feedback._asdict()}
        return close_loop(weights, coef, intercept, state, row, len(known), **options)[0]

    return run


def _runs_compiled(system: System) -> bool:
    return getattr(system, "runs_compiled", False)


def _joint_readout(members: list[Member], squared_states: bool) -> tuple[np.ndarray, np.ndarray]:
    """coef and intercept of the mean answer on [x of all, x^2 of all, u], as `close_loop` takes them."""
    if len(members) == 1:
        readout = members[0].readout
        return np.atleast_2d(readout.coef_), np.atleast_1d(np.asarray(readout.intercept_, dtype=np.float64))
    plain, squared, inputs, intercepts = [], [], [], []
    for system, readout in members:
        coef, n_units = np.atleast_2d(readout.coef_), len(system.bias_)
        n_squared = n_units * squared_states
        plain.append(coef[:, :n_units])
        squared.append(coef[:, n_units : n_units + n_squared])
        inputs.append(coef[:, n_units + n_squared :])
        intercepts.append(np.atleast_1d(np.asarray(readout.intercept_, dtype=np.float64)))
    n_members = len(members)
    joint = np.hstack([np.hstack(plain) / n_members, np.hstack(squared) / n_members, np.mean(inputs, axis=0)])
    return joint, np.mean(intercepts, axis=0)


def _plain_run(
    members: list[Member],
    features: Features,
    feedback: Feedback,
    bounds: np.ndarray,
    states: list[Any],
    row: np.ndarray,
    known: np.ndarray,
) -> np.ndarray:
    """The same for any system and readout, a step at a time; it ends at the first answer beyond every bound."""
    outputs = np.full((len(known), len(feedback.channels)), np.nan)
    for t in range(len(known)):
        answers = []
        for index, (system, readout) in enumerate(members):
            rows, states[index] = step_system(system, row, states[index])
            answers.append(np.asarray(readout.predict(features(rows, row[None])), dtype=np.float64).reshape(-1))
        outputs[t] = np.clip(np.mean(answers, axis=0), bounds[:, 0], bounds[:, 1])
        row = next_input(outputs[t], feedback, known[t])
        if not (np.abs(outputs[t]) <= 1e100).all():
            break
    return outputs


def step_system(system: System, row: np.ndarray, state: Any) -> tuple[np.ndarray, Any]:
    """State after one row, as (1, n_units), and what `run` continues from."""
    return system.run(row[None]) if state is None else system.run(row[None], state)


def next_input(output: np.ndarray, feedback: Feedback, known: np.ndarray) -> np.ndarray:
    """The known values, and the answers in those of their channels that are NaN."""
    row = known.copy()
    free = np.isnan(known[feedback.channels])
    row[feedback.channels[free]] = feedback.scaling * output[free]
    return row


def learn_in_loop(
    member: Member,
    features: Features,
    squared_states: bool,
    feedback: Feedback,
    washout: int,
    rows: np.ndarray,
    targets: np.ndarray,
    trial: int,
) -> None:
    """Train the readout on one series, as this trial of the system, while its answers come back.

    The inputs are rows (n_steps + 1, n_features) and the targets (n_steps, n_outputs). The first `washout` steps hear
    the true rows and are not learnt from; then the answers take the place of the channels of the `feedback`.
    """
    known = rows.copy()
    known[washout + 1 :, feedback.channels] = np.nan
    row = rows[0].copy()
    system, readout = member
    if _runs_compiled(system) and learns_by_least_squares(readout):
        n_features = features(np.zeros((1, len(system.bias_))), row[None]).shape[1]
        _compiled_learning(member, squared_states, n_features, feedback, washout, known[1:], targets, row, trial)
        return
    state = None
    for t, target in enumerate(targets):
        states, state = run_trial(system, row[None], state, None if t else trial)
        seen = features(states, row[None])[0]
        output = readout.step(seen, target) if t >= washout else target
        row = next_input(output, feedback, known[t + 1])


def _compiled_learning(
    member: Member,
    squared_states: bool,
    n_features: int,
    feedback: Feedback,
    washout: int,
    known: np.ndarray,
    targets: np.ndarray,
    row: np.ndarray,
    trial: int,
) -> None:
    """The same in one loop, for the compiled equation and recursive least squares."""
    system, readout = member
    weights = weights_of(system)
    n_units, dtype = weights.bias.size, weights.bias.dtype
    readout.begin(n_features, targets.shape[1])
    learned = readout.learning()
    state, seen = np.zeros(weights.state_size, dtype), np.ones(learned.weights.shape[1])
    moment = Moment(state, row.astype(dtype), seen, np.zeros(targets.shape[1]))
    loop, chunk = compiled_for(_learn, weights.cells), rows_at_once(weights, 2 * seen.size**2)
    view = n_units * squared_states, n_features
    for start in range(0, len(targets), chunk):
        steps = slice(start, start + chunk)
        noise = noise_of(system, trial, start, len(targets[steps]))
        loop(weights, learned, view, feedback, max(0, washout - start), noise, known[steps], targets[steps], moment)
    readout.publish()


class Moment(NamedTuple):
    """What a loop that learns carries from one step to the next."""

    state: np.ndarray
    row: np.ndarray  # (n_features,), the next input
    seen: np.ndarray  # (n_inputs,), features, and 1 with an intercept
    output: np.ndarray  # (n_outputs,)


@kernel(*loops.FILES, recursive_least_squares.__file__, fastmath=REASSOCIATE)
def _learn(weights, learned, view, feedback, n_unlearned, noise, known, targets, moment):
    """All steps, which move `moment` and `learned` on; `view` is how many states are squared, and of how many features.

    `noise` is (n_steps, n_units), or (0, n_units) for none. As in recursive least squares alone, the sweep of a step
    finishes the step before.
    """
    state, row, seen, output = moment.state, moment.row, moment.seen, moment.output
    columns, scales, answers, heard, n_heard, forgetting = learned
    (n_squared, n_features), n_units = view, weights.bias.size
    n_inputs, n_steps = seen.size, targets.shape[0]
    scratch, new = np.empty(2 * n_units + STRIPE, state.dtype), np.empty(n_units, state.dtype)
    products_, gain = np.zeros(n_inputs), np.zeros(n_inputs)
    values, changes, shares = np.zeros(n_inputs), np.zeros(n_inputs), np.zeros(output.size)
    for t in range(n_steps + 1):
        if t < n_steps:
            if len(noise):
                new[:] = noise[t]
            hear(weights.input_columns, weights.bias, row, len(noise) > 0, new)
            add_product(weights.matrix, state[:n_units], scratch, new)
            step(weights.cells, state, new, scratch)
            collect(new, n_squared, row, seen[:n_features])
        sweep(columns, values, changes, gain, seen, products_)
        for k in range(output.size):
            weight = answers[k]
            for i in range(n_inputs):
                weight[i] += shares[k] * gain[i]
        if t < n_steps:
            multiply(answers, seen, output)
            if t >= n_unlearned:
                total = measure(scales, heard, n_heard, forgetting, seen, products_, values, changes)
                for k in range(output.size):
                    shares[k] = (targets[t, k] - output[k]) / total
            feed_back(output, feedback, known[t], row)
