"""Values as the rates of several Poisson processes each."""

from __future__ import annotations

import numpy as np

from reservoir.docstrings import documented_with
from reservoir.parts import Numbers
from reservoir.sizes import check_fits
from reservoir.spikes.poisson import Poisson
from reservoir.spikes.scaling import Scaled
from reservoir.validation import Parameters


@documented_with(Scaled)
class PoissonPopulation(Poisson):
    """Independent Poisson processes, `n_copies` channels per feature, all of the rate that its value asks for.

        rate(t) = min_rate + (max_rate - min_rate) x_i,   i step <= t < (i + 1) step

    where x_i in [0, 1] is the share of its range at which the feature lies in row i, see `Poisson`. The mean of n
    channels tells the value with 1 / n of the variance of one; two spikes of one feature need not be apart, since they
    come by different channels. Channel k of feature j has the index j n_copies + k.

    Parameters
    ----------
    n_copies : int >= 1, default 10
        Channels per feature.
    max_rate : float >= min_rate, default 100.0
        Rate of a channel at the upper end of the range, hertz.
    min_rate, low, high : as in `Poisson`

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.spikes import PoissonPopulation
    >>> encoder = PoissonPopulation(n_copies=4, low=0.0, high=1.0).fit(np.ones((1, 2)))
    >>> encoder.encode(np.ones((100, 2)), 0.01, np.random.default_rng(0)).n_units
    8
    """

    def __init__(
        self,
        n_copies: int = 10,
        max_rate: float = 100.0,
        min_rate: float = 0.0,
        low: float | Numbers | None = None,
        high: float | Numbers | None = None,
    ):
        self.n_copies = n_copies
        super().__init__(max_rate, min_rate, low, high)

    def n_channels(self, n_features: int) -> int:
        """`n_copies` channels per feature."""
        return n_features * Parameters(self).integer("n_copies", 1)

    def shares(self, rows: np.ndarray) -> np.ndarray:
        """Shares of the range (n_rows, n_channels), those of a feature for each of its channels."""
        shares, n_copies = super().shares(rows), self.n_channels(1)
        what = f"{n_copies} channels of {shares.size} numbers"
        check_fits(type(self).__name__, "n_copies", n_copies, 16.0 * shares.size * n_copies, what)
        return np.repeat(shares, n_copies, axis=1)
