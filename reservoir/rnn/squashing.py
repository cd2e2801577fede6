"""Logistic function and tanh over a row of units, compiled so that the loop over units vectorises.

The logistic function is 1 / (2 + expm1(-x)); infinity is treated as a large number. The one of the rate units of an
echo state, (1 + tanh(x / 2)) / 2 in `reservoir.neurons.activations`, has the same absolute error but no digits left
where it is almost zero. A gate that is almost closed needs them: its slope is g - g * g. To put one in the place of the
other would change the bits of fitted models.
"""

from __future__ import annotations

import numpy as np

from reservoir.compilation import kernel
from reservoir.neurons import activations, exponential
from reservoir.neurons.activations import TANH, activate
from reservoir.neurons.exponential import expm1, expm1_32

FILES = (__file__, *activations.FILES)
"""What a kernel that calls these functions depends on."""


@kernel(exponential.__file__, fastmath={"contract", "nsz"})
def _logistic_64(values):
    for i in range(values.size):
        values[i] = 1.0 / (2.0 + expm1(-values[i]))


@kernel(exponential.__file__, fastmath={"contract", "nsz"})
def _logistic_32(values):
    for i in range(values.size):
        bounded = min(max(-values[i], np.float32(-20.0)), np.float32(20.0))
        values[i] = np.float32(1.0) / (np.float32(2.0) + expm1_32(bounded))


@kernel(exponential.__file__)
def logistic(values):
    """1 / (1 + exp(-x)) of every element, in place."""
    if values.itemsize == 4:
        _logistic_32(values)
    else:
        _logistic_64(values)


@kernel(*activations.FILES)
def tanh(values):
    """tanh of every element, in place."""
    activate(TANH, values)
