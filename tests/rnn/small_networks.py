"""Short ragged sequences, what can be learnt from them, and a network small enough to do so in a moment."""

import numpy as np

from reservoir.rnn import RNNRegressor

LENGTHS = (9, 4, 12, 7, 7, 10)
RNG = np.random.default_rng(3)
X = [RNG.uniform(-1, 1, size=(length, 2)) for length in LENGTHS]
SUMS = [np.cumsum(x[:, 0]) for x in X]
LAST = np.array([y[-1] for y in SUMS])
LABELS = [np.where(y > 0, "up", "down") for y in SUMS]


def small(**parameters):
    present = {"cell": "gru", "hidden_layer_sizes": 5, "random_state": 0, "max_iter": 5, "learning_rate_init": 0.01}
    present["tol"] = None  # all epochs
    return RNNRegressor(**present | parameters)


def targets_of(model):
    return LAST if model.pooling else SUMS
