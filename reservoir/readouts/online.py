"""What the linear online readouts share: rows come in order, and the weights change after every row."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator, MultiOutputMixin, RegressorMixin
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import validate_data

from reservoir.readouts.affine import predict_rows
from reservoir.readouts.learned import LINEAR, check_coefficients
from reservoir.sequences import LARGEST, check_magnitude, refuse_masked
from reservoir.validation import (
    check_finite_array,
    check_flag,
    not_fitted,
    parameter_error,
    real_array,
    unchanged_on_error,
)


def _learns_in_one_pass(readout: Any) -> bool:
    return getattr(readout, "n_epochs", 1) == 1


class OnlineRegressor(MultiOutputMixin, RegressorMixin, BaseEstimator):
    """A linear readout that learns from one row after another.

    All that is learned stands in `memory_`, see `begin`. A rule says what else it remembers
    (`_begin`), checks its parameters (`_check_parameters`), and advances the memory in place (`_advance`). One that
    remembers more than weights says so in `learned`, for model files.
    """

    row_wise = True
    learned: ClassVar[dict[str, Any]] = LINEAR | {"memory_": {"weights": "reals (k, m)"}}
    fit_intercept: bool
    memory_: dict[str, np.ndarray]
    _one_output: bool
    n_features_in_: int

    @unchanged_on_error
    def fit(self, X: Any, y: Any) -> Self:
        """Learn from these rows alone, in their order.

        Parameters
        ----------
        X : array (n_rows, n_features)
        y : array (n_rows,) or (n_rows, n_outputs)
        """
        self.__dict__.pop("memory_", None)
        self._train(X, y, getattr(self, "n_epochs", 1)).publish()
        return self

    @unchanged_on_error
    def partial_fit(self, X: Any, y: Any) -> Self:
        """Go on learning from these rows, once; what came before is kept."""
        self._train(X, y, 1).publish()
        return self

    @available_if(_learns_in_one_pass)
    @unchanged_on_error
    def accumulate(self, X: Any, y: Any) -> Self:
        """Go on learning from these rows like `partial_fit`, without setting `coef_`; only where `fit` is one pass.

        Blocks in their order, and then `solve`, give bit for bit what one `fit` on all rows gives.
        """
        return self._train(X, y, 1)

    @available_if(_learns_in_one_pass)
    @unchanged_on_error
    def solve(self) -> Self:
        """Set `coef_` and `intercept_` to what was learned so far."""
        if not hasattr(self, "memory_"):
            raise not_fitted(self)
        self.publish()
        return self

    def step(self, x: Any, target: Any) -> np.ndarray:
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
        x = _read_vector("x", x, self.n_features_in_ if known else None)
        goal = _read_vector("target", target, len(self.memory_["weights"]) if known else None)
        self.begin(x.size, goal.size, np.ndim(target) == 0)
        output = self._advance(self._with_constant(x[None]), goal[None])[0]
        self.publish()
        return output

    def begin(self, n_features: int, n_outputs: int, one_output: bool = False) -> None:
        """Start with weights of zero where nothing has been learned; for loops that advance the memory from outside.

        What is learned stands in `memory_`, a dictionary of arrays: ``weights`` (n_outputs, n_inputs), where the inputs
        are the features and, with an intercept, a constant 1, and what else the rule remembers. `publish` follows.
        """
        self._check_parameters()
        if not hasattr(self, "memory_"):
            self.n_features_in_ = n_features
            self._start(n_features, n_outputs, one_output)

    def publish(self) -> None:
        """Set `coef_` and `intercept_` from the memory; ValueError where it is not finite."""
        weights = self.memory_["weights"]
        if not np.isfinite(weights).all():
            name = type(self).__name__
            raise ValueError(f"The weights of {name} grew beyond every bound: scale the features or learn more slowly.")
        coef = weights[:, : self.n_features_in_].copy()
        intercept = weights[:, -1].copy() if self.fit_intercept else np.zeros(len(coef))
        self.coef_ = coef[0] if self._one_output else coef
        self.intercept_ = float(intercept[0]) if self._one_output else intercept

    def predict(self, X: Any) -> np.ndarray:
        """coef x + intercept for every row; a row's result does not depend on the other rows.

        Parameters
        ----------
        X : array (n_rows, n_features)

        Returns
        -------
        array (n_rows,) or (n_rows, n_outputs), like y in `fit`
        """
        return predict_rows(self, X)

    def check_learned(self) -> None:
        """ValueError unless there is a weight for every feature, and at most one more, and for every output."""
        n_outputs, n_inputs = self.memory_["weights"].shape
        if n_inputs - self.n_features_in_ not in (0, 1):
            raise ValueError(f"{type(self).__name__} holds weights for other features")
        check_coefficients(self, n_outputs)

    def _check_parameters(self) -> None:
        raise NotImplementedError

    def _begin(self, n_inputs: int, n_outputs: int) -> dict[str, np.ndarray]:
        """What is remembered beside the weights, before the first row."""
        return {}

    def _advance(self, rows: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """Learn from rows (n, n_inputs) and targets (n, n_outputs); the outputs (n, n_outputs) before each update."""
        raise NotImplementedError

    def _begin_epoch(self) -> None:
        """Prepare for the same rows once more."""

    def _rows_a_call(self) -> int:
        """Rows that a kernel gets at once: they stay in the cache, and a call lasts well below half a second."""
        n_outputs, n_inputs = self.memory_["weights"].shape
        return max(1, min(100_000 // n_inputs, 100_000_000 // (n_outputs * n_inputs)))

    def _train(self, X: Any, y: Any, n_epochs: int) -> Self:
        owner = type(self).__name__
        self._check_parameters()
        check_flag(owner, "fit_intercept", self.fit_intercept)
        rows, targets, one_output = self._read(X, y)
        if not hasattr(self, "memory_"):
            self._start(rows.shape[1], targets.shape[1], one_output)
        self.memory_ = {name: array.copy() for name, array in self.memory_.items()}
        size = self._rows_a_call()
        for epoch in range(n_epochs):
            if epoch:
                self._begin_epoch()
            for start in range(0, len(rows), size):
                block = check_magnitude(rows[start : start + size], "X", owner)
                self._advance(self._with_constant(block), np.array(targets[start : start + size]))
        return self

    def _start(self, n_features: int, n_outputs: int, one_output: bool) -> None:
        n_inputs = n_features + check_flag(type(self).__name__, "fit_intercept", self.fit_intercept)
        self._one_output = one_output
        self.memory_ = self._begin(n_inputs, n_outputs)
        self.memory_.setdefault("weights", np.zeros((n_outputs, n_inputs)))

    def _read(self, X: Any, y: Any) -> tuple[np.ndarray, np.ndarray, bool]:
        """Rows, targets (n_rows, n_outputs), and whether y was 1-D; checked against what was learned before.

        The magnitude of the rows is left to `_train`, which checks them while they are in the cache.
        """
        owner = type(self).__name__
        known = hasattr(self, "memory_")
        refuse_masked(X, "X", owner)
        refuse_masked(y, "y", owner)
        X, y = validate_data(
            self, X, y, reset=not known, dtype=np.float64, multi_output=True, y_numeric=True, order="C"
        )
        targets = check_magnitude(y.astype(np.float64).reshape(len(y), -1), "y", owner)
        if known:
            n_outputs, n_inputs = self.memory_["weights"].shape
            if targets.shape[1] != n_outputs or (y.ndim == 1) != self._one_output:
                raise ValueError(
                    f"y of {owner} must have the outputs of the rows before, {n_outputs}. Got shape {y.shape}."
                )
            if n_inputs - X.shape[1] != self.fit_intercept:
                raise ValueError(f"fit_intercept of {owner} was changed after the first rows; call fit to start anew.")
        return X, targets, y.ndim == 1

    def _with_constant(self, rows: np.ndarray) -> np.ndarray:
        """The rows, with a last column of ones for the intercept; writeable, so that kernels know but one type."""
        n_inputs = self.memory_["weights"].shape[1]
        if n_inputs == rows.shape[1] and rows.flags.writeable:
            return rows
        extended = np.ones((len(rows), n_inputs))
        extended[:, : rows.shape[1]] = rows
        return extended


def _read_vector(name: str, value: Any, size: int | None) -> np.ndarray:
    """The value as a float64 vector of this size, finite and of bounded magnitude; a number is a vector of one."""
    array = real_array(value)
    if array is not None and array.ndim == 0:
        array = array[None]
    if size is None:
        size = 1 if array is None else array.size
    vector = check_finite_array("step", name, value if array is None else array, (size,))
    if np.abs(vector).max(initial=0.0) > LARGEST:
        raise parameter_error("step", name, "within [-1e+100, 1e+100]", value)
    return vector
