"""Sequences in every container, targets for them, and systems that hear them."""

import numpy as np
from scipy import sparse

from reservoir import EchoState
from reservoir.topologies import CirculantGraph, Cycle, Random

N, T, F = 5, 12, 2
LENGTHS = (12, 7, 9, 15, 8)
RNG = np.random.default_rng(7)
STACK = RNG.uniform(size=(N, T, F))
RAGGED = [RNG.uniform(size=(length, F)) for length in LENGTHS]
MATRIX = RNG.uniform(-1, 1, size=(20, 20))
DATA = {"series": STACK[0], "stack": STACK, "list": RAGGED}


def small(**parameters):
    return EchoState(20, **{"input_scaling": 1.0, "bias_scaling": 0.0, "random_state": 0, **parameters})


def step_values(kind, *tail):
    """Numbers for every step of DATA[kind], each of shape `tail`."""
    rng = np.random.default_rng(1)
    if kind == "list":
        return [rng.uniform(size=(length, *tail)) for length in LENGTHS]
    return rng.uniform(size=(T, *tail) if kind == "series" else (N, T, *tail))


def shapes(answer):
    return [member.shape for member in answer] if isinstance(answer, list) else answer.shape


def same_bits(a, b):
    members = zip(a, b, strict=True) if isinstance(a, list) else [(a, b)]
    return type(a) is type(b) and all(np.array_equal(x, y) for x, y in members)


def after_washout(kind, values, washout):
    return np.concatenate([member[washout:] for member in ([values] if kind == "series" else values)])


SYSTEMS = {
    "default": EchoState(),
    "float32": small(dtype="float32"),
    "sparse": small(topology=sparse.csr_array(np.where(MATRIX > 0.5, MATRIX, 0))),
    "dense": small(topology=MATRIX),
    "dense as given": small(topology=MATRIX / 20, spectral_radius=None, dtype="float32"),
    "circulant graph": small(topology=CirculantGraph(in_degree=3), leak=0.3),
    "random": small(topology=Random(in_degree=4), bias_scaling=0.5),
    "cycle": small(topology=Cycle(), activation="logistic"),
    "relu": small(activation="relu", spectral_radius=0.3),
    "one leak per unit": small(leak=np.linspace(0.1, 1, 20)),
    "noise": small(noise=0.1),
}
