"""Which candidates can share one run of a reservoir and one factorisation, and which must be fitted by themselves."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, NamedTuple

from reservoir.model_selection.candidates import PENALTY, EvaluationTask
from reservoir.model_selection.folds import CrossValidation
from reservoir.models import ReservoirClassifier, ReservoirRegressor
from reservoir.models.base import readout_of, reservoir_of
from reservoir.parts import Readout, System
from reservoir.readouts import RidgeReadout
from reservoir.systems import EchoState


class CannotShareError(Exception):
    """These candidates are to be evaluated one by one."""


class ConfiguredModel(NamedTuple):
    """A configuration as an unfitted model, and the readouts of its candidates, which differ in the penalty."""

    model: Any
    readouts: list[Any]  # unfitted, one per candidate
    positions: range  # of the candidates in the result

    @property
    def solved_from_record(self) -> bool:
        """Whether all readouts can be solved from one record of the features."""
        return all(is_ridge(r) and not (isinstance(r.alpha, str) and r.alpha == "blocked") for r in self.readouts)


def models_of(cv: CrossValidation, task: EvaluationTask) -> list[Any]:
    """The unfitted model of every configuration. Raises CannotShareError for models that may go their own way."""
    found = []
    for configuration in task.configurations:
        model = cv.candidate(configuration.parameters[0], task.seed)
        if type(model) not in (ReservoirRegressor, ReservoirClassifier):
            raise CannotShareError
        if model.n_members != 1:
            raise CannotShareError
        if model.gaps != "refuse":  # pieces of sequences are no prefixes of one another
            raise CannotShareError
        found.append(model)
    return found


def configured_models(task: EvaluationTask, models: list[Any]) -> list[ConfiguredModel]:
    """The configurations of a task, whose models know what they learn. Raises CannotShareError for other reservoirs."""
    found, first = [], 0
    for configuration, model in zip(task.configurations, models, strict=True):
        if not runs_kernel_equation(reservoir_of(model)):
            raise CannotShareError
        readouts = []
        for parameters in configuration.parameters:
            readouts.append(copy.copy(readout_of(model)))
            if PENALTY in parameters:
                readouts[-1].set_params(alpha=parameters[PENALTY])
        found.append(ConfiguredModel(model, readouts, range(first, first + len(readouts))))
        first += len(readouts)
    return found


def runs_kernel_equation(system: System) -> bool:
    """Whether the compiled kernels run the very equation of this system, drawn alike for all folds."""
    return isinstance(system, EchoState) and system.runs_compiled and not system.reads_lengths


def is_ridge(readout: Readout) -> bool:
    """Whether this is ridge regression itself, whose records and penalties are known here."""
    return type(readout) is RidgeReadout


def solve_penalties(readouts: list[RidgeReadout], taught: Callable[[RidgeReadout], RidgeReadout]) -> list[RidgeReadout]:
    """The readouts with coefficients, where `taught` gives one its record; penalties share a factorisation."""
    found: list[Any] = [None] * len(readouts)
    paths: dict[str, list[int]] = {}
    for position, readout in enumerate(readouts):
        kind = readout.record_kind()
        if isinstance(readout.alpha, str) or readout.alpha == 0:
            found[position] = taught(copy.copy(readout)).solve()
        else:
            paths.setdefault(kind, []).append(position)
    for positions in paths.values():
        path = taught(copy.copy(readouts[positions[0]])).solve_path([readouts[k].alpha for k in positions])
        for position, readout in zip(positions, path, strict=True):
            found[position] = readout
    return found
