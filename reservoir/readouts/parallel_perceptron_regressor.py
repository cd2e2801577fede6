"""Regression by parallel perceptrons."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Self

import numpy as np

from reservoir.docstrings import documented_with
from reservoir.estimators import MultiOutputMixin, RegressorMixin
from reservoir.parts import Numbers
from reservoir.readouts.parallel_perceptron import ParallelPerceptron
from reservoir.readouts.rows import changed_since, check_outputs, read_pairs
from reservoir.sequences import check_magnitude
from reservoir.validation import Parameters, real_array, unchanged_on_error


@documented_with(ParallelPerceptron)
@dataclass(eq=False, repr=False)
class ParallelPerceptronRegressor(MultiOutputMixin, RegressorMixin, ParallelPerceptron):
    """Regression by the votes of perceptrons, trained by the p-delta rule.

    With z = [x, -1], perceptron i hears a_i = w_i z and votes +1 if a_i >= 0, else -1. The output is the clipped sum
    of the votes, o = clip(sum_i sgn(a_i) / rho, -1, 1), mapped from [-1, 1] to `output_range`. For a target y in
    [-1, 1], every row adds to w_i, times the learning rate,

        -z                         if o > y + epsilon and a_i >= 0
        +z                         if o < y - epsilon and a_i < 0
        +mu z                      if o <= y + epsilon and 0 <= a_i < margin
        -mu z                      if o >= y - epsilon and -margin < a_i < 0
        and always  -(|w_i|^2 - 1) w_i

    The margin tunes itself: with the number M of perceptrons in the two cases before the last, it grows by the
    learning rate times epsilon rho - min(M, 4 epsilon rho).

    Parameters
    ----------
    n_perceptrons : int >= 1, default 120
        Perceptrons per output.
    epsilon : float in (0, 2), default 0.1
        Error on the scale of [-1, 1] that is let pass.
    rho : None or float in (0, n_perceptrons], default None
        Sum of votes at which the output is 1. None is n_perceptrons / 2.
    output_range : None or pair of floats, default None
        Lowest and highest output. None takes them from the first targets.
    mu : float >= 0, default 3.0
        Weight of the cases in the margin.
    adapt_every : None or int >= 1, default 2000
        Rows after which the learning rate is multiplied by 1.1 if the sum of absolute errors over them fell, by 0.5 if
        it rose; it stays within [1e-5, 0.1]. None keeps it.

    Attributes
    ----------
    coef_ : array (n_outputs, n_perceptrons, n_features)
    intercept_ : array (n_outputs, n_perceptrons)
    margin_, learning_rate_ : arrays (n_outputs,)
    output_range_ : array (2, n_outputs)

    Raises
    ------
    ValueError
        For a parameter outside its range, unusable data, and another number of features or outputs than before.

    Notes
    -----
    Secondary sources give rho as 1 / epsilon or 1 / (2 epsilon), and mu as 1; on smooth functions the perceptrons then
    fall together, and the defaults here, with about epsilon rho = 6 of them in the margin, did much better. Of the last
    term at most half of w_i is taken in a row, which bounds the weights for longer inputs.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.readouts import ParallelPerceptronRegressor
    >>> X = np.random.default_rng(0).uniform(-1, 1, size=(500, 1))
    >>> readout = ParallelPerceptronRegressor(random_state=0).fit(X, X[:, 0] ** 2)
    >>> bool(readout.score(X, X[:, 0] ** 2) > 0.9)
    True
    """

    n_perceptrons: int = 120
    _: KW_ONLY
    epsilon: float = 0.1
    rho: float | None = None
    mu: float = 3.0
    adapt_every: int | None = 2000
    output_range: tuple[float, float] | None = None

    learned = ParallelPerceptron.learned | {"_one_output": "flag", "output_range_": "reals (2, k)"}

    @unchanged_on_error
    def fit(self, X: Numbers, y: Numbers) -> Self:
        """Learn from rows X (n_rows, n_features) and y (n_rows,) or (n_rows, n_outputs) alone, in `n_epochs` passes."""
        self.__dict__.pop("memory_", None)
        return self._learn_rows(X, y, self.n_epochs, self.shuffle)

    @unchanged_on_error
    def partial_fit(self, X: Numbers, y: Numbers) -> Self:
        """Go on learning from these rows, once and in their order."""
        return self._learn_rows(X, y, 1, False)

    def predict(self, X: Numbers) -> np.ndarray:
        """The output for every row, in the shape that y had in `fit`; it does not depend on the other rows."""
        votes, _ = self._votes(X)
        low, high = self.output_range_
        out = low + (high - low) * (np.clip(votes / self._rho(), -1, 1) + 1) / 2
        return out[:, 0] if self._one_output else out

    def _learn_rows(self, X: Numbers, y: Numbers, n_epochs: int, shuffle: bool) -> Self:
        self._check_parameters()
        given = self._given_range()
        known = hasattr(self, "memory_")
        rows, targets, one_output = read_pairs(self, X, y, reset=not known)
        check_magnitude(rows, "X", type(self).__name__)
        if known:
            check_outputs(self, self.output_range_.shape[1], targets, one_output)
            if given is not None and (self.output_range_.T != given).any():
                raise changed_since(self, "output_range")
        else:
            self._one_output = one_output
            lowest, highest = (targets.min(axis=0), targets.max(axis=0)) if given is None else given
            self.output_range_: np.ndarray = np.stack(
                [np.broadcast_to(edge, targets.shape[1]) for edge in (lowest, highest)]
            )
        low, high = self.output_range_
        return self._train(rows, 2 * (targets - low) / np.where(high > low, high - low, 1) - 1, n_epochs, shuffle)

    def _given_range(self) -> np.ndarray | None:
        if self.output_range is None:
            return None
        edges = real_array(self.output_range)
        if edges is None or edges.shape != (2,) or not np.isfinite(edges).all() or edges[0] >= edges[1]:
            raise Parameters(self).error("output_range", "None or two finite numbers, the lower one first")
        return edges
