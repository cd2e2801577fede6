"""Recurrent networks trained by backpropagation through time: the baselines that reservoirs are measured against."""

from reservoir.rnn.classifier import RNNClassifier
from reservoir.rnn.regressor import RNNRegressor

__all__ = ["RNNClassifier", "RNNRegressor"]
