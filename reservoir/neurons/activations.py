"""Activation functions of rate units, compiled so that the loop over units vectorises.

tanh is built from `expm1`, so that many units are computed at once. The distance from the true value is at most 4 units
in the last place, in float64 and in float32.

A new activation is one line in ``ACTIVATIONS`` and one branch in ``activate``.
"""

from __future__ import annotations

import numpy as np

from reservoir.compilation import kernel
from reservoir.neurons import exponential
from reservoir.neurons.exponential import expm1, expm1_32

TANH, IDENTITY, RELU, LOGISTIC = range(4)
ACTIVATIONS = {"tanh": TANH, "identity": IDENTITY, "relu": RELU, "logistic": LOGISTIC}
FILES = (__file__, exponential.__file__)
"""What a kernel that calls `activate` depends on."""


@kernel(exponential.__file__, fastmath={"contract", "nsz"})
def _tanh_64(values):
    """tanh of every element: with e = expm1(2 |x|), tanh |x| = e / (e + 2)."""
    for i in range(values.size):
        e = expm1(min(abs(values[i]), 20.0) * 2.0)
        values[i] = np.copysign(e / (e + 2.0), values[i])


@kernel(exponential.__file__, fastmath={"contract", "nsz"})
def _tanh_32(values):
    """The same in float32."""
    for i in range(values.size):
        e = expm1_32(min(abs(values[i]), np.float32(10.0)) * np.float32(2.0))
        values[i] = np.copysign(e / (e + np.float32(2.0)), values[i])


@kernel(exponential.__file__)
def _tanh(values):
    if values.itemsize == 4:
        _tanh_32(values)
    else:
        _tanh_64(values)


@kernel(exponential.__file__)
def activate(code, values):
    """Apply the activation with this code to every element, in place."""
    if code == TANH:
        _tanh(values)
    elif code == RELU:
        for i in range(values.size):
            if values[i] < 0:  # NaN stays NaN
                values[i] = 0
    elif code == LOGISTIC:  # 1 / (1 + exp(-x)) = (1 + tanh(x / 2)) / 2
        for i in range(values.size):
            values[i] *= 0.5
        _tanh(values)
        for i in range(values.size):
            values[i] = 0.5 * values[i] + 0.5
