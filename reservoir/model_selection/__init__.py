"""Honest evaluation of models with memory: test folds that start warm, scores over sequences, and a search.

**washout** is the rows at the head of a sequence that are not learnt from or scored; **warmup** the history before a
scored block; **context** the history before a forecast. A test fold that starts from rest scores how a reservoir
forgets its start; one with a warm-up scores the model.
"""

from reservoir.model_selection.backtests import Backtest, backtest
from reservoir.model_selection.scorer import sequence_scorer
from reservoir.model_selection.search import ReservoirSearchCV
from reservoir.model_selection.splits import RollingOrigins, WarmTimeSeriesSplit
from reservoir.model_selection.tuning import tune

__all__ = [
    "Backtest",
    "ReservoirSearchCV",
    "RollingOrigins",
    "WarmTimeSeriesSplit",
    "backtest",
    "sequence_scorer",
    "tune",
]
