"""Delay lines of 16 speeds: the cheapest bank that is as accurate as random convolutions.

A unit of a line with the identity is a filter of random weights, with as many taps as units stand before it, `delay`
rows apart: the kernel of ROCKET, and all its beginnings, as a reservoir.
"""

from __future__ import annotations

from reservoir.models.presets.preset import Preset, of_bank, seeds_of
from reservoir.systems import EchoState
from reservoir.topologies import DelayLine, Repeated
from reservoir.wiring import BlockInputWeights, LogUniformDelays

LENGTH, N_LINES, N_DELAYS = 9, 64, 16


def fast(random_state: int = 0) -> Preset:
    """The 64 lines of `delay_lines`."""
    of_lines, of_shares = seeds_of(random_state, 2)
    return of_bank(delay_lines(of_lines), of_shares)


def delay_lines(seed: int) -> EchoState:
    """64 delay lines of 9 linear units, 4 of each of 16 delays, that hear one to three channels each."""
    return EchoState(
        LENGTH * N_LINES,
        topology=Repeated(DelayLine(), length=LENGTH),
        spectral_radius=None,
        input_scaling=1.0,
        bias_scaling=0.0,
        activation="identity",
        input_weights=BlockInputWeights(LENGTH, centred=True, groups=2),
        dtype="float32",
        random_state=seed,
        delay=LogUniformDelays(N_DELAYS, reach=LENGTH - 1),
    )
