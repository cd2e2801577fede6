"""Values as the rates of a population of tuned channels."""

from __future__ import annotations

import numpy as np

from reservoir.docstrings import documented_with
from reservoir.parts import Numbers
from reservoir.spikes.gaussian_receptive_fields import activations
from reservoir.spikes.poisson import Poisson
from reservoir.spikes.scaling import Scaled
from reservoir.validation import Parameters


@documented_with(Scaled)
class PoissonReceptiveFields(Poisson):
    """Gaussian tuned channels, `n_fields` per feature, whose activation is the rate of a Poisson process.

        a_k = exp(-(x_i - c_k)^2 / (2 w^2))
        c_k = (k - 1/2) / (n_fields - 2),   w = 1 / (sharpness (n_fields - 2))
        rate_k(t) = min_rate + (max_rate - min_rate) a_k,   i step <= t < (i + 1) step

    for k = 0 ... n_fields - 1, where x_i in [0, 1] is the share of its range at which the feature lies in row i: the
    fields of `GaussianReceptiveFields`, told by rates rather than by times, as cells with tuning curves do. Channel k
    of feature j has the index j n_fields + k. A feature that was constant in `fit` lies at the lower end.

    Parameters
    ----------
    n_fields, sharpness : as in `GaussianReceptiveFields`
    max_rate : float >= min_rate, default 100.0
        Rate of a channel whose centre is the value, hertz.
    min_rate : float >= 0, default 0.0
        Rate far away from it, hertz.

    References
    ----------
    Bohte, Kok, La Poutre 2002, Error-backpropagation in temporally encoded networks of spiking neurons, Neurocomputing
    48:17-37, doi:10.1016/S0925-2312(01)00658-0 (the fields). Georgopoulos, Schwartz, Kettner 1986, Neuronal population
    coding of movement direction, Science 233:1416-1419, doi:10.1126/science.3749885 (rates of tuned cells).

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.spikes import PoissonReceptiveFields
    >>> encoder = PoissonReceptiveFields(n_fields=4, low=0.0, high=1.0).fit(np.zeros((1, 1)))
    >>> trains = encoder.encode(np.full((1000, 1), 0.25), 0.01, np.random.default_rng(0))
    >>> bool(np.argmax(trains.counts()) == 1)  # whose centre is 0.25
    True
    """

    def __init__(
        self,
        n_fields: int = 8,
        sharpness: float = 1.5,
        max_rate: float = 100.0,
        min_rate: float = 0.0,
        low: float | Numbers | None = None,
        high: float | Numbers | None = None,
    ):
        self.n_fields = n_fields
        self.sharpness = sharpness
        super().__init__(max_rate, min_rate, low, high)

    def n_channels(self, n_features: int) -> int:
        """`n_fields` channels per feature."""
        return n_features * Parameters(self).integer("n_fields", 3)

    def shares(self, rows: np.ndarray) -> np.ndarray:
        """Activations (n_rows, n_channels) of all fields."""
        return activations(self, super().shares(rows))
