"""Far fewer rows than features, kept as they are: the small record for least squares."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial, reduce
from itertools import pairwise
from typing import Any, cast

import numpy as np
from scipy.linalg import lapack

from reservoir.memory import check_memory
from reservoir.readouts.held_out_rows import HELD_OUT, HeldOutRows, bytes_to_solve
from reservoir.readouts.kept_rows import KeptRows
from reservoir.readouts.moments import Moments
from reservoir.readouts.penalty import Principal
from reservoir.readouts.record import Factorised, Record, TallRecord, check_alike, merged
from reservoir.readouts.triangle import Triangle

TALL: dict[str, Any] = {"gram": Moments, "qr": Triangle}
RecordOfRows = Callable[[np.ndarray, np.ndarray, np.ndarray | None, bool], Record]


@dataclass(frozen=True)
class WideRows(KeptRows):
    """Weighted rows x (n_features,) with targets y (n_outputs,), fewer than half the features.

    Ridge coefficients are sums of the rows. So the rows Z about their mean are turned into the space that they span,
    by Z^T = Q R, where there are no more features than rows; what is solved there goes back by coef = Q coef'. Q keeps
    all lengths, so that penalties, scores and solutions of least norm are the same. As soon as there are more rows,
    the record becomes that of its `solver`, and is what it would be without this one.

    `ends` tells how many rows there were after each block that came (array of int).
    """

    ends: np.ndarray

    @classmethod
    def of_rows(cls, solver: str, X: np.ndarray, y: np.ndarray, weights: np.ndarray | None, centred: bool) -> WideRows:
        """Rows (n, n_features) with targets (n, n_outputs), copied."""
        known = np.ones(len(X)) if weights is None else np.array(weights, dtype=np.float64)
        return cls(np.array(X), np.array(y), known, centred, solver, np.array([len(X)]))

    def merged(self, other: WideRows) -> WideRows:
        """Both sets of rows together."""
        check_alike(self, other)
        ends = np.concatenate([self.ends, len(self.X) + other.ends])
        return WideRows(*self.with_rows_of(other), self.centred, self.solver, ends)

    def tall(self) -> Record:
        """The same rows in the record of the `solver`, block by block as they came."""
        parts = [slice(start, stop) for start, stop in pairwise([0, *self.ends.tolist()])]
        return merged([_tall_record(self, self.X, part) for part in parts])

    def solve(self, alpha: float) -> np.ndarray | None:
        """Coefficients (n_features, n_outputs) for one penalty; None where rounding spoils them."""
        turned = Turned.of(self)
        coef = turned.record.solve(alpha)
        return None if coef is None else turned.back(coef)

    def factorised(self) -> Turned:
        """What solves for every penalty."""
        return Turned.of(self)

    def principal(self) -> Principal:
        """The rows along their principal directions; what rounding cannot tell from zero is left out."""
        turned = Turned.of(self)
        principal = turned.record.principal()
        return principal._replace(basis=turned.back(principal.basis), n_features=self.n_features)


@dataclass(frozen=True)
class Turned:
    """Wide rows in the space that they span, where there are as many features as rows, and the way back."""

    record: Record
    reflectors: np.ndarray  # of Q, as LAPACK stores them (n_features, n)
    factors: np.ndarray

    @classmethod
    def of(cls, rows: WideRows) -> Turned:
        """The record of the turned rows."""
        turned, reflectors, factors = _turned(rows)
        return cls(_tall_record(rows, turned, slice(None)), reflectors, factors)

    @cached_property
    def inside(self) -> Factorised:
        """What solves for every penalty in that space."""
        return self.record.factorised()

    @property
    def trace(self) -> float:
        """Sum of the squared singular values."""
        return self.inside.trace

    def coefficients(self, alpha: np.ndarray) -> np.ndarray:
        """coef (n_features, n_outputs) for one penalty per target (n_outputs,)."""
        return self.back(self.inside.coefficients(alpha))

    def path(self, alphas: np.ndarray) -> np.ndarray:
        """coef (n_features, n_alphas, n_outputs) for every penalty and target."""
        return self.back(self.inside.path(alphas))

    def generalised_cross_validation(self, alphas: np.ndarray) -> np.ndarray:
        """Scores (n_alphas, n_outputs), smaller is better."""
        return self.inside.generalised_cross_validation(alphas)

    def back(self, coef: np.ndarray) -> np.ndarray:
        """Q times what was found for the turned rows: (n, ...) -> (n_features, ...)."""
        columns = coef.reshape(len(coef), -1)
        padded = np.zeros((len(self.reflectors), columns.shape[1]), order="F")
        padded[: len(columns)] = columns
        n_work = 64 * columns.shape[1]
        found, _, _ = lapack.dormqr("L", "N", self.reflectors, self.factors, padded, n_work, overwrite_c=1)
        return found.reshape(len(found), *coef.shape[1:])


def is_wide(n_rows: int, n_features: int) -> bool:
    """Whether rows are so few that turning them costs less than products of the features."""
    return 2 * n_rows < n_features


def stays_wide(owner: str, before: Record | None, shape: tuple[int, ...], kind: str, blocked: bool) -> bool:
    """Whether rows of this shape leave rows wide; MemoryError where what comes of them does not fit."""
    n_more, n_features = shape
    n = n_more + (len(before.X) if isinstance(before, KeptRows) else 0)
    wide = kind in TALL and is_wide(n, n_features) and (before is None or isinstance(before, WideRows))
    if kind not in TALL:
        n_bytes = bytes_to_solve(kind, n, n_features)
    else:
        n_bytes = 8.0 * n_features * (n * (2 + blocked) if wide else n_features * (2 + 5 * blocked))
    check_memory(owner, f"the record of {n_more} rows of {n_features} features", n_bytes)
    return wide


def record_of_rows(kind: str, wide: bool) -> RecordOfRows:
    """What makes a record of this kind of rows: from X, y, weights or None, and whether it is centred."""
    if kind in TALL:
        return cast("RecordOfRows", partial(WideRows.of_rows, kind) if wide else TALL[kind].of_rows)
    solver = next(name for name, own in HELD_OUT.items() if own == kind)
    return cast("RecordOfRows", partial(HeldOutRows.of_rows, solver))


def kind_of(record: Record) -> str:
    """The kind of record that a readout asks for when it has this one."""
    if isinstance(record, HeldOutRows):
        return HELD_OUT[record.solver]
    return record.solver if isinstance(record, WideRows) else next(k for k, v in TALL.items() if v is type(record))


def tall(record: Record) -> Record:
    """The record whose size does not depend on the rows."""
    return record.tall() if isinstance(record, WideRows) else record


def merged_rows(records: list[Record]) -> Record:
    """Record of all rows together; a wide one as long as rows are few."""
    wide = [one for one in records if isinstance(one, WideRows)]
    if len(wide) == len(records) and is_wide(sum(len(one.X) for one in wide), wide[0].n_features):
        return merged(records)
    return merged([tall(record) for record in records])


def in_one_space(records: list[Record]) -> list[TallRecord]:
    """Wide records as those of their rows turned by the same Q, so that they may predict one another; others as is."""
    wide = [one for one in records if isinstance(one, WideRows)]
    if not wide:
        return cast("list[TallRecord]", records)
    together = reduce(WideRows.merged, wide)
    turned, _, _ = _turned(together)
    ends = np.cumsum([len(one.X) for one in wide]).tolist()
    return [_tall_record(together, turned, slice(start, stop)) for start, stop in pairwise([0, *ends])]


def _turned(rows: WideRows) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Z Q (n, n) for the rows Z, reflectors and factors of Q; about the mean, a large one costs no digits."""
    check_memory("RidgeReadout", f"the {len(rows.X)} rows of {rows.n_features} features", 16.0 * rows.X.size)
    about_mean = rows.X - rows.X.mean(axis=0) if rows.centred else rows.X.copy()
    reflectors, factors, _, _ = lapack.dgeqrf(about_mean.T, lwork=64 * len(rows.X), overwrite_a=1)
    return np.triu(reflectors[: len(rows.X)]).T, reflectors, factors


def _tall_record(rows: WideRows, turned: np.ndarray, part: slice) -> TallRecord:
    weights = rows.weights[part]
    return TALL[rows.solver].of_rows(turned[part], rows.y[part], _or_none(weights), rows.centred)


def _or_none(weights: np.ndarray) -> np.ndarray | None:
    """None for weights of 1, which need no multiplication."""
    return None if (weights == 1).all() else weights
