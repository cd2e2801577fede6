"""Values as currents, without spikes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reservoir.docstrings import documented_with
from reservoir.parts import Numbers
from reservoir.spikes.scaling import Scaled
from reservoir.validation import Parameters, check_integer


@documented_with(Scaled)
@dataclass(eq=False, repr=False)
class Current(Scaled):
    """Currents injected into the units, constant during a row; no channels and no spikes.

        I_k = sum_j W_kj u_j,   W_kj ~ U[-scaling, scaling) with `probability`, else 0

    where u_j = 2 x_j - 1 in [-1, 1] and x_j in [0, 1] is the share of its range at which feature j lies: the
    middle of the range injects nothing, and neither does a feature that was constant in `fit`. Values outside the range
    are clipped.

    Parameters
    ----------
    scaling : float >= 0, default 5e-9
        Largest weight, amperes per unit of u. `LIF` units fire above 1.5e-9.
    probability : float in [0, 1], default 1.0
        Share of the pairs of a unit and a feature that are connected.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.spikes import Current
    >>> rows = np.array([[0.0], [0.5], [1.0]])
    >>> encoder = Current().fit(rows)
    >>> encoder.normalised(rows).ravel()
    array([-1.,  0.,  1.])
    >>> encoder.weights(1, 135, np.random.default_rng(0)).shape
    (135, 1)
    """

    scaling: float = 5e-9
    probability: float = 1.0
    low: float | Numbers | None = None
    high: float | Numbers | None = None

    def n_channels(self, n_features: int) -> int:
        """No channels."""
        return 0

    def normalised(self, rows: np.ndarray) -> np.ndarray:
        """Rows (n_rows, n_features) as u in [-1, 1]."""
        shares = self.shares(rows)
        return np.where(self.low_ < self.high_, 2 * shares - 1, 0.0)

    def weights(self, n_features: int, n_units: int, rng: np.random.Generator) -> np.ndarray:
        """Weights (n_units, n_features), amperes."""
        p = Parameters(self)
        scaling, probability = p.real("scaling", 0, unit="amp"), p.real("probability", 0, 1)
        shape = check_integer(p.owner, "n_units", n_units, 1), check_integer(p.owner, "n_features", n_features, 1)
        return np.where(rng.random(shape) < probability, rng.uniform(-scaling, scaling, shape), 0.0)
