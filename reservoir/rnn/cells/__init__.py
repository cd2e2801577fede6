"""Recurrent cells, one file each; see `reservoir.rnn.cells.cell` for how to add one."""

from reservoir.rnn.cells.cell import Cell, Steps
from reservoir.rnn.cells.elman import Elman
from reservoir.rnn.cells.eunn import EUNN
from reservoir.rnn.cells.gru import GRU
from reservoir.rnn.cells.householder import Householder
from reservoir.rnn.cells.irnn import IRNN
from reservoir.rnn.cells.lstm import LSTM
from reservoir.rnn.cells.phased_lstm import PhasedLSTM
from reservoir.rnn.cells.ugrnn import UGRNN
from reservoir.rnn.cells.unitary import Unitary

__all__ = [
    "EUNN", "GRU", "IRNN", "LSTM", "UGRNN", "Cell", "Elman", "Householder", "PhasedLSTM", "Steps", "Unitary",
]  # fmt: skip

CELLS: dict[str, type[Cell]] = {
    part.name: part for part in (globals()[name] for name in __all__) if issubclass(part, Cell) and part is not Cell
}
"""The cells by the name that `cell=` takes."""
