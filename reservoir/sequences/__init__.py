"""The one door for data: a series, a stack or a ragged list comes in, rows with offsets go through the house.

============== ======================================== ======================
kind           what the user gives                      what comes back
============== ======================================== ======================
``"series"``   2-D array or DataFrame (T, F)            array (T, K)
``"stack"``    3-D array (N, T, F)                      array (N, T, K)
``"list"``     list of N series (T_i, F), any lengths   list of arrays (T_i, K)
============== ======================================== ======================

Time stands before features, always. The structure decides the kind, never a length.
"""

from reservoir.sequences.containers import container_kind as container_kind
from reservoir.sequences.containers import is_one_series as is_one_series
from reservoir.sequences.containers import n_dimensions as n_dimensions
from reservoir.sequences.conversion import from_aeon, to_aeon
from reservoir.sequences.door import read_sequences as read_sequences
from reservoir.sequences.doubts import SequenceWarning
from reservoir.sequences.numbers import LARGEST as LARGEST
from reservoir.sequences.numbers import check_magnitude as check_magnitude
from reservoir.sequences.numbers import refuse_masked as refuse_masked
from reservoir.sequences.rows import Sequences as Sequences
from reservoir.sequences.rows import joined as joined
from reservoir.sequences.spikes import holds_spikes as holds_spikes
from reservoir.sequences.spikes import records_of as records_of

__all__ = ["SequenceWarning", "from_aeon", "to_aeon"]
