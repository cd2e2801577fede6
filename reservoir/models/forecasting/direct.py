"""Forecasts of several rows at once, block after block."""

from __future__ import annotations

from typing import Any

import numpy as np

from reservoir.models.forecasting.closed_loop import Course, Member, next_input
from reservoir.models.forecasting.lessons import Lessons
from reservoir.neurons.rate.loops import Feedback
from reservoir.parts import System


def run_in_horizons(
    members: list[Member], lessons: Lessons, feedback: Feedback, courses: list[Course]
) -> list[np.ndarray]:
    """Answers (n_steps, n_outputs) of members each of which gives the rows of a whole horizon at once.

    What was answered is heard before the next rows are. After a row of which something is observed the rows to come are
    answered anew. Where channels known ahead are seen, no answer reaches beyond the last row, and the last rows are
    those of an origin a horizon before. Courses of as many steps on which nothing is observed are run together.
    """
    plain = [course for course in courses if np.isnan(course.levels.known).all()]
    run = _Blocks(members, lessons, feedback)
    together = iter(run(plain)) if plain else iter(())
    return [next(together) if np.isnan(one.levels.known).all() else run([one])[0] for one in courses]


class _Blocks:
    """The run itself, on courses with the same rows to come of which something is observed."""

    def __init__(self, members: list[Member], lessons: Lessons, feedback: Feedback):
        self.members, self.lessons, self.feedback = members, lessons, feedback

    def __call__(self, courses: list[Course]) -> np.ndarray:
        """Answers (n_courses, n_steps, n_outputs)."""
        known, lessons = np.stack([course.levels.known for course in courses]), self.lessons
        rows = np.stack([np.concatenate([course.heard[::-1], course.known]) for course in courses])
        outputs, levels = np.full(known.shape, np.nan), np.stack([course.levels.present for course in courses])
        low, high = np.moveaxis(
            np.stack([np.broadcast_to(one.bounds, (*known.shape[1:], 2)) for one in courses]), -1, 0
        )
        states: list[Any] = [list(of_member) for of_member in zip(*(one.states for one in courses), strict=True)]
        n_steps, n_lags = known.shape[1], lessons.lags
        last = n_steps - lessons.horizon if lessons.ahead.size else n_steps  # from where rows can be answered
        heard, origin, answered = n_lags, 0, 0
        while True:
            now = n_lags + origin  # what is heard there is the newest
            beside = np.concatenate([lessons.beside(series, now, now + 1) for series in rows])
            answers = self._answers(states, rows[:, heard : now + 1], beside)
            if lessons.increments:
                answers += levels[:, None]
            answers = answers[:, answered - origin : n_steps - origin]
            now_answered = slice(answered, answered + answers.shape[1])
            outputs[:, now_answered] = np.clip(answers, low[:, now_answered], high[:, now_answered])
            given = np.flatnonzero(~np.isnan(known[0, origin:]).all(axis=1))[:1]
            answered = int(min([origin + lessons.horizon, *(origin + given + 1)]))
            following = min(answered, last)
            if answered >= n_steps or following <= origin:
                return outputs
            kept = np.where(
                np.abs(outputs[:, :following]) <= 1e100, outputs[:, :following], 0.0
            )  # what is lost is told
            for series, future, course in zip(rows, kept, courses, strict=True):
                for t in range(origin, following):
                    series[n_lags + t + 1] = next_input(future[t], self.feedback, course.known[t])
            levels = np.where(np.isnan(known[:, following - 1]), kept[:, -1], known[:, following - 1])
            heard, origin = now + 1, following

    def _answers(self, states: list[Any], rows: np.ndarray, beside: np.ndarray) -> np.ndarray:
        """The mean answers (n_courses, horizon, n_outputs) after these rows; states of members are moved on."""
        answers = []
        for index, (system, readout) in enumerate(self.members):
            seen, states[index] = _run(system, list(self.lessons.for_reservoir(rows)), states[index])
            features = self.lessons.features(np.stack([series[-1] for series in seen]), beside)
            answers.append(np.asarray(readout.predict(features), dtype=np.float64))
        return np.mean(answers, axis=0).reshape(len(rows), self.lessons.horizon, -1)


def _run(system: System, rows: list[np.ndarray], states: list[Any]) -> tuple[Any, Any]:
    """States after the rows of every series, and what each continues from; None is rest."""
    return system.run(rows) if all(state is None for state in states) else system.run(rows, states)
