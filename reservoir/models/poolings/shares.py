"""The share of the rows of a sequence in which a unit is above a threshold."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from sklearn.utils.validation import check_is_fitted

from reservoir.estimators import BaseEstimator
from reservoir.models.poolings.tally import Asks, Counts, Tally
from reservoir.parts import Seed
from reservoir.sizes import check_fits
from reservoir.validation import Parameters, unchanged_on_error

StatesOf = Callable[[Iterable[int]], Iterator[np.ndarray]]
"""The rows (T_i, n_columns) of training sequences, which are run when they are asked for."""


@dataclass(eq=False, repr=False)
class Shares(BaseEstimator):
    """The shares of the rows in which a unit is above thresholds that are learnt from training sequences.

        share[k, i] = #{t : x_i(t) > h[k, i]} / T

    The units stand in groups of neighbours. For each group as many training sequences are drawn as there are
    thresholds, and h[k, i] is the q-quantile of x_i over sequence k of its group, with q drawn from U[0, 1) for each k
    and i. Labels are not looked at. A share says how long a unit was active, whatever the length of the sequence.

    Parameters
    ----------
    n_thresholds : int >= 1, default 4
        Thresholds K of every unit.
    n_groups : int >= 1, default 16
        Groups of about equal size, whose thresholds come from sequences of their own.
    random_state : None, int, Generator, SeedSequence or RandomState, default None
        Source of the sequences and the quantiles.

    Attributes
    ----------
    thresholds_ : array (n_thresholds, n_columns)
        The thresholds h, in the type of the states.

    Raises
    ------
    ValueError
        For a parameter outside its range, and rows with another number of columns than were learnt.

    Notes
    -----
    In a model `fit` runs the sequences that are drawn, at most ``n_thresholds * n_groups``, one at a time; the states
    of all sequences are never held together. Counts are whole numbers, so that shares have the same bits in any batch.

    References
    ----------
    Dempster, Petitjean, Webb 2020, ROCKET: exceptionally fast and accurate time series classification using random
    convolutional kernels, Data Mining and Knowledge Discovery 34(5):1454-1495, doi:10.1007/s10618-020-00701-z (the
    share above zero as a feature).
    Dempster, Schmidt, Webb 2021, MiniRocket: a very fast (almost) deterministic transform for time series
    classification, KDD 2021:248-257, doi:10.1145/3447548.3467231 (thresholds from quantiles of one training example).

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.models import Shares
    >>> training = [np.arange(5.0).reshape(-1, 1)]
    >>> shares = Shares(2, random_state=0).fit(lambda chosen: (training[k] for k in chosen), 1)
    >>> shares.thresholds_.round(2)
    array([[2.55],
           [1.08]])
    >>> shares.pool(np.array([[1.0], [2.0], [0.0], [3.0]]))
    array([0.25, 0.5 ])
    """

    n_thresholds: int = 4
    n_groups: int = 16
    random_state: Seed = None

    any_thread = True
    learned: ClassVar[dict[str, Any]] = {"thresholds_": "reals (k, c)"}

    @unchanged_on_error
    def fit(self, states_of: StatesOf, n_sequences: int) -> Shares:
        """Learn the thresholds.

        Parameters
        ----------
        states_of : callable
            ``states_of(numbers)`` gives the rows (T_i, n_columns) of these training sequences, one after the other.
        n_sequences : int
            Number of training sequences.
        """
        p = Parameters(self)
        n_thresholds, n_groups = p.integer("n_thresholds", 1), p.integer("n_groups", 1)
        check_fits(p.owner, "n_thresholds", n_thresholds, 8.0 * n_thresholds * n_groups, "the numbers of the sequences")
        rng = p.generator()
        chosen = _drawn(rng, n_sequences, n_groups, n_thresholds)
        numbers = np.unique(chosen)
        for number, rows in zip(numbers.tolist(), states_of(numbers.tolist()), strict=True):
            if number == numbers[0]:
                n_columns = rows.shape[1]
                n_bytes = 16.0 * n_thresholds * n_columns
                check_fits(p.owner, "n_thresholds", n_thresholds, n_bytes, "the thresholds")
                quantiles, thresholds = rng.random((n_thresholds, n_columns)), np.empty((n_thresholds, n_columns))
                edges = np.arange(n_groups + 1) * n_columns // n_groups
                dtype = rows.dtype
            for group, k in np.argwhere(chosen == number).tolist():
                own = slice(edges[group], edges[group + 1])
                thresholds[k, own] = _quantiles(rows[:, own], quantiles[k, own])
        self.thresholds_ = thresholds.astype(dtype)
        return self

    def pool(self, rows: np.ndarray) -> np.ndarray:
        """(n_rows, n_columns) -> (n_thresholds * n_columns,), the shares of the first threshold first."""
        tally = Tally(self.asks())
        tally.add(rows)
        return self.of_counts(tally.take())

    def asks(self) -> Asks:
        """What it counts, see `Joined`."""
        check_is_fitted(self)
        return Asks(self.thresholds_)

    def of_counts(self, counts: Counts) -> np.ndarray:
        """The vector of a sequence of which this has been counted."""
        shares: np.ndarray = (counts.above / counts.n_rows).ravel()
        return shares


def _drawn(rng: np.random.Generator, n_sequences: int, n_groups: int, n_each: int) -> np.ndarray:
    """Numbers of sequences (n_groups, n_each), those of a group all different where there are enough."""
    if n_sequences < n_each:
        return rng.integers(n_sequences, size=(n_groups, n_each))
    return np.stack([rng.choice(n_sequences, n_each, replace=False) for _ in range(n_groups)])


def _quantiles(rows: np.ndarray, quantiles: np.ndarray) -> np.ndarray:
    """A quantile (n_columns,) of each column of rows, linear between its values."""
    ordered = np.sort(np.ascontiguousarray(rows.T), axis=1)
    places = quantiles * (len(rows) - 1)
    below = places.astype(int)
    above = np.minimum(below + 1, len(rows) - 1)
    columns = np.arange(len(ordered))
    low, high = (ordered[columns, place].astype(np.float64) for place in (below, above))
    found: np.ndarray = low + (places - below) * (high - low)
    return found
