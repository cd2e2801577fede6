"""States of several configurations of a reservoir over the same rows."""

from __future__ import annotations

import numbers
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
from sklearn.base import clone

from reservoir.model_selection.candidates import LEAST_OF_A_PART, SCALINGS
from reservoir.models.base import reservoir_of
from reservoir.models.blocks import BLOCK_ROWS
from reservoir.neurons.vectors import LANES
from reservoir.systems import EchoState, EchoStateLanes
from reservoir.systems.lanes import lane_names
from reservoir.systems.unit_delays import is_undelayed
from reservoir.threads import spread
from reservoir.topologies import CirculantGraph, Hadamard, HadamardMatrix

_BLOCK_BYTES = 2**25
_NAMES = [name.removeprefix("reservoir__") for name in SCALINGS]

Blocks = Iterator[tuple[int, Sequence[np.ndarray]]]


class CandidateStates:
    """Reservoirs that differ in scalings alone, drawn once, and what they answer to rows.

    Lanes of one kernel, or one run for each where that is quicker: a circulant graph, whose kernel needs no indices,
    is about as quick alone as in 10 lanes.
    """

    def __init__(self, models: list[Any], example: np.ndarray):
        self._reservoirs = [reservoir_of(model) for model in models]
        self.noisy = any(reservoir.noise > 0 for reservoir in self._reservoirs)
        self._lanes = _prefers_lanes(self._reservoirs)
        self.n_units = self._reservoirs[0].n_units
        width = LANES if self._lanes else len(models)
        self._n_rows = int(np.clip(_BLOCK_BYTES // (8 * width * self.n_units), 64, BLOCK_ROWS))
        self._with_noise = self._fitted(example, noisy=True)
        self._quiet = self._fitted(example, noisy=False) if self.noisy else self._with_noise

    def blocks(self, rows: np.ndarray, noisy: bool, trial: int = 0) -> Blocks:
        """Position of the first row, and the states (n_rows, n_units) of every configuration, block by block.

        They are those of a trial where they are to be `noisy`, as in training.
        """
        systems = self._with_noise if noisy else self._quiet
        run = systems.blocks if self._lanes else partial(_single_blocks, systems)
        for first, states in run(rows, self._n_rows, trial=trial):
            if not all(np.isfinite(own[-1]).all() for own in states):  # what is not finite stays so
                raise ValueError("The states overflow.")
            yield first, states

    def _fitted(self, example: np.ndarray, noisy: bool) -> Any:
        if self._lanes:
            settings = [{name: r.get_params()[name] for name in lane_names(r)} for r in self._reservoirs]
            settings = settings if noisy else [setting | {"noise": 0.0} for setting in settings]
            return EchoStateLanes(self._reservoirs[0], settings).fit(example)
        fitted = [clone(reservoir).fit(example) for reservoir in self._reservoirs]
        return fitted if noisy else [reservoir.without_noise() for reservoir in fitted]


def _single_blocks(systems: list[EchoState], rows: np.ndarray, n_rows: int, trial: int) -> Blocks:
    finals: list[Any] = [None] * len(systems)
    for first in range(0, len(rows), n_rows):
        run = partial(_run_one, rows[first : first + n_rows], trial)
        work = 20.0 * n_rows * sum(len(system.bias_) * system.any_thread for system in systems)
        pairs = spread(run, zip(systems, finals, strict=True), work)
        finals = [final for _, final in pairs]
        yield first, [states for states, _ in pairs]


def _run_one(rows: np.ndarray, trial: int, own: tuple[EchoState, Any]) -> tuple[np.ndarray, Any]:
    system, state = own
    return system.run(rows, state, trial=trial)


def _is_number(name: str, value: Any) -> bool:
    """Whether a lane may have this; None is a number of the input and the bias."""
    return isinstance(value, numbers.Real) or (value is None and name in ("input_scaling", "bias_scaling"))


def _prefers_lanes(reservoirs: list[EchoState]) -> bool:
    base = reservoirs[0]
    if not is_undelayed(base.delay):  # whose lanes are run one by one
        return False
    if not isinstance(base.activation, str) or isinstance(base.topology, Hadamard | HadamardMatrix):
        return False
    if not all(_is_number(name, getattr(r, name)) for r in reservoirs for name in _NAMES):
        return False
    quick_alone = base.topology is None or isinstance(base.topology, CirculantGraph)
    return len(reservoirs) >= (LEAST_OF_A_PART if quick_alone else 2)
