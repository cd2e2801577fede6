"""A nonlinear function of one past input: how much nonlinearity, and how much memory?"""

from __future__ import annotations

import numpy as np

from reservoir.datasets.trajectories import read_lengths
from reservoir.parts import Seed
from reservoir.validation import as_generator, check_integer, check_real


def make_nonlinear_memory(
    n_steps: int = 2000,
    *,
    delay: int = 5,
    strength: float = 1.0,
    amplitude: float = 1.0,
    random_state: Seed = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Random input, and the sine of an input some rows ago.

    ::

        y(t) = sin(strength u(t - delay))

    with u(t) independent and uniform in [-amplitude, amplitude]. The two demands are set apart: `delay` asks for
    memory alone, `strength` for nonlinearity alone.

    Parameters
    ----------
    n_steps : int, default=2000
        Number of rows, at least 1.
    delay : int, default=5
        Rows that the input lies back, at least 0.
    strength : float, default=1.0
        Angle per input in radians, > 0; the task is nearly linear where it is small.
    amplitude : float, default=1.0
        Largest input, > 0.
    random_state : int, Generator, RandomState or None, default=None
        Source of the input; an int gives the same bits at every call.

    Returns
    -------
    u : ndarray of shape (n_steps, 1)
        Input.
    y : ndarray of shape (n_steps,)
        Target; that of the first `delay` rows is made of inputs before the first row.

    Raises
    ------
    ValueError
        If a parameter is out of range.

    References
    ----------
    .. [1] M. Inubushi, K. Yoshimura (2017). Reservoir computing beyond memory-nonlinearity trade-off. Scientific
       Reports 7, 10199. https://doi.org/10.1038/s41598-017-10257-6

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.datasets import make_nonlinear_memory
    >>> u, y = make_nonlinear_memory(100, delay=3, strength=2.0, random_state=0)
    >>> bool(np.array_equal(y[3:], np.sin(2 * u[:-3, 0])))
    True
    """
    owner = "make_nonlinear_memory"
    delay = check_integer(owner, "delay", delay, 0)
    n_steps, _ = read_lengths(owner, n_steps, delay, 16.0)
    strength = check_real(owner, "strength", strength, 0, closed="neither")
    amplitude = check_real(owner, "amplitude", amplitude, 0, closed="neither")
    inputs = as_generator(owner, random_state).uniform(-amplitude, amplitude, delay + n_steps)
    return inputs[delay:, None].copy(), np.sin(strength * inputs[:n_steps])
