"""The course of what one spike does to its receiver: a jump, or exponentials that decay."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from reservoir.quantities import magnitude

_APART = 1e-4  # share of their mean by which the rates of a rise and a decay differ at least


class Exponentials(NamedTuple):
    """A course of peak 1 that rises and decays: peak (exp(-t / slow) - exp(-t / fast))."""

    slow: np.ndarray  # (n,), seconds
    fast: np.ndarray  # (n,), seconds
    peak: np.ndarray  # (n,)

    @property
    def area(self) -> np.ndarray:
        """Seconds (n,): its integral."""
        return self.peak * (self.slow - self.fast)


def exponentials(time_constant: np.ndarray, rise_time: np.ndarray) -> Exponentials:
    """The two exponentials of a double exponential, which differ also where both time constants are equal.

    There the alpha function t / tau exp(1 - t / tau) is their limit, which with rates that lie 1e-4 to both sides of
    1 / tau is met to 1e-8 of its peak.
    """
    slow, fast = 1 / np.asarray(time_constant, dtype=np.float64), 1 / np.asarray(rise_time, dtype=np.float64)
    middle = (slow + fast) / 2
    close = fast - slow < 2 * _APART * middle
    slow, fast = np.where(close, middle * (1 - _APART), slow), np.where(close, middle * (1 + _APART), fast)
    highest = np.log1p((fast - slow) / slow) / (fast - slow)
    peak = np.exp(slow * highest) / (1 - slow / fast)
    return Exponentials(np.where(close, 1 / slow, time_constant), np.where(close, 1 / fast, rise_time), peak)


def seconds_of(time_constant: np.ndarray, rise_time: np.ndarray | None) -> np.ndarray:
    """Integral (n,) of the course of peak 1: what a weight is multiplied by to give a charge; 0 for a jump."""
    return time_constant if rise_time is None else exponentials(time_constant, rise_time).area


def n_exponentials(part: Any) -> int:
    """Of how many exponentials, or jumps, the course of synapses is the sum."""
    return 1 if part.rise_time is None else 2


def is_delta(time_constant: Any) -> bool:
    """Whether these are the time constants of jumps of the voltage: all 0."""
    if isinstance(time_constant, np.ndarray) and time_constant.strides == (0,):
        time_constant = time_constant[:1]
    try:
        numbers = np.asarray(magnitude(time_constant), dtype=np.float64)
    except (TypeError, ValueError):
        return False
    return bool(numbers.size) and not numbers.any()
