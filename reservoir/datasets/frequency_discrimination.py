"""Frequency discrimination: is the period of a sine wave, sampled at any times, between 5 and 6?"""

from __future__ import annotations

import numpy as np

from reservoir.parts import Seed
from reservoir.sizes import check_largest
from reservoir.validation import as_generator, check_choice, check_integer

_STEPS = {"asynchronous": None, "regular": 1.0, "high_resolution": 0.1}
SHORTEST, LONGEST = 15.0, 125.0  # duration
PERIODS, SPECIAL = (1.0, 100.0), (5.0, 6.0)


def make_frequency_discrimination(
    n_sequences: int = 1000, *, times: str = "asynchronous", random_state: Seed = None
) -> tuple[list[np.ndarray], np.ndarray]:
    """Sine waves at regular or random times; class 1 has a period between 5 and 6.

    ::

        x(t) = sin(2 pi t / period + phase)

    For half of the sequences, rounded down, the period is drawn from U[5, 6], for the others log-uniformly from 1 to
    100. The class is 1 where it lies in [5, 6], however it was drawn. Duration D from U[15, 125], start s from U[0,
    125 - D]. Sample times in [s, s + D), in no unit::

        "regular"          s, s + 1, s + 2, ..             15 to 125 rows
        "high_resolution"  s, s + 0.1, s + 0.2, ..         150 to 1250 rows
        "asynchronous"     15 to 124 times from U, sorted

    One `random_state` gives the same waves and classes for all three.

    Chance: always to answer 1 is right in 1/2 + log(6/5) / (2 log 100) = 0.5198 of the sequences (an even number of
    them). "regular" has a ceiling: a wave of a period from 1.2 to 1.25, 0.44 % of all, has the samples of one of
    class 1.

    The library's own choices: the phase is uniform on the circle; the order of the sequences is random (in the
    published program the first half of each batch is the special one).

    Parameters
    ----------
    n_sequences : int >= 1, default 1000
        Number of sequences.
    times : {"asynchronous", "regular", "high_resolution"}, default "asynchronous"
        When the waves are sampled.
    random_state : None, int, Generator, SeedSequence or RandomState, default None
        Source of waves and times.

    Returns
    -------
    X : list of arrays (T_i, 2)
        The sample and its time stamp: column 0 is x, column 1 is t.
    y : int64 array (n_sequences,)
        The class, 0 or 1.

    Raises
    ------
    ValueError
        For no sequences, and unknown times.

    References
    ----------
    .. [1] D. Neil, M. Pfeiffer, S.-C. Liu (2016). Phased LSTM: accelerating recurrent network training for long or
       event-based sequences. NIPS, 3882-3890. https://doi.org/10.48550/arXiv.1610.09513

    Examples
    --------
    >>> from reservoir.datasets import make_frequency_discrimination
    >>> X, y = make_frequency_discrimination(4, random_state=0)
    >>> [x.shape for x in X], y
    ([(95, 2), (31, 2), (71, 2), (80, 2)], array([1, 0, 1, 0]))
    """
    owner = "make_frequency_discrimination"
    n_sequences = check_integer(owner, "n_sequences", n_sequences, 1)
    check_choice(owner, "times", times, list(_STEPS))
    check_largest(owner, {"n_sequences": n_sequences}, 200.0 * n_sequences, "the sequences")
    rng = as_generator(owner, random_state)
    periods = np.exp(rng.uniform(np.log(PERIODS[0]), np.log(PERIODS[1]), n_sequences))
    periods[: n_sequences // 2] = rng.uniform(*SPECIAL, n_sequences // 2)
    rng.shuffle(periods)
    phases = rng.uniform(0, 2 * np.pi, n_sequences)
    durations = rng.uniform(SHORTEST, LONGEST, n_sequences)
    starts = rng.uniform(0, LONGEST - durations)
    X = []
    for period, phase, duration, start in zip(periods, phases, durations, starts, strict=True):
        t = start + _sample(duration, _STEPS[times], rng)
        X.append(np.column_stack([np.sin(2 * np.pi * t / period + phase), t]))
    return X, ((periods >= SPECIAL[0]) & (periods <= SPECIAL[1])).astype(np.int64)


def _sample(duration: float, step: float | None, rng: np.random.Generator) -> np.ndarray:
    """Times from 0 to the duration."""
    if step is None:
        return duration * np.sort(rng.random(rng.integers(int(SHORTEST), int(LONGEST))))
    return step * np.arange(np.ceil(duration / step))
