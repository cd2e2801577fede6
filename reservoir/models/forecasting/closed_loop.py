"""Systems and readouts with the loop closed: answers come back as inputs.

`free_run` makes a function that runs fitted parts on their own answers, `learn_in_loop` trains a readout while its
answers come back. Both take one compiled kernel where they can, and go step by step for any other system or readout.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from reservoir.compilation import REASSOCIATE, kernel
from reservoir.models.forecasting.lessons import Lessons
from reservoir.neurons.rate import loops
from reservoir.neurons.rate.loops import Feedback, Levels, RateWeights, collect, feed_back, hear
from reservoir.neurons.rate.past import keep, past_of, respond
from reservoir.neurons.rate.unit import compiled_for
from reservoir.neurons.vectors import STRIPE
from reservoir.parts import System
from reservoir.readouts import recursive_least_squares
from reservoir.readouts.linear import is_linear, learns_by_least_squares
from reservoir.readouts.recursive_least_squares import measure, multiply, sweep
from reservoir.systems.ensembles import joined, joined_states
from reservoir.systems.rate_runs import close_loop, noise_of, rows_at_once, weights_of
from reservoir.trials import run_trial


class Member(NamedTuple):
    """A fitted system and its readout."""

    reservoir: Any
    readout: Any


class Course(NamedTuple):
    """Where a loop begins, and what is known of its way."""

    states: tuple[Any, ...]  # of every member, before the first step
    heard: np.ndarray  # (1 + lags, n_features), the first input and those before it
    known: np.ndarray  # (n_steps, n_features), the input after each step, NaN where the answer comes back
    levels: Levels  # the last row, and what is known of those to come
    bounds: np.ndarray  # (n_steps, n_outputs, 2), or (1, n_outputs, 2) for all steps, of the answers


def free_run(members: list[Member], lessons: Lessons, feedback: Feedback) -> Callable[[Course], np.ndarray]:
    """A function that runs the members on their own answers (n_steps, n_outputs), whose mean comes back to all.

    Answers beyond the bounds of a course are set to them.
    """
    systems = [system for system, _ in members]
    parts = _weights(systems)
    if not parts or not all(is_linear(readout) for _, readout in members):
        return lambda course: _plain_run(members, lessons, feedback, course)
    weights = parts[0] if len(parts) == 1 else joined(systems)
    if lessons.unheard:
        silent = np.zeros((lessons.unheard, weights.input_columns.shape[1]), weights.input_columns.dtype)
        weights = weights._replace(input_columns=np.concatenate([weights.input_columns, silent]))
    coef, intercept = _joint_readout(members, lessons.squared_states)

    def run(course: Course) -> np.ndarray:
        states, heard, known, levels, bounds = course
        first = lessons.for_reservoir(heard[0])
        starts = [_rest(one, first) if x is None else x for one, x in zip(parts, states, strict=True)]
        state = starts[0] if len(starts) == 1 else joined_states(starts, parts)
        options: Any = {"squares": lessons.squared_states, "known": known, "bounds": bounds, **feedback._asdict()}
        options |= {"past": heard[1:] if lessons.lags else None, "levels": levels if lessons.increments else None}
        return close_loop(weights, coef, intercept, state, heard[0], len(known), **options)[0]

    return run


def _runs_compiled(system: System) -> bool:
    return getattr(system, "runs_compiled", False)


def _weights(systems: list[Any]) -> list[Any]:
    """What the compiled loop takes of each system; nothing where it cannot run them."""
    if all(map(_runs_compiled, systems)):
        return [weights_of(system) for system in systems]
    own = getattr(systems[0], "loop_weights", None)
    return [own] if own is not None and len(systems) == 1 else []


def _rest(weights: Any, row: np.ndarray) -> np.ndarray:
    """The state of a system that the compiled loop runs before the first row of a series."""
    if isinstance(weights, RateWeights):
        return np.zeros(weights.state_size)
    found: np.ndarray = weights.rest(row)
    return found


def _joint_readout(members: list[Member], squared_states: bool) -> tuple[np.ndarray, np.ndarray]:
    """coef and intercept of the mean answer on [x of all, x^2 of all, u], as `close_loop` takes them."""
    n_members = len(members)
    coefs = np.array([readout.coef_ for _, readout in members])
    coefs = coefs.reshape(n_members, -1, coefs.shape[-1])
    intercepts = np.array([readout.intercept_ for _, readout in members], np.float64).reshape(n_members, -1)
    if n_members == 1:
        return coefs[0], intercepts[0]
    n_units, squares = len(members[0].reservoir.bias_), 1 + squared_states
    of_units, of_inputs = np.split(coefs, [n_units * squares], axis=2)
    side_by_side = of_units.reshape(n_members, -1, squares, n_units).transpose(1, 2, 0, 3) / n_members
    means = np.add.reduce(np.ascontiguousarray(of_inputs), axis=0) / n_members
    mean_intercepts = np.add.reduce(intercepts, axis=0) / n_members
    return np.concatenate([side_by_side.reshape(len(means), -1), means], axis=1), mean_intercepts


def _plain_run(members: list[Member], lessons: Lessons, feedback: Feedback, course: Course) -> np.ndarray:
    """The same for any system and readout, a step at a time; it ends at the first answer beyond every bound."""
    states, heard, level = list(course.states), course.heard, course.levels.present
    outputs = np.full((len(course.known), len(feedback.channels)), np.nan)
    for t, known in enumerate(course.known):
        beside, answers = _beside(lessons, heard), []
        for index, (system, readout) in enumerate(members):
            rows, states[index] = step_system(system, lessons.for_reservoir(heard[0]), states[index])
            answers.append(np.asarray(readout.predict(lessons.features(rows, beside)), dtype=np.float64).reshape(-1))
        output = np.mean(answers, axis=0) + level if lessons.increments else np.mean(answers, axis=0)
        outputs[t] = np.clip(output, *course.bounds[min(t, len(course.bounds) - 1)].T)
        level = np.where(np.isnan(course.levels.known[t]), outputs[t], course.levels.known[t])
        heard = _later(heard, next_input(outputs[t], feedback, known))
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


def _later(heard: np.ndarray, row: np.ndarray) -> np.ndarray:
    """What was heard (1 + lags, n_features), the newest first, with one more row."""
    return np.concatenate([row[None], heard[:-1]])


def _beside(lessons: Lessons, heard: np.ndarray) -> np.ndarray:
    """What is seen beside the states (1, n_columns) of what was heard, the newest first."""
    return heard[lessons.first :].reshape(1, -1)


def learn_in_loop(
    member: Member, lessons: Lessons, feedback: Feedback, head: int, rows: np.ndarray, truth: np.ndarray, trial: int
) -> None:
    """Train the readout on one series, as this trial of the system, while its answers come back.

    The inputs are rows (T, n_features), and what they are of is the truth (T, n_outputs). The first `head` steps hear
    the true rows and are not learnt from; then the answers take the place of the channels of the `feedback`. Increments
    are learnt from what came back to the truth.
    """
    known, targets = rows[1:].copy(), truth[1:]
    known[head:, feedback.channels] = np.nan
    system, readout = member
    heard, level = np.repeat(rows[:1], 1 + lessons.lags, axis=0), truth[0] if lessons.increments else np.zeros(0)
    if _runs_compiled(system) and learns_by_least_squares(readout):
        _compiled_learning(member, lessons, feedback, head, known, targets, (heard, level), trial)
        return
    state = None
    for t, target in enumerate(targets):
        states, state = run_trial(system, heard[:1], state, None if t else trial)
        seen = lessons.features(states, _beside(lessons, heard))[0]
        output = target
        if t >= head:
            output = level + readout.step(seen, target - level) if level.size else readout.step(seen, target)
        heard, level = _later(heard, next_input(output, feedback, known[t])), output if level.size else level


def _compiled_learning(
    member: Member,
    lessons: Lessons,
    feedback: Feedback,
    head: int,
    known: np.ndarray,
    targets: np.ndarray,
    start: tuple[np.ndarray, np.ndarray],
    trial: int,
) -> None:
    """The same in one loop, for the compiled equation and recursive least squares."""
    system, readout = member
    weights, (heard, level) = weights_of(system), start
    n_units, dtype = weights.bias.size, weights.bias.dtype
    n_features = lessons.features(np.zeros((1, n_units)), _beside(lessons, heard)).shape[1]
    readout.begin(n_features, targets.shape[1])
    learned = readout.learning()
    state, seen = np.zeros(weights.state_size, dtype), np.ones(learned.weights.shape[1])
    moment = Moment(state, heard.ravel().astype(dtype), level.astype(float), seen, np.zeros(targets.shape[1]))
    loop, chunk = compiled_for(_learn, weights.cells), rows_at_once(weights, 2 * seen.size**2)
    view = n_units * lessons.squared_states, heard.shape[1] * lessons.first, n_features
    for first in range(0, len(targets), chunk):
        steps = slice(first, first + chunk)
        noise = noise_of(system, trial, first, len(targets[steps]))
        loop(weights, learned, view, feedback, max(0, head - first), noise, known[steps], targets[steps], moment)
    readout.publish()


class Moment(NamedTuple):
    """What a loop that learns carries from one step to the next."""

    state: np.ndarray
    heard: np.ndarray  # the next input, (n_features,) numbers, and those before it
    level: np.ndarray  # (n_outputs,), what increments are added to; (0,) where the answers are values
    seen: np.ndarray  # (n_inputs,), features, and 1 with an intercept
    output: np.ndarray  # (n_outputs,)


@kernel(*loops.FILES, recursive_least_squares.__file__, fastmath=REASSOCIATE)
def _learn(weights, learned, view, feedback, n_unlearned, noise, known, targets, moment):
    """All steps, which move `moment` and `learned` on.

    `view` is how many states are squared, how many numbers of what is heard are not seen, and how many features are.

    `noise` is (n_steps, n_units), or (0, n_units) for none. As in recursive least squares alone, the sweep of a step
    finishes the step before.
    """
    state, level, seen, output = moment.state, moment.level, moment.seen, moment.output
    columns, scales, answers, heard, n_heard, forgetting = learned
    (n_squared, n_unseen, n_features), n_units = view, weights.bias.size
    row, shown = moment.heard[: known.shape[1]], moment.heard[n_unseen:]
    n_inputs, n_steps = seen.size, targets.shape[0]
    scratch, new = np.empty(2 * n_units + STRIPE, state.dtype), np.empty(n_units, state.dtype)
    products_, gain = np.zeros(n_inputs), np.zeros(n_inputs)
    values, changes, shares = np.zeros(n_inputs), np.zeros(n_inputs), np.zeros(output.size)
    x, past = state[:n_units], past_of(weights.delays, state, n_steps)
    for t in range(n_steps + 1):
        if t < n_steps:
            if len(noise):
                for i in range(n_units):
                    new[i] = noise[t, i]
            hear(weights.input_columns, weights.bias, row, len(noise) > 0, new)
            respond(weights.delays, weights.matrix, weights.cells, past, state, x, scratch, new)
            collect(new, n_squared, shown, seen[:n_features])
        sweep(columns, values, changes, gain, seen, products_)
        for k in range(output.size):
            weight = answers[k]
            for i in range(n_inputs):
                weight[i] += shares[k] * gain[i]
        if t < n_steps:
            multiply(answers, seen, output)
            for k in range(level.size):
                output[k] += level[k]
            if t >= n_unlearned:
                total = measure(scales, heard, n_heard, forgetting, seen, products_, values, changes)
                for k in range(output.size):
                    shares[k] = (targets[t, k] - output[k]) / total
            for k in range(level.size):
                level[k] = output[k] if np.isnan(known[t, feedback.channels[k]]) else targets[t, k]
            feed_back(output, feedback, known[t], moment.heard)
    keep(weights.delays, past, state)
