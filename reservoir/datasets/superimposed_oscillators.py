"""Sums of sines whose periods have no common multiple."""

from __future__ import annotations

from typing import Any

import numpy as np

from reservoir.datasets.system import System
from reservoir.datasets.trajectories import read_lengths
from reservoir.parts import Numbers, Seed
from reservoir.validation import as_generator, check_flag, parameter_error, real_array


def make_superimposed_oscillators(
    n_steps: int = 2000,
    *,
    frequencies: Numbers = (0.2, 0.311),
    discard: int = 0,
    random_state: Seed = None,
    return_system: bool = False,
) -> Any:
    """Multiple superimposed oscillators: a sum of sines, which never comes back to where it was.

    ::

        y(t) = sum_k sin(phi_k t + p_k)

    The usual tasks take the first 2 to 8 of the frequencies .2, .311, .42, .51, .63, .74, .85, .97 [1]_. Nothing is
    chaotic here, and all oscillators must be held in memory at once.

    Parameters
    ----------
    n_steps : int, default=2000
        Number of rows, at least 1.
    frequencies : array-like of shape (n_oscillators,), default=(0.2, 0.311)
        Angle phi_k of a step in radians, in (0, pi).
    discard : int, default=0
        Number of first rows that are thrown away, at least 0.
    random_state : int, Generator, RandomState or None, default=None
        Source of the phases p_k, uniform in [0, 2 pi]. None: they are 0.
    return_system : bool, default=False
        Whether to return the pair of the series and its `System`, whose exponent is 0.

    Returns
    -------
    y : ndarray of shape (n_steps, 1)
        Series.

    Raises
    ------
    ValueError
        If a parameter is out of range.

    References
    ----------
    .. [1] D. Koryakin, J. Lohmann, M. V. Butz (2012). Balanced echo state networks. Neural Networks 36, 35-45.
       https://doi.org/10.1016/j.neunet.2012.08.008

    Examples
    --------
    >>> from reservoir.datasets import make_superimposed_oscillators
    >>> make_superimposed_oscillators(3).round(3).ravel().tolist()
    [0.0, 0.505, 0.972]
    """
    owner = "make_superimposed_oscillators"
    turns = real_array(frequencies)
    if turns is None or turns.ndim != 1 or not turns.size or not ((turns > 0) & (turns < np.pi)).all():
        raise parameter_error(owner, "frequencies", "an array of numbers in (0, pi)", frequencies)
    n_steps, discard = read_lengths(owner, n_steps, discard, 16.0)
    return_system = check_flag(owner, "return_system", return_system)
    phases = np.zeros(len(turns))
    if random_state is not None:
        phases = as_generator(owner, random_state).uniform(0, 2 * np.pi, len(turns))
    times = np.arange(discard, discard + n_steps)
    rows = np.zeros(n_steps)
    for turn, phase in zip(turns, phases, strict=True):
        rows += np.sin(turn * times + phase)
    if not return_system:
        return rows[:, None]
    named = {f"phi_{k + 1}": float(turn) for k, turn in enumerate(turns)}
    source = "Koryakin et al. 2012, doi:10.1016/j.neunet.2012.08.008"
    return rows[:, None], System("superimposed oscillators", 1.0, 0.0, float(len(turns)), source, named)
