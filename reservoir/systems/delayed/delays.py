"""Rows of the past side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar

import numpy as np

from reservoir.neurons.rate.delayed_rows import Plain
from reservoir.sequences import Sequences
from reservoir.sizes import check_fits
from reservoir.systems.delayed.rows_of_the_past import RowsOfThePast


@dataclass(eq=False, repr=False)
class Delays(RowsOfThePast):
    """The present row beside earlier ones: a memory without dynamics.

        states(t) = [x(t), x(t - stride), ..., x(t - (delays - 1) stride)]

    In a `Chain` before a reservoir it delays what that hears, behind one what a readout sees of its states. Each
    column is one value of linear memory: behind a reservoir of N units k rows make k N columns, whose linear memory
    capacity is at most k N. Before the first row of a sequence that row stands for those that are missing; leave so
    many rows out by a `washout`, as a forecaster does by itself.

    Parameters
    ----------
    delays : int >= 1 or list of different int >= 0, default 2
        How many rows are heard, the present one included; or how many steps back each of them stands, 0 the present.
    stride : int >= 1, default 1
        Steps from one row to the next; of a list it is the unit.

    Attributes
    ----------
    lags_ : int array (n_rows,)
        How many steps back the rows stand that are heard.
    n_features_in_ : int
    feature_names_in_ : array (n_features,), where the data had names

    Raises
    ------
    ValueError
        For a parameter outside its range, unusable data, and a state of another size.

    References
    ----------
    Fleddermann, Herzog, Parlitz 2025, Enhancing reservoir predictions of chaotic time series by incorporating delayed
    values of input and reservoir variables, Chaos 35(5):053147, doi:10.1063/5.0258250.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.systems import Delays
    >>> Delays([0, 2]).fit_transform(np.array([[1.0], [2.0], [3.0], [4.0]]))
    array([[1., 1.],
           [2., 1.],
           [3., 1.],
           [4., 2.]])
    """

    delays: int | Sequence[int] | np.ndarray = 2
    _: KW_ONLY
    stride: int = 1

    learned: ClassVar[dict[str, Any]] = {
        "lags_": "integers (k)",
        "n_features_in_": "size (f)",
        "_n_features_out": "size (n)",
    }

    def _fits(self, n_numbers: int) -> bool:
        return self._n_features_out == n_numbers

    def _learn(self, sequences: Sequences, n_numbers: int) -> int:
        check_fits(type(self).__name__, "delays", self.delays, 16.0 * n_numbers, "a row of states")
        return n_numbers

    def _functions(self) -> Plain:
        return Plain(self._n_features_out)
