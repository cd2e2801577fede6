"""A cell that runs over packed rows in one direction, with the products that all cells share."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from reservoir.compilation import kernel, rows_per_call
from reservoir.rnn import row_products
from reservoir.rnn.cells import Cell, Steps
from reservoir.rnn.cells.cell import Arrays, State
from reservoir.rnn.packing import Packing
from reservoir.rnn.row_products import affine_rows, sum_over_rows
from reservoir.threads import still_wanted


class Tape(NamedTuple):
    """What the way back needs of a way there."""

    inputs: np.ndarray
    pieces: list[tuple[int, int, Any]]  # (first step, last step, tape of the cell)
    packing: Packing
    times: np.ndarray
    mask: np.ndarray
    from_start: bool  # whether the state before the first row was the layer's own
    training: bool


@kernel(row_products.__file__)
def _drive(inputs, weights, bias, out):
    affine_rows(inputs, weights, bias, out)


@dataclass
class Layer:
    """One direction of one layer. `parameters` are views of the network's flat vector."""

    cell: Cell
    n_units: int
    parameters: Arrays
    reverse: bool = False

    @property
    def dtype(self) -> np.dtype:
        """Type of parameters and states."""
        return self.parameters["input_weights"].dtype

    @property
    def n_outputs(self) -> int:
        """Columns of the outputs."""
        return self.cell.n_outputs(self.n_units)

    @property
    def state_size(self) -> int:
        """Numbers in the state of one sequence."""
        return sum(self.cell.state_widths(self.n_units))

    def start(self, n_sequences: int) -> np.ndarray:
        """The state (n_sequences, state_size) before the first row."""
        initial = self.parameters.get("initial_state", np.zeros(self.state_size, self.dtype))
        return np.tile(initial, (n_sequences, 1))

    def forward(
        self,
        inputs: np.ndarray,
        packing: Packing,
        times: np.ndarray,
        state: np.ndarray | None,
        mask: np.ndarray,
        training: bool = False,
    ) -> tuple[np.ndarray, np.ndarray, Tape]:
        """Outputs (n_rows, n_outputs) of packed rows, the final state (n_sequences, state_size), and the tape.

        `times` is (n_rows,) or empty, `state` None at the beginning, `mask` (n_sequences, n_outputs) or without rows.
        """
        from_start = state is None
        if self.reverse:
            mirror = packing.mirrored()
            inputs, times = inputs[mirror], times[mirror] if times.size else times
        weights, bias = self.parameters["input_weights"], self._bias_of_drive()
        drive = np.empty((len(inputs), bias.size), self.dtype)
        running = self._arrays(self.start(len(packing.lengths)) if state is None else state)
        outputs, pieces = [], []
        for first, last in self._pieces(packing):
            still_wanted()
            rows = slice(packing.starts[first], packing.starts[last])
            _drive(inputs[rows], weights, bias, drive[rows])
            steps, here = self._steps(packing, times, mask, training, first, last, running)
            out, tape = self.cell.forward(self.parameters, drive[rows], steps, here)
            outputs.append(out)
            pieces.append((first, last, tape))
        joined = outputs[0] if len(outputs) == 1 else np.concatenate(outputs)
        joined = joined[mirror] if self.reverse else joined
        tape = Tape(inputs, pieces, packing, times, mask, from_start, training)
        return joined, np.concatenate(running, axis=1), tape

    def backward(self, tape: Tape, d_outputs: np.ndarray, gradients: Arrays, with_inputs: bool) -> np.ndarray | None:
        """Add to `gradients`; gives the gradient with respect to the inputs (n_rows, n_inputs) where it is wanted."""
        packing, weights = tape.packing, self.parameters["input_weights"]
        mirror = packing.mirrored() if self.reverse else None
        d_outputs = d_outputs if mirror is None else d_outputs[mirror]
        d_state = self._arrays(np.zeros((len(packing.lengths), self.state_size), self.dtype))
        d_inputs = np.empty((len(tape.inputs), len(weights)), self.dtype) if with_inputs else None
        for first, last, of_cell in reversed(tape.pieces):
            still_wanted()
            rows = slice(packing.starts[first], packing.starts[last])
            steps, here = self._steps(packing, tape.times, tape.mask, tape.training, first, last, d_state)
            d_drive, own = self.cell.backward(self.parameters, of_cell, steps, d_outputs[rows], here)
            own["input_weights"] = sum_over_rows(tape.inputs[rows], d_drive)
            if self.cell.bias_in_drive:
                own["bias"] = d_drive.sum(axis=0)
            for name, gradient in own.items():
                gradients[name] += gradient
            if d_inputs is not None:
                np.matmul(d_drive, weights.T, out=d_inputs[rows])
        if tape.from_start and "initial_state" in gradients:
            gradients["initial_state"] += np.concatenate(d_state, axis=1).sum(axis=0)
        return d_inputs if d_inputs is None or mirror is None else d_inputs[mirror]

    def _bias_of_drive(self) -> np.ndarray:
        """What is added to the product with the inputs: the bias, or nothing where that is the business of the cell."""
        if self.cell.bias_in_drive:
            return self.parameters["bias"]
        return np.zeros(self.parameters["input_weights"].shape[1], self.dtype)

    def _arrays(self, state: np.ndarray) -> State:
        """The state of all sequences as the arrays that the cell wants."""
        ends = np.cumsum(self.cell.state_widths(self.n_units))
        return tuple(np.array(part, dtype=self.dtype, order="C") for part in np.split(state, ends[:-1], axis=1))

    def _pieces(self, packing: Packing) -> list[tuple[int, int]]:
        """Ranges of steps that one call of a kernel takes."""
        work = sum(array.size for array in self.parameters.values()) + 50 * self.n_units
        rows = rows_per_call(work, "packed multiplication")
        n_steps = len(packing.starts) - 1
        cuts = [0]
        while cuts[-1] < n_steps:
            fitting = np.searchsorted(packing.starts, packing.starts[cuts[-1]] + rows, side="right") - 1
            cuts.append(min(n_steps, max(cuts[-1] + 1, int(fitting))))
        return list(itertools.pairwise(cuts))

    def _steps(
        self,
        packing: Packing,
        times: np.ndarray,
        mask: np.ndarray,
        training: bool,
        first: int,
        last: int,
        state: State,
    ) -> tuple[Steps, State]:
        """What the cell is told about the steps first:last, and the state of the sequences that run then."""
        starts = packing.starts[first : last + 1]
        n_running = starts[1] - starts[0]
        steps = Steps(starts - starts[0], times[starts[0] : starts[-1]], mask[:n_running], training)
        return steps, tuple(array[:n_running] for array in state)
