"""Ridge regression from streaming records, with its penalty given or chosen."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar, Self

import numpy as np
from scipy.linalg import LinAlgWarning
from sklearn.utils.validation import check_is_fitted

from reservoir.parts import Numbers
from reservoir.readouts.blocks import Blocks, parts_of, records_of, runs_of
from reservoir.readouts.candidates import (
    DEFAULT_ALPHA,
    PenaltyWarning,
    candidates_are_asked,
    edge_advice,
    read_candidates,
)
from reservoir.readouts.held_out_rows import HELD_OUT, LeftVectors
from reservoir.readouts.merging import MergingLinearReadout
from reservoir.readouts.moments import Moments
from reservoir.readouts.penalty import Conditioning
from reservoir.readouts.record import Record, Solvable
from reservoir.readouts.rows import (
    changed_since,
    check_outputs,
    check_widths,
    read_pairs,
    read_sequence,
    read_weights,
)
from reservoir.readouts.wide_rows import TALL, kind_of, merged_rows, record_of_rows, stays_wide
from reservoir.sequences import check_magnitude
from reservoir.threads import one_blas_thread
from reservoir.validation import Parameters, check_real, unchanged_on_error

_SMALL = 1e-8
_ROWS_AT_ONCE = 4096


@dataclass(eq=False, repr=False)
class RidgeReadout(MergingLinearReadout):
    """Ridge regression with an unpenalised intercept, trained in one piece, in blocks or by merging.

    Minimises over coef and intercept

        sum_t w_t |y_t - coef x_t - intercept|^2 + alpha |coef|^2

    so alpha is added to the sum of outer products, as in scikit-learn's `Ridge`. A record of the size of the features
    is kept, or the rows while they are fewer than half of that, and solved in the space that they span.
    `partial_fit` and `merge` give what one `fit` on all rows gives, up to rounding.

    Parameters
    ----------
    alpha : float >= 0, "gcv", "blocked" or "loo", default 1e-6
        Penalty; with 0 the solution of least norm is taken. "gcv" chooses among `alphas`, for every target by itself,
        by generalised cross-validation, which takes the rows for independent. "blocked" chooses by the error on
        blocks of rows that the others predict, the right one for time series. Rows of one series are cut in order of
        time: every call into 5 blocks, and 5 are kept by joining neighbours; the first is not predicted, since it may
        begin with a state at rest, unlike all others. Where `sequence` tells sequences apart, as all models do that see
        several, whole sequences are dealt to 5 blocks, in turns whose order changes. It costs up to 5 factorisations.
        "loo" chooses one penalty for all targets by the exact squared error about each row by what all others teach,
        for rows that are independent, as those of whole sequences are; it keeps the rows, and costs what the fewer of
        rows and features cost, in memory too: two or three times the rows, and up to three of these squares.
    alphas : None or array of candidates > 0, default None
        None is 25 values from 1e-8 to 1e4, evenly on the logarithmic scale, and with "loo", whose features are
        thought to be many and of unit deviation, 17 from 0.1 to 1e7. One factorisation serves them all.
    solver : {"auto", "gram", "qr"}, default "auto"
        "gram" keeps sums of products, the fast way, which squares the condition number; "qr" keeps the triangle of a
        QR decomposition, about four times slower, and serves penalties down to rounding. "auto" takes "qr" where
        the smallest penalty is below 1e-8. It is settled with the first block. With "loo" they are the eigenvectors
        of products of rows or features, and the singular vectors of the rows.
    fit_intercept : bool, default True
        Whether to fit an intercept, which is never penalised.
    slack : float >= 0, default 0.0
        Of a penalty that is chosen the largest candidate is taken whose error is at most 1 + slack times the smallest.

    Attributes
    ----------
    coef_ : array (n_features,) or (n_outputs, n_features)
    intercept_ : float or array (n_outputs,)
    alpha_ : float, or array (n_outputs,) where it was chosen for several targets
    n_features_in_ : int

    Raises
    ------
    ValueError
        For a parameter outside its range, unusable data, another number of features or outputs than before, and for
        `merge` with a readout that is not fitted or has other settings.
    MemoryError
        Where the record is larger than the memory that is free; none of it is taken.

    Warns
    -----
    PenaltyWarning
        Where the chosen alpha is the smallest or largest candidate.
    scipy.linalg.LinAlgWarning
        Where alpha = 0 and more rows than features do not determine the solution; the one of least norm is taken.

    References
    ----------
    Hoerl and Kennard 1970, Ridge regression: biased estimation for nonorthogonal problems, Technometrics
    12(1):55-67, doi:10.1080/00401706.1970.10488634.
    Golub, Heath and Wahba 1979, Generalized cross-validation as a method for choosing a good ridge parameter,
    Technometrics 21(2):215-223, doi:10.1080/00401706.1979.10489751.
    Allen 1974, The relationship between variable selection and data augmentation and a method for prediction,
    Technometrics 16(1):125-127, doi:10.1080/00401706.1974.10489157 (leave-one-out errors from one fit).

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.readouts import RidgeReadout
    >>> X = np.arange(6.0).reshape(-1, 1)
    >>> readout = RidgeReadout(alpha=1e-9).partial_fit(X[:3], 2 * X[:3, 0] + 1).partial_fit(X[3:], 2 * X[3:, 0] + 1)
    >>> readout.predict([[10.0]]).round(6)
    array([21.])
    """

    alpha: float | str = DEFAULT_ALPHA
    _: KW_ONLY
    alphas: Numbers | None = None
    solver: str = "auto"
    fit_intercept: bool = True
    slack: float = 0.0

    learned: ClassVar[dict[str, Any]] = MergingLinearReadout.learned | {"alpha_": "optional number or reals (k)"}

    @unchanged_on_error
    def fit(
        self,
        X: Numbers,
        y: Numbers,
        sample_weight: float | Numbers | None = None,
        *,
        sequence: int | Numbers | None = None,
    ) -> Self:
        """Train on these rows alone.

        Parameters
        ----------
        X : array (n_rows, n_features)
        y : array (n_rows,) or (n_rows, n_outputs)
        sample_weight : None, float or array (n_rows,), >= 0
        sequence : None, int or array (n_rows,) of int >= 0, default None
            The number of the sequence that each row comes from, in whichever call, for ``alpha="blocked"``; every row
            has its own where it stands for a whole sequence. None is one series in order of time.
        """
        for name in ("_record", "_blocks", "_one_output", "coef_", "intercept_", "alpha_"):
            self.__dict__.pop(name, None)
        return self.accumulate(X, y, sample_weight, sequence=sequence).solve()

    @unchanged_on_error
    def partial_fit(
        self,
        X: Numbers,
        y: Numbers,
        sample_weight: float | Numbers | None = None,
        *,
        sequence: int | Numbers | None = None,
    ) -> Self:
        """Train on these rows and all that came before; `accumulate`, then `solve`."""
        return self.accumulate(X, y, sample_weight, sequence=sequence).solve()

    @unchanged_on_error
    def accumulate(
        self,
        X: Numbers,
        y: Numbers,
        sample_weight: float | Numbers | None = None,
        *,
        sequence: int | Numbers | None = None,
        check_input: bool = True,
    ) -> Self:
        """Take a block of rows into the record, without solving.

        Parameters are those of `fit`. Without `check_input` X and y must be float arrays, and that their numbers are
        finite is not looked at.
        """
        self._check_parameters()
        before = getattr(self, "_record", None)
        rows, targets, one_output = self._rows(X, y, before is None, check_input)
        weights = read_weights(type(self).__name__, sample_weight, len(rows))
        numbers = read_sequence(type(self).__name__, sequence, len(rows))
        if before is not None:
            self._check_continues(before, targets, one_output)
        self._one_output = one_output
        with one_blas_thread():
            kind, at_once = self.record_kind(), len(rows) if self._holds_out else _ROWS_AT_ONCE
            parts = parts_of(len(rows), numbers) if self.tells_sequences_apart else runs_of(len(rows), at_once)
            wide = stays_wide(type(self).__name__, before, rows.shape, kind, self.tells_sequences_apart)
            of_rows = record_of_rows(kind, wide)
            records = records_of(of_rows, rows, targets, weights, parts, bool(self.fit_intercept))
            known = [record for record in records if record is not None]
            self._record = merged_rows(known if before is None else [before, *known])
            if self.tells_sequences_apart:
                self._join(Blocks(records, numbers is not None), Blocks.continued)
        return self

    @unchanged_on_error
    def solve(self) -> Self:
        """Compute `coef_` and `intercept_` from the record."""
        self._check_record()
        with one_blas_thread():
            given = self.alpha if isinstance(self.alpha, str) else Parameters(self).real("alpha", 0)
            alpha, coef = self._chosen() if isinstance(given, str) else self._solved(given)
            intercept = self._record.intercept(coef)
        return self._take(alpha, coef, intercept)

    def solve_path(self, alphas: Sequence[Any]) -> list[Self]:
        """Solved copies for several penalties from one factorisation of the record, which they share.

        Parameters
        ----------
        alphas : sequence of numbers > 0

        Returns
        -------
        list of RidgeReadout
            The copy for alphas[k] has this `alpha`; it equals what `solve` gives, up to rounding.
        """
        owner = type(self).__name__
        self._check_record()
        values = np.array([check_real(owner, "alpha", alpha, 0, closed="neither") for alpha in alphas])
        copies = [copy.copy(self) for _ in alphas]
        for readout, alpha in zip(copies, alphas, strict=True):
            readout.alpha = alpha
        if len(copies) == 1:
            return [copies[0].solve()]
        with one_blas_thread():
            path = self._record.factorised().path(values)
            intercepts = self._record.intercept(path)
        every = np.ones(self._record.n_outputs)
        return [r._take(values[k] * every, path[:, k], intercepts[k]) for k, r in enumerate(copies)]

    def record_kind(self) -> str:
        """The record that these settings ask for, by its name; see `solver`."""
        self._check_parameters()
        smallest = read_candidates(self).min() if isinstance(self.alpha, str) else self.alpha
        solver = ("qr" if smallest < _SMALL else "gram") if self.solver == "auto" else self.solver
        return HELD_OUT[solver] if self._holds_out else solver

    def conditioning(self) -> Conditioning:
        """Condition number and rank of the rows so far, and the degrees of freedom of every target."""
        check_is_fitted(self, "coef_")
        with one_blas_thread():
            principal = self._record.principal()
        return principal.conditioning(np.broadcast_to(self.alpha_, self._record.n_outputs))

    @property
    def _holds_out(self) -> bool:
        """Whether every row is held out, to choose the penalty."""
        return isinstance(self.alpha, str) and self.alpha == "loo"

    def _rows(self, X: Any, y: Any, first: bool, check_input: bool) -> tuple[np.ndarray, np.ndarray, bool]:
        """Rows, targets (n_rows, n_outputs), and whether y was 1-D, in float64."""
        if check_input:
            rows, targets, one_output = read_pairs(self, X, y, reset=first)
            return check_magnitude(rows, "X", type(self).__name__), targets, one_output
        check_widths(self, X, y, first=first)
        if first:
            self.n_features_in_ = X.shape[1]
        return X.astype(np.float64, copy=False), y.astype(np.float64).reshape(len(y), -1), y.ndim == 1

    def _check_record(self) -> None:
        if self._known().weight <= 0:
            raise ValueError("Sample weights must contain at least one non-zero number.")

    def _take(self, alpha: np.ndarray, coef: np.ndarray, intercept: np.ndarray) -> Self:
        """Penalties (n_outputs,), coefficients (n_features, n_outputs) and intercepts as the fitted attributes."""
        self.alpha_ = float(alpha[0]) if len(set(alpha)) == 1 else alpha
        self._publish(np.array(coef.T, order="C"), intercept)
        return self

    def _solved(self, alpha: float) -> tuple[np.ndarray, np.ndarray]:
        coef = self._record.solve(alpha) if alpha > 0 else None
        every = np.full(self._record.n_outputs, alpha)
        if coef is None:
            principal = self._record.principal()
            possible = min(principal.n_features, principal.n_rows - principal.centred)
            if alpha == 0 and len(principal.sizes) < possible:
                text = f"The rank of the rows is {len(principal.sizes)} of {principal.n_features} features"
                warnings.warn(f"{text}: taking the solution of least norm.", LinAlgWarning, stacklevel=4)
            coef = principal.coefficients(every)
        return every, coef

    def _chosen(self) -> tuple[np.ndarray, np.ndarray]:
        few = self._too_few()
        if few and not candidates_are_asked():
            return self._solved(DEFAULT_ALPHA)
        if few:
            raise ValueError(f"alpha={self.alpha!r} of {type(self).__name__} needs at least {few}.")
        alphas = read_candidates(self)
        scores, solvable = self._scores(alphas)
        best = scores.argmin(axis=0)
        if self.slack > 0:
            within = scores <= (1 + self.slack) * scores.min(axis=0)
            best = np.array([int(np.flatnonzero(own)[np.argmax(alphas[own])]) for own in within.T])
        self._warn_at_edges(alphas, best, solvable.trace)
        return alphas[best], solvable.coefficients(alphas[best])

    def _too_few(self) -> str:
        """What it takes to choose a penalty, where there is less; empty where there is enough."""
        if self.alpha == "blocked":
            return self._complete_blocks().too_few()
        least = 1 + self._record.centred
        return f"{least} rows of a weight > 0" if self._record.n_rows < least else ""

    def _scores(self, alphas: np.ndarray) -> tuple[np.ndarray, Solvable]:
        """What of every candidate is to be small (n_alphas, n_outputs), and the record to solve."""
        if self.alpha == "blocked":
            errors = self._complete_blocks().errors(alphas)
            return errors, self._record if isinstance(self._record, Moments) else self._record.factorised()
        factorised = self._record.factorised()
        if self.alpha == "gcv":
            return factorised.generalised_cross_validation(alphas), factorised
        if not isinstance(factorised, LeftVectors):
            raise changed_since(self, "alpha")
        return np.repeat(factorised.leave_one_out(alphas)[:, None], self._record.n_outputs, axis=1), factorised

    def _complete_blocks(self) -> Blocks:
        """The blocks, refused where rows came while another `alpha` asked for none."""
        blocks = self._blocks_so_far()
        if sum(block.n_rows for block in blocks.known()) != self._record.n_rows:
            raise changed_since(self, "alpha")
        return blocks

    def _warn_at_edges(self, alphas: np.ndarray, best: np.ndarray, trace: float) -> None:
        """A PenaltyWarning where a best candidate is the first or last, unless it was so in the solution before."""
        at_edge = alphas[best] * np.isin(best, (0, len(alphas) - 1))
        before = np.broadcast_to(getattr(self, "alpha_", 0.0), len(best))
        if (
            candidates_are_asked()
            and len(alphas) > 1
            and (at_edge > 0).any()
            and not ((at_edge == 0) | (at_edge == before)).all()
        ):
            advice = edge_advice(type(self).__name__, alphas, best, trace)
            warnings.warn(advice, PenaltyWarning, stacklevel=5)

    def _check_parameters(self) -> None:
        p = Parameters(self)
        if isinstance(self.alpha, str):
            p.choice("alpha", ["gcv", "blocked", "loo"])
        else:
            p.real("alpha", 0)
        read_candidates(self)
        p.choice("solver", ["auto", *TALL])
        p.flag("fit_intercept")
        p.real("slack", 0)

    def _check_continues(self, before: Record, targets: np.ndarray, one_output: bool) -> None:
        check_outputs(self, before.n_outputs, targets, one_output)
        if before.centred != self.fit_intercept or kind_of(before) != self.record_kind():
            raise changed_since(self, "fit_intercept", "alpha", "solver")
