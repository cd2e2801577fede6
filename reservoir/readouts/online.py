"""What the linear online readouts share: rows come in order, and the weights change after every row."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np

from reservoir.estimators import present_unless
from reservoir.parts import Numbers
from reservoir.readouts.affine import LinearReadout
from reservoir.readouts.rows import changed_since, check_outputs, read_pairs
from reservoir.sequences import LARGEST, check_magnitude
from reservoir.trainers import one_trainer
from reservoir.validation import (
    Parameters,
    check_finite_array,
    not_fitted,
    parameter_error,
    real_array,
    unchanged_on_error,
)

_CALM = 1e30  # a step among smaller numbers cannot overflow


def _several_passes(readout: OnlineRegressor) -> str:
    if readout.n_epochs == 1:
        return ""
    return f"{type(readout).__name__} learns in blocks only where n_epochs is 1. Got {readout.n_epochs!r}."


class OnlineRegressor(LinearReadout):
    """A linear readout that learns from one row after another.

    All that is learned stands in `memory_`, see `begin`. A rule says what else it remembers
    (`_begin`), checks its parameters (`_check_parameters`), says which of them were settled with the first row
    (`_settled`), and advances the memory in place (`_advance`). One that remembers more than weights says so in
    `learned`, for model files.

    Parameters
    ----------
    n_epochs : int >= 1, default 1
        Passes over the rows in `fit`.
    fit_intercept : bool, default True
        Whether to learn an intercept.

    Attributes
    ----------
    coef_ : array (n_features,) or (n_outputs, n_features)
    intercept_ : float or array (n_outputs,)
    n_features_in_ : int

    Raises
    ------
    ValueError
        For a parameter outside its range, unusable data, another number of features or outputs than before, and
        weights that grow beyond every bound.
    """

    learned: ClassVar[dict[str, Any]] = LinearReadout.learned | {"memory_": {"weights": "reals (k, m)"}}
    n_epochs = 1
    memory_: dict[str, np.ndarray]

    @unchanged_on_error
    def fit(self, X: Numbers, y: Numbers) -> Self:
        """Learn from these rows alone, in their order.

        Parameters
        ----------
        X : array (n_rows, n_features)
        y : array (n_rows,) or (n_rows, n_outputs)
        """
        self.__dict__.pop("memory_", None)
        self._train(X, y, self.n_epochs).publish()
        return self

    @unchanged_on_error
    def partial_fit(self, X: Numbers, y: Numbers) -> Self:
        """Go on learning from these rows, once; what came before is kept."""
        self._train(X, y, 1).publish()
        return self

    @present_unless(_several_passes)
    @unchanged_on_error
    def accumulate(self, X: Numbers, y: Numbers) -> Self:
        """Go on learning from these rows like `partial_fit`, without setting `coef_`; only where `fit` is one pass.

        Blocks in their order, and then `solve`, give bit for bit what one `fit` on all rows gives.
        """
        return self._train(X, y, 1)

    @present_unless(_several_passes)
    @unchanged_on_error
    def solve(self) -> Self:
        """Set `coef_` and `intercept_` to what was learned so far."""
        if not hasattr(self, "memory_"):
            raise not_fitted(self)
        self.publish()
        return self

    @one_trainer
    def step(self, x: Numbers, target: float | Numbers) -> np.ndarray:
        """The output for one row, and then the update; for loops in which the output comes back as input.

        A readout that has learned nothing yet begins with weights of zero.

        Parameters
        ----------
        x : array (n_features,)
        target : float or array (n_outputs,)

        Returns
        -------
        array (n_outputs,), the output before the update
        """
        known = hasattr(self, "memory_")
        x, size = _read_vector("x", x, self.n_features_in_ if known else None)
        goal, goal_size = _read_vector("target", target, len(self.memory_["weights"]) if known else None)
        self.begin(x.size, goal.size, np.ndim(target) == 0)
        if max(size, goal_size, np.abs(self.memory_["weights"]).max()) > _CALM:
            return self._step_or_back(x, goal)
        output = self._advance(self._with_constant(x[None]), goal[None])[0]
        self._show()
        return output

    @unchanged_on_error
    def _step_or_back(self, x: np.ndarray, goal: np.ndarray) -> np.ndarray:
        """A step that may overflow, on a memory of its own, so that nothing is changed then."""
        self.memory_ = _copied(self.memory_)
        output = self._advance(self._with_constant(x[None]), goal[None])[0]
        self.publish()
        return output

    def begin(self, n_features: int, n_outputs: int, one_output: bool = False) -> None:
        """Start with weights of zero where nothing has been learned; for loops that advance the memory from outside.

        What is learned stands in `memory_`, a dictionary of arrays: ``weights`` (n_outputs, n_inputs), where the inputs
        are the features and, with an intercept, a constant 1, and what else the rule remembers. `publish` follows.
        Afterwards the arrays are the readout's own, to be changed in place: those that came out of a memory map or
        another process, and may be anybody's or not be written to, are copied.
        """
        self._check_parameters()
        if not hasattr(self, "memory_"):
            self.n_features_in_ = n_features
            self._start(n_features, n_outputs, one_output)
            return
        self._check_settled(n_features)
        for array in self.memory_.values():
            flags = array.flags
            if not (flags.owndata and flags.writeable):
                self.memory_ = _copied(self.memory_)
                break

    def publish(self) -> None:
        """Set `coef_` and `intercept_` from the memory; ValueError where it is not finite."""
        weights = self.memory_["weights"]
        if not np.isfinite(weights).all():
            name = type(self).__name__
            raise ValueError(f"The weights of {name} grew beyond every bound: scale the features or learn more slowly.")
        self._show()

    def _show(self) -> None:
        """Set `coef_` and `intercept_`, and what else is shown of the memory."""
        weights = self.memory_["weights"]
        intercept = weights[:, -1].copy() if self.fit_intercept else np.zeros(len(weights))
        self._publish(weights[:, : self.n_features_in_].copy(), intercept)

    def check_learned(self) -> None:
        """ValueError unless there is a weight for every feature, and at most one more, and for every output."""
        n_outputs, n_inputs = self.memory_["weights"].shape
        if n_inputs - self.n_features_in_ not in (0, 1):
            raise ValueError(f"{type(self).__name__} holds weights for other features")
        self.check_coefficients(n_outputs)

    def _check_parameters(self) -> None:
        raise NotImplementedError

    def _begin(self, n_inputs: int, n_outputs: int) -> dict[str, np.ndarray]:
        """What is remembered beside the weights, before the first row."""
        return {}

    def _advance(self, rows: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """Learn from rows (n, n_inputs) and targets (n, n_outputs); the outputs (n, n_outputs) before each update."""
        raise NotImplementedError

    def _settled(self) -> tuple[str, ...]:
        """Parameters that are not what they were when the memory began."""
        return ()

    def _begin_epoch(self) -> None:
        """Prepare for the same rows once more."""

    def _rows_a_call(self) -> int:
        """Rows that a kernel gets at once: they stay in the cache, and a call lasts well below half a second."""
        n_outputs, n_inputs = self.memory_["weights"].shape
        return max(1, min(100_000 // n_inputs, 100_000_000 // (n_outputs * n_inputs)))

    def _train(self, X: Numbers, y: Numbers, n_epochs: int) -> Self:
        self._check_parameters()
        Parameters(self).flag("fit_intercept")
        known = hasattr(self, "memory_")
        rows, targets, one_output = read_pairs(self, X, y, reset=not known)
        if known:
            self._check_continues(rows.shape[1], targets, one_output)
        else:
            self._start(rows.shape[1], targets.shape[1], one_output)
        self.memory_ = _copied(self.memory_)
        size = self._rows_a_call()
        for epoch in range(n_epochs):
            if epoch:
                self._begin_epoch()
            for start in range(0, len(rows), size):
                block = check_magnitude(rows[start : start + size], "X", type(self).__name__)
                self._advance(self._with_constant(block), np.array(targets[start : start + size]))
        return self

    def _start(self, n_features: int, n_outputs: int, one_output: bool) -> None:
        n_inputs = n_features + Parameters(self).flag("fit_intercept")
        self._one_output = one_output
        self.memory_ = self._begin(n_inputs, n_outputs)
        self.memory_.setdefault("weights", np.zeros((n_outputs, n_inputs)))

    def _check_continues(self, n_features: int, targets: np.ndarray, one_output: bool) -> None:
        """Refuse rows and targets that do not go with what was learned before."""
        check_outputs(self, len(self.memory_["weights"]), targets, one_output)
        self._check_settled(n_features)

    def _check_settled(self, n_features: int) -> None:
        """Refuse parameters that were settled with the first row and have been changed since."""
        changed = self._settled()
        if self.memory_["weights"].shape[1] - n_features != self.fit_intercept:
            changed = ("fit_intercept", *changed)
        if changed:
            raise changed_since(self, *changed)

    def __copy__(self) -> Self:
        """A copy whose memory is its own, since `step` changes it in place."""
        copied = type(self).__new__(type(self))
        vars(copied).update(vars(self))
        if hasattr(self, "memory_"):
            copied.memory_ = _copied(self.memory_)
        return copied

    def _with_constant(self, rows: np.ndarray) -> np.ndarray:
        """The rows, with a last column of ones for the intercept; writeable, so that kernels know but one type."""
        n_inputs = self.memory_["weights"].shape[1]
        if n_inputs == rows.shape[1] and rows.flags.writeable:
            return rows
        extended = np.empty((len(rows), n_inputs))
        extended[:, : rows.shape[1]] = rows
        extended[:, rows.shape[1] :] = 1.0
        return extended


def _copied(memory: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name: np.array(array) for name, array in memory.items()}


def _read_vector(name: str, value: Any, size: int | None) -> tuple[np.ndarray, float]:
    """The value as a float64 vector of this size, finite, and its bounded magnitude; a number is a vector of one."""
    array = real_array(value)
    if array is not None and array.ndim == 0:
        array = array[None]
    if size is None:
        size = 1 if array is None else array.size
    vector = check_finite_array("step", name, value if array is None else array, (size,))
    magnitude = np.abs(vector).max(initial=0.0)
    if magnitude > LARGEST:
        raise parameter_error("step", name, "within [-1e+100, 1e+100]", value)
    return vector, magnitude
