"""Forecasts of several rows at once, block after block."""

from __future__ import annotations

import numpy as np

from reservoir.models.forecasting.closed_loop import Course, Member, next_input
from reservoir.models.forecasting.lessons import Lessons
from reservoir.neurons.rate.loops import Feedback


def run_in_horizons(
    members: list[Member], lessons: Lessons, feedback: Feedback, bounds: np.ndarray, course: Course
) -> np.ndarray:
    """Answers (n_steps, n_outputs) of members each of which gives the rows of a whole horizon at once.

    What was answered is heard before the next rows are. After a row of which something is observed the rows to come are
    answered anew. Where channels known ahead are seen, no answer reaches beyond the last row, and the last rows are
    those of an origin a horizon before.
    """
    n_steps, n_lags, known = len(course.known), lessons.lags, course.levels.known
    rows = np.concatenate([course.heard[::-1], course.known])
    outputs, states = np.full(known.shape, np.nan), list(course.states)
    heard, origin, answered = n_lags, 0, 0
    last = n_steps - lessons.horizon if lessons.ahead.size else n_steps  # from where rows can be answered
    while True:
        now = n_lags + origin  # what is heard there is the newest
        beside = lessons.beside(rows, now, now + 1)
        answers = _answers(members, states, rows[heard : now + 1], lessons, beside)
        if lessons.increments:
            answers += course.levels.present if not origin else _newer(known[origin - 1], outputs[origin - 1])
        answers = np.clip(answers, bounds[:, 0], bounds[:, 1])[answered - origin : n_steps - origin]
        outputs[answered : answered + len(answers)] = answers
        given = np.flatnonzero(~np.isnan(known[origin:]).all(axis=1))[:1]
        following = int(min([origin + lessons.horizon, *(origin + given + 1)]))
        following, answered = min(following, last), following
        if answered >= n_steps or following <= origin or not (np.abs(outputs[:following]) <= 1e100).all():
            return outputs
        for t in range(origin, following):
            rows[n_lags + t + 1] = next_input(outputs[t], feedback, course.known[t])
        heard, origin = now + 1, following


def _answers(
    members: list[Member], states: list[object], rows: np.ndarray, lessons: Lessons, beside: np.ndarray
) -> np.ndarray:
    """The mean answers (horizon, n_outputs) after these rows; the states of the members are moved on."""
    answers = []
    for index, (system, readout) in enumerate(members):
        seen, states[index] = system.run(rows) if states[index] is None else system.run(rows, states[index])
        answers.append(np.asarray(readout.predict(lessons.features(seen[-1:], beside)), dtype=np.float64))
    return np.mean(answers, axis=0).reshape(lessons.horizon, -1)


def _newer(known: np.ndarray, output: np.ndarray) -> np.ndarray:
    """What is known of a row, and else the answer."""
    return np.where(np.isnan(known), output, known)
