"""What a recurrent cell is, and how to add one.

A cell is one file in this folder: a record of options, the initial weights, a forward and a backward kernel. It never
sees layers, directions, losses, optimisers or lengths. The layer around it does everything that is the same for all
cells:

    drive = X input_weights + bias          before the loop, one product for all rows
    outputs = cell.forward(drive)           the loop over steps: the cell's file
    d_drive = cell.backward(d_outputs)      the loop backwards: the cell's file
    gradients of input_weights, bias, X     after the loop, one product for all rows

**Rows** are packed as in `reservoir.rnn.packing`: step t is the rows starts[t]:starts[t + 1], the longest sequence
first. With n = starts[t + 1] - starts[t], row s < n of a step belongs to row s of the state, and n never grows.

**State** is a tuple of arrays (n_sequences, width), as many as `state_widths` says, the first of which is what the cell
gives out unless `n_outputs` says otherwise. `forward` moves it on in place; rows of sequences that have ended keep the
state of their last step. `backward` gets the gradient with respect to the state after the last step in arrays of the
same shapes, and turns it in place into the gradient with respect to the state before the first step. So long sequences
can be cut anywhere and the state, or its gradient, handed on. A complex state is two arrays, or one of
[real parts, imaginary parts].

**Parameters** are a dict of named float arrays of one type, as `draw` makes them: "input_weights" (n_inputs, n_drive)
and "bias" (n_drive,), which belong to the layer, and whatever else the cell needs, whose gradients `backward` returns.
A cell with ``bias_in_drive = False`` gets the bare product X input_weights as its drive; a bias, if it has one, is then
its own, and so is the gradient. Names that end in "weights" are penalised by `alpha`. An array "initial_state" (sum of
the state widths,) is the learnt state before the first row; the layer takes care of it, and without it the state begins
at zero.

**Steps** tell a kernel about the rows: `starts`, the time stamp of every row, and one mask per sequence for the state
that is fed back (`recurrent_mask`, empty without dropout). The mask multiplies the state where it enters the recurrent
product, not where it is carried on. A cell whose `time_column` is a number gets that column of X as `times`, not as an
input; in other cells it is empty. `training` tells the cells that compute something else in training.

A kernel
    - is decorated by ``compilation.kernel`` with the files of the kernels that it calls,
    - gets arrays and numbers only, and works for float32 and float64,
    - multiplies by `row_products.add_row_products`, whose bits do not depend on the other rows,
    - has at most five arrays in one loop over units, each a slice made before the loop, so that the loop vectorises.

To add a cell: its file, its import and name in ``cells/__init__.py``, its twin in ``tests/rnn/recurrent_oracles.py``,
with some of its options if it has any. ``tests/rnn/test_cells.py`` walks the exports: equality with the twin, every
gradient against finite differences (ragged, stacked, in two directions, with masks, truncated, cut into pieces), bits
that do not depend on the batch. Other tests walk them too, and say what they miss.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from reservoir.compilation import kernel
from reservoir.estimators import BaseEstimator
from reservoir.rnn import row_products
from reservoir.rnn.row_products import add_row_products

Arrays = dict[str, np.ndarray]
"""Parameters or gradients by name."""
State = tuple[np.ndarray, ...]
"""One array (n_sequences, width) per part of the state."""


class Steps(NamedTuple):
    """What the kernels of a cell are told about the packed rows."""

    starts: np.ndarray  # (n_steps + 1,)
    times: np.ndarray  # (n_rows,), or (0,) where the cell asks for none
    recurrent_mask: np.ndarray  # (n_sequences, n_outputs), or (0, n_outputs) without dropout
    training: bool = False  # whether the outputs are those of training, or predictions


class Cell(BaseEstimator):
    """Base of all cells."""

    name: str
    """What `cell=` of the estimators calls it."""

    bias_in_drive: bool = True
    """Whether the layer adds "bias" to the drive and finds its gradient; if not, both are the business of the cell."""

    time_column: int | None = None
    """The column of X that holds time stamps, if the cell reads any."""

    def check(self) -> None:
        """Raise ValueError for an option outside its range."""

    def n_outputs(self, n_units: int) -> int:
        """Columns of what the next layer sees."""
        return n_units

    def n_drive(self, n_units: int) -> int:
        """Columns of the drive; as many as of the outputs unless the cell says more."""
        return self.n_outputs(n_units)

    def state_widths(self, n_units: int) -> tuple[int, ...]:
        """Columns of each state array; one array like the outputs unless the cell says more."""
        return (self.n_outputs(n_units),)

    def draw(self, n_inputs: int, n_units: int, rng: np.random.Generator) -> Arrays:
        """The parameters at the start of training, in float64."""
        raise NotImplementedError

    def forward(self, parameters: Arrays, drive: np.ndarray, steps: Steps, state: State) -> tuple[np.ndarray, Any]:
        """Run over packed rows.

        Parameters
        ----------
        parameters : dict of arrays
        drive : array (n_rows, n_drive)
            May be overwritten and kept.
        steps : Steps
        state : tuple of arrays (n_sequences, width)
            Moved on in place.

        Returns
        -------
        outputs : array (n_rows, n_outputs)
        tape : anything
            What `backward` needs; used once.
        """
        raise NotImplementedError

    def backward(
        self,
        parameters: Arrays,
        tape: Any,
        steps: Steps,
        d_outputs: np.ndarray,
        d_state: State,
    ) -> tuple[np.ndarray, Arrays]:
        """Gradients of a loss, given those with respect to the outputs and to the state after the last step.

        Parameters
        ----------
        parameters : dict of arrays
        tape : what `forward` returned
        steps : Steps
        d_outputs : array (n_rows, n_outputs)
            Must not be changed.
        d_state : tuple of arrays (n_sequences, width)
            Moved in place to the gradient with respect to the state before the first step.

        Returns
        -------
        d_drive : array (n_rows, n_drive)
        gradients : dict of arrays
            Of all parameters except "input_weights", "initial_state" and, where it stands in the drive, "bias".
        """
        raise NotImplementedError


@kernel()
def mask_state(state, mask, out):
    """The state (n, n_outputs) that enters the recurrent product: masked where there is a mask."""
    for s in range(len(out)):
        row, target = state[s], out[s]
        if len(mask):
            kept = mask[s]
            for j in range(target.size):
                target[j] = row[j] * kept[j]
        else:
            for j in range(target.size):
                target[j] = row[j]


@kernel()
def mask_gradient(mask, d_state):
    """Multiply the gradient (n, n_outputs) of what was fed back by the mask, in place."""
    if len(mask):
        for s in range(len(d_state)):
            row, kept = d_state[s], mask[s]
            for j in range(row.size):
                row[j] *= kept[j]


@kernel(row_products.__file__)
def add_fed_back(d_drive, transposed, mask, scratch, d_state):
    """Add to the gradient (n, n_outputs) of the state what came by way of the recurrent product.

    `transposed` is (n_drive, n_outputs), `scratch` like `d_state`; it serves where there is a mask.
    """
    if len(mask):
        scratch[:] = 0
        add_row_products(d_drive, transposed, scratch)
        mask_gradient(mask, scratch)
        for s in range(len(d_state)):
            row, more = d_state[s], scratch[s]
            for j in range(row.size):
                row[j] += more[j]
    else:
        add_row_products(d_drive, transposed, d_state)
