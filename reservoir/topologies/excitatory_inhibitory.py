"""Random graphs of excitatory and inhibitory units."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

import numpy as np
from scipy import sparse

from reservoir.estimators import BaseEstimator
from reservoir.topologies.drawing import DISTRIBUTIONS, bernoulli_positions, check_weights, draw_from, rows_of
from reservoir.validation import Parameters


@dataclass(eq=False, repr=False)
class ExcitatoryInhibitory(BaseEstimator):
    """Random graph under Dale's law: all weights that leave a unit have one sign, and excitation is balanced.

        W_ij = b_ij |w_ij| s_j g_i,   P(b_ij = 1) = density,   w ~ distribution

    The first round(fraction_excitatory * n_units) units are excitatory (s_j = 1), the others inhibitory (s_j = -1).
    The inhibitory weights of row i are multiplied by the g_i > 0 for which the row sums to zero (g_i = 1 for the
    excitatory ones). A row that hears one kind only cannot be balanced and stays as drawn. Without the balance one
    eigenvalue of order density * n_units would stand far outside the others. The radius is computed by
    `spectral_radius`.

    Parameters
    ----------
    fraction_excitatory : float in [0, 1], default 0.8
        Share of excitatory units.
    density : float in (0, 1], default 0.1
        Probability of a connection. A unit may hear itself.
    distribution : as in `Random`, default "uniform"

    Raises
    ------
    ValueError
        For a share outside [0, 1], and a density outside (0, 1].

    References
    ----------
    Rajan and Abbott 2006, Eigenvalue spectra of random matrices for neural networks, Physical Review Letters
    97:188104, doi:10.1103/PhysRevLett.97.188104.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.topologies import ExcitatoryInhibitory
    >>> W = ExcitatoryInhibitory(density=0.5).draw(100, np.random.default_rng(0)).toarray()
    >>> bool((W[:, :80] >= 0).all() and (W[:, 80:] <= 0).all() and abs(W.sum(axis=1)).max() < 1e-12)
    True
    """

    fraction_excitatory: float = 0.8
    density: float = 0.1
    _: KW_ONLY
    distribution: str = "uniform"

    def draw(self, n_units: int, rng: np.random.Generator) -> sparse.csr_array:
        """A matrix (n_units, n_units); row = receiver."""
        p = Parameters(self)
        fraction, density = p.real("fraction_excitatory", 0, 1), p.real("density", 0, 1, closed="right")
        check_weights(self, n_units, density * n_units**2, 40)
        receivers, senders = np.divmod(bernoulli_positions(n_units**2, density, rng), n_units)
        weights = self._sizes(len(senders), rng)
        inhibitory = senders >= round(fraction * n_units)
        excitation = np.bincount(receivers[~inhibitory], weights[~inhibitory], minlength=n_units)
        inhibition = np.bincount(receivers[inhibitory], weights[inhibitory], minlength=n_units)
        both = (excitation > 0) & (inhibition > 0)
        gains = np.divide(excitation, inhibition, out=np.ones(n_units), where=both)
        weights[inhibitory] *= -gains[receivers[inhibitory]]
        return rows_of(receivers, senders, weights, n_units)

    def _sizes(self, n_weights: int, rng: np.random.Generator) -> np.ndarray:
        """Sizes of the weights before they are balanced, none of them 0, so that no connection is lost."""
        distribution = Parameters(self).choice("distribution", DISTRIBUTIONS)
        if distribution == "uniform":
            return 1.0 - rng.random(n_weights)
        return np.abs(draw_from(distribution, n_weights, rng))
