"""Steps of a model by one row: the states of its system, and the answer of its readout.

`steps_of` gives the compiled one where the system is the compiled equation and the readout linear, and otherwise one
that calls `run` and `predict`. Both move their `state` with every row, can `undo` the last one, and show what the
readout saw in it as `features`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from reservoir.compilation import for_types_of, kernel
from reservoir.neurons.rate import loops
from reservoir.neurons.rate.unit import compiled_for
from reservoir.parts import without_noise
from reservoir.readouts.affine import affine
from reservoir.readouts.linear import is_linear
from reservoir.sequences import numbers
from reservoir.systems.rate_runs import weights_of
from reservoir.trials import run_trial
from reservoir.validation import check_finite_array


@kernel()
def within(values, bound):
    """Whether none of the values (n,) is beyond the bound, or NaN."""
    for i in range(values.size):
        if not abs(values[i]) <= bound:
            return False
    return True


class CompiledSteps:
    """Steps of a compiled system with a linear readout: the calls of kernels that `run` and `predict` make, alone."""

    def __init__(self, owner: str, system: Any, model: Any, state: Any):
        self.owner, self.system, self.model, weights = owner, system, model, weights_of(system)
        n_features, n_units = weights.input_columns.shape
        if n_features != model.n_features_in_:
            raise ValueError(f"{owner} needs a model whose system hears its {model.n_features_in_} features.")
        dtype, shape = weights.bias.dtype, (weights.state_size,)
        started = np.zeros(shape) if state is None else check_finite_array(owner, "state", state, shape)
        self._finals = started.astype(dtype)[None]
        self._final, self._before = self._finals[0], self._finals[0].copy()
        self._features = np.zeros((1, n_units + n_features * bool(model.include_input)))
        self._seen, self._beside = self._features[0, :n_units], self._features[0, n_units:]
        self._row, self._states = np.zeros(n_features), np.zeros((1, n_units), dtype)
        self._heard, self._state = self._row.astype(dtype, copy=False), self._states[0]
        self._step = weights, self._heard[None], np.array([0, 1]), 0, 1, False, self._finals, self._states
        self._advance = for_types_of(compiled_for(loops.advance_for(weights), weights.cells), *self._step)
        self._row_within = for_types_of(within, self._row, numbers.LARGEST)
        self._most = float(np.finfo(dtype).max)
        self._state_within = for_types_of(within, self._final, self._most)
        self._read_readout()
        self._answers = np.empty((1, len(self._weights)))
        self._affine = for_types_of(affine, self._features, self._weights, self._intercept, self._answers)

    def __call__(self, row: np.ndarray) -> np.ndarray:
        """The answers (1, n_outputs) to a row (n_features,), which the next call overwrites."""
        self._row[:] = row
        if not self._row_within(self._row, numbers.LARGEST):
            numbers.check_magnitude(row, "row", self.owner)
        if self._heard is not self._row:
            with np.errstate(over="ignore"):
                self._heard[:] = row
        self._before[:] = self._final
        self._advance(*self._step)
        if not self._state_within(self._final, self._most):
            self.undo()
            self.system.run(row[None], self.state)  # says how the states overflow
        self._seen[:] = self._state
        if self._beside.size:
            self._beside[:] = self._row
        if self.model.readout_.coef_ is not self._coef:
            self._read_readout()
        self._affine(self._features, self._weights, self._intercept, self._answers)
        return self._answers

    @property
    def state(self) -> np.ndarray:
        """What `run` of the system continues from."""
        return self._final.copy()

    @property
    def features(self) -> np.ndarray:
        """What the readout saw last (n_columns,)."""
        return self._features[0].copy()

    def undo(self) -> None:
        """Bring the state before the last row back."""
        self._final[:] = self._before

    def _read_readout(self) -> None:
        """Take the coefficients of the readout, which may have learnt."""
        readout, n_columns = self.model.readout_, self._features.shape[1]
        coef = np.array(np.atleast_2d(readout.coef_), dtype=np.float64)
        self._weights = check_finite_array(self.owner, "coef_", coef, (len(coef), n_columns))
        intercept = np.atleast_1d(readout.intercept_)
        self._intercept = check_finite_array(self.owner, "intercept_", intercept, (len(coef),))
        self._coef = readout.coef_


class PlainSteps:
    """The same for any system and readout, by `run` and `predict`."""

    def __init__(self, owner: str, system: Any, model: Any, state: Any):
        self.owner, self.system, self.model, self.state = owner, system, model, state
        self._before, self._features = state, np.empty((1, 0))

    def __call__(self, row: np.ndarray) -> Any:
        """The readout's answer (1,) or (1, n_outputs) to a row (n_features,)."""
        rows = numbers.check_magnitude(row, "row", self.owner)[None].copy()
        (states,), (after,) = run_trial(self.system, [rows], None if self.state is None else [self.state])
        features = self.model._features(states, rows)
        answers = self.model._asked(self.model._method)(features)
        self._before, self.state, self._features = self.state, after, features
        return answers

    @property
    def features(self) -> np.ndarray:
        """What the readout saw last (n_columns,), or that of each member (n_members, n_columns)."""
        return self._features[0]

    def undo(self) -> None:
        """Bring the state before the last row back."""
        self.state = self._before


def steps_of(owner: str, model: Any, state: Any) -> CompiledSteps | PlainSteps:
    """The steps of a fitted model from a state, or rest, on; compiled where that does the same."""
    system = without_noise(model._system)
    compiled = len(model._members()) == 1 and getattr(system, "runs_compiled", False) and is_linear(model.readout_)
    return (CompiledSteps if compiled else PlainSteps)(owner, system, model, state)
