"""Models: a system, a readout, and the one path between them.

Three words, used for nothing else: **washout** is the rows at the head of a sequence that are not learnt from or
scored; **warmup** the history before a scored block; **context** the history before a forecast.
"""

from reservoir.models.adaptive_coverage import AdaptiveCoverage
from reservoir.models.classifier import ReservoirClassifier
from reservoir.models.conformal import CoverageWarning
from reservoir.models.distributed_training import fit_in_parts
from reservoir.models.forecasting.divergence import BaselineWarning, DivergenceWarning
from reservoir.models.forecasting.forecaster import ReservoirForecaster
from reservoir.models.poolings.joined import Joined
from reservoir.models.poolings.last import Last
from reservoir.models.poolings.max import Max
from reservoir.models.poolings.mean import Mean
from reservoir.models.poolings.model_space import ModelSpace
from reservoir.models.poolings.segments import Segments
from reservoir.models.poolings.shares import Shares
from reservoir.models.poolings.weighted import Weighted
from reservoir.models.regressor import ReservoirRegressor
from reservoir.models.streams.forecaster import ForecasterStream
from reservoir.models.streams.sequences import SequenceStream
from reservoir.models.streams.supervised import ClassifierStream, RegressorStream

__all__ = [
    "AdaptiveCoverage",
    "BaselineWarning",
    "ClassifierStream",
    "CoverageWarning",
    "DivergenceWarning",
    "ForecasterStream",
    "Joined",
    "Last",
    "Max",
    "Mean",
    "ModelSpace",
    "RegressorStream",
    "ReservoirClassifier",
    "ReservoirForecaster",
    "ReservoirRegressor",
    "Segments",
    "SequenceStream",
    "Shares",
    "Weighted",
    "fit_in_parts",
]
