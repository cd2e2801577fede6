"""Delays of groups of units over all scales that training sequences have room for."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np

from reservoir.estimators import BaseEstimator
from reservoir.validation import Parameters


@dataclass(eq=False, repr=False)
class LogUniformDelays(BaseEstimator):
    """Delays that are log-uniform between 1 and the length of the training sequences, one for each group of units.

        d_i = max(1, floor(2^(top (i + U) / n_delays))),   top = log2((L - 1) / reach),   U ~ U[0, 1)

    for group i = 0 ... n_delays - 1 of neighbouring units, equal in size to within one, where L is the median length of
    the training sequences: one delay out of every n_delays-th part of the range, so that no scale is left out. The
    longest times `reach` stays within a sequence. Where L - 1 is not above the reach all are 1.

    Parameters
    ----------
    n_delays : int >= 1, default 16
        Number of groups; at most n_units are made. Blocks of a reservoir that are to have one delay each must not lie
        across the border of two groups.
    reach : float >= 1, default 8
        Steps of delay that count, one behind the other: of a line of 9 units 8, which is how often it delays.

    Raises
    ------
    ValueError
        For a parameter outside its range, when it is used.

    References
    ----------
    Chang, Zhang, Han, Yu, Guo, Tan, Cui, Witbrock, Hasegawa-Johnson, Huang 2017, Dilated recurrent neural networks,
    Advances in Neural Information Processing Systems 30:77-87, doi:10.48550/arXiv.1710.02224: networks whose layers
    hear themselves after 1, 2, 4, ... steps.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir import EchoState
    >>> from reservoir.wiring import LogUniformDelays
    >>> X = [np.zeros((65, 1))] * 3
    >>> EchoState(8, delay=LogUniformDelays(n_delays=4), random_state=0).fit(X).delays_
    array([1, 1, 1, 1, 3, 3, 6, 6])
    """

    n_delays: int = 16
    _: KW_ONLY
    reach: float = 8

    def draw(self, n_units: int, lengths: Any, rng: np.random.Generator) -> np.ndarray:
        """Delays (n_units,), integers, for training sequences of these lengths (n_sequences,)."""
        p = Parameters(self)
        n_delays, reach = min(p.integer("n_delays", 1), n_units), p.real("reach", 1)
        room = max(1.0, (float(np.median(lengths)) - 1) / reach)
        drawn = 2.0 ** (np.log2(room) * (np.arange(n_delays) + rng.random(n_delays)) / n_delays)
        delays = np.maximum(1, np.floor(drawn)).astype(np.int64)
        return delays[np.arange(n_units) * n_delays // n_units]
