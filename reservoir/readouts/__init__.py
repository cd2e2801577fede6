"""Readouts that scikit-learn lacks; every system uses them unchanged.

A readout that can be trained exactly from blocks of rows has ``accumulate(X, y)``, which takes a block, and
``solve()``, which computes the answer from all blocks so far. Models feed blocks to those alone, and with
``tells_sequences_apart = True`` the number of the sequence of each row, ``accumulate(X, y, sequence=)``.
``row_wise = True`` promises that the prediction of a row has the same bits whichever rows stand beside it.
``closed_loop_training = True`` marks a readout that wants to be trained by ``step(x, target)`` while its output goes
back into the system.
"""

from reservoir.readouts.backpropagation_decorrelation import BackpropagationDecorrelation
from reservoir.readouts.force import Force
from reservoir.readouts.least_mean_squares import LeastMeanSquares
from reservoir.readouts.parallel_perceptron_classifier import ParallelPerceptronClassifier
from reservoir.readouts.parallel_perceptron_regressor import ParallelPerceptronRegressor
from reservoir.readouts.recursive_least_squares import RecursiveLeastSquares
from reservoir.readouts.ridge import RidgeReadout

__all__ = [
    "BackpropagationDecorrelation",
    "Force",
    "LeastMeanSquares",
    "ParallelPerceptronClassifier",
    "ParallelPerceptronRegressor",
    "RecursiveLeastSquares",
    "RidgeReadout",
]
