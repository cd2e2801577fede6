"""Blocks of rows that predict one another, where a penalty is chosen by that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import pairwise, permutations, zip_longest

import numpy as np

from reservoir.readouts.record import Record, TallRecord, joined, merged
from reservoir.readouts.wide_rows import RecordOfRows, in_one_space, tall
from reservoir.threads import spread

N_BLOCKS = 5
_ORDERS = np.array(list(permutations(range(N_BLOCKS))))


@dataclass(frozen=True)
class Blocks:
    """Records of up to 5 blocks: consecutive rows of one series, or whole sequences.

    Attributes
    ----------
    records : list of records
        Of whole sequences there are 5; None stands where no sequence has come yet.
    of_sequences : bool
    """

    records: list[Record | None]
    of_sequences: bool

    def continued(self, later: Blocks) -> Blocks:
        """These and the blocks of more rows that the same readout sees; a sequence goes on in the block that it has."""
        if not self.of_sequences:
            return self.merged(later)
        pairs = zip(self.records, later.records, strict=True)
        return Blocks([joined(mine, more) for mine, more in pairs], True)

    def merged(self, other: Blocks) -> Blocks:
        """These and the blocks of another readout, whose largest blocks of whole sequences join the smallest here."""
        if not self.of_sequences:
            return Blocks([*thinned([*self.known(), *other.known()], N_BLOCKS)], False)
        records = sorted(self.records, key=_n_rows)
        theirs = sorted(other.known(), key=_n_rows, reverse=True)
        return Blocks([joined(mine, more) for mine, more in zip_longest(records, theirs)], True)

    def tall(self) -> Blocks:
        """The same in records whose size does not depend on the rows."""
        return Blocks([record and tall(record) for record in self.records], self.of_sequences)

    def known(self) -> list[Record]:
        """The records that there are."""
        return [record for record in self.records if record is not None]

    def too_few(self) -> str:
        """What it takes that one block predicts another, where there is less; empty where there is enough."""
        return "" if len(self._weighing()) > 1 else "two sequences" if self.of_sequences else "two rows"

    def errors(self, alphas: np.ndarray) -> np.ndarray:
        """Squared errors (n_alphas, n_outputs) on the blocks whose rows weigh anything by what all others teach.

        The first block of a series, which may begin with a state at rest as no other row has it, teaches the others.
        """
        tasks = errors_of_blocks(in_one_space(self._weighing()), alphas, 0 if self.of_sequences else 1)
        errors = spread(_done, tasks, len(tasks) * float(self.known()[0].n_features) ** 3)
        return np.asarray(np.sum(errors, axis=0))

    def _weighing(self) -> list[Record]:
        """The records whose rows weigh anything."""
        return [record for record in self.known() if record.n_rows]


def parts_of(n_rows: int, sequence: np.ndarray | None) -> list[np.ndarray | slice | None]:
    """Which rows go into each block: a few equal runs of them, or those of whole sequences (n_rows,)."""
    if sequence is None:
        edges = np.unique(np.linspace(0, n_rows, min(N_BLOCKS, n_rows) + 1, dtype=int))
        return [slice(start, stop) for start, stop in pairwise(edges)]
    blocks = block_of(sequence)
    parts = [np.flatnonzero(blocks == number) for number in range(N_BLOCKS)]
    return [part if len(part) else None for part in parts]


def runs_of(n_rows: int, length: int) -> list[np.ndarray | slice | None]:
    """Runs of consecutive rows, the last one perhaps shorter."""
    return [slice(start, start + length) for start in range(0, n_rows, length)]


def records_of(
    of_rows: RecordOfRows,
    rows: np.ndarray,
    targets: np.ndarray,
    weights: np.ndarray | None,
    parts: list[np.ndarray | slice | None],
    centred: bool,
) -> list[Record | None]:
    """The record of each part of the rows; None where it has none."""

    def record(part: np.ndarray | slice | None) -> Record | None:
        if part is None:
            return None
        return of_rows(rows[part], targets[part], None if weights is None else weights[part], centred)

    return spread(record, parts, rows.size * rows.shape[1] / 2)


def block_of(sequence: np.ndarray) -> np.ndarray:
    """The block of every sequence (n,), given its number: five in a row go to five blocks, in an order that changes.

    So neither sequences that are sorted by class nor classes that take turns fill a block with one class. The order
    is the outcome of SplitMix64 (Steele, Lea and Flood 2014, doi:10.1145/2714064.2660195) for the number of the five.
    """
    fives, places = np.divmod(np.asarray(sequence, dtype=np.uint64), np.uint64(N_BLOCKS))
    mixed = (fives + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed = mixed ^ (mixed >> np.uint64(31))
    return _ORDERS[mixed % np.uint64(len(_ORDERS)), places]


def thinned(blocks: list[Record], most: int) -> list[Record]:
    """The blocks, the smallest neighbours joined as often as it takes to have at most `most`."""
    blocks = list(blocks)
    while len(blocks) > most:
        first = int(np.argmin([one.n_rows + other.n_rows for one, other in pairwise(blocks)]))
        blocks[first : first + 2] = [blocks[first].merged(blocks[first + 1])]
    return blocks


def errors_of_blocks(blocks: list[TallRecord], alphas: np.ndarray, first: int) -> list[Callable[[], np.ndarray]]:
    """What finds the squared errors (n_alphas, n_outputs) on each block from this one on by what all others teach."""
    before: list[Record | None] = [None]
    after: list[Record | None] = [None]
    for block, later in zip(blocks[:-1], blocks[:0:-1], strict=True):
        before.append(joined(before[-1], block))
        after.append(joined(later, after[-1]))

    def missed(block: TallRecord, *parts: Record | None) -> np.ndarray:
        others = merged([part for part in parts if part is not None])
        coef = others.factorised().path(alphas)
        return block.squared_errors(coef, others.intercept(coef))

    pieces = list(zip(blocks, before, reversed(after), strict=True))
    return [partial(missed, *piece) for piece in pieces[first:]]


def _done(task: Callable[[], np.ndarray]) -> np.ndarray:
    return task()


def _n_rows(record: Record | None) -> int:
    return 0 if record is None else record.n_rows
