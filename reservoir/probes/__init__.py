"""Questions asked of a system, a probe a file: what it remembers, what it computes, what it tells apart.

A system is anything with ``fit`` and ``run``.
"""

from reservoir.probes.information_processing_capacity import (
    InformationProcessingCapacity,
    information_processing_capacity,
)
from reservoir.probes.memory_capacity import MemoryCapacity, memory_capacity

__all__ = ["InformationProcessingCapacity", "MemoryCapacity", "information_processing_capacity", "memory_capacity"]
