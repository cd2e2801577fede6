"""Systems that several probes are held against."""

import numpy as np

from reservoir import EchoState, LiquidState
from reservoir.spikes import Current


def linear(W, w_in, **parameters):
    """A linear reservoir with these weights."""
    W = np.asarray(W, float)
    given = {"activation": "identity", "spectral_radius": None, "input_weights": np.reshape(w_in, (len(W), -1))}
    return EchoState(len(W), topology=W, **given | parameters)


def unit(n, place=0):
    """A unit vector."""
    return np.eye(n, dtype=int)[place]


def liquid(kind=LiquidState, **parameters):
    """A fitted liquid that hears currents of numbers in [-1, 1]."""
    return kind(encoder=Current(low=-1.0, high=1.0), random_state=0, **parameters).fit(np.zeros((1, 1)))
