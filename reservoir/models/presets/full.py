"""Delay lines and rings, each of 16 speeds: linear filters, and recurrence with tanh."""

from __future__ import annotations

from reservoir.models.presets.fast import delay_lines
from reservoir.models.presets.preset import Preset, of_bank, seeds_of
from reservoir.systems import EchoState, SideBySide
from reservoir.topologies import Cycle, Repeated
from reservoir.wiring import BlockInputWeights, LogUniformDelays

LENGTH, N_RINGS, N_DELAYS = 10, 64, 16


def full(random_state: int = 0) -> Preset:
    """The lines of `fast` beside the rings of `delayed_rings`."""
    of_lines, of_rings, of_shares = seeds_of(random_state, 3)
    systems = [("lines", delay_lines(of_lines)), ("rings", delayed_rings(of_rings))]
    return of_bank(SideBySide(systems), of_shares)


def delayed_rings(seed: int) -> EchoState:
    """64 rings of 10 tanh units, 4 of each of 16 delays, that hear one to three channels each."""
    return EchoState(
        LENGTH * N_RINGS,
        topology=Repeated(Cycle(), length=LENGTH),
        spectral_radius=0.9,
        input_scaling=1.0,
        bias_scaling=0.3,
        input_weights=BlockInputWeights(LENGTH, scale=0.4, groups=2),
        dtype="float32",
        random_state=seed,
        delay=LogUniformDelays(N_DELAYS, reach=LENGTH - 1),
    )
