"""A radio channel that mixes, bends and disturbs symbols, which are to be told from what is received."""

from __future__ import annotations

import numpy as np

from reservoir.datasets.trajectories import read_lengths
from reservoir.parts import Seed
from reservoir.validation import as_generator, check_integer, check_real

_SYMBOLS = np.array([-3.0, -1.0, 1.0, 3.0])
_TAPS = np.array([0.08, -0.12, 1.0, 0.18, -0.1, 0.091, -0.05, 0.04, 0.03, 0.01])  # of d(n + 2), ..., d(n - 7)
_SQUARE, _CUBE = 0.036, -0.011


def make_channel_equalisation(
    n_steps: int = 2000,
    *,
    signal_to_noise: float = 24.0,
    delay: int = 2,
    random_state: Seed = None,
) -> tuple[np.ndarray, np.ndarray]:
    """What is received over a nonlinear channel, and the symbols that were sent.

    ::

        q(n) = .08 d(n+2) - .12 d(n+1) + d(n) + .18 d(n-1) - .1 d(n-2) + .091 d(n-3) - .05 d(n-4)
               + .04 d(n-5) + .03 d(n-6) + .01 d(n-7)
        u(n) = q(n) + .036 q(n)^2 - .011 q(n)^3 + v(n)
        y(n) = d(n - delay)

    with symbols d(n) drawn independently from -3, -1, 1, 3, and Gaussian noise v. Answers are scored by the share of
    wrong symbols, after the nearest of the four is taken.

    Parameters
    ----------
    n_steps : int, default=2000
        Number of rows, at least 1.
    signal_to_noise : float, default=24.0
        Variance of u without noise over that of v, in decibels; 12 to 32 in [1]_.
    delay : int, default=2
        How many rows late a symbol is asked for, at least 0; u(n) depends on symbols up to d(n + 2).
    random_state : int, Generator, RandomState or None, default=None
        Source of symbols and noise; an int gives the same bits at every call.

    Returns
    -------
    u : ndarray of shape (n_steps, 1)
        What is received.
    y : ndarray of shape (n_steps,)
        Target: -3, -1, 1 or 3.

    Raises
    ------
    ValueError
        If a parameter is out of range.

    References
    ----------
    .. [1] H. Jaeger, H. Haas (2004). Harnessing nonlinearity: predicting chaotic systems and saving energy in wireless
       communication. Science 304, 78-80. https://doi.org/10.1126/science.1091277

    Examples
    --------
    >>> from reservoir.datasets import make_channel_equalisation
    >>> u, y = make_channel_equalisation(500, random_state=0)
    >>> u.shape, sorted(set(y.tolist()))
    ((500, 1), [-3.0, -1.0, 1.0, 3.0])
    """
    owner = "make_channel_equalisation"
    delay = check_integer(owner, "delay", delay, 0)
    before = max(7, delay)  # symbols before the first row
    n_steps, _ = read_lengths(owner, n_steps, before, 40.0)
    decibels = check_real(owner, "signal_to_noise", signal_to_noise, -200, 200)
    rng = as_generator(owner, random_state)
    symbols = rng.choice(_SYMBOLS, before + n_steps + 2)
    mixed = np.convolve(symbols, _TAPS, mode="valid")[-n_steps:]
    received = mixed + _SQUARE * mixed**2 + _CUBE * mixed**3
    noise = np.sqrt(_variance() / 10 ** (decibels / 10)) * rng.standard_normal(n_steps)
    first = before - delay
    return (received + noise)[:, None], symbols[first : first + n_steps].copy()


def _variance() -> float:
    """The variance of u without noise, from the even moments of q, a sum of independent symmetric numbers."""
    second = fourth = sixth = 0.0
    for tap in _TAPS:
        a, b, c = (float(np.mean((tap * _SYMBOLS) ** power)) for power in (2, 4, 6))
        sixth += 15 * fourth * a + 15 * second * b + c
        fourth += 6 * second * a + b
        second += a
    return second + _SQUARE**2 * (fourth - second**2) + 2 * _CUBE * fourth + _CUBE**2 * sixth
