"""Activation functions of rate units, compiled so that the loop over units vectorises.

tanh is built from `expm1`, so that many units are computed at once. The distance from the true value is at most 4 units
in the last place, in float64 and in float32.

A new activation is one line in ``ACTIVATIONS`` and one branch in ``activate`` and in ``differentiate``. A unit holds
its activation as a NamedTuple, see `activation_of`, whose compiled functions `squash` and `slope` find by its type.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import numba
import numpy as np
from numba.extending import overload

from reservoir.compilation import kernel
from reservoir.foreign_code import made_for
from reservoir.neurons import exponential
from reservoir.neurons.exponential import expm1, expm1_32
from reservoir.parts import Activation

TANH, IDENTITY, RELU, LOGISTIC = range(4)
ACTIVATIONS = {"tanh": TANH, "identity": IDENTITY, "relu": RELU, "logistic": LOGISTIC}
BOUNDS = {"tanh": (-1.0, 1.0), "logistic": (0.0, 1.0)}
"""Smallest and largest value of those that have both."""
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


@kernel(exponential.__file__)
def differentiate(code, values):
    """Replace every element by the derivative of the activation with this code there."""
    if code == TANH:
        _tanh(values)
        for i in range(values.size):
            values[i] = 1.0 - values[i] * values[i]
    elif code == RELU:
        for i in range(values.size):
            values[i] = values[i] > 0
    elif code == LOGISTIC:
        for i in range(values.size):
            values[i] *= 0.5
        _tanh(values)
        for i in range(values.size):
            values[i] = 0.25 * (1.0 - values[i] * values[i])
    else:
        for i in range(values.size):
            values[i] = 1.0


class Named(NamedTuple):
    """One of `ACTIVATIONS`."""

    code: int

    @staticmethod
    @kernel(exponential.__file__)
    def apply(activation, values):
        """The activation of every element, in place."""
        activate(activation.code, values)

    @staticmethod
    @kernel(exponential.__file__)
    def derive(activation, values):
        """The derivative at every element, in place."""
        differentiate(activation.code, values)


def activation_of(value: Activation) -> Any:
    """The NamedTuple of a named activation, or of a user's function of one number compiled by ``numba.njit``."""
    return Named(ACTIVATIONS[value]) if isinstance(value, str) else _own(value)()


@functools.lru_cache(maxsize=64)
def _own(function: Callable[..., Any]) -> Callable[[], Any]:
    return made_for(function, functools.partial(_type_for, function))


def _type_for(function: Callable[..., Any]) -> type:
    """A type for a user's function, whose loops are compiled for it; the slope is a central difference."""

    class Own(NamedTuple):
        width: float = 6e-6  # the cube root of the rounding error of a float64

        @staticmethod
        @numba.njit(nogil=True, error_model="numpy")
        def apply(activation, values):
            for i in range(values.size):
                values[i] = function(values[i])

        @staticmethod
        @numba.njit(nogil=True, error_model="numpy")
        def derive(activation, values):
            for i in range(values.size):
                width = activation.width * max(1.0, abs(values[i]))
                values[i] = (function(values[i] + width) - function(values[i] - width)) / (2 * width)

        def __reduce__(self) -> tuple[Any, ...]:
            return activation_of, (function,)

    return Own


def squash(activation: Any, values: np.ndarray) -> None:
    """Apply an activation to every element, in place."""
    type(activation).apply(activation, values)


def slope(activation: Any, values: np.ndarray) -> None:
    """Replace every element by the derivative of an activation there."""
    type(activation).derive(activation, values)


@overload(squash)
def _typed_squash(activation, values):
    apply = getattr(getattr(activation, "instance_class", None), "apply", None)
    return None if apply is None else lambda activation, values: apply(activation, values)


@overload(slope)
def _typed_slope(activation, values):
    derive = getattr(getattr(activation, "instance_class", None), "derive", None)
    return None if derive is None else lambda activation, values: derive(activation, values)
