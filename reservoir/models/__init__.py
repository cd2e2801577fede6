"""Models: a system, a readout, and the one path between them.

Three words, used for nothing else: **washout** is the rows at the head of a sequence that are not learnt from or
scored; **warmup** the history before a scored block; **context** the history before a forecast.
"""

from reservoir.models.adaptive_coverage import AdaptiveCoverage
from reservoir.models.classifier import ReservoirClassifier
from reservoir.models.conformal import CoverageWarning
from reservoir.models.distributed_training import fit_in_parts
from reservoir.models.forecasting.divergence import DivergenceWarning
from reservoir.models.forecasting.forecaster import ReservoirForecaster
from reservoir.models.pooling import Last, Max, Mean, ModelSpace, Segments, Weighted
from reservoir.models.regressor import ReservoirRegressor

__all__ = [
    "AdaptiveCoverage",
    "CoverageWarning",
    "DivergenceWarning",
    "Last",
    "Max",
    "Mean",
    "ModelSpace",
    "ReservoirClassifier",
    "ReservoirForecaster",
    "ReservoirRegressor",
    "Segments",
    "Weighted",
    "fit_in_parts",
]
