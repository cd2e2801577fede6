"""The same column as a Brian2 microcircuit, frozen."""

from __future__ import annotations

from typing import Any

from benchmarks.comparison.systems.base import System, count_readout, read_out
from benchmarks.comparison.systems.liquid import parts, space
from spiking import Microcircuit


def build(kind: str, settings: dict, seed: int) -> Any:
    """The column of the seed; nothing learns."""
    return read_out(kind, Microcircuit(**parts(settings, seed)), settings)


SYSTEM = System(
    "microcircuit",
    "microcircuit, frozen",
    space,
    build,
    count_readout,
    takes_search_of="liquid",
    note="Gives the same spikes as the liquid, unit by unit, and therefore its scores; its search is that of the "
    "liquid. Frozen circuits run on their twin in Numba (`twin=True`).",
)
