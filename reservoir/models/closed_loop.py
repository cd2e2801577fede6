"""Systems and readouts with the loop closed: answers come back as inputs.

`free_run` makes a function that runs fitted parts on their own answers, `learn_in_loop` trains a readout while its
answers come back. Both take one compiled kernel where they can, and go step by step for any other system or readout.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse

from reservoir.compilation import REASSOCIATE, kernel
from reservoir.neurons import activations, products, vectors
from reservoir.neurons.products import add_product
from reservoir.neurons.rate import leaky
from reservoir.neurons.rate.leaky import collect, feed_back, hear, settle
from reservoir.neurons.vectors import STRIPE
from reservoir.readouts import RecursiveLeastSquares, RidgeReadout, recursive_least_squares
from reservoir.readouts.online import OnlineRegressor
from reservoir.readouts.recursive_least_squares import measure, multiply, sweep
from reservoir.systems import EchoState


class Feedback(NamedTuple):
    """Which channels of the input come back from the answers, and how large."""

    channels: np.ndarray  # (n_outputs,)
    scaling: float


class Member(NamedTuple):
    """A fitted system and its readout."""

    reservoir: Any
    readout: Any


def free_run(members: list[Member], features: Callable, squared_states: bool, feedback: Feedback) -> Callable:
    """A function that runs the members on their own answers, whose mean comes back to all.

    It takes the present state of each member, the first input row, and known (n_steps, n_features), the input after
    each step with NaN where the answer comes back, and gives the answers (n_steps, n_outputs). `features(states, row)`
    is what a readout sees.
    """
    if not all(isinstance(system, EchoState) and _is_linear(readout) for system, readout in members):
        return lambda states, row, known: _plain_run(members, features, feedback, list(states), row, known)
    systems = [system for system, _ in members]
    joint = systems[0] if len(systems) == 1 else side_by_side(systems)
    coef, intercept = _joint_readout(members, squared_states)
    rest = [np.zeros(len(system.bias_)) for system in systems]

    def run(states, row, known):
        state = np.concatenate([zero if x is None else x for zero, x in zip(rest, states, strict=True)])
        options = {"squares": squared_states, "known": known, **feedback._asdict()}
        return joint.close_loop(coef, intercept, state, row, len(known), **options)[0]

    return run


def side_by_side(systems: list[EchoState]) -> EchoState:
    """One reservoir that holds all units of these, which do not hear one another."""
    first = systems[0]
    blocks = [sparse.csr_array(s.W_.toarray() if hasattr(s.W_, "toarray") else s.W_) for s in systems]
    joint = EchoState(
        sum(len(system.bias_) for system in systems),
        topology=sparse.csr_array(sparse.block_diag(blocks, format="csr")),
        spectral_radius=None,
        input_weights=np.concatenate([system.W_in_ for system in systems]),
        bias=np.concatenate([system.bias_ for system in systems]),
        leak=np.concatenate([np.broadcast_to(system.leak, len(system.bias_)) for system in systems]),
        activation=first.activation,
        dtype=first.dtype,
    )
    return joint.fit(np.zeros((1, first.n_features_in_)))


def _is_linear(readout: Any) -> bool:
    return isinstance(readout, RidgeReadout) or (isinstance(readout, OnlineRegressor) and readout.row_wise)


def _joint_readout(members: list[Member], squared_states: bool) -> tuple[np.ndarray, np.ndarray]:
    """coef and intercept of the mean answer on [x of all, x^2 of all, u], as `EchoState.close_loop` takes them."""
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
    members: list[Member], features: Callable, feedback: Feedback, states: list, row: np.ndarray, known: np.ndarray
) -> np.ndarray:
    """The same for any system and readout, a step at a time; it ends at the first answer beyond every bound."""
    outputs = np.full((len(known), len(feedback.channels)), np.nan)
    for t in range(len(known)):
        answers = []
        for index, (system, readout) in enumerate(members):
            rows, states[index] = step_system(system, row, states[index])
            answers.append(np.asarray(readout.predict(features(rows, row[None])), dtype=np.float64).reshape(-1))
        outputs[t] = np.mean(answers, axis=0)
        row = next_input(outputs[t], feedback, known[t])
        if not (np.abs(outputs[t]) <= 1e100).all():
            break
    return outputs


def step_system(system: Any, row: np.ndarray, state: Any) -> tuple[np.ndarray, Any]:
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
    features: Callable,
    squared_states: bool,
    feedback: Feedback,
    washout: int,
    rows: np.ndarray,
    targets: np.ndarray,
) -> None:
    """Train the readout on one series while its answers come back.

    The inputs are rows (n_steps + 1, n_features) and the targets (n_steps, n_outputs). The first `washout` steps hear
    the true rows and are not learnt from; then the answers take the place of the channels of the `feedback`.
    """
    known = rows.copy()
    known[washout + 1 :, feedback.channels] = np.nan
    row = rows[0].copy()
    system, readout = member
    compiled = isinstance(system, EchoState) and isinstance(system.activation, str)
    if compiled and isinstance(readout, RecursiveLeastSquares):
        n_features = features(np.zeros((1, len(system.bias_))), row[None]).shape[1]
        _compiled_learning(member, squared_states, n_features, feedback, washout, known[1:], targets, row)
        return
    state = None
    for t, target in enumerate(targets):
        states, state = step_system(system, row, state)
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
) -> None:
    """The same for an `EchoState` and recursive least squares."""
    system, readout = member
    n_units, dtype = len(system.bias_), system.bias_.dtype
    readout.begin(n_features, targets.shape[1])
    learned = [readout.memory_[name] for name in ("columns", "scales", "weights")]
    state, row, seen = np.zeros(n_units, dtype), row.astype(dtype), np.ones(learned[2].shape[1])
    output = np.zeros(targets.shape[1])
    chunk = system.rows_a_call(2 * seen.size**2)
    for start in range(0, len(targets), chunk):
        steps = slice(start, start + chunk)
        _learn(
            *system.kernel_weights(), *learned, *readout.fading(), n_units * squared_states, n_features,
            feedback.scaling, feedback.channels, max(0, washout - start), known[steps], targets[steps], state, row,
            seen, output,
        )  # fmt: skip
    readout.publish()


@kernel(
    *activations.FILES,
    leaky.__file__,
    products.__file__,
    vectors.__file__,
    recursive_least_squares.__file__,
    fastmath=REASSOCIATE,
)
def _learn(
    matrix, input_columns, bias, leak, code, columns, scales, weights, forgetting, largest, n_squared, n_features,
    scaling, channels, n_unlearned, known, targets, state, row, seen, output,
):  # fmt: skip
    """All steps: `state`, `row` (the next input), `seen` (features, 1) and what is learned are moved on.

    As in recursive least squares alone, the sweep of a step finishes the step before.
    """
    n_inputs, n_steps = seen.size, targets.shape[0]
    scratch, new = np.empty(2 * state.size + STRIPE, state.dtype), np.empty(state.size, state.dtype)
    products_, lengths, gain = np.zeros(n_inputs), np.zeros(n_inputs), np.zeros(n_inputs)
    values, changes, shares = np.zeros(n_inputs), np.zeros(n_inputs), np.zeros(output.size)
    for t in range(n_steps + 1):
        if t < n_steps:
            hear(input_columns, bias, row, False, new)
            add_product(matrix, state, scratch, new)
            settle(leak, code, state, new)
            collect(state, n_squared, row, seen[:n_features])
        sweep(columns, values, changes, gain, seen, products_, lengths)
        for k in range(output.size):
            weight = weights[k]
            for i in range(n_inputs):
                weight[i] += shares[k] * gain[i]
        if t < n_steps:
            multiply(weights, seen, output)
            if t >= n_unlearned:
                total = measure(scales, products_, lengths, forgetting, largest, values, changes)
                for k in range(output.size):
                    shares[k] = (targets[t, k] - output[k]) / total
            feed_back(output, scaling, channels, known[t], row)
