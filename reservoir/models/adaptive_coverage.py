"""Intervals on a stream, whose coverage is kept whatever comes."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar, Self

import numpy as np

from reservoir.estimators import BaseEstimator
from reservoir.models.conformal import bound_of, read_coverage
from reservoir.parts import Numbers
from reservoir.validation import Parameters, not_fitted, parameter_error, real_array


@dataclass(eq=False, repr=False)
class AdaptiveCoverage(BaseEstimator):
    """Adaptive conformal inference: intervals of predictions whose errors come one by one, and may change.

    For every output k the share of misses that is aimed at follows those that were seen,

        alpha(t + 1) = alpha(t) + rate (1 - coverage - missed(t)),   alpha(0) = 1 - coverage

    with missed(t) = 1 where the error is larger than the half width, and 0 otherwise. That is the ceil((n + 1) (1 -
    alpha(t)))-th smallest of the last n absolute errors: infinite where alpha(t) <= 0 or n is too small, and nothing,
    always missed, where alpha(t) >= 1.

    Parameters
    ----------
    coverage : float in (0, 1), default 0.9
    rate : float > 0, default 0.01
        0.005 to 0.05 are usual: larger ones follow changes faster, with widths that change more.
    n_errors : int >= 1, default 500
        How many of the last errors the width goes by.

    Attributes
    ----------
    alpha_ : array (n_outputs,)
    errors_ : array (n, n_outputs), the last absolute errors, the newest at the end

    Raises
    ------
    ValueError
        For a parameter outside its range, and errors of another number of outputs than before.

    Notes
    -----
    Whatever the errors are, after T rows the share of misses differs from 1 - coverage by at most (max(coverage, 1 -
    coverage) + rate) / (rate T).

    References
    ----------
    Gibbs and Candes 2021, Adaptive conformal inference under distribution shift, NeurIPS,
    doi:10.48550/arXiv.2106.00170.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.models import AdaptiveCoverage
    >>> errors = np.random.default_rng(0).normal(size=(2000, 1)) * np.linspace(1, 3, 2000)[:, None]
    >>> adaptive = AdaptiveCoverage(0.9).begin(errors[:100])
    >>> covered = [adaptive.update(error) for error in errors[100:]]
    >>> bool(abs(np.mean(covered) - 0.9) < 0.02)
    True
    """

    coverage: float = 0.9
    _: KW_ONLY
    rate: float = 0.01
    n_errors: int = 500

    learned: ClassVar[dict[str, Any]] = {"alpha_": "reals (k)", "errors_": "reals (n, k)"}

    def begin(self, errors: Numbers) -> Self:
        """Start anew with known errors (n, n_outputs), the oldest first, such as residuals of `predict_one_step`."""
        self._check_parameters()
        rows = real_array(errors)
        if rows is None or rows.ndim != 2 or not rows.shape[1] or not np.isfinite(rows).all():
            raise parameter_error(type(self).__name__, "errors", "finite numbers (n, n_outputs)", errors)
        self.errors_ = np.abs(rows[max(0, len(rows) - self.n_errors) :])
        self.alpha_ = np.full(rows.shape[1], 1.0 - self.coverage)
        return self

    def half_width(self) -> np.ndarray:
        """How far (n_outputs,) the interval reaches to both sides of the next prediction."""
        self._check_begun()
        bounds = [bound_of(self.errors_[:, k], self._level(k)) for k in range(len(self.alpha_))]
        return np.where(self.alpha_ <= 0, np.inf, np.where(self.alpha_ >= 1, 0.0, np.array(bounds)))

    def update(self, error: float | Numbers) -> np.ndarray:
        """Learn from the error (n_outputs,) of the prediction, and tell whether the interval held it (n_outputs,)."""
        self._check_begun()
        self._check_parameters()
        missed_by = real_array(error)
        if missed_by is None or missed_by.size != len(self.alpha_) or not np.isfinite(missed_by).all():
            wanted = f"{len(self.alpha_)} finite number(s), one per output"
            raise parameter_error(type(self).__name__, "error", wanted, error)
        sizes = np.abs(missed_by).reshape(-1)
        held = (sizes <= self.half_width()) & (self.alpha_ < 1)
        self.alpha_ = self.alpha_ + self.rate * (1.0 - self.coverage - ~held)
        self.errors_ = np.concatenate([self.errors_, sizes[None]])[-self.n_errors :]
        return held

    def _level(self, output: int) -> float:
        return float(np.clip(1.0 - self.alpha_[output], 1e-9, 1.0 - 1e-9))

    def _check_parameters(self) -> None:
        p = Parameters(self)
        read_coverage(p.owner, self.coverage)
        p.real("rate", 0, closed="neither")
        p.integer("n_errors", 1)

    def _check_begun(self) -> None:
        if not hasattr(self, "alpha_"):
            raise not_fitted(self)
