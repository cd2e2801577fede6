"""Values as the latencies of a population of tuned channels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reservoir.docstrings import documented_with
from reservoir.parts import Numbers
from reservoir.sizes import check_fits
from reservoir.spikes.latency import read_cut, spikes_in_rows
from reservoir.spikes.scaling import Scaled, read_step
from reservoir.trains import SpikeTrains
from reservoir.validation import Parameters


@documented_with(Scaled)
@dataclass(eq=False, repr=False)
class GaussianReceptiveFields(Scaled):
    """Gaussian tuned channels, `n_fields` per feature, whose activation is the latency of one spike per row.

        a_k = exp(-(x_i - c_k)^2 / (2 w^2))
        c_k = (k - 1/2) / (n_fields - 2),   w = 1 / (sharpness (n_fields - 2))
        time = (i + 1 - a_k) step   if a_k > cut, else no spike

    for k = 0 ... n_fields - 1, where x_i in [0, 1] is the share of its range at which the feature lies in row i. The
    first and last centre lie half a distance outside the range. Values outside the range are clipped, and a feature
    that was constant in `fit` lies at the lower end. Channel k of feature j has the index j n_fields + k. No two spikes
    of a channel meet in a step dt of a simulation where rows last whole steps and cut > 0.001 dt / step. The numbers
    are the library's own choice.

    Parameters
    ----------
    n_fields : int >= 3, default 8
        Channels per feature.
    sharpness : float > 0, default 1.5
        Distance of neighbouring centres in standard deviations of a field.
    cut : float in [1e-6, 1), default 0.1
        Activation up to which there is no spike.

    References
    ----------
    Bohte, Kok, La Poutre 2002, Error-backpropagation in temporally encoded networks of spiking neurons, Neurocomputing
    48:17-37, doi:10.1016/S0925-2312(01)00658-0.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.spikes import GaussianReceptiveFields
    >>> encoder = GaussianReceptiveFields(n_fields=4, low=0.0, high=1.0).fit(np.zeros((1, 1)))
    >>> encoder.encode(np.array([[0.25]]), 0.01, None).to_lists()
    [array([0.00675348]), array([0.]), array([0.00675348]), array([], dtype=float64)]
    """

    n_fields: int = 8
    sharpness: float = 1.5
    cut: float = 0.1
    low: float | Numbers | None = None
    high: float | Numbers | None = None

    draws = False

    def n_channels(self, n_features: int) -> int:
        """`n_fields` channels per feature."""
        return n_features * Parameters(self).integer("n_fields", 3)

    def encode(self, rows: np.ndarray, step: float, rng: np.random.Generator | None = None) -> SpikeTrains:
        """Spikes of rows (n_rows, n_features) that last `step` seconds each; nothing is drawn from `rng`."""
        shares, cut = self.shares(rows), read_cut(self)
        return spikes_in_rows(activations(self, shares), cut, read_step(self, step))


def activations(part: Scaled, shares: np.ndarray) -> np.ndarray:
    """Activations (n_rows, n_features * n_fields) of the fields of a part with `n_fields` and `sharpness`."""
    p = Parameters(part)
    sharpness, n_fields = p.real("sharpness", 0, closed="neither"), p.integer("n_fields", 3)
    what = f"{n_fields:.3g} fields of {shares.size} numbers"
    check_fits(p.owner, "n_fields", n_fields, 16.0 * shares.size * n_fields, what)
    centres = (np.arange(n_fields) - 0.5) / (n_fields - 2)
    distances = (shares[:, :, None] - centres) * (sharpness * (n_fields - 2))
    return np.exp(-0.5 * np.square(distances)).reshape(len(shares), -1)
