"""Several fitted reservoirs as one that holds the units of all, which do not hear one another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from reservoir.derived import Derived
from reservoir.neurons.products import Dense, Lagged
from reservoir.neurons.rate.loops import RateWeights
from reservoir.neurons.rate.past import delays_in_runs
from reservoir.neurons.rate.unit import side_by_side
from reservoir.neurons.structures import BlockDiagonal, Form, delayed_form, joined_form
from reservoir.parts import without_noise
from reservoir.sequences import Sequences
from reservoir.systems.rate_runs import run_rows, weights_of, work_a_row
from reservoir.threads import n_threads, spread
from reservoir.trials import run_trial

_joint: Derived[tuple[Form, Any]] = Derived()


def joined(systems: list[Any]) -> RateWeights:
    """Weights of one reservoir that holds all units of these, in their structure.

    What takes long, the recurrent weights and the coefficients of the units, is made once for fitted systems: when the
    same would be asked for again, it is at hand, unless one was fitted anew or got other weights.
    """
    members = [weights_of(system) for system in systems]
    sources = [part for member in members for part in (member.matrix, member.cells)]
    matrix, cells = _joint.get(systems[0].W_in_, sources, lambda: _parts(systems, members))
    columns = np.concatenate([member.input_columns for member in members], axis=1)
    bias, delays = np.concatenate([member.bias for member in members]), delays_in_runs(_delays(systems))
    return RateWeights(matrix, columns, bias, cells, members[0].n_arrays, delays)


def joined_states(states: Sequence[np.ndarray], members: list[RateWeights]) -> np.ndarray:
    """The state of `joined` reservoirs from those of each; beyond what one keeps itself it is zero, and not read."""
    n_kept, parts = max(member.n_kept for member in members), []
    for state, member in zip(states, members, strict=True):
        own = np.reshape(state, (member.n_kept, member.n_arrays, member.bias.size))
        if member.n_kept < n_kept:
            own = np.concatenate([own, np.zeros((n_kept - member.n_kept, *own.shape[1:]), own.dtype)])
        parts.append(own)
    return np.concatenate(parts, axis=2).ravel()


class Ensemble:
    """Fitted systems that hear the same and not one another, as one: their states stand side by side.

    The state of a sequence is a tuple, an entry for each system. Reservoirs whose equation is compiled run in
    one loop, where none has noise, which is drawn for each, or delays, and no matrix is dense, which serves sequences
    together.
    """

    def __init__(self, systems: list[Any]):
        self.systems = systems

    def run(self, X: list[np.ndarray], state: Any = None, *, trial: Any = None) -> tuple[list[np.ndarray], list[Any]]:
        """States (T_i, n_total) of every sequence of a list, from rest or one tuple for each, and where they end."""
        found = None if trial is not None and self._noisy() else self._joint(X, state)
        if found is not None:
            return found
        pairs = []
        for index, system in enumerate(self.systems):
            begun = None if state is None else [entry[index] for entry in state]
            pairs.append(run_trial(system, X, begun, trial))
        states, finals = zip(*pairs, strict=True)
        return [np.concatenate(own, axis=1) for own in zip(*states, strict=True)], list(zip(*finals, strict=True))

    @property
    def causal(self) -> bool:
        """Whether states depend on the rows before alone."""
        return all(getattr(system, "causal", True) for system in self.systems)

    @property
    def any_thread(self) -> bool:
        """Whether it may run in any thread, several times at once."""
        return all(getattr(system, "any_thread", False) for system in self.systems)

    def without_noise(self) -> Ensemble:
        """The same systems free of noise."""
        return Ensemble([without_noise(system) for system in self.systems])

    def _noisy(self) -> bool:
        return any(without_noise(system) is not system for system in self.systems)

    def _joint(self, X: list[np.ndarray], state: Any) -> tuple[list[np.ndarray], list[Any]] | None:
        """The run of all in one loop; None where they have none, or where states overflow, which each tells better."""
        if not all(getattr(system, "runs_compiled", False) and system.noise == 0 for system in self.systems):
            return None
        members, n_features = [weights_of(system) for system in self.systems], X[0].shape[1]
        alike = {(own.bias.dtype, own.n_arrays, own.input_columns.shape) for own in members}
        if any(isinstance(own.matrix, Dense) or own.delays for own in members) or len(alike) > 1:
            return None
        if members[0].input_columns.shape[0] != n_features:
            return None
        sequences = Sequences.of_members(X)
        begun = None if state is None else [[np.asarray(own) for own in entry] for entry in state]
        n = n_threads(len(sequences.rows) * sum(map(work_a_row, members)))
        states, parts = (self._run_each if n > max(1, len(X) // 2) else self._run_joined)(members, sequences, begun)
        if not all(np.isfinite(own).all() for own in parts):
            return None
        return sequences.split(states), list(zip(*parts, strict=True))

    def _run_joined(
        self, members: list[RateWeights], sequences: Sequences, begun: list[list[np.ndarray]] | None
    ) -> tuple[np.ndarray, list[np.ndarray]]:
        """States (n_rows, n_total) of all in one loop, and the final states (n_sequences, state_size) of each."""
        weights, n_arrays, n = joined(self.systems), members[0].n_arrays, len(sequences)
        rows = sequences.rows.astype(weights.bias.dtype, copy=False)
        states = np.empty((len(rows), weights.bias.size), weights.bias.dtype)
        finals = np.zeros((n, weights.state_size), weights.bias.dtype)
        for final, entry in zip(finals, begun or [], strict=False):
            final[:] = joined_states(entry, members)
        run_rows(weights, sequences, rows, False, finals, states)
        return states, [
            *finals.reshape(n, n_arrays, len(members), -1).transpose(2, 0, 1, 3).reshape(len(members), n, -1)
        ]

    def _run_each(
        self, members: list[RateWeights], sequences: Sequences, begun: list[list[np.ndarray]] | None
    ) -> tuple[np.ndarray, list[np.ndarray]]:
        """The same by a loop for each, which several threads take."""
        (n_units,), dtype = members[0].bias.shape, members[0].bias.dtype
        rows = sequences.rows.astype(dtype, copy=False)
        states = np.empty((len(rows), n_units * len(members)), dtype)

        def run(place: int) -> np.ndarray:
            weights, own = members[place], np.empty((len(rows), n_units), dtype)
            finals = np.zeros((len(sequences), weights.state_size), dtype)
            if begun is not None:
                finals[:] = [entry[place] for entry in begun]
            run_rows(weights, sequences, rows, False, finals, own)
            states[:, place * n_units : (place + 1) * n_units] = own
            return finals

        return states, spread(run, range(len(members)))


def _parts(systems: list[Any], members: list[RateWeights]) -> tuple[Form, Any]:
    """The form of the recurrent weights and the coefficients of the units."""
    unit, matrices = side_by_side([system.unit_ for system in systems], [system.unit_matrices_ for system in systems])
    cells = unit.cells(sum(member.bias.size for member in members), matrices, members[0].bias.dtype)
    if any(isinstance(member.matrix, Lagged) for member in members):
        whole = BlockDiagonal([system.W_ for system in systems])
        return delayed_form(whole, _delays(systems), members[0].n_arrays), cells
    return joined_form([system.W_ for system in systems], [member.matrix for member in members]), cells


def _delays(systems: list[Any]) -> np.ndarray:
    """The delay of every unit."""
    return np.concatenate([system.delays_ for system in systems])
