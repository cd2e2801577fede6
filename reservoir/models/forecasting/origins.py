"""Forecasts from one or many origins, by the loop or by horizons, whatever was learnt."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from reservoir.models.forecasting.closed_loop import Course, Member, free_run
from reservoir.models.forecasting.direct import run_in_horizons
from reservoir.models.forecasting.reading import heard_bounds
from reservoir.parts import without_noise


def run_of(model: Any) -> Callable[[Course], np.ndarray]:
    """The function by which a fitted forecaster answers (n_steps, n_outputs) on a course."""
    members = [Member(without_noise(member.reservoir_), member.readout_) for member in model._members()]
    kind = free_run if model._lessons.horizon == 1 else partial(partial, run_in_horizons)
    return kind(members, model._lessons, model._feedback, heard_bounds(model))
