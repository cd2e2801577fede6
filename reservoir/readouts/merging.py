"""A linear readout whose rows stand in records: what two of them have learned becomes what one has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Self

from reservoir.readouts.affine import LinearReadout
from reservoir.readouts.blocks import Blocks
from reservoir.readouts.held_out_rows import HeldOutRows
from reservoir.readouts.record import Record, check_alike
from reservoir.readouts.wide_rows import TALL, WideRows, kind_of, merged_rows
from reservoir.threads import one_blas_thread
from reservoir.validation import not_fitted, parameter_error, unchanged_on_error

_RECORDS: dict[str, Any] = {**TALL, "wide": WideRows, "held out": HeldOutRows}


class MergingLinearReadout(LinearReadout):
    """What `RidgeReadout` keeps of its rows: the record of all, and those of blocks where they choose its penalty."""

    learned: ClassVar[dict[str, Any]] = LinearReadout.learned | {
        "_record": "record (Moments, Triangle, WideRows, HeldOutRows)",
        "_blocks": "optional record (Blocks)",
    }
    alpha: float | str
    _record: Record
    _blocks: Blocks

    @property
    def tells_sequences_apart(self) -> bool:
        """Whether it matters to what is learned which sequence a row comes from."""
        return isinstance(self.alpha, str) and self.alpha == "blocked"

    def record_kind(self) -> str:
        """The record that the parameters ask for, by the name of the solver and what is kept for it."""
        raise NotImplementedError

    def solve(self) -> Self:
        """Set the coefficients from the record."""
        raise NotImplementedError

    @unchanged_on_error
    def merge(self, other: Self) -> Self:
        """Take in all that another readout has learned; in place, exact up to rounding."""
        owner = type(self).__name__
        if not isinstance(other, MergingLinearReadout):
            raise parameter_error("merge", "other", f"a fitted {owner}", other)
        for (name, mine), theirs in zip(self._settings().items(), other._settings().values(), strict=True):
            if mine != theirs:
                raise ValueError(f"{owner} cannot merge readouts of different {name}: {mine} and {theirs}.")
        with one_blas_thread():
            self._record = merged_rows([self._record, other._record])
            if hasattr(self, "_blocks"):
                self._join(other._blocks_so_far(), Blocks.merged)
        return self.solve()

    def to_record(self) -> dict[str, Any]:
        """All that has been learned, as plain values and arrays that a file or another process can take."""
        record, own = self._known(), self._blocks_so_far()
        return {
            "kind": next(name for name, known in _RECORDS.items() if type(record) is known),
            "total": vars(record),
            "blocks": [block and vars(block) for block in own.records],
            "of_sequences": own.of_sequences,
            "one_output": self._one_output,
        }

    @unchanged_on_error
    def add_record(self, record: dict[str, Any]) -> Self:
        """Take in what another readout of the same settings has learned, without solving; see `to_record`.

        ValueError for the record of another `fit_intercept` or solver, of other features or outputs than those before,
        and of rows without blocks where these choose the penalty.
        """
        kind = _RECORDS[record["kind"]]
        total, blocks = kind(**record["total"]), [block and kind(**block) for block in record["blocks"]]
        self._check_added(total, record["one_output"], bool(blocks))
        with one_blas_thread():
            self._record = merged_rows([*self._records_so_far(), total])
            self._one_output, self.n_features_in_ = record["one_output"], total.n_features
            if blocks:
                self._join(Blocks(blocks, record["of_sequences"]), Blocks.merged)
        return self

    def check_learned(self) -> None:
        """ValueError unless all records are of one kind, and of these features and outputs."""
        records = [self._record, *self._blocks_so_far().known()]
        kinds = {(type(one), one.centred, one.n_outputs, one.n_features) for one in records}
        if len(kinds) > 1 or self._record.n_features != self.n_features_in_:
            raise ValueError(f"{type(self).__name__} holds records of other features or outputs")
        self.check_coefficients(self._record.n_outputs)

    def _check_parameters(self) -> None:
        raise NotImplementedError

    def _check_added(self, total: Record, one_output: bool, in_blocks: bool) -> None:
        """Refuse a record of other settings, and of other rows than those before."""
        self._check_parameters()
        theirs = kind_of(total), total.centred, in_blocks or not self.tells_sequences_apart
        if theirs != (self.record_kind(), bool(self.fit_intercept), True):
            raise ValueError(f"{type(self).__name__} cannot add the record of a readout with other settings.")
        for before in self._records_so_far():
            check_alike(before, total)
            if self._one_output != one_output:
                raise ValueError(f"{type(self).__name__} cannot add the record of a 1-D y to that of columns.")

    def _records_so_far(self) -> list[Record]:
        return [self._record] if hasattr(self, "_record") else []

    def _blocks_so_far(self) -> Blocks:
        return getattr(self, "_blocks", Blocks([], False))

    def _join(self, blocks: Blocks, by: Callable[[Blocks, Blocks], Blocks]) -> None:
        """Add blocks to those before."""
        before = getattr(self, "_blocks", None)
        if before is not None and before.of_sequences != blocks.of_sequences:
            raise ValueError(f"{type(self).__name__} must hear of the sequence of all rows, or of none.")
        if not isinstance(self._record, WideRows):
            blocks, before = blocks.tall(), before and before.tall()
        self._blocks = blocks if before is None else by(before, blocks)

    def _known(self) -> Record:
        if not hasattr(self, "_record"):
            raise not_fitted(self)
        return self._record

    def _settings(self) -> dict[str, Any]:
        """What readouts must share to be merged."""
        record = self._known()
        return {
            "alpha": self.alpha,
            "fit_intercept": self.fit_intercept,
            "solver": kind_of(record),
            "n_features_in_": record.n_features,
            "n_outputs": record.n_outputs,
            "depth of y": 1 if self._one_output else 2,
        }
