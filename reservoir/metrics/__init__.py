"""Scores of predictions that scikit-learn lacks, and measures of an attractor.

A forecast of chaos is lost after some Lyapunov times. Whether it lives on the right attractor all the same, the
distances of densities and of spectra tell, dimensions and return maps.
"""

from reservoir.metrics.density import density_distance
from reservoir.metrics.dimension import correlation_dimension, kaplan_yorke_dimension
from reservoir.metrics.errors import mase, nrmse, owa, smape
from reservoir.metrics.intervals import interval_coverage, pinball_loss
from reservoir.metrics.return_map import return_map
from reservoir.metrics.sequences import copy_recall, frame_accuracy, frame_negative_log_likelihood
from reservoir.metrics.spectrum import spectrum_distance
from reservoir.metrics.valid_time import ValidTime, valid_prediction_time

__all__ = [
    "ValidTime",
    "copy_recall",
    "correlation_dimension",
    "density_distance",
    "frame_accuracy",
    "frame_negative_log_likelihood",
    "interval_coverage",
    "kaplan_yorke_dimension",
    "mase",
    "nrmse",
    "owa",
    "pinball_loss",
    "return_map",
    "smape",
    "spectrum_distance",
    "valid_prediction_time",
]
