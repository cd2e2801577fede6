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
    "EUNN",
    "GRU",
    "IRNN",
    "LSTM",
    "UGRNN",
    "Cell",
    "Elman",
    "Householder",
    "PhasedLSTM",
    "Steps",
    "Unitary",
]


def _derived(cell: type[Cell]) -> list[type[Cell]]:
    """All classes below this one."""
    return [below for part in cell.__subclasses__() for below in (part, *_derived(part))]


CELLS: dict[str, type[Cell]] = {part.name: part for part in sorted(_derived(Cell), key=lambda part: part.name)}
"""The cells by the name that `cell=` takes: all that are imported here."""
