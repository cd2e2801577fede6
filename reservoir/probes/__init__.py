"""Questions asked of a system, a probe a file: what it remembers, what it computes, what it tells apart.

A system is anything with ``fit`` and ``run``.
"""

from reservoir.probes.controllability_rank import controllability_rank
from reservoir.probes.information_processing_capacity import (
    InformationProcessingCapacity,
    information_processing_capacity,
)
from reservoir.probes.memory_capacity import MemoryCapacity, memory_capacity
from reservoir.probes.separation import Separation, separation
from reservoir.probes.state_rank import StateRank, generalisation_rank, kernel_rank

__all__ = [
    "InformationProcessingCapacity",
    "MemoryCapacity",
    "Separation",
    "StateRank",
    "controllability_rank",
    "generalisation_rank",
    "information_processing_capacity",
    "kernel_rank",
    "memory_capacity",
    "separation",
]
