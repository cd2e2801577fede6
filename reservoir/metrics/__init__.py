"""Scores of predictions that scikit-learn lacks."""

from reservoir.metrics.errors import mase, nrmse, owa, smape
from reservoir.metrics.intervals import interval_coverage, pinball_loss
from reservoir.metrics.sequences import copy_recall, frame_accuracy, frame_negative_log_likelihood
from reservoir.metrics.valid_time import ValidTime, valid_prediction_time

__all__ = [
    "ValidTime",
    "copy_recall",
    "frame_accuracy",
    "frame_negative_log_likelihood",
    "interval_coverage",
    "mase",
    "nrmse",
    "owa",
    "pinball_loss",
    "smape",
    "valid_prediction_time",
]
