"""What a preset is made of."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from sklearn.pipeline import make_pipeline

from reservoir.models.poolings.joined import Joined
from reservoir.models.poolings.max import Max
from reservoir.models.poolings.shares import Shares
from reservoir.preprocessing import SequenceScaler, WithGradient
from reservoir.readouts import RidgeReadout
from reservoir.systems.prepared import Prepared


class Preset(NamedTuple):
    """The parts of a model of whole sequences, unfitted."""

    reservoir: Any
    pooling: Any
    readout: Any = None  # None is what the model takes where it knows no better


def of_bank(bank: Any, seed: int) -> Preset:
    """A bank of many small reservoirs, a system, as a preset.

    It hears every channel and its gradient, standardised. Of every unit the readout sees the shares of the rows above 4
    thresholds, and the maximum, which weighs half; all are standardised, and the penalty goes by leave-one-out errors.
    """
    prepared = Prepared(make_pipeline(WithGradient(), SequenceScaler()), bank)
    pooling = Joined([Shares(n_thresholds=4, n_groups=4, random_state=seed), Max()], weights=[1.0, 0.5])
    return Preset(prepared, pooling, RidgeReadout("loo"))


def seeds_of(random_state: int, n: int) -> list[int]:
    """Seeds of n parts."""
    return [int(seed) for seed in np.random.SeedSequence(random_state).generate_state(n)]
