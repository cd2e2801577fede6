"""Membrane voltages as states."""

from __future__ import annotations

import numpy as np

from reservoir.estimators import BaseEstimator
from reservoir.trains import SpikeTrains


class Voltages(BaseEstimator):
    """Membrane voltages in place of filtered spikes: what stands in the units at the end of every row.

        x_i = v_i at the end of the row, volts

    They show what a unit hears below its threshold, where its spikes say nothing. Of a unit that has just fired it is
    the reset value. A run holds the voltages of every step of a sequence, 8 bytes a unit. Side by side with filtered
    spikes they stand in ``SideBySide`` of two liquids with the same seed.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir import LiquidState
    >>> from reservoir.spikes import Voltages
    >>> liquid = LiquidState(trace=Voltages(), random_state=0)
    >>> states = liquid.fit_transform(np.sin(np.arange(40) / 5).reshape(-1, 1))
    >>> bool(states.max() <= 0.015), states.shape  # volts, the threshold of LIF
    (True, (40, 135))
    """

    def n_memory(self, step: float) -> int:
        """Nothing is carried."""
        return 0

    def sample(self, voltages: np.ndarray, trains: SpikeTrains) -> np.ndarray:
        """States (n_rows, n_units) from the voltages (n_rows, n_units) at the ends of rows, volts, and their spikes."""
        return voltages
