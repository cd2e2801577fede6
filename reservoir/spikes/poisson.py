"""Values as the rates of Poisson processes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reservoir.docstrings import documented_with
from reservoir.parts import Numbers
from reservoir.poisson_numbers import poisson_numbers
from reservoir.random_numbers import ENCODER, TrialGenerator, numbers_of_events, steps_of
from reservoir.spikes.scaling import Scaled, read_step
from reservoir.trains import SpikeTrains
from reservoir.validation import Parameters, parameter_error

_MOST = 1e6  # spikes of a channel in a row


@documented_with(Scaled)
@dataclass(eq=False, repr=False)
class Poisson(Scaled):
    """Independent Poisson processes, one channel per feature.

        rate(t) = min_rate + (max_rate - min_rate) x_i,   i step <= t < (i + 1) step

    where x_i in [0, 1] is the share of its range at which the feature lies in row i; values outside the range are
    clipped.

    A Poisson process knows no dead time: two spikes of one channel may be closer than a time step dt of a simulation,
    which counts both. More than a million spikes in a row are refused.

    How many spikes a row has is one uniform number against their distribution, and each has a number of its own for its
    place in the row, all of them functions of the seed, the trial, the row and the channel
    (`reservoir.random_numbers`). So rows may be encoded in pieces; trials are independent; and in one trial a channel
    of higher rate fires whenever one of lower rate would, so that inputs which differ a little hear nearly the same
    spikes.

    Parameters
    ----------
    max_rate : float >= min_rate, default 100.0
        Rate at the upper end of the range, hertz.
    min_rate : float >= 0, default 0.0
        Rate at the lower end, and of a feature that was constant in `fit`, hertz.

    Examples
    --------
    >>> import numpy as np
    >>> from reservoir.spikes import Poisson
    >>> encoder = Poisson(max_rate=50.0, low=0.0, high=1.0).fit(np.ones((1, 1)))
    >>> encoder.encode(np.ones((1000, 1)), 0.01, np.random.default_rng(0))
    <SpikeTrains: 493 spikes of 1 unit in 10 s>
    """

    max_rate: float = 100.0
    min_rate: float = 0.0
    low: float | Numbers | None = None
    high: float | Numbers | None = None

    def encode(self, rows: np.ndarray, step: float, rng: np.random.Generator) -> SpikeTrains:
        """Spikes of rows (n_rows, n_features) that last `step` seconds each.

        A `reservoir.random_numbers.TrialGenerator` says which trial this is and where the rows begin; any other
        generator gives the seed of a trial of its own.
        """
        shares, step = self.shares(rows), read_step(self, step)
        p = Parameters(self)
        low = p.real("min_rate", 0, unit="hertz")
        high = p.real("max_rate", low, unit="hertz")
        if high * step > _MOST:
            raise p.error("max_rate", f"at most {_MOST:g} spikes in a step of {step:g} s")
        if not isinstance(rng, np.random.Generator):
            raise parameter_error(p.owner, "rng", "a Generator of NumPy", rng)
        return poisson_spikes(low + (high - low) * shares, step, rng)


def poisson_spikes(rates: np.ndarray, step: float, rng: np.random.Generator) -> SpikeTrains:
    """Independent Poisson processes of these rates (n_rows, n_channels), hertz, in rows of `step` seconds."""
    numbers, (n_rows, n_channels) = TrialGenerator.of(rng, ENCODER), rates.shape
    place = numbers.seed, numbers.purpose, numbers.trial
    counts = poisson_numbers(*place[:2], steps_of(numbers.trial, numbers.step, n_rows), rates * step).astype(np.int64)
    row, channel = np.nonzero(counts)
    counts = counts[row, channel]
    within = numbers_of_events(*place, numbers.step + row, channel, counts)
    duration = n_rows * step
    times = np.minimum((np.repeat(row, counts) + within) * step, np.nextafter(duration, 0))
    return SpikeTrains(times, np.repeat(channel, counts), n_channels, duration)
