"""Runs of a reservoir over many sequences, in blocks of bounded size."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple, TypeVar

import numpy as np

from reservoir.parts import System
from reservoir.sequences import Sequences
from reservoir.sequences.gaps import Pieces
from reservoir.threads import n_threads, spread
from reservoir.trials import run_trial

BLOCK_ROWS = 4096
_Batch = list[tuple[int, int, np.ndarray]]  # number of the sequence, first row, rows
_Seen = TypeVar("_Seen")


class Block(NamedTuple):
    """Consecutive rows of one sequence with their states."""

    sequence: int  # index of the sequence
    first: int  # position of the first row in the sequence
    inputs: np.ndarray  # (n_rows, n_features)
    states: Any  # (n_rows, n_units), or what `run` gives
    final_state: Any  # state after the last row


def run_in_blocks(
    reservoir: System,
    sequences: Sequences,
    state: Iterable[Any] | None = None,
    first_trial: int | None = None,
    n_rows: int = BLOCK_ROWS,
    run: Callable[..., Any] = run_trial,
) -> Iterator[list[Block]]:
    """States of all sequences in blocks of so many rows; a long sequence is cut and its state carried over.

    Where a sequence is cut depends on that sequence alone; a block that continues one is run by itself. `state` holds
    one entry per sequence, or is None. Sequence k is trial first_trial + k; None is trial 0 for all. A system whose
    states depend on rows to come, or on where a run is cut, gets sequences whole. `run` is called as `run_trial` is,
    and gives an entry for each sequence.
    """
    return see_in_blocks(reservoir, sequences, lambda blocks: blocks, state, first_trial, n_rows, run)


def see_in_blocks(
    reservoir: System,
    sequences: Sequences,
    see: Callable[[list[Block]], _Seen],
    state: Iterable[Any] | None = None,
    first_trial: int | None = None,
    n_rows: int = BLOCK_ROWS,
    run: Callable[..., Any] = run_trial,
) -> Iterator[_Seen]:
    """What a function sees of the blocks that are run together, see `run_in_blocks`.

    Where the system may run in any thread, several threads run and see blocks of sequences that stand whole in them.
    """
    whole = not (getattr(reservoir, "causal", True) and getattr(reservoir, "piecewise", True))
    longest = max(map(len, sequences.members())) if whole else n_rows
    carried = dict(enumerate(state)) if state is not None else {}
    at_once = n_threads(np.inf) if len(sequences) > 1 and getattr(reservoir, "any_thread", False) else 1

    def work(batch: _Batch) -> _Seen:
        return see(_run_batch(reservoir, batch, carried, first_trial, run))

    for batches in _rounds(_batches(sequences, n_rows, longest), sequences.lengths, at_once):
        yield from spread(work, batches) if len(batches) > 1 else [work(batches[0])]


def _batches(sequences: Sequences, n_rows: int, longest: int) -> Iterator[_Batch]:
    """What is run together."""
    batch: _Batch = []
    size = 0
    for index, rows in enumerate(sequences.members()):
        for first in range(0, len(rows), longest):
            if batch and (size + len(rows) > n_rows or first or batch[-1][1]):
                yield batch
                batch, size = [], 0
            batch.append((index, first, rows[first : first + longest]))
            size += len(batch[-1][2])
    yield batch


def _rounds(batches: Iterator[_Batch], lengths: np.ndarray, at_once: int) -> Iterator[list[_Batch]]:
    """Batches that may be run at the same time, at most so many: a part of a sequence waits for what stands before."""
    group: list[_Batch] = []
    for batch in batches:
        alone = any(len(rows) < lengths[index] for index, _, rows in batch)
        if group and (alone or len(group) == at_once):
            yield group
            group = []
        group.append(batch)
        if alone:
            yield group
            group = []
    yield from [group] if group else []


def _run_batch(
    reservoir: System,
    batch: _Batch,
    carried: dict[int, Any],
    first_trial: int | None,
    run: Callable[..., Any],
) -> list[Block]:
    known = [carried.get(index) for index, _, _ in batch]
    at_rest = [one for one, state in zip(batch, known, strict=True) if state is None]
    if 0 < len(at_rest) < len(batch):  # systems take a state for every sequence, or none
        others = [one for one, state in zip(batch, known, strict=True) if state is not None]
        found = [
            block for part in (at_rest, others) for block in _run_batch(reservoir, part, carried, first_trial, run)
        ]
        return sorted(found, key=lambda block: block.sequence)
    rows = [rows for _, _, rows in batch]
    trials = None if first_trial is None else [first_trial + index for index, _, _ in batch]
    states, finals = run(reservoir, rows, None if all(entry is None for entry in known) else known, trials)
    carried.update({index: final for (index, _, _), final in zip(batch, finals, strict=True)})
    return [
        Block(index, first, np.asarray(inputs), block_states, final)
        for (index, first, inputs), block_states, final in zip(batch, states, finals, strict=True)
    ]


def states_of_pieces(pieces: Pieces, sequences: Sequences, state: list[Any] | None) -> list[Any] | None:
    """The state before every piece: that of its sequence where it begins it, rest behind a gap."""
    if state is None or pieces.sequences is sequences:
        return state
    begins = np.isin(pieces.places[pieces.sequences.offsets[:-1]], sequences.offsets[:-1])
    return [state[index] if first else None for index, first in zip(pieces.whole, begins, strict=True)]


def finals_of(pieces: Pieces, sequences: Sequences, ends: list[Any]) -> list[Any]:
    """The state after every sequence, from those after its pieces: rest where it ends in a gap."""
    if pieces.sequences is sequences:
        return ends
    finals: list[Any] = [None] * len(sequences)
    through = pieces.places[pieces.sequences.offsets[1:] - 1] == sequences.offsets[pieces.whole + 1] - 1
    for index, whole, end in zip(pieces.whole, through, ends, strict=True):
        finals[index] = end if whole else None
    return finals
